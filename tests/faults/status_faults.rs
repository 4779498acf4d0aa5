//! Faults by status: redirects, pages of other servers, overload, with and without `Retry-After`.

use crate::fault::Conclusion::{
    Ambiguous, AmbiguousLongWait, ForeignThrottled, ForeignThrottledLongWait, Misrouted, Throttled,
    ThrottledLongWait,
};
use crate::fault::{Conclusion, Fault};
use crate::response::{ExchangeContext, html, page, raw};

const PAST: &str = "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT";
const FUTURE: &str = "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT";
const SECOND: &str = "Retry-After: 1";
const HUGE: &str = "Retry-After: 9223372036854775808";
const GARBAGE: &str = "Retry-After: -1, soon";
const TOO_MANY: &str = "429 Too Many Requests";
const UNAVAILABLE: &str = "503 Service Unavailable";

pub fn all() -> Vec<Fault> {
    let mut all = redirects();
    all.extend(foreign_pages());
    all.extend(overload());
    all.extend(failures());
    all
}

fn redirect(
    name: &'static str,
    status: &'static str,
    location: impl Fn(&ExchangeContext) -> String + Send + Sync + 'static,
) -> Fault {
    Fault::rejected(name, Misrouted, move |context| {
        html(status, &[&format!("Location: {}", location(context))])
    })
}

fn redirects() -> Vec<Fault> {
    let port = |context: &ExchangeContext| format!("http://{}/?go=on", context.third_party);
    let host =
        |context: &ExchangeContext| format!("http://localhost:{}/", context.third_party.port());
    let tls = |context: &ExchangeContext| format!("https://{}/", context.third_party);
    let own = |context: &ExchangeContext| format!("http://{}/", context.own);
    vec![
        redirect("301 to another port", "301 Moved Permanently", port),
        redirect("302 to another port", "302 Found", port),
        redirect("303 to another port", "303 See Other", port),
        redirect("307 to another port", "307 Temporary Redirect", port),
        redirect("308 to another port", "308 Permanent Redirect", port),
        redirect("302 to another host", "302 Found", host),
        redirect("307 to another host", "307 Temporary Redirect", host),
        redirect("308 to another scheme", "308 Permanent Redirect", tls),
        redirect("307 to the same host", "307 Temporary Redirect", own),
        Fault::rejected("302 with an envelope", Misrouted, move |context| {
            let envelope = format!(r#"{{"Response":{{"RequestId":"{}"}}}}"#, context.request_id);
            page("302 Found", &[&format!("Location: {}", port(context))], envelope)
        }),
        Fault::carried_out("307 after it was carried out", Misrouted, move |context| {
            html("307 Temporary Redirect", &[&format!("Location: {}", port(context))])
        }),
        Fault::rejected("302 with a truncated body", Misrouted, move |context| {
            let location = format!("Location: {}", port(context));
            raw("302 Found", &[&location, "Content-Length: 100"], "<html>")
        })
        .then_close(),
    ]
}

fn foreign_pages() -> Vec<Fault> {
    let third_party =
        |name, status: &'static str| Fault::rejected(name, Misrouted, move |_| html(status, &[]));
    vec![
        third_party("400 page", "400 Bad Request"),
        third_party("401 page", "401 Unauthorized"),
        third_party("403 page", "403 Forbidden"),
        third_party("404 page", "404 Not Found"),
        third_party("407 page", "407 Proxy Authentication Required"),
        third_party("413 page", "413 Content Too Large"),
        third_party("425 page", "425 Too Early"),
        Fault::rejected("403 page that echoes the request", Misrouted, |context| {
            page("403 Forbidden", &["Content-Type: text/html"], &context.request)
        }),
        Fault::rejected("200 page", Ambiguous, |_| html("200 OK", &[])),
        Fault::rejected("200 page that echoes the request", Ambiguous, |context| {
            page("200 OK", &["Content-Type: text/html"], &context.request)
        }),
        Fault::carried_out("200 page after it was carried out", Ambiguous, |_| html("200 OK", &[])),
        Fault::carried_out("204", Ambiguous, |_| raw("204 No Content", &[], "")),
        Fault::carried_out("205", Ambiguous, |_| {
            raw("205 Reset Content", &["Content-Length: 0"], "")
        }),
    ]
}

fn overload() -> Vec<Fault> {
    let foreign = |name, conclusion: Conclusion, headers: &'static [&str]| {
        Fault::rejected(name, conclusion, move |_| html(TOO_MANY, headers))
    };
    let of_service =
        |name, conclusion: Conclusion, status: &'static str, headers: &'static [&str]| {
            Fault::rejected(name, conclusion, move |context| {
                let mut all = vec!["Content-Type: application/json"];
                all.extend_from_slice(headers);
                page(status, &all, context.error_body("RequestLimitExceeded"))
            })
        };
    vec![
        foreign("429 page", ForeignThrottled, &[]),
        foreign("429 page, wait a second", ForeignThrottled, &[SECOND]),
        foreign("429 page, wait until the past", ForeignThrottled, &[PAST]),
        foreign("429 page, wait forever", ForeignThrottledLongWait, &[HUGE]),
        foreign("429 page, wait until 9999", ForeignThrottledLongWait, &[FUTURE]),
        foreign("429 page, invalid wait", ForeignThrottled, &[GARBAGE]),
        foreign("429 page, two needs_timeout", ForeignThrottled, &[HUGE, SECOND]),
        of_service("429 envelope", Throttled, TOO_MANY, &[]),
        of_service("429 envelope, wait a second", Throttled, TOO_MANY, &[SECOND]),
        of_service("429 envelope, wait forever", ThrottledLongWait, TOO_MANY, &[HUGE]),
        of_service("503 envelope of throttling", Ambiguous, UNAVAILABLE, &[]),
    ]
}

fn failures() -> Vec<Fault> {
    let failure = |name, status: &'static str, headers: &'static [&str]| {
        Fault::rejected(name, Ambiguous, move |_| html(status, headers))
    };
    let after = |name, status: &'static str| {
        Fault::carried_out(name, Ambiguous, move |_| html(status, &[]))
    };
    vec![
        failure("408 page", "408 Request Timeout", &["Connection: close"]).then_close(),
        after("408 page after it was carried out", "408 Request Timeout"),
        failure("500 page", "500 Internal Server Error", &[]),
        after("500 page after it was carried out", "500 Internal Server Error"),
        Fault::carried_out("500 envelope after it was carried out", Ambiguous, |context| {
            let error_body = context.error_body("InternalError");
            page("500 Internal Server Error", &["Content-Type: application/json"], error_body)
        }),
        failure("502 page", "502 Bad Gateway", &[]),
        after("502 page after it was carried out", "502 Bad Gateway"),
        failure("503 page", UNAVAILABLE, &[]),
        after("503 page after it was carried out", UNAVAILABLE),
        failure("503 page, wait a second", UNAVAILABLE, &[SECOND]),
        failure("503 page, wait until the past", UNAVAILABLE, &[PAST]),
        failure("503 page, invalid wait", UNAVAILABLE, &[GARBAGE]),
        Fault::rejected("503 page, wait forever", AmbiguousLongWait, |_| {
            html(UNAVAILABLE, &[HUGE])
        }),
        Fault::rejected("503 page, wait until 9999", AmbiguousLongWait, |_| {
            html(UNAVAILABLE, &[FUTURE])
        }),
        failure("504 page", "504 Gateway Timeout", &[]),
        after("504 page after it was carried out", "504 Gateway Timeout"),
        failure("599 page", "599 Whatever", &[]),
    ]
}
