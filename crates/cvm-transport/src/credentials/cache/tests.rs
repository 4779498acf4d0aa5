//! Tests of the cache in virtual time, with sources that fail, hang and recover.

use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

use cvm_signer::Credential;

use super::*;

#[derive(Clone, Debug, Default)]
struct Movable(Arc<StdMutex<u64>>);

impl Clock for Movable {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(*self.0.lock().unwrap())
    }
}

/// Provides numbered credentials that are valid for an hour, unless it is set to fail.
#[derive(Clone, Debug, Default)]
struct Numbered {
    clock: Movable,
    fetches: Arc<AtomicU32>,
    failing: Arc<StdMutex<bool>>,
    hanging: Arc<StdMutex<bool>>,
    without_expiry: Arc<StdMutex<bool>>,
}

impl Numbered {
    fn set_clock(&self, seconds: u64) {
        *self.clock.0.lock().unwrap() = seconds;
    }
}

/// Lets background tasks finish.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}

impl CredentialProvider for Numbered {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(async {
            let number = self.fetches.fetch_add(1, Ordering::SeqCst) + 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
            if *self.failing.lock().unwrap() {
                return Err(CredentialProviderError::transient("down"));
            }
            if *self.hanging.lock().unwrap() {
                std::future::pending::<()>().await;
            }
            let credential = Credential::temporary(format!("AKID{number}"), "k", "t").unwrap();
            if *self.without_expiry.lock().unwrap() {
                return Ok(Arc::new(CredentialSnapshot::new(credential)));
            }
            let end = self.clock.now() + Duration::from_secs(3_600);
            Ok(Arc::new(CredentialSnapshot::until(credential, end)))
        })
    }
}

fn cached() -> (Numbered, Arc<CachedCredentials<Numbered>>) {
    let source = Numbered::default();
    let clock = Arc::new(source.clock.clone());
    (source.clone(), Arc::new(CachedCredentials::with_clock(source, clock)))
}

async fn id(cache: &CachedCredentials<Numbered>) -> Result<String, CredentialProviderError> {
    Ok(cache.credential().await?.credential().secret_id().to_owned())
}

#[tokio::test(start_paused = true)]
async fn concurrent_callers_fetch_once() {
    let (source, cache) = cached();
    let callers: Vec<_> = (0..1_000)
        .map(|_| {
            let cache = Arc::clone(&cache);
            tokio::spawn(async move { id(&cache).await.unwrap() })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), "AKID1");
    }
    assert_eq!(source.fetches.load(Ordering::SeqCst), 1);
}

/// The results of a thousand callers at the same time.
async fn thousand_callers(
    cache: &Arc<CachedCredentials<Numbered>>,
) -> Vec<Result<String, CredentialProviderError>> {
    let ask = |_| {
        let cache = Arc::clone(cache);
        tokio::spawn(async move { id(&cache).await })
    };
    let callers: Vec<_> = (0..1_000).map(ask).collect();
    let mut got = Vec::new();
    for caller in callers {
        got.push(caller.await.unwrap());
    }
    got
}

#[tokio::test(start_paused = true)]
async fn concurrent_callers_fetch_once_at_expiry() {
    // When it is due, while it is valid, at its expiry, and long after.
    for before_end in [5 * 60, 16, 8, 1, 0, -86_400] {
        let (source, cache) = cached();
        id(&cache).await.unwrap();
        *source.clock.0.lock().unwrap() = (3_600 - before_end) as u64;
        // A valid credential serves all callers, and none waits for the next one.
        let wanted = if before_end > 0 { "AKID1" } else { "AKID2" };
        for got in thousand_callers(&cache).await {
            assert_eq!(got.unwrap(), wanted, "{before_end}");
        }
        settle().await;
        assert_eq!(source.fetches.load(Ordering::SeqCst), 2, "{before_end}");
        assert_eq!(id(&cache).await.unwrap(), "AKID2", "{before_end}");
    }
}

#[tokio::test(start_paused = true)]
async fn concurrent_callers_share_a_failed_fetch() {
    let (source, cache) = cached();
    id(&cache).await.unwrap();
    *source.clock.0.lock().unwrap() = 3_600;
    *source.failing.lock().unwrap() = true;
    for round in 2..5 {
        let began = Instant::now();
        for got in thousand_callers(&cache).await {
            let error = got.unwrap_err();
            assert!(error.is_transient() && error.to_string() == "down", "{error}");
        }
        assert_eq!(source.fetches.load(Ordering::SeqCst), round);
        assert!(
            began.elapsed() < Duration::from_secs(1),
            "callers do not fetch one after the other"
        );
    }
    *source.failing.lock().unwrap() = false;
    for got in thousand_callers(&cache).await {
        assert_eq!(got.unwrap(), "AKID5");
    }
    assert_eq!(source.fetches.load(Ordering::SeqCst), 5);
}

#[tokio::test(start_paused = true)]
async fn credential_is_renewed_early_and_never_used_after_expiry() {
    let (source, cache) = cached();
    assert_eq!(id(&cache).await.unwrap(), "AKID1");
    source.set_clock(3_600 - 6 * 60 - 1);
    assert_eq!(id(&cache).await.unwrap(), "AKID1");
    settle().await;
    assert_eq!(source.fetches.load(Ordering::SeqCst), 1, "it is not due");
    source.set_clock(3_600 - 5 * 60);
    assert_eq!(id(&cache).await.unwrap(), "AKID1", "it is used while the next one is fetched");
    settle().await;
    assert_eq!(id(&cache).await.unwrap(), "AKID2");
    *source.failing.lock().unwrap() = true;
    let end = 3_600 - 5 * 60 + 3_600;
    source.set_clock(end - 1);
    assert_eq!(id(&cache).await.unwrap(), "AKID2", "the old one is used while it is valid");
    source.set_clock(end);
    assert!(id(&cache).await.is_err());
    *source.failing.lock().unwrap() = false;
    assert!(id(&cache).await.is_ok(), "the error was not cached");
}

#[tokio::test(start_paused = true)]
async fn failed_refreshes_are_spaced_out() {
    let (source, cache) = cached();
    id(&cache).await.unwrap();
    *source.failing.lock().unwrap() = true;
    source.set_clock(3_600 - 5 * 60);
    for fetches in [2, 3] {
        for _ in 0..100 {
            assert_eq!(id(&cache).await.unwrap(), "AKID1");
        }
        settle().await;
        assert_eq!(source.fetches.load(Ordering::SeqCst), fetches);
        tokio::time::advance(Duration::from_secs(2)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn valid_credential_is_used_while_its_refresh_hangs() {
    let (source, cache) = cached();
    id(&cache).await.unwrap();
    *source.hanging.lock().unwrap() = true;
    source.set_clock(3_600 - 8);
    for round in 2..4 {
        for _ in 0..100 {
            let began = Instant::now();
            assert_eq!(id(&cache).await.unwrap(), "AKID1");
            assert!(began.elapsed().is_zero(), "no caller waits for the refresh");
            tokio::task::yield_now().await;
        }
        assert_eq!(source.fetches.load(Ordering::SeqCst), round, "one refresh at a time");
        // It times out, and after the pause of a failure the next one starts.
        tokio::time::advance(MAX_FETCH_TIME).await;
        settle().await;
        assert_eq!(id(&cache).await.unwrap(), "AKID1");
        settle().await;
        assert_eq!(source.fetches.load(Ordering::SeqCst), round, "not before the pause");
        tokio::time::advance(MAX_PAUSE).await;
    }
    // At its expiry callers ask the source themselves, which responds again.
    *source.hanging.lock().unwrap() = false;
    source.set_clock(3_600);
    assert_eq!(id(&cache).await.unwrap(), "AKID4");
}

#[test]
fn canceled_refresh_counts_as_failure() {
    let runtime = || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true).build().unwrap()
    };
    let (source, cache) = cached();
    runtime().block_on(async {
        id(&cache).await.unwrap();
        *source.hanging.lock().unwrap() = true;
        source.set_clock(3_600 - 8);
        id(&cache).await.unwrap();
        tokio::task::yield_now().await;
        assert!(cache.0.refresh().running.is_some() && cache.0.refresh().next.is_none());
    });
    // The runtime has ended, and the refresh with it.
    let refresh = cache.0.refresh();
    assert!(refresh.running.is_none() && refresh.next.is_some());
    assert_eq!(refresh.pause, FIRST_PAUSE);
    drop(refresh);
    *source.hanging.lock().unwrap() = false;
    runtime().block_on(async {
        tokio::time::advance(MAX_PAUSE * 2).await;
        assert_eq!(id(&cache).await.unwrap(), "AKID1");
        settle().await;
        assert_eq!(id(&cache).await.unwrap(), "AKID3");
    });
}

/// The service's time decides, not this machine's clock.
#[tokio::test(start_paused = true)]
async fn expiry_uses_the_time_of_the_caller() {
    let (source, cache) = cached();
    let at = |seconds| {
        let cache = Arc::clone(&cache);
        async move {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            cache.credential_at(time).await.unwrap().credential().secret_id().to_owned()
        }
    };
    assert_eq!(at(0).await, "AKID1");
    // This machine's clock is ahead: a valid credential is not dropped.
    source.set_clock(1_000_000);
    assert_eq!(at(1_000).await, "AKID1");
    assert_eq!(source.fetches.load(Ordering::SeqCst), 1);
    // This machine's clock is behind: an expired credential is dropped, and another one fetched.
    source.set_clock(4_000);
    assert_eq!(at(3_600).await, "AKID2");
    assert_eq!(at(3_601).await, "AKID2");
    assert_eq!(source.fetches.load(Ordering::SeqCst), 2);
}

/// A credential without an expiry may have been replaced long ago, so the cache waits for a source that responds.
#[tokio::test(start_paused = true)]
async fn credential_without_expiry_is_fetched_again_when_due() {
    let (source, cache) = cached();
    *source.without_expiry.lock().unwrap() = true;
    assert_eq!(id(&cache).await.unwrap(), "AKID1");
    source.set_clock(24 * 3_600);
    assert_eq!(id(&cache).await.unwrap(), "AKID2");
    *source.hanging.lock().unwrap() = true;
    source.set_clock(48 * 3_600);
    assert_eq!(id(&cache).await.unwrap(), "AKID2", "the wait for a hanging source is short");
}

#[tokio::test(start_paused = true)]
async fn rejected_token_is_dropped_once() {
    let (_, cache) = cached();
    let old = cache.credential().await.unwrap();
    assert!(cache.invalidate(&old));
    assert_eq!(id(&cache).await.unwrap(), "AKID2");
    assert!(cache.invalidate(&old), "a second caller with the old one gets the new one");
    assert_eq!(id(&cache).await.unwrap(), "AKID2");
}

#[tokio::test(start_paused = true)]
async fn dropped_fetch_does_not_block() {
    let (_, cache) = cached();
    let dropped = tokio::time::timeout(Duration::from_millis(10), cache.credential()).await;
    assert!(dropped.is_err());
    assert_eq!(id(&cache).await.unwrap(), "AKID2");
}

/// Two runtimes, one of which is blocked while the other one asks.
mod two_runtimes {
    use tokio::runtime::{Builder, Runtime};

    use super::*;

    fn runtime() -> Runtime {
        Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
    }

    /// Asks once in a task, which begins and is then not polled any more.
    fn ask_and_stop(runtime: &Runtime, cached: &Arc<CachedCredentials<Numbered>>) {
        let cached = Arc::clone(cached);
        runtime.block_on(async {
            tokio::spawn(async move { cached.credential().await });
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        });
    }

    fn ask(runtime: &Runtime, cached: &CachedCredentials<Numbered>) -> String {
        let asked = runtime.block_on(async {
            tokio::time::timeout(Duration::from_secs(30), cached.credential()).await
        });
        let snapshot = asked.expect("it does not hang").unwrap();
        snapshot.credential().secret_id().to_owned()
    }

    fn cached(source: &Numbered) -> Arc<CachedCredentials<Numbered>> {
        let clock = Arc::new(source.clock.clone());
        Arc::new(CachedCredentials::with_clock(source.clone(), clock))
    }

    #[test]
    fn fetch_on_a_blocked_runtime_does_not_block_others() {
        let (still, other) = (runtime(), runtime());
        let source = Numbered::default();
        source.set_clock(1_000_000);
        let cached = cached(&source);
        ask_and_stop(&still, &cached);
        assert_eq!(source.fetches.load(Ordering::SeqCst), 1);
        assert_eq!(ask(&other, &cached), "AKID2");
        assert_eq!(ask(&still, &cached), "AKID2");
    }

    /// The lock passes to a waiter whose runtime is blocked, while others wait for it.
    #[test]
    fn waiter_on_a_blocked_runtime_does_not_block_others() {
        let (still, other) = (runtime(), runtime());
        let source = Numbered::default();
        source.set_clock(1_000_000);
        let cached = cached(&source);
        ask_and_stop(&other, &cached);
        ask_and_stop(&still, &cached);
        // Both fetches of this runtime continue now, but the one between them never does.
        assert_eq!(ask(&other, &cached), "AKID1");
        source.set_clock(2_000_000);
        assert_eq!(ask(&other, &cached), "AKID2");
    }

    #[test]
    fn refresh_on_a_blocked_runtime_does_not_block_others() {
        for without_expiry in [false, true] {
            let (still, other) = (runtime(), runtime());
            let source = Numbered::default();
            *source.without_expiry.lock().unwrap() = without_expiry;
            source.set_clock(1_000_000);
            let cached = cached(&source);
            assert_eq!(ask(&other, &cached), "AKID1");
            // Due for renewal.
            source.set_clock(1_000_000 + 3_590);
            ask_and_stop(&still, &cached);
            for _ in 0..3 {
                assert_eq!(ask(&other, &cached), "AKID1");
            }
            // Expired, if it has an expiry.
            source.set_clock(1_000_000 + 3_601);
            let expected = if without_expiry { "AKID1" } else { "AKID3" };
            assert_eq!(ask(&other, &cached), expected);
        }
    }
}
