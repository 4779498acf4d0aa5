//! Faults of the envelope: invalid bodies, contradictory responses, errors.

use serde_json::Value;

use crate::fault::Conclusion::{
    Ambiguous, AmbiguousFinal, ClockRejected, ClockRejectedWithoutTime, Done, FewerIds,
    MissingMember, ServiceError, Throttled, TokenRejected,
};
use crate::fault::{Conclusion, Fault};
use crate::response::{ExchangeContext, date, json, page};

const JSON: &str = "Content-Type: application/json";

pub fn all() -> Vec<Fault> {
    let mut all = bodies();
    all.extend(unusual_members());
    all.extend(launches_without_ids());
    all.extend(errors_without_proof());
    all.extend(contradictions());
    all.extend(content_types());
    all.extend(service_errors());
    all
}

/// The service carried the request out, and this body came back as a well-framed 200.
fn body(
    name: &'static str,
    conclusion: Conclusion,
    body: fn(&ExchangeContext) -> Vec<u8>,
) -> Fault {
    Fault::carried_out(name, conclusion, move |context| page("200 OK", &[JSON], body(context)))
}

fn bodies() -> Vec<Fault> {
    vec![
        body("empty body", Ambiguous, |_| Vec::new()),
        body("{}", Ambiguous, |_| b"{}".to_vec()),
        body("[]", Ambiguous, |_| b"[]".to_vec()),
        body("null", Ambiguous, |_| b"null".to_vec()),
        body("Response is null", Ambiguous, |_| br#"{"Response":null}"#.to_vec()),
        body("Response is empty", Ambiguous, |_| br#"{"Response":{}}"#.to_vec()),
        body("Response is text", Ambiguous, |context| {
            Value::from(
                [("Response".to_owned(), Value::from(context.body.as_str()))]
                    .into_iter()
                    .collect::<serde_json::Map<_, _>>(),
            )
            .to_string()
            .into_bytes()
        }),
        body("byte order mark before the response", Ambiguous, |context| {
            format!("\u{feff}{}", context.body).into_bytes()
        }),
        body("half a response with a correct length", Ambiguous, |context| {
            context.body.as_bytes()[..context.body.len() / 2].to_vec()
        }),
        body("text after the response", Ambiguous, |context| {
            format!("{} OK", context.body).into_bytes()
        }),
        body("bytes that are not UTF-8", Ambiguous, |context| {
            let mut bytes = context.body.replace("RequestId\":\"", "RequestId\":\"#").into_bytes();
            let at = bytes.iter().position(|byte| *byte == b'#').unwrap();
            bytes[at] = 0xff;
            bytes
        }),
        body("nested 10 000 deep", Ambiguous, |context| {
            let deep = "[".repeat(10_000);
            context.body.replacen('{', &format!("{{\"Deep\":{deep},"), 1).into_bytes()
        }),
    ]
}

/// A success with an unknown member that ordinary JSON values cannot hold.
fn unusual_members() -> Vec<Fault> {
    let unusual = |name, value: fn() -> String| {
        Fault::carried_out(name, Done, move |context| {
            let body = context.body.replacen(":{", &format!(":{{\"New\":{},", value()), 1);
            page("200 OK", &[JSON], body)
        })
    };
    vec![
        unusual("a repeated key in an unknown object", || r#"{"a":1,"a":2}"#.into()),
        unusual("an unknown number out of range", || "1e999".into()),
        unusual("an unknown number of 1 000 digits", || "9".repeat(1_000)),
        unusual("half a surrogate pair in an unknown text", || r#""\ud800""#.into()),
        unusual("an unknown list 10 000 deep", || {
            format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))
        }),
    ]
}

/// A launch response without the created ids. For other actions an ordinary success.
fn launches_without_ids() -> Vec<Fault> {
    let names = |name, ids: fn() -> Value| {
        Fault::carried_out(name, FewerIds, move |context| {
            json(&context.with_members(|members| {
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
        Fault::carried_out(name, Ambiguous, move |context| {
            let id = &context.request_id;
            let body = format!(r#"{{"Response":{{"Error":{error},"RequestId":"{id}"}}}}"#);
            page(status, &[JSON], body)
        })
    };
    let proxy = |name, status: &'static str, body: &'static str| {
        Fault::carried_out(name, Ambiguous, move |_| page(status, &[JSON], body))
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
        body("Error beside Response", Ambiguous, |context| {
            let error = r#"{"Error":{"Code":"LimitExceeded","Message":"m"},"#;
            context.body.replacen('{', error, 1).into_bytes()
        }),
        body("an error in lower case", Ambiguous, |context| {
            let error = r#":{"error":{"Code":"LimitExceeded","Message":"m"},"#;
            context.body.replacen(":{", error, 1).into_bytes()
        }),
        body("a repeated Error", Ambiguous, |context| {
            let members = r#""Error":{"Code":"LimitExceeded","Message":"m"},"Error":{"Code":"RequestLimitExceeded","Message":"m"}"#;
            format!(r#"{{"Response":{{{members},"RequestId":"{}"}}}}"#, context.request_id)
                .into_bytes()
        }),
        body("a repeated Response", Ambiguous, |context| {
            let error = context.error_body("LimitExceeded");
            format!("{},{}", error.trim_end_matches('}').to_owned() + "}", &context.body[1..])
                .into_bytes()
        }),
        body("a repeated Response, the same", Ambiguous, |context| {
            format!("{},{}", &context.body[..context.body.len() - 1], &context.body[1..])
                .into_bytes()
        }),
        body("a repeated member", Ambiguous, |context| {
            let (name, value) = context.members().into_iter().next().unwrap();
            context.body.replacen(":{", &format!(":{{\"{name}\":{value},"), 1).into_bytes()
        }),
        body("no request id", Ambiguous, |context| {
            context.with_members(|members| drop(members.remove("RequestId"))).into_bytes()
        }),
        body("an error without a request id", Ambiguous, |_| {
            br#"{"Response":{"Error":{"Code":"LimitExceeded","Message":"no"}}}"#.to_vec()
        }),
        body("request id null", Ambiguous, |context| {
            context.with_members(|members| members["RequestId"] = Value::Null).into_bytes()
        }),
        body("an always present member is missing", MissingMember, |context| {
            let change = |members: &mut serde_json::Map<String, Value>| {
                for always_present in ["InstanceIdSet", "InstanceSet"] {
                    if members.remove(always_present).is_some() {
                        return;
                    }
                }
                members.remove("RequestId");
            };
            context.with_members(change).into_bytes()
        }),
        body("fewer ids than requested", FewerIds, |context| {
            let change = |members: &mut serde_json::Map<String, Value>| {
                if let Some(ids) = members.get_mut("InstanceIdSet") {
                    *ids = Value::Array(Vec::new());
                }
            };
            context.with_members(change).into_bytes()
        }),
        Fault::carried_out("success under a 500", Ambiguous, |context| {
            page("500 Internal Server Error", &[JSON], &context.body)
        }),
        Fault::carried_out("success under a 502", Ambiguous, |context| {
            page("502 Bad Gateway", &[JSON], &context.body)
        }),
    ]
}

fn content_types() -> Vec<Fault> {
    vec![
        Fault::carried_out("success with content type HTML", Done, |context| {
            page("200 OK", &["Content-Type: text/html"], &context.body)
        }),
        Fault::carried_out("success without a content type", Done, |context| {
            page("200 OK", &[], &context.body)
        }),
        Fault::rejected("an error with a charset", ServiceError("LimitExceeded"), |context| {
            let headers = ["Content-Type: application/json; charset=utf-8"];
            page("200 OK", &headers, context.error_body("LimitExceeded"))
        }),
        Fault::rejected(
            "an error with content type text",
            ServiceError("LimitExceeded"),
            |context| {
                page("200 OK", &["Content-Type: text/plain"], context.error_body("LimitExceeded"))
            },
        ),
    ]
}

fn service_errors() -> Vec<Fault> {
    let error = |name, conclusion, code: &'static str| {
        Fault::rejected(name, conclusion, move |context| json(&context.error_body(code)))
    };
    let internal = |name, code: &'static str| {
        Fault::carried_out(name, Ambiguous, move |context| json(&context.error_body(code)))
    };
    vec![
        error("RequestLimitExceeded", Throttled, "RequestLimitExceeded"),
        error("RequestLimitExceeded.sub", Throttled, "RequestLimitExceeded.UinLimitExceeded"),
        error("RequestLimitExceeded.unknown", Throttled, "RequestLimitExceeded.FromTheFuture"),
        error("InternalError, not carried out", Ambiguous, "InternalError"),
        internal("InternalError, carried out", "InternalError"),
        internal("ServiceUnavailable, carried out", "ServiceUnavailable"),
        internal("InternalServerError, carried out", "InternalServerError"),
        internal("InternalError.sub, carried out", "InternalError.Newer"),
        Fault::carried_out("TradeUnknownError, carried out", AmbiguousFinal, |context| {
            json(&context.error_body("InternalError.TradeUnknownError"))
        }),
        Fault::rejected("SignatureExpire with the time", ClockRejected, |context| {
            page("200 OK", &[JSON, &date()], context.error_body("AuthFailure.SignatureExpire"))
        }),
        error(
            "SignatureExpire without the time",
            ClockRejectedWithoutTime,
            "AuthFailure.SignatureExpire",
        ),
        error("TokenFailure", TokenRejected, "AuthFailure.TokenFailure"),
        error("LimitExceeded", ServiceError("LimitExceeded"), "LimitExceeded"),
        error(
            "an error with an unlisted code",
            ServiceError("InvalidParameterValue.New"),
            "InvalidParameterValue.New",
        ),
        internal("an unknown code, carried out", "New.Code"),
        internal("ServerTimeout, carried out", "ServerTimeout"),
        internal("UnknownError, carried out", "UnknownError"),
        internal("InternalFailure, carried out", "InternalFailure"),
        internal("FailedOperation.Timeout, carried out", "FailedOperation.Timeout"),
        Fault::carried_out("GatewayTimeout under a 504, carried out", Ambiguous, |context| {
            page("504 Gateway Timeout", &[JSON], context.error_body("GatewayTimeout"))
        }),
        error(
            "SignatureFailure",
            ServiceError("AuthFailure.SignatureFailure"),
            "AuthFailure.SignatureFailure",
        ),
        error(
            "UnauthorizedOperation",
            ServiceError("UnauthorizedOperation"),
            "UnauthorizedOperation",
        ),
        error(
            "a task is running",
            ServiceError("MutexOperation.TaskRunning"),
            "MutexOperation.TaskRunning",
        ),
        Fault::rejected("an error under a 400", ServiceError("LimitExceeded"), |context| {
            page("400 Bad Request", &[JSON], context.error_body("LimitExceeded"))
        }),
        Fault::carried_out("an error under a 503, carried out", Ambiguous, |context| {
            page("503 Service Unavailable", &[JSON], context.error_body("LimitExceeded"))
        }),
    ]
}
