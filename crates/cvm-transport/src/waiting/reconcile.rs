//! Finds out whether a request with an unknown outcome took effect, using reads only.

use std::future::IntoFuture;
use std::time::Duration;

use cvm_protocol::Waiter;
use tokio::time::Instant;

use crate::Error;
use crate::client::Client;
use crate::http::client::BoxFuture;
use crate::waiting::poller::Poller;
use crate::waiting::reconcile_times::Schedule;
use crate::waiting::row_state::RowState;
use crate::waiting::{WaitVerdict, WaitedResource};

/// A reconciliation: `.await` it, or set options first.
///
/// It reads the states of the resources for a while, because one read proves nothing: the request may still be on its
/// way. A resource in a target state of the waiter is *done*. A resource is *not done* if every read, the last of them
/// at the end of the settle time, showed it in the same [settled](cvm_protocol::WaiterSpec::settled) state and with
/// the same latest operation, which has ended. A response without its list, with too short a list, or with null items
/// or items without an id shows nothing.
///
/// Everything else is *unknown*: a transitional state such as `TERMINATING`, a state that the specification does not
/// list, no state, a running operation, and also a failed state. Something ran, or may run: `reason` and `state` call
/// for a decision, not for a retry. Nothing is ever sent again.
///
/// A read may take a third of the settle time, at least 10 s. So the reconciliation ends that long after the settle
/// time at the latest.
///
/// ```no_run
/// # async fn example(client: cvm_transport::Client, terminated: cvm_transport::protocol::Waiter) -> Result<(), cvm_transport::Error> {
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

/// Whether a request took effect, resource by resource.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Reconciliation {
    /// The request took effect.
    pub done: Vec<WaitedResource>,
    /// The request did not take effect, and nothing changed during the settle time.
    pub not_done: Vec<WaitedResource>,
    /// Unknown, or the resource is in another state: check `state` and `reason`.
    pub unknown: Vec<WaitedResource>,
}

impl Client {
    /// Finds out whether a request with an unknown outcome took effect, using reads only. The waiter defines which
    /// states mean done.
    pub fn reconcile(&self, waiter: Waiter) -> Reconcile {
        Reconcile::new(self.clone(), waiter)
    }
}

impl Reconcile {
    pub(crate) const fn new(client: Client, waiter: Waiter) -> Self {
        Self { client, waiter, settle: Duration::from_secs(60) }
    }

    /// How long nothing may change before a resource counts as *not done*. Default: 60 s; images, hosts and pools need
    /// longer.
    pub const fn settle(mut self, settle: Duration) -> Self {
        self.settle = settle;
        self
    }

    async fn run(self) -> Result<Reconciliation, Error> {
        let mut poller = Poller::new(self.client, &self.waiter, self.settle, Duration::ZERO);
        let mut states: Vec<SettleTracker> = vec![SettleTracker::default(); poller.rows().len()];
        let mut schedule = Schedule::new(Instant::now(), self.settle);
        while !poller.is_over()
            && let Some(until) = schedule.next().await
        {
            let read = poller.poll_pending(until).await;
            schedule.ended();
            for (state, row) in states.iter_mut().zip(poller.rows()) {
                state.update(read.is_ok(), row.as_ref());
            }
            if let Err(error) = read
                && !error.is_transient()
            {
                return Err(error);
            }
        }
        let mut outcome = Reconciliation::default();
        for (state, resource) in states.into_iter().zip(poller.into_report().resources) {
            match resource.verdict {
                WaitVerdict::Reached => outcome.done.push(resource),
                // An operation ran and ended in another state: an instance that was to be terminated may be in the
                // recycle bin. Never "not done", which would invite a retry.
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

/// Whether a resource was in one settled state all the time.
#[derive(Clone, Debug, Default)]
struct SettleTracker {
    row: Option<RowState>,
    reads: u32,
    moved: bool,
    /// The latest read succeeded.
    is_current: bool,
}

impl SettleTracker {
    fn update(&mut self, was_read: bool, row: Option<&RowState>) {
        // A read that failed as a whole may have shown this resource.
        self.is_current = was_read;
        if !was_read {
            return;
        }
        // A resource that was not listed, or only in a response that proves nothing, may be in any state.
        self.moved |= row.is_none() || self.reads > 0 && self.row.as_ref() != row;
        self.row = row.cloned();
        self.reads += 1;
    }

    fn is_settled(&self) -> bool {
        // A resource that was not read at the end of the settle time may have changed since.
        let is_settled = self.row.as_ref().is_some_and(|row| row.is_settled);
        self.is_current && self.reads >= 2 && !self.moved && is_settled
    }
}
