//! The reads of pages that are in progress.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tokio::time::Instant;

use crate::Error;
use crate::http::client::BoxFuture;
use crate::pagination::Position;

/// Pages that are being read: the one that the consumer waits for, and those in advance. They are part of the reader,
/// not tasks: dropping the reader stops them. Dropping only the future of the consumer does not, so the next call
/// continues with them.
///
/// They make no progress while the consumer is busy, but their timeouts keep running. A slow consumer is no failure of
/// the server: a page that failed after a time without polls is read again, and so is one that such a time has left
/// unfinished, if its timeouts may have passed.
///
/// A page in progress also belongs to the runtime on which it began: on another runtime its timers and its connection
/// do nothing, or panic if that runtime has ended. There it is started again.
pub(crate) struct Prefetch<R> {
    pages: VecDeque<PrefetchedPage<R>>,
    waker: Arc<PageWaker>,
    /// How long the pages were ready to continue before the current poll.
    unpolled: Duration,
}

struct PrefetchedPage<R> {
    position: Position,
    read: PageRead<R>,
    /// The runtime on which it began.
    runtime: Option<Id>,
    /// How long it was ready to continue without being polled.
    unpolled: Duration,
    /// It ended before the consumer requested it.
    ended_early: bool,
}

enum PageRead<R> {
    Running(BoxFuture<'static, Result<R, Error>>),
    Ended(Result<R, Error>),
    /// A poll of it panicked, in a hook or a replaced part. It cannot continue, so it is started again.
    Panicked,
}

impl<R> PageRead<R> {
    /// Continues the read. Returns whether it has ended now.
    fn poll(&mut self, context: &mut Context<'_>) -> bool {
        match std::mem::replace(self, Self::Panicked) {
            Self::Running(mut future) => match future.as_mut().poll(context) {
                Poll::Ready(ended) => {
                    *self = Self::Ended(ended);
                    return true;
                }
                Poll::Pending => *self = Self::Running(future),
            },
            other => *self = other,
        }
        false
    }
}

/// Wakes the consumer when a page can continue, and remembers since when. A page that merely waits for its response is
/// not neglected, however long that takes.
#[derive(Default)]
struct PageWaker(Mutex<WakeState>);

#[derive(Default)]
struct WakeState {
    consumer: Option<Waker>,
    ready_since: Option<Instant>,
}

impl PageWaker {
    fn state(&self) -> MutexGuard<'_, WakeState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a poll. Returns how long a page could have continued.
    fn begin_poll(&self, consumer: &Waker) -> Duration {
        let mut state = self.state();
        state.consumer = Some(consumer.clone());
        state.ready_since.take().map_or(Duration::ZERO, |since| since.elapsed())
    }
}

impl Wake for PageWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut state = self.state();
        state.ready_since.get_or_insert_with(Instant::now);
        let consumer = state.consumer.take();
        drop(state);
        if let Some(consumer) = consumer {
            consumer.wake();
        }
    }
}

/// The current runtime.
fn runtime() -> Option<Id> {
    Handle::try_current().ok().map(|handle| handle.id())
}

impl<R> Default for Prefetch<R> {
    fn default() -> Self {
        Self { pages: VecDeque::new(), waker: Arc::default(), unpolled: Duration::ZERO }
    }
}

impl<R: Send + 'static> Prefetch<R> {
    pub(crate) fn contains(&self, position: &Position) -> bool {
        self.pages.iter().any(|page| page.position == *position)
    }

    pub(crate) fn start(
        &mut self,
        position: Position,
        read: impl Future<Output = Result<R, Error>> + Send + 'static,
    ) {
        let read = PageRead::Running(Box::pin(read));
        self.pages.push_back(PrefetchedPage {
            position,
            read,
            runtime: runtime(),
            unpolled: Duration::ZERO,
            ended_early: false,
        });
    }

    /// Drops all other pages, those in progress that belong to another runtime, and those whose read panicked.
    pub(crate) fn keep(&mut self, wanted: &[Position]) {
        let here = runtime();
        self.pages.retain(|page| {
            let is_usable = match page.read {
                PageRead::Running(_) => page.runtime == here,
                PageRead::Ended(_) => true,
                PageRead::Panicked => false,
            };
            is_usable && wanted.contains(&page.position)
        });
    }

    /// Whether this page has ended, so that it is available without waiting.
    pub(crate) fn has_ended(&self, position: &Position) -> bool {
        let is_page = |page: &PrefetchedPage<R>| page.position == *position;
        self.pages.iter().any(|page| is_page(page) && matches!(page.read, PageRead::Ended(_)))
    }

    /// Begins a poll by the consumer. Returns how long the pages were ready to continue before it.
    pub(crate) fn begin_poll(&mut self, context: &Context<'_>) -> Duration {
        self.unpolled = self.waker.begin_poll(context.waker());
        for page in &mut self.pages {
            page.unpolled += self.unpolled;
        }
        self.unpolled
    }

    /// Polls all pages. Ready when this one has ended: an error drops the others; `None` if the consumer's own work has
    /// spoiled the page, so that it has to be started again. `limit` is the shortest time after which a timeout of a
    /// read may have passed.
    pub(crate) fn poll_take(
        &mut self,
        position: &Position,
        limit: Duration,
    ) -> Poll<Result<Option<R>, Error>> {
        let waker = Waker::from(Arc::clone(&self.waker));
        let context = &mut Context::from_waker(&waker);
        for page in &mut self.pages {
            if page.read.poll(context) {
                page.ended_early = page.position != *position;
            }
        }
        if std::mem::take(&mut self.unpolled) >= limit {
            self.pages.retain(|page| matches!(page.read, PageRead::Ended(_)));
        }
        let Some(index) = self.pages.iter().position(|page| page.position == *position) else {
            return Poll::Ready(Ok(None));
        };
        if matches!(self.pages.get(index), Some(PrefetchedPage { read: PageRead::Running(_), .. }))
        {
            return Poll::Pending;
        }
        match self.pages.remove(index) {
            Some(PrefetchedPage { read: PageRead::Ended(Ok(response)), .. }) => {
                Poll::Ready(Ok(Some(response)))
            }
            Some(PrefetchedPage {
                read: PageRead::Ended(Err(error)),
                unpolled,
                ended_early,
                ..
            }) if !error.is_transient() || !ended_early && unpolled < limit / 5 => {
                self.pages.clear();
                Poll::Ready(Err(error))
            }
            _ => Poll::Ready(Ok(None)),
        }
    }
}
