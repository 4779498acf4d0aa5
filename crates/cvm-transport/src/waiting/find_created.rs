//! Finds out whether a request with an unknown outcome created something, by reading a list.

use std::fmt;
use std::future::IntoFuture;
use std::time::{Duration, Instant as StdInstant};

use cvm_protocol::Paginate;
use tokio::time::{Instant, timeout_at};

use crate::Error;
use crate::client::Client;
use crate::http::client::BoxFuture;
use crate::waiting::reconcile_times::Schedule;
use crate::waiting::whole_list::read_whole_list;

/// A search for created resources: `.await` it, or set options first.
///
/// No request shows a client token, so the caller recognizes a created resource by a mark that the request set: a tag
/// with a value used only for this request, or a unique name. The list is read at the same times as in a
/// [`Reconcile`](crate::waiting::Reconcile), counted from [`sent`](Self::sent), because one read proves nothing: the request
/// may still be on its way. Nothing is ever sent again.
///
/// The predicate may check any member. If an item lacks a member that is always present, the list does not prove that
/// nothing matches. Members that may be absent or null prove nothing either: choose a mark that is always present,
/// such as a name. Neither do several pages of a list by page number: filter such a list by the mark.
///
/// A read may take a third of the settle time, at least 10 s. So the search ends that long after the settle time at
/// the latest. For a list that takes longer to read, filter it or choose a longer settle time.
///
/// # Example: a launch of instances
///
/// The request set the tag `launch=7f3c…`, which was stored before the request was sent. The service filters the list
/// by the tag, and the predicate compares it again:
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
///         CreatedResources::Found(instances) if instances.len() == 3 => { /* done; check their states */ }
///         CreatedResources::Found(instances) => { /* more or fewer than requested: let a person decide */ }
///         CreatedResources::NotFound => { /* not done: a new launch is a new decision */ }
///         _ => { /* unknown: check again later */ }
///     }
/// }
/// ```
///
/// **More matches than requested** mean that the mark was not unique, or that resources were created twice. A person
/// has to decide which of them to delete; a program must not. A match whose state says that its creation failed needs
/// a decision too, and is no reason to send the request again.
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
    /// These items match, at least one. Compare their number with the requested one.
    Found(Vec<T>),
    /// No read had a match, and the last one was at the end of the settle time.
    NotFound,
    /// Unknown: a read failed, took too long, returned an incomplete list or incomplete items, or an earlier match was
    /// missing later.
    Unknown,
}

impl Client {
    /// Finds out whether a request with an unknown outcome created something, by reading a list.
    /// The predicate recognizes a resource by a mark that the caller set, such as a tag.
    pub fn reconcile_creation<A: Paginate, F>(&self, list: A, matches: F) -> FindCreated<A, F>
    where
        F: FnMut(&A::Item) -> bool + Send + 'static,
    {
        FindCreated::new(self.clone(), list, matches)
    }
}

impl<A: Paginate, F> fmt::Debug for FindCreated<A, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FindCreated")
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

    /// How long after the request a resource may still appear. Default: 60 s; images, hosts and pools need longer.
    pub const fn settle(mut self, settle: Duration) -> Self {
        self.settle = settle;
        self
    }

    /// The requested number of items. Default: 1. If fewer match, the search continues until the end of the settle
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
                // A list without a confirmed end and without a match may have missed it.
                Ok((found, false)) if found.is_empty() => {
                    all_read = false;
                    latest = latest.filter(|found| !found.is_empty());
                }
                Ok((found, is_complete)) => {
                    all_read &= is_complete;
                    let before = latest.as_ref().map(Vec::len);
                    // The same number twice: no further resource is just appearing.
                    if found.len() >= self.expected.max(1) && before == Some(found.len()) {
                        return Ok(CreatedResources::Found(found));
                    }
                    ever_found |= !found.is_empty();
                    latest = Some(found);
                }
                Err(error) if error.is_transient() => {
                    all_read = false;
                    // A match that the latest read did not confirm does not count.
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

    /// The items that match, and whether the list and its items were complete.
    async fn read(&mut self, until: Instant) -> Result<(Vec<A::Item>, bool), Error> {
        let list = read_whole_list(&self.client, &self.list, until, &mut self.matches).await?;
        Ok((list.items, list.is_complete))
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
