//! Faults of the envelope: invalid bodies, contradictory responses, errors.

use serde_json::Value;

use crate::fault::Claim::{
    ClockRefused, ClockRefusedBlindly, Done, FewerIds, Lacking, Nothing, NothingFinal, Refused,
    Throttled, TokenRefused,
};
use crate::fault::{Claim, Fault};
use crate::response::{Truth, date, json, page};

const JSON: &str = "Content-Type: application/json";

pub fn all() -> Vec<Fault> {
    let mut all = bodies();
    all.extend(odd_members());
    all.extend(nameless_launches());
    all.extend(errors_without_proof());
    all.extend(contradictions());
    all.extend(content_types());
    all.extend(refusals());
    all
}

/// The service carried the request out, and this body came back as a well-framed 200.
fn body(name: &'static str, claim: Claim, body: fn(&Truth) -> Vec<u8>) -> Fault {
    Fault::answers(name, claim, move |truth| page("200 OK", &[JSON], body(truth)))
}

fn bodies() -> Vec<Fault> {
    vec![
        body("empty body", Nothing, |_| Vec::new()),
        body("{}", Nothing, |_| b"{}".to_vec()),
        body("[]", Nothing, |_| b"[]".to_vec()),
        body("null", Nothing, |_| b"null".to_vec()),
        body("Response is null", Nothing, |_| br#"{"Response":null}"#.to_vec()),
        body("Response is empty", Nothing, |_| br#"{"Response":{}}"#.to_vec()),
        body("Response is text", Nothing, |truth| {
            Value::from(
                [("Response".to_owned(), Value::from(truth.body.as_str()))]
                    .into_iter()
                    .collect::<serde_json::Map<_, _>>(),
            )
            .to_string()
            .into_bytes()
        }),
        body("byte order mark before the answer", Nothing, |truth| {
            format!("\u{feff}{}", truth.body).into_bytes()
        }),
        body("half an answer with a right length", Nothing, |truth| {
            truth.body.as_bytes()[..truth.body.len() / 2].to_vec()
        }),
        body("words behind the answer", Nothing, |truth| format!("{} OK", truth.body).into_bytes()),
        body("bytes that are not UTF-8", Nothing, |truth| {
            let mut bytes = truth.body.replace("RequestId\":\"", "RequestId\":\"#").into_bytes();
            let at = bytes.iter().position(|byte| *byte == b'#').unwrap();
            bytes[at] = 0xff;
            bytes
        }),
        body("nested 10 000 deep", Nothing, |truth| {
            let deep = "[".repeat(10_000);
            truth.body.replacen('{', &format!("{{\"Deep\":{deep},"), 1).into_bytes()
        }),
    ]
}

/// A success with an unknown member that ordinary JSON values cannot hold.
fn odd_members() -> Vec<Fault> {
    let odd = |name, value: fn() -> String| {
        Fault::answers(name, Done, move |truth| {
            let body = truth.body.replacen(":{", &format!(":{{\"New\":{},", value()), 1);
            page("200 OK", &[JSON], body)
        })
    };
    vec![
        odd("a key twice in an unknown object", || r#"{"a":1,"a":2}"#.into()),
        odd("an unknown number beyond every range", || "1e999".into()),
        odd("an unknown number of 1 000 digits", || "9".repeat(1_000)),
        odd("half a surrogate pair in an unknown text", || r#""\ud800""#.into()),
        odd("an unknown list 10 000 deep", || {
            format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))
        }),
    ]
}

/// A launch response without the created ids. For other actions an ordinary success.
fn nameless_launches() -> Vec<Fault> {
    let names = |name, ids: fn() -> Value| {
        Fault::answers(name, FewerIds, move |truth| {
            json(&truth.with_members(|members| {
                if let Some(set) = members.get_mut("InstanceIdSet") {
                    *set = ids();
                }
            }))
        })
    };
    vec![
        names("a launch with a null list of ids", || Value::Null),
        names("a launch whose id is null", || Value::from(vec![Value::Null])),
        names("a launch whose id is empty", || Value::from(vec![""])),
    ]
}

/// An error without a code, and JSON of a proxy: neither says whether the request took effect.
fn errors_without_proof() -> Vec<Fault> {
    let error = |name, status: &'static str, error: &'static str| {
        Fault::answers(name, Nothing, move |truth| {
            let id = &truth.request_id;
            let body = format!(r#"{{"Response":{{"Error":{error},"RequestId":"{id}"}}}}"#);
            page(status, &[JSON], body)
        })
    };
    let proxy = |name, status: &'static str, body: &'static str| {
        Fault::answers(name, Nothing, move |_| page(status, &[JSON], body))
    };
    vec![
        error("an error without a code", "200 OK", r#"{"Message":"timeout"}"#),
        error("an empty error", "200 OK", "{}"),
        error("an error whose code is empty", "200 OK", r#"{"Code":"","Message":"timeout"}"#),
        error(
            "an error without a code under a 500",
            "500 Internal Server Error",
            r#"{"Message":"timeout"}"#,
        ),
        proxy("JSON of a proxy under a 502", "502 Bad Gateway", r#"{"code":"BAD_GATEWAY"}"#),
        proxy(
            "JSON of a proxy under a 504",
            "504 Gateway Timeout",
            r#"{"code":504,"message":"upstream timed out"}"#,
        ),
    ]
}

fn contradictions() -> Vec<Fault> {
    vec![
        body("Error beside Response", Nothing, |truth| {
            let error = r#"{"Error":{"Code":"LimitExceeded","Message":"m"},"#;
            truth.body.replacen('{', error, 1).into_bytes()
        }),
        body("an error in lower case", Nothing, |truth| {
            let error = r#":{"error":{"Code":"LimitExceeded","Message":"m"},"#;
            truth.body.replacen(":{", error, 1).into_bytes()
        }),
        body("Error given twice", Nothing, |truth| {
            let members = r#""Error":{"Code":"LimitExceeded","Message":"m"},"Error":{"Code":"RequestLimitExceeded","Message":"m"}"#;
            format!(r#"{{"Response":{{{members},"RequestId":"{}"}}}}"#, truth.request_id)
                .into_bytes()
        }),
        body("Response given twice", Nothing, |truth| {
            let refusal = truth.refusal("LimitExceeded");
            format!("{},{}", refusal.trim_end_matches('}').to_owned() + "}", &truth.body[1..])
                .into_bytes()
        }),
        body("Response given twice, the same", Nothing, |truth| {
            format!("{},{}", &truth.body[..truth.body.len() - 1], &truth.body[1..]).into_bytes()
        }),
        body("a member given twice", Nothing, |truth| {
            let (name, value) = truth.members().into_iter().next().unwrap();
            truth.body.replacen(":{", &format!(":{{\"{name}\":{value},"), 1).into_bytes()
        }),
        body("no request id", Nothing, |truth| {
            truth.with_members(|members| drop(members.remove("RequestId"))).into_bytes()
        }),
        body("a refusal without request id", Nothing, |_| {
            br#"{"Response":{"Error":{"Code":"LimitExceeded","Message":"no"}}}"#.to_vec()
        }),
        body("request id null", Nothing, |truth| {
            truth.with_members(|members| members["RequestId"] = Value::Null).into_bytes()
        }),
        body("a promised member missing", Lacking, |truth| {
            let change = |members: &mut serde_json::Map<String, Value>| {
                for promised in ["InstanceIdSet", "InstanceSet"] {
                    if members.remove(promised).is_some() {
                        return;
                    }
                }
                members.remove("RequestId");
            };
            truth.with_members(change).into_bytes()
        }),
        body("fewer ids than asked for", FewerIds, |truth| {
            let change = |members: &mut serde_json::Map<String, Value>| {
                if let Some(ids) = members.get_mut("InstanceIdSet") {
                    *ids = Value::Array(Vec::new());
                }
            };
            truth.with_members(change).into_bytes()
        }),
        Fault::answers("success under a 500", Nothing, |truth| {
            page("500 Internal Server Error", &[JSON], &truth.body)
        }),
        Fault::answers("success under a 502", Nothing, |truth| {
            page("502 Bad Gateway", &[JSON], &truth.body)
        }),
    ]
}

fn content_types() -> Vec<Fault> {
    vec![
        Fault::answers("success called HTML", Done, |truth| {
            page("200 OK", &["Content-Type: text/html"], &truth.body)
        }),
        Fault::answers("success without a content type", Done, |truth| {
            page("200 OK", &[], &truth.body)
        }),
        Fault::turns_away("a refusal with a charset", Refused("LimitExceeded"), |truth| {
            let headers = ["Content-Type: application/json; charset=utf-8"];
            page("200 OK", &headers, truth.refusal("LimitExceeded"))
        }),
        Fault::turns_away("a refusal called text", Refused("LimitExceeded"), |truth| {
            page("200 OK", &["Content-Type: text/plain"], truth.refusal("LimitExceeded"))
        }),
    ]
}

fn refusals() -> Vec<Fault> {
    let refusal = |name, claim, code: &'static str| {
        Fault::turns_away(name, claim, move |truth| json(&truth.refusal(code)))
    };
    let internal = |name, code: &'static str| {
        Fault::answers(name, Nothing, move |truth| json(&truth.refusal(code)))
    };
    vec![
        refusal("RequestLimitExceeded", Throttled, "RequestLimitExceeded"),
        refusal("RequestLimitExceeded.sub", Throttled, "RequestLimitExceeded.UinLimitExceeded"),
        refusal("RequestLimitExceeded.unknown", Throttled, "RequestLimitExceeded.FromTheFuture"),
        refusal("InternalError, not done", Nothing, "InternalError"),
        internal("InternalError, done", "InternalError"),
        internal("ServiceUnavailable, done", "ServiceUnavailable"),
        internal("InternalServerError, done", "InternalServerError"),
        internal("InternalError.sub, done", "InternalError.Newer"),
        Fault::answers("TradeUnknownError, done", NothingFinal, |truth| {
            json(&truth.refusal("InternalError.TradeUnknownError"))
        }),
        Fault::turns_away("SignatureExpire with the time", ClockRefused, |truth| {
            page("200 OK", &[JSON, &date()], truth.refusal("AuthFailure.SignatureExpire"))
        }),
        refusal(
            "SignatureExpire without the time",
            ClockRefusedBlindly,
            "AuthFailure.SignatureExpire",
        ),
        refusal("TokenFailure", TokenRefused, "AuthFailure.TokenFailure"),
        refusal("LimitExceeded", Refused("LimitExceeded"), "LimitExceeded"),
        refusal(
            "a refusal with an unlisted code",
            Refused("InvalidParameterValue.New"),
            "InvalidParameterValue.New",
        ),
        internal("an unknown code, done", "New.Code"),
        internal("ServerTimeout, done", "ServerTimeout"),
        internal("UnknownError, done", "UnknownError"),
        internal("InternalFailure, done", "InternalFailure"),
        internal("FailedOperation.Timeout, done", "FailedOperation.Timeout"),
        Fault::answers("GatewayTimeout under a 504, done", Nothing, |truth| {
            page("504 Gateway Timeout", &[JSON], truth.refusal("GatewayTimeout"))
        }),
        refusal(
            "SignatureFailure",
            Refused("AuthFailure.SignatureFailure"),
            "AuthFailure.SignatureFailure",
        ),
        refusal("UnauthorizedOperation", Refused("UnauthorizedOperation"), "UnauthorizedOperation"),
        refusal(
            "a task is running",
            Refused("MutexOperation.TaskRunning"),
            "MutexOperation.TaskRunning",
        ),
        Fault::turns_away("a refusal under a 400", Refused("LimitExceeded"), |truth| {
            page("400 Bad Request", &[JSON], truth.refusal("LimitExceeded"))
        }),
        Fault::answers("a refusal under a 503, done", Nothing, |truth| {
            page("503 Service Unavailable", &[JSON], truth.refusal("LimitExceeded"))
        }),
    ]
}
