//! Caches a credential until it expires, and fetches the next one before that.

mod fetch_lock;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use self::fetch_lock::FetchLock;
use super::client_transport::ClientTransport;
use super::provider::{CredentialProvider, CredentialProviderError, CredentialSnapshot};
use crate::entropy::{
    Entropy, SystemEntropy, {self},
};
use crate::http::client::BoxFuture;
use crate::time::clock::{Clock, SystemClock};

/// How long before its expiry a credential is replaced.
const RENEW_BEFORE: Duration = Duration::from_secs(5 * 60);
/// The random part of that time, so that clients do not all fetch in the same second.
const JITTER_SECONDS: u64 = 60;
/// How long a credential without an expiry is cached before its source is asked again.
const RECHECK_AFTER: Duration = Duration::from_secs(5 * 60);
/// How long a caller waits for the source before it uses a credential without an expiry that is due for renewal.
const PATIENCE: Duration = Duration::from_secs(2);
/// The maximum time of a refresh. Sources have shorter timeouts of their own.
const MAX_FETCH_TIME: Duration = Duration::from_secs(60);
/// The pauses between refreshes that fail while the old credential is still valid.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// Caches the credential of another provider.
///
/// Five to six minutes before a credential expires, one refresh starts in the background. Until it succeeds, the old
/// credential is used, to its last second. A refresh that fails, takes longer than a minute or is canceled is repeated
/// after a pause. If there is no valid credential, callers wait for the source: one of them fetches, and all waiting
/// callers share its error. The next call fetches again.
///
/// Whether a credential has expired is judged by the time that the caller passes
/// ([`CredentialProvider::credential_at`]). A client passes the service's time. So a wrong clock of this machine
/// neither keeps an expired credential nor drops a valid one.
pub struct CachedCredentials<P>(Arc<Inner<P>>);

struct Inner<P> {
    source: P,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    cached: RwLock<Option<CachedSnapshot>>,
    /// Lets one caller fetch when there is no valid credential.
    fetch_lock: FetchLock,
    /// The number of such fetches that failed.
    failed: AtomicU64,
    refresh: StdMutex<Refresh>,
}

#[derive(Clone)]
struct CachedSnapshot {
    snapshot: Arc<CredentialSnapshot>,
    refresh_at: SystemTime,
}

/// The state of the background refresh.
#[derive(Default)]
struct Refresh {
    running: Option<Running>,
    pause: Duration,
    next: Option<Instant>,
}

struct Running {
    began: Instant,
    /// Identifies this refresh.
    token: Arc<()>,
    task: Option<AbortHandle>,
}

impl Running {
    fn abort(&self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Refresh {
    /// The running refresh, if it is this one.
    fn running_as(&mut self, token: &Arc<()>) -> Option<&mut Running> {
        self.running.as_mut().filter(|running| Arc::ptr_eq(&running.token, token))
    }

    fn failed(&mut self) {
        self.running = None;
        self.pause = (self.pause * 2).clamp(FIRST_PAUSE, MAX_PAUSE);
        self.next = Some(Instant::now() + self.pause);
    }
}

/// The cached credential at some time.
enum Lookup {
    /// Valid, and not due for renewal.
    Fresh(Arc<CredentialSnapshot>),
    /// Valid, and due for renewal.
    Due(Arc<CredentialSnapshot>),
    Nothing,
}

/// A wall-clock time that keeps running.
#[derive(Clone, Copy)]
struct RunningTime {
    time: SystemTime,
    read_at: Instant,
}

impl RunningTime {
    fn at(time: SystemTime) -> Self {
        Self { time, read_at: Instant::now() }
    }

    fn time(self) -> SystemTime {
        self.time.checked_add(self.read_at.elapsed()).unwrap_or(self.time)
    }
}

impl<P: CredentialProvider> fmt::Debug for CachedCredentials<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedCredentials").field("source", &self.0.source).finish_non_exhaustive()
    }
}

impl<P> Drop for CachedCredentials<P> {
    fn drop(&mut self) {
        if let Some(running) = &self.0.refresh().running {
            running.abort();
        }
    }
}

impl<P: CredentialProvider> CachedCredentials<P> {
    /// Caches the credential of this provider.
    pub fn new(source: P) -> Self {
        Self::with_clock(source, Arc::new(SystemClock))
    }

    /// The provider whose credential is cached.
    pub fn source(&self) -> &P {
        &self.0.source
    }

    pub(crate) fn with_clock(source: P, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            source,
            clock,
            entropy: Arc::new(SystemEntropy),
            cached: RwLock::new(None),
            fetch_lock: FetchLock::default(),
            failed: AtomicU64::new(0),
            refresh: StdMutex::default(),
        }))
    }

    async fn get(
        &self,
        now: RunningTime,
    ) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        match self.0.lookup(now) {
            Lookup::Fresh(snapshot) => Ok(snapshot),
            Lookup::Due(snapshot) => Ok(self.0.refreshed(snapshot, now).await),
            Lookup::Nothing => self.0.fetch(now).await,
        }
    }
}

impl<P> Inner<P> {
    fn refresh(&self) -> MutexGuard<'_, Refresh> {
        self.refresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cached(&self) -> Option<CachedSnapshot> {
        self.cached.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_cached(&self, cached: Option<CachedSnapshot>) {
        *self.cached.write().unwrap_or_else(PoisonError::into_inner) = cached;
    }

    fn lookup(&self, now: RunningTime) -> Lookup {
        let Some(CachedSnapshot { snapshot, refresh_at }) = self.cached() else {
            return Lookup::Nothing;
        };
        let now = now.time();
        if snapshot.expires_at().is_some_and(|end| end <= now) {
            Lookup::Nothing
        } else if now < refresh_at {
            Lookup::Fresh(snapshot)
        } else {
            Lookup::Due(snapshot)
        }
    }

    fn store(&self, snapshot: &Arc<CredentialSnapshot>, now: RunningTime) {
        let now = now.time();
        let jitter = entropy::random(&*self.entropy).unwrap_or_default() % JITTER_SECONDS;
        let after = |duration| now.checked_add(duration).unwrap_or(now);
        let refresh_at = match snapshot.expires_at() {
            None => after(RECHECK_AFTER),
            Some(end) => {
                let early =
                    end.checked_sub(RENEW_BEFORE + Duration::from_secs(jitter)).unwrap_or(now);
                // A credential with a shorter lifetime is kept for half of it.
                let left = end.duration_since(now).unwrap_or_default();
                early.max(after((left / 2).min(Duration::from_secs(60))))
            }
        };
        self.set_cached(Some(CachedSnapshot { snapshot: Arc::clone(snapshot), refresh_at }));
    }
}

impl<P: CredentialProvider> Inner<P> {
    /// The credential to use while the old one is valid and due for renewal: the old one, unless the source responds
    /// at once.
    async fn refreshed(
        self: &Arc<Self>,
        old: Arc<CredentialSnapshot>,
        now: RunningTime,
    ) -> Arc<CredentialSnapshot> {
        let Some(next) = self.begin_refresh(now) else { return old };
        if old.expires_at().is_some() {
            return old;
        }
        // It has no expiry, so only its source knows whether it was replaced, perhaps hours ago.
        match tokio::time::timeout(PATIENCE, next).await {
            Ok(Ok(next)) => next,
            _ => old,
        }
    }

    /// Starts the background refresh, unless one is running or the last one has just failed.
    fn begin_refresh(
        self: &Arc<Self>,
        now: RunningTime,
    ) -> Option<oneshot::Receiver<Arc<CredentialSnapshot>>> {
        // Without a runtime nothing can run in the background.
        let runtime = Handle::try_current().ok()?;
        let mut refresh = self.refresh();
        if let Some(running) = &refresh.running {
            if running.began.elapsed() <= MAX_FETCH_TIME {
                return None;
            }
            // Its runtime is blocked: count it as failed, and abort it when that runtime continues.
            running.abort();
            refresh.failed();
        }
        let began = Instant::now();
        if refresh.next.is_some_and(|next| began < next) {
            return None;
        }
        let token = Arc::new(());
        refresh.running = Some(Running { began, token: Arc::clone(&token), task: None });
        // A runtime that is shutting down drops the task at once, and the guard of the task takes the lock.
        drop(refresh);
        let (give, next) = oneshot::channel();
        let mut guard = RefreshGuard { inner: Arc::clone(self), token, is_done: false };
        let mine = Arc::clone(&guard.token);
        let task = runtime.spawn(async move {
            let inner = Arc::clone(&guard.inner);
            let fetched = tokio::time::timeout(MAX_FETCH_TIME, inner.source.credential()).await;
            if let Ok(Ok(snapshot)) = fetched {
                guard.succeed(&snapshot, now);
                let _ = give.send(snapshot);
            }
        });
        if let Some(running) = self.refresh().running_as(&mine) {
            running.task = Some(task.abort_handle());
        }
        Some(next)
    }

    /// Fetches a credential because there is no valid one. One caller at a time, unless its runtime is blocked.
    async fn fetch(
        &self,
        now: RunningTime,
    ) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let failed_before = self.failed.load(Ordering::Acquire);
        let mut guard = self.fetch_lock.lock().await;
        if let Lookup::Fresh(snapshot) | Lookup::Due(snapshot) = self.lookup(now) {
            return Ok(snapshot);
        }
        // Callers that waited for a fetch that failed share its error instead of each fetching in turn.
        if let Some(error) = guard.as_ref().and_then(|guard| guard.latest.as_ref())
            && self.failed.load(Ordering::Acquire) > failed_before
        {
            return Err(error.copy());
        }
        // Drop an expired credential, and do not wait for a refresh that comes too late.
        self.set_cached(None);
        if let Some(running) = self.refresh().running.take() {
            running.abort();
        }
        let fetched = self.source.credential().await;
        if let Some(guard) = &mut guard {
            *guard.latest = fetched.as_ref().err().map(CredentialProviderError::copy);
        }
        match fetched {
            Ok(snapshot) => {
                *self.refresh() = Refresh::default();
                self.store(&snapshot, now);
                Ok(snapshot)
            }
            Err(error) => {
                self.failed.fetch_add(1, Ordering::AcqRel);
                Err(error)
            }
        }
    }
}

/// Counts a refresh as failed if it is dropped before it has succeeded: if its source fails, if it takes too long, or
/// if its runtime ends.
struct RefreshGuard<P> {
    inner: Arc<Inner<P>>,
    token: Arc<()>,
    is_done: bool,
}

impl<P> RefreshGuard<P> {
    fn succeed(&mut self, snapshot: &Arc<CredentialSnapshot>, now: RunningTime) {
        let mut refresh = self.inner.refresh();
        // If it was given up, another credential has been fetched.
        if refresh.running_as(&self.token).is_some() {
            *refresh = Refresh::default();
            self.inner.store(snapshot, now);
        }
        drop(refresh);
        self.is_done = true;
    }
}

impl<P> Drop for RefreshGuard<P> {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        let mut refresh = self.inner.refresh();
        if refresh.running_as(&self.token).is_some() {
            refresh.failed();
        }
    }
}

impl<P: CredentialProvider> CredentialProvider for CachedCredentials<P> {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        self.credential_at(self.0.clock.now())
    }

    fn credential_at(
        &self,
        now: SystemTime,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(async move { self.get(RunningTime::at(now)).await })
    }

    fn invalidate(&self, snapshot: &CredentialSnapshot) -> bool {
        let cached = self.0.cached();
        let is_cached =
            cached.is_some_and(|cached| std::ptr::eq(Arc::as_ptr(&cached.snapshot), snapshot));
        if is_cached {
            self.0.set_cached(None);
        }
        // The cached credential is already another one, or the source may give another one.
        !is_cached || self.0.source.invalidate(snapshot) || snapshot.expires_at().is_some()
    }

    fn use_transport(&self, transport: &ClientTransport) {
        self.0.source.use_transport(transport);
    }
}

#[cfg(test)]
mod tests;
