//! Pages of a list that are read before their turn.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tokio::time::Instant;

use crate::Error;
use crate::http::client::BoxFuture;
use crate::waiting::poller::is_transient;

/// Pages that are being read before their turn. They are part of the reader and no tasks of their own:
/// dropping the reader stops them.
///
/// So they stand still while the consumer works on a page, but their time limits do not. A slow consumer
/// is no failure of the server: a page that stood still for long is read anew, and so is one that failed
/// after it had stood still.
///
/// A page in progress also belongs to the runtime on which it began: its timers and its connection do nothing
/// on another one, or panic when that runtime has ended. On another runtime it is begun anew.
pub(crate) struct Prefetch<R> {
    pages: VecDeque<Early<R>>,
    /// When the pages were last given time.
    polled: Option<Instant>,
}

struct Early<R> {
    offset: u64,
    reading: PageRead<R>,
    /// The runtime on which it began.
    runtime: Option<Id>,
    /// It was left alone while it was being read.
    stood_still: bool,
}

enum PageRead<R> {
    Running(BoxFuture<'static, Result<R, Error>>),
    Ended(Result<R, Error>),
}

/// The runtime of the caller.
fn runtime() -> Option<Id> {
    Handle::try_current().ok().map(|handle| handle.id())
}

impl<R> Default for Prefetch<R> {
    fn default() -> Self {
        Self { pages: VecDeque::new(), polled: None }
    }
}

impl<R: Send + 'static> Prefetch<R> {
    pub(crate) fn holds(&self, offset: u64) -> bool {
        self.pages.iter().any(|page| page.offset == offset)
    }

    pub(crate) fn begin(
        &mut self,
        offset: u64,
        reading: impl Future<Output = Result<R, Error>> + Send + 'static,
    ) {
        let reading = PageRead::Running(Box::pin(reading));
        let page = Early { offset, reading, runtime: runtime(), stood_still: false };
        self.pages.push_back(page);
    }

    /// Drops all other pages, and those in progress that belong to another runtime.
    pub(crate) fn keep(&mut self, wanted: &[u64]) {
        let here = runtime();
        self.pages.retain(|page| {
            let is_usable = page.runtime == here || matches!(page.reading, PageRead::Ended(_));
            is_usable && wanted.contains(&page.offset)
        });
    }

    /// Forgets the pages that the consumer's own work has spoiled: those that were not given time for
    /// longer than `patience`, and those that failed before anybody asked for them. Returns whether the
    /// consumer took so long.
    pub(crate) fn forget_spoiled(&mut self, patience: Duration) -> bool {
        let Some(polled) = self.polled.take() else { return false };
        let is_long = polled.elapsed() > patience;
        self.pages.retain_mut(|page| match &page.reading {
            PageRead::Running(_) => {
                page.stood_still = true;
                !is_long
            }
            PageRead::Ended(Err(error)) => !is_transient(error),
            PageRead::Ended(Ok(_)) => true,
        });
        is_long
    }

    /// Whether this page is there, and nothing has to be waited for.
    pub(crate) fn has_ended(&self, offset: u64) -> bool {
        let is_it = |page: &Early<R>| page.offset == offset;
        self.pages.iter().any(|page| is_it(page) && matches!(page.reading, PageRead::Ended(_)))
    }

    /// Goes on with all pages until this one has ended. An error throws the others away; `None` when the
    /// page failed because it had stood still, and should be begun anew.
    pub(crate) async fn take(&mut self, offset: u64) -> Result<Option<R>, Error> {
        poll_fn(|context| {
            self.polled = Some(Instant::now());
            for page in &mut self.pages {
                if let PageRead::Running(future) = &mut page.reading
                    && let Poll::Ready(ended) = future.as_mut().poll(context)
                {
                    page.reading = PageRead::Ended(ended);
                }
            }
            let ended = |page: &Early<R>| {
                page.offset == offset && matches!(page.reading, PageRead::Ended(_))
            };
            let index = self.pages.iter().position(ended);
            match index.and_then(|index| self.pages.remove(index)) {
                Some(Early { reading: PageRead::Ended(Ok(response)), .. }) => {
                    Poll::Ready(Ok(Some(response)))
                }
                Some(Early { reading: PageRead::Ended(Err(error)), stood_still, .. }) => {
                    if stood_still && is_transient(&error) {
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
