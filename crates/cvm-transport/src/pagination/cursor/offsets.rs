//! Lists by offset, whose pages overlap.
//!
//! A list can change while it is read. So each page overlaps the one before it by some rows. If it contains a row that
//! was already seen, no row lies between the two pages. If it contains none, rows have moved up, and the gap is read
//! first. This way every row that exists all the time is seen, whatever is added or removed.

use cvm_protocol::List;

use super::{Cursor, MAX_EMPTY_PAGES, NewItems, Position};
use crate::Error;

/// The factor by which the overlap grows each time a gap is found.
const GROWTH: u64 = 4;

impl Cursor {
    /// The offsets of the pages from this offset to the known end of the list.
    pub(crate) fn offsets_from(&self, at: u64) -> impl Iterator<Item = u64> + use<> {
        let step = self.limit.saturating_sub(self.overlap).max(1);
        // After a gap it is unknown where the next page begins.
        let end = self.total.filter(|_| !self.is_in_gap).unwrap_or(0);
        let overlap = self.overlap;
        std::iter::successors(Some(at), move |offset| {
            offset.checked_add(step).filter(|next| next.saturating_add(overlap) < end)
        })
    }

    pub(super) fn process_offset(
        &mut self,
        at: u64,
        list: &dyn List,
        total: Option<u64>,
    ) -> Result<Option<NewItems>, Error> {
        let received = list.len() as u64;
        let (before, largest_before) = (self.total, self.largest_total);
        self.record_total(total);
        let reached = at.saturating_add(received);
        let next = match self.next {
            Some(Position::Offset(next)) => next,
            _ => at,
        };
        let expects_more = match self.total {
            Some(total) => reached < total,
            // No items and no total: this is not a valid list.
            None => received == 0 && at <= self.start,
        };
        let only_repeats = !self.is_in_gap && !self.seen.is_empty() && self.has_seen_all(list);
        let has_nothing_new = received == 0 || only_repeats && reached <= next;
        if at < next && received > 0 && only_repeats && reached <= next {
            // A short page that holds only rows of the overlap says nothing about the rows from `next` on.
            self.back = 0;
            self.has_left_out_overlap = true;
            return Ok(None);
        }
        let has_left_out_overlap = std::mem::take(&mut self.has_left_out_overlap);
        let has_exact_total = self.is_total_exact && self.total.is_some();
        if has_left_out_overlap && only_repeats && received > 0 && has_exact_total {
            // The service returns the same rows, whatever the offset is.
            self.is_stuck = true;
            return self.stuck(next);
        }
        // A total that counts other items too proves nothing. The page is read once more, because it may be a late
        // copy of another one.
        let is_inexact = !self.is_total_exact && total.is_some();
        if expects_more && has_nothing_new && !(is_inexact && self.is_stuck) {
            return self.stuck(next);
        }
        let was_stuck = std::mem::take(&mut self.is_stuck);
        // It may be a late copy of an earlier page instead of this one. This is checked once: a real list can look
        // the same.
        let is_repeated = only_repeats && received > 0 && reached > next && self.empty_pages == 0;
        self.is_repeated = is_repeated && !self.is_repeated;
        if self.is_repeated {
            return Ok(None);
        }
        if !self.continues(at, list, before != self.total) {
            let shrunk = before.unwrap_or(0).saturating_sub(self.total.unwrap_or(0));
            let half = (self.limit / 2).max(1);
            self.overlap = self.overlap.max(1).saturating_mul(GROWTH).min(half);
            self.back = self.back.saturating_mul(2).max(self.overlap).max(shrunk.saturating_add(1));
            self.is_in_gap = true;
            return Ok(None);
        }
        let is_below_largest = self.is_total_exact && self.largest_total > Some(reached);
        if received == 0 && is_below_largest && !was_stuck {
            // The totals contradict each other, so the end is read once more.
            self.is_stuck = true;
            return Ok(None);
        }
        let is_promised = self.is_total_exact && self.total > Some(at);
        let is_same = self.is_previous_page(list, is_promised);
        let keep = self.deduplicate(list);
        let has_new = keep.contains(&true) && !is_same;
        let seen = self.start.saturating_add(self.seen.len() as u64);
        let lacks_rows = self.info.id.is_some()
            && has_exact_total
            && self.total.is_some_and(|total| seen < total);
        let was_end_doubted = self.is_end_doubted;
        if has_new {
            self.is_end_doubted = false;
        }
        self.back = self.overlap.min(received / 2);
        self.is_in_gap = false;
        let is_last = match self.total {
            Some(total) if self.is_total_exact && reached < total => false,
            Some(total) if self.is_total_exact && reached == total => {
                // A total below an earlier one is confirmed by one more page.
                self.is_end_doubted = is_below_largest;
                // A page of repeated rows is no end if the total promises others.
                let is_repeat = is_same || lacks_rows && !has_new && !self.has_total_changed;
                !is_repeat && (!is_below_largest || was_end_doubted)
            }
            // Without an exact total, or with one below the number of received items or below an earlier total, only a page
            // behind the rows ends the list: the service may return shorter pages than requested, and rows that were
            // added can fill a page with known ones. If all pages are the same short page, the service ignores the offset.
            _ => {
                let is_whole_list = received < self.limit && received == self.seen.len() as u64;
                let ignores_offset = !has_new && is_whole_list && !lacks_rows;
                has_nothing_new || ignores_offset && self.empty_pages >= MAX_EMPTY_PAGES
            }
        };
        if is_last || received == 0 {
            self.is_complete = is_inexact || total == Some(reached);
            self.next = None;
        } else {
            let max = self.max_empty_pages(largest_before, self.limit);
            self.count_empty_pages(has_new, max)?;
            self.next = Some(Position::Offset(reached));
        }
        Ok(Some(NewItems { keep, total: self.total }))
    }

    /// Whether no row lies between this page and the rows that were seen.
    fn continues(&self, at: u64, list: &dyn List, has_changed: bool) -> bool {
        if at <= self.start || self.info.id.is_none() {
            return true;
        }
        if self.back == 0 && !has_changed {
            return true;
        }
        (0..list.len()).any(|index| self.has_seen(list, index))
    }
}
