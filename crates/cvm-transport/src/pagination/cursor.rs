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
    /// The current page is read without the overlap, because a page with it held nothing else.
    has_left_out_overlap: bool,
    /// The latest page had only rows that were already seen, where new ones were expected.
    is_repeated: bool,
    is_complete: bool,
    pages: u32,
    empty_pages: u64,
    total: Option<u64>,
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
            has_left_out_overlap: false,
            is_repeated: false,
            is_complete: false,
            pages: 0,
            empty_pages: 0,
            total: None,
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

    pub(crate) fn set_limit(&mut self, limit: u64) {
        if matches!(self.info.style, PageStyle::Number { .. }) && self.pages > 0 {
            // The number of a page means another position if the size changes.
            return;
        }
        self.limit = limit;
        // A page with one row has no room for an overlap.
        self.overlap = u64::from(limit > 1 && self.info.id.is_some());
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
        let keep = self.deduplicate(list);
        self.count_empty_pages(&keep, MAX_EMPTY_PAGES)?;
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
                let counted = match self.info.style {
                    PageStyle::Number { first, .. } => format!(" (the first page is {first})"),
                    _ => String::new(),
                };
                format!("`{items}` has no item from {next} on, but the total is {total}{counted}")
            }
            None => format!("`{items}` is empty, and the response has no total"),
        };
        Err(Error::new(ErrorKind::Response, text))
    }

    /// How many consecutive pages without a new item the list may have.
    fn max_empty_pages(&self, total_before: Option<u64>) -> u64 {
        if total_before.is_some() && self.total > total_before {
            // If rows are added as fast as pages are read, only `MAX_PAGES` is a limit.
            return u64::MAX;
        }
        // Rows that are inserted before the seen ones shift them by whole pages.
        let old = self.seen.len() as u64 / (self.limit / 2).max(1);
        MAX_EMPTY_PAGES + old
    }

    fn count_empty_pages(&mut self, keep: &[bool], max: u64) -> Result<(), Error> {
        self.empty_pages =
            if keep.contains(&true) { 0 } else { self.empty_pages.saturating_add(1) };
        if self.empty_pages > max {
            let text = "the service keeps returning the same items, or pages without any";
            return Err(Error::new(ErrorKind::Paging, text));
        }
        Ok(())
    }

    /// Which items of a page are new.
    fn deduplicate(&mut self, list: &dyn List) -> Vec<bool> {
        let count = list.len();
        if self.info.id.is_none() {
            // Without ids, it only shows whether the page is identical to the previous one.
            let mut text = Vec::new();
            for index in 0..count {
                if let Value::Object(item) = list.at(index) {
                    text.extend(json::to_vec(item).unwrap_or_default());
                }
            }
            let is_new = text.is_empty() || text != self.previous_page;
            self.previous_page = text;
            return vec![is_new; count];
        }
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
