//! Extension points of a call: interceptors, metrics, rate limiters, and another HTTP client.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_transport::{
    AttemptEnd, AttemptMetrics, BoxFuture, CallMetrics, Exchange, HeaderMapMut, HttpClient,
    HttpError, HttpErrorKind, HttpResponse, Interceptor, Metrics, Outcome, PreparedRequest,
    RateLimitKey, RateLimiter, RateLimiterError, SendProgress,
};

use crate::actions::{KillThings, ListThings};
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
        self.0.lock().unwrap().push(format!("{} {:?}", attempt.number, attempt.code));
    }

    fn call(&self, call: &CallMetrics<'_>) {
        let line = format!("{} attempts, succeeded: {}", call.attempts, call.succeeded);
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
    let lines = [r#"1 Some("InternalError")"#, "2 None", "2 attempts, succeeded: true"];
    assert_eq!(*hook.0.lock().unwrap(), lines);
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
