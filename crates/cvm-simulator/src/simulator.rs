//! The simulated account: one entry for everything that happens to it.

use std::time::Duration;

use crate::chc_host::ChcServer;
use crate::clock::{TimeMode, VirtualClock};
use crate::handler::Reply;
use crate::ids::{RequestIds, SeededRng};
use crate::operator;
use crate::repair::Repair;
use crate::request::Request;
use crate::state::State;
use crate::timestamp::Timestamp;

/// A CVM account with its virtual clock.
///
/// Two simulators with the same seed and the same start, which are given the same commands at the same
/// times, have the same state and return the same responses.
#[derive(Debug)]
pub struct Simulator {
    state: State,
    clock: VirtualClock,
    /// Requests that may change the state have ids of their own stream, because instances show the id of the request
    /// that changed them last: however often a client reads, the state is the same.
    change_ids: RequestIds,
    read_ids: RequestIds,
    /// The latest time that a command had. Time never goes back.
    elapsed: Duration,
}

/// Something that happens to the account.
#[derive(Debug)]
#[non_exhaustive]
pub enum Command {
    /// A client sends a request.
    Request(Request),
    /// The virtual clock is moved forward.
    AdvanceClock(Duration),
    /// The operator of the cloud installs a server that the customer owns.
    AddChcHost(ChcServer),
    /// The operator of the cloud announces maintenance of an instance.
    ScheduleRepair(Repair),
}

/// The result of a [`Command`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Response {
    /// The reply to [`Command::Request`].
    Reply {
        /// The id of the request.
        request_id: String,
        /// The reply.
        reply: Reply,
    },
    /// The new time, after [`Command::AdvanceClock`].
    ClockAdvanced(Timestamp),
    /// The id of the new host; `None` if its zone does not exist.
    ChcHostAdded(Option<String>),
    /// The id of the new task; `None` if the region or the instance does not exist.
    RepairScheduled(Option<String>),
}

impl Simulator {
    /// An empty account. All random values come from the seed.
    #[must_use]
    pub fn new(seed: u64, start: Timestamp, mode: TimeMode) -> Self {
        Self {
            state: State::new(SeededRng::new(seed)),
            clock: VirtualClock::new(mode, start),
            change_ids: RequestIds::of_changes(seed),
            read_ids: RequestIds::of_reads(seed),
            elapsed: Duration::ZERO,
        }
    }

    /// Applies a command. `elapsed` is the real time since the start of the simulator.
    pub fn apply(&mut self, elapsed: Duration, command: Command) -> Response {
        self.elapsed = self.elapsed.max(elapsed);
        let now = self.now(elapsed);
        match command {
            Command::Request(request) => self.handle(request, now),
            Command::AdvanceClock(span) => {
                self.clock.advance(span);
                Response::ClockAdvanced(self.now(elapsed))
            }
            Command::AddChcHost(server) => {
                let mut state = self.state.clone();
                let id = operator::add_chc_host(&server, &mut state, &self.clock, now);
                self.state = state;
                Response::ChcHostAdded(id)
            }
            Command::ScheduleRepair(repair) => {
                let mut state = self.state.clone();
                let id = operator::schedule_repair(&repair, &mut state, &self.clock, now);
                self.state = state;
                Response::RepairScheduled(id)
            }
        }
    }

    /// Handles a request on a copy of the state. The copy takes the place of the state only if the request was to
    /// change something and succeeded: after a read, an error or a panic, nothing has changed.
    fn handle(&mut self, request: Request, now: Timestamp) -> Response {
        let mut state = self.state.clone();
        state.apply_due(request.region().name, &self.clock, now);
        self.state = state.clone();
        let is_read = request.is_read();
        let request_id = if is_read { self.read_ids.next() } else { self.change_ids.next() };
        let reply = request.handle(&mut state, &self.clock, now, &request_id);
        if !is_read && matches!(reply, Ok(Reply::Response(_))) {
            self.state = state;
        }
        Response::Reply { request_id, reply: reply.unwrap_or_else(Reply::Error) }
    }

    /// The virtual time, this much real time after the start.
    #[must_use]
    pub fn now(&self, elapsed: Duration) -> Timestamp {
        self.clock.now(self.elapsed.max(elapsed))
    }

    /// How virtual time passes.
    #[must_use]
    pub const fn mode(&self) -> TimeMode {
        self.clock.mode()
    }
}

#[cfg(test)]
mod tests;
