//! A fault: a script of what the server does to one request, and what that lets a client know.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::response::Truth;
use crate::{connection_faults, envelope_faults, framing_faults, status_faults};

/// One kind of fault.
pub struct Fault {
    pub name: &'static str,
    /// What an honest client can conclude from what it saw.
    pub claim: Claim,
    /// Only a time limit of the client ends it.
    pub waits: bool,
    /// It needs a connection that already carried a call.
    pub warm: bool,
    pub script: Vec<Step>,
}

/// What an exchange proves, by the rules of delivery certainty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The service did it and said so.
    Done,
    /// Bytes left, and no valid answer came.
    Nothing,
    /// As `Nothing`, and the code says that another attempt may do harm.
    NothingFinal,
    /// As `Nothing`, and the server asks to wait for longer than the call may take.
    NothingForLong,
    /// The connection broke so early that the client may know that nothing left.
    MaybeUnsent,
    /// Readers of the protocol differ on whether this is an answer.
    Either,
    /// An answer without a member that the action promises, which a read can do without.
    Lacking,
    /// A launch answered with fewer ids than it asked for; nothing unusual for other actions.
    FewerIds,
    /// Turned away by the service itself, because of too many calls.
    Throttled,
    /// The same, for longer than the call may take.
    ThrottledForLong,
    /// Turned away by somebody who is not the service.
    ThrottledByStranger,
    /// The same, for longer than the call may take.
    ThrottledByStrangerForLong,
    /// The clock was refused, and the answer tells the time.
    ClockRefused,
    /// The clock was refused, and the answer tells no time.
    ClockRefusedBlindly,
    /// The session token was refused.
    TokenRefused,
    /// The service refused with this code.
    Refused(&'static str),
    /// A redirect, or a page of somebody else.
    Misrouted,
}

/// One thing that the server does.
pub enum Step {
    /// Reads this many bytes of the request.
    Take(usize),
    /// Reads its head.
    TakeHead,
    /// Reads it whole.
    TakeAll,
    /// Carries it out.
    Commit,
    /// Carries it out for the first of its ids alone, as many as this.
    CommitFirst(usize),
    /// Writes.
    Write(Piece),
    /// Writes a byte at a time.
    Drip(Piece, Duration),
    /// Writes the same until the peer has had enough.
    Endless(Piece),
    /// Waits.
    Pause(Duration),
    /// Keeps the connection open and does nothing until the peer leaves.
    Hang,
    /// Closes the connection in order.
    Fin,
    /// Breaks the connection off.
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

    /// Whether the request is carried out under it.
    pub fn commits(&self) -> bool {
        self.script.iter().any(|step| matches!(step, Step::Commit | Step::CommitFirst(_)))
    }

    /// Whether its client has timeouts that a slow machine can meet before the fault.
    pub fn can_fail_by_time(&self) -> bool {
        let is_wish = matches!(
            self.claim,
            Claim::NothingForLong | Claim::ThrottledForLong | Claim::ThrottledByStrangerForLong
        );
        self.waits || is_wish
    }

    /// Whether it strikes before the first byte, when the connection is accepted.
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

/// Every kind.
pub fn all() -> Vec<Arc<Fault>> {
    let lists = [
        connection_faults::all(),
        framing_faults::all(),
        envelope_faults::all(),
        status_faults::all(),
    ];
    lists.into_iter().flatten().map(Arc::new).collect()
}

/// The one of this name.
pub fn named(name: &str) -> Arc<Fault> {
    let all = all();
    let found = all.iter().find(|fault| fault.name == name);
    Arc::clone(found.unwrap_or_else(|| panic!("no fault is called {name:?}")))
}
