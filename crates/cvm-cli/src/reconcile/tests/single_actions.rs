//! The verdict for single actions with rules of their own.

use super::*;

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
