//! What is concluded of every action, member by member, and of the cases that have a story of their own.

use cvm_models::protocol::{FieldInfo, Kind, ModelInfo, Predicate, RetryClass};
use cvm_models::{ACTIONS, Dialect};
use serde_json::{Value, json};

use super::super::value::{cell, texts};
use super::*;
use crate::clocks::Clocks;
use crate::entry::Sending;
use crate::output::rows;

mod evidence;
mod hidden;
mod times;

const SINCE: &str = "2026-11-21T07:40:53";
const SENT_AT: &str = "2026-11-21T07:45:53";
const READ_AT: &str = "2026-11-21T08:10:00";

fn journaled(action: &str, request: &Value, before: Option<&[Seen]>) -> Entry {
    let sending = Sending {
        region: Some("ap-guangzhou".into()),
        endpoint: "https://h".into(),
        dialect: Dialect::Tc3,
        secret_id: "AKIDx".into(),
    };
    let info = cvm_models::action(action).unwrap();
    let mut entry = Entry::new("1".into(), Clocks::now(), info, request, sending);
    entry.before = before.map(<[Seen]>::to_vec);
    entry
}

fn with<T>(entry: &Entry, since: Option<&str>, ask: impl FnOnce(&Query<'_>) -> T) -> T {
    let info = cvm_models::action(&entry.action).unwrap();
    let facts = info.reconcile.as_ref().unwrap();
    let list = cvm_models::action(facts.list).unwrap();
    let (_, table) = rows::main_list(list).unwrap();
    let times = Times { since, sent_at: since.map(|_| SENT_AT), read_at: since.map(|_| READ_AT) };
    ask(&Query::new(info, facts, list, table, entry, times))
}

fn verdicts(
    action: &str,
    request: &Value,
    before: Option<&[Seen]>,
    entries: &[Value],
) -> Vec<&'static str> {
    let entry = journaled(action, request, before);
    with(&entry, Some(SINCE), |sought| {
        let ids = texts(request, sought.facts.ids.unwrap());
        ids.iter().map(|id| sought.of_id(id, entries).0.as_str()).collect()
    })
}

fn seen(id: &str, from: bool) -> Seen {
    let expires = Some("2026-11-21T09:00:00Z".into());
    Seen { id: id.into(), own: id.into(), from: Some(from), expires }
}

/// Puts a value at `A.B`.
fn set(value: &mut Value, path: &str, new: Value) {
    match path.split_once('.') {
        None => value[path] = new,
        Some((step, rest)) => set(&mut value[step], rest, new),
    }
}

/// Every leaf of a table, with a request that gives it and nothing else.
fn leaves(table: &'static ModelInfo, depth: usize) -> Vec<Value> {
    fn of_kind(kind: &'static Kind, depth: usize) -> Vec<Value> {
        match kind {
            Kind::Object(_) if depth > 5 => Vec::new(),
            Kind::Object(table) => leaves(table, depth + 1),
            Kind::List(item) => {
                of_kind(item, depth).into_iter().map(|item| json!([item])).collect()
            }
            Kind::Str => vec![json!("text")],
            Kind::I64 | Kind::U64 | Kind::F64 => vec![json!(7)],
            Kind::Bool => vec![json!(true)],
        }
    }
    let members = table.members.iter();
    let given = |field: &'static FieldInfo| {
        of_kind(&field.kind, depth).into_iter().map(|value| json!({ field.wire: value }))
    };
    members.flat_map(given).collect()
}

/// Lays one request over another.
fn merged(mut one: Value, other: &Value) -> Value {
    for (name, value) in other.as_object().unwrap() {
        if one[name].is_object() && value.is_object() {
            one[name] = merged(one[name].take(), value);
        } else {
            one[name] = value.clone();
        }
    }
    one
}

/// An entry of the list that is all that the request asks for.
fn perfect(facts: &ReconcileInfo, own: Option<&str>, request: &Value, id: &Value) -> Value {
    let mut entry = json!({});
    if let Some(own) = own {
        set(&mut entry, own, json!("own"));
    }
    set(&mut entry, facts.id, id.clone());
    for (here, there) in facts.matching.iter().chain(facts.includes).chain(facts.same_key) {
        if let Some(given) = at(request, there) {
            set(&mut entry, here, given.clone());
        }
    }
    if let Some(created) = facts.created {
        set(&mut entry, created, json!("2026-11-21T08:00:00Z"));
    }
    let conditions = if facts.done.is_empty() { facts.became } else { facts.done };
    let asked = facts.done_when.iter().filter(|(asked, _)| match asked.test {
        Predicate::OneOf(values) => request[asked.member] == values[0],
        _ => false,
    });
    for condition in conditions.iter().chain(asked.map(|(_, shown)| shown)) {
        let value = match condition.test {
            Predicate::OneOf(values) => values[0],
            _ => "SUCCESS",
        };
        set(&mut entry, condition.member, json!(value));
    }
    entry
}

/// All actions that tell of ids, with a request that gives the ids and every member that is compared.
struct Case {
    info: &'static ActionInfo,
    facts: &'static ReconcileInfo,
    own: Option<&'static str>,
    ids: Value,
    id: Value,
    request: Value,
    others: Vec<Value>,
}

impl Case {
    fn all() -> impl Iterator<Item = Self> {
        let changes = ACTIONS.iter().filter(|info| info.retry != RetryClass::Read);
        changes.filter_map(|info| {
            let facts = info.reconcile.as_ref()?;
            let ids = facts.ids?;
            let list = cvm_models::action(facts.list).unwrap();
            let own = list.paginate.and_then(|pages| pages.id);
            let field = info.request.field(ids).unwrap();
            let (ids, id) = match field.kind {
                Kind::List(Kind::Str) => (json!({ ids: ["id"] }), json!("id")),
                Kind::List(_) => (json!({ ids: [7] }), json!(7)),
                _ => (json!({ ids: "id" }), json!("id")),
            };
            let (mut compared, mut others) = (Vec::new(), Vec::new());
            for leaf in leaves(info.request, 0) {
                let journaled = journaled(info.name, &leaf, None);
                let open = uncompared(info, facts, &journaled.parameters, &journaled.secrets);
                if open.is_empty() { &mut compared } else { &mut others }.push(leaf);
            }
            let request = compared.iter().fold(json!({}), merged);
            let mut request = merged(request, &ids);
            for (_, key) in facts.same_key {
                set(&mut request, key, json!("ssh-rsa text me@home"));
            }
            if let Some((asked, _)) = facts.done_when.first()
                && let Predicate::OneOf(values) = asked.test
            {
                set(&mut request, asked.member, json!(values[0]));
            }
            Some(Self { info, facts, own, ids, id, request, others })
        })
    }

    fn perfect(&self, request: &Value) -> Value {
        perfect(self.facts, self.own, request, &self.id)
    }

    /// The verdict when the ids were listed before, or namesakes of what is made.
    fn verdict(&self, request: &Value, entries: &[Value]) -> &'static str {
        let id = text(&self.id).unwrap();
        let own = if self.facts.created.is_some() { "older".to_owned() } else { id.clone() };
        let before = [Seen { own, ..seen(&id, true) }];
        verdicts(self.info.name, request, Some(&before), entries)[0]
    }
}

#[test]
fn a_member_that_no_rule_compares_leaves_the_verdict_to_a_person() {
    let (mut cases, mut members) = (0, 0);
    for case in Case::all() {
        cases += 1;
        for other in &case.others {
            members += 1;
            for base in [&case.ids, &case.request] {
                let request = merged(base.clone(), other);
                for entries in [vec![case.perfect(&request)], Vec::new()] {
                    let told = case.verdict(&request, &entries);
                    assert_ne!(told, "done", "{}: {request} {entries:?}", case.info.name);
                }
            }
        }
    }
    assert!(cases > 40 && members > 200, "{cases} actions, {members} members");
}

#[test]
fn what_is_wholly_compared_and_equal_is_done() {
    let is_done =
        |case: &Case| case.verdict(&case.request, &[case.perfect(&case.request)]) == "done";
    let done: Vec<&str> = Case::all().filter(is_done).map(|case| case.info.name).collect();
    assert_eq!(
        done,
        [
            "AssociateInstancesKeyPairs",
            "AssociateSecurityGroups",
            "ConfigureChcAssistVpc",
            "ConfigureChcDeployVpc",
            "EnterRescueMode",
            "ExitRescueMode",
            "ImportKeyPair",
            "ModifyChcAttribute",
            "ModifyChcNetworkMode",
            "ModifyDisasterRecoverGroupAttribute",
            "ModifyHostsAttribute",
            "ModifyHpcClusterAttribute",
            "ModifyImageAttribute",
            "ModifyInstancesAttribute",
            "ModifyInstancesChargeType",
            "ModifyInstancesDisasterRecoverGroup",
            "ModifyInstancesProject",
            "ModifyInstancesRenewFlag",
            "ModifyKeyPairAttribute",
            "ModifyLaunchTemplateDefaultVersion",
            "RemoveChcAssistVpc",
            "ResetInstancesType",
            "StartInstances",
            "StopInstances",
            "TerminateInstances",
        ]
    );
}

#[test]
fn a_compared_member_that_differs_or_is_not_shown_is_not_done() {
    for case in Case::all() {
        let whole = case.perfect(&case.request);
        for (here, there) in case.facts.matching.iter().chain(case.facts.includes) {
            let Some(given) = at(&case.request, there) else { continue };
            if *here == case.facts.id {
                continue;
            }
            let other = match given {
                Value::Array(_) => json!(["another"]),
                Value::Bool(flag) => json!(!flag),
                _ => json!("another"),
            };
            let mut absent = whole.clone();
            let (above, name) = here.rsplit_once('.').unwrap_or(("", here));
            let holder = if above.is_empty() { &mut absent } else { &mut absent[above] };
            holder.as_object_mut().unwrap().remove(name);
            let (mut differs, mut null) = (whole.clone(), whole.clone());
            set(&mut differs, here, other);
            set(&mut null, here, Value::Null);
            let told = case.verdict(&case.request, std::slice::from_ref(&differs));
            assert_ne!(told, "done", "{}: {differs}", case.info.name);
            for hidden in [absent, null] {
                let told = case.verdict(&case.request, std::slice::from_ref(&hidden));
                assert_eq!(told, "you decide", "{}: {hidden}", case.info.name);
            }
        }
    }
}

#[test]
fn a_cleared_member_that_still_has_its_value_is_not_done() {
    let mut cleared = 0;
    for case in Case::all() {
        for (here, there) in case.facts.matching {
            let empty = match at(&case.request, there) {
                Some(Value::String(_)) => json!(""),
                Some(Value::Array(_)) => json!([]),
                _ => continue,
            };
            if *here == case.facts.id {
                continue;
            }
            let mut request = case.request.clone();
            set(&mut request, there, empty);
            let mut entry = case.perfect(&request);
            let was = case.verdict(&request, std::slice::from_ref(&entry));
            set(&mut entry, here, json!("kept"));
            let told = case.verdict(&request, &[entry]);
            assert_ne!(told, "done", "{}: {request}", case.info.name);
            cleared += usize::from(was == "done");
        }
    }
    assert!(cleared > 10, "{cleared}");
}

#[test]
fn absence_is_proved_only_by_an_id_that_was_listed_before() {
    let mut cases = 0;
    for case in Case::all().filter(|case| case.facts.if_absent == Missing::Success) {
        cases += 1;
        let (name, id) = (case.info.name, text(&case.id).unwrap());
        let told = |before: Option<&[Seen]>| verdicts(name, &case.request, before, &[])[0];
        assert_eq!(told(Some(&[seen(&id, true)])), "done", "{name}");
        assert_eq!(told(Some(&[])), "you decide", "{name}: it was not there before");
        assert_eq!(told(Some(&[seen("other", true)])), "you decide", "{name}");
        assert_eq!(told(None), "you decide", "{name}: nobody looked");
    }
    assert!(cases >= 8, "{cases}");
}

#[test]
fn a_machine_in_the_recycle_bin_is_done_if_it_was_not_there_before() {
    let request = json!({ "InstanceIds": ["ins-1", "ins-2", "ins-3", "ins-4"] });
    let entries = [
        json!({
            "InstanceId": "ins-1", "InstanceState": "SHUTDOWN", "IsolatedSource": "MANMADE",
            "LatestOperationState": "SUCCESS",
        }),
        json!({
            "InstanceId": "ins-2", "InstanceState": "RUNNING", "LatestOperationState": null,
        }),
        json!({ "InstanceId": "ins-3", "InstanceState": "TERMINATING" }),
    ];
    let told = |before: Option<&[Seen]>| verdicts("TerminateInstances", &request, before, &entries);
    let listed = |from| ["ins-1", "ins-2", "ins-3", "ins-4"].map(|id| seen(id, from));
    assert_eq!(told(Some(&listed(true))), ["done", "not seen", "done", "done"]);
    // It was in the bin before, or on its way there: whether the call that destroys it arrived is unknown.
    assert_eq!(told(Some(&listed(false))), ["you decide", "not seen", "done", "done"]);
    assert_eq!(told(None), ["you decide", "not seen", "done", "you decide"]);
}

#[test]
fn what_was_set_is_compared_and_what_runs_is_not_done() {
    let groups = |ids: &[&str], state: &str| {
        let request = json!({ "InstanceIds": ["ins-1"], "SecurityGroupIds": ["sg-1", "sg-2"] });
        let entry = json!({
            "InstanceId": "ins-1", "InstanceState": "RUNNING", "SecurityGroupIds": ids,
            "LatestOperationState": state,
        });
        verdicts("AssociateSecurityGroups", &request, None, &[entry])
    };
    assert_eq!(groups(&["sg-3", "sg-2", "sg-1"], "SUCCESS"), ["done"]);
    assert_eq!(groups(&["sg-2", "sg-1"], "OPERATING"), ["you decide"]);
    assert_eq!(groups(&["sg-1"], "SUCCESS"), ["not seen"]);
}

#[test]
fn a_list_that_is_replaced_equals_and_does_not_contain() {
    let groups = |ids: &[&str]| {
        let request = json!({ "InstanceIds": ["ins-1"], "InstanceName": "web", "SecurityGroups": ["sg-1", "sg-2"] });
        let entry = json!({
            "InstanceId": "ins-1", "InstanceState": "RUNNING", "InstanceName": "web",
            "SecurityGroupIds": ids, "LatestOperationState": "SUCCESS",
        });
        verdicts("ModifyInstancesAttribute", &request, None, &[entry])[0]
    };
    assert_eq!(groups(&["sg-1", "sg-2"]), "done");
    assert_eq!(groups(&["sg-2", "sg-1"]), "you decide", "the order may be the service's own");
    for other in [&["sg-1", "sg-2", "sg-3"][..], &["sg-1"], &[]] {
        assert_eq!(groups(other), "not seen", "{other:?}");
    }
}

#[test]
fn a_stop_that_ends_the_charge_is_told_from_one_that_does_not() {
    let stop = |mode: Option<&str>, listed: &str| {
        let request = json!({ "InstanceIds": ["ins-1"], "StoppedMode": mode });
        let entry = json!({
            "InstanceId": "ins-1", "InstanceState": "STOPPED", "StopChargingMode": listed,
            "LatestOperationState": "SUCCESS",
        });
        verdicts("StopInstances", &request, None, &[entry])[0]
    };
    assert_eq!(stop(Some("STOP_CHARGING"), "KEEP_CHARGING"), "not seen");
    assert_eq!(stop(Some("STOP_CHARGING"), "STOP_CHARGING"), "done");
    assert_eq!(stop(None, "KEEP_CHARGING"), "done");
}

#[test]
fn what_no_list_shows_is_left_to_a_person() {
    let entry = json!({ "InstanceId": "ins-1", "LatestOperation": "RebootInstances" });
    let request = json!({ "InstanceIds": ["ins-1"] });
    assert_eq!(verdicts("RebootInstances", &request, None, &[entry]), ["you decide"]);
    let entry =
        json!({ "InstanceId": "ins-1", "InstanceName": "web", "LatestOperationState": "SUCCESS" });
    for request in [
        json!({ "InstanceIds": ["ins-1"], "UserData": "eA==" }),
        json!({ "InstanceIds": ["ins-1"], "UserData": "eA==", "InstanceName": "web" }),
        json!({ "InstanceIds": ["ins-1"], "AutoReboot": true, "InstanceName": "web" }),
    ] {
        let told =
            verdicts("ModifyInstancesAttribute", &request, None, std::slice::from_ref(&entry));
        assert_eq!(told, ["you decide"], "{request}");
    }
}

#[test]
fn a_namesake_from_before_is_not_what_was_made() {
    let cluster = |id: &str, created: &str| json!({ "HpcClusterId": id, "Name": "a", "Zone": "z", "CreateTime": created });
    let request = json!({ "Name": "a", "Zone": "z" });
    let told = |before: Option<&[Seen]>, entries: &[Value]| {
        verdicts("CreateHpcCluster", &request, before, entries)[0]
    };
    let older = [Seen { own: "hpc-1".into(), ..seen("a", true) }];
    let (one, two) =
        (cluster("hpc-1", "2026-11-21T07:41:00Z"), cluster("hpc-2", "2026-11-21T07:41:30Z"));
    assert_eq!(told(Some(&older), std::slice::from_ref(&one)), "not seen");
    // Another caller may have created the new one: names are not unique.
    assert_eq!(told(Some(&older), &[one.clone(), two.clone()]), "you decide");
    assert_eq!(told(Some(&[]), std::slice::from_ref(&two)), "you decide");
    assert_eq!(
        told(Some(&[]), &[one.clone(), two]),
        "you decide",
        "made twice, or somebody else's"
    );
    assert_eq!(told(None, &[one]), "you decide", "nobody looked before");
    let old = cluster("hpc-3", "2026-11-21T07:40:52Z");
    assert_eq!(told(Some(&[]), &[old]), "not seen");
}

#[test]
fn a_name_counts_if_it_was_given_since() {
    let image = |name: &str, created: &str, state: &str| json!({ "ImageName": name, "CreatedTime": created, "ImageState": state });
    let told = |entries: &[Value]| {
        verdicts("CreateImage", &json!({ "ImageName": "a" }), Some(&[]), entries)[0]
    };
    assert_eq!(told(&[image("a", "2026-11-21T07:40:53Z", "CREATING")]), "you decide");
    assert_eq!(told(&[image("a", "2026-11-21 07:41:00", "NORMAL")]), "you decide");
    assert_eq!(told(&[image("a", "2026-11-21T07:40:52Z", "NORMAL")]), "not seen");
    assert_eq!(told(&[image("ab", "2026-11-21T07:41:53Z", "NORMAL")]), "not seen");
    assert_eq!(told(&[image("a", "2026-11-21T07:41:53Z", "CREATEFAILED")]), "you decide");
    let two = image("a", "2026-11-21T07:41:53Z", "NORMAL");
    assert_eq!(told(&[two.clone(), two]), "you decide");
}

fn fitting(request: &Value, since: Option<&str>, entries: &[Value]) -> (Vec<String>, bool) {
    let entry = journaled("RunInstances", request, None);
    with(&entry, since, |sought| {
        let ids = sought.candidates(entries).into_iter().map(|entry| cell(entry, "InstanceId"));
        (ids.collect(), sought.has_tags())
    })
}

#[test]
fn candidates_are_young_and_like_the_request() {
    let entry = |id: &str, image: &str, created: &str| json!({ "InstanceId": id, "ImageId": image, "CreatedTime": created });
    let entries = [
        entry("ins-1", "img-1", "2026-11-21T07:41:00Z"),
        entry("ins-2", "img-2", "2026-11-21T07:41:00Z"),
        entry("ins-3", "img-1", "2026-11-20T07:41:00Z"),
        entry("ins-4", "img-1", "soon"),
    ];
    let told = fitting(&json!({ "ImageId": "img-1" }), Some(SINCE), &entries);
    assert_eq!(told.0, ["ins-1", "ins-4"]);
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
    let entry = journaled("CreateImage", &json!({ "ImageName": "a" }), Some(&[]));
    let image =
        json!({ "ImageName": "a", "CreatedTime": "2020-01-01T00:00:00Z", "ImageState": "NORMAL" });
    assert_eq!(with(&entry, None, |sought| sought.of_id("a", &[image]).0), Verdict::NeedsReview);
}

#[test]
fn a_state_that_is_not_shown_or_not_known_is_left_to_a_person() {
    let request = json!({ "InstanceIds": ["ins-1"] });
    for state in [Value::Null, json!(""), json!("FROOB")] {
        let entry = json!({ "InstanceId": "ins-1", "InstanceState": state });
        for action in ["TerminateInstances", "StopInstances", "StartInstances"] {
            let before = [seen("ins-1", true)];
            let told = verdicts(action, &request, Some(&before), std::slice::from_ref(&entry));
            assert_eq!(told, ["you decide"], "{action}: {state}");
        }
        let (_, table) = rows::main_list(cvm_models::action("DescribeInstances").unwrap()).unwrap();
        let terminate = cvm_models::action("TerminateInstances").unwrap();
        let became = terminate.reconcile.as_ref().unwrap().became;
        assert_eq!(all(&became[..1], table, &entry), None, "{state}");
    }
    let resize = json!({ "InstanceIds": ["ins-1"], "InstanceType": "S5.LARGE8" });
    for state in [Value::Null, json!("FROOB")] {
        let entry = json!({
            "InstanceId": "ins-1", "InstanceType": "S5.LARGE8", "LatestOperationState": state,
        });
        assert_eq!(verdicts("ResetInstancesType", &resize, None, &[entry]), ["you decide"]);
    }
}

/// The members of conditions are states, and a value that the specification does not list can mean anything.
#[test]
fn a_value_that_no_list_of_the_specification_has_proves_nothing_in_any_condition() {
    let mut cases = 0;
    for info in ACTIONS {
        let Some(facts) = &info.reconcile else { continue };
        let list = cvm_models::action(facts.list).unwrap();
        let Some((_, table)) = rows::main_list(list) else { continue };
        for conditions in [facts.done, facts.became, facts.from, facts.failed] {
            for condition in conditions {
                // Names of operations are no set: another name is another operation.
                let is_name = condition.member == "LatestOperation";
                if is_name || !matches!(condition.test, Predicate::OneOf(_) | Predicate::NoneOf(_))
                {
                    continue;
                }
                let mut entry = json!({});
                set(&mut entry, condition.member, json!("FROOB"));
                let told = all(std::slice::from_ref(condition), table, &entry);
                assert_eq!(told, None, "{}: {condition}", info.name);
                cases += 1;
            }
        }
    }
    assert!(cases >= 18, "{cases}");
    let request = json!({ "InstanceIds": ["ins-1"], "InstanceName": "web" });
    let entry = |state: Value| json!({ "InstanceId": "ins-1", "InstanceName": "web", "LatestOperationState": state });
    for (state, told) in [
        (json!("SUCCESS"), "done"),
        // The service says so where it cannot tell.
        (Value::Null, "you decide"),
        (json!("OPERATING"), "you decide"),
        (json!("FROOB"), "you decide"),
    ] {
        assert_eq!(verdicts("ModifyInstancesAttribute", &request, None, &[entry(state)]), [told]);
    }
}

#[test]
fn what_bears_the_tags_is_shown_whenever_it_was_made() {
    let tags = json!([{ "Key": "run", "Value": "7" }]);
    let request = json!({ "TagSpecification": [{ "ResourceType": "instance", "Tags": tags }] });
    let entry = |id: &str, tags: &Value, created: &str| json!({ "InstanceId": id, "Tags": tags, "CreatedTime": created });
    let entries = [
        entry("ins-1", &tags, "2020-01-01T00:00:00Z"),
        entry("ins-2", &Value::Null, "2026-11-21T08:00:00Z"),
        entry("ins-3", &json!([]), "2026-11-21T08:00:00Z"),
        entry("ins-4", &Value::Null, "2020-01-01T00:00:00Z"),
        entry("ins-5", &json!([]), "2020-01-01T00:00:00Z"),
    ];
    assert_eq!(fitting(&request, Some(SINCE), &entries).0, ["ins-1"]);
    let journaled = journaled("RunInstances", &request, None);
    let open = with(&journaled, Some(SINCE), |sought| {
        let open = sought.unmarked(&entries).into_iter();
        open.map(|entry| cell(entry, "InstanceId")).collect::<Vec<_>>()
    });
    assert_eq!(open, ["ins-2"]);
}

#[test]
fn a_time_of_another_zone_excludes_nothing() {
    let entry = json!({ "InstanceId": "ins-1", "CreatedTime": "2026-11-21T00:00:00-08:00" });
    assert_eq!(fitting(&json!({}), Some(SINCE), &[entry]).0, ["ins-1"]);
}
