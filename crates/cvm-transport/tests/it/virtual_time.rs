//! Advances the clock of a test by hand, so that a timeout on a real socket takes no time and never fires
//! because the machine is slow. Needs a `current_thread` runtime.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// Lets every task of this runtime run as far as it can, so that written bytes are read.
pub async fn deliver() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Lets pending data arrive, then advances the clock by this time at once.
pub async fn pass(time: Duration) {
    deliver().await;
    let mut advance = pin!(tokio::time::advance(time));
    // One poll moves the clock. Nothing else runs while it is paused, so no timer is skipped.
    poll_fn(|context| {
        tokio::time::pause();
        let _ = advance.as_mut().poll(context);
        tokio::time::resume();
        Poll::Ready(())
    })
    .await;
}
