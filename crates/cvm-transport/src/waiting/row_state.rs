//! Decides from the polls of one resource whether its target state is reached. Evidence counts only if it cannot be
//! older than the operation that is waited for.

use cvm_protocol::{
    Condition, Json, Missing, Model, OperationInfo, Value, WaiterInfo, member_named,
};

use crate::observe::mask;
use crate::waiting::{WaitVerdict, WaitedResource};

/// The number of consecutive polls that must show that a resource is not listed, or that another request followed,
/// before that ends a wait. A single list may be stale.
const CONFIRMING_POLLS: u32 = 2;

/// The reason to end a wait if an earlier poll showed the named request and a later one does not.
const SUPERSEDED: &str = "another request followed before a poll saw how this one ended";

/// Why the absence of a resource is no proof if no poll has listed it.
const NEVER_LISTED: &str = "no poll has listed it, so its absence does not prove that it is gone: it may have been gone before, or the \
     id or the region is wrong";

/// The part of a row that shows whether a resource has changed, or may change by itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RowState {
    state: Option<String>,
    operation: Vec<Option<String>>,
    /// Nothing changes by itself: the state is known to be stable, and no operation is running.
    pub(crate) is_settled: bool,
}

/// The polls of one resource so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct PollHistory {
    was_listed: bool,
    state: FirstValue,
    operation: Vec<FirstValue>,
    /// An operation was running, or differs from the first one.
    has_begun: bool,
    /// The state differs, or differed, from the first one.
    has_moved: bool,
    /// The number of consecutive polls that proved that it is not listed.
    absent: u32,
    /// A poll has shown the named request.
    was_named: bool,
    /// The other requests that polls have shown before the named one: they cannot have followed it.
    earlier_requests: Vec<String>,
    /// The request in the latest row, if it is not the named one.
    other_request: Option<String>,
    /// The number of consecutive polls that have shown another request since then.
    superseded: u32,
}

/// The first value of a member. A null or missing member shows nothing: the service may not have been able to provide
/// it.
#[derive(Clone, Debug, Default)]
struct FirstValue(Option<String>);

impl FirstValue {
    /// Whether the member has another value now than at first.
    fn differs(&mut self, now: Option<&str>) -> bool {
        let Some(now) = now else { return false };
        self.0.get_or_insert_with(|| now.to_owned()) != now
    }
}

/// What the caller of a wait knows about the operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallerKnowledge<'a> {
    pub(crate) request_id: Option<&'a str>,
    pub(crate) seen_before: bool,
}

impl PollHistory {
    /// Processes a row, and sets the verdict for the resource.
    pub(crate) fn update(
        &mut self,
        resource: &mut WaitedResource,
        item: &dyn Model,
        info: &WaiterInfo,
        known: CallerKnowledge<'_>,
    ) {
        let member = |name| member_named(item, name);
        let state = text_of(item, info.state);
        let is_running = info.operation.is_some_and(|operation| any(operation.running, item));
        self.absent = 0;
        self.was_listed = true;
        self.has_moved |= self.state.differs(state.as_deref());
        self.has_begun |= is_running;
        let operation = operation_of(item, info);
        self.operation.resize_with(operation.len(), FirstValue::default);
        for (first, now) in self.operation.iter_mut().zip(&operation) {
            self.has_begun |= first.differs(now.as_deref());
        }
        // The row may still show an earlier request, whose success does not count.
        let is_named = known
            .request_id
            .zip(info.request_id)
            .map(|(ours, name)| member(name).text().as_deref() == Some(ours));
        let is_ours = is_named.unwrap_or(self.has_begun);
        self.was_named |= is_named == Some(true);
        // Operations on one resource exclude each other, so ours has ended once the row shows another one.
        let other = info.request_id.and_then(|name| text_of(item, name));
        let other = other.filter(|_| is_named == Some(false));
        let is_earlier = |other: &String| self.earlier_requests.contains(other);
        let is_other = self.was_named && other.as_ref().is_some_and(|other| !is_earlier(other));
        if let Some(other) = other.as_ref().filter(|other| !self.was_named && !is_earlier(other)) {
            self.earlier_requests.push(other.clone());
        }
        self.other_request.clone_from(&other);
        self.superseded = if is_other { self.superseded.saturating_add(1) } else { 0 };
        let later = other.clone().filter(|_| self.superseded >= CONFIRMING_POLLS);
        let is = |states: &[&str]| state.as_deref().is_some_and(|state| states.contains(&state));
        let is_of_operation = info.operation.is_some_and(|operation| operation.state == info.state);
        let has_failed = info.operation.is_some_and(|operation| {
            let ended = text_of(item, operation.state);
            ended.is_some_and(|ended| operation.failed.contains(&ended.as_str()))
                || any(operation.failed_when, item)
        });
        // An operation that is this one, or was seen to begin, runs until a state says that it is over: one that is
        // null or unknown does not.
        let is_running = is_running
            || is_ours
                && !has_failed
                && info.operation.is_some_and(|operation| {
                    let ended = text_of(item, operation.state);
                    !ended.is_some_and(|ended| operation.ended.contains(&ended.as_str()))
                });
        let is_of_another = is_named == Some(false) || is_of_operation && (is_running || !is_ours);
        // A state from which the target cannot be reached is final, whichever request it belongs to.
        let is_final =
            !is_of_operation && (is(info.unreachable) || is(info.failure) && other.is_none());
        resource.verdict = if is_final || later.is_some() {
            WaitVerdict::Failed
        } else if is_of_another {
            WaitVerdict::Pending
        } else if is(info.failure) || is(info.unreachable) {
            WaitVerdict::Failed
        } else if is_running {
            WaitVerdict::Pending
        } else if has_failed
            && (is_named == Some(true)
                || is_ours && (state.is_none() || can_follow_failure(info, &is)))
        {
            WaitVerdict::Failed
        } else if is(info.success) && info.when.iter().all(|condition| condition.holds(item)) {
            WaitVerdict::Reached
        } else if is(info.elsewhere) && (is_named == Some(true) || self.has_moved) {
            WaitVerdict::Failed
        } else {
            WaitVerdict::Pending
        };
        resource.reason = match (resource.verdict, later) {
            (WaitVerdict::Failed, Some(later)) if !is_final => {
                let later = mask::cut(&later, mask::MAX_NAME).into_owned();
                Some(format!("{SUPERSEDED}: the latest is `{later}`; check what it left behind"))
            }
            (WaitVerdict::Failed, _) => info
                .reason
                .and_then(|name| member(name).text())
                .map(|reason| mask::cut(&reason, mask::MAX_MESSAGE).into_owned()),
            _ => None,
        }
        .filter(|reason| !reason.is_empty());
        resource.percent = info.progress.and_then(|name| match member(name) {
            Value::F64(percent) => Some(percent),
            other => other.as_i64().map(|percent| percent as f64),
        });
        resource.state = state;
    }

    /// Whether the next poll decides if the resource exists.
    pub(crate) fn needs_confirmation(&self, info: &WaiterInfo) -> bool {
        self.absent > 0 && self.absent < CONFIRMING_POLLS && info.missing != Missing::Pending
    }

    /// Whether the latest poll proved that the resource is not listed.
    pub(crate) const fn is_absent(&self) -> bool {
        self.absent > 0
    }

    /// The request in the latest row, if it is not the one that the caller named.
    pub(crate) fn other_request(&self) -> Option<&str> {
        self.other_request.as_deref()
    }

    /// Processes a response that proves that the resource does not exist. `message` is the service's, if the response is
    /// an error.
    pub(crate) fn update_missing(
        &mut self,
        resource: &mut WaitedResource,
        info: &WaiterInfo,
        known: CallerKnowledge<'_>,
        message: Option<&str>,
    ) {
        self.other_request = None;
        self.absent = self.absent.saturating_add(1);
        self.superseded = 0;
        let was_seen = self.was_listed;
        let is_lasting = self.absent >= CONFIRMING_POLLS;
        resource.verdict = match info.missing {
            Missing::Success if (was_seen || known.seen_before) && is_lasting => {
                WaitVerdict::Reached
            }
            Missing::Success if was_seen || known.seen_before => WaitVerdict::Pending,
            Missing::Success if is_lasting => {
                resource.reason = Some(NEVER_LISTED.to_owned());
                WaitVerdict::Failed
            }
            // It was listed, and does not come back.
            Missing::Pending if was_seen && is_lasting => {
                resource.reason = Some("it was listed before".to_owned());
                WaitVerdict::Failed
            }
            Missing::Failure if is_lasting => {
                let message = message.map(|text| mask::cut(text, mask::MAX_MESSAGE).into_owned());
                resource.reason = message.filter(|text| !text.is_empty());
                WaitVerdict::Failed
            }
            Missing::Success | Missing::Pending | Missing::Failure => WaitVerdict::Pending,
        };
        resource.state = None;
    }
}

/// Whether the state is one that a failed operation leaves behind, which includes the target state itself. After a
/// transitional or an unknown state, more may follow.
fn can_follow_failure(info: &WaiterInfo, is: &dyn Fn(&[&str]) -> bool) -> bool {
    let others = info.operation.map_or(&[][..], |operation| operation.failed_at);
    is(info.settled) || is(info.elsewhere) || is(info.success) || is(others)
}

fn any(conditions: &[Condition], item: &dyn Model) -> bool {
    conditions.iter().any(|condition| condition.holds(item))
}

/// The state of the latest operation, and the members that identify it.
fn operation_of(item: &dyn Model, info: &WaiterInfo) -> Vec<Option<String>> {
    info.operation.map_or_else(Vec::new, |operation| {
        let names = operation.names.iter();
        [&operation.state].into_iter().chain(names).map(|name| text_of(item, name)).collect()
    })
}

impl RowState {
    pub(crate) fn of(item: &dyn Model, info: &WaiterInfo, body: &[u8]) -> Self {
        let state = text_of(item, info.state);
        let is_known = state.as_deref().is_some_and(|state| info.settled.contains(&state));
        let operation = operation_of(item, info);
        let is_settled = is_known
            && info.operation.is_none_or(|members| {
                let has_none = || operation.iter().all(Option::is_none);
                match operation.first() {
                    _ if any(members.running, item) => false,
                    Some(Some(state)) => members.ended.contains(&state.as_str()),
                    _ => has_none() && says_null(body, info, item, members),
                }
            });
        Self { state, operation, is_settled }
    }
}

/// Whether a response says with null that there was no operation. A missing member does not say so.
fn says_null(body: &[u8], info: &WaiterInfo, item: &dyn Model, operation: OperationInfo) -> bool {
    let Some(id) = member_named(item, info.id).text() else { return false };
    // The decoded row is the same in both cases.
    let response = Json::parse_lenient(body).ok();
    let list =
        response.as_ref().and_then(|response| response.member("Response")?.member(info.items));
    let Some(Json::List(rows)) = list else { return false };
    let has_id = |row: &&Json| row.member(info.id).and_then(Json::as_text) == Some(id.as_str());
    rows.iter().find(has_id).and_then(|row| row.member(operation.state)) == Some(&Json::Null)
}

/// The text of a member. An empty one counts as missing.
fn text_of(item: &dyn Model, name: &str) -> Option<String> {
    member_named(item, name).text().filter(|text| !text.trim().is_empty())
}

/// Describes a failure. `is_absent` is whether the resource was not listed, rather than listed without a state.
pub(crate) fn failure_message(
    info: &WaiterInfo,
    failed: &WaitedResource,
    is_absent: bool,
) -> String {
    let id = &failed.id;
    let reason = failed.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let is = |states: &[&str], state: &str| states.contains(&state);
    match failed.state.as_deref() {
        None if is_absent => format!("`{id}` does not exist{reason}"),
        None if reason.contains(SUPERSEDED) => format!("`{id}` has no state{reason}"),
        None => format!("`{id}` has no state, and its operation failed{reason}"),
        Some(state) if is(info.failure, state) => format!("`{id}` is {state}{reason}"),
        Some(state) if is(info.unreachable, state) || is(info.elsewhere, state) => {
            let goal =
                if info.success.is_empty() { "gone".into() } else { info.success.join(" or ") };
            format!("`{id}` is {state}, from which it cannot reach {goal}{reason}")
        }
        Some(state) if reason.contains(SUPERSEDED) => format!("`{id}` is {state}{reason}"),
        Some(state) => format!("`{id}` is {state}, and its operation failed{reason}"),
    }
}
