//! Waits for resources to reach a state: the future and the stream that a caller sees.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use cvm_protocol::{Waiter, WaiterInfo};

use crate::client::Client;
use crate::http::client::BoxFuture;
use crate::waiting::poller::Poller;
use crate::{Error, WaitProgress, WaitReport};

/// A wait that has not begun: `.await` it, or set options first.
///
/// ```no_run
/// # async fn example(client: cvm_transport::Client, waiter: cvm_transport::Waiter) -> Result<(), cvm_transport::Error> {
/// let report = client
///     .wait(waiter)
///     .timeout(std::time::Duration::from_secs(300))
///     .on_progress(|progress| eprintln!("{} of {}", progress.reached(), progress.total()))
///     .await?;
/// assert_eq!(report.pending().count(), 0);
/// # Ok(())
/// # }
/// ```
///
/// Polls in batches (100 ids where the action takes a list of them), at the specification's interval with some jitter, through the same
/// pipeline as every call. Ends at once when a resource is in a state from which the goal cannot be
/// reached, or when the operation has failed, with the service's own reason. What may be older than the operation decides
/// nothing: an operation that was over at the first poll, a recycle bin in which the instance lay already, the absence
/// of a resource that no poll has listed. Name the request with [`Waiter::of_request`], or say
/// [`Waiter::seen_before`], where the caller knows better. Brief outages are waited out, and so are responses that do not
/// prove anything: without the list, with too few rows, with null rows or rows without an id. Without ids nothing is
/// called, since an empty list of ids means *all* to the service.
#[must_use = "a wait does nothing unless awaited"]
pub struct Wait {
    client: Client,
    waiter: Waiter,
    timeout: Duration,
    interval: Duration,
    on_progress: Option<Callback>,
}

type Callback = Box<dyn FnMut(&WaitProgress) + Send>;

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("waiter", &self.waiter).finish_non_exhaustive()
    }
}

impl Wait {
    pub(crate) fn new(client: Client, waiter: Waiter) -> Self {
        let WaiterInfo { timeout, interval, .. } = *waiter.info;
        Self { client, waiter, timeout, interval, on_progress: None }
    }

    /// When to give up. Default: the specification's. A last poll begins at this time and may take 10 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Time between two polls. Default: the specification's.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Calls this after every poll.
    pub fn on_progress(mut self, callback: impl FnMut(&WaitProgress) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(callback));
        self
    }

    /// The same wait as a sequence of progress, one after every poll.
    pub fn progress(self) -> WaitProgressStream {
        WaitProgressStream {
            waiting: Poller::new(self.client, &self.waiter, self.timeout, self.interval),
        }
    }
}

impl IntoFuture for Wait {
    type Output = Result<WaitReport, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut callback = self.on_progress.take();
            let mut steps = self.progress();
            while let Some(progress) = steps.try_next().await? {
                if let Some(callback) = &mut callback {
                    callback(&progress);
                }
            }
            Ok(steps.into_report())
        })
    }
}

/// A wait in progress, poll by poll.
#[derive(Debug)]
pub struct WaitProgressStream {
    waiting: Poller,
}

impl WaitProgressStream {
    /// Polls once, after a pause if it is not the first time. `None` when the goal was reached.
    ///
    /// # Errors
    ///
    /// [`Error::is_wait`] when the goal cannot be reached any more or time is up, with what is known
    /// of each id in [`Error::wait_report`]; or the error of a poll that will not succeed later.
    pub async fn try_next(&mut self) -> Result<Option<WaitProgress>, Error> {
        if self.waiting.is_over() {
            return Ok(None);
        }
        self.waiting.step().await.map(Some)
    }

    /// What is known of each id.
    #[must_use]
    pub fn into_report(self) -> WaitReport {
        self.waiting.into_report()
    }
}
