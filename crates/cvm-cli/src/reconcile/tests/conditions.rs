//! States that are hidden or not in the specification.

use super::*;

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
        let (_, table) =
            columns::main_list(cvm_models::action("DescribeInstances").unwrap()).unwrap();
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
        let Some((_, table)) = columns::main_list(list) else { continue };
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
