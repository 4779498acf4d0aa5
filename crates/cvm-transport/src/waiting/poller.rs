//! Polls resources for waits and reconciliations. One implementation serves every waiter of the specification.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use cvm_protocol::{Gaps, ListDefect, Model, Record, Value, Waiter, WaiterInfo, member_named};
use tokio::time::Instant;

use crate::Error;
use crate::client::Client;
use crate::error::ErrorKind;
use crate::observe::mask;
use crate::waiting::poll_times::PollTimes;
use crate::waiting::report::ListedItem;
use crate::waiting::row_state::{CallerKnowledge, PollHistory, RowState, failure_message};
use crate::waiting::{WaitProgress, WaitReport, WaitVerdict, WaitedResource};

/// Polls the states of some resources.
#[derive(Debug)]
pub(crate) struct Poller {
    client: Client,
    info: &'static WaiterInfo,
    request_id: Option<String>,
    seen_before: bool,
    times: PollTimes,
    report: WaitReport,
    /// The state of each resource in the latest response that proved something.
    rows: Vec<Option<RowState>>,
    histories: Vec<PollHistory>,
    latest_failure: Option<Error>,
}

impl Poller {
    pub(crate) fn new(
        client: Client,
        waiter: &Waiter,
        timeout: Duration,
        interval: Duration,
    ) -> Self {
        let mut seen = HashSet::new();
        let ids = waiter.ids.iter().filter(|id| seen.insert(id.as_str()));
        let resources = ids.map(|id| WaitedResource {
            id: id.clone(),
            verdict: WaitVerdict::Pending,
            state: None,
            reason: None,
            percent: None,
            item: None,
        });
        let report = WaitReport { waiter: waiter.info.name, resources: resources.collect() };
        let rows = vec![None; report.resources.len()];
        let histories = vec![PollHistory::default(); report.resources.len()];
        Self {
            // A late copy of another response must not decide anything.
            client: client.with_fresh_connections(),
            info: waiter.info,
            request_id: waiter.request_id.clone(),
            seen_before: waiter.seen_before,
            times: PollTimes::new(timeout, interval),
            report,
            rows,
            histories,
            latest_failure: None,
        }
    }

    /// The latest state of each resource, in the order of the report.
    pub(crate) fn rows(&self) -> &[Option<RowState>] {
        &self.rows
    }

    pub(crate) fn into_report(self) -> WaitReport {
        self.report
    }

    pub(crate) fn is_over(&self) -> bool {
        self.report.pending().next().is_none()
    }

    /// Polls once, after a pause unless it is the first poll.
    pub(crate) async fn step(&mut self) -> Result<WaitProgress, Error> {
        let is_unconfirmed = |(histories, resource): (&PollHistory, &WaitedResource)| {
            resource.verdict == WaitVerdict::Pending && histories.needs_confirmation(self.info)
        };
        let confirms = self.histories.iter().zip(&self.report.resources).any(is_unconfirmed);
        let entropy = &*self.client.shared().entropy;
        let Some(until) = self.times.next(entropy, confirms).await else {
            return Err(self.timed_out());
        };
        match self.poll_pending(until).await {
            Ok(()) => self.latest_failure = None,
            Err(error) if error.is_transient() => self.latest_failure = Some(error),
            Err(error) => return Err(error),
        }
        match self.failure() {
            Some(error) => Err(error),
            None => Ok(WaitProgress { report: self.report.clone(), elapsed: self.times.elapsed() }),
        }
    }

    /// The error of the first resource that cannot reach the target state any more.
    pub(crate) fn failure(&self) -> Option<Error> {
        let mut resources = self.report.resources.iter().zip(&self.histories);
        let (resource, seen) =
            resources.find(|(resource, _)| resource.verdict == WaitVerdict::Failed)?;
        Some(self.ended(failure_message(self.info, resource, seen.is_absent())))
    }

    /// Reads the state of every pending resource, batch by batch.
    ///
    /// A resource that a response neither contains nor proves to be gone keeps its state, and the defect of the
    /// response is returned as an error.
    pub(crate) async fn poll_pending(&mut self, until: Instant) -> Result<(), Error> {
        self.check_ids()?;
        let resources = self.report.resources.iter().enumerate();
        let pending: Vec<usize> = resources
            .filter(|(_, resource)| resource.verdict == WaitVerdict::Pending)
            .map(|(index, _)| index)
            .collect();
        let mut defect = None;
        for batch in pending.chunks(self.info.batch().max(1)) {
            defect = self.poll(batch, until).await?.or(defect);
        }
        let Some(defect) = defect else { return Ok(()) };
        let text = format!("the response does not show which resources exist: {defect}");
        Err(Error::new(ErrorKind::Response, text).with_action(self.info.action.name))
    }

    /// Refuses an id that no resource can have: no list has it, so its absence would look like a termination.
    fn check_ids(&self) -> Result<(), Error> {
        let is_outside = |char: char| char.is_whitespace() || char.is_control();
        let is_wrong = |id: &&str| id.is_empty() || id.trim_matches(is_outside) != *id;
        let mut ids = self.report.resources.iter().map(|resource| resource.id.as_str());
        let Some(id) = ids.find(is_wrong) else { return Ok(()) };
        let id = mask::cut(id, mask::MAX_NAME);
        Err(Error::usage(format!(
            "{}: the id {id:?} is empty, or begins or ends with whitespace or a control character: give only the id",
            self.info.name
        )))
    }

    fn timed_out(&mut self) -> Error {
        let pending = self.report.pending().count();
        let mut resources = self.report.resources.iter().zip(&self.histories);
        let first = resources.find(|(resource, _)| resource.verdict == WaitVerdict::Pending);
        let example = first.map_or_else(String::new, |(resource, seen)| {
            let id = &resource.id;
            let state = match resource.state.as_deref() {
                Some(state) => format!("; `{id}` is {state}"),
                None => format!("; `{id}` has no state"),
            };
            match seen.other_request() {
                // Its state, which may be the target state, is the work of that request.
                Some(other) => {
                    let other = mask::cut(other, mask::MAX_NAME);
                    format!("{state}, and the list shows another request, `{other}`")
                }
                None => state,
            }
        });
        let text = format!(
            "{pending} of {} resources did not reach the target state within {} s{example}",
            self.report.resources.len(),
            self.times.elapsed().as_secs(),
        );
        let mut error = self.ended(text).with_timed_out(true);
        if let Some(failure) = self.latest_failure.take() {
            error = error.with_note("the latest poll failed").with_source(failure);
        }
        error
    }

    fn ended(&self, text: String) -> Error {
        Error::new(ErrorKind::Wait, format!("{}: {text}", self.info.name))
            .with_wait_report(self.report.clone())
    }

    /// Reads the state of some resources. Returns a defect of the response if it affects them.
    async fn poll(&mut self, batch: &[usize], until: Instant) -> Result<Option<ListDefect>, Error> {
        let info = self.info;
        let ids: Vec<String> = batch
            .iter()
            .filter_map(|index| self.report.resources.get(*index))
            .map(|resource| resource.id.clone())
            .collect();
        let mut request = info.request(&ids);
        let client = self.client.with_deadline(until);
        let mut response = Record::new(info.action.response);
        let run = match client.run(info.action, &mut request, &mut response).await {
            Ok(run) => run,
            Err(error) => return self.update_from_error(batch, &ids, error, until).await,
        };
        Ok(self.read(batch, &ids, &Arc::new(response), &run.report.gaps, &run.body))
    }

    /// Processes an error of a poll. An error that says that a resource does not exist counts like a list without it.
    /// For several resources it is inconclusive, so each is polled alone.
    async fn update_from_error(
        &mut self,
        batch: &[usize],
        ids: &[String],
        error: Error,
        until: Instant,
    ) -> Result<Option<ListDefect>, Error> {
        let region = self.client.region().map(str::to_owned);
        let requested: Vec<String> = ids.iter().cloned().chain(region).collect();
        if !error.says_absent(self.info.absent_codes, &requested) {
            return Err(error);
        }
        let [index] = batch else {
            let mut defect = None;
            for index in batch {
                let one = Box::pin(self.poll(std::slice::from_ref(index), until)).await?;
                defect = one.or(defect);
            }
            return Ok(defect);
        };
        let known = CallerKnowledge {
            request_id: self.request_id.as_deref(),
            seen_before: self.seen_before,
        };
        let resource = self.report.resources.get_mut(*index);
        if let Some((resource, seen)) = resource.zip(self.histories.get_mut(*index)) {
            let message = error.service().map(|service| service.message.as_str());
            seen.update_missing(resource, self.info, known, message);
        }
        if let Some(row) = self.rows.get_mut(*index) {
            *row = None;
        }
        Ok(None)
    }

    fn read(
        &mut self,
        batch: &[usize],
        ids: &[String],
        response: &Arc<Record>,
        gaps: &Gaps,
        body: &[u8],
    ) -> Option<ListDefect> {
        let info = self.info;
        let pages = info.action.paginate.as_ref();
        let defect =
            ListDefect::check_absence(&**response, gaps, pages, info.items, info.id, ids).err();
        let listed = listed(response, info);
        let known = CallerKnowledge {
            request_id: self.request_id.as_deref(),
            seen_before: self.seen_before,
        };
        let mut is_unclear = false;
        for index in batch {
            let resource = self.report.resources.get_mut(*index);
            let histories = self.histories.get_mut(*index);
            let entries = resource.zip(self.rows.get_mut(*index)).zip(histories);
            let Some(((resource, row), histories)) = entries else { continue };
            *row = None;
            let mut found = listed.iter().filter(|(id, ..)| *id == resource.id);
            match (found.next(), found.next()) {
                (Some((_, index, item)), None) => {
                    resource.item = Some(ListedItem::new(response, info.items, *index));
                    histories.update(resource, *item, info, known);
                    // A list that is incomplete, or has rows of others, may be any list.
                    *row = defect.is_none().then(|| RowState::of(*item, info, body));
                }
                (None, _) if defect.is_none() => {
                    histories.update_missing(resource, info, known, None);
                }
                _ => is_unclear = true,
            }
        }
        defect.filter(|_| is_unclear)
    }
}

/// The id, the index and the members of each listed resource.
fn listed<'a>(response: &'a Record, info: &WaiterInfo) -> Vec<(String, usize, &'a dyn Model)> {
    let Value::List(list) = member_named(response, info.items) else { return Vec::new() };
    (0..list.len())
        .filter_map(|index| match list.at(index) {
            Value::Object(item) => Some((member_named(item, info.id).text()?, index, item)),
            _ => None,
        })
        .filter(|(id, ..)| !id.is_empty())
        .collect()
}
