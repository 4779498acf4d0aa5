//! Prefetches pages of a list.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tokio::time::Instant;

use crate::Error;
use crate::http::client::BoxFuture;

/// Pages that are read in advance. They are part of the reader, not tasks: dropping the reader stops them.
///
/// So they make no progress while the consumer works on a page, but their timeouts keep running. A slow consumer is no
/// failure of the server: a page that was not polled for long is read again, and so is one that failed after a time
/// without polls.
///
/// A page in progress also belongs to the runtime on which it began: on another runtime its timers and its connection
/// do nothing, or panic if that runtime has ended. There it is started again.
pub(crate) struct Prefetch<R> {
    pages: VecDeque<PrefetchedPage<R>>,
    /// When the pages were last polled.
    polled: Option<Instant>,
}

struct PrefetchedPage<R> {
    offset: u64,
    read: PageRead<R>,
    /// The runtime on which it began.
    runtime: Option<Id>,
    /// It was not polled for a while during the read.
    was_unpolled: bool,
}

enum PageRead<R> {
    Running(BoxFuture<'static, Result<R, Error>>),
    Ended(Result<R, Error>),
}

/// The current runtime.
fn runtime() -> Option<Id> {
    Handle::try_current().ok().map(|handle| handle.id())
}

impl<R> Default for Prefetch<R> {
    fn default() -> Self {
        Self { pages: VecDeque::new(), polled: None }
    }
}

impl<R: Send + 'static> Prefetch<R> {
    pub(crate) fn contains(&self, offset: u64) -> bool {
        self.pages.iter().any(|page| page.offset == offset)
    }

    pub(crate) fn start(
        &mut self,
        offset: u64,
        read: impl Future<Output = Result<R, Error>> + Send + 'static,
    ) {
        let read = PageRead::Running(Box::pin(read));
        let page = PrefetchedPage { offset, read, runtime: runtime(), was_unpolled: false };
        self.pages.push_back(page);
    }

    /// Drops all other pages, and those in progress that belong to another runtime.
    pub(crate) fn keep(&mut self, wanted: &[u64]) {
        let here = runtime();
        self.pages.retain(|page| {
            let is_usable = page.runtime == here || matches!(page.read, PageRead::Ended(_));
            is_usable && wanted.contains(&page.offset)
        });
    }

    /// Drops the pages that the consumer's own work has spoiled: those that were not polled for longer than
    /// `max_unpolled`, and those that failed before they were requested. Returns whether the consumer took that long.
    pub(crate) fn drop_spoiled(&mut self, max_unpolled: Duration) -> bool {
        let Some(polled) = self.polled.take() else { return false };
        let is_slow = polled.elapsed() > max_unpolled;
        self.pages.retain_mut(|page| match &page.read {
            PageRead::Running(_) => {
                page.was_unpolled = true;
                !is_slow
            }
            PageRead::Ended(Err(error)) => !error.is_transient(),
            PageRead::Ended(Ok(_)) => true,
        });
        is_slow
    }

    /// Whether this page has ended, so that it is available without waiting.
    pub(crate) fn has_ended(&self, offset: u64) -> bool {
        let is_page = |page: &PrefetchedPage<R>| page.offset == offset;
        self.pages.iter().any(|page| is_page(page) && matches!(page.read, PageRead::Ended(_)))
    }

    /// Polls all pages until this one has ended. An error drops the others; `None` if the page failed because it was
    /// not polled, and should be started again.
    pub(crate) async fn take(&mut self, offset: u64) -> Result<Option<R>, Error> {
        poll_fn(|context| {
            self.polled = Some(Instant::now());
            for page in &mut self.pages {
                if let PageRead::Running(future) = &mut page.read
                    && let Poll::Ready(ended) = future.as_mut().poll(context)
                {
                    page.read = PageRead::Ended(ended);
                }
            }
            let ended = |page: &PrefetchedPage<R>| {
                page.offset == offset && matches!(page.read, PageRead::Ended(_))
            };
            let index = self.pages.iter().position(ended);
            match index.and_then(|index| self.pages.remove(index)) {
                Some(PrefetchedPage { read: PageRead::Ended(Ok(response)), .. }) => {
                    Poll::Ready(Ok(Some(response)))
                }
                Some(PrefetchedPage {
                    read: PageRead::Ended(Err(error)), was_unpolled, ..
                }) => {
                    if was_unpolled && error.is_transient() {
                        return Poll::Ready(Ok(None));
                    }
                    self.pages.clear();
                    Poll::Ready(Err(error))
                }
                _ => Poll::Pending,
            }
        })
        .await
    }
}
