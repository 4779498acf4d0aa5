//! The ledger: what really happened, recorded by the server.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::signature::Signed;

/// What the server did and received.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<LedgerState>);

/// Locks the state.
#[derive(Debug, Default)]
pub struct LedgerState {
    pub instances: Vec<Launched>,
    pub instance_states: BTreeMap<String, InstanceState>,
    pub charges: u32,
    /// How often a running system was interrupted or its disk overwritten.
    pub interruptions: u32,
    pub recycled: u32,
    pub destroys: u32,
    pub starts: u32,
    pub stops: u32,
    pub renames: u32,
    pub key_pairs: u32,
    pub connections: u32,
    pub requests: Vec<RequestRecord>,
}

/// An instance that a launch created.
#[derive(Clone, Debug)]
pub struct Launched {
    pub id: String,
    pub client_token: Option<String>,
}

/// The state of a prepaid instance. An instance that nothing changed is running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InstanceState {
    #[default]
    Running,
    Stopped,
    /// In the recycle bin: the next termination destroys it.
    Recycled,
    Destroyed,
}

/// One request that arrived, complete or not.
#[derive(Clone, Debug)]
pub struct RequestRecord {
    pub at: Instant,
    pub connection: u32,
    /// The fault of the script.
    pub fault: &'static str,
    /// Unknown while the request is incomplete.
    pub action: Option<String>,
    pub client_token: Option<String>,
    pub signed: Option<Result<Signed, String>>,
    pub committed: bool,
}

impl Ledger {
    pub fn lock(&self) -> MutexGuard<'_, LedgerState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LedgerState {
    /// Requests that arrived after the first `skipped`.
    pub fn after(&self, skipped: usize) -> &[RequestRecord] {
        &self.requests[skipped..]
    }

    /// How often an action was carried out, whatever happened to the response.
    pub fn commits(&self, action: &str) -> usize {
        let is_commit = |request: &&RequestRecord| {
            request.committed && request.action.as_deref() == Some(action)
        };
        self.requests.iter().filter(is_commit).count()
    }

    /// The effects that cost money or cannot be undone.
    pub fn effects(&self) -> String {
        format!(
            "{} instances, {} charges, {} interruptions, {} recycled, {} destroys, {} stops, {} key pairs",
            self.instances.len(),
            self.charges,
            self.interruptions,
            self.recycled,
            self.destroys,
            self.stops,
            self.key_pairs,
        )
    }
}

impl fmt::Display for LedgerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "    ledger: {}", self.effects())?;
        let Some(first) = self.requests.first() else { return f.write_str("    no request\n") };
        for (index, request) in self.requests.iter().enumerate() {
            let action = request.action.as_deref().unwrap_or("(incomplete)");
            let committed = if request.committed { "committed" } else { "not committed" };
            writeln!(
                f,
                "    r-{index} at {} ms, connection {}: {action}, {committed}, {}",
                (request.at - first.at).as_millis(),
                request.connection,
                request.fault,
            )?;
        }
        Ok(())
    }
}
