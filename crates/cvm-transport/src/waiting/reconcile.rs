//! Finds out what became of a request whose outcome is unknown, by reading and nothing else.

use std::future::IntoFuture;
use std::time::Duration;

use cvm_protocol::Waiter;
use tokio::time::Instant;

use crate::client::Client;
use crate::http::client::BoxFuture;
use crate::waiting::poller::Poller;
use crate::waiting::row_state::RowState;
use crate::waiting::schedule::Schedule;
use crate::{Error, WaitVerdict, WaitedResource};

/// A reconciliation that has not begun: `.await` it, or set options first.
///
/// Reads the states of the resources over a while, because one reading proves nothing: the request may
/// still be on its way. A resource in a state that the waiter calls its goal is *done*. One is *not done*
/// if every reading, the last of them at the end of the settle time, showed it in the same
/// [settled](cvm_protocol::WaiterInfo::settled) state, with the same operation as the latest one, and that one over.
/// A response without its list, with too short a list, or with null or nameless items, shows nothing.
///
/// Everything else is *unknown*: a state on the way to another one, such as `TERMINATING`, a state that the
/// specification does not know, none at all, a running operation, and a state of failure too. Something ran, or may
/// run: `reason` and `state` ask for a decision, not for a repeat. Nothing is ever sent again.
///
/// A reading may take a third of the settle time, at least 10 s, so the whole ends that long after the settle time
/// at the latest.
///
/// ```no_run
/// # async fn example(client: cvm_transport::Client, terminated: cvm_transport::Waiter) -> Result<(), cvm_transport::Error> {
/// let outcome = client.reconcile(terminated).await?;
/// for resource in &outcome.not_done {
///     println!("{} is still {:?}", resource.id, resource.state);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a reconciliation does nothing unless awaited"]
#[derive(Debug)]
pub struct Reconcile {
    client: Client,
    waiter: Waiter,
    settle: Duration,
}

/// What became of a request, resource by resource.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Reconciliation {
    /// The effect is there.
    pub done: Vec<WaitedResource>,
    /// The effect is not there, and nothing moved for the whole settle time.
    pub not_done: Vec<WaitedResource>,
    /// Nothing can be said, or something else came of it: look at `state` and `reason`.
    pub unknown: Vec<WaitedResource>,
}

impl Reconcile {
    pub(crate) const fn new(client: Client, waiter: Waiter) -> Self {
        Self { client, waiter, settle: Duration::from_secs(60) }
    }

    /// How long a picture has to stay the same to count as *not done*. Default: 60 s; images, hosts
    /// and pools need longer.
    pub const fn settle(mut self, settle: Duration) -> Self {
        self.settle = settle;
        self
    }

    async fn run(self) -> Result<Reconciliation, Error> {
        let mut waiting = Poller::new(self.client, &self.waiter, self.settle, Duration::ZERO);
        let mut states: Vec<Settling> = vec![Settling::default(); waiting.rows().len()];
        let mut schedule = Schedule::new(Instant::now(), self.settle);
        while !waiting.is_over()
            && let Some(until) = schedule.next().await
        {
            let read = waiting.poll_pending(until).await;
            schedule.ended();
            for (state, row) in states.iter_mut().zip(waiting.rows()) {
                state.see(read.is_ok(), row.as_ref());
            }
            if let Err(error) = read
                && !crate::waiting::poller::is_transient(&error)
            {
                return Err(error);
            }
        }
        let mut outcome = Reconciliation::default();
        for (state, resource) in states.into_iter().zip(waiting.into_report().resources) {
            match resource.verdict {
                WaitVerdict::Reached => outcome.done.push(resource),
                // Something ran and ended elsewhere: a machine that was to be destroyed and lies in the
                // recycle bin is not one to destroy again. Never "not done", which invites a repeat.
                WaitVerdict::Failed => outcome.unknown.push(resource),
                WaitVerdict::Pending if state.is_settled() => outcome.not_done.push(resource),
                WaitVerdict::Pending => outcome.unknown.push(resource),
            }
        }
        Ok(outcome)
    }
}

impl IntoFuture for Reconcile {
    type Output = Result<Reconciliation, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Whether a resource showed one settled state all the time.
#[derive(Clone, Debug, Default)]
struct Settling {
    row: Option<RowState>,
    readings: u32,
    moved: bool,
    /// The latest reading told what there is.
    is_current: bool,
}

impl Settling {
    fn see(&mut self, was_read: bool, row: Option<&RowState>) {
        // A reading that failed as a whole may have shown this one.
        self.is_current = was_read;
        if !was_read {
            return;
        }
        // A resource that was not listed, or not in a response that proves something, may be anywhere.
        self.moved |= row.is_none() || self.readings > 0 && self.row.as_ref() != row;
        self.row = row.cloned();
        self.readings += 1;
    }

    fn is_settled(&self) -> bool {
        // One that was not seen at the end of the settle time may have changed since.
        let is_settled = self.row.as_ref().is_some_and(|row| row.is_settled);
        self.is_current && self.readings >= 2 && !self.moved && is_settled
    }
}
