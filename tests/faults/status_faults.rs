//! Faults by status: redirects, pages of other servers, overload, with and without `Retry-After`.

use crate::fault::Claim::{
    Misrouted, Nothing, NothingForLong, Throttled, ThrottledByStranger, ThrottledByStrangerForLong,
    ThrottledForLong,
};
use crate::fault::{Claim, Fault};
use crate::response::{Truth, html, page, raw};

const PAST: &str = "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT";
const FUTURE: &str = "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT";
const SECOND: &str = "Retry-After: 1";
const HUGE: &str = "Retry-After: 9223372036854775808";
const GARBAGE: &str = "Retry-After: -1, soon";
const TOO_MANY: &str = "429 Too Many Requests";
const UNAVAILABLE: &str = "503 Service Unavailable";

pub fn all() -> Vec<Fault> {
    let mut all = redirects();
    all.extend(strangers());
    all.extend(overload());
    all.extend(failures());
    all
}

fn redirect(
    name: &'static str,
    status: &'static str,
    location: impl Fn(&Truth) -> String + Send + Sync + 'static,
) -> Fault {
    Fault::turns_away(name, Misrouted, move |truth| {
        html(status, &[&format!("Location: {}", location(truth))])
    })
}

fn redirects() -> Vec<Fault> {
    let port = |truth: &Truth| format!("http://{}/?go=on", truth.third_party);
    let host = |truth: &Truth| format!("http://localhost:{}/", truth.third_party.port());
    let tls = |truth: &Truth| format!("https://{}/", truth.third_party);
    let own = |truth: &Truth| format!("http://{}/", truth.own);
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
        Fault::turns_away("302 with an envelope", Misrouted, move |truth| {
            let envelope = format!(r#"{{"Response":{{"RequestId":"{}"}}}}"#, truth.request_id);
            page("302 Found", &[&format!("Location: {}", port(truth))], envelope)
        }),
        Fault::answers("307 after it was done", Misrouted, move |truth| {
            html("307 Temporary Redirect", &[&format!("Location: {}", port(truth))])
        }),
        Fault::turns_away("302 without an end", Misrouted, move |truth| {
            let location = format!("Location: {}", port(truth));
            raw("302 Found", &[&location, "Content-Length: 100"], "<html>")
        })
        .then_fin(),
    ]
}

fn strangers() -> Vec<Fault> {
    let stranger =
        |name, status: &'static str| Fault::turns_away(name, Misrouted, move |_| html(status, &[]));
    vec![
        stranger("400 page", "400 Bad Request"),
        stranger("401 page", "401 Unauthorized"),
        stranger("403 page", "403 Forbidden"),
        stranger("404 page", "404 Not Found"),
        stranger("407 page", "407 Proxy Authentication Required"),
        stranger("413 page", "413 Content Too Large"),
        stranger("425 page", "425 Too Early"),
        Fault::turns_away("403 page that echoes the request", Misrouted, |truth| {
            page("403 Forbidden", &["Content-Type: text/html"], &truth.request)
        }),
        Fault::turns_away("200 page", Nothing, |_| html("200 OK", &[])),
        Fault::turns_away("200 page that echoes the request", Nothing, |truth| {
            page("200 OK", &["Content-Type: text/html"], &truth.request)
        }),
        Fault::answers("200 page after it was done", Nothing, |_| html("200 OK", &[])),
        Fault::answers("204", Nothing, |_| raw("204 No Content", &[], "")),
        Fault::answers("205", Nothing, |_| raw("205 Reset Content", &["Content-Length: 0"], "")),
    ]
}

fn overload() -> Vec<Fault> {
    let of_stranger = |name, claim: Claim, headers: &'static [&str]| {
        Fault::turns_away(name, claim, move |_| html(TOO_MANY, headers))
    };
    let of_service = |name, claim: Claim, status: &'static str, headers: &'static [&str]| {
        Fault::turns_away(name, claim, move |truth| {
            let mut all = vec!["Content-Type: application/json"];
            all.extend_from_slice(headers);
            page(status, &all, truth.refusal("RequestLimitExceeded"))
        })
    };
    vec![
        of_stranger("429 page", ThrottledByStranger, &[]),
        of_stranger("429 page, wait a second", ThrottledByStranger, &[SECOND]),
        of_stranger("429 page, wait until the past", ThrottledByStranger, &[PAST]),
        of_stranger("429 page, wait for ever", ThrottledByStrangerForLong, &[HUGE]),
        of_stranger("429 page, wait until 9999", ThrottledByStrangerForLong, &[FUTURE]),
        of_stranger("429 page, wait garbage", ThrottledByStranger, &[GARBAGE]),
        of_stranger("429 page, wait twice", ThrottledByStranger, &[HUGE, SECOND]),
        of_service("429 envelope", Throttled, TOO_MANY, &[]),
        of_service("429 envelope, wait a second", Throttled, TOO_MANY, &[SECOND]),
        of_service("429 envelope, wait for ever", ThrottledForLong, TOO_MANY, &[HUGE]),
        of_service("503 envelope of a throttle", Nothing, UNAVAILABLE, &[]),
    ]
}

fn failures() -> Vec<Fault> {
    let failure = |name, status: &'static str, headers: &'static [&str]| {
        Fault::turns_away(name, Nothing, move |_| html(status, headers))
    };
    let after =
        |name, status: &'static str| Fault::answers(name, Nothing, move |_| html(status, &[]));
    vec![
        failure("408 page", "408 Request Timeout", &["Connection: close"]).then_fin(),
        after("408 page after it was done", "408 Request Timeout"),
        failure("500 page", "500 Internal Server Error", &[]),
        after("500 page after it was done", "500 Internal Server Error"),
        Fault::answers("500 envelope after it was done", Nothing, |truth| {
            let refusal = truth.refusal("InternalError");
            page("500 Internal Server Error", &["Content-Type: application/json"], refusal)
        }),
        failure("502 page", "502 Bad Gateway", &[]),
        after("502 page after it was done", "502 Bad Gateway"),
        failure("503 page", UNAVAILABLE, &[]),
        after("503 page after it was done", UNAVAILABLE),
        failure("503 page, wait a second", UNAVAILABLE, &[SECOND]),
        failure("503 page, wait until the past", UNAVAILABLE, &[PAST]),
        failure("503 page, wait garbage", UNAVAILABLE, &[GARBAGE]),
        Fault::turns_away("503 page, wait for ever", NothingForLong, |_| {
            html(UNAVAILABLE, &[HUGE])
        }),
        Fault::turns_away("503 page, wait until 9999", NothingForLong, |_| {
            html(UNAVAILABLE, &[FUTURE])
        }),
        failure("504 page", "504 Gateway Timeout", &[]),
        after("504 page after it was done", "504 Gateway Timeout"),
        failure("599 page", "599 Whatever", &[]),
    ]
}
