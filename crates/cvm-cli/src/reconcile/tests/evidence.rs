//! Every rule of `retry.reconcile` against evidence that is older than the request, against an operation that still
//! runs, and against one that failed: none of it proves that the request was carried out.

use super::*;

/// The states in which the service takes the action, so those from before it begins.
fn states_before(action: &str) -> &'static [&'static str] {
    match action {
        "StartInstances" => &["STOPPED"],
        "StopInstances" | "RebootInstances" => &["RUNNING"],
        "ExitRescueMode" => &["RESCUE_MODE"],
        // The second termination takes an instance that lies in the recycle bin.
        "TerminateInstances" => &["RUNNING", "STOPPED", "SHUTDOWN", "RESCUE_MODE"],
        "ConfigureChcAssistVpc" => &["INIT", "CLEAR_NETWORK_FAILED"],
        "ConfigureChcDeployVpc" => &["READY"],
        "ModifyChcNetworkMode" => &["PREPARED", "ONLINE"],
        "RemoveChcAssistVpc" | "RemoveChcDeployVpc" => {
            &["READY", "PREPARED", "CLEAR_NETWORK_FAILED"]
        }
        name if name.contains("Chc") => &["INIT", "READY", "PREPARED", "ONLINE"],
        _ => &["RUNNING", "STOPPED"],
    }
}

/// An entry as an earlier operation left it: with other values than those that are asked for.
fn older(case: &Case, state: &str) -> Value {
    let mut entry = case.perfect(&case.request);
    let facts = case.facts;
    for (here, there) in facts.matching.iter().chain(facts.includes).chain(facts.same_key) {
        let Some(given) = at(&case.request, there).filter(|_| *here != facts.id) else { continue };
        let other = match given {
            Value::Array(_) => json!(["another"]),
            Value::Bool(flag) => json!(!flag),
            Value::Number(_) => json!(8),
            _ => json!("ssh-rsa another"),
        };
        set(&mut entry, here, other);
    }
    set(&mut entry, "InstanceState", json!(state));
    let isolated = if state == "SHUTDOWN" { "MANMADE" } else { "NOTISOLATED" };
    set(&mut entry, "IsolatedSource", json!(isolated));
    entry
}

fn with_operation(mut entry: Value, state: &str) -> Value {
    set(&mut entry, "LatestOperation", json!("AnEarlierOne"));
    set(&mut entry, "LatestOperationState", json!(state));
    entry
}

/// Whether entries of the case show a state and a latest operation.
fn has_operations(case: &Case) -> bool {
    ["DescribeInstances", "DescribeChcHosts"].contains(&case.facts.list)
}

fn table_of(case: &Case) -> &'static ModelInfo {
    columns::main_list(cvm_models::action(case.facts.list).unwrap()).unwrap().1
}

/// The verdict when this entry was listed before the call and is listed still.
fn verdict_of_same(case: &Case, entry: &Value) -> &'static str {
    let id = text(&case.id).unwrap();
    let own_id = case
        .own_id
        .and_then(|own_id| at(entry, own_id))
        .and_then(text)
        .unwrap_or_else(|| id.clone());
    let from = all(case.facts.from, table_of(case), entry);
    let before = [PriorItem { own_id, from, ..seen(&id, true) }];
    verdicts(case.info.name, &case.request, Some(&before), std::slice::from_ref(entry))[0]
}

#[test]
fn state_before_the_operation_proves_nothing() {
    let mut pictures = 0;
    for case in Case::all() {
        let name = case.info.name;
        let states = if has_operations(&case) { states_before(name) } else { &["RUNNING"] };
        for state in states {
            for operation in ["SUCCESS", "FAILED"] {
                pictures += 1;
                let entry = with_operation(older(&case, state), operation);
                assert_ne!(verdict_of_same(&case, &entry), "done", "{name}: {entry}");
                let verdict = verdicts(name, &case.request, None, std::slice::from_ref(&entry));
                assert_ne!(verdict, ["done"], "{name}, nobody looked before: {entry}");
            }
        }
        // A wrong id or region: nothing is listed, and nothing was.
        for before in [None, Some(&[][..])] {
            assert_ne!(verdicts(name, &case.request, before, &[]), ["done"], "{name}");
        }
    }
    assert!(pictures > 100, "{pictures}");
}

#[test]
fn requested_state_during_an_operation_is_not_done() {
    let mut cases = 0;
    for case in Case::all().filter(has_operations) {
        if case.facts.done.is_empty() || case.info.name == "TerminateInstances" {
            continue;
        }
        cases += 1;
        let mut entry = case.perfect(&case.request);
        assert_eq!(case.verdict(&case.request, &[entry.clone()]), "done", "{}", case.info.name);
        // A hosted server shows no running operation, only its own state: the latest operation is an older success.
        let (member, running) = match case.facts.list {
            "DescribeChcHosts" => ("InstanceState", "OPERATING"),
            _ => ("LatestOperationState", "OPERATING"),
        };
        set(&mut entry, member, json!(running));
        assert_eq!(case.verdict(&case.request, &[entry]), "needs review", "{}", case.info.name);
    }
    assert!(cases >= 15, "{cases}");
}

#[test]
fn possible_operation_in_progress_is_not_no_effect() {
    let (mut pictures, mut no_effect_yet) = (0, 0);
    for case in Case::all().filter(|case| case.facts.list == "DescribeInstances") {
        let name = case.info.name;
        for state in states_before(name) {
            let entry = with_operation(older(&case, state), "SUCCESS");
            no_effect_yet += usize::from(verdict_of_same(&case, &entry) == "no effect yet");
            let mut own_id = entry.clone();
            set(&mut own_id, "LatestOperation", json!(name));
            let mut moving = vec![own_id, with_operation(entry.clone(), "OPERATING")];
            for state in ["PENDING", "STARTING", "STOPPING", "REBOOTING", "FROOB"] {
                let mut entry = entry.clone();
                set(&mut entry, "InstanceState", json!(state));
                moving.push(entry);
            }
            for entry in moving {
                pictures += 1;
                assert_ne!(verdict_of_same(&case, &entry), "no effect yet", "{name}: {entry}");
            }
        }
    }
    assert!(pictures > 100 && no_effect_yet > 10, "{pictures} {no_effect_yet}");
}

#[test]
fn hidden_state_or_operation_is_not_no_effect() {
    let (mut pictures, mut no_effect_yet) = (0, 0);
    for case in Case::all().filter(|case| case.facts.list == "DescribeInstances") {
        let name = case.info.name;
        for state in states_before(name) {
            let shown = with_operation(older(&case, state), "SUCCESS");
            let is_not_seen = verdict_of_same(&case, &shown) == "no effect yet";
            // There was no operation at all: nothing is hidden.
            let mut none = shown.clone();
            set(&mut none, "LatestOperation", Value::Null);
            set(&mut none, "LatestOperationState", Value::Null);
            no_effect_yet += usize::from(is_not_seen);
            for member in ["InstanceState", "LatestOperationState"] {
                let mut absent = shown.clone();
                absent.as_object_mut().unwrap().remove(member);
                let mut hidden = vec![absent];
                for value in [Value::Null, json!(""), json!("  "), json!(["RUNNING"])] {
                    let mut entry = shown.clone();
                    set(&mut entry, member, value);
                    hidden.push(entry);
                }
                for entry in hidden {
                    pictures += 1;
                    assert_ne!(verdict_of_same(&case, &entry), "no effect yet", "{name}: {entry}");
                }
            }
            if is_not_seen {
                assert_eq!(verdict_of_same(&case, &none), "no effect yet", "{name}: {none}");
            }
        }
    }
    assert!(pictures > 200 && no_effect_yet > 10, "{pictures} {no_effect_yet}");
}

#[test]
fn failed_operation_needs_review() {
    let mut cases = 0;
    for case in Case::all().filter(has_operations) {
        if case.facts.done.is_empty() && case.facts.became.is_empty() {
            continue;
        }
        cases += 1;
        let mut entry = case.perfect(&case.request);
        set(&mut entry, "LatestOperationState", json!("FAILED"));
        assert_eq!(case.verdict(&case.request, &[entry]), "needs review", "{}", case.info.name);
        let entry = with_operation(older(&case, states_before(case.info.name)[0]), "FAILED");
        assert_eq!(case.verdict(&case.request, &[entry]), "needs review", "{}", case.info.name);
    }
    assert!(cases >= 15, "{cases}");
}

#[test]
fn recycle_bin_proves_termination_only_of_previously_active_instances() {
    let request = json!({ "InstanceIds": ["ins-1"] });
    let instance = |state: &str, operation: &str, isolated: &str| {
        json!({
            "InstanceId": "ins-1", "InstanceState": state, "LatestOperationState": operation,
            "IsolatedSource": isolated,
        })
    };
    let facts = cvm_models::action("TerminateInstances").unwrap().reconcile.as_ref().unwrap();
    let (_, table) = columns::main_list(cvm_models::action(facts.list).unwrap()).unwrap();
    let verdict = |before: Value, now: Value| {
        let from = all(facts.from, table, &before);
        let before = [PriorItem { from, ..seen("ins-1", true) }];
        verdicts("TerminateInstances", &request, Some(&before), &[now])[0]
    };
    let up = || instance("RUNNING", "SUCCESS", "NOTISOLATED");
    let binned = || instance("SHUTDOWN", "SUCCESS", "MANMADE");
    assert_eq!(verdict(up(), binned()), "done");
    assert_eq!(verdict(instance("STOPPED", "FAILED", "NOTISOLATED"), binned()), "done");
    // It lay there before, another call was about to put it there, or it is unknown.
    assert_eq!(verdict(binned(), binned()), "needs review");
    assert_eq!(verdict(instance("RUNNING", "OPERATING", "NOTISOLATED"), binned()), "needs review");
    assert_eq!(verdict(instance("TERMINATING", "OPERATING", "MANMADE"), binned()), "needs review");
    assert_eq!(verdict(json!({ "InstanceId": "ins-1" }), binned()), "needs review");
    // It came there, and not by a return; or it is not there for good yet.
    assert_eq!(verdict(up(), instance("SHUTDOWN", "SUCCESS", "EXPIRE")), "needs review");
    assert_eq!(verdict(up(), instance("SHUTDOWN", "OPERATING", "MANMADE")), "needs review");
    assert_eq!(verdict(up(), up()), "no effect yet");
}

#[test]
fn imported_key_matches_despite_a_replaced_comment() {
    let request =
        json!({ "KeyName": "a", "ProjectId": 0, "PublicKey": "ssh-rsa AAAAB3Nz me@home" });
    let verdict = |key: &str| {
        let entry = json!({ "KeyId": "skey-1", "KeyName": "a", "ProjectId": 0, "PublicKey": key });
        verdicts("ImportKeyPair", &request, None, &[entry])[0]
    };
    assert_eq!(verdict("ssh-rsa AAAAB3Nz skey_112168"), "done");
    assert_eq!(verdict("ssh-rsa AAAAB3Nx me@home"), "no effect yet");
    assert_eq!(verdict("skey_112168"), "needs review");
}

#[test]
fn missing_timer_was_canceled_only_if_it_was_pending_and_not_due() {
    let request = json!({ "ActionTimerIds": ["at-1"] });
    let name = "DeleteInstancesActionTimer";
    let verdict = |from: Option<bool>, expires: Option<&str>| {
        let expires = expires.map(str::to_owned);
        let before = [PriorItem { from, expires, ..seen("at-1", true) }];
        verdicts(name, &request, Some(&before), &[])[0]
    };
    assert_eq!(verdict(Some(true), Some("2026-11-21T08:10:01Z")), "done");
    for (from, expires) in [
        // Its time had come when the list was read, so that it may have run.
        (Some(true), Some("2026-11-21T08:10:00Z")),
        (Some(true), Some("2020-01-01T00:00:00Z")),
        // It no longer waited, or its state is unknown.
        (Some(false), Some("2026-11-21T09:00:00Z")),
        (None, Some("2026-11-21T09:00:00Z")),
        // Its time is not known.
        (Some(true), None),
        (Some(true), Some("")),
        (Some(true), Some("2026-11-21 09:00:00")),
        (Some(true), Some("2026-11-21T09:00:00+08:00")),
        (Some(true), Some("tomorrow-at-nine-utcZ")),
    ] {
        assert_eq!(verdict(from, expires), "needs review", "{from:?} {expires:?}");
    }
    let entry = journaled(name, &request, Some(&[seen("at-1", true)]));
    let creation_time_unknown = with(&entry, None, |query| query.check_id("at-1", &[]).0);
    assert_eq!(creation_time_unknown, Verdict::NeedsReview, "the clock cannot be relied on");
    let status = |status: &str| json!({ "ActionTimerId": "at-1", "Status": status });
    for state in ["UNDO", "DOING", "DONE"] {
        let verdict = verdicts(name, &request, Some(&[seen("at-1", true)]), &[status(state)]);
        assert_ne!(verdict, ["done"], "{state}");
    }
}

#[test]
fn undoing_operation_needs_review() {
    let mut names = Vec::new();
    for case in Case::all().filter(|case| !case.facts.undone_by.is_empty()) {
        names.push(case.info.name);
        for condition in case.facts.undone_by {
            let Predicate::OneOf(operations) = condition.test else { panic!("{condition}") };
            for operation in operations {
                let mut entry = case.perfect(&case.request);
                assert_eq!(
                    case.verdict(&case.request, &[entry.clone()]),
                    "done",
                    "{}",
                    case.info.name
                );
                set(&mut entry, condition.member, json!(operation));
                let verdict = case.verdict(&case.request, &[entry]);
                assert_eq!(verdict, "needs review", "{}: {operation}", case.info.name);
            }
        }
    }
    for name in ["StartInstances", "StopInstances", "EnterRescueMode", "ExitRescueMode"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

/// Every rule that proves a state that another action can bring about, too.
#[test]
fn rules_without_compared_members_name_the_undoing_operations() {
    for case in Case::all().filter(has_operations) {
        let facts = case.facts;
        let is_by_state = facts.done.iter().any(|condition| condition.member == "InstanceState");
        // No operation takes an instance back that is being destroyed.
        if is_by_state && case.info.name != "TerminateInstances" {
            let is_directed = !(facts.undone_by.is_empty() && facts.done_when.is_empty());
            assert!(is_directed, "{}", case.info.name);
        }
    }
}

#[test]
fn network_switch_is_done_only_with_the_requested_mode() {
    let verdict = |asked: &str, shown: &str, operation: Value| {
        let request = json!({ "ChcIds": ["chc-1"], "NetworkMode": asked });
        let entry = json!({
            "ChcId": "chc-1", "InstanceState": "PREPARED", "NetworkMode": shown,
            "LatestOperation": operation, "LatestOperationState": "SUCCESS",
        });
        verdicts("ModifyChcNetworkMode", &request, None, &[entry])[0]
    };
    let (deploy, business) = (json!("SwitchChcDeployNetwork"), json!("SwitchChcBusinessNetwork"));
    for (mode, other, own_id, opposite) in
        [("DEPLOY", "BUSINESS", &deploy, &business), ("BUSINESS", "DEPLOY", &business, &deploy)]
    {
        assert_eq!(verdict(mode, mode, own_id.clone()), "done");
        for operation in [opposite.clone(), json!("ChcPrepare"), Value::Null] {
            assert_eq!(verdict(mode, mode, operation), "needs review", "{mode}");
        }
        // The old mode, and a switch to the wanted one that is over: the row contradicts itself.
        assert_eq!(verdict(mode, other, own_id.clone()), "needs review", "{mode}");
        assert_eq!(verdict(mode, other, opposite.clone()), "no effect yet", "{mode}");
    }
    assert_eq!(verdict("SIDEWAYS", "SIDEWAYS", deploy), "needs review", "an unknown mode");
}

#[test]
fn unlisted_resource_is_never_no_effect() {
    let mut cases = 0;
    for case in Case::all().filter(|case| case.own_id == Some(case.facts.id)) {
        cases += 1;
        for before in [None, Some(&[][..]), Some(&[seen("id", true)][..])] {
            let verdict = verdicts(case.info.name, &case.request, before, &[])[0];
            assert_ne!(verdict, "no effect yet", "{}", case.info.name);
            let is_gone = case.facts.if_absent == Missing::Success && verdict == "done";
            assert!(is_gone || verdict == "needs review", "{}: {verdict}", case.info.name);
        }
    }
    assert!(cases > 25, "{cases}");
}

#[test]
fn unchecked_recycle_bin_needs_review() {
    let request = json!({ "InstanceIds": ["ins-1"] });
    let entry = json!({ "InstanceId": "ins-1", "InstanceState": "SHUTDOWN" });
    let before = [PriorItem { from: None, ..seen("ins-1", true) }];
    assert_eq!(verdicts("TerminateInstances", &request, Some(&before), &[entry]), ["needs review"]);
}
