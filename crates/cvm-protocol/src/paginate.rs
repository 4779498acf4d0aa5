//! How a long answer is read page by page, as data; the runtime is the transport's.

use crate::{Action, Model};

/// An action whose answer is a list in pages.
pub trait Paginate: Action {
    /// One entry of the list.
    type Item: Send + 'static;

    /// Takes the entries out of one answer.
    fn items(response: Self::Response) -> Vec<Self::Item>;
}

/// How an action divides its list.
#[derive(Clone, Copy, Debug)]
pub struct PageInfo {
    /// By position or by token.
    pub style: PageStyle,
    /// Response member that holds the entries.
    pub items: &'static str,
    /// Member of an entry that tells it from all others; rows can shift between pages, ids do not.
    pub id: Option<&'static str>,
    /// Whether the total counts the entries that match the request. Where it does not, it counts those of the whole
    /// account, or something else: see [`Self::has_exact_total`].
    pub is_total_exact: bool,
    /// Entries in a page when the request does not say.
    pub default_limit: u64,
    /// Fewest entries that a request may ask for.
    pub min_limit: u64,
    /// Most entries that a request may ask for.
    pub max_limit: u64,
}

impl PageInfo {
    /// Whether the total of a response to this request is the number of entries that match. A request that gives
    /// nothing but a place in the list asks for all entries of the account.
    #[must_use]
    pub fn has_exact_total(&self, request: &dyn Model) -> bool {
        let PageStyle::Offset { offset, limit, .. } = self.style else { return true };
        let members = request.table().members.iter().enumerate();
        let narrows = |(index, field): (usize, &crate::FieldInfo)| {
            ![offset, limit].contains(&field.wire) && request.member(index).is_given()
        };
        self.is_total_exact || !members.into_iter().any(narrows)
    }
}

/// By position or by token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageStyle {
    /// A position and a length; the answer tells how many there are in all.
    Offset {
        /// Request member for the position of the first entry, counted from 0.
        offset: &'static str,
        /// Request member for the length.
        limit: &'static str,
        /// Response member for the number of entries in all pages.
        total: &'static str,
    },
    /// A token that the previous page gave.
    Token {
        /// Request member that takes the token.
        token_in: &'static str,
        /// Response member that gives the next one; empty or absent at the end.
        token_out: &'static str,
        /// Request member for the length.
        limit: &'static str,
    },
}

impl PageStyle {
    /// Request member for the length of a page.
    #[must_use]
    pub const fn limit(&self) -> &'static str {
        match self {
            Self::Offset { limit, .. } | Self::Token { limit, .. } => limit,
        }
    }
}
