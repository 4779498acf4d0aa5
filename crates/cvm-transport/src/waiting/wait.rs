//! Waits for resources to reach a state: the future and the progress stream of the public API.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use cvm_protocol::Waiter;

use crate::Error;
use crate::client::Client;
use crate::http::client::BoxFuture;
use crate::waiting::poller::Poller;
use crate::waiting::{WaitProgress, WaitReport};

/// A wait: `.await` it, or set options first.
///
/// ```no_run
/// # async fn example(client: cvm_transport::Client, waiter: cvm_transport::protocol::Waiter) -> Result<(), cvm_transport::Error> {
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
/// It polls in batches (100 ids if the action takes a list of them), at the interval of the specification with some
/// jitter, and each poll is an ordinary call. It ends immediately if a resource is in a state from which the target state
/// cannot be reached, or if the operation has failed; the error contains the service's reason.
///
/// Evidence that may be older than the operation decides nothing: an operation that had ended before the first poll,
/// an instance that was already in the recycle bin, the absence of a resource that no poll has listed. If the caller
/// knows better, name the request with [`Waiter::of_request`], or use [`Waiter::seen_before`].
///
/// Brief outages do not end a wait, and neither do responses that prove nothing: without the list, with too few rows,
/// with null rows or rows without an id. Without ids nothing is called, because an empty list of ids means *all* to
/// the service. An empty or blank id fails with [`Error::is_usage`].
///
/// The report has the items that the last poll of each resource showed ([`WaitReport::items`]), so the addresses of new
/// instances need no other call. To wait for a condition that no waiter has, use [`Client::wait_until`].
#[must_use = "a wait does nothing unless awaited"]
pub struct Wait {
    client: Client,
    waiter: Waiter,
    timeout: Duration,
    interval: Duration,
    on_progress: Option<Callback>,
}

type Callback = Box<dyn FnMut(&WaitProgress) + Send>;

impl Client {
    /// Waits until resources reach a state: `client.wait(waiter).await?`, or set options before `.await`.
    pub fn wait(&self, waiter: Waiter) -> Wait {
        Wait::new(self.clone(), waiter)
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("waiter", &self.waiter).finish_non_exhaustive()
    }
}

impl Wait {
    pub(crate) fn new(client: Client, waiter: Waiter) -> Self {
        let (timeout, interval) = (waiter.info.timeout, waiter.info.interval);
        Self { client, waiter, timeout, interval, on_progress: None }
    }

    /// Sets the timeout. Default: the specification's. A last poll begins at this time and may take 10 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the time between two polls. Default: the specification's.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Calls this after every poll.
    pub fn on_progress(mut self, callback: impl FnMut(&WaitProgress) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(callback));
        self
    }

    /// Converts to a stream with the progress after every poll.
    pub fn progress(self) -> WaitProgressStream {
        WaitProgressStream {
            poller: Poller::new(self.client, &self.waiter, self.timeout, self.interval),
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
#[must_use = "a wait polls only when its next progress is requested"]
pub struct WaitProgressStream {
    poller: Poller,
}

impl WaitProgressStream {
    /// Polls once, after a pause unless it is the first poll. `None` if the target state was reached.
    ///
    /// # Errors
    ///
    /// [`Error::is_wait`] if the target state cannot be reached any more or time is up; [`Error::wait_report`] has
    /// the state of each id. Or the error of a poll that would fail again.
    pub async fn try_next(&mut self) -> Result<Option<WaitProgress>, Error> {
        if self.poller.is_over() {
            return self.poller.failure().map_or(Ok(None), Err);
        }
        self.poller.step().await.map(Some)
    }

    /// The report of the wait.
    #[must_use]
    pub fn into_report(self) -> WaitReport {
        self.poller.into_report()
    }
}
