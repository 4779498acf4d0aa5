//! The cache in virtual time, with sources that fail, hang and come back.

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

/// Gives credentials that live for an hour, numbered, as long as it is set not to fail.
#[derive(Clone, Debug, Default)]
struct Numbered {
    clock: Movable,
    fetches: Arc<AtomicU32>,
    failing: Arc<StdMutex<bool>>,
    hanging: Arc<StdMutex<bool>>,
    unending: Arc<StdMutex<bool>>,
}

impl Numbered {
    fn set_clock(&self, seconds: u64) {
        *self.clock.0.lock().unwrap() = seconds;
    }
}

/// Lets what runs in the background come to its end.
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
            if *self.unending.lock().unwrap() {
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
async fn a_thousand_callers_fetch_once() {
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

/// What a thousand callers get who ask at once.
async fn a_thousand(
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
async fn a_thousand_callers_at_the_end_of_a_credential_fetch_once() {
    // When it is due, while it is good, at its end, and long after.
    for before_end in [5 * 60, 16, 8, 1, 0, -86_400] {
        let (source, cache) = cached();
        id(&cache).await.unwrap();
        *source.clock.0.lock().unwrap() = (3_600 - before_end) as u64;
        // A good one serves everybody, and none waits for the next.
        let wanted = if before_end > 0 { "AKID1" } else { "AKID2" };
        for got in a_thousand(&cache).await {
            assert_eq!(got.unwrap(), wanted, "{before_end}");
        }
        settle().await;
        assert_eq!(source.fetches.load(Ordering::SeqCst), 2, "{before_end}");
        assert_eq!(id(&cache).await.unwrap(), "AKID2", "{before_end}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_callers_share_a_fetch_that_fails_and_the_next_recovers() {
    let (source, cache) = cached();
    id(&cache).await.unwrap();
    *source.clock.0.lock().unwrap() = 3_600;
    *source.failing.lock().unwrap() = true;
    for round in 2..5 {
        let began = Instant::now();
        for got in a_thousand(&cache).await {
            let error = got.unwrap_err();
            assert!(error.is_transient() && error.to_string() == "down", "{error}");
        }
        assert_eq!(source.fetches.load(Ordering::SeqCst), round);
        assert!(began.elapsed() < Duration::from_secs(1), "nobody waits for a fetch in a row");
    }
    *source.failing.lock().unwrap() = false;
    for got in a_thousand(&cache).await {
        assert_eq!(got.unwrap(), "AKID5");
    }
    assert_eq!(source.fetches.load(Ordering::SeqCst), 5);
}

#[tokio::test(start_paused = true)]
async fn it_is_replaced_early_and_never_used_at_its_end() {
    let (source, cache) = cached();
    assert_eq!(id(&cache).await.unwrap(), "AKID1");
    source.set_clock(3_600 - 6 * 60 - 1);
    assert_eq!(id(&cache).await.unwrap(), "AKID1");
    settle().await;
    assert_eq!(source.fetches.load(Ordering::SeqCst), 1, "it is not due");
    source.set_clock(3_600 - 5 * 60);
    assert_eq!(id(&cache).await.unwrap(), "AKID1", "it serves while the next is fetched");
    settle().await;
    assert_eq!(id(&cache).await.unwrap(), "AKID2");
    *source.failing.lock().unwrap() = true;
    let end = 3_600 - 5 * 60 + 3_600;
    source.set_clock(end - 1);
    assert_eq!(id(&cache).await.unwrap(), "AKID2", "the old one serves while it is good");
    source.set_clock(end);
    assert!(id(&cache).await.is_err());
    *source.failing.lock().unwrap() = false;
    assert!(id(&cache).await.is_ok(), "the error was not kept");
}

#[tokio::test(start_paused = true)]
async fn failing_refreshes_are_spaced() {
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
async fn a_good_credential_serves_while_its_refresh_hangs() {
    let (source, cache) = cached();
    id(&cache).await.unwrap();
    *source.hanging.lock().unwrap() = true;
    source.set_clock(3_600 - 8);
    for round in 2..4 {
        for _ in 0..100 {
            let began = Instant::now();
            assert_eq!(id(&cache).await.unwrap(), "AKID1");
            assert!(began.elapsed().is_zero(), "nobody waits for the refresh");
            tokio::task::yield_now().await;
        }
        assert_eq!(source.fetches.load(Ordering::SeqCst), round, "one refresh at a time");
        // It is given up, and after the pause that a failure costs there is another.
        tokio::time::advance(MAX_FETCH_TIME).await;
        settle().await;
        assert_eq!(id(&cache).await.unwrap(), "AKID1");
        settle().await;
        assert_eq!(source.fetches.load(Ordering::SeqCst), round, "not before the pause");
        tokio::time::advance(MAX_PAUSE).await;
    }
    // At its end callers ask the source themselves, which answers again.
    *source.hanging.lock().unwrap() = false;
    source.set_clock(3_600);
    assert_eq!(id(&cache).await.unwrap(), "AKID4");
}

#[test]
fn a_canceled_refresh_counts_as_a_failure() {
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
    // The runtime is gone, and the refresh with it.
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

/// The service's time decides, whatever this machine's clock says.
#[tokio::test(start_paused = true)]
async fn expiry_is_judged_by_the_time_that_the_caller_gives() {
    let (source, cache) = cached();
    let at = |seconds| {
        let cache = Arc::clone(&cache);
        async move {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            cache.credential_at(time).await.unwrap().credential().secret_id().to_owned()
        }
    };
    assert_eq!(at(0).await, "AKID1");
    // This clock is ahead: a good credential is not thrown away.
    source.set_clock(1_000_000);
    assert_eq!(at(1_000).await, "AKID1");
    assert_eq!(source.fetches.load(Ordering::SeqCst), 1);
    // This clock is behind: one that has expired is dropped, and another fetched.
    source.set_clock(4_000);
    assert_eq!(at(3_600).await, "AKID2");
    assert_eq!(at(3_601).await, "AKID2");
    assert_eq!(source.fetches.load(Ordering::SeqCst), 2);
}

/// A credential without an end may have been replaced long ago, so a source that answers is waited for.
#[tokio::test(start_paused = true)]
async fn a_credential_without_an_end_is_read_again_when_it_is_due() {
    let (source, cache) = cached();
    *source.unending.lock().unwrap() = true;
    assert_eq!(id(&cache).await.unwrap(), "AKID1");
    source.set_clock(24 * 3_600);
    assert_eq!(id(&cache).await.unwrap(), "AKID2");
    *source.hanging.lock().unwrap() = true;
    source.set_clock(48 * 3_600);
    assert_eq!(id(&cache).await.unwrap(), "AKID2", "a source that hangs is not waited for long");
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_forgotten_once() {
    let (_, cache) = cached();
    let old = cache.credential().await.unwrap();
    assert!(cache.refused(&old));
    assert_eq!(id(&cache).await.unwrap(), "AKID2");
    assert!(cache.refused(&old), "a second caller with the old one just takes the new one");
    assert_eq!(id(&cache).await.unwrap(), "AKID2");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_fetch_blocks_nobody() {
    let (_, cache) = cached();
    let dropped = tokio::time::timeout(Duration::from_millis(10), cache.credential()).await;
    assert!(dropped.is_err());
    assert_eq!(id(&cache).await.unwrap(), "AKID2");
}

/// Two runtimes, one of which stands still while the other one asks.
mod on_two_runtimes {
    use tokio::runtime::{Builder, Runtime};

    use super::*;

    fn runtime() -> Runtime {
        Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
    }

    /// Asks once in a task, which begins and then stands still.
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
    fn fetch_on_a_runtime_that_stands_still_holds_nobody_up() {
        let (still, other) = (runtime(), runtime());
        let source = Numbered::default();
        source.set_clock(1_000_000);
        let cached = cached(&source);
        ask_and_stop(&still, &cached);
        assert_eq!(source.fetches.load(Ordering::SeqCst), 1);
        assert_eq!(ask(&other, &cached), "AKID2");
        assert_eq!(ask(&still, &cached), "AKID2");
    }

    /// The lock passes on to a waiter whose runtime stands still, while others of ours wait for it.
    #[test]
    fn waiter_on_a_runtime_that_stands_still_holds_nobody_up() {
        let (still, other) = (runtime(), runtime());
        let source = Numbered::default();
        source.set_clock(1_000_000);
        let cached = cached(&source);
        ask_and_stop(&other, &cached);
        ask_and_stop(&still, &cached);
        // Both fetches of this runtime go on now, and the one between them never does.
        assert_eq!(ask(&other, &cached), "AKID1");
        source.set_clock(2_000_000);
        assert_eq!(ask(&other, &cached), "AKID2");
    }

    #[test]
    fn refresh_on_a_runtime_that_stands_still_holds_nobody_up() {
        for unending in [false, true] {
            let (still, other) = (runtime(), runtime());
            let source = Numbered::default();
            *source.unending.lock().unwrap() = unending;
            source.set_clock(1_000_000);
            let cached = cached(&source);
            assert_eq!(ask(&other, &cached), "AKID1");
            // Due.
            source.set_clock(1_000_000 + 3_590);
            ask_and_stop(&still, &cached);
            for _ in 0..3 {
                assert_eq!(ask(&other, &cached), "AKID1");
            }
            // Expired, if it has an end.
            source.set_clock(1_000_000 + 3_601);
            let expected = if unending { "AKID1" } else { "AKID3" };
            assert_eq!(ask(&other, &cached), expected);
        }
    }
}
