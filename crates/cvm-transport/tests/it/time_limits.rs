//! The default timeouts: whatever stops responding, a call ends.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use cvm_transport::config::Timeouts;
use cvm_transport::credentials::{CredentialProvider, CredentialProviderError, CredentialSnapshot};
use cvm_transport::http::BoxFuture;
use cvm_transport::rate_limit::{RateLimitKey, RateLimiter, RateLimiterError};
use cvm_transport::retry::Outcome;
use cvm_transport::{Credential, Error};
use tokio::time::Instant;

use crate::actions::{KillThings, Launch, ListThings};
use crate::fake_service::{Body, FakeService, Reply};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn kill() -> KillThings {
    KillThings { thing_ids: vec!["thing-1".into()] }
}

fn response(body: Body) -> Reply {
    Reply::Response { status: 200, headers: vec![], body, after: Duration::ZERO }
}

/// A service that reacts to every request in the same way.
fn always(reply: impl Fn() -> Reply + Send + Sync + 'static) -> FakeService {
    FakeService::new(move |_, _| reply())
}

/// Sends a hazardous request, which is not retried. Returns its error and how long it took.
async fn send_kill(fake: &FakeService) -> (Error, Duration) {
    let began = Instant::now();
    let error = fake.builder().build().unwrap().send(kill()).await.unwrap_err();
    (error, began.elapsed())
}

#[test]
fn default_timeouts_are_set_and_nested() {
    let Timeouts {
        connect,
        first_byte,
        first_byte_slow,
        body_idle,
        attempt,
        attempt_slow,
        operation,
        operation_with_token,
        ..
    } = Timeouts::default();
    for inner in [connect, first_byte, body_idle] {
        assert!(inner > Duration::ZERO && inner <= attempt, "{inner:?}");
    }
    assert!(first_byte_slow <= attempt_slow && attempt <= attempt_slow);
    assert!(attempt <= operation && attempt_slow <= operation_with_token);
    assert!(operation_with_token <= seconds(180));
}

#[tokio::test(start_paused = true)]
async fn silence_ends_at_first_byte_and_body_idle_timeouts() {
    let (error, took) = send_kill(&always(|| Reply::Silent { held: false })).await;
    assert!(error.is_timeout() && error.outcome_unknown().is_some(), "{error}");
    assert_eq!(took.as_secs(), 20);

    let half = || response(Body::Stalls(Bytes::from_static(b"{\"Response\":{")));
    let (error, took) = send_kill(&always(half)).await;
    assert!(error.is_timeout() && error.outcome_unknown().is_some(), "{error}");
    assert_eq!(took.as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn slow_body_ends_at_throughput_or_attempt_limit() {
    let drip = |bytes: usize, every: Duration| {
        always(move || response(Body::Drip { piece: vec![b' '; bytes].into(), every }))
    };
    // A byte every 40 ms is far below 1 KiB per second, the minimum after five seconds.
    let (error, took) = send_kill(&drip(1, Duration::from_millis(40))).await;
    assert!(error.is_timeout() && error.to_string().contains("too slowly"), "{error}");
    assert!((5..=6).contains(&took.as_secs()), "{took:?}");
    let (error, took) = send_kill(&drip(1_000, seconds(1))).await;
    assert!(error.is_timeout() && error.to_string().contains("too slowly"), "{error}");
    assert!((5..=7).contains(&took.as_secs()), "{took:?}");
    // 2 KiB per second are fast enough, but the attempt still has an end.
    let (error, took) = send_kill(&drip(2_048, seconds(1))).await;
    assert!(error.is_timeout() && error.outcome_unknown().is_some(), "{error}");
    assert_eq!(took.as_secs(), 30);
    // Each piece arrives just before the idle timeout.
    let (error, took) = send_kill(&drip(64 * 1_024, Duration::from_millis(4_900))).await;
    assert!(error.is_timeout(), "{error}");
    assert_eq!(took.as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn no_call_outlasts_its_operation_timeout() {
    let began = Instant::now();
    let fake = always(|| Reply::Silent { held: false });
    let error = fake.builder().build().unwrap().send(ListThings::default()).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert!(began.elapsed() <= seconds(90), "{:?}", began.elapsed());
    assert_eq!(error.attempts().len(), 4, "{error}");

    let began = Instant::now();
    let error = fake.builder().build().unwrap().send(Launch::default()).await.unwrap_err();
    assert!(error.is_timeout() && error.outcome_unknown().is_some(), "{error}");
    assert!(began.elapsed() <= seconds(180), "{:?}", began.elapsed());

    // Nothing was ever sent, so the outcome is known although time ran out.
    let began = Instant::now();
    let (error, _) = send_kill(&always(|| Reply::Silent { held: true })).await;
    assert!(error.is_timeout() && error.is_not_sent(), "{error}");
    assert!(error.outcome_unknown().is_none());
    assert!(error.attempts().iter().all(|attempt| attempt.outcome == Outcome::NotSent));
    assert!(began.elapsed() <= seconds(90), "{:?}", began.elapsed());
}

/// Never returns.
#[derive(Debug)]
struct Never;

impl CredentialProvider for Never {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(std::future::pending())
    }
}

impl RateLimiter for Never {
    fn acquire<'a>(
        &'a self,
        _: &'a RateLimitKey<'a>,
    ) -> BoxFuture<'a, Result<(), RateLimiterError>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn hanging_credential_or_rate_limiter_ends_call_unsent() {
    let fake = always(Reply::healthy);
    let clients = [
        fake.builder().credential_provider(Never).build().unwrap(),
        fake.builder().rate_limiter(Never).build().unwrap(),
    ];
    for client in clients {
        let began = Instant::now();
        let error = client.send(kill()).await.unwrap_err();
        assert!(error.is_timeout() && error.is_not_sent(), "{error}");
        assert!(error.outcome_unknown().is_none(), "{error}");
        // The last second is too short for an attempt, so nothing waits for it.
        assert_eq!(began.elapsed().as_secs(), 89);
    }
    assert_eq!(fake.request_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn longer_operation_timeout_does_not_extend_token_window() {
    let patient = |fake: &FakeService| {
        let client = fake.builder().build().unwrap();
        client.with_operation_timeout(seconds(1_000)).with_max_attempts(1_000)
    };
    let began = Instant::now();
    let sent_at = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&sent_at);
    let silent = always(move || {
        log.lock().unwrap().push(began.elapsed());
        Reply::Silent { held: false }
    });
    let error = patient(&silent).send(Launch::default()).await.unwrap_err();
    assert!(error.outcome_unknown().is_some(), "{error}");
    assert!(error.to_string().contains("client token for 180 s only"), "{error}");
    assert!(silent.request_count() > 1, "its token makes a retry safe");
    let sent_at = sent_at.lock().unwrap().clone();
    assert!(sent_at.iter().all(|at| *at <= seconds(180)), "{sent_at:?}");
    // A rejected request certainly did nothing, so all the time may be used.
    let busy = always(|| Reply::error("RequestLimitExceeded", vec![]));
    let began = Instant::now();
    let error = patient(&busy).send(Launch::default()).await.unwrap_err();
    assert!(error.outcome_unknown().is_none(), "{error}");
    assert!(began.elapsed() > seconds(300), "{:?}", began.elapsed());
}

/// Returns a rate-limit slot, or a credential, after this time.
#[derive(Debug)]
struct Delayed(Duration);

impl RateLimiter for Delayed {
    fn acquire<'a>(
        &'a self,
        _: &'a RateLimitKey<'a>,
    ) -> BoxFuture<'a, Result<(), RateLimiterError>> {
        Box::pin(async {
            tokio::time::sleep(self.0).await;
            Ok(())
        })
    }
}

impl CredentialProvider for Delayed {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(async {
            tokio::time::sleep(self.0).await;
            let credential = Credential::new("AKIDEXAMPLE", "canary-secret-key").unwrap();
            Ok(Arc::new(CredentialSnapshot::new(credential)))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn no_attempt_starts_with_less_than_a_second_left() {
    for (wait, is_sent) in [(0, true), (8_900, true), (8_999, true), (9_100, false), (9_970, false)]
    {
        for is_credential in [true, false] {
            for timeout in [10_000, 1_000] {
                // A call of one second needs half of it.
                let wait = if timeout == 1_000 { (wait / 18).min(498) } else { wait };
                let is_sent = if timeout == 1_000 { true } else { is_sent };
                let delayed = Delayed(Duration::from_millis(wait));
                let fake = always(Reply::healthy);
                let builder = fake.builder();
                let builder = if is_credential {
                    builder.credential_provider(delayed)
                } else {
                    builder.rate_limiter(delayed)
                };
                let client = builder.build().unwrap();
                let client = client.with_operation_timeout(Duration::from_millis(timeout));
                let ended = client.send(kill()).await;
                let shown = format!("{wait} ms of {timeout}, {is_credential}: {ended:?}");
                assert_eq!(fake.request_count(), usize::from(is_sent), "{shown}");
                if let Err(error) = ended {
                    assert!(!is_sent && error.is_not_sent() && error.is_timeout(), "{shown}");
                    assert!(error.outcome_unknown().is_none(), "{shown}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_retry_starts_with_less_than_a_second_left() {
    // Every attempt waits four seconds for its slot, so the third would start too late.
    let fake = always(|| Reply::error("RequestLimitExceeded", vec![]));
    let client = fake.builder().rate_limiter(Delayed(seconds(4))).build().unwrap();
    let client = client.with_operation_timeout(seconds(12)).with_max_attempts(1_000);
    let error = client.send(kill()).await.unwrap_err();
    assert_eq!(fake.request_count(), 2, "{error}");
    assert!(error.outcome_unknown().is_none(), "{error}");
    // The outcome stays unknown, although no time was left for the next attempt.
    let fake = always(|| Reply::status(502, vec![]));
    let client = fake.builder().rate_limiter(Delayed(seconds(4))).build().unwrap();
    let client = client.with_operation_timeout(seconds(12)).with_max_attempts(1_000);
    let error = client.send(Launch::default()).await.unwrap_err();
    assert_eq!(fake.request_count(), 2, "{error}");
    assert!(error.outcome_unknown().is_some(), "{error}");
}

/// Sends a change with a timeout of ten seconds over a connection that takes this long to open.
async fn connecting(after: Duration) -> (Result<(), Error>, Duration) {
    let began = Instant::now();
    let client = always(move || Reply::Connects { after }).builder().build().unwrap();
    let kill = KillThings { thing_ids: vec!["thing-1".into()] };
    let ended = client.with_operation_timeout(seconds(10)).send(kill).await;
    (ended.map(drop), began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn change_is_not_sent_if_connecting_leaves_less_than_a_second() {
    let (ended, _) = connecting(Duration::from_millis(8_900)).await;
    ended.unwrap();
    for milliseconds in [9_100, 9_900, 20_000] {
        let (ended, took) = connecting(Duration::from_millis(milliseconds)).await;
        let error = ended.unwrap_err();
        assert!(error.is_not_sent() && error.is_timeout(), "{milliseconds}: {error}");
        assert!(error.outcome_unknown().is_none(), "{milliseconds}: {error}");
        assert_eq!(took.as_secs(), 9, "{milliseconds}: {took:?}");
    }
}

/// A TLS handshake that never happens: the TCP connection is open at once, but no request can be sent on it.
#[tokio::test(start_paused = true)]
async fn tls_handshake_counts_as_connecting() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let client = crate::builder(&url).ca_file(crate::tls_server::file("ca.pem")).build().unwrap();
    let kill = KillThings { thing_ids: vec!["thing-1".into()] };
    let began = Instant::now();
    let error = client.with_operation_timeout(seconds(10)).send(kill).await.unwrap_err();
    assert!(error.is_not_sent() && error.is_timeout(), "{error}");
    assert_eq!(began.elapsed().as_secs(), 9, "{error}");
}
