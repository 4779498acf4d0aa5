//! Reads lists of any length: page by page or item by item, by position or by token.
//!
//! Rows may come and go while a list is read. Where the specification names a member that identifies
//! an item, each item that is there all the time is given exactly once: pages overlap by a row, and when
//! rows have moved up between two pages, the gap is read before the reading goes on. Pages of a single
//! row cannot overlap; there only the total tells.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use cvm_protocol::{Gaps, Model, Paginate, json};

use crate::client::Client;
use crate::pagination::cursor::Cursor;
use crate::pagination::prefetch::Prefetch;
use crate::{CallReport, Error, pipeline};

/// Most pages that are read at the same time.
const MAX_PARALLEL: usize = 32;

/// A list, page by page.
///
/// ```no_run
/// # async fn example<A: cvm_transport::Paginate>(client: cvm_transport::Client, request: A) -> Result<(), cvm_transport::Error> {
/// let mut pages = client.pages(request);
/// while let Some(page) = pages.try_next().await? {
///     println!("{} of {:?}", page.items.len(), page.total);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Pages<A: Paginate> {
    client: Client,
    request: A,
    cursor: Result<Cursor, &'static str>,
    parallel: usize,
    ahead: Prefetch<(A::Response, CallReport)>,
    has_partial_items: bool,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items, without those that an earlier page gave.
    pub items: Vec<T>,
    /// How many items the service says there are in all pages. Where
    /// [`PageInfo::has_exact_total`](cvm_protocol::PageInfo::has_exact_total) is false, others may be counted too.
    pub total: Option<u64>,
    /// Where the next page begins; to [`resume`](Pages::resume) from there.
    pub next: Option<Position>,
}

/// A place in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// This many items were passed.
    Offset(u64),
    /// The service's own word for it.
    Token(String),
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
            None => Err("the action's specification declares no pages"),
        };
        Self {
            client,
            request,
            cursor,
            parallel: 1,
            ahead: Prefetch::default(),
            has_partial_items: false,
        }
    }

    /// Begins at a position that an earlier reading told.
    #[must_use]
    pub fn resume(mut self, position: Position) -> Self {
        if let Ok(cursor) = &mut self.cursor
            && !cursor.begin_at(position)
        {
            self.cursor = Err("a position of the other kind: this list does not give such");
        }
        self
    }

    /// Items in a page. Default: the request's own limit, or the most that the action allows.
    #[must_use]
    pub fn page_size(mut self, items: u64) -> Self {
        if let Ok(cursor) = &mut self.cursor {
            let info = cursor.info;
            cursor.set_limit(items.clamp(info.min_limit.max(1), info.max_limit.max(1)));
        }
        self
    }

    /// Reads this many pages at the same time, once the first has told how long the list is. Only
    /// lists by position; those by token are read in sequence whatever is said here.
    ///
    /// Pages still come in order and are paced like all calls. When rows have moved up underneath, what
    /// was read ahead is thrown away, and so is what stood still too long while the caller was busy.
    #[must_use]
    pub fn parallel(mut self, pages: usize) -> Self {
        self.parallel = pages.clamp(1, MAX_PARALLEL);
        self
    }

    /// The same list, item by item.
    #[must_use]
    pub fn into_items(self) -> Items<A> {
        Items { pages: self, buffer: VecDeque::new(), total: None }
    }

    /// Reads the next page; `None` after the last.
    ///
    /// # Errors
    ///
    /// As [`Client::send`]; or when the service gives pages without end, leaves the list out, gives an empty
    /// list without a total, null items, items without their id, or fewer items than it says there are.
    /// After an error the same page can be asked for again.
    pub async fn try_next(&mut self) -> Result<Option<Page<A::Item>>, Error> {
        loop {
            let Some(position) = self.cursor()?.position() else { return Ok(None) };
            let Some((response, gaps)) = self.response(&position).await? else { continue };
            self.has_partial_items |= gaps.has_partial_items(self.cursor()?.info.items);
            let cursor = self.cursor()?;
            let read = cursor
                .read(position, &response, &gaps)
                .map_err(|error| error.with_action(A::INFO.name))?;
            if let Some(read) = read {
                let next = cursor.next();
                let mut keep = read.keep.iter();
                let mut items = A::items(response);
                items.retain(|_| keep.next().copied().unwrap_or(true));
                return Ok(Some(Page { items, total: read.total, next }));
            }
        }
    }

    /// Whether the list was read to its end, and the service said that this is the end.
    pub(crate) fn is_complete(&self) -> bool {
        self.cursor.as_ref().is_ok_and(Cursor::is_complete)
    }

    /// Whether an item that was read lacks a member that is always present.
    pub(crate) const fn has_partial_items(&self) -> bool {
        self.has_partial_items
    }

    fn cursor(&mut self) -> Result<&mut Cursor, Error> {
        self.cursor.as_mut().map_err(|why| Error::usage(*why).with_action(A::INFO.name))
    }

    /// The response for one page; `None` if it has to be asked for anew.
    async fn response(
        &mut self,
        position: &Position,
    ) -> Result<Option<(A::Response, Gaps)>, Error> {
        let cursor =
            self.cursor.as_ref().map_err(|why| Error::usage(*why).with_action(A::INFO.name))?;
        let Position::Offset(at) = position else { return self.send(position).await.map(Some) };
        if self.parallel <= 1 {
            return self.send(position).await.map(Some);
        }
        let is_slow = self.ahead.forget_spoiled(patience(&self.client));
        let wanted: Vec<u64> = cursor.offsets_from(*at).take(self.parallel).collect();
        self.ahead.keep(&wanted);
        // For a slow consumer pages are begun only when one is waited for, and others can get on meanwhile.
        let is_idle = is_slow && self.ahead.has_ended(*at);
        for offset in wanted {
            if !is_idle && !self.ahead.holds(offset) {
                let mut request = copy(&self.request);
                cursor.write(&Position::Offset(offset), &mut request);
                let client = self.client.clone();
                let reading = async move { client.send_with_report(request).await };
                self.ahead.begin(offset, reading);
            }
        }
        let taken = self.ahead.take(*at).await?;
        Ok(taken.map(|(response, report)| (response, report.gaps)))
    }

    async fn send(&mut self, position: &Position) -> Result<(A::Response, Gaps), Error> {
        if let Ok(cursor) = &self.cursor {
            cursor.write(position, &mut self.request);
        }
        let mut response = A::Response::default();
        let request = &mut self.request;
        let run = Box::pin(pipeline::run(&self.client, A::INFO, request, &mut response)).await?;
        Ok((response, run.report.gaps))
    }
}

/// How long a page that is read ahead may stand still: well within the limits that would end it.
fn patience(client: &Client) -> Duration {
    let timeouts = &client.shared().timeouts;
    timeouts.connect.min(timeouts.first_byte).min(timeouts.body_idle) / 5
}

/// A list, item by item.
///
/// ```no_run
/// # async fn example<A: cvm_transport::Paginate>(client: cvm_transport::Client, request: A) -> Result<(), cvm_transport::Error> {
/// let mut items = client.items(request);
/// while let Some(item) = items.try_next().await? {
///     drop(item);
/// }
/// # Ok(())
/// # }
/// ```
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
    /// The next item; `None` after the last. Reads a page when the one before is used up.
    ///
    /// # Errors
    ///
    /// As [`Pages::try_next`].
    pub async fn try_next(&mut self) -> Result<Option<A::Item>, Error> {
        while self.buffer.is_empty() && self.read_page().await? {}
        Ok(self.buffer.pop_front())
    }

    /// Reads another page; false after the last.
    async fn read_page(&mut self) -> Result<bool, Error> {
        let Some(page) = self.pages.try_next().await? else { return Ok(false) };
        self.total = page.total.or(self.total);
        self.buffer.extend(page.items);
        Ok(true)
    }

    /// The next items, at most this many.
    ///
    /// # Errors
    ///
    /// As [`Pages::try_next`]. What was read before an error, or before the future was dropped, is kept: the next
    /// call gives it first and goes on behind it, and [`take_read`](Self::take_read) gives it alone.
    pub async fn collect_up_to(&mut self, most: usize) -> Result<Vec<A::Item>, Error> {
        while self.buffer.len() < most && self.read_page().await? {}
        let count = most.min(self.buffer.len());
        Ok(self.buffer.drain(..count).collect())
    }

    /// The items that were read and not given yet. Reads no page: after an error these are all that there
    /// are before it.
    pub fn take_read(&mut self) -> Vec<A::Item> {
        std::mem::take(&mut self.buffer).into()
    }

    /// How many items the service says there are; `None` before the first page.
    #[must_use]
    pub const fn total(&self) -> Option<u64> {
        self.total
    }

    /// Begins at a position that an earlier reading told.
    #[must_use]
    pub fn resume(self, position: Position) -> Self {
        self.pages.resume(position).into_items()
    }

    /// Pages that are read at the same time; see [`Pages::parallel`].
    #[must_use]
    pub fn parallel(self, pages: usize) -> Self {
        Self { pages: self.pages.parallel(pages), ..self }
    }

    /// Items in a page; see [`Pages::page_size`].
    #[must_use]
    pub fn page_size(self, items: u64) -> Self {
        Self { pages: self.pages.page_size(items), ..self }
    }
}

/// A request with the same members.
pub(crate) fn copy<A: Model + Default>(request: &A) -> A {
    let mut copy = A::default();
    // What a model wrote, the same model reads.
    let _ = json::from_value(&mut copy, &json::to_value(request));
    copy
}
