//! Conclusions for every action, member by member, and special cases.

use cvm_models::protocol::{FieldInfo, Kind, ModelInfo, Predicate, RetryClass};
use cvm_models::{ACTIONS, Dialect};
use serde_json::{Value, json};

use super::*;
use crate::journal::clocks::Clocks;
use crate::journal::entry::Destination;
use crate::journal::prior_item::PriorItem;
use crate::json_path::{at, text, texts};
use crate::output::rows::{self, member_cell as cell};
use crate::request::Request;

mod evidence;
mod hidden;
mod times;

const SINCE: &str = "2026-11-21T07:40:53";
const SENT_AT: &str = "2026-11-21T07:45:53";
const READ_AT: &str = "2026-11-21T08:10:00";

fn journaled(action: &str, request: &Value, before: Option<&[PriorItem]>) -> Entry {
    let destination = Destination {
        region: Some("ap-guangzhou".into()),
        endpoint: "https://h".into(),
        dialect: Dialect::Tc3,
        secret_id: "AKIDx".into(),
    };
    let info = cvm_models::action(action).unwrap();
    let mut entry =
        Entry::new("1".into(), Clocks::now(), &Request::new(info, request.clone()), destination);
    entry.before = before.map(<[PriorItem]>::to_vec);
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
    before: Option<&[PriorItem]>,
    entries: &[Value],
) -> Vec<&'static str> {
    let entry = journaled(action, request, before);
    with(&entry, Some(SINCE), |query| {
        let ids = texts(request, query.facts.ids.unwrap());
        ids.iter().map(|id| query.check_id(id, entries).0.as_str()).collect()
    })
}

fn seen(id: &str, from: bool) -> PriorItem {
    let expires = Some("2026-11-21T09:00:00Z".into());
    PriorItem { id: id.into(), own_id: id.into(), from: Some(from), expires }
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
fn perfect(facts: &ReconcileInfo, own_id: Option<&str>, request: &Value, id: &Value) -> Value {
    let mut entry = json!({});
    if let Some(own_id) = own_id {
        set(&mut entry, own_id, json!("own"));
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
    own_id: Option<&'static str>,
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
            let own_id = list.paginate.and_then(|pages| pages.id);
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
            Some(Self { info, facts, own_id, ids, id, request, others })
        })
    }

    fn perfect(&self, request: &Value) -> Value {
        perfect(self.facts, self.own_id, request, &self.id)
    }

    /// The verdict when the ids were listed before, or namesakes of what is made.
    fn verdict(&self, request: &Value, entries: &[Value]) -> &'static str {
        let id = text(&self.id).unwrap();
        let own_id = if self.facts.created.is_some() { "older".to_owned() } else { id.clone() };
        let before = [PriorItem { own_id, ..seen(&id, true) }];
        verdicts(self.info.name, request, Some(&before), entries)[0]
    }
}

#[test]
fn uncompared_member_needs_review() {
    let (mut cases, mut members) = (0, 0);
    for case in Case::all() {
        cases += 1;
        for other in &case.others {
            members += 1;
            for base in [&case.ids, &case.request] {
                let request = merged(base.clone(), other);
                for entries in [vec![case.perfect(&request)], Vec::new()] {
                    let verdict = case.verdict(&request, &entries);
                    assert_ne!(verdict, "done", "{}: {request} {entries:?}", case.info.name);
                }
            }
        }
    }
    assert!(cases > 40 && members > 200, "{cases} actions, {members} members");
}

#[test]
fn fully_compared_and_equal_request_is_done() {
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
fn different_or_hidden_member_is_not_done() {
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
            let verdict = case.verdict(&case.request, std::slice::from_ref(&differs));
            assert_ne!(verdict, "done", "{}: {differs}", case.info.name);
            for hidden in [absent, null] {
                let verdict = case.verdict(&case.request, std::slice::from_ref(&hidden));
                assert_eq!(verdict, "needs review", "{}: {hidden}", case.info.name);
            }
        }
    }
}

#[test]
fn uncleared_member_is_not_done() {
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
            let verdict = case.verdict(&request, &[entry]);
            assert_ne!(verdict, "done", "{}: {request}", case.info.name);
            cleared += usize::from(was == "done");
        }
    }
    assert!(cleared > 10, "{cleared}");
}

#[test]
fn absence_proves_deletion_only_of_previously_listed_ids() {
    let mut cases = 0;
    for case in Case::all().filter(|case| case.facts.if_absent == Missing::Success) {
        cases += 1;
        let (name, id) = (case.info.name, text(&case.id).unwrap());
        let verdict = |before: Option<&[PriorItem]>| verdicts(name, &case.request, before, &[])[0];
        assert_eq!(verdict(Some(&[seen(&id, true)])), "done", "{name}");
        assert_eq!(verdict(Some(&[])), "needs review", "{name}: it was not there before");
        assert_eq!(verdict(Some(&[seen("other", true)])), "needs review", "{name}");
        assert_eq!(verdict(None), "needs review", "{name}: nobody looked");
    }
    assert!(cases >= 8, "{cases}");
}

#[test]
fn recycled_instance_is_done_if_it_was_active_before() {
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
    let verdict =
        |before: Option<&[PriorItem]>| verdicts("TerminateInstances", &request, before, &entries);
    let listed = |from| ["ins-1", "ins-2", "ins-3", "ins-4"].map(|id| seen(id, from));
    assert_eq!(verdict(Some(&listed(true))), ["done", "no effect yet", "done", "done"]);
    // It was in the bin before, or on its way there: whether the call that destroys it arrived is unknown.
    assert_eq!(verdict(Some(&listed(false))), ["needs review", "no effect yet", "done", "done"]);
    assert_eq!(verdict(None), ["needs review", "no effect yet", "done", "needs review"]);
}

#[test]
fn members_are_compared_and_running_operations_are_not_done() {
    let groups = |ids: &[&str], state: &str| {
        let request = json!({ "InstanceIds": ["ins-1"], "SecurityGroupIds": ["sg-1", "sg-2"] });
        let entry = json!({
            "InstanceId": "ins-1", "InstanceState": "RUNNING", "SecurityGroupIds": ids,
            "LatestOperationState": state,
        });
        verdicts("AssociateSecurityGroups", &request, None, &[entry])
    };
    assert_eq!(groups(&["sg-3", "sg-2", "sg-1"], "SUCCESS"), ["done"]);
    assert_eq!(groups(&["sg-2", "sg-1"], "OPERATING"), ["needs review"]);
    assert_eq!(groups(&["sg-1"], "SUCCESS"), ["no effect yet"]);
}

#[test]
fn replaced_list_must_be_equal() {
    let groups = |ids: &[&str]| {
        let request = json!({ "InstanceIds": ["ins-1"], "InstanceName": "web", "SecurityGroups": ["sg-1", "sg-2"] });
        let entry = json!({
            "InstanceId": "ins-1", "InstanceState": "RUNNING", "InstanceName": "web",
            "SecurityGroupIds": ids, "LatestOperationState": "SUCCESS",
        });
        verdicts("ModifyInstancesAttribute", &request, None, &[entry])[0]
    };
    assert_eq!(groups(&["sg-1", "sg-2"]), "done");
    assert_eq!(groups(&["sg-2", "sg-1"]), "needs review", "the order may be the service's own");
    for other in [&["sg-1", "sg-2", "sg-3"][..], &["sg-1"], &[]] {
        assert_eq!(groups(other), "no effect yet", "{other:?}");
    }
}

#[test]
fn stop_mode_is_compared() {
    let stop = |mode: Option<&str>, listed: &str| {
        let request = json!({ "InstanceIds": ["ins-1"], "StoppedMode": mode });
        let entry = json!({
            "InstanceId": "ins-1", "InstanceState": "STOPPED", "StopChargingMode": listed,
            "LatestOperationState": "SUCCESS",
        });
        verdicts("StopInstances", &request, None, &[entry])[0]
    };
    assert_eq!(stop(Some("STOP_CHARGING"), "KEEP_CHARGING"), "no effect yet");
    assert_eq!(stop(Some("STOP_CHARGING"), "STOP_CHARGING"), "done");
    assert_eq!(stop(None, "KEEP_CHARGING"), "done");
}

#[test]
fn unlisted_effects_need_review() {
    let entry = json!({ "InstanceId": "ins-1", "LatestOperation": "RebootInstances" });
    let request = json!({ "InstanceIds": ["ins-1"] });
    assert_eq!(verdicts("RebootInstances", &request, None, &[entry]), ["needs review"]);
    let entry =
        json!({ "InstanceId": "ins-1", "InstanceName": "web", "LatestOperationState": "SUCCESS" });
    for request in [
        json!({ "InstanceIds": ["ins-1"], "UserData": "eA==" }),
        json!({ "InstanceIds": ["ins-1"], "UserData": "eA==", "InstanceName": "web" }),
        json!({ "InstanceIds": ["ins-1"], "AutoReboot": true, "InstanceName": "web" }),
    ] {
        let verdict =
            verdicts("ModifyInstancesAttribute", &request, None, std::slice::from_ref(&entry));
        assert_eq!(verdict, ["needs review"], "{request}");
    }
}

#[test]
fn older_item_with_the_same_name_is_not_the_created_one() {
    let cluster = |id: &str, created: &str| json!({ "HpcClusterId": id, "Name": "a", "Zone": "z", "CreateTime": created });
    let request = json!({ "Name": "a", "Zone": "z" });
    let verdict = |before: Option<&[PriorItem]>, entries: &[Value]| {
        verdicts("CreateHpcCluster", &request, before, entries)[0]
    };
    let older = [PriorItem { own_id: "hpc-1".into(), ..seen("a", true) }];
    let (one, two) =
        (cluster("hpc-1", "2026-11-21T07:41:00Z"), cluster("hpc-2", "2026-11-21T07:41:30Z"));
    assert_eq!(verdict(Some(&older), std::slice::from_ref(&one)), "no effect yet");
    // Another caller may have created the new one: names are not unique.
    assert_eq!(verdict(Some(&older), &[one.clone(), two.clone()]), "needs review");
    assert_eq!(verdict(Some(&[]), std::slice::from_ref(&two)), "needs review");
    assert_eq!(
        verdict(Some(&[]), &[one.clone(), two]),
        "needs review",
        "made twice, or somebody else's"
    );
    assert_eq!(verdict(None, &[one]), "needs review", "nobody looked before");
    let old = cluster("hpc-3", "2026-11-21T07:40:52Z");
    assert_eq!(verdict(None, std::slice::from_ref(&old)), "no effect yet");
    assert_eq!(verdict(Some(&[]), &[old]), "needs review", "it was not listed before the call");
}

#[test]
fn only_newer_items_match_by_name() {
    let image = |name: &str, created: &str, state: &str| json!({ "ImageName": name, "CreatedTime": created, "ImageState": state });
    let verdict =
        |entries: &[Value]| verdicts("CreateImage", &json!({ "ImageName": "a" }), None, entries)[0];
    assert_eq!(verdict(&[image("a", "2026-11-21T07:40:53Z", "CREATING")]), "needs review");
    assert_eq!(verdict(&[image("a", "2026-11-21 07:41:00", "NORMAL")]), "needs review");
    assert_eq!(verdict(&[image("a", "2026-11-21T07:40:52Z", "NORMAL")]), "no effect yet");
    assert_eq!(verdict(&[image("ab", "2026-11-21T07:41:53Z", "NORMAL")]), "no effect yet");
    assert_eq!(verdict(&[image("a", "2026-11-21T07:41:53Z", "CREATEFAILED")]), "needs review");
    let two = image("a", "2026-11-21T07:41:53Z", "NORMAL");
    assert_eq!(verdict(&[two.clone(), two]), "needs review");
}

fn fitting(request: &Value, since: Option<&str>, entries: &[Value]) -> (Vec<String>, bool) {
    let entry = journaled("RunInstances", request, None);
    with(&entry, since, |query| {
        let ids = query.candidates(entries).into_iter().map(|entry| cell(entry, "InstanceId"));
        (ids.collect(), query.has_tags())
    })
}

#[test]
fn candidates_are_new_and_match_the_request() {
    let entry = |id: &str, image: &str, created: &str| json!({ "InstanceId": id, "ImageId": image, "CreatedTime": created });
    let entries = [
        entry("ins-1", "img-1", "2026-11-21T07:41:00Z"),
        entry("ins-2", "img-2", "2026-11-21T07:41:00Z"),
        entry("ins-3", "img-1", "2026-11-20T07:41:00Z"),
        entry("ins-4", "img-1", "soon"),
    ];
    let verdict = fitting(&json!({ "ImageId": "img-1" }), Some(SINCE), &entries);
    assert_eq!(verdict.0, ["ins-1", "ins-4"]);
}

#[test]
fn numbered_and_patterned_names_match() {
    let entry = |name: &str| json!({ "InstanceId": name, "InstanceName": name });
    let entries = ["web", "web1", "web12", "web-a", "db"].map(entry);
    let verdict = |request: Value| fitting(&request, Some(SINCE), &entries).0;
    assert_eq!(verdict(json!({ "InstanceName": "web" })), ["web"]);
    assert_eq!(
        verdict(json!({ "InstanceName": "web", "InstanceCount": 3 })),
        ["web", "web1", "web12"]
    );
    assert_eq!(verdict(json!({ "InstanceName": "web{R:1}" })), ["web", "web1", "web12", "web-a"]);
    assert_eq!(verdict(json!({ "InstanceCount": 3 })).len(), 5, "no name, no comparison");
}

#[test]
fn candidate_has_all_requested_tags() {
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    let entry = |id: &str, tags: &[Value]| json!({ "InstanceId": id, "Tags": tags });
    let entries = [
        entry("ins-1", &[tag("team", "x"), tag("run", "7")]),
        entry("ins-2", &[tag("run", "8"), tag("team", "7")]),
        entry("ins-3", &[]),
        json!({ "InstanceId": "ins-4", "Tags": null }),
    ];
    let tagged = |tags: &[Value]| json!({ "TagSpecification": [{ "ResourceType": "instance", "Tags": tags }] });
    let verdict = |tags: &[Value]| fitting(&tagged(tags), Some(SINCE), &entries);
    assert_eq!(verdict(&[tag("run", "7")]), (vec!["ins-1".to_owned()], true));
    assert_eq!(verdict(&[tag("run", "7"), tag("team", "x")]).0, ["ins-1"]);
    assert_eq!(verdict(&[tag("run", "9")]), (vec![], true));
    let (all, marked) = verdict(&[]);
    assert_eq!((all.len(), marked), (4, false));
    assert_eq!(cell(&entries[0], "Tags"), "team=x, run=7");
}

#[test]
fn unknown_start_excludes_nothing_and_proves_nothing() {
    let old = json!({ "InstanceId": "ins-1", "CreatedTime": "2020-01-01T00:00:00Z" });
    assert!(fitting(&json!({}), Some(SINCE), std::slice::from_ref(&old)).0.is_empty());
    assert_eq!(fitting(&json!({}), None, &[old]).0, ["ins-1"]);
    let entry = journaled("CreateImage", &json!({ "ImageName": "a" }), Some(&[]));
    let image =
        json!({ "ImageName": "a", "CreatedTime": "2020-01-01T00:00:00Z", "ImageState": "NORMAL" });
    assert_eq!(with(&entry, None, |query| query.check_id("a", &[image]).0), Verdict::NeedsReview);
}

#[test]
fn hidden_or_unknown_state_needs_review() {
    let request = json!({ "InstanceIds": ["ins-1"] });
    for state in [Value::Null, json!(""), json!("FROOB")] {
        let entry = json!({ "InstanceId": "ins-1", "InstanceState": state });
        for action in ["TerminateInstances", "StopInstances", "StartInstances"] {
            let before = [seen("ins-1", true)];
            let verdict = verdicts(action, &request, Some(&before), std::slice::from_ref(&entry));
            assert_eq!(verdict, ["needs review"], "{action}: {state}");
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
        assert_eq!(verdicts("ResetInstancesType", &resize, None, &[entry]), ["needs review"]);
    }
}

/// The members of conditions are states, and a value that the specification does not list can mean anything.
#[test]
fn unspecified_value_proves_nothing_in_any_condition() {
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
                let verdict = all(std::slice::from_ref(condition), table, &entry);
                assert_eq!(verdict, None, "{}: {condition}", info.name);
                cases += 1;
            }
        }
    }
    assert!(cases >= 18, "{cases}");
    let request = json!({ "InstanceIds": ["ins-1"], "InstanceName": "web" });
    let entry = |state: Value| json!({ "InstanceId": "ins-1", "InstanceName": "web", "LatestOperationState": state });
    for (state, verdict) in [
        (json!("SUCCESS"), "done"),
        (Value::Null, "needs review"),
        (json!("OPERATING"), "needs review"),
        (json!("FROOB"), "needs review"),
    ] {
        let actual = verdicts("ModifyInstancesAttribute", &request, None, &[entry(state)]);
        assert_eq!(actual, [verdict]);
    }
}

#[test]
fn tagged_items_are_candidates_regardless_of_age() {
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
    let open = with(&journaled, Some(SINCE), |query| {
        let open = query.unmarked(&entries).into_iter();
        open.map(|entry| cell(entry, "InstanceId")).collect::<Vec<_>>()
    });
    assert_eq!(open, ["ins-2"]);
}

#[test]
fn non_utc_creation_time_excludes_nothing() {
    let entry = json!({ "InstanceId": "ins-1", "CreatedTime": "2026-11-21T00:00:00-08:00" });
    assert_eq!(fitting(&json!({}), Some(SINCE), &[entry]).0, ["ins-1"]);
}
