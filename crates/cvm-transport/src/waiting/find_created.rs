//! Finds out whether something was created by a request whose outcome is unknown, by reading a list.

use std::fmt;
use std::future::IntoFuture;
use std::time::{Duration, Instant as StdInstant};

use cvm_protocol::{PageInfo, PageStyle, Paginate};
use tokio::time::{Instant, timeout_at};

use crate::client::Client;
use crate::http::client::BoxFuture;
use crate::waiting::schedule::Schedule;
use crate::{Error, Position};

/// A search that has not begun: `.await` it, or set options first.
///
/// No query shows a client token, so what was created is recognised by a mark of the caller's own that
/// the request carried: a tag with a value made for this one request, or a unique name. The list is read
/// at the times of a [`Reconcile`](crate::Reconcile), counted from the [sending](Self::sent), because
/// one reading proves nothing: the request may still be on its way. Nothing is ever sent again.
///
/// The predicate may look at any member, so a list in which an item lacks one that is always present does not
/// prove that nothing matches. Members that may be absent or null prove nothing either: choose a mark that is
/// always present, such as a name.
///
/// A reading may take a third of the settle time, at least 10 s, so the whole ends that long after the settle time
/// at the latest. For a list that takes longer to read, filter it or choose a longer settle time.
///
/// # A launch of instances
///
/// The request carried the tag `launch=7f3c…`, written down before it was sent. The list is filtered by
/// the tag in the service, and the predicate compares once more:
///
/// ```ignore
/// let error = client.send(launch).await.unwrap_err();
/// if error.outcome_unknown().is_some() {
///     let list = DescribeInstances {
///         filters: vec![Filter { name: "tag:launch".into(), values: vec![mark.clone()] }],
///         ..Default::default()
///     };
///     let ours = move |instance: &Instance| instance.tags.iter().any(|tag| tag.value == mark);
///     match client.reconcile_creation(list, ours).sent(sent).expected(3).await? {
///         Creation::Found(instances) if instances.len() == 3 => { /* done; look at their states */ }
///         Creation::Found(instances) => { /* more or fewer than asked for: a person decides */ }
///         Creation::NotFound => { /* not done: a new launch is a new decision */ }
///         _ => { /* nothing can be said yet: ask again later */ }
///     }
/// }
/// ```
///
/// **More matches than were asked for** mean that the mark was not unique or that something was created
/// twice. Which of them may go is a person's decision: destroy none of them by program. A match whose
/// state says that its creation failed is a decision too, and no reason to send the request again.
#[must_use = "a search does nothing unless awaited"]
pub struct FindCreated<A: Paginate, F> {
    client: Client,
    list: A,
    matches: F,
    sent: StdInstant,
    settle: Duration,
    expected: usize,
}

/// Whether something was created.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CreatedResources<T> {
    /// These items match, one or more. Compare their number with what was asked for.
    Found(Vec<T>),
    /// Nothing matched in any reading, and the last was made when the settle time was over.
    NotFound,
    /// Nothing can be said: a reading failed, took too long, showed no whole list or incomplete items, or what
    /// had matched was gone later.
    Unknown,
}

impl<A: Paginate, F> fmt::Debug for FindCreated<A, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReconcileCreation")
            .field("action", &A::INFO.name)
            .field("settle", &self.settle)
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}

impl<A, F> FindCreated<A, F>
where
    A: Paginate,
    F: FnMut(&A::Item) -> bool + Send + 'static,
{
    pub(crate) fn new(client: Client, list: A, matches: F) -> Self {
        let settle = Duration::from_secs(60);
        Self { client, list, matches, sent: Instant::now().into_std(), settle, expected: 1 }
    }

    /// When the request was last sent. Default: now, which is never too early.
    pub const fn sent(mut self, at: StdInstant) -> Self {
        self.sent = at;
        self
    }

    /// How long after the sending something may still appear. Default: 60 s; images, hosts and pools
    /// need longer.
    pub const fn settle(mut self, settle: Duration) -> Self {
        self.settle = settle;
        self
    }

    /// How many items the request asked for. Default: 1. Fewer are waited for to the end of the settle
    /// time.
    pub const fn expected(mut self, items: usize) -> Self {
        self.expected = items;
        self
    }

    async fn run(mut self) -> Result<CreatedResources<A::Item>, Error> {
        let mut all_read = true;
        let mut ever_found = false;
        let mut latest: Option<Vec<A::Item>> = None;
        let mut schedule = Schedule::new(Instant::from_std(self.sent), self.settle);
        while let Some(until) = schedule.next().await {
            let read = timeout_at(until, self.read(until)).await;
            schedule.ended();
            let Ok(read) = read else {
                all_read = false;
                latest = latest.filter(|found| !found.is_empty());
                continue;
            };
            match read {
                // A list whose end is not sure, and that shows nothing, may have hidden it.
                Ok((found, false)) if found.is_empty() => {
                    all_read = false;
                    latest = latest.filter(|found| !found.is_empty());
                }
                Ok((found, is_complete)) => {
                    all_read &= is_complete;
                    let before = latest.as_ref().map(Vec::len);
                    // The same number twice: no second creation is just appearing.
                    if found.len() >= self.expected.max(1) && before == Some(found.len()) {
                        return Ok(CreatedResources::Found(found));
                    }
                    ever_found |= !found.is_empty();
                    latest = Some(found);
                }
                Err(error) if crate::waiting::poller::is_transient(&error) => {
                    all_read = false;
                    // What was not seen last is not vouched for.
                    latest = latest.filter(|found| !found.is_empty());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(match latest {
            Some(found) if !found.is_empty() => CreatedResources::Found(found),
            Some(_) if all_read && !ever_found => CreatedResources::NotFound,
            _ => CreatedResources::Unknown,
        })
    }

    /// The items that match, and whether the list was whole and its items complete.
    async fn read(&mut self, until: Instant) -> Result<(Vec<A::Item>, bool), Error> {
        // What is concluded from a reading must not come from a late copy of another response.
        let client = self.client.with_fresh_connections().with_most_time(until);
        let mut pages = client.pages(crate::pagination::paginator::copy(&self.list));
        if let Some(PageInfo { style: PageStyle::Offset { .. }, .. }) = A::INFO.paginate {
            // Rows before an offset of the request's own would never be looked at.
            pages = pages.resume(Position::Offset(0));
        }
        let mut found = Vec::new();
        while let Some(page) = pages.try_next().await? {
            found.extend(page.items.into_iter().filter(|item| (self.matches)(item)));
        }
        Ok((found, pages.is_complete() && !pages.has_partial_items()))
    }
}

impl<A, F> IntoFuture for FindCreated<A, F>
where
    A: Paginate,
    F: FnMut(&A::Item) -> bool + Send + 'static,
{
    type Output = Result<CreatedResources<A::Item>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
