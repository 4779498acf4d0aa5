//! Describes how an action divides its list into pages. The transport reads them.

use crate::{FieldInfo, Model};

/// How an action divides its list.
#[derive(Clone, Copy, Debug)]
pub struct PageInfo {
    /// By offset, by page number or by token.
    pub style: PageStyle,
    /// Response member that holds the items, or the path to it: `Data.Items`.
    pub items: &'static str,
    /// Member of an item that is its id. Items can move between pages; ids do not change.
    pub id: Option<&'static str>,
    /// Whether the total counts the items that match the request. Otherwise it counts those of the whole account, or
    /// something else: see [`Self::has_exact_total`].
    pub is_total_exact: bool,
    /// Default number of items in a page.
    pub default_limit: u64,
    /// Minimum number of items in a page.
    pub min_limit: u64,
    /// Maximum number of items in a page.
    pub max_limit: u64,
}

impl PageInfo {
    /// Whether the total of a response to this request is the number of matching items. A request with nothing but a
    /// position and a limit asks for all items of the account.
    #[must_use]
    pub fn has_exact_total(&self, request: &dyn Model) -> bool {
        let Some((position, _)) = self.style.start() else { return true };
        let members = request.table().members.iter().enumerate();
        let narrows = |(index, field): (usize, &FieldInfo)| {
            ![position, self.style.limit()].contains(&field.wire)
                && request.member(index).is_given()
        };
        self.is_total_exact || !members.into_iter().any(narrows)
    }
}

/// By offset, by page number or by token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageStyle {
    /// An offset and a limit; the response has the total.
    Offset {
        /// Request member for the offset of the first item, counted from 0.
        offset: &'static str,
        /// Request member for the limit.
        limit: &'static str,
        /// Response member for the number of items in all pages, or the path to it.
        total: &'static str,
    },
    /// The number of a page and the size of all pages; the response has the total. Such pages cannot overlap, so several
    /// of them never prove that an item does not exist.
    Number {
        /// Request member for the number of the page.
        number: &'static str,
        /// Request member for the number of items in a page.
        limit: &'static str,
        /// Response member for the number of items in all pages, or the path to it.
        total: &'static str,
        /// The number of the first page: 1, or 0.
        first: u64,
    },
    /// A token from the previous page.
    Token {
        /// Request member that takes the token.
        token_in: &'static str,
        /// Response member with the next token; empty or absent at the end.
        token_out: &'static str,
        /// Request member for the limit; empty if the action has none.
        limit: &'static str,
    },
}

impl PageStyle {
    /// Request member for the number of items in a page; empty if the service decides it.
    #[must_use]
    pub const fn limit(&self) -> &'static str {
        match self {
            Self::Offset { limit, .. } | Self::Number { limit, .. } | Self::Token { limit, .. } => {
                limit
            }
        }
    }

    /// Request member for the position of a page, and its value for the first page. A list with tokens has none: it
    /// begins without a token.
    #[must_use]
    pub const fn start(&self) -> Option<(&'static str, u64)> {
        match *self {
            Self::Offset { offset, .. } => Some((offset, 0)),
            Self::Number { number, first, .. } => Some((number, first)),
            Self::Token { .. } => None,
        }
    }
}
