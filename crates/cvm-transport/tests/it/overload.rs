//! More calls than the documented rate: the documented rate keeps succeeding.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_transport::Client;
use cvm_transport::protocol::ActionInfo;
use cvm_transport::rate_limit::DocumentedRateLimiter;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::actions::LIST_THINGS;
use crate::fake_service::{Body, FakeService, Reply, error_body};

static LISTED: ActionInfo = LIST_THINGS.rate_limit_per_second(40);

/// A service that accepts 40 calls per second and responds after 100 ms, and a client that knows the rate.
fn service() -> (Client, FakeService) {
    let taken = Mutex::new(Vec::<Instant>::new());
    let fake = FakeService::new(move |_, _| {
        let now = Instant::now();
        let mut taken = taken.lock().unwrap();
        taken.retain(|taken| *taken + Duration::from_secs(1) > now);
        let body = if taken.len() < 40 {
            taken.push(now);
            r#"{"Response":{"ThingSet":[],"TotalCount":0,"RequestId":"r-ok"}}"#.to_owned()
        } else {
            error_body("RequestLimitExceeded")
        };
        let after = Duration::from_millis(100);
        Reply::Response { status: 200, headers: vec![], body: Body::Whole(body.into()), after }
    });
    let client = fake.builder().rate_limiter(DocumentedRateLimiter::default()).build().unwrap();
    (client, fake)
}

#[tokio::test(start_paused = true)]
async fn dropped_calls_use_no_rate_limit_slots() {
    let (client, fake) = service();
    let mut calls = JoinSet::new();
    for _ in 0..4_000 {
        let client = client.clone();
        calls.spawn(async move {
            timeout(Duration::from_secs(1), client.call(&LISTED, json!({}))).await.is_ok()
        });
    }
    let answered = calls.join_all().await.into_iter().filter(|is_answered| *is_answered).count();
    assert_eq!((answered, fake.request_count()), (40, 40));
    sleep(Duration::from_secs(5)).await;
    let began = Instant::now();
    client.call(&LISTED, json!({})).await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_millis(100), "no other call is queued");
}

#[tokio::test(start_paused = true)]
async fn documented_rate_succeeds_under_overload() {
    let (client, fake) = service();
    let client = client.with_operation_timeout(Duration::from_secs(5));
    let began = Instant::now();
    let successes: Arc<[AtomicU64; 10]> = Arc::default();
    let mut calls = JoinSet::new();
    for number in 0..60 * 90 {
        sleep_until(began + Duration::from_millis(number * 1_000 / 60)).await;
        let (client, successes) = (client.clone(), Arc::clone(&successes));
        calls.spawn(async move {
            match client.call(&LISTED, json!({})).await {
                Ok(_) => {
                    let tenth = began.elapsed().as_secs() as usize / 10;
                    successes[tenth].fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => assert!(error.is_not_sent() && error.is_timeout(), "{error:?}"),
            }
        });
    }
    calls.join_all().await;
    for (tenth, successes) in successes.iter().take(9).enumerate() {
        let successes = successes.load(Ordering::Relaxed);
        assert!(successes >= 320, "{successes} from second {tenth}0 on");
    }
    assert!(fake.request_count() <= 41 * 95, "{}", fake.request_count());
}
