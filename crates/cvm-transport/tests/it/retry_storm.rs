//! An outage under many calls: few retries in addition to the calls, and retries soon after the outage.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cvm_transport::Client;
use tokio::time::Instant;

use crate::actions::ListThings;
use crate::fake_service::{FakeService, Reply};

/// A service that is down while the flag is set.
fn failing_service() -> (FakeService, Arc<AtomicBool>) {
    let down = Arc::new(AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    let fake = FakeService::new(move |_, _| {
        if is_down.load(Ordering::SeqCst) { Reply::status(503, vec![]) } else { Reply::healthy() }
    });
    (fake, down)
}

/// Makes this many failing calls from a hundred tasks.
async fn fail_calls(client: &Client, calls: usize) {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let client = client.clone();
        tasks.spawn(async move {
            for _ in 0..calls / 100 {
                client.send(ListThings::default()).await.unwrap_err();
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn outage_adds_few_retries_to_many_calls() {
    let (fake, down) = failing_service();
    let client = fake.builder().build().unwrap();
    // The retry budget is spent first: 500 tokens at 14 per retry.
    fail_calls(&client, 1_000).await;
    let warm = fake.request_count();
    assert!((1_000 + 30..=1_000 + 500 / 14).contains(&warm), "{warm}");
    let calls = 20_000;
    fail_calls(&client, calls).await;
    let sent = fake.request_count() - warm;
    assert!(sent >= calls, "every call is tried once: {sent}");
    assert!(sent <= calls * 103 / 100, "{sent} requests for {calls} calls");

    // The outage ends, and ten calls per second succeed. Each returns a token.
    let succeed_for = async |seconds: u32| {
        down.store(false, Ordering::SeqCst);
        for _ in 0..seconds * 10 {
            client.send(ListThings::default()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        down.store(true, Ordering::SeqCst);
    };
    let attempts = async || client.send(ListThings::default()).await.unwrap_err().attempts().len();
    assert_eq!(attempts().await, 1, "the budget is empty at first");
    let recovering = Instant::now();
    succeed_for(5).await;
    assert_eq!(attempts().await, 4, "a call is retried again");
    succeed_for(53).await;
    assert!(recovering.elapsed() < Duration::from_secs(60), "{:?}", recovering.elapsed());
    // The next outage finds the whole budget.
    let before = fake.request_count();
    fail_calls(&client, 1_000).await;
    let retries = fake.request_count() - before - 1_000;
    assert!((30..=500 / 14).contains(&retries), "{retries}");
}

#[tokio::test(start_paused = true)]
async fn retry_budget_is_per_host_and_client() {
    let (fake, _down) = failing_service();
    let client = fake.builder().build().unwrap();
    fail_calls(&client, 1_000).await;
    let attempts = async |client: &Client| {
        client.send(ListThings::default()).await.unwrap_err().attempts().len()
    };
    assert_eq!(attempts(&client).await, 1);
    assert_eq!(attempts(&client.in_region("ap-singapore")).await, 1, "the same host");
    // A new client starts with a budget of its own.
    assert_eq!(attempts(&fake.builder().build().unwrap()).await, 4);
}
