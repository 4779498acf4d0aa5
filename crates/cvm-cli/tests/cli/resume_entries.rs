//! The journal entries of `cvm resume`: each has one owner at a time, and none is used after a change by hand.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{
    Answer, Server, assert_unsettled, edit, entries, entry_file, finish, lost, only_entry, run,
    signal, start, terminated,
};

#[test]
fn running_command_is_listed_and_keeps_its_entry() {
    let folder = tempfile::tempdir().unwrap();
    let go = folder.path().join("go");
    let body = r#"{"Response":{"RequestId":"r-1"}}"#;
    let server = Server::start(Answer::Once(go.clone(), body.to_owned()));
    let child = start(&mut server.cvm(&["RebootInstances", "--InstanceIds", "ins-11112222"]));
    server.wait_for_request();
    let id = only_entry(&server.journal());
    let listed = run(&mut server.bare(&["resume", "--output", "json"]));
    let rows: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!((&rows[0]["State"], &rows[0]["Resume"]), (&json!("running"), &json!("not yet")));
    for arguments in [&["resume", &id][..], &["resume", "--forget", &id]] {
        let ran = run(&mut server.bare(arguments));
        assert_unsettled(&ran, &server, &id, &["still running"]);
        assert_eq!(ran.stdout, "");
    }
    fs::write(&go, "").unwrap();
    let ran = finish(child);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(fs::read_dir(server.journal()).unwrap().count(), 0, "no entry and no lock");
    assert_eq!(server.count("RebootInstances"), 1);
}

#[test]
fn removed_entry_is_not_recreated() {
    let server = Server::start(Answer::Silence);
    let child = start(&mut server.cvm(&["RebootInstances", "--InstanceIds", "ins-11112222"]));
    server.wait_for_request();
    let id = only_entry(&server.journal());
    // After the file is removed by hand, the command that ends later writes no new one.
    fs::remove_file(entry_file(&server.journal(), &id)).unwrap();
    signal(&child, "TERM");
    assert_eq!(finish(child).code, 3);
    assert!(entries(&server.journal()).is_empty());
}

#[test]
fn entry_is_locked_by_one_resume_at_a_time() {
    let (server, id) = terminated();
    let silent = Server::start(Answer::Silence);
    edit(&server.journal(), &id, |entry| entry["endpoint"] = json!(silent.url));
    let mut first = start(&mut server.bare(&["resume", &id]));
    silent.wait_for_request();
    assert_unsettled(&server.resume(&id), &server, &id, &["still running"]);
    // A lock ends with its process.
    first.kill().unwrap();
    first.wait().unwrap();
    let listed = run(&mut server.bare(&["resume"]));
    assert!(listed.stdout.contains("unknown"), "{}", listed.stdout);
    assert_eq!(run(&mut server.bare(&["resume", "--forget", &id])).code, 0);
    assert_eq!(fs::read_dir(server.journal()).unwrap().count(), 0);
}

#[test]
fn changed_entry_causes_no_requests() {
    let (server, id) = terminated();
    let sent = server.requests.lock().unwrap().len();
    let path = entry_file(&server.journal(), &id);
    let kept = fs::read(&path).unwrap();
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 4] = [
        (|entry| entry["parameters"]["InstanceIds"] = json!(["ins-00000000"]), "fingerprint"),
        (|entry| entry["action"] = json!("StopInstances"), "fingerprint"),
        (|entry| entry["region"] = json!(7), "`region` is not a valid region name"),
        (|entry| entry["region"] = Value::Null, "has no region"),
    ];
    for (change, expected) in changes {
        edit(&server.journal(), &id, change);
        let mut command = server.bare(&["resume", &id]);
        let ran = run(command.env("TENCENTCLOUD_REGION", "ap-tokyo"));
        assert_eq!((ran.code, ran.stdout.as_str()), (6, ""), "{expected}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
        fs::write(&path, &kept).unwrap();
    }
    assert_eq!(server.requests.lock().unwrap().len(), sent);
}

#[test]
fn json_output_has_only_json_on_standard_output() {
    let server = Server::start(Answer::Close);
    let empty = run(&mut server.bare(&["resume", "--output", "json"]));
    assert_eq!((empty.code, empty.stdout.trim()), (0, "[]"));
    let export = ["ExportImages", "--BucketName", "b", "--ImageIds", "img-11112222"];
    let id = server.lose(&export);
    let look = run(&mut server.bare(&["resume", &id, "--output", "json"]));
    assert_unsettled(&look, &server, &id, &["no Describe action shows it", "look in the bucket"]);
    let forgotten = run(&mut server.bare(&["resume", "--forget", &id, "--output", "json"]));
    let list = run(&mut server.bare(&["resume", "--output", "json"]));
    for ran in [look, forgotten, list] {
        let rows: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
        assert!(rows.is_array(), "{rows}");
    }
}

#[test]
fn entry_with_a_signed_url_can_be_checked() {
    let (server, id) = lost(&[
        "ImportImage",
        "--Architecture",
        "x86_64",
        "--OsType",
        "CentOS",
        "--OsVersion",
        "7",
        "--ImageName",
        "mine",
        "--ImageUrl",
        "https://b.cos.ap-guangzhou.myqcloud.com/i.qcow2?q-signature=canary",
    ]);
    let text = fs::read_to_string(entry_file(&server.journal(), &id)).unwrap();
    assert!(!text.contains("canary") && text.contains("ImageUrl"), "{text}");
    let reader = Server::start(Answer::Json(
        r#"{"Response":{"RequestId":"r","TotalCount":0,"ImageSet":[]}}"#.to_owned(),
    ));
    assert_unsettled(&server.resume_at(&reader, &id), &server, &id, &["no effect yet: 1"]);
}
