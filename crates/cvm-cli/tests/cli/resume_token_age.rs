//! `cvm resume` retries a launch only if every clock proves that its token is recent.

use serde_json::{Value, json};

use crate::harness::{
    LAUNCH, Server, dated_response, edit, entries, json_response, lost, request_header, unix_now,
};

/// How a service responds to a launch.
#[derive(Clone, Copy)]
enum Launch {
    /// It creates an instance.
    Made,
    /// It rejects the time of the signature; its clock is ahead by these seconds.
    Late(i64),
    /// It fails; its clock is ahead by these seconds.
    Fails(i64),
}

/// A service whose clock is ahead of this machine's by these seconds, or that sends no date. It rejects signatures
/// with another time.
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

/// Makes the entry older by these seconds on each clock.
fn aged(entry: &mut Value, wall: u64, boot: u64) {
    entry["started"] = json!(entry["started"].as_u64().unwrap() - wall * 1000);
    let since = entry["boot"]["milliseconds"].as_u64().unwrap();
    entry["boot"]["milliseconds"] = json!(since.checked_sub(boot * 1000).unwrap());
}

/// Resumes a changed entry at a service; returns the exit code, the number of launches, and standard error.
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
fn recent_launch_on_every_clock_is_retried() {
    for ahead in [0, 20, -20] {
        let service = service(Some(ahead), Launch::Made);
        let (code, launches, stderr) = resumed(&service, |entry| aged(entry, 20, 20));
        assert_eq!((code, launches), (0, 1), "{ahead}: {stderr}");
    }
}

#[test]
fn clock_set_back_prevents_a_retry_of_an_old_token() {
    for ahead in [600, 240, 170, -600] {
        let service = service(Some(ahead), Launch::Made);
        // The launch is two minutes old on this machine's clock, and may be older on the service's.
        let (code, launches, stderr) = resumed(&service, |entry| aged(entry, 120, 20));
        assert_eq!((code, launches), (3, 0), "{ahead}: {stderr}");
        assert!(stderr.contains("RunInstances is not retried"), "{ahead}: {stderr}");
        assert!(stderr.contains("no item created since"), "{ahead}: it is read for: {stderr}");
    }
}

#[test]
fn corrected_clock_prevents_a_retry_of_an_old_token() {
    let service = service(Some(0), Launch::Made);
    let (code, launches, stderr) = resumed(&service, |entry| aged(entry, 30, 200));
    assert_eq!((code, launches), (3, 0), "{stderr}");
    assert!(service.count("DescribeInstances") > 0, "it is read for");
}

#[test]
fn unprovable_token_age_prevents_a_retry() {
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
    assert!(stderr.contains("does not report its time"), "{stderr}");
}

#[test]
fn clock_error_during_a_retry_stops_it() {
    for launch in [Launch::Late(600), Launch::Late(-600), Launch::Fails(200)] {
        let service = service(Some(0), launch);
        let (code, launches, stderr) = resumed(&service, |_| ());
        assert_eq!((code, launches), (3, 1), "{stderr}");
        assert!(stderr.contains("may or may not have taken effect"), "{stderr}");
    }
}
