//! What a list says of a request: which of its entries it is about, and what they mean.

use cvm_models::protocol::{Missing, ReconcileInfo, Record, Table, json};
use serde_json::Value;

use crate::json::Json;
use crate::output::rows;

/// What is concluded of one id, or of one entry that may be ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The effect is there.
    Done,
    /// The effect is not there; it may still come.
    NotSeen,
    /// The facts of the action leave it to a person.
    Open,
}

impl Verdict {
    /// Its word in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotSeen => "not seen",
            Self::Open => "you decide",
        }
    }
}

/// What is looked for.
pub struct Sought<'a> {
    /// What the action says of its reading.
    pub facts: &'static ReconcileInfo,
    /// The request whose outcome is unknown.
    pub request: &'a Value,
    /// The table of an entry.
    pub table: &'static Table,
    /// Entries made before this time do not count: `YYYY-MM-DDThh:mm:ss`. `None` if nobody knows it.
    pub since: Option<&'a str>,
}

impl Sought<'_> {
    /// What the entries say of one id, and which of them say it.
    pub fn of_id<'e>(&self, id: &str, entries: &'e [Value]) -> (Verdict, Vec<&'e Value>) {
        let about: Vec<&Value> = entries
            .iter()
            .filter(|entry| at(entry, self.facts.id).and_then(text).as_deref() == Some(id))
            .filter(|entry| self.is_young(entry))
            .collect();
        let verdict = match about.as_slice() {
            [] if self.facts.missing == Missing::Success => Verdict::Done,
            [] => Verdict::NotSeen,
            // An older entry of the same name would look just so.
            [_] if self.is_timeless() => Verdict::Open,
            [entry] => self.of_entry(entry),
            _ => Verdict::Open,
        };
        (verdict, about)
    }

    /// The entries that could be what the request made.
    pub fn candidates<'e>(&self, entries: &'e [Value]) -> Vec<&'e Value> {
        entries
            .iter()
            .filter(|entry| self.is_young(entry) && self.is_same(entry) != Some(false))
            .collect()
    }

    fn of_entry(&self, entry: &Value) -> Verdict {
        let facts = self.facts;
        let same = self.is_same(entry);
        let tells = !facts.done.is_empty() || !facts.same.is_empty();
        if !tells || (same.is_none() && !facts.same.is_empty()) {
            return Verdict::Open;
        }
        let mut record = Record::new(self.table);
        let is_read = json::from_value(&mut record, entry).is_ok();
        let done = || facts.done.iter().any(|condition| is_read && condition.holds(&record));
        if same != Some(false) && (facts.done.is_empty() || done()) {
            Verdict::Done
        } else {
            Verdict::NotSeen
        }
    }

    /// Whether the time of creation would count, and is not known.
    pub const fn is_timeless(&self) -> bool {
        self.facts.created.is_some() && self.since.is_none()
    }

    /// Whether the request puts objects on what it makes, such as tags: the mark of its owner.
    pub fn is_marked(&self) -> bool {
        self.objects().any(|pairs| !rows_at(self.request, &pairs, |(_, there)| there).is_empty())
    }

    /// Whether everything is as the request has it; `None` if the request has none of it.
    fn is_same(&self, entry: &Value) -> Option<bool> {
        let given = self.facts.same.iter().filter_map(|(here, there)| {
            Some((at(entry, here), at(self.request, there).filter(|value| !is_blank(value))?))
        });
        let single = given.map(|(here, there)| {
            here.is_some_and(|here| holds(here, there) || self.is_numbered(here, there))
        });
        let objects = self.objects().filter_map(|pairs| {
            let wanted = rows_at(self.request, &pairs, |(_, there)| there);
            let present = rows_at(entry, &pairs, |(here, _)| here);
            (!wanted.is_empty()).then(|| wanted.iter().all(|wanted| present.contains(wanted)))
        });
        single.chain(objects).reduce(|all, one| all && one)
    }

    /// The pairs that lead into the same list of objects of the request, list by list.
    fn objects(&self) -> impl Iterator<Item = Vec<Pair>> {
        let mut lists: Vec<(&str, Vec<Pair>)> = Vec::new();
        for pair in self.facts.same.iter().copied() {
            let Some((list, _)) = pair.1.rsplit_once('.') else { continue };
            if at(self.request, pair.1).is_some() || objects_at(self.request, list).is_empty() {
                continue;
            }
            match lists.iter_mut().find(|(known, _)| *known == list) {
                Some((_, pairs)) => pairs.push(pair),
                None => lists.push((list, vec![pair])),
            }
        }
        lists.into_iter().map(|(_, pairs)| pairs)
    }

    /// Whether a name is one of those that the service makes of the request's: behind a pattern such as
    /// `{R:1}`, or with a number behind it when several are made.
    fn is_numbered(&self, here: &Value, there: &Value) -> bool {
        let Some(count) = self.facts.count else { return false };
        let (Some(here), Some(there)) = (here.as_str(), there.as_str()) else { return false };
        if let Some((prefix, _)) = there.split_once('{') {
            return here.starts_with(prefix);
        }
        let is_one = at(self.request, count).and_then(Value::as_u64).unwrap_or(1) <= 1;
        here.strip_prefix(there)
            .is_some_and(|number| !is_one && number.bytes().all(|byte| byte.is_ascii_digit()))
    }

    fn is_young(&self, entry: &Value) -> bool {
        let Some(since) = self.since else { return true };
        let created = self.facts.created.and_then(|member| at(entry, member)?.as_str());
        // A time that cannot be read excludes nothing. All of them are UTC, so texts compare as times.
        created.and_then(|created| created.get(..since.len())).is_none_or(|created| {
            !created.starts_with(|first: char| first.is_ascii_digit())
                || *created.replace(' ', "T") >= *since
        })
    }
}

/// A member of an entry, and the one of the request that it is compared with.
type Pair = (&'static str, &'static str);

/// The objects at `A.B`, through every list on the way.
fn objects_at<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut found = vec![value];
    for step in path.split('.') {
        let below = found.into_iter().filter_map(|value| value.get(step));
        found = below
            .flat_map(|value| match value {
                Value::Array(items) => items.as_slice(),
                single => std::slice::from_ref(single),
            })
            .collect();
    }
    found.retain(|value| value.is_object());
    found
}

/// What the objects hold that the pairs lead to, one row an object; an empty text is as good as none.
fn rows_at(value: &Value, pairs: &[Pair], side: fn(&Pair) -> &'static str) -> Vec<Vec<String>> {
    let steps: Vec<_> = pairs.iter().filter_map(|pair| side(pair).rsplit_once('.')).collect();
    let Some((list, _)) = steps.first() else { return Vec::new() };
    let row = |object: &Value| {
        let member = |(_, member): &(&str, &str)| at(object, member).and_then(text);
        steps.iter().map(|step| member(step).unwrap_or_default()).collect()
    };
    objects_at(value, list).into_iter().map(row).collect()
}

/// The value at `A.B`.
pub fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, step| value.get(step)).filter(|value| !value.is_null())
}

/// A scalar as text.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A scalar or a list of them, as texts.
pub fn texts(request: &Value, path: &str) -> Vec<String> {
    match at(request, path) {
        Some(Value::Array(items)) => items.iter().filter_map(text).collect(),
        Some(single) => text(single).into_iter().collect(),
        None => Vec::new(),
    }
}

/// A value in a cell of a table.
pub fn cell(entry: &Value, path: &str) -> String {
    match at(entry, path) {
        // Here the objects are what a person compares.
        Some(Value::Array(items)) if items.iter().any(Value::is_object) => {
            let members = |item: &Value| {
                let members = item.as_object().into_iter().flatten();
                members.filter_map(|(_, value)| text(value)).collect::<Vec<_>>().join("=")
            };
            items.iter().map(members).collect::<Vec<_>>().join(", ")
        }
        Some(value) => rows::cell(&Json::from(value.clone())),
        None => String::new(),
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Whether what an entry has is, or contains, what the request has.
fn holds(here: &Value, there: &Value) -> bool {
    let wanted = match there {
        Value::Array(items) => items.as_slice(),
        single => std::slice::from_ref(single),
    };
    wanted.iter().all(|wanted| {
        let wanted = text(wanted);
        wanted.is_some()
            && match here {
                Value::Array(items) => items.iter().any(|item| text(item) == wanted),
                single => text(single) == wanted,
            }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SINCE: &str = "2026-11-21T07:40:53";

    fn verdict(action: &str, request: Value, entries: &[Value]) -> Vec<&'static str> {
        let info = cvm_models::action(action).unwrap();
        let facts = info.reconcile.as_ref().unwrap();
        let list = cvm_models::action(facts.list).unwrap();
        let (_, table) = rows::main_list(list).unwrap();
        let sought = Sought { facts, request: &request, table, since: Some(SINCE) };
        let ids = texts(&request, facts.ids.unwrap());
        ids.iter().map(|id| sought.of_id(id, entries).0.as_str()).collect()
    }

    #[test]
    fn a_machine_in_the_recycle_bin_is_done() {
        let request = json!({ "InstanceIds": ["ins-1", "ins-2", "ins-3", "ins-4"] });
        let entries = [
            json!({ "InstanceId": "ins-1", "InstanceState": "SHUTDOWN", "IsolatedSource": "MANMADE" }),
            json!({ "InstanceId": "ins-2", "InstanceState": "RUNNING" }),
            json!({ "InstanceId": "ins-3", "InstanceState": "TERMINATING" }),
        ];
        assert_eq!(
            verdict("TerminateInstances", request, &entries),
            ["done", "not seen", "done", "done"]
        );
    }

    #[test]
    fn what_was_set_is_compared_and_what_runs_is_not_done() {
        let groups = |ids: &[&str], state: &str| {
            let request = json!({ "InstanceIds": ["ins-1"], "SecurityGroupIds": ["sg-1", "sg-2"] });
            let entry = json!({
                "InstanceId": "ins-1", "SecurityGroupIds": ids, "LatestOperationState": state,
            });
            verdict("AssociateSecurityGroups", request, &[entry])
        };
        assert_eq!(groups(&["sg-3", "sg-2", "sg-1"], "SUCCESS"), ["done"]);
        assert_eq!(groups(&["sg-2", "sg-1"], "OPERATING"), ["not seen"]);
        assert_eq!(groups(&["sg-1"], "SUCCESS"), ["not seen"]);
    }

    #[test]
    fn what_no_list_shows_is_left_to_a_person() {
        let entry = json!({ "InstanceId": "ins-1", "LatestOperation": "RebootInstances" });
        let request = json!({ "InstanceIds": ["ins-1"] });
        assert_eq!(verdict("RebootInstances", request, &[entry]), ["you decide"]);
        let entry = json!({ "InstanceId": "ins-1", "LatestOperationState": "SUCCESS" });
        let request = json!({ "InstanceIds": ["ins-1"], "UserData": "eA==" });
        assert_eq!(verdict("ModifyInstancesAttribute", request, &[entry]), ["you decide"]);
    }

    #[test]
    fn a_name_counts_if_it_was_given_since() {
        let image = |name: &str, created: &str, state: &str| json!({ "ImageName": name, "CreatedTime": created, "ImageState": state });
        let told =
            |entries: &[Value]| verdict("CreateImage", json!({ "ImageName": "a" }), entries)[0];
        assert_eq!(told(&[image("a", "2026-11-21T07:40:53Z", "CREATING")]), "done");
        assert_eq!(told(&[image("a", "2026-11-21 07:41:00", "NORMAL")]), "done");
        assert_eq!(told(&[image("a", "2026-11-21T07:40:52Z", "NORMAL")]), "not seen");
        assert_eq!(told(&[image("ab", "2026-11-21T07:41:53Z", "NORMAL")]), "not seen");
        assert_eq!(told(&[image("a", "2026-11-21T07:41:53Z", "CREATEFAILED")]), "not seen");
        let two = image("a", "2026-11-21T07:41:53Z", "NORMAL");
        assert_eq!(told(&[two.clone(), two]), "you decide");
    }

    #[test]
    fn candidates_are_young_and_like_the_request() {
        let info = cvm_models::action("RunInstances").unwrap();
        let list = cvm_models::action("DescribeInstances").unwrap();
        let (_, table) = rows::main_list(list).unwrap();
        let request = json!({ "ImageId": "img-1" });
        let facts = info.reconcile.as_ref().unwrap();
        let sought = Sought { facts, request: &request, table, since: Some(SINCE) };
        let entry = |id: &str, image: &str, created: &str| json!({ "InstanceId": id, "ImageId": image, "CreatedTime": created });
        let entries = [
            entry("ins-1", "img-1", "2026-11-21T07:41:00Z"),
            entry("ins-2", "img-2", "2026-11-21T07:41:00Z"),
            entry("ins-3", "img-1", "2026-11-20T07:41:00Z"),
            entry("ins-4", "img-1", "soon"),
        ];
        let ids: Vec<String> =
            sought.candidates(&entries).iter().map(|entry| cell(entry, "InstanceId")).collect();
        assert_eq!(ids, ["ins-1", "ins-4"]);
    }

    fn fitting(request: &Value, since: Option<&str>, entries: &[Value]) -> (Vec<String>, bool) {
        let info = cvm_models::action("RunInstances").unwrap();
        let list = cvm_models::action("DescribeInstances").unwrap();
        let (_, table) = rows::main_list(list).unwrap();
        let facts = info.reconcile.as_ref().unwrap();
        let sought = Sought { facts, request, table, since };
        let ids = sought.candidates(entries).into_iter().map(|entry| cell(entry, "InstanceId"));
        (ids.collect(), sought.is_marked())
    }

    #[test]
    fn a_name_is_compared_as_the_service_spells_it() {
        let entry = |name: &str| json!({ "InstanceId": name, "InstanceName": name });
        let entries = ["web", "web1", "web12", "web-a", "db"].map(entry);
        let told = |request: Value| fitting(&request, Some(SINCE), &entries).0;
        assert_eq!(told(json!({ "InstanceName": "web" })), ["web"]);
        assert_eq!(
            told(json!({ "InstanceName": "web", "InstanceCount": 3 })),
            ["web", "web1", "web12"]
        );
        assert_eq!(told(json!({ "InstanceName": "web{R:1}" })), ["web", "web1", "web12", "web-a"]);
        assert_eq!(told(json!({ "InstanceCount": 3 })).len(), 5, "no name, no comparison");
    }

    #[test]
    fn all_tags_of_the_request_are_on_the_entry() {
        let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
        let entry = |id: &str, tags: &[Value]| json!({ "InstanceId": id, "Tags": tags });
        let entries = [
            entry("ins-1", &[tag("team", "x"), tag("run", "7")]),
            entry("ins-2", &[tag("run", "8"), tag("team", "7")]),
            entry("ins-3", &[]),
            json!({ "InstanceId": "ins-4", "Tags": null }),
        ];
        let tagged = |tags: &[Value]| json!({ "TagSpecification": [{ "ResourceType": "instance", "Tags": tags }] });
        let told = |tags: &[Value]| fitting(&tagged(tags), Some(SINCE), &entries);
        assert_eq!(told(&[tag("run", "7")]), (vec!["ins-1".to_owned()], true));
        assert_eq!(told(&[tag("run", "7"), tag("team", "x")]).0, ["ins-1"]);
        assert_eq!(told(&[tag("run", "9")]), (vec![], true));
        let (all, marked) = told(&[]);
        assert_eq!((all.len(), marked), (4, false));
        assert_eq!(cell(&entries[0], "Tags"), "team=x, run=7");
    }

    #[test]
    fn without_a_time_nothing_is_too_old_and_no_name_proves_anything() {
        let old = json!({ "InstanceId": "ins-1", "CreatedTime": "2020-01-01T00:00:00Z" });
        assert!(fitting(&json!({}), Some(SINCE), std::slice::from_ref(&old)).0.is_empty());
        assert_eq!(fitting(&json!({}), None, &[old]).0, ["ins-1"]);
        let info = cvm_models::action("CreateImage").unwrap();
        let facts = info.reconcile.as_ref().unwrap();
        let (_, table) = rows::main_list(cvm_models::action(facts.list).unwrap()).unwrap();
        let request = json!({ "ImageName": "a" });
        let sought = Sought { facts, request: &request, table, since: None };
        let image = json!({ "ImageName": "a", "CreatedTime": "2020-01-01T00:00:00Z", "ImageState": "NORMAL" });
        assert_eq!(sought.of_id("a", &[image]).0, Verdict::Open);
    }
}
