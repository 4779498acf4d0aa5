//! The polling under every wait and every reconciliation: one runtime for every waiter that the
//! specification declares.

use std::collections::HashSet;
use std::time::Duration;

use cvm_protocol::{
    Gaps, Json, ListDefect, Missing, Model, OperationInfo, Record, Value, Waiter, WaiterInfo,
    member_named,
};
use tokio::time::Instant;

use crate::client::Client;
use crate::error::Kind;
use crate::within::after;
use crate::{
    Error, WaitProgress, WaitReport, WaitVerdict, WaitedResource, entropy, mask, pipeline,
};

/// How long a poll may take beyond the end of a wait. What is decided at the last moment is still seen.
const LAST_LOOK: Duration = Duration::from_secs(10);

/// The states of some resources, read again and again.
#[derive(Debug)]
pub(crate) struct Waiting {
    client: Client,
    info: &'static WaiterInfo,
    request_id: Option<String>,
    interval: Duration,
    began: Instant,
    deadline: Instant,
    polls: u32,
    /// Time is up: after this poll there is no other.
    is_last: bool,
    report: WaitReport,
    /// What the latest response that proved something showed of each resource.
    rows: Vec<Option<RowState>>,
    latest_failure: Option<Error>,
}

/// What tells whether a resource has changed, or may change by itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RowState {
    state: Option<String>,
    operation: Vec<Option<String>>,
    /// Nothing moves by itself: the state is known for that, and no operation is running.
    pub(crate) is_settled: bool,
}

impl Waiting {
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
        });
        let report = WaitReport { waiter: waiter.info.name, resources: resources.collect() };
        let began = Instant::now();
        let rows = vec![None; report.resources.len()];
        Self {
            // What is concluded from a poll must not come from a late copy of another response.
            client: client.with_fresh_connections(),
            info: waiter.info,
            request_id: waiter.request_id.clone(),
            interval,
            began,
            deadline: after(began, timeout),
            polls: 0,
            is_last: false,
            report,
            rows,
            latest_failure: None,
        }
    }

    /// What is known of each resource, in the order of the report.
    pub(crate) fn rows(&self) -> &[Option<RowState>] {
        &self.rows
    }

    pub(crate) fn into_report(self) -> WaitReport {
        self.report
    }

    pub(crate) fn is_over(&self) -> bool {
        self.report.pending().next().is_none()
    }

    /// Polls once, after a pause if it is not the first time.
    pub(crate) async fn step(&mut self) -> Result<WaitProgress, Error> {
        if self.polls > 0 {
            self.pause().await?;
        }
        self.polls += 1;
        let until = self.deadline.max(Instant::now() + LAST_LOOK);
        match self.poll_pending(until).await {
            Ok(()) => self.latest_failure = None,
            Err(error) if may_pass(&error) => self.latest_failure = Some(error),
            Err(error) => return Err(error),
        }
        if let Some(failed) = self.report.failed().next() {
            let text = told_failure(self.info, failed);
            return Err(self.ended(text));
        }
        Ok(WaitProgress { report: self.report.clone(), elapsed: self.began.elapsed() })
    }

    /// Reads the state of every pending resource, batch by batch.
    ///
    /// Resources that a response neither shows nor proves to be gone stay as they were, and what is wrong
    /// with the response is the error.
    pub(crate) async fn poll_pending(&mut self, until: Instant) -> Result<(), Error> {
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
        let text = format!("response does not tell which resources there are: {defect}");
        Err(Error::new(Kind::Response, text).with_action(self.info.action.name))
    }

    /// Sleeps for about the interval, or to the deadline, at which there is one more poll. Fails when that
    /// was made.
    async fn pause(&mut self) -> Result<(), Error> {
        if self.is_last || Instant::now() >= self.deadline {
            return Err(self.timed_out());
        }
        let random = entropy::random(&*self.client.shared().entropy).unwrap_or(u64::MAX / 2);
        // Between 80 % and 120 %, so that a fleet that starts together does not poll together.
        let share = 0.8 + 0.4 * (random >> 11) as f64 / (1u64 << 53) as f64;
        let pause = Duration::try_from_secs_f64(self.interval.as_secs_f64() * share);
        let wake = after(Instant::now(), pause.unwrap_or(Duration::MAX));
        let wake = Some(wake).filter(|wake| *wake < self.deadline);
        self.is_last = wake.is_none();
        tokio::time::sleep_until(wake.unwrap_or(self.deadline)).await;
        Ok(())
    }

    fn timed_out(&mut self) -> Error {
        let pending = self.report.pending().count();
        let first = self.report.pending().next();
        let example = first.map_or_else(String::new, |resource| match resource.state.as_deref() {
            Some(state) => format!(", `{}` being {state}", resource.id),
            None => format!(", `{}` without a state", resource.id),
        });
        let text = format!(
            "{pending} of {} not there after {} s{example}",
            self.report.resources.len(),
            self.began.elapsed().as_secs(),
        );
        let mut error = self.ended(text).with_timed_out(true);
        if let Some(failure) = self.latest_failure.take() {
            error = error.with_note("the latest poll failed").with_source(failure);
        }
        error
    }

    fn ended(&self, text: String) -> Error {
        Error::new(Kind::Wait, format!("{}: {text}", self.info.name))
            .with_wait_report(self.report.clone())
    }

    /// Reads the state of some resources. What is wrong with the response is told if it matters to them.
    async fn poll(&mut self, batch: &[usize], until: Instant) -> Result<Option<ListDefect>, Error> {
        let info = self.info;
        let ids: Vec<String> = batch
            .iter()
            .filter_map(|index| self.report.resources.get(*index))
            .map(|resource| resource.id.clone())
            .collect();
        let mut request = info.request(&ids);
        let client = self.client.with_most_time(until);
        let mut response = Record::new(info.action.response);
        let run = pipeline::run(&client, info.action, &mut request, &mut response).await?;
        Ok(self.read(batch, &ids, &response, &run.report.gaps, &run.body))
    }

    fn read(
        &mut self,
        batch: &[usize],
        ids: &[String],
        response: &Record,
        gaps: &Gaps,
        body: &[u8],
    ) -> Option<ListDefect> {
        let info = self.info;
        let pages = info.action.paginate.as_ref();
        let defect =
            ListDefect::check_absence(response, gaps, pages, info.items, info.id, ids).err();
        let listed = listed(response, info);
        let mut is_unclear = false;
        for index in batch {
            let resource = self.report.resources.get_mut(*index);
            let Some((resource, row)) = resource.zip(self.rows.get_mut(*index)) else { continue };
            *row = None;
            let mut found = listed.iter().filter(|(id, _)| *id == resource.id);
            match (found.next(), found.next()) {
                (Some((_, item)), None) => {
                    resource.see(*item, info, self.request_id.as_deref());
                    // A list that is not whole, or has rows of others, may be any list.
                    *row = defect.is_none().then(|| RowState::of(*item, info, body));
                }
                (None, _) if defect.is_none() => {
                    resource.verdict = match info.missing {
                        Missing::Pending => WaitVerdict::Pending,
                        Missing::Success => WaitVerdict::Reached,
                        Missing::Failure => WaitVerdict::Failed,
                    };
                    resource.state = None;
                }
                _ => is_unclear = true,
            }
        }
        defect.filter(|_| is_unclear)
    }
}

fn listed<'a>(response: &'a Record, info: &WaiterInfo) -> Vec<(String, &'a dyn Model)> {
    let Value::List(list) = member_named(response, info.items) else { return Vec::new() };
    (0..list.len())
        .filter_map(|index| match list.at(index) {
            Value::Object(item) => Some((member_named(item, info.id).text()?, item)),
            _ => None,
        })
        .filter(|(id, _)| !id.is_empty())
        .collect()
}

impl WaitedResource {
    fn see(&mut self, item: &dyn Model, info: &WaiterInfo, request_id: Option<&str>) {
        let member = |name| member_named(item, name);
        let state = text_of(item, info.state);
        let is = |states: &[&str]| state.as_deref().is_some_and(|state| states.contains(&state));
        // The state may still speak of an earlier request, whose success is not ours.
        let speaks_of = info.request_id.and_then(|name| member(name).text());
        let is_ours = match (request_id, speaks_of) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => true,
        };
        self.verdict = if !is_ours {
            WaitVerdict::Pending
        } else if is(info.success) {
            WaitVerdict::Reached
        } else if is(info.failure) || is(info.unreachable) {
            WaitVerdict::Failed
        } else {
            WaitVerdict::Pending
        };
        self.reason = match self.verdict {
            WaitVerdict::Failed => info
                .reason
                .and_then(|name| member(name).text())
                .map(|reason| mask::cut(&reason, mask::MOST_OF_MESSAGE).into_owned()),
            _ => None,
        }
        .filter(|reason| !reason.is_empty());
        self.percent = info.progress.and_then(|name| match member(name) {
            Value::F64(percent) => Some(percent),
            other => other.as_i64().map(|percent| percent as f64),
        });
        self.state = state;
    }
}

impl RowState {
    fn of(item: &dyn Model, info: &WaiterInfo, body: &[u8]) -> Self {
        let state = text_of(item, info.state);
        let is_known = state.as_deref().is_some_and(|state| info.settled.contains(&state));
        let operation = info.operation.map_or_else(Vec::new, |operation| {
            let names = operation.names.iter();
            [&operation.state].into_iter().chain(names).map(|name| text_of(item, name)).collect()
        });
        let is_settled = is_known
            && info.operation.is_none_or(|members| {
                let has_none = || operation.iter().all(Option::is_none);
                match operation.first() {
                    Some(Some(state)) => members.ended.contains(&state.as_str()),
                    _ => has_none() && says_null(body, info, item, members),
                }
            });
        Self { state, operation, is_settled }
    }
}

/// Whether a response says that there was no operation: with null, and not by leaving the member out.
fn says_null(body: &[u8], info: &WaiterInfo, item: &dyn Model, operation: OperationInfo) -> bool {
    let Some(id) = member_named(item, info.id).text() else { return false };
    // The decoded row has nothing in either case.
    let response = Json::parse_lenient(body).ok();
    let list =
        response.as_ref().and_then(|response| response.member("Response")?.member(info.items));
    let Some(Json::List(rows)) = list else { return false };
    let has_id = |row: &&Json| row.member(info.id).and_then(Json::as_text) == Some(id.as_str());
    rows.iter().find(has_id).and_then(|row| row.member(operation.state)) == Some(&Json::Null)
}

/// The text of a member. An empty one tells as little as none.
fn text_of(item: &dyn Model, name: &str) -> Option<String> {
    member_named(item, name).text().filter(|text| !text.trim().is_empty())
}

fn told_failure(info: &WaiterInfo, failed: &WaitedResource) -> String {
    let id = &failed.id;
    let reason = failed.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    match &failed.state {
        None => format!("`{id}` does not exist{reason}"),
        Some(state) if info.failure.contains(&state.as_str()) => {
            format!("`{id}` is {state}{reason}")
        }
        Some(state) => {
            format!(
                "`{id}` is {state}, from where it cannot get to {}{reason}",
                info.success.join(" or ")
            )
        }
    }
}

/// Whether a poll that failed so may succeed later.
pub(crate) fn may_pass(error: &Error) -> bool {
    // A response that cannot be decoded would come again.
    let kinds = [Kind::NotSent, Kind::NoCredentialYet, Kind::Response];
    kinds.contains(&error.kind()) && !error.is_undecodable_response()
        || error.is_throttled()
        || error.code().is_some_and(cvm_protocol::ErrorCode::is_internal)
}
