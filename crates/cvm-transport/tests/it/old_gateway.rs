//! The old gateway: its numeric codes decide, a replay error is ambiguous, and JSON of a proxy is not its
//! response.

use std::time::Duration;

use cvm_protocol::{Missing, waiter_info};
use cvm_transport::Error;
use cvm_transport::config::Dialect;
use cvm_transport::protocol::Waiter;
use cvm_transport::retry::Outcome;
use cvm_transport::time::FixedClock;

use crate::actions::{KillThings, ListThings, THINGS_READY_SPEC};
use crate::fake_service::{Body, FakeService, Reply};

/// Sun, 06 Nov 1994 08:49:37 GMT.
const NOW: u64 = 784_111_777;

fn response(status: u16, date: Option<&str>, body: &str) -> Reply {
    let headers = date.into_iter().map(|date| ("date", date.to_owned())).collect();
    let body = Body::Whole(body.to_owned().into());
    Reply::Response { status, headers, body, after: Duration::ZERO }
}

/// Sends a hazardous call to a service that responds like this to the first request and with a success to the
/// rest.
async fn send_kill(
    dialect: Dialect,
    status: u16,
    date: Option<&'static str>,
    body: &str,
) -> (usize, Result<(), Error>) {
    let body = body.to_owned();
    let fake = FakeService::new(move |_, number| match number {
        1 => response(status, date, &body),
        _ => Reply::healthy(),
    });
    let clock = FixedClock::at(NOW);
    let client = fake.builder().dialect(dialect).clock(clock).build().unwrap();
    let kill = KillThings { thing_ids: vec!["thing-1".into()] };
    let ended = client.send(kill).await.map(drop);
    (fake.request_count(), ended)
}

fn is_unknown(ended: &Result<(), Error>) -> bool {
    ended.as_ref().is_err_and(|error| error.outcome_unknown().is_some())
}

#[tokio::test(start_paused = true)]
async fn replay_error_is_ambiguous_unless_clock_skew_explains_it() {
    let replay = r#"{"code":4500,"message":"replay"}"#;
    for (date, explains) in [
        (None, false),
        (Some("Sun, 06 Nov 1994 08:49:37 GMT"), false),
        // The gateway allows two hours.
        (Some("Sun, 06 Nov 1994 08:59:37 GMT"), false),
        (Some("Sun, 06 Nov 1994 10:49:00 GMT"), false),
        (Some("Sun, 06 Nov 1994 06:50:00 GMT"), false),
        (Some("Sun, 06 Nov 1994 10:50:37 GMT"), true),
        (Some("Sun, 06 Nov 1994 06:48:37 GMT"), true),
        (Some("Mon, 07 Nov 1994 08:49:37 GMT"), true),
    ] {
        let (asked, ended) = send_kill(Dialect::OldGateway, 200, date, replay).await;
        assert_eq!(asked, if explains { 2 } else { 1 }, "{date:?}: {ended:?}");
        assert_eq!(is_unknown(&ended), !explains, "{date:?}: {ended:?}");
        assert_eq!(ended.is_ok(), explains, "{date:?}: {ended:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn proxy_json_is_not_a_gateway_response() {
    for (status, body) in [
        (504, r#"{"code":504,"message":"upstream timed out"}"#),
        (502, r#"{"code":"BAD_GATEWAY"}"#),
        (502, r#"{"code":4100,"message":"no"}"#),
        (500, r#"{"code":5000,"message":"internal"}"#),
        (503, r#"{"code":4000}"#),
        (200, r#"{"code":504,"message":"upstream timed out"}"#),
        (200, r#"{"code":"BAD_GATEWAY"}"#),
        (200, r#"{"code":99}"#),
        (403, r#"{"code":4100,"message":"no"}"#),
    ] {
        let (asked, ended) = send_kill(Dialect::OldGateway, status, None, body).await;
        assert!(is_unknown(&ended) && asked == 1, "{status} {body}: {ended:?}");
        let text = ended.unwrap_err().to_string();
        let is_shown = text.contains(&format!("not a response of the service: {body}"));
        assert!(is_shown || status == 200, "{text}");
        let body = body.to_owned();
        let fake = FakeService::new(move |_, number| match number {
            1 => response(status, None, &body),
            _ => Reply::healthy(),
        });
        let client = fake.builder().dialect(Dialect::OldGateway).build().unwrap();
        let ended = client.send(ListThings::default()).await;
        assert_eq!(ended.is_ok(), status != 403, "{status}: a read is retried: {ended:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn numeric_code_decides_the_outcome() {
    for (body, outcome) in [
        (r#"{"code":6000,"codeDesc":"InternalErr","message":"x"}"#, Outcome::Ambiguous),
        (r#"{"code":"6000","codeDesc":"Success"}"#, Outcome::Ambiguous),
        (r#"{"code":5100,"codeDesc":"InvalidParameter"}"#, Outcome::Ambiguous),
        (r#"{"code":5400,"codeDesc":"Partial"}"#, Outcome::Ambiguous),
        (r#"{"code":6200,"codeDesc":"Maintenance"}"#, Outcome::Ambiguous),
        (r#"{"code":4400,"codeDesc":"QuotaExceeded"}"#, Outcome::Throttled),
        (r#"{"code":4100,"codeDesc":"InternalError"}"#, Outcome::Refused),
        (r#"{"code":4000,"codeDesc":"RequestLimitExceeded"}"#, Outcome::Refused),
        (r#"{"code":5000,"codeDesc":"ServiceUnavailable"}"#, Outcome::Refused),
    ] {
        let (asked, ended) = send_kill(Dialect::OldGateway, 200, None, body).await;
        assert_eq!(is_unknown(&ended), outcome == Outcome::Ambiguous, "{body}: {ended:?}");
        assert_eq!(ended.is_ok(), outcome == Outcome::Throttled, "{body}: {ended:?}");
        assert_eq!(asked, 1 + usize::from(outcome == Outcome::Throttled), "{body}");
        if let Err(error) = ended {
            assert_eq!(error.attempts()[0].outcome, outcome, "{body}");
            let code = error.code().unwrap().as_str();
            assert!(body.contains(code) && code.parse::<u32>().is_ok(), "{body}: {code}");
            assert_eq!(error.is_auth(), code == "4100", "{body}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn gateway_format_is_rejected_in_other_dialects() {
    for dialect in Dialect::ALL.into_iter().filter(|dialect| *dialect != Dialect::OldGateway) {
        for body in [r#"{"code":4100,"message":"no"}"#, r#"{"code":4400,"message":"slow down"}"#] {
            let (asked, ended) = send_kill(dialect, 200, None, body).await;
            assert!(is_unknown(&ended) && asked == 1, "{dialect} {body}: {ended:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn name_beside_the_number_ends_a_wait_like_an_error_code() {
    waiter_info! {
        static THINGS_FOUND = THINGS_READY_SPEC.name("ThingsFound").missing(Missing::Failure);
    }
    waiter_info! {
        static THINGS_GONE =
            THINGS_READY_SPEC.name("ThingsGone").success(&[]).missing(Missing::Success);
    }
    // The number says "no such resource" or "operation failed".
    for number in [5000, 5100] {
        let client = |name: &str, message: &str| {
            let body = format!(r#"{{"code":{number},"codeDesc":"{name}","message":"{message}"}}"#);
            let fake = FakeService::new(move |_, _| response(200, None, &body));
            fake.builder().dialect(Dialect::OldGateway).build().unwrap()
        };
        let waiter = |info| Waiter::new(info, ["thing-1"]).seen_before();
        let absent = client("InvalidThingId.NotFound", "thing-1 not found");
        let error = absent.wait(waiter(&THINGS_FOUND)).await.unwrap_err();
        assert!(error.is_wait() && !error.is_timeout(), "{number}: {error}");
        assert!(error.to_string().contains("`thing-1` does not exist"), "{number}: {error}");
        let report = absent.wait(waiter(&THINGS_GONE)).await.unwrap();
        assert_eq!(report.reached().count(), 1, "{number}");
        let error = absent.send(ListThings::default()).await.unwrap_err();
        assert!(error.is_not_found(), "{number}: {error}");

        let other = client("InvalidThingId.NotFound", "thing-7 not found");
        let error = other.wait(waiter(&THINGS_GONE)).await.unwrap_err();
        assert!(error.is_service() || error.is_timeout(), "{number}: {error}");

        let unknown = client("InternalError.TradeUnknownError", "no");
        let error = unknown.wait(waiter(&THINGS_GONE)).await.unwrap_err();
        assert!(error.is_service(), "{number}: {error}");
    }
}
