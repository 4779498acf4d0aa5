//! The oracle: what really happened, written down by the server and believed against any client.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::signature::Signed;

/// What the server did and saw.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Book>);

/// The entries.
#[derive(Debug, Default)]
pub struct Book {
    pub instances: Vec<Launched>,
    pub machines: BTreeMap<String, Machine>,
    pub charges: u32,
    /// How often a running system was interrupted or its disk written over.
    pub interruptions: u32,
    pub recycled: u32,
    pub destroys: u32,
    pub starts: u32,
    pub stops: u32,
    pub renames: u32,
    pub key_pairs: u32,
    pub connections: u32,
    pub arrivals: Vec<Arrival>,
}

/// An instance that a launch made.
#[derive(Clone, Debug)]
pub struct Launched {
    pub id: String,
    pub client_token: Option<String>,
}

/// The state of a prepaid machine; one that nobody touched is running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Machine {
    #[default]
    Running,
    Stopped,
    /// In the recycle bin: the next termination destroys it.
    Recycled,
    Destroyed,
}

/// One request on the wire, whole or not.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub at: Instant,
    pub connection: u32,
    /// What the script did to it.
    pub fault: &'static str,
    /// Unknown while the request is not whole.
    pub action: Option<String>,
    pub client_token: Option<String>,
    pub signed: Option<Result<Signed, String>>,
    pub committed: bool,
}

impl Ledger {
    pub fn open(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Requests that arrived after the first `skipped`.
    pub fn after(&self, skipped: usize) -> &[Arrival] {
        &self.arrivals[skipped..]
    }

    /// How often an action was carried out, whatever became of the answer.
    pub fn commits(&self, action: &str) -> usize {
        let is_such =
            |arrival: &&Arrival| arrival.committed && arrival.action.as_deref() == Some(action);
        self.arrivals.iter().filter(is_such).count()
    }

    /// How much of what costs money or cannot be undone happened.
    pub fn harm(&self) -> String {
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

impl fmt::Display for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "    ledger: {}", self.harm())?;
        let Some(first) = self.arrivals.first() else { return f.write_str("    no request\n") };
        for (index, arrival) in self.arrivals.iter().enumerate() {
            let action = arrival.action.as_deref().unwrap_or("(not whole)");
            let committed = if arrival.committed { "committed" } else { "not committed" };
            writeln!(
                f,
                "    r-{index} at {} ms, connection {}: {action}, {committed}, {}",
                (arrival.at - first.at).as_millis(),
                arrival.connection,
                arrival.fault,
            )?;
        }
        Ok(())
    }
}
