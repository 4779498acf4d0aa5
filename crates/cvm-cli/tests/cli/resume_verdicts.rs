//! What `cvm resume` concludes where a list compares nothing, contradicts itself, or comes after the time of the request.

use std::sync::atomic::{AtomicUsize, Ordering};

use cvm_emulator::Timestamp;
use serde_json::{Value, json};

use crate::harness::{
    Server, assert_unsettled, json_response, make_old, request_header, run, unix_now,
};

/// Loses this change, and gives the responses to what is read, one after the other; the last one for ever.
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
fn shares_of_an_image_are_never_called_done_or_not_done() {
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
                let told = ["1 for you to judge", "no rule compares `AccountIds`, `Permission`"];
                assert_unsettled(&ran, &server, &id, &told);
                let all = format!("{} {}", ran.stdout, ran.stderr);
                let all = all.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(
                    all.contains("when stopping, done for each account that is not listed"),
                    "{all}"
                );
                assert!(!all.contains("looks like it") && !all.contains("not seen"), "{all}");
            }
        }
    }
}

#[test]
fn nothing_is_not_seen_while_two_lists_disagree() {
    let row = |id: &str, state: &str, operation: &str| json!({ "InstanceId": id, "InstanceState": state, "LatestOperation": operation, "LatestOperationState": "SUCCESS", "LatestOperationRequestId": "r" });
    let list = |rows: Vec<Value>| json!({ "TotalCount": rows.len(), "InstanceSet": rows });
    let up = || row("ins-1", "RUNNING", "RunInstances");
    let down = || row("ins-1", "STOPPED", "StopInstances");
    for (lists, expected) in [
        (vec![list(vec![up()]), list(vec![up()])], "1 not seen"),
        (vec![list(vec![up()]), list(vec![])], "1 for you to judge"),
        (vec![list(vec![]), list(vec![up()])], "1 for you to judge"),
        (vec![list(vec![up()]), list(vec![down()])], "1 for you to judge"),
    ] {
        let server = losing("TerminateInstances", list(vec![up()]), lists.clone());
        let request = ["TerminateInstances", "--InstanceIds", "ins-1", "--timeout", "2"];
        let id = server.lose(&request);
        make_old(&server.journal(), &id, 240);
        let ran = server.resume(&id);
        assert_unsettled(&ran, &server, &id, &[expected]);
        let is_told = ran.stderr.contains("two lists within a second showed different things");
        assert_eq!(is_told, expected != "1 not seen", "{lists:?}: {}", ran.stderr);
    }
}

#[test]
fn timer_that_may_have_run_is_not_called_not_seen() {
    // The clocks may differ by 300 s.
    for (ahead, told) in [
        (900, &["1 not seen"][..]),
        (200, &["1 for you to judge", "`ActionTimer.ActionTime`) may have come"]),
    ] {
        let empty = json!({ "ActionTimers": [] });
        let server = losing("ImportInstancesActionTimer", empty.clone(), vec![empty]);
        let time = Timestamp::from_unix(unix_now() + ahead).to_string();
        let timer = ["--ActionTimer.TimerAction", "TerminateInstances", "--ActionTimer.ActionTime"];
        let change = ["ImportInstancesActionTimer", "--InstanceIds", "ins-12345678"];
        let id = server.lose(&[&change[..], &timer, &[&time, "--timeout", "2"]].concat());
        make_old(&server.journal(), &id, 240);
        assert_unsettled(&server.resume(&id), &server, &id, told);
    }
}

#[test]
fn older_instances_are_not_said_to_be_made_since() {
    let made = |seconds: u64| {
        let created = Timestamp::from_unix(unix_now() - 240 - seconds).to_string();
        let row = json!({ "InstanceId": "ins-1", "ImageId": "img-1", "CreatedTime": created });
        json!({ "TotalCount": 1, "InstanceSet": [row] })
    };
    for (seconds, told) in [
        (0, "1 entry made since looks like it"),
        (122, "1 entry made since or shortly before looks like it"),
    ] {
        let server = losing("RunInstances", json!({}), vec![made(seconds)]);
        let id = server.lose(&["RunInstances", "--ImageId", "img-1", "--timeout", "2"]);
        make_old(&server.journal(), &id, 240);
        let ran = server.resume(&id);
        assert_unsettled(
            &ran,
            &server,
            &id,
            &[told, "it was sent at 20", "clocks may differ by 5 minutes"],
        );
        let is_told = ran.stderr.contains("1 of those listed were created before that");
        assert_eq!(is_told, seconds > 0, "{}", ran.stderr);
    }
}
