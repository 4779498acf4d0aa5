//! Extension points of a call: interceptors, metrics, rate limiters, and another HTTP client.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_transport::http::{
    BoxFuture, HttpClient, HttpError, HttpErrorKind, HttpResponse, PreparedRequest, SendProgress,
};
use cvm_transport::observe::{
    AttemptEnd, AttemptMetrics, CallMetrics, Exchange, HeaderMapMut, Interceptor, Metrics,
    UnsignedRequest,
};
use cvm_transport::rate_limit::{RateLimitKey, RateLimiter, RateLimiterError};
use cvm_transport::retry::Outcome;
use serde_json::json;

use crate::actions::{KillThings, LAUNCH, LIST_THINGS, Launch, ListThings};
use crate::builder;
use crate::fake_service::{FakeService, Reply};
use crate::server::{Server, Step};

#[derive(Clone, Debug, Default)]
struct Hook(Arc<Mutex<Vec<String>>>);

impl Interceptor for Hook {
    fn before_signing(
        &self,
        exchange: &Exchange<'_>,
        headers: &mut HeaderMapMut,
    ) -> Result<(), String> {
        if exchange.action == "KillThings" {
            return Err("not on a Friday".into());
        }
        headers.add("traceparent", "00-1-2-3")
    }

    fn after_response(&self, exchange: &Exchange<'_>, ended: &AttemptEnd<'_>) {
        let line = format!("{} {} {:?}", exchange.attempt, ended.outcome, ended.request_id);
        self.0.lock().unwrap().push(line);
    }
}

impl Metrics for Hook {
    fn attempt(&self, attempt: &AttemptMetrics<'_>) {
        let AttemptMetrics { service, number, status, code, request_id, .. } = attempt;
        let line = format!("{service} {number} {status:?} {code:?} {request_id:?}");
        self.0.lock().unwrap().push(line);
    }

    fn call(&self, call: &CallMetrics<'_>) {
        let CallMetrics { attempts, succeeded, code, request_id, .. } = call;
        let line = format!("{attempts} attempts, succeeded: {succeeded} {code:?} {request_id:?}");
        self.0.lock().unwrap().push(line);
    }
}

#[tokio::test]
async fn interceptor_adds_headers_and_stops_calls() {
    let server = Server::start([Step::error("InternalError")]).await;
    let hook = Hook::default();
    let client = builder(&server.url).interceptor(hook.clone()).build().unwrap();
    client.send(ListThings::default()).await.unwrap();
    assert_eq!(server.received()[0].header("traceparent"), Some("00-1-2-3"));
    let lines = [r#"1 ambiguous Some("r-error")"#, r#"2 success Some("r-ok")"#];
    assert_eq!(*hook.0.lock().unwrap(), lines);

    let kill = KillThings { thing_ids: vec!["thing-1".into()] };
    let error = client.send(kill).await.unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("Friday"), "{error}");
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn metrics_count_attempts_and_calls() {
    let server = Server::start([Step::error("InternalError")]).await;
    let hook = Hook::default();
    let client = builder(&server.url).metrics(hook.clone()).build().unwrap();
    client.send(ListThings::default()).await.unwrap();
    let lines = [
        r#"cvm 1 Some(200) Some("InternalError") Some("r-error")"#,
        r#"cvm 2 Some(200) None Some("r-ok")"#,
        r#"2 attempts, succeeded: true None Some("r-ok")"#,
    ];
    assert_eq!(std::mem::take(&mut *hook.0.lock().unwrap()), lines);

    let server = Server::start([Step::error("InvalidParameter")]).await;
    let client = builder(&server.url).metrics(hook.clone()).build().unwrap();
    client.send(ListThings::default()).await.unwrap_err();
    let last = r#"1 attempts, succeeded: false Some("InvalidParameter") Some("r-error")"#;
    assert_eq!(hook.0.lock().unwrap().last().unwrap(), last);
}

/// Lets every second call pass at once, and blocks the others forever.
#[derive(Debug, Default)]
struct EverySecondCall(AtomicU32);

impl RateLimiter for EverySecondCall {
    fn acquire<'a>(
        &'a self,
        _: &'a RateLimitKey<'a>,
    ) -> BoxFuture<'a, Result<(), RateLimiterError>> {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            if number % 2 == 1 {
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }
}

#[tokio::test(start_paused = true)]
async fn rate_limiter_wait_is_bounded_by_the_deadline() {
    let fake = FakeService::new(|_, _| Reply::healthy());
    let client = fake.builder().rate_limiter(EverySecondCall::default()).build().unwrap();
    client.send(ListThings::default()).await.unwrap();
    let kill = KillThings { thing_ids: vec!["thing-1".into()] };
    let error = client.send(kill).await.unwrap_err();
    assert!(error.is_timeout() && error.is_not_sent(), "{error:?}");
    assert_eq!(fake.request_count(), 1);
}

/// Reports that bytes may be sent, and then an error that claims the opposite: a timeout around another client.
#[derive(Debug)]
struct ForgetfulClient {
    kind: HttpErrorKind,
    calls: Arc<AtomicU32>,
}

impl HttpClient for ForgetfulClient {
    fn send<'a>(
        &'a self,
        _: PreparedRequest,
        sending: &'a SendProgress,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        sending.mark_buffered();
        sending.mark_sending();
        let error = HttpError::new(self.kind, "timed out after 2 s");
        Box::pin(async move { Err(error) })
    }
}

#[tokio::test(start_paused = true)]
async fn http_error_before_sending_proves_nothing_after_bytes_were_sent() {
    for kind in [
        HttpErrorKind::NotSent,
        HttpErrorKind::ConnectTimeout,
        HttpErrorKind::NotTls,
        HttpErrorKind::ProxyAuthentication,
        HttpErrorKind::Untrusted,
        HttpErrorKind::InvalidRequest,
    ] {
        let calls = Arc::new(AtomicU32::new(0));
        let http = ForgetfulClient { kind, calls: Arc::clone(&calls) };
        let client =
            FakeService::new(|_, _| Reply::healthy()).builder().http(http).build().unwrap();
        let kill = KillThings { thing_ids: vec!["thing-1".into()] };
        let error = client.send(kill).await.unwrap_err();
        assert!(error.outcome_unknown().is_some() && !error.is_not_sent(), "{kind:?}: {error}");
        assert_eq!(calls.load(Ordering::SeqCst), 1, "{kind:?}");
    }
}

/// An HTTP client that hangs without any network.
#[derive(Debug)]
struct HangingClient {
    reports_buffered: bool,
    calls: Arc<AtomicU32>,
}

impl HttpClient for HangingClient {
    fn send<'a>(
        &'a self,
        _: PreparedRequest,
        sending: &'a SendProgress,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.reports_buffered {
            sending.mark_buffered();
        }
        Box::pin(async {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            Err(HttpError::new(HttpErrorKind::PossiblySent, "never"))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn http_client_without_progress_counts_as_sent() {
    for (reports_buffered, outcome, sent) in
        [(false, Outcome::Ambiguous, 1), (true, Outcome::NotSent, 4)]
    {
        let calls = Arc::new(AtomicU32::new(0));
        let http = HangingClient { reports_buffered, calls: Arc::clone(&calls) };
        let client = builder("https://cvm.example.com").http(http).build().unwrap();
        let kill = KillThings { thing_ids: vec!["thing-1".into()] };
        let error = client.send(kill).await.unwrap_err();
        assert_eq!(error.attempts()[0].outcome, outcome);
        assert_eq!(error.outcome_unknown().is_some(), outcome == Outcome::Ambiguous);
        assert_eq!(calls.load(Ordering::SeqCst), sent);
    }
}

/// Changes requests, and records what it sees.
#[derive(Clone, Debug)]
struct Middleware {
    name: &'static str,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Middleware {
    fn record(&self, line: &str) {
        self.seen.lock().unwrap().push(format!("{} {line}", self.name));
    }
}

impl Interceptor for Middleware {
    fn before_call(&self, request: &mut UnsignedRequest<'_>) -> Result<(), String> {
        self.record(&format!("{} {}", request.action(), request.members()));
        assert_eq!(request.region(), Some("ap-guangzhou"));
        assert!(!format!("{request:?}").contains("canary"), "{request:?}");
        assert!(request.set("NoSuchMember", json!(1)).unwrap_err().contains("`NoSuchMember`"));
        if request.action() == "Launch" {
            assert!(request.set("Count", json!("many")).unwrap_err().contains("Count"));
            request.set("Name", json!(format!("{}-worker", self.name)))?;
            request.set("DryRun", json!(null))?;
        }
        let is_list = request.edit(|list: &mut ListThings| {
            list.thing_ids.push(format!("thing-{}", self.name));
            list.limit = None;
        })?;
        assert_eq!(is_list, request.action() == "ListThings");
        Ok(())
    }

    fn before_signing(
        &self,
        exchange: &Exchange<'_>,
        headers: &mut HeaderMapMut,
    ) -> Result<(), String> {
        self.record(&format!(
            "attempt {} to {:?}",
            exchange.attempt,
            headers.get("host").is_some()
        ));
        headers.add("x-team", self.name)
    }

    fn after_response(&self, exchange: &Exchange<'_>, end: &AttemptEnd<'_>) {
        let Some(response) = &end.response else { return };
        assert!(!format!("{end:?}").contains("Response\""), "{end:?}");
        let found = response.decoded::<ListThings>().map(|decoded| decoded.total_count);
        let id = response.json().to_value()["RequestId"].clone();
        let length = response.header("content-length").map(|length| length.parse().unwrap());
        assert_eq!(length, Some(response.body().len()));
        self.record(&format!("attempt {} got {id} {found:?}", exchange.attempt));
    }
}

#[tokio::test]
async fn interceptors_change_the_unsigned_request_and_see_the_response() {
    let server = Server::start([Step::error("InternalError")]).await;
    let seen = Arc::default();
    let [first, second] = ["a", "b"].map(|name| Middleware { name, seen: Arc::clone(&seen) });
    let client = builder(&server.url).interceptor(first).interceptor(second).build().unwrap();
    let request = ListThings { limit: Some(7), ..ListThings::default() };
    client.send(request).await.unwrap();

    let lines = [
        r#"a ListThings {"Limit":7}"#,
        r#"b ListThings {"ThingIds":["thing-a"]}"#,
        "a attempt 1 to true",
        "b attempt 1 to true",
        r#"b attempt 1 got "r-error" None"#,
        r#"a attempt 1 got "r-error" None"#,
        "a attempt 2 to true",
        "b attempt 2 to true",
        r#"b attempt 2 got "r-ok" Some(0)"#,
        r#"a attempt 2 got "r-ok" Some(0)"#,
    ];
    assert_eq!(*seen.lock().unwrap(), lines);
    for received in server.received() {
        assert_eq!(received.body, r#"{"ThingIds":["thing-a","thing-b"]}"#);
        assert_eq!(received.header("x-team"), Some("b"));
    }
}

#[tokio::test]
async fn client_token_and_retry_class_follow_from_the_changed_request() {
    let seen = Arc::default();
    let middleware = Middleware { name: "a", seen: Arc::clone(&seen) };
    let fake = FakeService::new(|_, _| Reply::Fails(HttpErrorKind::PossiblySent));
    let client = fake.builder().interceptor(middleware).max_attempts(1).build().unwrap();
    // As a dry run, which only reads, its outcome would not be unknown. The interceptor removes the member.
    let password = Some("canary-password".into());
    let launch = Launch { dry_run: Some(true), password, ..Launch::default() };
    let error = client.send(launch.clone()).await.unwrap_err();
    assert!(error.outcome_unknown().unwrap().client_token().is_some(), "{error:?}");

    // A prepared request is the one that would be sent, and an untyped call is changed in the same way.
    let typed = client.prepare(launch).await.unwrap();
    let members = json!({ "DryRun": true, "Password": "canary-password" });
    let untyped = client.prepare_call(&LAUNCH, members).await.unwrap();
    for prepared in [typed, untyped] {
        let mut body: serde_json::Value = serde_json::from_slice(prepared.body()).unwrap();
        assert!(body.as_object_mut().unwrap().remove("ClientToken").is_some());
        assert_eq!(body, json!({ "Name": "a-worker", "Password": "canary-password" }));
    }
    let untyped = client.prepare_call(&LIST_THINGS, json!({ "Limit": 3 })).await.unwrap();
    assert_eq!(&untyped.body()[..], br#"{"ThingIds":["thing-a"]}"#);
}
