//! Lists by page number, whose pages cannot overlap.
//!
//! Pages are read in their order. If rows are removed meanwhile, a row can move up from a page that comes next to one that
//! was already read. So if rows have ids, a list of several pages is also read back to its first page, and rows that were
//! not seen before are returned then. A row that exists all the time is missed only if it moves up on the way forward and
//! down on the way back, which takes removed and added rows at the wrong moments.
//!
//! No response shows the rows around the border of two pages. So only a list that fits on its first page counts as
//! complete.

use cvm_protocol::List;

use super::{Cursor, NewItems, Position};
use crate::Error;

/// What was learned about the pages of a list by page number.
#[derive(Debug, Default)]
pub(super) struct PageNumbers {
    /// The number of pages before the one at which the caller starts.
    skipped: u64,
    /// The number of rows on the pages so far, without the skipped ones.
    rows: u64,
    /// The number of rows on the first page. The service may return shorter pages than requested.
    page_length: Option<u64>,
    /// Whether pages were skipped, have different lengths, or had no new row. Then it is unclear how many rows are before
    /// a page.
    is_position_unclear: bool,
    /// The total that came with the latest page.
    total: Option<u64>,
    /// The page that is read next on the way back.
    way_back: Option<u64>,
}

impl PageNumbers {
    /// The caller starts after this many pages.
    pub(super) fn starting_after(skipped: u64) -> Self {
        Self { skipped, is_position_unclear: skipped > 0, ..Self::default() }
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
        if self.numbers.way_back.is_some() {
            return Ok(self.process_way_back(page, list));
        }
        let received = list.len() as u64;
        let before = self.total;
        // A page without a total does not invalidate the total of an earlier one.
        self.total = total.or(before);
        let rows = self.numbers.rows.saturating_add(received);
        let reached = self.numbers.skipped.saturating_mul(self.limit).saturating_add(rows);
        let lacks_rows = match (self.total, self.numbers.total) {
            // Behind the last page, rows that were added since then are not missing.
            (Some(total), Some(then)) if received == 0 => reached < total.min(then),
            (Some(total), _) => reached < total,
            // No items and no total: this is not a valid list.
            (None, _) => received == 0 && page <= self.start,
        };
        // A total that counts other items too proves nothing. An empty page is read once more, because it may be a late
        // copy of another one.
        let is_inexact = !self.is_total_exact && self.total.is_some();
        if received == 0 && lacks_rows && !(is_inexact && self.is_stuck) {
            return self.stuck(reached);
        }
        self.is_stuck = false;
        // It may be a late copy of an earlier page instead of this one. This is checked once: a real list can look
        // the same.
        let only_repeats = received > 0 && !self.seen.is_empty() && self.has_seen_all(list);
        self.is_repeated = only_repeats && self.empty_pages == 0 && !self.is_repeated;
        if self.is_repeated {
            return Ok(None);
        }
        let keep = self.deduplicate(list);
        let has_new = keep.contains(&true);
        let is_at_total = self.is_total_exact
            && self.total == Some(reached)
            && !self.numbers.is_position_unclear
            && (has_new || received == 0);
        // Without a clear position, or with a total below the number of received items, only a page without a new item
        // ends the list.
        let is_behind_end = received < self.limit && !has_new && (is_inexact || !lacks_rows);
        if is_at_total || is_behind_end || received == 0 {
            let is_first = self.info.style.start().is_some_and(|(_, first)| page == first);
            self.is_complete = is_first && self.is_total_exact && total == Some(received);
            self.next = None;
            if self.info.id.is_some() {
                self.numbers.way_back = self.page_before(page);
            }
        } else {
            self.count_empty_pages(&keep, self.max_empty_pages(before))?;
            let numbers = &mut self.numbers;
            numbers.rows = rows;
            numbers.total = total;
            let page_length = *numbers.page_length.get_or_insert(received);
            numbers.is_position_unclear |= received != page_length || !has_new;
            self.next = page.checked_add(1).map(Position::PageNumber);
        }
        Ok(Some(NewItems { keep, total: self.total }))
    }

    /// Processes a page that was already read on the way forward: only a row that moved onto it is new.
    fn process_way_back(&mut self, page: u64, list: &dyn List) -> Option<NewItems> {
        self.numbers.way_back = self.page_before(page);
        let keep = self.deduplicate(list);
        keep.contains(&true).then_some(NewItems { keep, total: self.total })
    }

    /// The page before this one; `None` if the list starts with this one.
    fn page_before(&self, page: u64) -> Option<u64> {
        page.checked_sub(1).filter(|page| *page >= self.start)
    }
}
