//! `cvm resume` sends a launch again only if every clock proves that its token is young.

use serde_json::{Value, json};

use crate::harness::{
    LAUNCH, Server, dated_response, edit, entries, json_response, lost, request_header, unix_now,
};

/// What a service does with a launch.
#[derive(Clone, Copy)]
enum Launch {
    /// It makes an instance.
    Made,
    /// It refuses the time of the signature, and its own time is ahead by these seconds.
    Late(i64),
    /// It fails, and its own time is ahead by these seconds.
    Fails(i64),
}

/// A service whose clock is ahead of this machine's by these seconds, or that does not tell its time. It
/// refuses what is signed with another time.
fn service(ahead: Option<i64>, launch: Launch) -> Server {
    Server::scripted(move |request| {
        let is_launch = request_header(request, "X-TC-Action").unwrap() == "RunInstances";
        let ahead = match launch {
            Launch::Late(other) | Launch::Fails(other) if is_launch => Some(other),
            _ => ahead,
        };
        let now = unix_now().saturating_add_signed(ahead.unwrap_or(0));
        let error = |code: &str| json!({ "Error": { "Code": code, "Message": "no" } });
        let signed: u64 = request_header(request, "X-TC-Timestamp").unwrap().parse().unwrap();
        let mut response = match launch {
            _ if signed.abs_diff(now) > 300 => error("AuthFailure.SignatureExpire"),
            Launch::Fails(_) if is_launch => error("InternalError"),
            _ if is_launch => json!({ "InstanceIdSet": ["ins-11112222"] }),
            _ => json!({ "TotalCount": 0, "InstanceSet": [] }),
        };
        response["RequestId"] = json!("r");
        let body = json!({ "Response": response }).to_string();
        Some(match ahead {
            Some(_) => dated_response(200, now, &body),
            None => json_response(200, &body),
        })
    })
}

/// As if the entry were older by these seconds on each clock.
fn aged(entry: &mut Value, wall: u64, boot: u64) {
    entry["started"] = json!(entry["started"].as_u64().unwrap() - wall * 1000);
    let since = entry["boot"]["milliseconds"].as_u64().unwrap();
    entry["boot"]["milliseconds"] = json!(since.checked_sub(boot * 1000).unwrap());
}

/// Resumes at a service after a change of the entry; gives the code and how many launches were sent.
fn resumed(service: &Server, change: impl FnOnce(&mut Value)) -> (i32, usize, String) {
    let (server, id) = lost(&[&LAUNCH[..], &["--timeout", "30"]].concat());
    edit(&server.journal(), &id, |entry| {
        entry["endpoint"] = json!(service.url);
        change(entry);
    });
    let ran = server.resume(&id);
    let left = entries(&server.journal()).len();
    assert_eq!(left, usize::from(ran.code != 0), "{}{}", ran.stdout, ran.stderr);
    (ran.code, service.count("RunInstances"), ran.stderr)
}

#[test]
fn a_launch_that_every_clock_proves_to_be_young_is_sent_again() {
    for ahead in [0, 20, -20] {
        let service = service(Some(ahead), Launch::Made);
        let (code, launches, stderr) = resumed(&service, |entry| aged(entry, 20, 20));
        assert_eq!((code, launches), (0, 1), "{ahead}: {stderr}");
    }
}

#[test]
fn a_clock_that_was_set_back_sends_no_old_token() {
    for ahead in [600, 240, 170, -600] {
        let service = service(Some(ahead), Launch::Made);
        // Two minutes on this machine's clock; by the service's, the launch may be older.
        let (code, launches, stderr) = resumed(&service, |entry| aged(entry, 120, 20));
        assert_eq!((code, launches), (3, 0), "{ahead}: {stderr}");
        assert!(stderr.contains("RunInstances is not sent again"), "{ahead}: {stderr}");
        assert!(stderr.contains("nothing made since"), "{ahead}: it is read for: {stderr}");
    }
}

#[test]
fn a_clock_that_was_set_right_without_notice_sends_no_old_token() {
    let service = service(Some(0), Launch::Made);
    let (code, launches, stderr) = resumed(&service, |entry| aged(entry, 30, 200));
    assert_eq!((code, launches), (3, 0), "{stderr}");
    assert!(service.count("DescribeInstances") > 0, "it is read for");
}

#[test]
fn without_a_clock_that_proves_the_age_nothing_is_sent_again() {
    let changes: [fn(&mut Value); 3] = [
        |entry| entry["boot"] = Value::Null,
        |entry| entry["boot"]["id"] = json!("another-boot"),
        |entry| entry["boot"]["milliseconds"] = json!(u64::MAX),
    ];
    for change in changes {
        let service = service(Some(0), Launch::Made);
        let (code, launches, stderr) = resumed(&service, change);
        assert_eq!((code, launches), (3, 0), "{stderr}");
    }
    let silent = service(None, Launch::Made);
    let (code, launches, stderr) = resumed(&silent, |_| ());
    assert_eq!((code, launches), (3, 0), "{stderr}");
    assert!(stderr.contains("does not tell its time"), "{stderr}");
}

#[test]
fn a_clock_that_proves_wrong_during_the_resend_ends_it() {
    for launch in [Launch::Late(600), Launch::Late(-600), Launch::Fails(200)] {
        let service = service(Some(0), launch);
        let (code, launches, stderr) = resumed(&service, |_| ());
        assert_eq!((code, launches), (3, 1), "{stderr}");
        assert!(stderr.contains("may or may not have taken effect"), "{stderr}");
    }
}
