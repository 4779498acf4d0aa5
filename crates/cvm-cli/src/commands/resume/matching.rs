//! What a list says of a request: which of its entries it is about, and what they prove.

use cvm_models::protocol::{
    ActionInfo, Condition, Kind, Missing, ModelInfo, Predicate, ReconcileInfo, Record, WaiterInfo,
    json, member_named,
};
use cvm_models::{docs, waiters};
use serde_json::Value;

use super::before::Seen;
use super::compare::{self, Likeness, likeness, resemblance, uncompared};
use super::marks;
use super::value::{at, text};
use crate::call::record;
use crate::entry::Entry;

/// Of each list that shows states, a waiter that knows which of them are at rest.
const STATES: [&WaiterInfo; 5] = [
    waiters::InstancesTerminated::INFO,
    waiters::ImagesNormal::INFO,
    waiters::HostsRunning::INFO,
    waiters::ChcHostsPrepared::INFO,
    waiters::ResourcePoolPacksActive::INFO,
];

/// What is concluded of one id, or of one entry that may be ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The effect is there.
    Done,
    /// The effect is not there; it may still come.
    NotSeen,
    /// Nothing is proved; a person decides.
    NeedsReview,
}

impl Verdict {
    /// Its word in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotSeen => "not seen",
            Self::NeedsReview => "you decide",
        }
    }
}

/// The times that a request is compared with, as the service writes them: `YYYY-MM-DDThh:mm:ss`. `None` if a time is
/// unknown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times<'a> {
    /// Nothing that was created before it is of the request.
    pub since: Option<&'a str>,
    /// When the request was sent, at the earliest, if the clocks agree as far as they were measured.
    pub sent_at: Option<&'a str>,
    /// The latest time that it may have been when the list was read.
    pub read_at: Option<&'a str>,
}

/// What is looked for.
pub struct Query<'a> {
    /// The action of the request.
    pub action: &'static str,
    /// What the action says of its reading.
    pub facts: &'static ReconcileInfo,
    /// The request whose outcome is unknown.
    pub request: &'a Value,
    /// The members that it gave and no rule compares.
    pub uncompared: Vec<String>,
    /// What was listed before the call; `None` if nobody looked.
    pub before: Option<&'a [Seen]>,
    /// The table of an entry.
    pub table: &'static ModelInfo,
    /// Member of an entry that tells it from all others.
    pub own: Option<&'static str>,
    /// Entries made before this time do not count: `YYYY-MM-DDThh:mm:ss`. `None` if it is unknown.
    pub since: Option<&'a str>,
    /// When the request was sent, at the earliest, in the same form. Items that were created a little earlier count
    /// too, because clocks may differ. `None` if it is unknown.
    pub sent_at: Option<&'a str>,
    /// The latest time that it may have been when the list was read, in the same form. `None` if it is unknown.
    pub read_at: Option<&'a str>,
    /// The member of the request with a time that may have come: what the request made may have ended since.
    pub ended: Option<String>,
    /// What stands beside [`ReconcileInfo::done`] for this very request.
    done_when: Vec<Condition>,
}

impl<'a> Query<'a> {
    /// What the entry of the journal asks for.
    pub fn new(
        info: &'static ActionInfo,
        facts: &'static ReconcileInfo,
        list: &'static ActionInfo,
        table: &'static ModelInfo,
        entry: &'a Entry,
        times: Times<'a>,
    ) -> Self {
        let request = record(info, &entry.parameters);
        let asked = facts.done_when.iter().filter(|(asked, _)| asked.holds(&request));
        Self {
            action: info.name,
            facts,
            request: &entry.parameters,
            uncompared: uncompared(info, facts, &entry.parameters, &entry.secrets),
            before: entry.before.as_deref(),
            table,
            own: list.paginate.and_then(|pages| pages.id),
            since: times.since,
            sent_at: times.sent_at,
            read_at: times.read_at,
            ended: past_time(info.request, &entry.parameters, times.read_at),
            done_when: asked.map(|(_, shown)| *shown).collect(),
        }
    }

    /// What the entries say of one id, and which of them say it.
    ///
    /// *Done* takes a proof: every member that the request gives is compared and equal; and an id that is
    /// absent was listed before the call. *Not seen* takes an entry that shows another value, or that there is
    /// none of the name that was given: a resource that is not listed may have had the change and be gone since.
    pub fn of_id<'e>(&self, id: &str, entries: &'e [Value]) -> (Verdict, Vec<&'e Value>) {
        let about: Vec<&Value> = entries
            .iter()
            .filter(|entry| at(entry, self.facts.id).and_then(text).as_deref() == Some(id))
            .filter(|entry| self.created_after_request(entry) && !self.is_namesake(entry))
            .collect();
        let verdict = match about.as_slice() {
            [] if self.facts.if_absent == Missing::Success => self.of_absence(id),
            [] if self.own == Some(self.facts.id) => Verdict::NeedsReview,
            // It may have been created, have run and be gone.
            [] if self.ended.is_some() => Verdict::NeedsReview,
            [] => Verdict::NotSeen,
            // An older entry of the same name would look just so.
            [_] if self.facts.created.is_some()
                && (self.creation_time_unknown() || self.before.is_none()) =>
            {
                Verdict::NeedsReview
            }
            [entry] => match self.of_entry(id, entry) {
                // Names are not unique: another caller may have created an item just like it.
                Verdict::Done if self.is_name_of_many() => Verdict::NeedsReview,
                verdict => verdict,
            },
            _ => Verdict::NeedsReview,
        };
        (verdict, about)
    }

    /// The entries that could be what the request made: nothing that the list shows of them differs. One that
    /// bears the marks of the request is among them whenever it was made, since the clock of then may have been
    /// wrong, and one made since whatever else became of it.
    pub fn candidates<'e>(&self, entries: &'e [Value]) -> Vec<&'e Value> {
        let is_candidate = |entry: &&Value| match marks::likeness(self.facts, self.request, entry) {
            Some(Likeness::Equal) => self.created_after_request(entry) || self.may_be_like(entry),
            Some(_) => false,
            None => self.created_after_request(entry) && self.may_be_like(entry),
        };
        entries.iter().filter(is_candidate).collect()
    }

    /// The entries made since of which the list does not show whether they bear the marks of the request.
    pub fn unmarked<'e>(&self, entries: &'e [Value]) -> Vec<&'e Value> {
        let is_open = |entry: &&Value| {
            marks::likeness(self.facts, self.request, entry) == Some(Likeness::Unknown)
                && self.created_after_request(entry)
                && self.may_be_like(entry)
        };
        entries.iter().filter(is_open).collect()
    }

    /// The members that would tell whether an entry is what the request made, and that the list does not show.
    pub fn hidden(&self, entry: &Value) -> Vec<&'static str> {
        compare::hidden(self.facts, self.request, entry)
    }

    /// Whether no single member that the list shows of an entry differs from the request.
    fn may_be_like(&self, entry: &Value) -> bool {
        resemblance(self.facts, self.request, entry) != Some(Likeness::Different)
    }

    /// What was never listed is absent whatever became of the request, and so is what has ended by itself.
    fn of_absence(&self, id: &str) -> Verdict {
        if self.was_listed(id) && !self.may_have_expired(id) && self.uncompared.is_empty() {
            Verdict::Done
        } else {
            Verdict::NeedsReview
        }
    }

    /// Whether what was listed under this id may have ended by itself since: it did not wait for its time before the
    /// call, or its time is not known to have been ahead when the list was read.
    pub fn may_have_expired(&self, id: &str) -> bool {
        if self.facts.expires.is_none() {
            return false;
        }
        let is_ahead = |seen: &Seen| {
            let times = seen.expires.as_deref().and_then(utc).zip(self.read_at);
            seen.from == Some(true) && times.is_some_and(|(expires, now)| now < expires)
        };
        !self.seen(id).is_some_and(|seen| seen.into_iter().all(is_ahead))
    }

    fn of_entry(&self, id: &str, entry: &Value) -> Verdict {
        let facts = self.facts;
        // Something ran and failed. Whether it was this, and what to do now, nobody else knows.
        let is_failed =
            facts.failed.iter().any(|one| all(&[*one], self.table, entry) == Some(true));
        if is_failed {
            return Verdict::NeedsReview;
        }
        let likeness = likeness(facts, self.request, entry);
        let is_positive =
            |test: &Predicate| matches!(test, Predicate::Present | Predicate::OneOf(_));
        let conditions = || facts.done.iter().chain(facts.became);
        if likeness.is_none() && !conditions().any(|condition| is_positive(&condition.test)) {
            return Verdict::NeedsReview;
        }
        match likeness {
            Some(Likeness::Different) => return self.not_seen(entry),
            Some(Likeness::Unknown) => return Verdict::NeedsReview,
            Some(Likeness::Equal) | None => {}
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
                Some([Seen { from: Some(true), .. }]) => Verdict::Done,
                // It may have been so before.
                _ => Verdict::NeedsReview,
            },
            // What it shows is as it was asked for, so nothing proves that the request had no effect.
            (Some(false), Some(false)) if !may_have_become && likeness.is_none() => {
                self.not_seen(entry)
            }
            // A state that is not shown, or not listed in the specification, proves nothing.
            _ => Verdict::NeedsReview,
        };
        match verdict {
            // What the request asks for is none of the cases that the rule knows.
            Verdict::Done if self.done_when.is_empty() != facts.done_when.is_empty() => {
                Verdict::NeedsReview
            }
            Verdict::Done if !self.uncompared.is_empty() || self.is_undone(entry) => {
                Verdict::NeedsReview
            }
            verdict => verdict,
        }
    }

    /// *Not seen* takes an entry on which nothing goes on.
    fn not_seen(&self, entry: &Value) -> Verdict {
        if self.may_be_under_way(entry) { Verdict::NeedsReview } else { Verdict::NotSeen }
    }

    /// Whether an entry shows a state on the way to another one, an operation that is not over, or that its latest
    /// operation is of the kind that was asked for: each may be the request itself. An entry that does not show its
    /// state, or how its latest operation stands, may be under way too; only null says that there was no operation.
    pub fn may_be_under_way(&self, entry: &Value) -> bool {
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

    /// Whether an operation of this name in this member is of the kind that was asked for.
    fn is_ours(&self, member: &str, shown: &str) -> bool {
        let is_named = |condition: &Condition| matches!(condition.test, Predicate::OneOf(names) if names.contains(&shown));
        let own = self.done_when.iter().filter(|condition| condition.member == member);
        shown == self.action || own.into_iter().any(is_named)
    }

    /// Whether an entry names an operation that has undone the request since.
    fn is_undone(&self, entry: &Value) -> bool {
        let undone_by = self.facts.undone_by.iter();
        undone_by.copied().any(|one| all(&[one], self.table, entry) == Some(true))
    }

    /// Whether the first thing that `became` asks for is there, and the rest is not: an instance in the recycle bin
    /// that did not come there by a return.
    fn may_have_become(&self, entry: &Value) -> bool {
        let first = self.facts.became.get(..1).unwrap_or_default();
        !first.is_empty() && all(first, self.table, entry) == Some(true)
    }

    /// Whether this id is known to have been listed before the call.
    pub fn was_listed(&self, id: &str) -> bool {
        self.seen(id).is_some_and(|seen| !seen.is_empty())
    }

    /// What was listed under this id before the call; `None` if nobody looked.
    fn seen(&self, id: &str) -> Option<Vec<&Seen>> {
        Some(self.before?.iter().filter(|seen| seen.id == id).collect())
    }

    /// Whether an entry was there before the call made one of the same name.
    fn is_namesake(&self, entry: &Value) -> bool {
        let own = self.own.and_then(|own| at(entry, own)).and_then(text);
        self.facts.created.is_some()
            && self
                .before
                .is_some_and(|before| before.iter().any(|seen| Some(&seen.own) == own.as_ref()))
    }

    /// Whether what the request creates is found by a name, and nothing but its owner's own key tells it from what
    /// another caller created.
    pub const fn is_name_of_many(&self) -> bool {
        self.facts.created.is_some() && self.facts.same_key.is_empty()
    }

    /// Whether the time of creation would count, and is not known.
    pub const fn creation_time_unknown(&self) -> bool {
        self.facts.created.is_some() && self.since.is_none()
    }

    /// Whether the request puts objects on what it makes, such as tags: the mark of its owner.
    pub fn has_tags(&self) -> bool {
        marks::are_given(self.facts, self.request)
    }

    /// Whether an entry is not known to be older than the request. Clocks may differ, so that one which was created a
    /// little before the request counts too.
    pub fn created_after_request(&self, entry: &Value) -> bool {
        self.since.is_none_or(|since| !self.was_created_before(entry, since))
    }

    /// Whether an entry is older than the request if the clocks of this machine and of the service agree.
    pub fn is_older(&self, entry: &Value) -> bool {
        self.sent_at.is_some_and(|sent_at| self.was_created_before(entry, sent_at))
    }

    /// A time that cannot be read excludes nothing. Those of UTC compare as times when compared as texts.
    fn was_created_before(&self, entry: &Value, time: &str) -> bool {
        let created = self.facts.created.and_then(|member| at(entry, member)?.as_str());
        let created = created.and_then(|created| created.split_at_checked(time.len()));
        created.is_some_and(|(created, zone)| {
            !zone.contains(['+', '-'])
                && created.starts_with(|first: char| first.is_ascii_digit())
                && *created.replace(' ', "T") < *time
        })
    }

    /// Whether the rule only lists what there is: it names no ids, and the request creates nothing that could be looked
    /// for.
    pub const fn compares_nothing(&self) -> bool {
        self.facts.ids.is_none() && self.facts.created.is_none()
    }
}

/// The path of a time in a request that is not known to be ahead: what was scheduled for it may have run.
fn past_time(table: &'static ModelInfo, request: &Value, read_at: Option<&str>) -> Option<String> {
    table.members.iter().find_map(|field| {
        let given = request.get(field.wire)?;
        let mut kind = &field.kind;
        while let Kind::List(item) = kind {
            kind = item;
        }
        let items = match given {
            Value::Array(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        match kind {
            Kind::Object(table) => {
                let path = items.iter().find_map(|item| past_time(table, item, read_at))?;
                Some(format!("{}.{path}", field.wire))
            }
            // A day alone has no hour to compare.
            Kind::Str if field.format.is_some_and(|form| form.starts_with("YYYY-MM-DDThh")) => {
                let is_ahead = |item: &Value| {
                    let times = item.as_str().and_then(utc).zip(read_at);
                    item.is_null() || times.is_some_and(|(time, now)| now < time)
                };
                (!items.iter().all(is_ahead)).then(|| field.wire.to_owned())
            }
            _ => None,
        }
    })
}

/// A time of the API in UTC, `YYYY-MM-DDThh:mm:ssZ`, without its last letter; `None` if it has another form. Such times
/// compare as texts.
fn utc(text: &str) -> Option<&str> {
    let form = b"0000-00-00T00:00:00Z";
    let fits = |(byte, form): (u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        form => byte == *form,
    };
    let is_time = text.len() == form.len() && text.bytes().zip(form).all(fits);
    text.strip_suffix('Z').filter(|_| is_time)
}

/// Whether all of the conditions hold for an entry. `None` if one of them asks about what the entry does not show,
/// or shows with a value that the specification does not list, and none of the others fails.
pub fn all(conditions: &[Condition], table: &'static ModelInfo, entry: &Value) -> Option<bool> {
    let mut record = Record::new(table);
    json::from_value(&mut record, entry).ok()?;
    let mut told = Some(true);
    for condition in conditions {
        let value = member_named(&record, condition.member);
        let is_known = match condition.test {
            Predicate::OneOf(_) => {
                !value.is_blank() && is_listed(table, condition.member, value.text())
            }
            // Without a value there is no operation under way.
            Predicate::NoneOf(_) => {
                value.is_blank() || is_listed(table, condition.member, value.text())
            }
            Predicate::Present | Predicate::Absent => true,
        };
        match condition.holds(&record) {
            _ if !is_known => told = None,
            true => {}
            false => return Some(false),
        }
    }
    told
}

/// Whether the specification lists this value of a member. The table has the values of a closed set; those of
/// an open one stand in the documentation.
fn is_listed(table: &'static ModelInfo, member: &str, value: Option<String>) -> bool {
    let Some(value) = value else { return false };
    let closed = table.field(member).map_or(&[][..], |field| field.values);
    if !closed.is_empty() {
        return closed.contains(&value.as_str());
    }
    let doc = docs::members(table.name).iter().find(|doc| doc.name == member);
    let open = doc.and_then(|doc| docs::enum_(doc.type_)).map_or(&[][..], |set| set.values);
    open.is_empty() || open.iter().any(|(known, _)| *known == value)
}

#[cfg(test)]
mod tests;
