//! A call that is throttled until its deadline ends with the last response of the service.

use std::sync::atomic::{AtomicUsize, Ordering};

use cvm_transport::http::BoxFuture;
use cvm_transport::rate_limit::{RateLimitKey, RateLimiter, RateLimiterError};
use cvm_transport::retry::Outcome;

use crate::actions::{KillThings, ListThings};
use crate::fake_service::{FakeService, Reply};

/// Grants this many slots, and then none.
#[derive(Debug)]
struct Slots(AtomicUsize);

impl RateLimiter for Slots {
    fn acquire<'a>(
        &'a self,
        _: &'a RateLimitKey<'a>,
    ) -> BoxFuture<'a, Result<(), RateLimiterError>> {
        let taken =
            self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        Box::pin(async move {
            match taken {
                Ok(_) => Ok(()),
                Err(_) => std::future::pending().await,
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_until_the_deadline_is_reported_as_throttling() {
    for slots in 1..=3 {
        for is_code in [true, false] {
            let fake = FakeService::new(move |_, _| match is_code {
                true => Reply::error("RequestLimitExceeded", Vec::new()),
                false => Reply::status(429, Vec::new()),
            });
            let limiter = Slots(AtomicUsize::new(slots));
            let client = fake.builder().rate_limiter(limiter).build().unwrap();
            let error = client.send(ListThings::default()).await.unwrap_err();
            let text = error.to_string();
            assert!(error.is_throttled() && !error.is_not_sent(), "{text}");
            assert!(error.outcome_unknown().is_none(), "{text}");
            assert_eq!((error.attempts().len(), fake.request_count()), (slots, slots), "{text}");
            assert!(error.attempts().iter().all(|one| one.outcome == Outcome::Throttled));
            assert!(
                text.contains("not retried: rate limit: no free slot before the deadline"),
                "{text}"
            );
            if is_code {
                assert_eq!(error.code().unwrap().as_str(), "RequestLimitExceeded");
                assert_eq!(error.request_id(), Some("r-error"));
            } else {
                assert_eq!(error.status(), Some(429));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_outcome_survives_the_wait_for_a_slot() {
    let fake = FakeService::new(|_, _| Reply::error("InternalError", Vec::new()));
    let limiter = Slots(AtomicUsize::new(1));
    let client = fake.builder().rate_limiter(limiter).build().unwrap();
    let error = client.send(crate::actions::Launch::default()).await.unwrap_err();
    assert!(error.outcome_unknown().is_some(), "{error}");
    assert_eq!(error.code().unwrap().as_str(), "InternalError");
    assert_eq!(error.attempts().len(), 1, "{error}");
    // Without any slot, nothing was sent.
    let fake = FakeService::new(|_, _| Reply::healthy());
    let client = fake.builder().rate_limiter(Slots(AtomicUsize::new(0))).build().unwrap();
    let error = client.send(KillThings { thing_ids: vec!["t".into()] }).await.unwrap_err();
    assert!(error.is_not_sent() && error.is_timeout(), "{error}");
    assert_eq!(fake.request_count(), 0);
}
