//! What `cvm resume` concludes: a request is done only with proof.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::harness::{
    Answer, LAUNCH, Ran, Server, assert_unsettled, dated_response, edit, entries, json_response,
    lose, losing, lost, lost_after_listing, make_old, read_entry, request_header, resume, run,
    service_time, terminated, unix_now,
};

const PREPAID: [&str; 6] = [
    "--InstanceChargeType",
    "PREPAID",
    "--InstanceChargePrepaid.Period",
    "1",
    "--InstanceChargePrepaid.RenewFlag",
    "NOTIFY_AND_MANUAL_RENEW",
];

const TAG: [&str; 6] = [
    "--TagSpecification.0.ResourceType",
    "instance",
    "--TagSpecification.0.Tags.0.Key",
    "run",
    "--TagSpecification.0.Tags.0.Value",
    "7",
];

#[test]
fn nonexistent_id_is_not_reported_as_terminated() {
    let (emulator, server) = losing("TerminateInstances", false);
    let id = lose(&emulator, &server, &["TerminateInstances", "--InstanceIds", "ins-00000000"]);
    let ran = resume(&emulator, &server, &[&id]);
    assert_unsettled(
        &ran,
        &server,
        &id,
        &["needs review: 1", "was not listed before the call either"],
    );
    edit(&server.journal(), &id, |entry| entry["before"] = Value::Null);
    let ran = resume(&emulator, &server, &[&id]);
    assert_unsettled(&ran, &server, &id, &["was not checked before the call"]);
    assert_eq!(server.count("TerminateInstances"), 1);
}

#[test]
fn second_termination_is_distinguished_from_the_first() {
    let (emulator, server) = losing("TerminateInstances", false);
    let launched = emulator.call(&[&LAUNCH[..], &PREPAID].concat());
    let instance = launched["InstanceIdSet"][0].as_str().unwrap();
    emulator.call(&["TerminateInstances", "--InstanceIds", instance]);
    // It is in the recycle bin now; the call that would destroy it does not arrive.
    let id = lose(&emulator, &server, &["TerminateInstances", "--InstanceIds", instance]);
    let ran = resume(&emulator, &server, &[&id]);
    assert_unsettled(&ran, &server, &id, &["needs review: 1"]);
    assert!(ran.stdout.contains("SHUTDOWN"), "{}", ran.stdout);
    emulator.call(&["TerminateInstances", "--InstanceIds", instance]);
    let ran = resume(&emulator, &server, &[&id]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(entries(&server.journal()).is_empty());
    assert_eq!(emulator.instance_count(), 0);
}

#[test]
fn change_of_two_members_is_not_done_when_one_is_set() {
    let (emulator, server) = losing("ModifyInstancesAttribute", false);
    let instance = emulator.launch();
    let change = ["ModifyInstancesAttribute", "--InstanceIds", &instance, "--InstanceName"];
    emulator.call(&[&change[..], &["web"]].concat());
    let groups = ["web", "--SecurityGroups", "sg-11112222"];
    let id = lose(&emulator, &server, &[&change[..], &groups].concat());
    // The latest operation has the requested kind, and may be this one.
    let ran = resume(&emulator, &server, &[&id]);
    assert_unsettled(
        &ran,
        &server,
        &id,
        &["needs review: 1", "may be in progress or just finished"],
    );
    assert_eq!(run(&mut server.bare(&["resume", "--forget", &id])).code, 0);
    // Parameters that no list shows are named.
    let id = lose(&emulator, &server, &[&change[..], &["web", "--AutoReboot", "true"]].concat());
    let ran = resume(&emulator, &server, &[&id]);
    assert_unsettled(&ran, &server, &id, &["needs review: 1", "`AutoReboot`"]);
}

#[test]
fn earlier_resource_with_the_same_name_is_not_a_match() {
    let (emulator, server) = losing("CreateHpcCluster", false);
    let create = ["CreateHpcCluster", "--Zone", "ap-guangzhou-3", "--Name", "twin"];
    emulator.call(&create);
    let id = lose(&emulator, &server, &create);
    assert_unsettled(&resume(&emulator, &server, &[&id]), &server, &id, &["no effect yet: 1"]);
    // The same applies to one that another caller created a moment later.
    emulator.call(&create);
    let ran = resume(&emulator, &server, &[&id]);
    assert_unsettled(&ran, &server, &id, &["needs review: 1", "names are not unique"]);
}

#[test]
fn wrong_creation_time_does_not_hide_an_item_that_was_not_listed_before() {
    let create = ["CreateHpcCluster", "--Zone", "ap-guangzhou-3", "--Name", "a"];
    let (server, id) = lost_after_listing(&create, &[]);
    let cluster = json!({ "HpcClusterId": "hpc-11112222", "Name": "a", "Zone": "ap-guangzhou-3",
        "CreateTime": "2020-01-01T00:00:00Z" });
    let list = json!({ "HpcClusterSet": [cluster], "TotalCount": 1, "RequestId": "r" });
    let reader = Server::start(Answer::Json(json!({ "Response": list }).to_string()));
    let ran = server.resume_at(&reader, &id);
    let hint = "`a` was not listed before the call, but its creation time is earlier";
    assert_unsettled(&ran, &server, &id, &["needs review: 1", hint]);
    assert!(ran.stdout.contains("hpc-11112222"), "{}", ran.stdout);
}

#[test]
fn template_versions_are_read_without_paging() {
    let (emulator, server) = losing("DeleteLaunchTemplateVersions", true);
    let data = ["--Placement.Zone", "ap-guangzhou-3", "--ImageId", "img-pmqg1cw7"];
    let create = ["CreateLaunchTemplate", "--LaunchTemplateName", "versions"];
    let made = emulator.call(&[&create[..], &data].concat());
    let template = made["LaunchTemplateId"].as_str().unwrap();
    let more = ["CreateLaunchTemplateVersion", "--LaunchTemplateId", template];
    emulator.call(&[&more[..], &data].concat());
    let delete = ["DeleteLaunchTemplateVersions", "--LaunchTemplateId", template];
    let id = lose(&emulator, &server, &[&delete[..], &["--LaunchTemplateVersions", "2"]].concat());
    let ran = resume(&emulator, &server, &[&id]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(entries(&server.journal()).is_empty());
    assert_eq!(server.count("DeleteLaunchTemplateVersions"), 1);
}

#[test]
fn only_a_complete_list_proves_absence() {
    let (server, id) = terminated();
    for members in [
        r#""TotalCount":0"#,
        r#""TotalCount":0,"InstanceSet":null"#,
        r#""TotalCount":2,"InstanceSet":[]"#,
        r#""TotalCount":1,"InstanceSet":[null]"#,
        r#""TotalCount":0,"InstanceSet":[null]"#,
        r#""TotalCount":1,"InstanceSet":[{}]"#,
        r#""TotalCount":0,"InstanceSet":[{"InstanceState":"RUNNING"}]"#,
        r#""TotalCount":1,"InstanceSet":[{"InstanceId":null,"InstanceState":"RUNNING"}]"#,
        r#""TotalCount":1,"InstanceSet":[{"InstanceId":"","InstanceState":"RUNNING"}]"#,
        r#""InstanceSet":[]"#,
        r#""TotalCount":null,"InstanceSet":[]"#,
        r#""Error":{"Code":"UnauthorizedOperation.MFANotFound","Message":"no"}"#,
        r#""Error":{"Code":"InvalidRegion.NotFound","Message":"no"}"#,
        r#""Error":{"Code":"ResourceNotFound","Message":"no"}"#,
    ] {
        let body = format!(r#"{{"Response":{{"RequestId":"r",{members}}}}}"#);
        let reader = Server::start(Answer::Json(body));
        assert_unsettled(&server.resume_at(&reader, &id), &server, &id, &[]);
    }
}

#[test]
fn not_found_error_proves_absence() {
    let (server, id) = terminated();
    let body = r#"{"Response":{"RequestId":"r","Error":{"Code":"InvalidInstanceId.NotFound","Message":"no"}}}"#;
    let reader = Server::start(Answer::Json(body.to_owned()));
    let ran = server.resume_at(&reader, &id);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout.matches("done: gone").count(), 2, "{}", ran.stdout);
    assert_eq!(reader.count("DescribeInstances"), 6, "both, and then each alone; all of it twice");
    assert!(entries(&server.journal()).is_empty());
}

#[test]
fn one_list_does_not_prove_absence() {
    let (server, id) = terminated();
    let lists = AtomicUsize::new(0);
    let reader = Server::scripted(move |_| {
        // The first list is outdated.
        let is_first = lists.fetch_add(1, Ordering::Relaxed) == 0;
        let row = |id| json!({ "InstanceId": id, "InstanceState": "RUNNING" });
        let rows = if is_first { vec![] } else { vec![row("ins-11112222"), row("ins-33334444")] };
        let response = json!({ "InstanceSet": rows, "TotalCount": rows.len(), "RequestId": "r" });
        Some(json_response(200, &json!({ "Response": response }).to_string()))
    });
    let ran = server.resume_at(&reader, &id);
    assert_ne!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout.matches("┆ RUNNING").count(), 2, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(entries(&server.journal()), [id]);
}

/// A service whose clock is behind this machine's by these seconds: it rejects signatures with another time, loses
/// launches, and lists one that was created by its own clock.
fn behind(seconds: u64) -> Server {
    Server::scripted(move |request| {
        let now = unix_now() - seconds;
        let signed: u64 = request_header(request, "X-TC-Timestamp").unwrap().parse().unwrap();
        let response = if signed.abs_diff(now) > 300 {
            json!({ "Error": { "Code": "AuthFailure.SignatureExpire", "Message": "late" } })
        } else if request_header(request, "X-TC-Action").unwrap() == "RunInstances" {
            return None;
        } else {
            let tags = json!([{ "Key": "run", "Value": "7" }]);
            let made = service_time(now);
            json!({ "TotalCount": 1, "InstanceSet": [{ "InstanceId": "ins-11112222", "ImageId": "img-pmqg1cw7", "Tags": tags, "CreatedTime": made }] })
        };
        Some(dated_response(200, now, &enveloped(response)))
    })
}

/// The body of a response with these members.
fn enveloped(mut members: Value) -> String {
    members["RequestId"] = json!("r");
    json!({ "Response": members }).to_string()
}

#[test]
fn wrong_clock_hides_no_launch() {
    let server = behind(600);
    let launch = ["RunInstances", "--ImageId", "img-pmqg1cw7", "--timeout", "30"];
    let id = server.lose(&[&launch[..], &TAG].concat());
    let skew = read_entry(&server.journal(), &id)["skew"].as_i64().unwrap();
    assert!((-660..=-540).contains(&skew), "{skew}");
    // With the difference in the entry, and without it, as after a kill.
    for skew in [json!(skew), Value::Null] {
        edit(&server.journal(), &id, |entry| entry["skew"] = skew.clone());
        if skew.is_null() {
            make_old(&server.journal(), &id, 181);
        }
        let ran = server.resume(&id);
        assert_unsettled(&ran, &server, &id, &["1 item created since has its tags (1 requested)"]);
    }
}

#[test]
fn one_wrong_date_header_hides_no_launch() {
    let (server, id) = lost(&["RunInstances", "--ImageId", "img-1", "--timeout", "30"]);
    let made = service_time(unix_now());
    let set = json!([{ "InstanceId": "ins-1", "ImageId": "img-1", "CreatedTime": made }]);
    let list = enveloped(json!({ "TotalCount": 1, "InstanceSet": set }));
    let reader = Server::start(Answer::Json(list));
    for skew in [700, 3_600, 250_000_000_000_i64] {
        edit(&server.journal(), &id, |entry| entry["skew"] = json!(skew));
        let ran = server.resume_at(&reader, &id);
        assert_unsettled(&ran, &server, &id, &["1 item created since matches the request"]);
    }
}

/// Loses a launch with these parameters, lists one instance afterwards, and returns the run of `cvm resume`.
fn resumed(parameters: &[&str], instance: Value) -> Ran {
    let server = Server::scripted(move |request| {
        if request.contains("RunInstances") {
            return None;
        }
        let now = unix_now();
        let mut instance = instance.clone();
        instance["CreatedTime"] = json!(service_time(now));
        let list = enveloped(json!({ "TotalCount": 1, "InstanceSet": [instance] }));
        Some(dated_response(200, now, &list))
    });
    let launch = ["RunInstances", "--ImageId", "img-1", "--InstanceName", "web", "--timeout", "2"];
    let id = server.lose(&[&launch[..], parameters].concat());
    make_old(&server.journal(), &id, 240);
    let ran = server.resume(&id);
    assert_unsettled(&ran, &server, &id, &[]);
    ran
}

#[test]
fn hidden_members_do_not_count_as_no_match() {
    let row = |name: Value, tags: Value| json!({ "InstanceId": "ins-1", "ImageId": "img-1", "InstanceName": name, "Tags": tags });
    let ran = resumed(&[], row(Value::Null, json!([])));
    assert!(ran.stdout.contains("ins-1"), "{}", ran.stdout);
    for expected in [
        "1 item created since may match the request (1 requested)",
        "does not show `InstanceName` of 1 item",
    ] {
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
    }
    let tags = json!([{ "Key": "run", "Value": "7" }]);
    let ran = resumed(&TAG, row(Value::Null, tags));
    assert!(ran.stdout.contains("ins-1"), "{}", ran.stdout);
    assert!(ran.stderr.contains("1 item created since has its tags"), "{}", ran.stderr);
    for hidden in [Value::Null, json!([null]), json!([{ "Key": "run" }])] {
        let ran = resumed(&TAG, row(Value::Null, hidden));
        assert!(!ran.stderr.contains("no item created since has its tags"), "{}", ran.stderr);
        for expected in [
            "is known to have its tags",
            "does not show the tags of 1 item created since (`ins-1`)",
        ] {
            assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
        }
    }
}

#[test]
fn only_instance_tags_are_compared() {
    let disk = [
        "--TagSpecification.1.ResourceType",
        "volume",
        "--TagSpecification.1.Tags.0.Key",
        "disk",
        "--TagSpecification.1.Tags.0.Value",
        "d",
    ];
    let tags = json!([{ "Key": "run", "Value": "7" }]);
    let row =
        json!({ "InstanceId": "ins-1", "ImageId": "img-1", "InstanceName": "web", "Tags": tags });
    let ran = resumed(&[TAG, disk].concat(), row);
    assert!(ran.stderr.contains("1 item created since has its tags"), "{}", ran.stderr);
}
