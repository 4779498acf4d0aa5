//! Ambiguous responses for every kind of command, and `cvm resume` after each.

use std::sync::Arc;
use std::thread;

use serde_json::json;

use crate::harness::{
    Answer, Ran, Server, assert_unsettled, entries, json_response, listed_before, make_old, run,
};

const STOP: [&str; 3] = ["StopInstances", "--InstanceIds", "ins-11112222"];
const TERMINATE: [&str; 3] = ["TerminateInstances", "--InstanceIds", "ins-11112222"];
const LAUNCH: [&str; 3] = ["RunInstances", "--ImageId", "img-11112222"];
const CHANGES: [[&str; 3]; 3] = [STOP, TERMINATE, LAUNCH];

/// Status and body of responses after which the outcome of a request is unknown.
const DOUBTS: [(u16, &str); 5] = [
    (200, r#"{"Response":{"Error":{"Message":"timeout"},"RequestId":"r"}}"#),
    (200, r#"{"Response":{"Error":{},"RequestId":"r"}}"#),
    (500, r#"{"Response":{"Error":{"Message":"timeout"},"RequestId":"r"}}"#),
    (502, r#"{"code":"BAD_GATEWAY"}"#),
    (504, r#"{"code":504,"message":"upstream timed out"}"#),
];

/// Lists that do not show which resources exist.
const LISTS: [&str; 8] = [
    r#""TotalCount":0"#,
    r#""TotalCount":0,"InstanceSet":null"#,
    r#""TotalCount":1,"InstanceSet":null"#,
    r#""TotalCount":2,"InstanceSet":[]"#,
    r#""TotalCount":null,"InstanceSet":[]"#,
    r#""TotalCount":1,"InstanceSet":[null]"#,
    r#""TotalCount":1,"InstanceSet":[{}]"#,
    r#""TotalCount":1,"InstanceSet":[{"InstanceId":""}]"#,
];

/// Returns this response to every request.
fn always(status: u16, body: &str) -> Server {
    let response = json_response(status, body);
    Server::scripted(move |_| Some(response.clone()))
}

#[test]
fn change_with_unknown_outcome_exits_3_and_keeps_its_entry() {
    thread::scope(|scope| {
        for (status, body) in DOUBTS {
            for change in CHANGES {
                scope.spawn(move || {
                    let server = always(status, body);
                    let ran = run(&mut server.cvm(&change));
                    let what = format!("{status} {body} {change:?}: {}", ran.stderr);
                    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{what}");
                    let ids = entries(&server.journal());
                    assert_eq!(ids.len(), 1, "{what}");
                    assert!(ran.stderr.contains(&ids[0]), "{what}");
                    let sent = server.count(change[0]);
                    assert!(sent == 1 || change == LAUNCH, "{what}");
                    make_old(&server.journal(), &ids[0], 181);
                    let ran = server.resume(&ids[0]);
                    assert_eq!(ran.code, 3, "{what}: {}{}", ran.stdout, ran.stderr);
                    assert_eq!(entries(&server.journal()), ids, "{what}");
                    assert_eq!(server.count(change[0]), sent, "{what}");
                });
            }
        }
    });
}

#[test]
fn inconclusive_list_settles_no_entry() {
    thread::scope(|scope| {
        for change in CHANGES {
            scope.spawn(move || {
                let (status, body) = DOUBTS[0];
                let server = always(status, body);
                let id = server.lose(&change);
                make_old(&server.journal(), &id, 181);
                for list in LISTS {
                    let body = format!(r#"{{"Response":{{"RequestId":"r",{list}}}}}"#);
                    let reader = always(200, &body);
                    let ran = server.resume_at(&reader, &id);
                    let what = format!("{list} {change:?}: {}{}", ran.stdout, ran.stderr);
                    assert_eq!(ran.code, 3, "{what}");
                    assert_eq!(entries(&server.journal()), [id.as_str()], "{what}");
                    assert_eq!(reader.count(change[0]), 0, "{what}");
                }
            });
        }
    });
}

#[test]
fn read_without_a_valid_response_exits_5() {
    thread::scope(|scope| {
        for (status, body) in DOUBTS {
            scope.spawn(move || {
                let server = always(status, body);
                let ran = run(&mut server.cvm(&["DescribeInstances"]));
                let what = format!("{status} {body}: {}", ran.stderr);
                assert_eq!((ran.code, ran.stdout.as_str()), (5, ""), "{what}");
                assert!(entries(&server.journal()).is_empty(), "{what}");
            });
        }
    });
}

/// What a server sends before it stalls.
const STALLS: [&str; 3] = [
    "",
    "HTTP/1.1 200 OK\r\ncontent-ty",
    "HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{\"Response\":{\"Instan",
];

/// Runs a case with a short timeout. If it fails, a timeout 20 times as long decides.
fn with_short_timeout(case: impl Fn(&str) -> Result<(), String>) {
    if case("2").is_err() {
        case("40").unwrap();
    }
}

/// Checks the exit code of a run, and returns its journal entries.
fn ends_with(ran: &Ran, code: i32, server: &Server) -> Result<Vec<String>, String> {
    if (ran.code, ran.stdout.as_str()) != (code, "") {
        return Err(format!("{code}: {ran:?}"));
    }
    Ok(entries(&server.journal()))
}

#[test]
fn stalled_response_leaves_the_outcome_unknown() {
    thread::scope(|scope| {
        for begin in STALLS {
            for change in CHANGES {
                scope.spawn(move || {
                    with_short_timeout(|timeout| {
                        let server = Server::start(Answer::Stall(begin.to_owned()));
                        let limit = ["--timeout", timeout];
                        let ran = run(&mut server.cvm(&[&change[..], &limit].concat()));
                        let ids = ends_with(&ran, 3, &server)?;
                        let sent = server.count(change[0]);
                        if ids.len() != 1 || sent == 0 {
                            return Err(format!("{begin:?} {change:?}: {ids:?}, {sent} sent"));
                        }
                        make_old(&server.journal(), &ids[0], 181);
                        let resume = ["resume", &ids[0], "--timeout", timeout];
                        let ran = run(&mut server.bare(&resume));
                        assert_eq!(ran.code, 3, "{begin:?} {change:?}: {ran:?}");
                        assert_eq!(entries(&server.journal()), ids, "{begin:?} {change:?}");
                        assert_eq!(server.count(change[0]), sent, "{begin:?} {change:?}");
                        Ok(())
                    });
                });
            }
            scope.spawn(move || {
                with_short_timeout(|timeout| {
                    let server = Server::start(Answer::Stall(begin.to_owned()));
                    let read = ["DescribeInstances", "--timeout", timeout];
                    let ids = ends_with(&run(&mut server.cvm(&read)), 5, &server)?;
                    assert!(ids.is_empty(), "{begin:?}: {ids:?}");
                    Ok(())
                });
            });
        }
    });
}

#[test]
fn launch_without_ids_exits_3() {
    thread::scope(|scope| {
        for ids in ["null", "[null]", r#"[""]"#] {
            scope.spawn(move || {
                let body = format!(r#"{{"Response":{{"RequestId":"r","InstanceIdSet":{ids}}}}}"#);
                let server = always(200, &body);
                let ran = run(&mut server.cvm(&LAUNCH));
                assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{ids}: {}", ran.stderr);
                assert_eq!(entries(&server.journal()).len(), 1, "{ids}");
            });
        }
    });
}

#[test]
fn late_duplicate_is_not_accepted_as_the_response_to_a_change() {
    thread::scope(|scope| {
        for change in CHANGES {
            scope.spawn(move || {
                let server = Server::scripted(|request| {
                    let members = r#""TotalCount":0,"InstanceSet":[],"InstanceIdSet":["ins-dup"]"#;
                    let listed = format!(r#"{{"Response":{{"RequestId":"dup",{members}}}}}"#);
                    let refused = r#"{"Response":{"Error":{"Code":"LimitExceeded","Message":"no"},"RequestId":"r"}}"#;
                    let is_read = request.contains("DescribeInstances");
                    let listed = json_response(200, &listed);
                    Some(if is_read { listed.repeat(2) } else { json_response(200, refused) })
                });
                let ran = run(&mut server.cvm(&change));
                assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
                assert!(ran.stderr.contains("LimitExceeded"), "{}", ran.stderr);
                assert!(entries(&server.journal()).is_empty());
                assert_eq!(server.count(change[0]), 1);
            });
        }
    });
}

#[test]
fn late_copy_is_not_accepted_by_resume_reads() {
    let server = always(200, r#"{"Response":{"Error":{"Message":"timeout"},"RequestId":"r"}}"#);
    let ids: Vec<String> = (0..130).map(|number| format!("ins-{number:08}")).collect();
    let request = json!({ "InstanceIds": ids }).to_string();
    let id = server.lose(&["TerminateInstances", "--cli-input-json", &request]);
    // The instances of the first batch are gone, those of the second are running.
    let reader = Server::start(Answer::LateCopies(Arc::new(|request| {
        let (_, body) = request.split_once("\r\n\r\n")?;
        let body: serde_json::Value = serde_json::from_str(body).ok()?;
        let ids = body["InstanceIds"]
            .as_array()?
            .iter()
            .filter(|_| !body.to_string().contains("ins-00000000"));
        let rows: Vec<_> =
            ids.map(|id| json!({ "InstanceId": id, "InstanceState": "RUNNING", "LatestOperationState": null })).collect();
        let list = json!({ "RequestId": "r", "TotalCount": rows.len(), "InstanceSet": rows });
        Some(json_response(200, &json!({ "Response": list }).to_string()))
    })));
    listed_before(&server.journal(), &id, &ids);
    let ran = server.resume_at(&reader, &id);
    assert_unsettled(&ran, &server, &id, &["no effect yet: 30"]);
    assert_eq!(reader.count("DescribeInstances"), 4, "two batches, read twice");
}
