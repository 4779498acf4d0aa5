//! The time that `--timeout` gives for a whole run, from the read before a change to the end of its call.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

/// A time limit, if there is one, and when it began.
pub struct TimeBudget {
    limit: Option<Duration>,
    began: Instant,
}

impl TimeBudget {
    /// Starts the time.
    pub fn start(limit: Option<Duration>) -> Self {
        Self { limit, began: Instant::now() }
    }

    /// The remaining time, if there is a limit.
    pub fn left(&self) -> Option<Duration> {
        Some(self.limit?.saturating_sub(self.began.elapsed()))
    }

    /// Waits for at most the remaining time; `None` if that was not enough.
    pub async fn limit<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        match self.left() {
            Some(left) => tokio::time::timeout(left, future).await.ok(),
            None => Some(future.await),
        }
    }

    /// Waits for at most half of the remaining time.
    pub async fn half<T>(&self, future: impl Future<Output = Option<T>>) -> Option<T> {
        match self.left() {
            Some(left) => tokio::time::timeout(left / 2, future).await.ok().flatten(),
            None => future.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn timeout_includes_the_time_before_the_call() {
        let budget = TimeBudget::start(Some(Duration::from_secs(4)));
        assert_eq!(budget.half(std::future::pending::<Option<()>>()).await, None);
        assert_eq!(budget.left(), Some(Duration::from_secs(2)));
        assert_eq!(budget.half(std::future::ready(Some(1))).await, Some(1));
        tokio::time::sleep(Duration::from_secs(9)).await;
        assert_eq!(budget.left(), Some(Duration::ZERO));
        assert_eq!(TimeBudget::start(None).left(), None);
    }
}
