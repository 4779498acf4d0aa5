//! Pages of the tag service: the offset must be a multiple of the limit, and the response repeats both.

use crate::api_error::{ApiError, DocumentedCodes};
use crate::page::Page;

/// The requested page of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paging {
    pub(super) offset: u64,
    pub(super) limit: u64,
    page: Page,
}

impl Paging {
    /// The page of a checked request.
    pub(super) fn of(
        codes: DocumentedCodes,
        offset: Option<u64>,
        limit: Option<u64>,
    ) -> Result<Self, ApiError> {
        let default_limit = codes.0.paginate.map_or(0, |page| page.default_limit);
        let (offset, limit) = (offset.unwrap_or(0), limit.unwrap_or(default_limit));
        if offset.checked_rem(limit).is_none_or(|rest| rest != 0) {
            let message = format!(
                "`Offset` is {offset}, but must be a multiple of `Limit`, which is {limit}."
            );
            return Err(
                codes.error(["InvalidParameterValue.Offset", "InvalidParameterValue"], message)
            );
        }
        Ok(Self { offset, limit, page: Page::of(codes.0, Some(offset), Some(limit)) })
    }

    /// The items of the page, converted only if they are on it, and the total count.
    pub(super) fn cut<T, R>(
        &self,
        all: impl Iterator<Item = T>,
        make: impl Fn(T) -> R,
    ) -> (Vec<R>, u64) {
        let (items, total) = self.page.cut(all, make);
        (items, u64::try_from(total).unwrap_or(0))
    }
}
