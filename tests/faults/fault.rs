//! A fault: a script of the server's behavior for one request, and what the client can conclude from it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::response::Truth;
use crate::{connection_faults, envelope_faults, framing_faults, status_faults};

/// One fault.
pub struct Fault {
    pub name: &'static str,
    /// What the client can conclude from what it received.
    pub claim: Claim,
    /// Only a timeout of the client ends it.
    pub waits: bool,
    /// It needs a connection that already carried a call.
    pub warm: bool,
    pub script: Vec<Step>,
}

/// What an exchange proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The service carried it out and said so.
    Done,
    /// Bytes were sent, and no valid response came.
    Nothing,
    /// As `Nothing`, and the code says that another attempt may do harm.
    NothingFinal,
    /// As `Nothing`, and the server asks to wait for longer than the call may take.
    NothingForLong,
    /// The connection broke so early that the client may know that nothing was sent.
    MaybeUnsent,
    /// HTTP implementations differ on whether this is a response.
    Either,
    /// A response without an always present member, which a read can do without.
    Lacking,
    /// A launch response with fewer ids than requested; nothing unusual for other actions.
    FewerIds,
    /// Throttled by the service itself.
    Throttled,
    /// The same, for longer than the call may take.
    ThrottledForLong,
    /// Throttled by another server.
    ThrottledByStranger,
    /// The same, for longer than the call may take.
    ThrottledByStrangerForLong,
    /// The clock was rejected, and the response shows the time.
    ClockRefused,
    /// The clock was rejected, and the response shows no time.
    ClockRefusedBlindly,
    /// The session token was rejected.
    TokenRefused,
    /// The service responded with this error code.
    Refused(&'static str),
    /// A redirect, or a page of another server.
    Misrouted,
}

/// One step of the server.
pub enum Step {
    /// Reads this many bytes of the request.
    Take(usize),
    /// Reads its head.
    TakeHead,
    /// Reads the whole request.
    TakeAll,
    /// Carries the request out.
    Commit,
    /// Carries it out for only this many of its first ids.
    CommitFirst(usize),
    /// Writes these bytes.
    Write(Piece),
    /// Writes one byte at a time.
    Drip(Piece, Duration),
    /// Writes the same bytes until the peer closes.
    Endless(Piece),
    /// Waits.
    Pause(Duration),
    /// Keeps the connection open and does nothing until the peer closes it.
    Hang,
    /// Closes the connection in order.
    Fin,
    /// Resets the connection.
    Reset,
}

/// Bytes that depend on the exchange.
pub type Piece = Box<dyn Fn(&Truth) -> Vec<u8> + Send + Sync>;

impl Fault {
    pub fn new(name: &'static str, claim: Claim, script: Vec<Step>) -> Self {
        Self { name, claim, waits: false, warm: false, script }
    }

    /// Carries the request out, then writes this and keeps the connection.
    pub fn answers(
        name: &'static str,
        claim: Claim,
        piece: impl Fn(&Truth) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, claim, vec![Step::TakeAll, Step::Commit, write(piece)])
    }

    /// Writes this without carrying the request out.
    pub fn turns_away(
        name: &'static str,
        claim: Claim,
        piece: impl Fn(&Truth) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, claim, vec![Step::TakeAll, write(piece)])
    }

    pub fn waits(mut self) -> Self {
        self.waits = true;
        self
    }

    pub fn warm(mut self) -> Self {
        self.warm = true;
        self
    }

    /// Then closes the connection in order.
    pub fn then_fin(mut self) -> Self {
        self.script.push(Step::Fin);
        self
    }

    /// Whether the request is carried out.
    pub fn commits(&self) -> bool {
        self.script.iter().any(|step| matches!(step, Step::Commit | Step::CommitFirst(_)))
    }

    /// Whether its client has timeouts that a slow machine can reach before the fault.
    pub fn can_fail_by_time(&self) -> bool {
        let is_wish = matches!(
            self.claim,
            Claim::NothingForLong | Claim::ThrottledForLong | Claim::ThrottledByStrangerForLong
        );
        self.waits || is_wish
    }

    /// Whether it occurs when the connection is accepted, before the first byte.
    pub fn strikes_at_accept(&self) -> bool {
        matches!(self.script.first(), Some(Step::Reset | Step::Hang | Step::Fin))
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A step that writes.
pub fn write(piece: impl Fn(&Truth) -> Vec<u8> + Send + Sync + 'static) -> Step {
    Step::Write(Box::new(piece))
}

/// All faults.
pub fn all() -> Vec<Arc<Fault>> {
    let lists = [
        connection_faults::all(),
        framing_faults::all(),
        envelope_faults::all(),
        status_faults::all(),
    ];
    lists.into_iter().flatten().map(Arc::new).collect()
}

/// The fault with this name.
pub fn named(name: &str) -> Arc<Fault> {
    let all = all();
    let found = all.iter().find(|fault| fault.name == name);
    Arc::clone(found.unwrap_or_else(|| panic!("no fault is called {name:?}")))
}
