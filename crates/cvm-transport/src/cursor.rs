//! Where the reading of a list is: which page comes next, what was seen, and when to stop.

use std::collections::HashSet;

use cvm_protocol::{Model, PageInfo, PageStyle, Value, json, member_named};

use crate::{Position, fill};

/// Most pages of one list. At a hundred items a page this is a million items.
const MAX_PAGES: u32 = 10_000;
/// Most pages in a row that bring nothing new, before the server is taken for one that never ends.
const MAX_BARREN: u32 = 5;

/// The place in a list. Knows no action: it reads and writes members by name.
#[derive(Debug)]
pub(crate) struct Cursor {
    pub(crate) info: &'static PageInfo,
    pub(crate) limit: u64,
    pub(crate) next: Option<Position>,
    pages: u32,
    barren: u32,
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
    /// The list is not what it was when the page before was read.
    pub(crate) changed: bool,
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
        Self {
            info,
            limit,
            next: Some(next),
            pages: 0,
            barren: 0,
            total: None,
            seen: HashSet::new(),
            tokens: HashSet::new(),
            latest: Vec::new(),
        }
    }

    /// The pages that begin at or after this position, as far as the list is known to reach.
    pub(crate) fn offsets_from(&self, at: u64) -> impl Iterator<Item = u64> + use<> {
        let (step, end) = (self.limit.max(1), self.total.unwrap_or(0));
        std::iter::successors(Some(at), move |offset| {
            offset.checked_add(step).filter(|next| *next < end)
        })
    }

    pub(crate) fn write(&self, position: &Position, request: &mut dyn Model) {
        match (&self.info.style, position) {
            (PageStyle::Offset { offset, limit, .. }, Position::Offset(at)) => {
                fill::number(request, offset, *at);
                fill::number(request, limit, self.limit);
            }
            (PageStyle::Token { token_in, limit, .. }, Position::Token(token)) => {
                if !token.is_empty() {
                    fill::text(request, token_in, token);
                }
                fill::number(request, limit, self.limit);
            }
            // A position of the other kind: the service begins at the beginning.
            _ => {}
        }
    }

    pub(crate) fn read(
        &mut self,
        position: Position,
        response: &dyn Model,
    ) -> Result<Read, &'static str> {
        let items = member_named(response, self.info.items);
        let count = match items {
            Value::List(list) => list.len(),
            _ => 0,
        };
        let keep = self.sift(items, count);
        self.pages += 1;
        self.barren = if keep.contains(&true) { 0 } else { self.barren + 1 };
        if self.pages >= MAX_PAGES {
            return Err("list has more pages than any list should");
        }
        if self.barren > MAX_BARREN {
            return Err("service gives the same items again and again");
        }
        let received = count as u64;
        let before = self.total;
        self.next = match (&self.info.style, position) {
            (PageStyle::Offset { total, .. }, Position::Offset(at)) => {
                let total = member_named(response, total).as_i64();
                let total = total.and_then(|total| u64::try_from(total).ok());
                self.total = total.or(before);
                let shrunk = match (before, total) {
                    (Some(before), Some(now)) if self.info.id.is_some() => {
                        before.saturating_sub(now)
                    }
                    _ => 0,
                };
                let reached = at.saturating_add(received);
                let is_last = match total {
                    Some(total) if reached <= total => reached == total,
                    // There is no number, or fewer in all than were just given: only a page that is
                    // not full tells the end then.
                    _ => received < self.limit,
                };
                if shrunk > 0 && at > 0 {
                    // Rows went away, perhaps before this page: those that moved up are read now.
                    Some(Position::Offset(at.saturating_sub(shrunk)))
                } else {
                    (count > 0 && !is_last).then_some(Position::Offset(reached))
                }
            }
            _ if count == 0 => None,
            (PageStyle::Token { token_out, .. }, _) => {
                let token = member_named(response, token_out).text().unwrap_or_default();
                if token.is_empty() {
                    None
                } else if self.tokens.insert(token.clone()) {
                    Some(Position::Token(token))
                } else {
                    return Err("service gave the same page token twice");
                }
            }
            (PageStyle::Offset { .. }, Position::Token(_)) => None,
        };
        let changed = before.is_some() && before != self.total;
        Ok(Read { keep, total: self.total, changed })
    }

    /// Which items of a page were not seen before.
    fn sift(&mut self, items: Value<'_>, count: usize) -> Vec<bool> {
        let Value::List(list) = items else { return Vec::new() };
        let Some(id) = self.info.id else {
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
        };
        (0..count)
            .map(|index| match list.at(index) {
                Value::Object(item) => match member_named(item, id).text() {
                    Some(id) if !id.is_empty() => self.seen.insert(id),
                    _ => true,
                },
                _ => true,
            })
            .collect()
    }
}
