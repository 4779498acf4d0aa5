//! Keeps a credential until it expires, and fetches the next one before that.

mod fetching;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use self::fetching::Fetching;
use super::{CredentialProvider, CredentialProviderError, CredentialSnapshot};
use crate::clock::{Clock, SystemClock};
use crate::entropy::{
    Entropy, SystemEntropy, {self},
};
use crate::http::client::BoxFuture;

/// How long before its end a credential is replaced.
const EARLY: Duration = Duration::from_secs(5 * 60);
/// How much earlier still, at random, so that a fleet does not fetch in the same second.
const JITTER_SECONDS: u64 = 60;
/// How long a credential without an end is kept before its source is asked again.
const UNENDING: Duration = Duration::from_secs(5 * 60);
/// How long a caller waits for the source's answer before it takes a credential without an end that is due.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest refresh. Sources have shorter limits of their own.
const MAX_FETCH_TIME: Duration = Duration::from_secs(60);
/// The pauses between refreshes that fail while the old credential is still good.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// Keeps what another provider gives.
///
/// Five to six minutes before a credential expires, one refresh runs in the background, and until it succeeds
/// the old credential serves, to its last second. A refresh that fails, takes longer than a minute or is
/// canceled is repeated after a pause. Without a good credential callers wait for the source, one of them asks,
/// and all who waited share its error; the next call asks again.
///
/// Whether a credential has expired is judged by the time that the caller gives
/// ([`CredentialProvider::credential_at`]). A client gives the service's time, so that a wrong clock of this
/// machine neither keeps a credential that has expired nor throws a good one away.
pub struct CachedCredentials<P>(Arc<Inner<P>>);

struct Inner<P> {
    source: P,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    held: RwLock<Option<Held>>,
    /// Whose turn it is to fetch because there is no good credential.
    fetching: Fetching,
    /// How many such fetches have failed.
    failed: AtomicU64,
    refresh: StdMutex<Refresh>,
}

#[derive(Clone)]
struct Held {
    snapshot: Arc<CredentialSnapshot>,
    refresh_at: SystemTime,
}

/// The refresh in the background.
#[derive(Default)]
struct Refresh {
    running: Option<Running>,
    pause: Duration,
    next: Option<Instant>,
}

struct Running {
    began: Instant,
    /// Tells it from every other.
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
    /// The refresh that runs, if it is this one.
    fn running_as(&mut self, token: &Arc<()>) -> Option<&mut Running> {
        self.running.as_mut().filter(|running| Arc::ptr_eq(&running.token, token))
    }

    fn failed(&mut self) {
        self.running = None;
        self.pause = (self.pause * 2).clamp(FIRST_PAUSE, MAX_PAUSE);
        self.next = Some(Instant::now() + self.pause);
    }
}

/// What is held at some time.
enum Found {
    /// Good, and not due.
    Fresh(Arc<CredentialSnapshot>),
    /// Good, and due to be replaced.
    Due(Arc<CredentialSnapshot>),
    Nothing,
}

/// A time of day that goes on.
#[derive(Clone, Copy)]
struct Now {
    time: SystemTime,
    read_at: Instant,
}

impl Now {
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
    /// Keeps what this provider gives.
    pub fn new(source: P) -> Self {
        Self::with_clock(source, Arc::new(SystemClock))
    }

    pub(crate) fn with_clock(source: P, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            source,
            clock,
            entropy: Arc::new(SystemEntropy),
            held: RwLock::new(None),
            fetching: Fetching::default(),
            failed: AtomicU64::new(0),
            refresh: StdMutex::default(),
        }))
    }

    async fn get(&self, now: Now) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        match self.0.look(now) {
            Found::Fresh(snapshot) => Ok(snapshot),
            Found::Due(snapshot) => Ok(self.0.refreshed(snapshot, now).await),
            Found::Nothing => self.0.fetch(now).await,
        }
    }
}

impl<P> Inner<P> {
    fn refresh(&self) -> MutexGuard<'_, Refresh> {
        self.refresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> Option<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, held: Option<Held>) {
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
    }

    fn look(&self, now: Now) -> Found {
        let Some(Held { snapshot, refresh_at }) = self.held() else { return Found::Nothing };
        let now = now.time();
        if snapshot.expires_at().is_some_and(|end| end <= now) {
            Found::Nothing
        } else if now < refresh_at {
            Found::Fresh(snapshot)
        } else {
            Found::Due(snapshot)
        }
    }

    fn keep(&self, snapshot: &Arc<CredentialSnapshot>, now: Now) {
        let now = now.time();
        let jitter = entropy::random(&*self.entropy).unwrap_or_default() % JITTER_SECONDS;
        let after = |duration| now.checked_add(duration).unwrap_or(now);
        let refresh_at = match snapshot.expires_at() {
            None => after(UNENDING),
            Some(end) => {
                let early = end.checked_sub(EARLY + Duration::from_secs(jitter)).unwrap_or(now);
                // A credential that lives for less than that is kept for half of what is left.
                let left = end.duration_since(now).unwrap_or_default();
                early.max(after((left / 2).min(Duration::from_secs(60))))
            }
        };
        self.hold(Some(Held { snapshot: Arc::clone(snapshot), refresh_at }));
    }
}

impl<P: CredentialProvider> Inner<P> {
    /// The credential while it is good and due: the old one, unless the source gives the next at once.
    async fn refreshed(
        self: &Arc<Self>,
        old: Arc<CredentialSnapshot>,
        now: Now,
    ) -> Arc<CredentialSnapshot> {
        let Some(next) = self.begin_refresh(now) else { return old };
        if old.expires_at().is_some() {
            return old;
        }
        // It has no end, so only its source tells whether it was replaced, perhaps hours ago.
        match tokio::time::timeout(PATIENCE, next).await {
            Ok(Ok(next)) => next,
            _ => old,
        }
    }

    /// Starts the refresh in the background, unless one runs or the last one failed just now.
    fn begin_refresh(
        self: &Arc<Self>,
        now: Now,
    ) -> Option<oneshot::Receiver<Arc<CredentialSnapshot>>> {
        // Outside of a runtime nothing runs in the background.
        let runtime = Handle::try_current().ok()?;
        let mut refresh = self.refresh();
        if let Some(running) = &refresh.running {
            if running.began.elapsed() <= MAX_FETCH_TIME {
                return None;
            }
            // Its runtime stands still: it is over, and will be dropped when that goes on.
            running.abort();
            refresh.failed();
        }
        let began = Instant::now();
        if refresh.next.is_some_and(|next| began < next) {
            return None;
        }
        let token = Arc::new(());
        refresh.running = Some(Running { began, token: Arc::clone(&token), task: None });
        // A runtime that is shutting down drops the task at once, and its guard takes the lock.
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

    /// Fetches because there is no good credential, one caller at a time unless its runtime stands still.
    async fn fetch(&self, now: Now) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let failed_before = self.failed.load(Ordering::Acquire);
        let mut turn = self.fetching.turn().await;
        if let Found::Fresh(snapshot) | Found::Due(snapshot) = self.look(now) {
            return Ok(snapshot);
        }
        // Those who waited for a fetch that failed do not each wait for one of their own, in a row.
        if let Some(error) = turn.as_ref().and_then(|turn| turn.latest.as_ref())
            && self.failed.load(Ordering::Acquire) > failed_before
        {
            return Err(error.copy());
        }
        // What has expired is dropped, and a refresh that came too late is not waited for.
        self.hold(None);
        if let Some(running) = self.refresh().running.take() {
            running.abort();
        }
        let fetched = self.source.credential().await;
        if let Some(turn) = &mut turn {
            *turn.latest = fetched.as_ref().err().map(CredentialProviderError::copy);
        }
        match fetched {
            Ok(snapshot) => {
                *self.refresh() = Refresh::default();
                self.keep(&snapshot, now);
                Ok(snapshot)
            }
            Err(error) => {
                self.failed.fetch_add(1, Ordering::AcqRel);
                Err(error)
            }
        }
    }
}

/// A refresh that counts as failed when it is dropped before it has succeeded: when its source fails, when
/// it takes too long, and when its runtime ends.
struct RefreshGuard<P> {
    inner: Arc<Inner<P>>,
    token: Arc<()>,
    is_done: bool,
}

impl<P> RefreshGuard<P> {
    fn succeed(&mut self, snapshot: &Arc<CredentialSnapshot>, now: Now) {
        let mut refresh = self.inner.refresh();
        // Whoever gave it up has fetched another.
        if refresh.running_as(&self.token).is_some() {
            *refresh = Refresh::default();
            self.inner.keep(snapshot, now);
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
        Box::pin(async move { self.get(Now::at(now)).await })
    }

    fn refused(&self, snapshot: &CredentialSnapshot) -> bool {
        let held = self.0.held();
        let is_held = held.is_some_and(|held| std::ptr::eq(Arc::as_ptr(&held.snapshot), snapshot));
        if is_held {
            self.0.hold(None);
        }
        // What is held now is another one already, or the source may give another.
        !is_held || self.0.source.refused(snapshot) || snapshot.expires_at().is_some()
    }
}

#[cfg(test)]
mod tests;
