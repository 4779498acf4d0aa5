//! Pages by offset: exactly the requested items, and the total count.

use cvm_protocol::ActionInfo;

/// The requested part of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    offset: usize,
    limit: usize,
}

impl Page {
    /// Offset and limit of a checked request. Absent ones have the documented defaults.
    pub(crate) fn of<T: TryInto<usize>>(
        info: &ActionInfo,
        offset: Option<T>,
        limit: Option<T>,
    ) -> Self {
        let default = info.paginate.map_or(20, |page| page.default_limit);
        let default = usize::try_from(default).unwrap_or(usize::MAX);
        let number = |given: Option<T>| given.map(|number| number.try_into().unwrap_or(usize::MAX));
        Self { offset: number(offset).unwrap_or(0), limit: number(limit).unwrap_or(default) }
    }

    /// The same where the API has offset and limit as text.
    pub(crate) fn of_texts(info: &ActionInfo, offset: Option<&str>, limit: Option<&str>) -> Self {
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok());
        Self::of(info, number(offset), number(limit))
    }

    /// The number of items before the page.
    pub(crate) const fn offset(self) -> usize {
        self.offset
    }

    /// Maximum number of items of the page.
    pub(crate) const fn limit(self) -> usize {
        self.limit
    }

    /// The items of the page, converted only if they are on it, and the total count.
    pub(crate) fn cut<T, R>(
        self,
        all: impl Iterator<Item = T>,
        make: impl Fn(T) -> R,
    ) -> (Vec<R>, i64) {
        let mut part = Vec::new();
        let mut total = 0i64;
        for (index, entry) in all.enumerate() {
            total += 1;
            if index >= self.offset && part.len() < self.limit {
                part.push(make(entry));
            }
        }
        (part, total)
    }
}

#[cfg(test)]
mod tests {
    use cvm_models::actions::DescribeInstances;
    use cvm_protocol::Action;

    use super::*;

    fn cut(offset: Option<i64>, limit: Option<i64>) -> (Vec<i32>, i64) {
        Page::of(DescribeInstances::INFO, offset, limit).cut(0..45, |number| number)
    }

    #[test]
    fn page_can_be_given_as_text() {
        let cut = |offset: Option<&str>, limit: Option<&str>| {
            Page::of_texts(DescribeInstances::INFO, offset, limit).cut(0..45, |number| number).0
        };
        assert_eq!(cut(Some("40"), Some("3")), [40, 41, 42]);
        assert_eq!(cut(Some(""), None), (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn page_is_exact_and_total_counts_all_items() {
        assert_eq!(cut(None, None), ((0..20).collect(), 45));
        assert_eq!(cut(Some(40), Some(20)), ((40..45).collect(), 45));
        assert_eq!(cut(Some(10), Some(5)), ((10..15).collect(), 45));
        assert_eq!(cut(Some(45), None), (vec![], 45));
        assert_eq!(cut(Some(i64::MAX), Some(100)), (vec![], 45));
    }
}
