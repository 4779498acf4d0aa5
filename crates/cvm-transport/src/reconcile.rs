//! Finds out what became of a request whose outcome is unknown, by reading and nothing else.

use std::future::IntoFuture;
use std::time::Duration;

use cvm_protocol::Waiter;
use tokio::time::Instant;

use crate::client::Client;
use crate::http::BoxFuture;
use crate::waiting::Waiting;
use crate::within::after;
use crate::{Error, WaitVerdict, WaitedResource};

/// When to read, in sixtieths of the settle time: after 2, 5, 10, 20, 40 and 60 s of a minute.
pub(crate) const READINGS: [u32; 6] = [2, 5, 10, 20, 40, 60];

/// A reconciliation that has not begun: `.await` it, or set options first.
///
/// Reads the states of the resources over a while, because one reading proves nothing: the request may
/// still be on its way. A resource in a state that the waiter calls its goal is *done*. One that showed
/// the same other state in every reading, the last of them at the end of the settle time, is *not done*.
/// A response without its list, with too short a list, or with null or nameless items, shows nothing.
/// Everything else is *unknown*, a state of failure too: something ran, and its `reason` and `state` ask for a decision,
/// not for a repeat. Nothing is ever sent again.
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
        let mut waiting =
            Waiting::new(self.client, &self.waiter, self.settle.saturating_mul(2), Duration::ZERO);
        let began = Instant::now();
        let mut states: Vec<Settling> = vec![Settling::default(); waiting.report().resources.len()];
        for sixtieths in READINGS {
            if waiting.is_over() {
                break;
            }
            tokio::time::sleep_until(after(began, self.settle.saturating_mul(sixtieths) / 60))
                .await;
            let read = waiting.poll_pending().await;
            for (state, resource) in states.iter_mut().zip(&waiting.report().resources) {
                state.see(read.is_ok(), resource);
            }
            if let Err(error) = read
                && !crate::waiting::may_pass(&error)
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

/// Whether a resource showed one state all the time.
#[derive(Clone, Debug, Default)]
struct Settling {
    state: Option<String>,
    readings: u32,
    moved: bool,
    /// The latest reading told what there is.
    is_current: bool,
}

impl Settling {
    fn see(&mut self, was_read: bool, resource: &WaitedResource) {
        // A reading that failed as a whole may have shown this one.
        self.moved |= self.readings > 0 && self.state != resource.state;
        self.is_current = was_read;
        if !was_read {
            return;
        }
        self.state.clone_from(&resource.state);
        self.readings += 1;
    }

    const fn is_settled(&self) -> bool {
        // A resource that was never listed may still appear, and one that was not seen at the end of the
        // settle time may have changed since.
        self.is_current && self.readings >= 2 && !self.moved && self.state.is_some()
    }
}
