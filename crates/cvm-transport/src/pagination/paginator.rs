//! Reads lists of any length: page by page or item by item, with offsets, page numbers or page tokens.
//!
//! Rows may be added and removed while a list is read. If the specification names a member that identifies an item,
//! each item that exists all the time is returned exactly once: pages overlap by a row, and if rows have moved up
//! between two pages, the gap is read first. Pages of a single row cannot overlap; they rely on the total.
//!
//! Pages by number cannot overlap either. If such a list has several pages, it is read once more, back to its first page,
//! and returns the rows that it finds there for the first time. It can still miss an item if rows are both removed and
//! added meanwhile.
//!
//! A list ends without an error only if it has as many rows as the total, or at a page behind them. If totals contradict
//! each other, the largest one counts until the end is confirmed.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use cvm_protocol::{Model, Paginate, json};
use futures_core::Stream;

use crate::Error;
use crate::client::Client;
use crate::observe::CallReport;
use crate::pagination::cursor::{Cursor, Position};
use crate::pagination::prefetch::Prefetch;

/// The maximum number of pages that are read at the same time.
const MAX_PARALLEL: usize = 32;

/// A list, page by page: call [`try_next`](Self::try_next), or use it as a [`Stream`].
///
/// Dropping the future of a page, as `select!` and `timeout` do, keeps the page in flight: the next call continues with
/// it, and no page is lost or read twice. Only a page that was left alone until its timeouts may have passed is read
/// again.
///
/// As a stream, it ends after an error. [`try_next`](Self::try_next) can then request the same page again.
///
/// ```no_run
/// # async fn example<A: cvm_transport::protocol::Paginate>(client: cvm_transport::Client, request: A) -> Result<(), cvm_transport::Error> {
/// let mut pages = client.pages(request);
/// while let Some(page) = pages.try_next().await? {
///     println!("{} of {:?}", page.items.len(), page.total);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a list is read only when it is polled"]
pub struct Pages<A: Paginate> {
    client: Client,
    request: A,
    cursor: Result<Cursor, &'static str>,
    parallel: usize,
    /// The responses, with the requests as the interceptors left them.
    reads: Prefetch<(A::Response, CallReport, A)>,
    has_partial_items: bool,
    /// The latest page was an error.
    has_failed: bool,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items, without those of earlier pages.
    pub items: Vec<T>,
    /// The total number of items according to the service. If
    /// [`PageInfo::has_exact_total`](cvm_protocol::PageInfo::has_exact_total) is false, it may count other items too.
    pub total: Option<u64>,
    /// Where the next page begins; pass it to [`resume`](Pages::resume).
    pub next: Option<Position>,
}

impl Client {
    /// Reads a long list page by page.
    pub fn pages<A: Paginate>(&self, request: A) -> Pages<A> {
        Pages::new(self.clone(), request)
    }

    /// Reads a long list item by item.
    pub fn items<A: Paginate>(&self, request: A) -> Items<A> {
        self.pages(request).into_items()
    }
}

impl<A: Paginate> fmt::Debug for Pages<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("action", &A::INFO.name)
            .field("cursor", &self.cursor)
            .finish_non_exhaustive()
    }
}

impl<A: Paginate> Pages<A> {
    pub(crate) fn new(client: Client, request: A) -> Self {
        let cursor = match &A::INFO.paginate {
            Some(info) => Ok(Cursor::new(info, &request)),
            None => Err("the action does not support paging"),
        };
        Self {
            client,
            request,
            cursor,
            parallel: 1,
            reads: Prefetch::default(),
            has_partial_items: false,
            has_failed: false,
        }
    }

    /// Starts at a position from an earlier [`Page::next`].
    pub fn resume(mut self, position: Position) -> Self {
        if let Ok(cursor) = &mut self.cursor
            && !cursor.begin_at(position)
        {
            self.cursor = Err(
                "the position is of the wrong kind for this list (offset, page number or page token)",
            );
        }
        self
    }

    /// Sets the number of items per page. Default: the limit in the request, or the maximum of the action. No effect on a
    /// list by page number after its first page.
    pub fn page_size(mut self, items: u64) -> Self {
        if let Ok(cursor) = &mut self.cursor {
            let info = cursor.info;
            if cursor.set_limit(items.clamp(info.min_limit.max(1), info.max_limit.max(1))) {
                self.reads.keep(&[]);
            }
        }
        self
    }

    /// Reads this many pages at the same time, once the first page has shown how long the list is. Only for lists
    /// with offsets; lists with page numbers or page tokens are always read in sequence.
    ///
    /// Pages still come in order and respect the rate limit. Prefetched pages are discarded if rows have moved up, or
    /// if they were not polled for too long while the caller was busy.
    pub fn parallel(mut self, pages: usize) -> Self {
        self.parallel = pages.clamp(1, MAX_PARALLEL);
        self
    }

    /// Converts to the same list, item by item.
    pub fn into_items(self) -> Items<A> {
        Items { pages: self, buffer: VecDeque::new(), total: None }
    }

    /// Reads the next page; `None` after the last one.
    ///
    /// # Errors
    ///
    /// As [`Client::send`]; or if the service returns pages without end, omits the list, returns an empty list without
    /// a total, null items, items without their id, or fewer items than the total. After an error, the same page can
    /// be requested again, and so it can after a panic of a hook that the program has caught.
    pub async fn try_next(&mut self) -> Result<Option<Page<A::Item>>, Error> {
        poll_fn(|context| self.poll_page(context)).await
    }

    /// Continues to read the next page. A page in flight stays in flight if this is not called again.
    fn poll_page(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Page<A::Item>>, Error>> {
        let page = ready!(self.poll_process(context));
        self.has_failed = page.is_err();
        Poll::Ready(page)
    }

    fn poll_process(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Page<A::Item>>, Error>> {
        let shortest = shortest_timeout(&self.client);
        // For a slow consumer, pages are started only when one is needed, so that other calls can run meanwhile.
        let mut is_slow = self.reads.begin_poll(context) > shortest / 5;
        loop {
            let Some(position) = self.cursor()?.position() else { return Poll::Ready(Ok(None)) };
            self.start_reads(&position, is_slow);
            is_slow = false;
            let read = ready!(self.reads.poll_take(&position, shortest))?;
            let Some((response, CallReport { gaps, .. }, sent)) = read else { continue };
            self.has_partial_items |= gaps.has_partial_items(self.cursor()?.info.items);
            let cursor = self.cursor()?;
            cursor.take_sent_request(&sent);
            let read = cursor
                .process(position, &response, &gaps)
                .map_err(|error| error.with_action(A::INFO.name))?;
            if let Some(read) = read {
                let next = cursor.next();
                let mut keep = read.keep.iter();
                let mut items = A::items(response);
                items.retain(|_| keep.next().copied().unwrap_or(true));
                return Poll::Ready(Ok(Some(Page { items, total: read.total, next })));
            }
        }
    }

    /// Whether the list was read to its end, and the service confirmed the end.
    pub(crate) fn is_complete(&self) -> bool {
        self.cursor.as_ref().is_ok_and(Cursor::is_complete)
    }

    /// Keeps the ids of the items for [`take_ids`](Self::take_ids).
    pub(crate) fn keep_ids(&mut self) {
        if let Ok(cursor) = &mut self.cursor {
            cursor.new_ids = Some(Vec::new());
        }
    }

    /// The ids of the items so far, in their order; none if the specification names no id.
    pub(crate) fn take_ids(&mut self) -> Vec<String> {
        let cursor = self.cursor.as_mut().ok();
        cursor.and_then(|cursor| cursor.new_ids.take()).unwrap_or_default()
    }

    /// Whether an item lacks a member that is always present.
    pub(crate) const fn has_partial_items(&self) -> bool {
        self.has_partial_items
    }

    fn cursor(&mut self) -> Result<&mut Cursor, Error> {
        self.cursor.as_mut().map_err(|reason| Error::usage(*reason).with_action(A::INFO.name))
    }

    /// Starts the reads of this page and, if wanted, of those after it.
    fn start_reads(&mut self, position: &Position, is_slow: bool) {
        let Ok(cursor) = &self.cursor else { return };
        let wanted: Vec<Position> = match position {
            Position::Offset(at) if self.parallel > 1 => {
                cursor.offsets_from(*at).take(self.parallel).map(Position::Offset).collect()
            }
            position => vec![position.clone()],
        };
        self.reads.keep(&wanted);
        let is_idle = is_slow && self.reads.has_ended(position);
        for position in wanted {
            if is_idle || self.reads.contains(&position) {
                continue;
            }
            let mut request = copy_request(&self.request);
            cursor.write(&position, &mut request);
            let client = self.client.clone();
            let read = async move {
                let (response, report) = client.send_from(&mut request).await?;
                Ok((response, report, request))
            };
            self.reads.start(position, read);
        }
    }
}

// Nothing in it is pinned: the reads in progress are boxed.
impl<A: Paginate> Unpin for Pages<A> {}

impl<A: Paginate> Stream for Pages<A> {
    type Item = Result<Page<A::Item>, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let pages = self.get_mut();
        if pages.has_failed {
            return Poll::Ready(None);
        }
        pages.poll_page(context).map(Result::transpose)
    }
}

/// The shortest timeout that may pass while a read is not polled.
fn shortest_timeout(client: &Client) -> Duration {
    let timeouts = &client.shared().timeouts;
    timeouts.connect.min(timeouts.first_byte).min(timeouts.body_idle)
}

/// A list, item by item: call [`try_next`](Self::try_next), collect it with [`try_collect`](Self::try_collect), or use it
/// as a [`Stream`].
///
/// Dropping the future of an item, as `select!` and `timeout` do, loses nothing: see [`Pages`]. As a stream, it ends after
/// an error. [`try_next`](Self::try_next) can then request the same page again.
///
/// ```no_run
/// # async fn example<A: cvm_transport::protocol::Paginate>(client: cvm_transport::Client, request: A) -> Result<(), cvm_transport::Error> {
/// let mut items = client.items(request);
/// while let Some(item) = items.try_next().await? {
///     drop(item);
/// }
/// # Ok(())
/// # }
/// ```
///
/// With the methods of `futures_util::TryStreamExt`:
///
/// ```no_run
/// # async fn example<A>(client: cvm_transport::Client, request: A) -> Result<(), cvm_transport::Error>
/// # where A: cvm_transport::protocol::Paginate, A::Item: std::fmt::Display {
/// use futures_util::TryStreamExt;
///
/// let names = client.items(request).map_ok(|item| item.to_string());
/// let first_hundred: Vec<String> = futures_util::StreamExt::take(names, 100).try_collect().await?;
/// # drop(first_hundred);
/// # Ok(())
/// # }
/// ```
#[must_use = "a list is read only when it is polled"]
pub struct Items<A: Paginate> {
    pages: Pages<A>,
    buffer: VecDeque<A::Item>,
    total: Option<u64>,
}

impl<A: Paginate> fmt::Debug for Items<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("pages", &self.pages).finish_non_exhaustive()
    }
}

impl<A: Paginate> Items<A> {
    /// The next item; `None` after the last one. Reads a page when the previous one is used up.
    ///
    /// # Errors
    ///
    /// As [`Pages::try_next`].
    pub async fn try_next(&mut self) -> Result<Option<A::Item>, Error> {
        poll_fn(|context| self.poll_item(context)).await
    }

    fn poll_item(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<A::Item>, Error>> {
        loop {
            if let Some(item) = self.buffer.pop_front() {
                return Poll::Ready(Ok(Some(item)));
            }
            let Some(page) = ready!(self.pages.poll_page(context))? else {
                return Poll::Ready(Ok(None));
            };
            self.add(page);
        }
    }

    /// Reads another page; false after the last one.
    async fn read_page(&mut self) -> Result<bool, Error> {
        let Some(page) = self.pages.try_next().await? else { return Ok(false) };
        self.add(page);
        Ok(true)
    }

    fn add(&mut self, page: Page<A::Item>) {
        self.total = page.total.or(self.total);
        self.buffer.extend(page.items);
    }

    /// Reads the rest of the list into a collection.
    ///
    /// ```no_run
    /// # async fn example<A: cvm_transport::protocol::Paginate>(client: cvm_transport::Client, request: A) -> Result<(), cvm_transport::Error> {
    /// let items: Vec<_> = client.items(request).try_collect().await?;
    /// # drop(items);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Pages::try_next`]. What was read before the error is dropped; to keep it, use
    /// [`collect_up_to`](Self::collect_up_to).
    pub async fn try_collect<C>(mut self) -> Result<C, Error>
    where
        C: Default + Extend<A::Item>,
    {
        let mut collection = C::default();
        collection.extend(self.buffer.drain(..));
        while self.read_page().await? {
            collection.extend(self.buffer.drain(..));
        }
        Ok(collection)
    }

    /// The next items, at most this many.
    ///
    /// # Errors
    ///
    /// As [`Pages::try_next`]. Items that were read before an error, or before the future was dropped, are kept: the
    /// next call returns them first, and [`take_buffered`](Self::take_buffered) returns them without reading.
    pub async fn collect_up_to(&mut self, max: usize) -> Result<Vec<A::Item>, Error> {
        while self.buffer.len() < max && self.read_page().await? {}
        let count = max.min(self.buffer.len());
        Ok(self.buffer.drain(..count).collect())
    }

    /// Returns the items that were read but not returned yet, without reading a page. After an error these are all
    /// items before it.
    pub fn take_buffered(&mut self) -> Vec<A::Item> {
        std::mem::take(&mut self.buffer).into()
    }

    /// The total number of items according to the service; `None` before the first page.
    #[must_use]
    pub const fn total(&self) -> Option<u64> {
        self.total
    }

    /// Starts at a position from an earlier [`Page::next`].
    pub fn resume(self, position: Position) -> Self {
        self.pages.resume(position).into_items()
    }

    /// Reads this many pages at the same time; see [`Pages::parallel`].
    pub fn parallel(self, pages: usize) -> Self {
        Self { pages: self.pages.parallel(pages), ..self }
    }

    /// Sets the number of items per page; see [`Pages::page_size`].
    pub fn page_size(self, items: u64) -> Self {
        Self { pages: self.pages.page_size(items), ..self }
    }
}

// Nothing in it is pinned.
impl<A: Paginate> Unpin for Items<A> {}

impl<A: Paginate> Stream for Items<A> {
    type Item = Result<A::Item, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let items = self.get_mut();
        if items.buffer.is_empty() && items.pages.has_failed {
            return Poll::Ready(None);
        }
        items.poll_item(context).map(Result::transpose)
    }
}

/// Copies a request.
pub(crate) fn copy_request<A: Model + Default>(request: &A) -> A {
    let mut copy = A::default();
    // A model can always decode what it encoded.
    let _ = json::from_value(&mut copy, &json::to_value(request));
    copy
}
