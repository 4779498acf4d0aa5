//! Decides the verdict of `cvm resume` about one id: done, no effect yet, or needs review.

use cvm_models::protocol::{Condition, Missing, Predicate, WaiterInfo};
use cvm_models::waiters;
use serde_json::Value;

use super::compare::{Comparison, compare_members};
use super::conditions::all;
use super::past_time::utc;
use super::query::Query;
use super::tags;
use crate::journal::prior_item::PriorItem;
use crate::json_path::{at, text};

/// For each list that shows states, a waiter that knows which of them are stable.
const STATES: [&WaiterInfo; 5] = [
    waiters::InstancesTerminated::INFO,
    waiters::ImagesNormal::INFO,
    waiters::HostsRunning::INFO,
    waiters::ChcHostsPrepared::INFO,
    waiters::ResourcePoolPacksActive::INFO,
];

/// The conclusion about one id of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The request took effect.
    Done,
    /// The request has no effect so far; it may still take effect.
    NoEffectYet,
    /// Nothing is proved; a person has to decide.
    NeedsReview,
}

impl Verdict {
    /// Its text in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NoEffectYet => "no effect yet",
            Self::NeedsReview => "needs review",
        }
    }
}

impl Query<'_> {
    /// What the items prove about one id, and which of them were considered.
    ///
    /// *Done* needs proof: every parameter of the request is compared and equal, and an absent id was listed
    /// before the call. *No effect yet* needs an item with another value, or that no item has the requested
    /// name: a resource that is not listed may have had the change and be gone since.
    pub fn check_id<'e>(&self, id: &str, entries: &'e [Value]) -> (Verdict, Vec<&'e Value>) {
        let about: Vec<&Value> = entries
            .iter()
            .filter(|entry| at(entry, self.facts.id).and_then(text).as_deref() == Some(id))
            .filter(|entry| self.may_be_created(entry))
            .collect();
        let verdict = match about.as_slice() {
            [] if self.facts.if_absent == Missing::Success => self.check_absence(id),
            [] if self.own_id == Some(self.facts.id) => Verdict::NeedsReview,
            // It may have been created and ended since.
            [] if self.past_time.is_some() => Verdict::NeedsReview,
            [] => Verdict::NoEffectYet,
            // An older item of the same name would look the same.
            [entry]
                if self.facts.created.is_some()
                    && (self.creation_time_unknown()
                        || self.before.is_none()
                        || !self.created_after_request(entry)) =>
            {
                Verdict::NeedsReview
            }
            [entry] => match self.check_entry(id, entry) {
                // Names are not unique: another caller may have created an identical item.
                Verdict::Done if self.is_found_by_name() => Verdict::NeedsReview,
                verdict => verdict,
            },
            _ => Verdict::NeedsReview,
        };
        (verdict, about)
    }

    /// The verdict for an id that is not listed. Its absence proves nothing if it was never listed, or if the
    /// resource may have ended by itself.
    fn check_absence(&self, id: &str) -> Verdict {
        if self.was_listed(id) && !self.may_have_expired(id) && self.uncompared.is_empty() {
            Verdict::Done
        } else {
            Verdict::NeedsReview
        }
    }

    /// Whether the resource with this id may have ended by itself since: it was not pending before the call, or
    /// its time is not known to have been ahead when the list was read.
    pub fn may_have_expired(&self, id: &str) -> bool {
        if self.facts.expires.is_none() {
            return false;
        }
        let is_ahead = |seen: &PriorItem| {
            let times = seen.expires.as_deref().and_then(utc).zip(self.times.read_at);
            seen.from == Some(true) && times.is_some_and(|(expires, now)| now < expires)
        };
        !self.seen(id).is_some_and(|seen| seen.into_iter().all(is_ahead))
    }

    fn check_entry(&self, id: &str, entry: &Value) -> Verdict {
        let facts = self.facts;
        // An operation failed. Only a person can know whether it was this one, and what to do now.
        let is_failed =
            facts.failed.iter().any(|one| all(&[*one], self.table, entry) == Some(true));
        if is_failed {
            return Verdict::NeedsReview;
        }
        let comparison = compare_members(facts, self.request, entry).max(tags::compare_tags(
            facts,
            self.request,
            entry,
        ));
        let is_positive =
            |test: &Predicate| matches!(test, Predicate::Present | Predicate::OneOf(_));
        let conditions = || facts.done.iter().chain(facts.became);
        if comparison.is_none() && !conditions().any(|condition| is_positive(&condition.test)) {
            return Verdict::NeedsReview;
        }
        match comparison {
            Some(Comparison::Different) => return self.no_effect_yet(entry),
            Some(Comparison::Unknown) => return Verdict::NeedsReview,
            Some(Comparison::Equal) | None => {}
        }
        let holds = |conditions: &[Condition]| match conditions {
            [] => Some(false),
            conditions => all(conditions, self.table, entry),
        };
        let may_have_become = self.may_have_become(entry);
        let done = [facts.done, &self.done_when].concat();
        let verdict = match (holds(&done), holds(facts.became)) {
            _ if conditions().next().is_none() => Verdict::Done,
            (Some(true), _) => Verdict::Done,
            (_, Some(true)) => match self.seen(id).as_deref() {
                Some([PriorItem { from: Some(true), .. }]) => Verdict::Done,
                // It may have had this state before.
                _ => Verdict::NeedsReview,
            },
            // All compared members are as requested otherwise, so nothing would prove that it had no effect.
            (Some(false), Some(false)) if !may_have_become && comparison.is_none() => {
                self.no_effect_yet(entry)
            }
            // A state that is hidden or not in the specification proves nothing.
            _ => Verdict::NeedsReview,
        };
        match verdict {
            // The request is none of the cases that the rule covers.
            Verdict::Done if self.done_when.is_empty() != facts.done_when.is_empty() => {
                Verdict::NeedsReview
            }
            Verdict::Done if !self.uncompared.is_empty() || self.is_undone(entry) => {
                Verdict::NeedsReview
            }
            verdict => verdict,
        }
    }

    /// *No effect yet* needs an item without an operation in progress.
    fn no_effect_yet(&self, entry: &Value) -> Verdict {
        if self.may_be_in_progress(entry) { Verdict::NeedsReview } else { Verdict::NoEffectYet }
    }

    /// Whether an item shows a transitional state, a running operation, or a latest operation of the requested
    /// kind: each may be the request itself. An operation may also be in progress if the item does not show its
    /// state or the state of its latest operation; only null means that there was no operation.
    pub fn may_be_in_progress(&self, entry: &Value) -> bool {
        let Some(info) = STATES.iter().find(|info| info.action.name == self.facts.list) else {
            return false;
        };
        let shown =
            |member: &str| at(entry, member).and_then(text).filter(|text| !text.trim().is_empty());
        let at_rest = [info.success, info.failure, info.elsewhere, info.settled].concat();
        let is_moving = |state: &String| !at_rest.contains(&state.as_str());
        if shown(info.state).is_none_or(|state| is_moving(&state)) {
            return true;
        }
        let Some(operation) = info.operation else { return false };
        let names = operation.names.iter().filter_map(|name| Some((*name, shown(name)?)));
        let names: Vec<(&str, String)> = names.collect();
        let is_running = match shown(operation.state) {
            Some(state) => !operation.ended.contains(&state.as_str()),
            None => entry.get(operation.state) != Some(&Value::Null) || !names.is_empty(),
        };
        is_running || names.iter().any(|(member, name)| self.is_ours(member, name))
    }

    /// Whether an operation of this name in this member is of the requested kind.
    fn is_ours(&self, member: &str, shown: &str) -> bool {
        let is_named = |condition: &Condition| matches!(condition.test, Predicate::OneOf(names) if names.contains(&shown));
        let own_id = self.done_when.iter().filter(|condition| condition.member == member);
        shown == self.action || own_id.into_iter().any(is_named)
    }

    /// Whether an item names a later operation that undid the request.
    fn is_undone(&self, entry: &Value) -> bool {
        let undone_by = self.facts.undone_by.iter();
        undone_by.copied().any(|one| all(&[one], self.table, entry) == Some(true))
    }

    /// Whether the first condition of `became` holds: for example an instance in the recycle bin, which may have
    /// come there in another way than by a termination.
    fn may_have_become(&self, entry: &Value) -> bool {
        let first = self.facts.became.get(..1).unwrap_or_default();
        !first.is_empty() && all(first, self.table, entry) == Some(true)
    }

    /// Whether this id is known to have been listed before the call.
    pub fn was_listed(&self, id: &str) -> bool {
        self.seen(id).is_some_and(|seen| !seen.is_empty())
    }

    /// What was listed under this id before the call; `None` if that was not read.
    fn seen(&self, id: &str) -> Option<Vec<&PriorItem>> {
        Some(self.before?.iter().filter(|seen| seen.id == id).collect())
    }

    /// Whether the call may have created an item: it was not listed before the call. If that was not read, the item is
    /// not known to be older. A creation time does not exclude an item that was not listed before: the time may be wrong.
    fn may_be_created(&self, entry: &Value) -> bool {
        if self.facts.created.is_none() {
            return true;
        }
        let own_id = self.own_id.and_then(|own_id| at(entry, own_id)).and_then(text);
        match self.before {
            Some(before) => !before.iter().any(|seen| Some(&seen.own_id) == own_id.as_ref()),
            None => self.created_after_request(entry),
        }
    }
}
