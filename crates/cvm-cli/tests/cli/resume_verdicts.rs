//! What `cvm resume` concludes if no rule compares a list, two reads differ, or a time of the request has passed.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::harness::{
    Server, assert_unsettled, json_response, make_old, request_header, run, service_time, unix_now,
};

/// Loses this change, and gives these responses to reads, one after the other; the last one repeats.
fn losing(change: &'static str, before: Value, after: Vec<Value>) -> Server {
    let (is_lost, reads) = (AtomicUsize::new(0), AtomicUsize::new(0));
    Server::scripted(move |request| {
        if request_header(request, "X-TC-Action").unwrap() == change {
            is_lost.fetch_add(1, Ordering::SeqCst);
            return None;
        }
        let mut members = match is_lost.load(Ordering::SeqCst) {
            0 => before.clone(),
            _ => after[reads.fetch_add(1, Ordering::SeqCst).min(after.len() - 1)].clone(),
        };
        members["RequestId"] = json!("r");
        Some(json_response(200, &json!({ "Response": members }).to_string()))
    })
}

#[test]
fn uncompared_image_shares_need_review() {
    let share =
        |account: &str| json!({ "AccountId": account, "CreatedTime": "2026-11-21T07:41:00Z" });
    for permission in ["SHARE", "CANCEL"] {
        for shared in [vec![], vec![share("100000000002")], vec![share("1"), share("100000000002")]]
        {
            let list = json!({ "SharePermissionSet": shared });
            let server = losing("ModifyImageSharePermission", list.clone(), vec![list]);
            let request = ["--ImageId", "img-12345678", "--AccountIds", "100000000002"];
            let change =
                ["ModifyImageSharePermission", "--Permission", permission, "--timeout", "2"];
            let id = server.lose(&[&change[..], &request].concat());
            make_old(&server.journal(), &id, 240);
            for format in ["table", "json", "text"] {
                let ran = run(&mut server.bare(&["resume", &id, "--output", format]));
                let expected = ["needs review: 1", "no rule compares `AccountIds`, `Permission`"];
                assert_unsettled(&ran, &server, &id, &expected);
                let all = format!("{} {}", ran.stdout, ran.stderr);
                let all = all.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(
                    all.contains("a request to stop sharing, for each account that is not listed"),
                    "{all}"
                );
                assert!(
                    !all.contains("matches the request") && !all.contains("no effect yet"),
                    "{all}"
                );
            }
        }
    }
}

#[test]
fn disagreeing_reads_need_review() {
    let row = |id: &str, state: &str, operation: &str| json!({ "InstanceId": id, "InstanceState": state, "LatestOperation": operation, "LatestOperationState": "SUCCESS", "LatestOperationRequestId": "r" });
    let list = |rows: Vec<Value>| json!({ "TotalCount": rows.len(), "InstanceSet": rows });
    let up = || row("ins-1", "RUNNING", "RunInstances");
    let down = || row("ins-1", "STOPPED", "StopInstances");
    for (lists, expected) in [
        (vec![list(vec![up()]), list(vec![up()])], "no effect yet: 1"),
        (vec![list(vec![up()]), list(vec![])], "needs review: 1"),
        (vec![list(vec![]), list(vec![up()])], "needs review: 1"),
        (vec![list(vec![up()]), list(vec![down()])], "needs review: 1"),
    ] {
        let server = losing("TerminateInstances", list(vec![up()]), lists.clone());
        let request = ["TerminateInstances", "--InstanceIds", "ins-1", "--timeout", "2"];
        let id = server.lose(&request);
        make_old(&server.journal(), &id, 240);
        let ran = server.resume(&id);
        assert_unsettled(&ran, &server, &id, &[expected]);
        let is_reported = ran.stderr.contains("two reads within a second showed different things");
        assert_eq!(is_reported, expected != "no effect yet: 1", "{lists:?}: {}", ran.stderr);
    }
}

#[test]
fn past_timer_needs_review() {
    // The clocks may differ by 300 s.
    for (ahead, expected) in [
        (900, &["no effect yet: 1"][..]),
        (200, &["needs review: 1", "`ActionTimer.ActionTime`) may have passed"]),
    ] {
        let empty = json!({ "ActionTimers": [] });
        let server = losing("ImportInstancesActionTimer", empty.clone(), vec![empty]);
        let time = service_time(unix_now() + ahead);
        let timer = ["--ActionTimer.TimerAction", "TerminateInstances", "--ActionTimer.ActionTime"];
        let change = ["ImportInstancesActionTimer", "--InstanceIds", "ins-12345678"];
        let id = server.lose(&[&change[..], &timer, &[&time, "--timeout", "2"]].concat());
        make_old(&server.journal(), &id, 240);
        assert_unsettled(&server.resume(&id), &server, &id, expected);
    }
}

#[test]
fn older_instances_are_reported_as_created_before() {
    let made = |seconds: u64| {
        let created = service_time(unix_now() - 240 - seconds);
        let row = json!({ "InstanceId": "ins-1", "ImageId": "img-1", "CreatedTime": created });
        json!({ "TotalCount": 1, "InstanceSet": [row] })
    };
    for (seconds, expected) in [
        (0, "1 item created since matches the request"),
        (122, "1 item created since or shortly before matches the request"),
    ] {
        let server = losing("RunInstances", json!({}), vec![made(seconds)]);
        let id = server.lose(&["RunInstances", "--ImageId", "img-1", "--timeout", "2"]);
        make_old(&server.journal(), &id, 240);
        let ran = server.resume(&id);
        assert_unsettled(
            &ran,
            &server,
            &id,
            &[expected, "the request was sent at 20", "clocks may differ by 5 minutes"],
        );
        let is_reported = ran.stderr.contains("1 of the listed items was created before that");
        assert_eq!(is_reported, seconds > 0, "{}", ran.stderr);
    }
}
