//! `cvm resume` retries what is safe to retry, and only reads for everything else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::harness::{
    Answer, LAUNCH, Server, edit, entries, entry_file, lose, losing, lost, make_old, resume, run,
};

#[test]
fn recent_launch_is_retried_with_its_token() {
    let (emulator, server) = losing("RunInstances", true);
    let id = lose(&emulator, &server, &LAUNCH);
    assert_eq!(emulator.instance_count(), 1);
    // The response is lost again: nothing is settled, and nothing is launched twice.
    let ran = resume(&emulator, &server, &[&id]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert_eq!(emulator.instance_count(), 1);
    // Now the entry gets the address of the emulator, which responds.
    let url = emulator.ready("url");
    edit(&server.journal(), &id, |entry| entry["endpoint"] = json!(url));
    let ready = emulator.ready_file.to_str().unwrap();
    let ran = resume(&emulator, &server, &[&id, "--emulator", ready]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("\"InstanceIdSet\""), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("retrying RunInstances with its original client token"),
        "{}",
        ran.stderr
    );
    assert_eq!(emulator.instance_count(), 1);
    assert!(entries(&server.journal()).is_empty());
}

#[test]
fn old_launch_is_only_searched_for() {
    let (emulator, server) = losing("RunInstances", true);
    let id = lose(&emulator, &server, &LAUNCH);
    let sent = server.count("RunInstances");
    for change in [181, 3_600] {
        make_old(&server.journal(), &id, change);
        let before = server.count("DescribeInstances");
        let ran = resume(&emulator, &server, &[&id]);
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert_eq!(server.count("RunInstances"), sent);
        assert!(server.count("DescribeInstances") > before);
        assert!(
            ran.stderr.contains("1 item created since matches the request (1 requested)"),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains(&format!("cvm resume --forget {id}")), "{}", ran.stderr);
        assert!(ran.stdout.contains("│ ins-"), "{}", ran.stdout);
        assert!(ran.stdout.replace('\n', " ").contains("only your own tag"), "{}", ran.stdout);
    }
    // After the clock was set back, the age is unknown, so the entry counts as too old.
    edit(&server.journal(), &id, |entry| {
        entry["started"] = json!(entry["started"].as_u64().unwrap() + 7_200_000);
    });
    assert_eq!(resume(&emulator, &server, &[&id]).code, 3);
    assert_eq!(server.count("RunInstances"), sent);
    assert_eq!(entries(&server.journal()), [id.as_str()], "a person decides");
    assert_eq!(emulator.instance_count(), 1);
}

#[test]
fn old_launch_is_identified_by_its_tag() {
    let (emulator, server) = losing("RunInstances", true);
    let tagged = |run: &'static str| {
        let tags = ["--TagSpecification.0.ResourceType", "instance"];
        let tag = ["--TagSpecification.0.Tags.0.Key", "run", "--TagSpecification.0.Tags.0.Value"];
        let many = ["--InstanceName", "web", "--InstanceCount", "3"];
        [&LAUNCH[..], &tags, &tag, &[run], &many].concat()
    };
    for _ in 0..2 {
        emulator.launch();
    }
    emulator.call(&tagged("6"));
    let id = lose(&emulator, &server, &tagged("7"));
    let sent = server.count("RunInstances");
    make_old(&server.journal(), &id, 200);
    // Other instances were created since, even with the same name: the tag distinguishes them.
    let ran = resume(&emulator, &server, &[&id]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    for expected in ["InstanceName", "web3", "Tags", "run=7"] {
        assert!(ran.stdout.contains(expected), "{expected}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("run=6"), "{}", ran.stdout);
    for expected in
        ["3 items created since have its tags (3 requested)", "if no other request used these"]
    {
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
    // With one more of the same tag, their number is not the requested one.
    let one = [&LAUNCH[..], &tagged("7")[5..11]].concat();
    emulator.call(&one);
    emulator.call(&[&one[..], &["--InstanceName", "web"]].concat());
    let ran = resume(&emulator, &server, &[&id]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert!(ran.stderr.contains("have its tags (3 requested)"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("if no other request"), "{}", ran.stderr);
    assert_eq!(server.count("RunInstances"), sent);
    assert_eq!(entries(&server.journal()), [id]);
}

#[test]
fn clock_set_back_disables_time_comparison() {
    let (emulator, server) = losing("RunInstances", true);
    let id = lose(&emulator, &server, &LAUNCH);
    edit(&server.journal(), &id, |entry| {
        entry["started"] = json!(entry["started"].as_u64().unwrap() + 7_200_000);
    });
    let ran = resume(&emulator, &server, &[&id]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(
        ran.stdout.starts_with("RunInstances, ap-guangzhou, checked with Describe"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("│ ins-"), "{}", ran.stdout);
    for expected in ["1 item matches the request (1 requested)", "clock was set back"] {
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("since matches"), "{}", ran.stderr);
}

#[test]
fn different_password_causes_no_second_launch() {
    let (emulator, server) = losing("RunInstances", true);
    let file = |name: &str, password: &str| {
        let path = server.folder.path().join(name);
        fs::write(&path, password).unwrap();
        format!("@{}", path.display())
    };
    let (one, other) = (file("one", "Canary@Password123"), file("other", "Canary@Password456"));
    let id = lose(&emulator, &server, &[&LAUNCH[..], &["--LoginSettings.Password", &one]].concat());
    let url = emulator.ready("url");
    edit(&server.journal(), &id, |entry| entry["endpoint"] = json!(url));
    let ran = resume(&emulator, &server, &[&id, "--LoginSettings.Password", &other]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let place = |words: &str| ran.stderr.find(words).unwrap_or_else(|| panic!("{}", ran.stderr));
    assert!(place("proves nothing about the first attempt") < place("use a new one"));
    assert!(place("do not use a new token") < place("use a new one"));
    assert!(ran.stderr.contains("`--LoginSettings.Password` differs from it"));
    let ran = resume(&emulator, &server, &[&id, "--LoginSettings.Password", &one]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(emulator.instance_count(), 1);
}

#[test]
fn different_request_is_rejected() {
    let (emulator, server) = losing("RunInstances", true);
    let id = lose(&emulator, &server, &LAUNCH);
    let sent = server.requests.lock().unwrap().len();
    for (arguments, expected) in [
        (&["--InstanceCount", "2"][..], "`--InstanceCount` differs from the entry"),
        (&["--Placement.Zone", "ap-guangzhou-4"], "`--Placement.Zone`"),
        (&["--ClientToken", "another"], "`--ClientToken`"),
        (&["--region", "ap-tokyo"], "the request used `ap-guangzhou`"),
        (&["--endpoint", "https://cvm.tencentcloudapi.com"], "the request used `http://127.0.0.1"),
        (&["--dialect", "v1-sha1"], "the request used `tc3`"),
        (&["--emulator", emulator.ready_file.to_str().unwrap()], "the request used"),
    ] {
        let ran = resume(&emulator, &server, &[&[id.as_str()], arguments].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{arguments:?}: {}", ran.stderr);
    }
    edit(&server.journal(), &id, |entry| entry["parameters"]["InstanceCount"] = json!(9));
    let ran = resume(&emulator, &server, &[&id]);
    assert!(ran.code == 6 && ran.stderr.contains("fingerprint"), "{}", ran.stderr);
    assert_eq!(server.requests.lock().unwrap().len(), sent);
}

#[test]
fn different_account_is_rejected() {
    let (emulator, server) = losing("TerminateInstances", false);
    let instance = emulator.launch();
    let id = lose(&emulator, &server, &["TerminateInstances", "--InstanceIds", &instance]);
    let sent = server.requests.lock().unwrap().len();
    let other = |arguments: &[&str]| {
        let mut command = server.cvm_for(&emulator, &[&["resume", &id], arguments].concat());
        run(command.env("TENCENTCLOUD_SECRET_ID", "AKIDother"))
    };
    let ran = other(&[]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("--same-account"), "{}", ran.stderr);
    assert_eq!(server.requests.lock().unwrap().len(), sent);
    // With `--same-account` it is used, and the service rejects it.
    let ran = other(&["--same-account"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("AuthFailure"), "{}", ran.stderr);
    assert_eq!(server.count("TerminateInstances"), 1);
    assert_eq!(entries(&server.journal()), [id]);
}

#[test]
fn termination_is_never_retried() {
    let (emulator, server) = losing("TerminateInstances", true);
    let instance = emulator.launch();
    let id = lose(&emulator, &server, &["TerminateInstances", "--InstanceIds", &instance]);
    let ran = resume(&emulator, &server, &[&id]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.contains("done: gone"), "{}", ran.stdout);
    assert!(ran.stdout.contains(&format!("entry {id} is removed")), "{}", ran.stdout);
    assert_eq!(server.count("TerminateInstances"), 1);
    assert_eq!(server.count("DescribeInstances"), 3, "once before, and twice after");
    assert!(entries(&server.journal()).is_empty());
    assert_eq!(emulator.instance_count(), 0);
}

#[test]
fn prepaid_instance_in_the_recycle_bin_is_done() {
    let (emulator, server) = losing("TerminateInstances", true);
    let prepaid = [
        "--InstanceChargeType",
        "PREPAID",
        "--InstanceChargePrepaid.Period",
        "1",
        "--InstanceChargePrepaid.RenewFlag",
        "NOTIFY_AND_MANUAL_RENEW",
    ];
    let launched = emulator.call(&[&LAUNCH[..], &prepaid].concat());
    let instance = launched["InstanceIdSet"][0].as_str().unwrap();
    let id = lose(&emulator, &server, &["TerminateInstances", "--InstanceIds", instance]);
    let path = entry_file(&server.journal(), &id);
    let kept = fs::read(&path).unwrap();
    let ran = resume(&emulator, &server, &[&id, "--output", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let rows: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(rows[0]["Verdict"], "done");
    fs::write(&path, kept).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let ran = resume(&emulator, &server, &[&id]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for expected in ["SHUTDOWN", "the second call destroys the instance"] {
        assert!(ran.stdout.replace('\n', " ").contains(expected), "{expected}: {}", ran.stdout);
    }
    assert_eq!(server.count("TerminateInstances"), 1);
    assert_eq!(emulator.instance_count(), 1, "in the recycle bin, and not destroyed");
}

#[test]
fn undelivered_termination_needs_a_decision() {
    let (emulator, server) = losing("TerminateInstances", false);
    let (one, other) = (emulator.launch(), emulator.launch());
    let id = lose(&emulator, &server, &["TerminateInstances", "--InstanceIds", &one, &other]);
    emulator.call(&["TerminateInstances", "--InstanceIds", &one]);
    let ran = resume(&emulator, &server, &[&id, "--output", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("done: 1, no effect yet: 1"), "{}", ran.stderr);
    assert!(ran.stderr.contains("the request may still be in progress"), "{}", ran.stderr);
    let rows: Value = serde_json::from_str(&ran.stdout).unwrap();
    let row = |id: &str| {
        let mut rows = rows.as_array().unwrap().iter();
        rows.find(|row| row["InstanceId"] == *id).unwrap().clone()
    };
    assert_eq!(row(&one)["Verdict"], "done: gone");
    assert_eq!(
        (&row(&other)["Verdict"], &row(&other)["InstanceState"]),
        (&json!("no effect yet"), &json!("RUNNING"))
    );
    make_old(&server.journal(), &id, 61);
    let ran = resume(&emulator, &server, &[&id]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(!ran.stderr.contains("in progress"), "{}", ran.stderr);
    assert_eq!(server.count("TerminateInstances"), 1);
    assert_eq!(emulator.instance_count(), 1);
}

#[test]
fn response_without_its_list_settles_nothing() {
    let (server, id) = lost(&["TerminateInstances", "--InstanceIds", "ins-11112222"]);
    for body in [
        r#"{"Response":{"RequestId":"r"}}"#,
        r#"{"Response":{"RequestId":"r","InstanceSet":null,"TotalCount":0}}"#,
        r#"{"Response":{"RequestId":"r","InstanceSet":[],"TotalCount":1}}"#,
        r#"{"Response":{"RequestId":"r","Error":{"Code":"UnauthorizedOperation","Message":"no"}}}"#,
    ] {
        let reader = Server::start(Answer::Json(body.to_owned()));
        let ran = server.resume_at(&reader, &id);
        assert_eq!(ran.code, 3, "{body}: {}", ran.stderr);
        assert_eq!(entries(&server.journal()), [id.as_str()], "{body}");
    }
}

#[test]
fn invalid_resume_command_lines_are_explained() {
    let server = Server::start(Answer::Close);
    for (arguments, expected) in [
        (&["resume", "nonsense"][..], "the journal has no entry `nonsense`"),
        (&["resume", "../../etc/passwd"], "has no entry"),
        (&["resume", "--forget", "../x"], "has no entry"),
        (&["resume", "a", "b"], "unexpected argument `b`"),
        (&["resume", "a", "--forget", "b"], "cannot be combined with `--forget`"),
        (&["resume", "--InstanceCount", "1"], "no entry id is given"),
        (&["resume", "--generate-cli-skeleton"], "takes no `--generate-cli-skeleton`"),
        (&["list", "--forget", "x"], "takes no `--forget`"),
    ] {
        let ran = run(&mut server.bare(arguments));
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{arguments:?}: {}", ran.stderr);
    }
    assert!(!server.journal().exists());
}
