//! The verdict for every action, member by member.

use super::*;

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
