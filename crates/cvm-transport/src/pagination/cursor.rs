//! The state of reading a list: which page is next, which items were seen, and when to stop.

mod offsets;
mod page_numbers;

use std::collections::HashSet;

use cvm_protocol::{
    Gaps, List, ListDefect, Model, PageInfo, PageStyle, Value, json, member_named, reset_member,
    set_number, set_text, total_of,
};

use crate::Error;
use crate::error::ErrorKind;
use page_numbers::PageNumbers;

/// The maximum number of pages of one list. With 100 items per page this is a million items.
const MAX_PAGES: u32 = 10_000;
/// The maximum number of consecutive pages without a new item; then the service seems to repeat itself forever.
const MAX_EMPTY_PAGES: u64 = 5;

/// A position in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Position {
    /// The number of items before it.
    Offset(u64),
    /// The number of its page. It is valid only with the same page size.
    PageNumber(u64),
    /// A page token of the service.
    Token(String),
}

/// The state of reading a list. It is independent of the action: it gets and sets members by name.
#[derive(Debug)]
pub(crate) struct Cursor {
    pub(crate) info: &'static PageInfo,
    pub(crate) limit: u64,
    /// The total counts exactly the items that match the request.
    is_total_exact: bool,
    next: Option<Position>,
    /// The offset or the page at which the caller starts.
    start: u64,
    /// The number of rows that two consecutive pages share.
    overlap: u64,
    /// How many rows before `next` the next page begins.
    back: u64,
    /// A gap was found, and the rows before it are being read.
    is_in_gap: bool,
    /// The latest page was empty, or had only rows of the overlap, although more were expected.
    is_stuck: bool,
    /// The list seemed to end at a total that is below an earlier one.
    is_end_doubted: bool,
    /// The current page is read without the overlap, because a page with it held nothing else.
    has_left_out_overlap: bool,
    /// The latest page had only rows that were already seen, where new ones were expected.
    is_repeated: bool,
    is_complete: bool,
    pages: u32,
    empty_pages: u64,
    total: Option<u64>,
    largest_total: Option<u64>,
    /// Rows were added or removed meanwhile, or a total was wrong.
    has_total_changed: bool,
    seen: HashSet<String>,
    tokens: HashSet<String>,
    numbers: PageNumbers,
    previous_page: Vec<u8>,
    /// The ids of the new items, if they are wanted.
    pub(crate) new_ids: Option<Vec<String>>,
}

/// The result of one page.
pub(crate) struct NewItems {
    /// For each item, whether it is new.
    pub(crate) keep: Vec<bool>,
    pub(crate) total: Option<u64>,
}

impl Cursor {
    pub(crate) fn new(info: &'static PageInfo, request: &dyn Model) -> Self {
        let parameter = |name| member_named(request, name).as_count();
        let limit =
            parameter(info.style.limit()).filter(|limit| *limit > 0).unwrap_or(info.max_limit);
        let next = match &info.style {
            PageStyle::Offset { offset, .. } => Position::Offset(parameter(offset).unwrap_or(0)),
            PageStyle::Number { number, first, .. } => {
                Position::PageNumber(parameter(number).unwrap_or(*first))
            }
            PageStyle::Token { token_in, .. } => {
                Position::Token(member_named(request, token_in).text().unwrap_or_default())
            }
        };
        let mut cursor = Self {
            info,
            limit,
            is_total_exact: info.has_exact_total(request),
            next: None,
            start: 0,
            overlap: 0,
            back: 0,
            is_in_gap: false,
            is_stuck: false,
            is_end_doubted: false,
            has_left_out_overlap: false,
            is_repeated: false,
            is_complete: false,
            pages: 0,
            empty_pages: 0,
            total: None,
            largest_total: None,
            has_total_changed: false,
            seen: HashSet::new(),
            tokens: HashSet::new(),
            numbers: PageNumbers::default(),
            previous_page: Vec::new(),
            new_ids: None,
        };
        cursor.set_limit(limit);
        cursor.begin_at(next);
        cursor
    }

    /// Starts at this position; false if it is not a position of this kind of list.
    pub(crate) fn begin_at(&mut self, mut position: Position) -> bool {
        self.largest_total = None;
        self.has_total_changed = false;
        let fits = match (&self.info.style, &mut position) {
            (PageStyle::Offset { .. }, Position::Offset(at)) => {
                self.start = *at;
                true
            }
            (PageStyle::Number { first, .. }, Position::PageNumber(page)) => {
                // Some services take 0 for the first page, whatever its number is.
                *page = (*page).max(*first);
                self.start = *page;
                self.numbers = PageNumbers::starting_after(page.saturating_sub(*first));
                true
            }
            (PageStyle::Token { .. }, Position::Token(_)) => true,
            _ => false,
        };
        self.next = Some(position);
        fits
    }

    /// Sets the number of items per page. Returns whether pages in flight have become useless: the number of a page means
    /// another position if the size changes.
    pub(crate) fn set_limit(&mut self, limit: u64) -> bool {
        let is_numbered = matches!(self.info.style, PageStyle::Number { .. });
        if is_numbered && self.pages > 0 {
            return false;
        }
        let has_changed = self.limit != limit;
        self.limit = limit;
        // A page with one row has no room for an overlap.
        self.overlap = u64::from(limit > 1 && self.info.id.is_some());
        is_numbered && has_changed
    }

    /// Judges a page by the request as it was sent: an interceptor may have narrowed the list, or changed the page size.
    pub(crate) fn take_sent_request(&mut self, request: &dyn Model) {
        self.is_total_exact = self.info.has_exact_total(request);
        if let PageStyle::Number { limit, .. } = self.info.style {
            let limit = member_named(request, limit).as_count().filter(|limit| *limit > 0);
            self.limit = limit.unwrap_or(self.limit);
        }
    }

    /// Where the next page begins, without the overlap.
    pub(crate) fn next(&self) -> Option<Position> {
        self.next.clone()
    }

    /// Where the next page is read, including the overlap and the way back.
    pub(crate) fn position(&self) -> Option<Position> {
        if let Some(page) = self.numbers.way_back() {
            return Some(Position::PageNumber(page));
        }
        match self.next.clone()? {
            Position::Offset(next) => {
                let mut at = next.saturating_sub(self.back);
                if self.is_in_gap
                    && self.is_total_exact
                    && let Some(total) = self.total
                {
                    // There is nothing beyond the end.
                    at = at.min(total.saturating_sub(self.overlap));
                }
                Some(Position::Offset(at.max(self.start)))
            }
            next @ (Position::PageNumber(_) | Position::Token(_)) => Some(next),
        }
    }

    /// Whether the whole list was read, and the service confirmed its end.
    pub(crate) const fn is_complete(&self) -> bool {
        self.is_complete
    }

    pub(crate) fn write(&self, position: &Position, request: &mut dyn Model) {
        match (&self.info.style, position) {
            (PageStyle::Offset { offset, limit, .. }, Position::Offset(at)) => {
                set_number(request, offset, *at);
                set_number(request, limit, self.limit);
            }
            (PageStyle::Number { number, limit, .. }, Position::PageNumber(page)) => {
                set_number(request, number, *page);
                set_number(request, limit, self.limit);
            }
            (PageStyle::Token { token_in, limit, .. }, Position::Token(token)) => {
                // Without a token, the list begins.
                if token.is_empty() {
                    reset_member(request, token_in);
                } else {
                    set_text(request, token_in, token);
                }
                set_number(request, limit, self.limit);
            }
            // `begin_at` has rejected it.
            _ => {}
        }
    }

    /// Processes a page; `None` if another page has to be read before this one counts.
    pub(crate) fn process(
        &mut self,
        position: Position,
        response: &dyn Model,
        gaps: &Gaps,
    ) -> Result<Option<NewItems>, Error> {
        let unusable = |defect: ListDefect| Error::new(ErrorKind::Response, defect.to_string());
        let list = ListDefect::check(response, gaps, self.info.items, self.info.id);
        let list = list.map_err(unusable)?;
        // On the way back, the number of pages is known.
        self.pages += u32::from(self.numbers.way_back().is_none());
        if self.pages >= MAX_PAGES {
            return Err(Error::new(ErrorKind::Paging, "the list has too many pages to be finite"));
        }
        match (&self.info.style, position) {
            (PageStyle::Offset { total, .. }, Position::Offset(at)) => {
                self.process_offset(at, list, total_of(response, gaps, total))
            }
            (PageStyle::Number { total, .. }, Position::PageNumber(page)) => {
                self.process_number(page, list, total_of(response, gaps, total))
            }
            (PageStyle::Token { token_out, .. }, _) => {
                let token = member_named(response, token_out).text().unwrap_or_default();
                self.process_token(list, token).map(Some)
            }
            // `begin_at` has rejected it.
            (PageStyle::Offset { .. } | PageStyle::Number { .. }, _) => {
                self.next = None;
                Ok(None)
            }
        }
    }

    fn process_token(&mut self, list: &dyn List, token: String) -> Result<NewItems, Error> {
        let is_same = self.is_previous_page(list, false);
        let keep = self.deduplicate(list);
        self.count_empty_pages(keep.contains(&true) && !is_same, Some(MAX_EMPTY_PAGES))?;
        self.is_complete = token.is_empty();
        self.next = if token.is_empty() {
            None
        } else if self.tokens.insert(token.clone()) {
            Some(Position::Token(token))
        } else {
            return Err(Error::new(
                ErrorKind::Paging,
                "the service returned the same page token twice",
            ));
        };
        Ok(NewItems { keep, total: None })
    }

    fn record_total(&mut self, total: Option<u64>) {
        // A page without a total does not invalidate the total of an earlier one.
        let Some(total) = total else { return };
        self.has_total_changed |= self.total.is_some_and(|before| before != total);
        self.total = Some(total);
        self.largest_total = self.largest_total.max(Some(total));
    }

    /// Whether a page contains no new item.
    fn has_seen_all(&self, list: &dyn List) -> bool {
        (0..list.len()).all(|index| self.has_seen(list, index))
    }

    fn has_seen(&self, list: &dyn List, index: usize) -> bool {
        id_of(self.info, list, index).is_some_and(|id| self.seen.contains(&id))
    }

    /// A page lacks expected rows: it is read once more, and then it is an error.
    fn stuck(&mut self, next: u64) -> Result<Option<NewItems>, Error> {
        self.is_stuck = !self.is_stuck;
        if self.is_stuck {
            return Ok(None);
        }
        let items = self.info.items;
        let text = match self.total {
            Some(total) => {
                let first = self.first_page();
                format!("`{items}` has no item from {next} on, but the total is {total}{first}")
            }
            None => format!("`{items}` is empty, and the response has no total"),
        };
        Err(Error::new(ErrorKind::Response, text))
    }

    /// For errors: the assumed number of the first page, which may be the cause.
    fn first_page(&self) -> String {
        match self.info.style {
            PageStyle::Number { first, .. } => format!(" (the first page is {first})"),
            _ => String::new(),
        }
    }

    /// How many consecutive pages without a new item the list may have if its pages have so many rows; `None` while rows
    /// are being added: if they are added as fast as pages are read, only `MAX_PAGES` is a limit.
    fn max_empty_pages(&self, largest_before: Option<u64>, page_length: u64) -> Option<u64> {
        if largest_before.is_some() && self.total > largest_before {
            return None;
        }
        // Rows that are inserted before the seen ones shift them by whole pages.
        let old = self.seen.len() as u64 / (page_length / 2).max(1);
        Some(MAX_EMPTY_PAGES.saturating_add(old))
    }

    fn count_empty_pages(&mut self, has_new: bool, max: Option<u64>) -> Result<(), Error> {
        self.empty_pages = match max {
            _ if has_new => 0,
            None => self.empty_pages.max(1),
            Some(_) => self.empty_pages.saturating_add(1),
        };
        if max.is_some_and(|max| self.empty_pages > max) {
            let text = "the service keeps returning the same items, or pages without any";
            return Err(Error::new(ErrorKind::Paging, text));
        }
        Ok(())
    }

    /// Whether the rows have no ids, and this page is identical to the previous one. Rows without ids may be equal, so none is
    /// dropped. If all rows of the page are equal and the total promises them, nothing is suspicious.
    fn is_previous_page(&mut self, list: &dyn List, is_promised: bool) -> bool {
        if self.info.id.is_some() {
            return false;
        }
        let rows: Vec<Vec<u8>> = (0..list.len())
            .filter_map(|index| match list.at(index) {
                Value::Object(item) => json::to_vec(item).ok(),
                _ => None,
            })
            .collect();
        let are_rows_equal =
            rows.windows(2).all(|rows| matches!(rows, [one, other] if one == other));
        let text = rows.concat();
        let is_same = !text.is_empty() && text == self.previous_page;
        self.previous_page = text;
        is_same && !(are_rows_equal && is_promised)
    }

    /// Which items of a page are new. Without ids, all are.
    fn deduplicate(&mut self, list: &dyn List) -> Vec<bool> {
        let count = list.len();
        (0..count)
            .map(|index| match id_of(self.info, list, index) {
                Some(id) => {
                    if let Some(new_ids) =
                        self.new_ids.as_mut().filter(|_| !self.seen.contains(&id))
                    {
                        new_ids.push(id.clone());
                    }
                    self.seen.insert(id)
                }
                None => true,
            })
            .collect()
    }
}

fn id_of(info: &PageInfo, list: &dyn List, index: usize) -> Option<String> {
    match list.at(index) {
        Value::Object(item) => member_named(item, info.id?).text(),
        _ => None,
    }
}
