//! Reads a whole list on which a decision depends.

use cvm_protocol::{PageInfo, PageStyle, Paginate};
use tokio::time::Instant;

use crate::Error;
use crate::client::Client;
use crate::pagination::Position;
use crate::pagination::paginator::copy_request;

/// A list that was read to its end.
pub(crate) struct WholeList<T> {
    /// The wanted items.
    pub(crate) items: Vec<T>,
    /// The ids of all items; none if the specification names no id.
    pub(crate) ids: Vec<String>,
    /// Whether the service confirmed the end of the list, and no item lacks a member that is always present. Otherwise
    /// the list does not prove that nothing else matches. Several pages by page number never prove it.
    pub(crate) is_complete: bool,
}

/// Reads a list from its beginning by this deadline, and keeps the wanted items.
pub(crate) async fn read_whole_list<A: Paginate>(
    client: &Client,
    request: &A,
    until: Instant,
    mut is_wanted: impl FnMut(&A::Item) -> bool + Send,
) -> Result<WholeList<A::Item>, Error> {
    // A late copy of another response must not decide anything.
    let client = client.with_fresh_connections().with_deadline(until);
    let mut pages = client.pages(copy_request(request));
    // Rows before the position in the request would never be read.
    pages = match A::INFO.paginate {
        Some(PageInfo { style: PageStyle::Offset { .. }, .. }) => pages.resume(Position::Offset(0)),
        Some(PageInfo { style: PageStyle::Number { first, .. }, .. }) => {
            pages.resume(Position::PageNumber(first))
        }
        Some(PageInfo { style: PageStyle::Token { .. }, .. }) => {
            pages.resume(Position::Token(String::new()))
        }
        None => pages,
    };
    pages.keep_ids();
    let mut items = Vec::new();
    while let Some(page) = pages.try_next().await? {
        items.extend(page.items.into_iter().filter(|item| is_wanted(item)));
    }
    let is_complete = pages.is_complete() && !pages.has_partial_items();
    Ok(WholeList { items, ids: pages.take_ids(), is_complete })
}
