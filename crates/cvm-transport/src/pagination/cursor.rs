//! Where the reading of a list is: which page comes next, what was seen, and when to stop.
//!
//! A list by position changes while it is read. So a page overlaps the one before it by some rows: if it
//! holds a row that was seen, nothing lies between the two. If it holds none, rows have moved up, and the
//! gap is read first. In this way each row that is there all the time is seen, whatever comes and goes.

use std::collections::HashSet;

use cvm_protocol::{
    Gaps, List, ListDefect, Model, PageInfo, PageStyle, Value, json, member_named, total_of,
};

use crate::error::Kind;
use crate::{Error, Position, set_member};

/// Most pages of one list. At a hundred items a page this is a million items.
const MAX_PAGES: u32 = 10_000;
/// Most pages in a row that bring nothing new, before the server is taken for one that never ends.
const MAX_EMPTY_PAGES: u64 = 5;
/// How often the overlap grows, each time a gap was found.
const GROWTH: u64 = 4;

/// The place in a list. Knows no action: it reads and writes members by name.
#[derive(Debug)]
pub(crate) struct Cursor {
    pub(crate) info: &'static PageInfo,
    pub(crate) limit: u64,
    /// The total is the number of items that match the request.
    is_total_exact: bool,
    next: Option<Position>,
    /// Where the caller wants the list to begin.
    start: u64,
    /// Rows that two pages have in common.
    overlap: u64,
    /// How far before `next` the next page begins.
    back: u64,
    /// A gap was found, and rows before it are being looked for.
    is_in_gap: bool,
    /// The latest page was empty, or had only rows of the overlap, though there should be more.
    is_stuck: bool,
    /// The latest page had only rows that were seen, where there should be new ones.
    is_repeated: bool,
    is_complete: bool,
    pages: u32,
    empty_pages: u64,
    total: Option<u64>,
    seen: HashSet<String>,
    tokens: HashSet<String>,
    latest: Vec<u8>,
}

/// What one page brought.
pub(crate) struct Read {
    /// For each item, whether it is new.
    pub(crate) keep: Vec<bool>,
    pub(crate) total: Option<u64>,
}

impl Cursor {
    pub(crate) fn new(info: &'static PageInfo, request: &dyn Model) -> Self {
        let given = |name| member_named(request, name).as_i64().and_then(|n| u64::try_from(n).ok());
        let limit = given(info.style.limit()).filter(|limit| *limit > 0).unwrap_or(info.max_limit);
        let next = match &info.style {
            PageStyle::Offset { offset, .. } => Position::Offset(given(offset).unwrap_or(0)),
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
            is_repeated: false,
            is_complete: false,
            pages: 0,
            empty_pages: 0,
            total: None,
            seen: HashSet::new(),
            tokens: HashSet::new(),
            latest: Vec::new(),
        };
        cursor.set_limit(limit);
        cursor.begin_at(next);
        cursor
    }

    /// Begins here; false if the list does not know such a position.
    pub(crate) fn begin_at(&mut self, position: Position) -> bool {
        let fits = match (&self.info.style, &position) {
            (PageStyle::Offset { .. }, Position::Offset(at)) => {
                self.start = *at;
                true
            }
            (PageStyle::Token { .. }, Position::Token(_)) => true,
            _ => false,
        };
        self.next = Some(position);
        fits
    }

    pub(crate) fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
        // A page of one row has no room for a second.
        self.overlap = u64::from(limit > 1 && self.info.id.is_some());
    }

    /// Where the next page begins, not counting rows that it has in common with those before.
    pub(crate) fn next(&self) -> Option<Position> {
        self.next.clone()
    }

    /// Where the next page is read.
    pub(crate) fn position(&self) -> Option<Position> {
        match self.next.clone()? {
            Position::Offset(next) => {
                let mut at = next.saturating_sub(self.back);
                if self.is_in_gap
                    && self.is_total_exact
                    && let Some(total) = self.total
                {
                    // Beyond the end there is nothing that was seen.
                    at = at.min(total.saturating_sub(self.overlap));
                }
                Some(Position::Offset(at.max(self.start)))
            }
            token @ Position::Token(_) => Some(token),
        }
    }

    /// Whether the whole list was read, and the service said so.
    pub(crate) const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The pages that begin at or after this position, as far as the list is known to reach.
    pub(crate) fn offsets_from(&self, at: u64) -> impl Iterator<Item = u64> + use<> {
        let step = self.limit.saturating_sub(self.overlap).max(1);
        // After a gap it is unknown where the next page will begin.
        let end = self.total.filter(|_| !self.is_in_gap).unwrap_or(0);
        let overlap = self.overlap;
        std::iter::successors(Some(at), move |offset| {
            offset.checked_add(step).filter(|next| next.saturating_add(overlap) < end)
        })
    }

    pub(crate) fn write(&self, position: &Position, request: &mut dyn Model) {
        match (&self.info.style, position) {
            (PageStyle::Offset { offset, limit, .. }, Position::Offset(at)) => {
                set_member::number(request, offset, *at);
                set_member::number(request, limit, self.limit);
            }
            (PageStyle::Token { token_in, limit, .. }, Position::Token(token)) => {
                if !token.is_empty() {
                    set_member::text(request, token_in, token);
                }
                set_member::number(request, limit, self.limit);
            }
            // `begin_at` has refused it.
            _ => {}
        }
    }

    /// Takes what a page brought; `None` when another page has to be read before it counts.
    pub(crate) fn read(
        &mut self,
        position: Position,
        response: &dyn Model,
        gaps: &Gaps,
    ) -> Result<Option<Read>, Error> {
        let unusable = |defect: ListDefect| Error::new(Kind::Response, defect.to_string());
        let list = ListDefect::check(response, gaps, self.info.items, self.info.id);
        let list = list.map_err(unusable)?;
        self.pages += 1;
        if self.pages >= MAX_PAGES {
            return Err(Error::new(Kind::Paging, "list has more pages than any list should"));
        }
        match (&self.info.style, position) {
            (PageStyle::Offset { total, .. }, Position::Offset(at)) => {
                self.read_offset(at, list, total_of(response, gaps, total))
            }
            (PageStyle::Token { token_out, .. }, _) => {
                let token = member_named(response, token_out).text().unwrap_or_default();
                self.read_token(list, token).map(Some)
            }
            (PageStyle::Offset { .. }, Position::Token(_)) => {
                self.next = None;
                Ok(None)
            }
        }
    }

    fn read_token(&mut self, list: &dyn List, token: String) -> Result<Read, Error> {
        let keep = self.deduplicate(list);
        self.count_barren(&keep, MAX_EMPTY_PAGES)?;
        self.is_complete = token.is_empty();
        self.next = if token.is_empty() {
            None
        } else if self.tokens.insert(token.clone()) {
            Some(Position::Token(token))
        } else {
            return Err(Error::new(Kind::Paging, "service gave the same page token twice"));
        };
        Ok(Read { keep, total: None })
    }

    fn read_offset(
        &mut self,
        at: u64,
        list: &dyn List,
        total: Option<u64>,
    ) -> Result<Option<Read>, Error> {
        let received = list.len() as u64;
        let before = self.total;
        self.total = total.or(before);
        let reached = at.saturating_add(received);
        let next = match self.next {
            Some(Position::Offset(next)) => next,
            _ => at,
        };
        // A page without the number does not take back what an earlier one said.
        let promises_more = match self.total {
            Some(total) => reached < total,
            // Nothing at all, and no number that says so, is no list.
            None => received == 0 && at <= self.start,
        };
        let only_repeats = !self.is_in_gap && !self.seen.is_empty() && self.has_seen_all(list);
        let has_nothing_new = received == 0 || only_repeats && reached <= next;
        // A total that counts other items too promises nothing. The page is read once more, since it may be a late
        // copy of another one.
        let is_loose = !self.is_total_exact && total.is_some();
        if promises_more && has_nothing_new && !(is_loose && self.is_stuck) {
            return self.stuck(next);
        }
        self.is_stuck = false;
        // Perhaps it is a late copy of an earlier page, which came in the place of this one. That is asked
        // once: a list may also be so.
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
        let keep = self.deduplicate(list);
        self.back = self.overlap.min(received / 2);
        self.is_in_gap = false;
        let is_last = match self.total {
            // It may count fewer, too. One that counts more is reason to read on, in case the page was cut short.
            Some(total) if is_loose => has_nothing_new || received < self.limit && reached >= total,
            Some(total) if reached <= total => reached == total,
            // There is no number, or fewer in all than were just given: only a page that is not full
            // tells the end then.
            _ => received < self.limit,
        };
        if is_last || received == 0 {
            self.is_complete = is_loose || total == Some(reached);
            self.next = None;
        } else {
            // Rows that were put before those that were seen move these on, by pages full of them. While rows
            // come as fast as pages are read, only the most pages of a list are the limit.
            let old = self.seen.len() as u64 / (self.limit / 2).max(1);
            let is_growing = before.is_some() && self.total > before;
            self.count_barren(&keep, if is_growing { u64::MAX } else { MAX_EMPTY_PAGES + old })?;
            self.next = Some(Position::Offset(reached));
        }
        Ok(Some(Read { keep, total: self.total }))
    }

    /// Whether a page brings nothing new.
    fn has_seen_all(&self, list: &dyn List) -> bool {
        (0..list.len()).all(|index| self.has_seen(list, index))
    }

    /// Whether nothing lies between this page and what was seen.
    fn continues(&self, at: u64, list: &dyn List, has_changed: bool) -> bool {
        if at <= self.start || self.info.id.is_none() {
            return true;
        }
        if self.back == 0 && !has_changed {
            return true;
        }
        (0..list.len()).any(|index| self.has_seen(list, index))
    }

    fn has_seen(&self, list: &dyn List, index: usize) -> bool {
        id_of(self.info, list, index).is_some_and(|id| self.seen.contains(&id))
    }

    /// A page without the rows that there should be: it is read once more, and then it is an error.
    fn stuck(&mut self, next: u64) -> Result<Option<Read>, Error> {
        self.is_stuck = !self.is_stuck;
        if self.is_stuck {
            return Ok(None);
        }
        let items = self.info.items;
        let text = match self.total {
            Some(total) => {
                format!("`{items}` has no item from {next} on, though there are {total} in all")
            }
            None => format!("`{items}` is empty, and no member says how many items there are"),
        };
        Err(Error::new(Kind::Response, text))
    }

    fn count_barren(&mut self, keep: &[bool], most: u64) -> Result<(), Error> {
        self.empty_pages =
            if keep.contains(&true) { 0 } else { self.empty_pages.saturating_add(1) };
        if self.empty_pages > most {
            let text = "service gives the same items again and again, or pages without any";
            return Err(Error::new(Kind::Paging, text));
        }
        Ok(())
    }

    /// Which items of a page were not seen before.
    fn deduplicate(&mut self, list: &dyn List) -> Vec<bool> {
        let count = list.len();
        if self.info.id.is_none() {
            // Without ids all that can be told is whether the page is the very same.
            let mut text = Vec::new();
            for index in 0..count {
                if let Value::Object(item) = list.at(index) {
                    text.extend(json::to_vec(item).unwrap_or_default());
                }
            }
            let is_new = text.is_empty() || text != self.latest;
            self.latest = text;
            return vec![is_new; count];
        }
        (0..count)
            .map(|index| match id_of(self.info, list, index) {
                Some(id) => self.seen.insert(id),
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
