//! A fault: a script of the server's behavior for one request, and what the client can conclude from it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::response::ExchangeContext;
use crate::{connection_faults, envelope_faults, framing_faults, status_faults};

/// One fault.
pub struct Fault {
    pub name: &'static str,
    /// What the client can conclude from what it received.
    pub conclusion: Conclusion,
    /// Only a timeout of the client ends it.
    pub needs_timeout: bool,
    /// It needs a connection that already carried a call.
    pub warm: bool,
    pub script: Vec<Step>,
}

/// What an exchange proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// The service carried it out and said so.
    Done,
    /// Bytes were sent, and no valid response came.
    Ambiguous,
    /// As `Nothing`, and the code says that another attempt may do harm.
    AmbiguousFinal,
    /// As `Nothing`, and the server asks to wait for longer than the call may take.
    AmbiguousLongWait,
    /// The connection broke so early that the client may know that nothing was sent.
    MaybeUnsent,
    /// HTTP implementations differ on whether this is a response.
    Either,
    /// A response without an always present member, which a read can do without.
    MissingMember,
    /// A launch response with fewer ids than requested; nothing unusual for other actions.
    FewerIds,
    /// Throttled by the service itself.
    Throttled,
    /// The same, for longer than the call may take.
    ThrottledLongWait,
    /// Throttled by another server.
    ForeignThrottled,
    /// The same, for longer than the call may take.
    ForeignThrottledLongWait,
    /// The clock was rejected, and the response shows the time.
    ClockRejected,
    /// The clock was rejected, and the response shows no time.
    ClockRejectedWithoutTime,
    /// The session token was rejected.
    TokenRejected,
    /// The service responded with this error code.
    ServiceError(&'static str),
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
    Close,
    /// Resets the connection.
    Reset,
}

/// Bytes that depend on the exchange.
pub type Piece = Box<dyn Fn(&ExchangeContext) -> Vec<u8> + Send + Sync>;

impl Fault {
    pub fn new(name: &'static str, conclusion: Conclusion, script: Vec<Step>) -> Self {
        Self { name, conclusion, needs_timeout: false, warm: false, script }
    }

    /// Carries the request out, then writes this and keeps the connection.
    pub fn carried_out(
        name: &'static str,
        conclusion: Conclusion,
        piece: impl Fn(&ExchangeContext) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, conclusion, vec![Step::TakeAll, Step::Commit, write(piece)])
    }

    /// Writes this without carrying the request out.
    pub fn rejected(
        name: &'static str,
        conclusion: Conclusion,
        piece: impl Fn(&ExchangeContext) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, conclusion, vec![Step::TakeAll, write(piece)])
    }

    pub fn needs_timeout(mut self) -> Self {
        self.needs_timeout = true;
        self
    }

    pub fn warm(mut self) -> Self {
        self.warm = true;
        self
    }

    /// Then closes the connection in order.
    pub fn then_close(mut self) -> Self {
        self.script.push(Step::Close);
        self
    }

    /// Whether the request is carried out.
    pub fn commits(&self) -> bool {
        self.script.iter().any(|step| matches!(step, Step::Commit | Step::CommitFirst(_)))
    }

    /// Whether its client has timeouts that a slow machine can reach before the fault.
    pub fn can_fail_by_timing(&self) -> bool {
        let asks_for_long_wait = matches!(
            self.conclusion,
            Conclusion::AmbiguousLongWait
                | Conclusion::ThrottledLongWait
                | Conclusion::ForeignThrottledLongWait
        );
        self.needs_timeout || asks_for_long_wait
    }

    /// Whether it occurs when the connection is accepted, before the first byte.
    pub fn occurs_at_accept(&self) -> bool {
        matches!(self.script.first(), Some(Step::Reset | Step::Hang | Step::Close))
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A step that writes.
pub fn write(piece: impl Fn(&ExchangeContext) -> Vec<u8> + Send + Sync + 'static) -> Step {
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
    Arc::clone(found.unwrap_or_else(|| panic!("there is no fault {name:?}")))
}
