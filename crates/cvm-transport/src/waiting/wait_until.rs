//! Waits until the items of any list satisfy a condition of the caller.

use std::collections::HashMap;
use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use cvm_protocol::{PageInfo, PageStyle, Paginate};
use tokio::time::timeout_at;

use crate::Error;
use crate::client::Client;
use crate::error::ErrorKind;
use crate::http::client::BoxFuture;
use crate::waiting::poll_times::PollTimes;
use crate::waiting::whole_list::{WholeList, read_whole_list};
use crate::waiting::{WaitProgress, WaitReport, WaitVerdict, WaitedResource};

/// The number of consecutive polls that must show that an item is not listed. A single list may be stale.
const CONFIRMING_POLLS: u32 = 2;

/// The default timeout of a wait.
const TIMEOUT: Duration = Duration::from_secs(600);

/// The default time between two polls.
const INTERVAL: Duration = Duration::from_secs(5);

/// Why a list that was read decides nothing.
const fn incomplete(pages: Option<&PageInfo>) -> &'static str {
    match pages {
        Some(PageInfo { style: PageStyle::Number { .. }, .. }) => {
            "the latest list had several pages, which prove nothing if they are read by page number, or its total was \
             absent or was not the number of its items, or an item lacked a member that is always present"
        }
        _ => "the latest list was incomplete, or an item lacked a member that is always present",
    }
}

/// A wait for the items of a list: `.await` it, or set options first.
///
/// ```no_run
/// # use cvm_transport::protocol::Paginate;
/// # use cvm_transport::waiting::WaitVerdict;
/// # use cvm_transport::{Client, Error};
/// # struct Image { state: String }
/// # async fn example<A: Paginate<Item = Image>>(client: Client, two_images: A) -> Result<(), Error> {
/// let images = client
///     .wait_until(two_images, |image| match image.state.as_str() {
///         "NORMAL" => WaitVerdict::Reached,
///         "CREATEFAILED" => WaitVerdict::Failed,
///         _ => WaitVerdict::Pending,
///     })
///     .expected(2)
///     .await?;
/// # drop(images);
/// # Ok(())
/// # }
/// ```
///
/// Each poll reads the whole list, by ordinary calls that respect the rate limit. A list that is incomplete, or has items
/// without a member that is always present, decides nothing; neither does a brief outage. The wait ends with an error if
/// the closure returns [`WaitVerdict::Failed`] for an item, or if two polls in a row do not list an item that an earlier
/// one listed.
///
/// Several pages by page number are never complete, because an item can move between them. Filter such a list so that it
/// fits on one page.
///
/// A waiter of the specification knows more, such as whether a state is older than the operation: prefer it where there
/// is one ([`Client::wait`]). An error that says that an id does not exist ends this wait, so filter the list instead of
/// naming ids that may not exist yet.
#[must_use = "a wait does nothing unless awaited"]
pub struct WaitUntil<A: Paginate> {
    client: Client,
    list: A,
    target: Target<A>,
    timeout: Duration,
    interval: Duration,
    on_progress: Option<Callback>,
}

type Callback = Box<dyn FnMut(&WaitProgress) + Send>;

type Decide<A> = Box<dyn FnMut(&<A as Paginate>::Item) -> WaitVerdict + Send>;

enum Target<A: Paginate> {
    /// At least so many items are listed, and the closure accepts each.
    Accepted { decide: Decide<A>, expected: usize },
    /// Nothing is listed any more.
    Gone { seen_before: bool },
}

impl Client {
    /// Waits until a list has an item and the closure accepts every one: it returns `true`, or a [`WaitVerdict`]. Returns
    /// the items as the last poll showed them.
    ///
    /// If several items are awaited, set [`expected`](WaitUntil::expected): a list that shows only some of them yet
    /// would end the wait.
    pub fn wait_until<A, F, V>(&self, list: A, mut decide: F) -> WaitUntil<A>
    where
        A: Paginate,
        F: FnMut(&A::Item) -> V + Send + 'static,
        V: Into<WaitVerdict>,
    {
        let decide = Box::new(move |item: &A::Item| decide(item).into());
        WaitUntil::new(self.clone(), list, Target::Accepted { decide, expected: 1 })
    }

    /// Waits until a list is empty: two complete polls in a row show nothing. Returns the items that were listed last.
    ///
    /// If no poll has listed anything, the wait ends with an error, because a wrong filter or region would look the same.
    /// If the caller knows that the items existed, use [`seen_before`](WaitUntil::seen_before).
    pub fn wait_until_gone<A: Paginate>(&self, list: A) -> WaitUntil<A> {
        WaitUntil::new(self.clone(), list, Target::Gone { seen_before: false })
    }
}

impl<A: Paginate> fmt::Debug for WaitUntil<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitUntil").field("action", &A::INFO.name).finish_non_exhaustive()
    }
}

impl<A: Paginate> WaitUntil<A> {
    fn new(client: Client, list: A, target: Target<A>) -> Self {
        Self { client, list, target, timeout: TIMEOUT, interval: INTERVAL, on_progress: None }
    }

    /// The number of items that must be listed. Default: 1. No effect on [`Client::wait_until_gone`].
    pub fn expected(mut self, items: usize) -> Self {
        if let Target::Accepted { expected, .. } = &mut self.target {
            *expected = items.max(1);
        }
        self
    }

    /// States that the items existed, so an empty list means from the first poll on that they are gone. No effect on
    /// [`Client::wait_until`].
    pub fn seen_before(mut self) -> Self {
        if let Target::Gone { seen_before } = &mut self.target {
            *seen_before = true;
        }
        self
    }

    /// Sets the timeout. Default: 600 s. A last poll begins at this time and may take 10 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the time between two polls. Default: 5 s, with some jitter.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Calls this after every poll. The report lists the items of the list by their ids.
    pub fn on_progress(mut self, callback: impl FnMut(&WaitProgress) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(callback));
        self
    }

    async fn run(mut self) -> Result<Vec<A::Item>, Error> {
        let mut times = PollTimes::new(self.timeout, self.interval);
        let mut polls = Polls::<A::Item>::default();
        let client = self.client.clone();
        let entropy = &*client.shared().entropy;
        while let Some(until) = times.next(entropy, polls.needs_confirmation(&self.target)).await {
            let read = read_whole_list(&client, &self.list, until, |_| true);
            match timeout_at(until, read).await {
                Ok(Ok(list)) if list.is_complete => polls.update(list),
                Ok(Ok(_)) => {
                    polls.latest_failure = Some((incomplete(A::INFO.paginate.as_ref()), None));
                    continue;
                }
                Ok(Err(error)) if error.is_transient() => {
                    polls.latest_failure = Some(("the latest poll failed", Some(error)));
                    continue;
                }
                Ok(Err(error)) => return Err(error),
                Err(_) => continue,
            }
            let decision = polls.decide(&mut self.target);
            if let Some(callback) = &mut self.on_progress {
                callback(&WaitProgress { report: polls.report::<A>(), elapsed: times.elapsed() });
            }
            match decision {
                Decision::Continue => {}
                Decision::Reached => return Ok(polls.items),
                Decision::Failed(text) => return Err(polls.ended::<A>(&text)),
            }
        }
        let text =
            format!("{} within {} s", polls.pending(&self.target), times.elapsed().as_secs());
        let mut error = polls.ended::<A>(&text).with_timed_out(true);
        if let Some((note, failure)) = polls.latest_failure.take() {
            error = error.with_note(note);
            if let Some(failure) = failure {
                error = error.with_source(failure);
            }
        }
        Err(error)
    }
}

impl<A: Paginate> IntoFuture for WaitUntil<A> {
    type Output = Result<Vec<A::Item>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

enum Decision {
    Continue,
    Reached,
    Failed(String),
}

/// What the complete polls have shown.
struct Polls<T> {
    /// The items of the latest poll that listed any.
    items: Vec<T>,
    /// Their ids.
    ids: Vec<String>,
    /// What the closure has said about them.
    verdicts: Vec<WaitVerdict>,
    /// How many consecutive polls have not listed an item that an earlier one listed.
    missing: HashMap<String, u32>,
    /// How many consecutive polls have listed nothing.
    empty: u32,
    /// Whether a complete list was read.
    has_read: bool,
    /// Why the latest poll decided nothing.
    latest_failure: Option<(&'static str, Option<Error>)>,
}

impl<T> Default for Polls<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            ids: Vec::new(),
            verdicts: Vec::new(),
            missing: HashMap::new(),
            empty: 0,
            has_read: false,
            latest_failure: None,
        }
    }
}

impl<T> Polls<T> {
    fn update(&mut self, list: WholeList<T>) {
        self.latest_failure = None;
        self.has_read = true;
        let WholeList { items, ids, .. } = list;
        for id in self.ids.drain(..) {
            self.missing.entry(id).or_default();
        }
        for id in &ids {
            self.missing.remove(id);
        }
        for count in self.missing.values_mut() {
            *count = count.saturating_add(1);
        }
        if items.is_empty() {
            self.empty = self.empty.saturating_add(1);
        } else {
            self.empty = 0;
            self.items = items;
        }
        self.ids = ids;
        self.verdicts = Vec::new();
    }

    /// Whether the next poll decides if items are gone.
    fn needs_confirmation<A: Paginate<Item = T>>(&self, target: &Target<A>) -> bool {
        let is_gone = matches!(target, Target::Gone { .. }) && self.empty == 1;
        is_gone || self.missing.values().any(|count| *count < CONFIRMING_POLLS)
    }

    fn decide<A: Paginate<Item = T>>(&mut self, target: &mut Target<A>) -> Decision {
        match target {
            Target::Gone { .. } if self.empty < CONFIRMING_POLLS => Decision::Continue,
            Target::Gone { seen_before } if *seen_before || !self.items.is_empty() => {
                Decision::Reached
            }
            Target::Gone { .. } => Decision::Failed(
                "no poll has listed anything, so an empty list does not prove that the items are gone: they may have \
                 been gone before, or the filter or the region is wrong"
                    .to_owned(),
            ),
            Target::Accepted { decide, expected } => {
                let listed = if self.empty > 0 { &[][..] } else { &self.items };
                self.verdicts = listed.iter().map(decide).collect();
                let name = |index: usize| match self.ids.get(index) {
                    Some(id) => format!("`{id}`"),
                    None => format!("item {}", index + 1),
                };
                let failed = self.verdicts.iter().position(|one| *one == WaitVerdict::Failed);
                if let Some(failed) = failed {
                    return Decision::Failed(format!("{} cannot reach the target", name(failed)));
                }
                let gone = self.missing.iter().filter(|(_, count)| **count >= CONFIRMING_POLLS);
                if let Some(id) = gone.map(|(id, _)| id).min() {
                    return Decision::Failed(format!("`{id}` is no longer listed"));
                }
                let is_reached = self.verdicts.len() >= *expected
                    && self.missing.is_empty()
                    && self.verdicts.iter().all(|one| *one == WaitVerdict::Reached);
                if is_reached { Decision::Reached } else { Decision::Continue }
            }
        }
    }

    /// What is missing, for the error after the timeout.
    fn pending<A: Paginate<Item = T>>(&self, target: &Target<A>) -> String {
        match target {
            _ if !self.has_read => "no complete list was read".to_owned(),
            Target::Gone { .. } if self.empty > 0 => {
                "one list was empty, but no second one confirmed it".to_owned()
            }
            Target::Gone { .. } => format!("{} items were not gone", self.items.len()),
            Target::Accepted { expected, .. } => {
                let listed = self.verdicts.len();
                let is_reached = |one: &&WaitVerdict| **one == WaitVerdict::Reached;
                let pending = listed - self.verdicts.iter().filter(is_reached).count();
                if listed >= *expected {
                    return format!("{pending} of {listed} items did not reach the target");
                }
                let those = match pending {
                    0 => String::new(),
                    _ => format!(", and {pending} of those did not reach the target"),
                };
                format!("only {listed} of {expected} expected items were listed{those}")
            }
        }
    }

    fn report<A: Paginate<Item = T>>(&self) -> WaitReport {
        let verdicts = self.verdicts.iter().copied().chain(std::iter::repeat(WaitVerdict::Pending));
        let resources = self.ids.iter().zip(verdicts).map(|(id, verdict)| WaitedResource {
            id: id.clone(),
            verdict,
            state: None,
            reason: None,
            percent: None,
            item: None,
        });
        WaitReport { waiter: A::INFO.name, resources: resources.collect() }
    }

    fn ended<A: Paginate<Item = T>>(&self, text: &str) -> Error {
        Error::new(ErrorKind::Wait, text.to_owned())
            .with_action(A::INFO.name)
            .with_wait_report(self.report::<A>())
    }
}
