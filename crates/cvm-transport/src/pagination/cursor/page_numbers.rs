//! Lists by page number, whose pages cannot overlap.
//!
//! Pages are read in their order. If rows are removed meanwhile, a row can move up from a page that comes next to one that
//! was already read. So if rows have ids, a list of several pages is also read back to its first page, and rows that were
//! not seen before are returned then. A row that exists all the time is missed only if it moves up on the way forward and
//! down on the way back, which takes removed and added rows at the wrong moments.
//!
//! A repeated row counts once. A page that has only repeated rows is no end: rows may have been added, the service may
//! answer with its last page behind the end, or its first page may have another number. The list ends when the total is
//! reached, or at an empty page. If totals change, the empty page is read once more, and the total on the way back shows
//! whether rows are missing: then the list is continued where it seemed to end, and read back again.
//!
//! No response shows the rows around the border of two pages. So only a list that fits on its first page counts as
//! complete.

use cvm_protocol::List;

use super::{Cursor, MAX_EMPTY_PAGES, NewItems, Position};
use crate::Error;
use crate::error::ErrorKind;

/// How often a list is continued where it seemed to end, and read back again.
const MAX_ROUNDS: u32 = 10;

/// What was learned about the pages of a list by page number.
#[derive(Debug, Default)]
pub(super) struct PageNumbers {
    /// The number of pages before the one at which the caller starts.
    skipped: u64,
    /// The number of rows so far, if they have no ids.
    rows: u64,
    /// The number of rows on the longest page. The service may return shorter pages than requested, or longer ones.
    page_length: u64,
    /// The latest total that came with rows, on the way forward.
    total: Option<u64>,
    /// The page that is read next on the way back.
    way_back: Option<u64>,
    /// The page at which the list seemed to end.
    end: u64,
    /// The largest total until then.
    expected: Option<u64>,
    /// How often the list was read forward and back, not counting the current round.
    rounds: u32,
    /// The current round has found a new row.
    has_found: bool,
}

impl PageNumbers {
    /// The caller starts after this many pages.
    pub(super) fn starting_after(skipped: u64) -> Self {
        Self { skipped, ..Self::default() }
    }

    pub(super) const fn way_back(&self) -> Option<u64> {
        self.way_back
    }
}

impl Cursor {
    pub(super) fn process_number(
        &mut self,
        page: u64,
        list: &dyn List,
        total: Option<u64>,
    ) -> Result<Option<NewItems>, Error> {
        let largest_before = self.largest_total;
        self.record_total(total);
        if self.numbers.way_back.is_some() {
            return self.process_way_back(page, list);
        }
        let received = list.len() as u64;
        if received == 0 {
            return self.process_empty(page, total);
        }
        self.is_stuck = false;
        let is_promised = self.is_total_exact && self.total > Some(self.counted());
        let only_repeats = if self.info.id.is_some() {
            !self.seen.is_empty() && self.has_seen_all(list)
        } else {
            self.is_previous_page(list, is_promised)
        };
        // It may be a late copy of an earlier page instead of this one. This is checked once: a real list can look
        // the same.
        self.is_repeated = only_repeats && self.empty_pages == 0 && !self.is_repeated;
        if self.is_repeated {
            return Ok(None);
        }
        let keep = self.deduplicate(list);
        self.numbers.rows = self.numbers.rows.saturating_add(received);
        self.numbers.page_length = self.numbers.page_length.max(received);
        self.numbers.total = self.total;
        self.numbers.has_found |= !only_repeats;
        let is_at_total = self.is_total_exact
            && self.numbers.skipped == 0
            && self.total == Some(self.counted())
            && if only_repeats {
                // The service may answer with its last page behind the end.
                self.info.id.is_some()
            } else {
                // A total below an earlier one proves nothing.
                self.total == self.largest_total
            };
        if is_at_total {
            self.end_way_forward(page, total == Some(received));
        } else {
            if let Err(error) = self.count_repeated_page(!only_repeats, largest_before) {
                // The same page can be requested again.
                self.numbers.rows = self.numbers.rows.saturating_sub(received);
                return Err(error);
            }
            self.next = page.checked_add(1).map(Position::PageNumber);
        }
        Ok(Some(NewItems { keep, total: self.total }))
    }

    /// Processes a page without rows on the way forward. If the largest total promises more, it is read once more.
    fn process_empty(&mut self, page: u64, total: Option<u64>) -> Result<Option<NewItems>, Error> {
        let counted = self.counted();
        let lacks_rows = match self.largest_total {
            Some(largest) => counted < largest,
            // No items and no total: this is not a valid list.
            None => page <= self.start,
        };
        let is_proof = match (self.total, self.numbers.total) {
            // A total that counts other items too proves nothing.
            (Some(_), _) if !self.is_total_exact => false,
            (Some(latest), then) if self.has_total_changed || self.info.id.is_some() => {
                // The missing rows may be on earlier pages, where the way back finds them. Rows that were added since the
                // previous page are not missing.
                let full = page.saturating_sub(self.start).saturating_mul(self.numbers.page_length);
                self.skipped_rows().saturating_add(full) < latest.min(then.unwrap_or(latest))
            }
            _ => true,
        };
        if lacks_rows && (is_proof || !self.is_stuck) {
            return self.stuck(counted);
        }
        self.is_stuck = false;
        self.end_way_forward(page, total == Some(0));
        Ok(Some(NewItems { keep: Vec::new(), total: self.total }))
    }

    /// The rows before the first page that is read. Their number is an assumption.
    fn skipped_rows(&self) -> u64 {
        self.numbers.skipped.saturating_mul(self.limit.max(self.numbers.page_length))
    }

    /// The number of rows up to the current page. A row that was repeated counts once, if it has an id.
    fn counted(&self) -> u64 {
        let rows = match self.info.id {
            Some(_) => self.seen.len() as u64,
            None => self.numbers.rows,
        };
        self.skipped_rows().saturating_add(rows)
    }

    /// Counts a page that is not the last one. Too many pages without a new row are an error.
    fn count_repeated_page(
        &mut self,
        has_new: bool,
        largest_before: Option<u64>,
    ) -> Result<(), Error> {
        let length = self.limit.min(self.numbers.page_length);
        let is_promised = self.is_total_exact && self.total > Some(self.counted());
        let max = if is_promised && !self.has_total_changed {
            // If rows had been added, the total would show it.
            Some(MAX_EMPTY_PAGES)
        } else {
            self.max_empty_pages(largest_before, length)
        };
        self.count_empty_pages(has_new, max).map_err(|error| match self.total {
            Some(total) if is_promised && self.info.id.is_some() => {
                self.lacks_rows("the service gives the same page again: ", total)
            }
            _ => error,
        })
    }

    /// All pages were read, and the total promises more rows.
    fn lacks_rows(&self, cause: &str, total: u64) -> Error {
        let (items, counted, first) = (self.info.items, self.counted(), self.first_page());
        let text = format!(
            "{cause}`{items}` has {counted} different items, but the total is {total}{first}"
        );
        Error::new(ErrorKind::Paging, text)
    }

    fn end_way_forward(&mut self, page: u64, is_whole: bool) {
        let is_first = self.info.style.start().is_some_and(|(_, first)| page == first);
        self.is_complete = is_first && is_whole && self.is_total_exact && !self.has_total_changed;
        self.next = None;
        self.numbers.end = page;
        self.numbers.expected = self.largest_total;
        if self.info.id.is_some() {
            self.numbers.way_back = self.page_before(page);
        }
    }

    /// Processes a page that was already read on the way forward: only a row that moved onto it is new.
    fn process_way_back(&mut self, page: u64, list: &dyn List) -> Result<Option<NewItems>, Error> {
        let keep = self.deduplicate(list);
        let has_new = keep.contains(&true);
        self.numbers.has_found |= has_new;
        let before = self.page_before(page);
        // A total above those on the way forward counts rows that were added since then.
        let expected = self.total.min(self.numbers.expected).filter(|_| self.is_total_exact);
        if let Some(expected) = expected
            && before.is_none()
            && self.counted() < expected
        {
            let numbers = &mut self.numbers;
            let is_hopeless =
                numbers.rounds > 0 && !numbers.has_found || numbers.rounds >= MAX_ROUNDS;
            if is_hopeless && !has_new {
                // The same page can be requested again.
                return Err(self.lacks_rows("", expected));
            }
            // The end was not the end.
            numbers.rounds = numbers.rounds.saturating_add(1);
            numbers.has_found = false;
            self.next = Some(Position::PageNumber(numbers.end));
            self.largest_total = self.total;
            self.empty_pages = 0;
        }
        self.numbers.way_back = before;
        Ok(has_new.then_some(NewItems { keep, total: self.total }))
    }

    /// The page before this one; `None` if the list starts with this one.
    fn page_before(&self, page: u64) -> Option<u64> {
        page.checked_sub(1).filter(|page| *page >= self.start)
    }
}
