//! Which responses of a list prove that an id is gone.

use serde_json::{Value, json};

use crate::harness::{
    Answer, Ran, Server, edit, entries, json_response, listed_before, lost, lost_after_listing,
    only_entry, run,
};

fn terminated() -> (Server, String) {
    let ids = ["ins-1", "ins-2", "ins-3"];
    lost_after_listing(&[&["TerminateInstances", "--InstanceIds"], &ids[..]].concat(), &ids)
}

/// Resumes an entry while lists return these members, one response after the other and then always the last.
fn resumed(server: &Server, id: &str, responses: Vec<Value>) -> Ran {
    resumed_with(server, id, 200, responses)
}

/// As [`resumed`], with this HTTP status.
fn resumed_with(server: &Server, id: &str, status: u16, responses: Vec<Value>) -> Ran {
    let next = std::sync::Mutex::new(0);
    let reader = Server::scripted(move |_| {
        let mut next = next.lock().unwrap();
        let mut response = responses[(*next).min(responses.len() - 1)].clone();
        *next += 1;
        response["RequestId"] = json!("r");
        let body = json!({ "Response": response }).to_string();
        Some(json_response(status, &body))
    });
    server.resume_at(&reader, id)
}

fn instances(total: u64, rows: &[(&str, &str)]) -> Value {
    let row = |(id, state): &(&str, &str)| json!({ "InstanceId": id, "InstanceState": state });
    json!({ "TotalCount": total, "InstanceSet": rows.iter().map(row).collect::<Vec<_>>() })
}

#[test]
fn complete_list_of_the_ids_proves_absence() {
    let (server, id) = terminated();
    let ran = resumed(&server, &id, vec![instances(1, &[("ins-2", "TERMINATING")])]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout.matches("done: gone").count(), 2, "{}", ran.stdout);
    assert!(entries(&server.journal()).is_empty());
}

#[test]
fn incomplete_list_of_the_ids_proves_nothing() {
    let (server, id) = terminated();
    let gone = "TERMINATING";
    for responses in [
        vec![instances(1, &[("ins-9", "RUNNING")])],
        vec![instances(0, &[("ins-9", "RUNNING")])],
        vec![instances(1, &[("INS-1", "RUNNING")])],
        vec![instances(1, &[("ins-1 ", "RUNNING")])],
        vec![instances(2, &[("ins-2", gone), ("ins-2", gone)])],
        vec![instances(3, &[("ins-1", gone), ("ins-2", gone), ("ins-1", gone)])],
        vec![instances(3, &[("ins-1", gone), ("ins-2", gone)]), instances(2, &[])],
        vec![instances(2, &[("ins-1", gone)]), instances(2, &[("ins-9", gone)])],
        vec![instances(0, &[("ins-1", gone)])],
    ] {
        let ran = resumed(&server, &id, responses.clone());
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{responses:?}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("the outcome is still unknown"),
            "{responses:?}: {}",
            ran.stderr
        );
        assert_eq!(entries(&server.journal()), [id.as_str()], "{responses:?}");
    }
}

#[test]
fn unrelated_item_settles_no_deletion() {
    let cases = [
        (&["DeleteImages", "--ImageIds", "img-1"][..], "img-1", "ImageSet", "ImageId"),
        (&["DeleteKeyPairs", "--KeyIds", "skey-1"], "skey-1", "KeyPairSet", "KeyId"),
        (
            &["DeleteDisasterRecoverGroups", "--DisasterRecoverGroupIds", "ps-1"],
            "ps-1",
            "DisasterRecoverGroupSet",
            "DisasterRecoverGroupId",
        ),
        (
            &["DeleteLaunchTemplate", "--LaunchTemplateId", "lt-1"],
            "lt-1",
            "LaunchTemplateSet",
            "LaunchTemplateId",
        ),
        (
            &["DeleteHpcClusters", "--HpcClusterIds", "hpc-1"],
            "hpc-1",
            "HpcClusterSet",
            "HpcClusterId",
        ),
    ];
    for (arguments, id, list, member) in cases {
        let (server, entry) = lost_after_listing(arguments, &[id]);
        let foreign = json!({ "TotalCount": 1, list: [{ member: "other" }] });
        let ran = resumed(&server, &entry, vec![foreign]);
        assert_eq!(ran.code, 3, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
        let ran = resumed(&server, &entry, vec![json!({ "TotalCount": 0, list: [] })]);
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
    }
    let versions = ["DeleteLaunchTemplateVersions", "--LaunchTemplateId", "lt-1"];
    let (server, entry) =
        lost_after_listing(&[&versions[..], &["--LaunchTemplateVersions", "2"]].concat(), &["2"]);
    let foreign = json!({ "LaunchTemplateId": "lt-9", "LaunchTemplateVersion": 7 });
    let list = json!({ "TotalCount": 1, "LaunchTemplateVersionSet": [foreign] });
    assert_eq!(resumed(&server, &entry, vec![list]).code, 3);
}

#[test]
fn only_the_not_found_code_of_the_id_proves_absence() {
    let error = |code: &str| json!({ "Error": { "Code": code, "Message": "no" } });
    let (server, id) =
        lost_after_listing(&["TerminateInstances", "--InstanceIds", "ins-1"], &["ins-1"]);
    for code in [
        "InvalidInstanceType.NotFound",
        "ResourceNotFound.InstanceRegion",
        "InvalidParameterValue.InstanceNameNotFound",
        "InvalidInstanceId.NotFound.Other",
        "invalidinstanceid.notfound",
        "InvalidImageId.NotFound",
    ] {
        let ran = resumed(&server, &id, vec![error(code)]);
        assert_eq!(ran.code, 3, "{code}: {}{}", ran.stdout, ran.stderr);
        assert_eq!(entries(&server.journal()), [id.as_str()], "{code}");
    }
    let other = json!({ "Error": { "Code": "InvalidInstanceId.NotFound", "Message": "The instance `ins-77` does not exist." } });
    let ran = resumed(&server, &id, vec![other]);
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(entries(&server.journal()), [id.as_str()], "the message names another id");
    let ran = resumed(&server, &id, vec![error("InvalidInstanceId.NotFound")]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let (server, id) = lost_after_listing(&["DeleteImages", "--ImageIds", "img-1"], &["img-1"]);
    assert_eq!(resumed(&server, &id, vec![error("InvalidImageName.NotFound")]).code, 3);
}

#[test]
fn contradictory_not_found_error_proves_nothing() {
    let cases = [
        (&["TerminateInstances", "--InstanceIds", "x-1"][..], "InstanceId", "InstanceSet"),
        (&["DeleteImages", "--ImageIds", "x-1"], "ImageId", "ImageSet"),
        (&["DeleteKeyPairs", "--KeyIds", "x-1"], "KeyId", "KeyPairSet"),
    ];
    for (arguments, member, list) in cases {
        let (server, entry) = lost_after_listing(arguments, &["x-1"]);
        let code = match member {
            "KeyId" => "InvalidKeyPairId.NotFound".to_owned(),
            member => format!("Invalid{member}.NotFound"),
        };
        let clear = json!({ "Error": { "Code": code, "Message": "no" } });
        let mut rows = clear.clone();
        rows[list] = json!([{ member: "x-1" }]);
        rows["TotalCount"] = json!(1);
        let mut count = clear.clone();
        count["TotalCount"] = json!(1);
        for (status, response) in [(200, &rows), (200, &count), (500, &clear), (404, &clear)] {
            let ran = resumed_with(&server, &entry, status, vec![response.clone()]);
            let what = format!("{arguments:?} {status} {response}: {}{}", ran.stdout, ran.stderr);
            assert_eq!(ran.code, 3, "{what}");
            assert!(!ran.stdout.contains("done"), "{what}");
            assert_eq!(entries(&server.journal()), [entry.as_str()], "{what}");
        }
        let ran = resumed(&server, &entry, vec![clear]);
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn changing_list_is_read_again_and_then_proves_nothing() {
    let (server, id) = lost(&["RunInstances", "--ImageId", "img-1", "--timeout", "30"]);
    // Too old for a retry.
    edit(&server.journal(), &id, |entry| entry["boot"] = Value::Null);
    let page = |total: u64, ids: &[&str]| {
        let rows: Vec<(&str, &str)> = ids.iter().map(|id| (*id, "RUNNING")).collect();
        instances(total, &rows)
    };
    for (responses, expected) in [
        (vec![page(3, &["a", "b"]), page(2, &["b"])], "`TotalCount` changed from 3 to 2"),
        (vec![page(3, &["a", "b"]), page(3, &["c"])], "`b` moved"),
        (vec![page(3, &["a", "b"]), page(3, &["b", "a"])], "`a` is listed twice"),
    ] {
        let whole = page(3, &["a", "b", "c"]);
        let ran = resumed(
            &server,
            &id,
            [responses.clone(), responses.clone(), responses.clone()].concat(),
        );
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        for expected in ["changing while it is read", expected] {
            assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
        }
        // The next read is complete.
        let ran = resumed(&server, &id, [responses, vec![whole]].concat());
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(ran.stderr.contains("(1 requested)"), "{}", ran.stderr);
    }
    let ran = resumed(&server, &id, vec![page(3, &["a", "b"]), page(3, &["b", "c"])]);
    assert!(ran.stderr.contains("(1 requested)"), "{}", ran.stderr);
}

#[test]
fn deletion_is_settled_despite_an_account_wide_total() {
    let groups = ["DeleteDisasterRecoverGroups", "--DisasterRecoverGroupIds", "ps-1", "ps-2"];
    let (server, entry) = lost_after_listing(&groups, &["ps-1", "ps-2"]);
    let list = |rows: Value| json!({ "TotalCount": 7, "DisasterRecoverGroupSet": rows });
    let ran = resumed(&server, &entry, vec![list(json!([{ "DisasterRecoverGroupId": "ps-2" }]))]);
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("done: 1, needs review: 1") || ran.stdout.contains("done: gone"));
    let ran = resumed(&server, &entry, vec![list(json!([]))]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(entries(&server.journal()).is_empty());
}

#[test]
fn timer_that_may_have_run_needs_review() {
    for (time, code) in [("2020-01-01T00:00:00Z", 3), ("2199-01-01T00:00:00Z", 0)] {
        let timer = ["DeleteInstancesActionTimer", "--ActionTimerIds", "at-1"];
        let (server, entry) = lost_after_listing(&timer, &["at-1"]);
        edit(&server.journal(), &entry, |entry| {
            entry["before"][0]["from"] = json!(true);
            entry["before"][0]["expires"] = json!(time);
        });
        let ran = resumed(&server, &entry, vec![json!({ "ActionTimers": [] })]);
        assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
        let is_mentioned =
            ran.stderr.contains("may be gone because its time (`ActionTime`) has passed");
        assert_eq!(is_mentioned, code == 3, "{}", ran.stderr);
    }
}

/// "No effect yet" invites the user to send the request again, so one outdated list must not lead to it.
#[test]
fn no_effect_verdict_needs_two_lists() {
    let cluster = json!({ "HpcClusterId": "hpc-1", "Name": "a", "Zone": "z", "CreateTime": "2999-01-01T00:00:00Z" });
    let (server, id) = lost(&["CreateHpcCluster", "--Zone", "z", "--Name", "a"]);
    listed_before(&server.journal(), &id, &[""; 0]);
    let lists = vec![
        json!({ "TotalCount": 0, "HpcClusterSet": [] }),
        json!({ "TotalCount": 1, "HpcClusterSet": [cluster] }),
    ];
    let ran = resumed(&server, &id, lists);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stdout.contains("hpc-1"), "{}", ran.stdout);
    assert!(!ran.stderr.contains("no effect yet"), "{}", ran.stderr);

    // A second termination would destroy an instance in the recycle bin.
    let ids = ["ins-1"];
    let (server, id) = lost_after_listing(&["TerminateInstances", "--InstanceIds", "ins-1"], &ids);
    let lists = ["RUNNING", "SHUTDOWN"].map(|state| {
        let row = json!({ "InstanceId": "ins-1", "InstanceState": state, "LatestOperationState": "SUCCESS", "LatestOperation": "RunInstances" });
        json!({ "TotalCount": 1, "InstanceSet": [row] })
    });
    let ran = resumed(&server, &id, lists.to_vec());
    assert!(ran.stdout.contains("SHUTDOWN"), "{}", ran.stdout);
    assert!(!ran.stderr.contains("no effect yet"), "{}", ran.stderr);
}

/// The service says that an order may exist, so the client token does not make another attempt safe.
#[test]
fn error_that_forbids_a_retry_also_prevents_a_retry_by_resume() {
    for code in ["InternalError.TradeUnknownError", "ResponseSizeLimitExceeded"] {
        let body = format!(
            r#"{{"Response":{{"Error":{{"Code":"{code}","Message":"no"}},"RequestId":"r-1"}}}}"#
        );
        let server = Server::start(Answer::Json(body));
        let ran = run(&mut server.cvm(&["RunInstances", "--ImageId", "img-pmqg1cw7"]));
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(ran.stderr.contains("retries nothing"), "{}", ran.stderr);
        assert_eq!(server.count("RunInstances"), 1);
        let id = only_entry(&server.journal());
        let listed = run(&mut server.bare(&["resume", "--output", "text"]));
        assert!(listed.stdout.contains("no retry"), "{}", listed.stdout);
        assert!(!listed.stdout.contains("retries"), "{}", listed.stdout);
        let list = json!({ "TotalCount": 0, "InstanceSet": [] });
        let ran = resumed(&server, &id, vec![list]);
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert_eq!(server.count("RunInstances"), 1, "{}", ran.stderr);
    }
}
