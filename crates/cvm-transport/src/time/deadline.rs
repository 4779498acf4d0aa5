//! A timeout that costs nothing when the future is already ready, and overflow-safe deadlines.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

/// A hundred years: later than any real deadline, and far from the limits of every clock.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// The instant after this duration. Callers may pass `Duration::MAX` for *no limit*; `+` would panic.
pub(crate) fn after(now: Instant, span: Duration) -> Instant {
    now.checked_add(span.min(FOREVER)).unwrap_or(now)
}

/// Like [`timeout_at`], but a future that is ready at its first poll needs neither a timer nor a clock reading.
/// `deadline` gets the time at which the waiting begins, and is called only in that case.
pub(crate) async fn timeout_if_pending<F: Future>(
    future: F,
    deadline: impl FnOnce(Instant) -> Instant,
) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    match poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => timeout_at(deadline(Instant::now()), future).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn deadline_after_any_duration_is_valid() {
        let now = Instant::now();
        for seconds in [0, 5, 1 << 20, 1 << 40, u64::MAX / 2, u64::MAX] {
            let later = after(now, Duration::from_secs(seconds));
            assert_eq!(later - now, Duration::from_secs(seconds).min(FOREVER));
            assert!(timeout_at(later, async {}).await.is_ok());
        }
        assert!(after(now, Duration::MAX) > now);
    }

    #[tokio::test(start_paused = true)]
    async fn ready_output_is_returned_and_late_output_is_not() {
        let began = Instant::now();
        let after = |seconds| tokio::time::sleep(Duration::from_secs(seconds));
        let five_more = |now| now + Duration::from_secs(5);
        assert!(timeout_if_pending(after(4), five_more).await.is_ok());
        assert!(timeout_if_pending(after(6), five_more).await.is_err());
        assert_eq!(Instant::now(), began + Duration::from_secs(9));
        assert_eq!(timeout_if_pending(async { 1 }, |_| unreachable!()).await, Ok(1));
    }
}
