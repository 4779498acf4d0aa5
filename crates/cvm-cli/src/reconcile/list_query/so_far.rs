//! Whether a list with a total has more pages.

/// What the pages so far show of a list with a total.
#[derive(Clone, Copy)]
pub struct SoFar {
    pub listed: usize,
    pub total: usize,
    pub is_total_exact: bool,
    pub is_page_empty: bool,
    pub is_page_full: bool,
    pub can_page: bool,
    pub is_by_number: bool,
}

impl SoFar {
    /// Whether another page follows; or why the list is unusable.
    pub const fn has_more(self) -> Result<bool, &'static str> {
        let more = if self.is_total_exact {
            if self.listed > self.total {
                return Err("listed more items than its total");
            }
            self.listed < self.total
        } else {
            // A short page may have been truncated. A page without a new item is the end.
            let is_truncated = self.is_page_full || self.can_page && self.listed < self.total;
            !self.is_page_empty && is_truncated
        };
        if more && (self.is_page_empty || !self.can_page) {
            return Err("announced more items than it returned");
        }
        if more && self.is_by_number {
            return Err("has several pages by number, which prove nothing");
        }
        Ok(more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_that_is_incomplete_or_has_several_pages_by_number_is_unusable() {
        let whole = SoFar {
            listed: 100,
            total: 100,
            is_total_exact: true,
            is_page_empty: false,
            is_page_full: true,
            can_page: true,
            is_by_number: false,
        };
        let by_number = SoFar { is_by_number: true, ..whole };
        let inexact = SoFar { is_total_exact: false, ..whole };
        for (so_far, expected) in [
            (whole, Ok(false)),
            (SoFar { total: 101, ..whole }, Ok(true)),
            (SoFar { total: 99, ..whole }, Err("listed more items")),
            (SoFar { total: 101, is_page_empty: true, ..whole }, Err("announced more items")),
            (SoFar { total: 101, can_page: false, ..whole }, Err("announced more items")),
            (inexact, Ok(true)),
            (SoFar { is_page_empty: true, ..inexact }, Ok(false)),
            (SoFar { is_page_full: false, ..inexact }, Ok(false)),
            (by_number, Ok(false)),
            (SoFar { total: 101, ..by_number }, Err("several pages by number")),
            (SoFar { is_total_exact: false, ..by_number }, Err("several pages by number")),
        ] {
            match (so_far.has_more(), expected) {
                (Ok(more), Ok(expected)) => assert_eq!(more, expected),
                (Err(text), Err(expected)) => assert!(text.contains(expected), "{text}"),
                (found, expected) => panic!("{found:?} instead of {expected:?}"),
            }
        }
    }
}
