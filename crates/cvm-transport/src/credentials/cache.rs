//! Keeps a credential until shortly before it expires, and lets one caller at a time fetch the next.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{CredentialProvider, CredentialProviderError, CredentialSnapshot};
use crate::clock::{Clock, SystemClock};
use crate::entropy::{self, Entropy, SystemEntropy};
use crate::http::BoxFuture;

/// How long before its end a credential is replaced.
const EARLY: Duration = Duration::from_secs(5 * 60);
/// How much earlier still, at random, so that a fleet does not fetch in the same second.
const JITTER_SECONDS: u64 = 60;
/// How long before its end a credential is not used any more.
const LAST: Duration = Duration::from_secs(15);
/// How long a credential without an end is kept before its source is asked again.
const UNENDING: Duration = Duration::from_secs(5 * 60);
/// The pauses between fetches that fail while the old credential is still good.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Keeps what another provider gives.
///
/// A credential is replaced five to six minutes before it ends, and never used in its last fifteen
/// seconds. When a fetch fails, the old one serves as long as it is good. Errors are not kept: without
/// a good credential all who waited for the fetch share its error, and the next call asks again.
pub struct CachedCredentials<P> {
    source: P,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    held: RwLock<Option<Held>>,
    fetching: Mutex<Failures>,
    /// How many fetches have failed.
    failed: AtomicU64,
}

#[derive(Clone)]
struct Held {
    snapshot: Arc<CredentialSnapshot>,
    refresh_at: SystemTime,
    /// When it must not be used any more.
    ends_at: Option<SystemTime>,
}

#[derive(Default)]
struct Failures {
    pause: Duration,
    next_try: Option<Instant>,
    /// The latest, for those who were waiting for it.
    latest: Option<CredentialProviderError>,
}

impl<P: CredentialProvider> fmt::Debug for CachedCredentials<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedCredentials").field("source", &self.source).finish_non_exhaustive()
    }
}

impl<P: CredentialProvider> CachedCredentials<P> {
    /// Keeps what this provider gives.
    pub fn new(source: P) -> Self {
        Self::with_clock(source, Arc::new(SystemClock))
    }

    pub(crate) fn with_clock(source: P, clock: Arc<dyn Clock>) -> Self {
        Self {
            source,
            clock,
            entropy: Arc::new(SystemEntropy),
            held: RwLock::new(None),
            fetching: Mutex::default(),
            failed: AtomicU64::new(0),
        }
    }

    fn held(&self) -> Option<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, held: Option<Held>) {
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
    }

    async fn get(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let (fresh, good) = self.look();
        if let Some(snapshot) = fresh {
            return Ok(snapshot);
        }
        let failed_before = self.failed.load(Ordering::Acquire);
        // While somebody else fetches, a credential that is still good serves without waiting.
        let mut failures = match (self.fetching.try_lock(), good) {
            (Ok(guard), _) => guard,
            (Err(_), Some(snapshot)) => return Ok(snapshot),
            (Err(_), None) => self.fetching.lock().await,
        };
        let (fresh, good) = self.look();
        if let Some(snapshot) = fresh {
            return Ok(snapshot);
        }
        let now = Instant::now();
        if let (Some(snapshot), Some(next)) = (&good, failures.next_try)
            && now < next
        {
            return Ok(Arc::clone(snapshot));
        }
        // Those who waited for a fetch that failed do not each wait for one of their own, in a row.
        if let (None, Some(error)) = (&good, &failures.latest)
            && self.failed.load(Ordering::Acquire) > failed_before
        {
            return Err(again(error));
        }
        match self.source.credential().await {
            Ok(snapshot) => {
                *failures = Failures::default();
                self.keep(&snapshot);
                Ok(snapshot)
            }
            Err(error) => {
                failures.pause = (failures.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
                failures.next_try = Some(Instant::now() + failures.pause);
                failures.latest = Some(again(&error));
                self.failed.fetch_add(1, Ordering::AcqRel);
                good.ok_or(error)
            }
        }
    }

    /// The credential that needs no refresh, and the one that may still be used.
    fn look(&self) -> (Option<Arc<CredentialSnapshot>>, Option<Arc<CredentialSnapshot>>) {
        let Some(held) = self.held() else { return (None, None) };
        let now = self.clock.now();
        let is_good = held.ends_at.is_none_or(|end| now < end);
        let is_fresh = is_good && now < held.refresh_at;
        (is_fresh.then(|| Arc::clone(&held.snapshot)), is_good.then_some(held.snapshot))
    }

    fn keep(&self, snapshot: &Arc<CredentialSnapshot>) {
        let now = self.clock.now();
        let jitter = entropy::random(&*self.entropy).unwrap_or_default() % JITTER_SECONDS;
        let (refresh_at, ends_at) = match snapshot.expires_at() {
            None => (now + UNENDING, None),
            Some(end) => {
                let last = end.checked_sub(LAST).unwrap_or(end);
                let early = end.checked_sub(EARLY + Duration::from_secs(jitter)).unwrap_or(now);
                // A credential that lives for less than that is kept for half of what is left.
                let left = last.duration_since(now).unwrap_or_default();
                (early.max(now + (left / 2).min(Duration::from_secs(60))), Some(last))
            }
        };
        self.hold(Some(Held { snapshot: Arc::clone(snapshot), refresh_at, ends_at }));
    }
}

/// The same error for another caller; its cause is the first one's alone.
fn again(error: &CredentialProviderError) -> CredentialProviderError {
    CredentialProviderError { kind: error.kind, message: error.message.clone(), source: None }
}

impl<P: CredentialProvider> CredentialProvider for CachedCredentials<P> {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(self.get())
    }

    fn refused(&self, snapshot: &CredentialSnapshot) -> bool {
        let is_held =
            self.held().is_some_and(|held| std::ptr::eq(Arc::as_ptr(&held.snapshot), snapshot));
        if is_held {
            self.hold(None);
        }
        // What is held now is another one already, or the source may give another.
        !is_held || self.source.refused(snapshot) || snapshot.expires_at().is_some()
    }
}

#[cfg(test)]
mod tests {
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

    /// Gives credentials that live for an hour, numbered, as long as it is told not to fail.
    #[derive(Clone, Debug, Default)]
    struct Numbered {
        clock: Movable,
        fetches: Arc<AtomicU32>,
        failing: Arc<StdMutex<bool>>,
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
                let credential = Credential::temporary(format!("AKID{number}"), "k", "t").unwrap();
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
        // When it is due, when it must not be used any more, and long after.
        for before_end in [5 * 60, 16, 15, 1, 0, -86_400] {
            let (source, cache) = cached();
            id(&cache).await.unwrap();
            *source.clock.0.lock().unwrap() = (3_600 - before_end) as u64;
            let is_good = before_end > 15;
            for got in a_thousand(&cache).await {
                let got = got.unwrap();
                // A good one serves those who need not wait for the next.
                assert!(got == "AKID2" || (is_good && got == "AKID1"), "{before_end}: {got}");
            }
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
        *source.clock.0.lock().unwrap() = 3_600 - 6 * 60 - 1;
        assert_eq!(id(&cache).await.unwrap(), "AKID1");
        *source.clock.0.lock().unwrap() = 3_600 - 5 * 60;
        assert_eq!(id(&cache).await.unwrap(), "AKID2");
        *source.failing.lock().unwrap() = true;
        let end = 3_600 - 5 * 60 + 3_600;
        *source.clock.0.lock().unwrap() = end - 16;
        assert_eq!(id(&cache).await.unwrap(), "AKID2", "the old one serves while it is good");
        *source.clock.0.lock().unwrap() = end - 15;
        assert!(id(&cache).await.is_err());
        *source.failing.lock().unwrap() = false;
        assert!(id(&cache).await.is_ok(), "the error was not kept");
    }

    #[tokio::test(start_paused = true)]
    async fn failing_fetches_are_spaced() {
        let (source, cache) = cached();
        id(&cache).await.unwrap();
        *source.failing.lock().unwrap() = true;
        *source.clock.0.lock().unwrap() = 3_600 - 5 * 60;
        for _ in 0..100 {
            id(&cache).await.unwrap();
        }
        assert_eq!(source.fetches.load(Ordering::SeqCst), 2);
        tokio::time::advance(Duration::from_secs(2)).await;
        id(&cache).await.unwrap();
        assert_eq!(source.fetches.load(Ordering::SeqCst), 3);
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
}
