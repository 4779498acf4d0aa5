//! A request that was never sent returns its rate-limit slot.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_transport::http::{BoxFuture, HttpErrorKind};
use cvm_transport::observe::{Exchange, HeaderMapMut, Interceptor};
use cvm_transport::rate_limit::{RateLimitKey, RateLimiter, RateLimiterError};

use crate::actions::{KillThings, ListThings};
use crate::fake_service::{FakeService, Reply};

/// The numbers of the granted slots, and of the returned ones.
#[derive(Clone, Debug, Default)]
struct SlotLog(Arc<Mutex<(Vec<u64>, Vec<u64>)>>);

impl RateLimiter for SlotLog {
    fn acquire<'a>(
        &'a self,
        call: &'a RateLimitKey<'a>,
    ) -> BoxFuture<'a, Result<(), RateLimiterError>> {
        self.0.lock().unwrap().0.push(call.attempt_id);
        Box::pin(async { Ok(()) })
    }

    fn release_slot(&self, call: &RateLimitKey<'_>) {
        self.0.lock().unwrap().1.push(call.attempt_id);
    }
}

impl SlotLog {
    fn all_returned(&self) -> bool {
        let (given, returned) = &*self.0.lock().unwrap();
        !given.is_empty() && given == returned
    }

    fn all_used(&self) -> bool {
        let (given, returned) = &*self.0.lock().unwrap();
        !given.is_empty() && returned.is_empty()
    }
}

fn client_with_log(
    reply: impl Fn() -> Reply + Send + Sync + 'static,
) -> (cvm_transport::Client, SlotLog) {
    let slots = SlotLog::default();
    let fake = FakeService::new(move |_, _| reply());
    (fake.builder().rate_limiter(slots.clone()).build().unwrap(), slots)
}

fn kill() -> KillThings {
    KillThings { thing_ids: vec!["thing-1".into()] }
}

#[tokio::test(start_paused = true)]
async fn unsent_request_returns_its_slot() {
    for held in [true, false] {
        // Dropped by the caller.
        let (client, slots) = client_with_log(move || Reply::Silent { held });
        let five = Duration::from_secs(5);
        assert!(tokio::time::timeout(five, client.send(kill())).await.is_err());
        assert_eq!((slots.all_returned(), slots.all_used()), (held, !held), "dropped");
        assert!(tokio::time::timeout(five, client.send(ListThings::default())).await.is_err());
        assert_eq!((slots.all_returned(), slots.all_used()), (held, !held), "dropped");

        // Ended by its deadline, after more than one attempt.
        let (client, slots) = client_with_log(move || Reply::Silent { held });
        client.send(ListThings::default()).await.unwrap_err();
        assert_eq!((slots.all_returned(), slots.all_used()), (held, !held), "deadline");
    }
    for (kind, is_sent) in [(HttpErrorKind::NotSent, false), (HttpErrorKind::PossiblySent, true)] {
        let (client, slots) = client_with_log(move || Reply::Fails(kind));
        client.send(ListThings::default()).await.unwrap_err();
        let shown = format!("{kind:?}");
        assert_eq!((slots.all_returned(), slots.all_used()), (!is_sent, is_sent), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn answered_request_uses_its_slot() {
    for reply in [Reply::healthy, || Reply::error("LimitExceeded", Vec::new())] {
        let (client, slots) = client_with_log(reply);
        let _ = client.send(ListThings::default()).await;
        assert!(slots.all_used());
    }
}

/// Lets no request be signed.
#[derive(Debug)]
struct Stop;

impl Interceptor for Stop {
    fn before_signing(&self, _: &Exchange<'_>, _: &mut HeaderMapMut) -> Result<(), String> {
        Err("stop".into())
    }
}

#[tokio::test(start_paused = true)]
async fn unsignable_request_returns_its_slot() {
    let slots = SlotLog::default();
    let fake = FakeService::new(|_, _| Reply::healthy());
    let client = fake.builder().rate_limiter(slots.clone()).interceptor(Stop).build().unwrap();
    assert!(client.send(kill()).await.unwrap_err().is_usage());
    assert!(slots.all_returned());
    assert_eq!(fake.request_count(), 0);
}
