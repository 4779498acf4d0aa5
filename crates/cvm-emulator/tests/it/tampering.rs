//! Tampered requests: a changed request fails or runs exactly as it was signed.
//!
//! Every mutation is applied to every dialect and request, each time in a new cloud.

use bytes::Bytes;
use http::{HeaderValue, Request, Uri};
use serde_json::{Value, json};

use crate::support::*;

/// Changes a request. Returns false if the request does not have that part.
type Mutate = fn(&mut Request<Bytes>) -> bool;

/// Changes the text of the parameters: the query of a GET, the body of a POST.
fn parameters(request: &mut Request<Bytes>, change: impl FnOnce(&str) -> String) -> bool {
    if request.method() == "GET" {
        let changed = change(request.uri().query().unwrap_or_default());
        set_query(request, &changed)
    } else {
        let changed = change(std::str::from_utf8(request.body()).unwrap());
        let is_changed = changed.as_bytes() != request.body();
        *request.body_mut() = changed.into();
        is_changed
    }
}

fn set_query(request: &mut Request<Bytes>, query: &str) -> bool {
    let uri: Uri = format!("{}?{query}", request.uri().path()).parse().unwrap();
    let is_changed = uri != *request.uri();
    *request.uri_mut() = uri;
    is_changed
}

fn header(request: &mut Request<Bytes>, name: &'static str, change: fn(&str) -> String) -> bool {
    let Some(value) = request.headers().get(name) else { return false };
    let changed = change(value.to_str().unwrap());
    request.headers_mut().insert(name, HeaderValue::from_str(&changed).unwrap());
    true
}

/// Appends a header. Returns whether the request already had one of that name.
fn append(request: &mut Request<Bytes>, name: &'static str, value: &'static str) -> bool {
    let is_there = request.headers().contains_key(name);
    request.headers_mut().append(name, HeaderValue::from_static(value));
    is_there
}

/// Changes only requests with query-encoded parameters.
fn pairs(request: &mut Request<Bytes>, change: impl FnOnce(&str) -> String) -> bool {
    let is_json = request.method() == "POST" && request.body().starts_with(b"{");
    !is_json && parameters(request, change)
}

fn added_query(request: &mut Request<Bytes>, query: &str) -> bool {
    request.method() == "POST" && set_query(request, query)
}

fn added_body(request: &mut Request<Bytes>, body: &'static str) -> bool {
    *request.body_mut() = Bytes::from_static(body.as_bytes());
    request.method() == "GET"
}

const MUTATIONS: &[(&str, Mutate)] = &[
    ("a query on a POST", |r| added_query(r, "ForceStop=TRUE")),
    ("an empty query value on a POST", |r| added_query(r, "ForceStop=")),
    ("the action in a query on a POST", |r| added_query(r, "Action=TerminateInstances")),
    ("a form on a GET", |r| added_body(r, "ForceStop=TRUE")),
    ("JSON on a GET", |r| added_body(r, "{\"ForceStop\":true}")),
    ("one more parameter", |r| pairs(r, |text| format!("{text}&ForceStop=TRUE"))),
    ("one more empty parameter", |r| pairs(r, |text| format!("{text}&ForceStop="))),
    ("one more name without a value", |r| pairs(r, |text| format!("{text}&ForceStop"))),
    ("an unknown empty parameter", |r| pairs(r, |text| format!("{text}&Unknown="))),
    ("an empty dry run", |r| pairs(r, |text| format!("DryRun=&{text}"))),
    ("an empty common parameter", |r| pairs(r, |text| format!("{text}&Language="))),
    ("an encoded equals sign", |r| pairs(r, |text| text.replacen("=", "%3D", 1))),
    ("an encoded ampersand", |r| pairs(r, |text| text.replacen("&", "%26", 1))),
    ("the last parameter missing", |r| {
        pairs(r, |text| text.rsplit_once('&').map_or(String::new(), |(rest, _)| rest.to_owned()))
    }),
    ("underscores instead of dots", |r| pairs(r, |text| text.replace(".0", "_0"))),
    ("another order", |r| pairs(r, |text| text.split('&').rev().collect::<Vec<_>>().join("&"))),
    ("empty pairs", |r| pairs(r, |text| format!("&&{text}&"))),
    ("needless escapes", |r| pairs(r, |text| text.replacen("o", "%6f", 1))),
    ("a trailing space", |r| parameters(r, |text| format!("{text}+"))),
    ("different JSON whitespace", |r| parameters(r, |text| text.replacen(":", ": ", 1))),
    ("another JSON member", |r| parameters(r, |text| text.replacen("{", "{\"DryRun\":true,", 1))),
    ("another host", |r| header(r, "host", |_| "evil.example".into())),
    ("a second host", |r| append(r, "host", "evil.example")),
    ("parameters in the host", |r| header(r, "host", |host| format!("{host}/?A=1"))),
    ("a port", |r| header(r, "host", |host| format!("{host}:8600"))),
    ("another host in the request line", |r| {
        *r.uri_mut() = format!("http://evil.example{}", r.uri()).parse().unwrap();
        true
    }),
    ("another content type", |r| header(r, "content-type", |_| "text/plain".into())),
    ("the content type in capitals", |r| header(r, "content-type", str::to_uppercase)),
    ("a second content type", |r| append(r, "content-type", "application/json")),
    ("a second action", |r| append(r, "x-tc-action", "TerminateInstances")),
    ("a second version", |r| append(r, "x-tc-version", "2017-03-12")),
    ("a second region", |r| append(r, "x-tc-region", "ap-shanghai")),
    ("a second timestamp", |r| append(r, "x-tc-timestamp", "1700000001")),
    ("an unsigned payload", |r| {
        append(r, "x-tc-content-sha256", "UNSIGNED-PAYLOAD");
        true
    }),
    ("an action header", |r| {
        !append(r, "x-tc-action", "TerminateInstances") && !r.uri().path().starts_with("/v2")
    }),
    ("a region header where the region is a parameter", |r| {
        !append(r, "x-tc-region", "ap-shanghai")
    }),
    ("an unknown token", |r| !append(r, "x-tc-token", "token")),
    ("a timestamp with a sign", |r| header(r, "x-tc-timestamp", |time| format!("+{time}"))),
    ("a timestamp with zeros", |r| header(r, "x-tc-timestamp", |time| format!("00{time}"))),
    ("a later timestamp", |r| header(r, "x-tc-timestamp", |_| (NOW + 1).to_string())),
    ("the algorithm in lower case", |r| {
        header(r, "authorization", |text| text.replace("TC3-HMAC", "tc3-hmac"))
    }),
    ("a scope of another service", |r| {
        header(r, "authorization", |text| text.replace("/cvm/", "/sts/"))
    }),
    ("more signed headers", |r| {
        header(r, "authorization", |text| text.replace(";host", ";host;x-tc-action"))
    }),
    ("a second authorization", |r| append(r, "authorization", "SKIP")),
    ("no authorization", |r| r.headers_mut().remove("authorization").is_some()),
    ("the other method", |r| {
        let is_get = r.method() == "GET";
        *r.method_mut() = if is_get { http::Method::POST } else { http::Method::GET };
        true
    }),
    ("the other gateway", |r| {
        let (path, query) = (r.uri().path().to_owned(), r.uri().query().unwrap_or_default());
        let path = if path == "/" { "/v2/index.php" } else { "/" };
        *r.uri_mut() = format!("{path}?{query}").parse().unwrap();
        true
    }),
];

/// Creates a cloud with one running instance. Returns both.
fn cloud_with_instance() -> (cvm_emulator::Cloud, String) {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    (cloud, id)
}

/// The instances of a cloud as clients see them.
fn state_of(cloud: &cvm_emulator::Cloud) -> Value {
    let mut list = send_ok(cloud, "DescribeInstances", json!({}));
    list.as_object_mut().unwrap().remove("RequestId");
    list
}

fn calls(id: &str) -> [(&'static str, Vec<(&'static str, String)>); 3] {
    [
        ("StopInstances", vec![("InstanceIds.0", id.to_owned())]),
        (
            "RunInstances",
            [
                ("Placement.Zone", "ap-guangzhou-3"),
                ("ImageId", IMAGE),
                ("InstanceType", "S5.MEDIUM4"),
                ("InstanceName", "one two"),
            ]
            .map(|(name, value)| (name, value.to_owned()))
            .into(),
        ),
        ("DescribeInstances", vec![("InstanceIds.0", id.to_owned()), ("Limit", "1".into())]),
    ]
}

#[test]
fn tampered_request_fails_or_runs_as_signed() {
    let (mut rejected, mut equal) = (0, 0);
    for dialect in DIALECTS {
        let (_, id) = cloud_with_instance();
        for (action, pairs) in calls(&id) {
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let signed = Call::new(action).pairs(dialect, &pairs);
            let (cloud, _) = cloud_with_instance();
            let before = state_of(&cloud);
            let expected = read(&cloud.handle(&signed));
            assert!(expected.get("Error").is_none(), "{dialect:?} {action}: {expected}");
            let after = state_of(&cloud);
            for (name, mutate) in MUTATIONS {
                let mut request = signed.clone();
                if !mutate(&mut request) {
                    continue;
                }
                let case = format!("{name}, {dialect:?}, {action}");
                let (cloud, _) = cloud_with_instance();
                assert_eq!(state_of(&cloud), before, "{case}");
                let response = read(&cloud.handle(&request));
                // These mutations add an unsigned part that does not change the meaning of the request.
                let is_unsigned = name.contains(" on a ") || name.starts_with("a second ");
                if response == expected && !is_unsigned {
                    assert_eq!(state_of(&cloud), after, "{case}");
                    equal += 1;
                    continue;
                }
                let code = error_code(&response);
                // Dots and underscores have the same signature, and no parameter name has an underscore. v1
                // signs unencoded values, so an encoded ampersand makes one value with the same text.
                let is_known_gap = match *name {
                    "underscores instead of dots" => code == "UnknownParameter",
                    "an encoded ampersand" => code.starts_with("Invalid"),
                    "the other method" => code == "MissingParameter" || code == "InvalidParameter",
                    "an encoded equals sign" | "the last parameter missing" => {
                        code == "MissingParameter"
                    }
                    _ => false,
                };
                assert!(code.starts_with("AuthFailure") || is_known_gap, "{case}: {response}");
                assert_eq!(state_of(&cloud), before, "{case}");
                rejected += 1;
            }
        }
    }
    assert!(rejected > 300 && equal > 50, "{rejected} rejected, {equal} equal");
}

#[test]
fn empty_parameters_count_only_if_signed() {
    let (cloud, id) = cloud_with_instance();
    let call = Call::new("StopInstances");
    for dialect in [Dialect::V1Sha1, Dialect::V1Sha256Get, Dialect::OldGateway] {
        let signed = call.pairs(dialect, &[("InstanceIds.0", &id), ("Unknown", "")]);
        assert_eq!(error_code(&read(&cloud.handle(&signed))), "UnknownParameter", "{dialect:?}");
    }
    let mut added = call.pairs(Dialect::V1Sha1, &[("InstanceIds.0", &id)]);
    pairs(&mut added, |text| format!("{text}&Unknown="));
    assert!(read(&cloud.handle(&added)).get("Error").is_none());
}
