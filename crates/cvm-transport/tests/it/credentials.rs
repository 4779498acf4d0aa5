//! Credentials that are fetched and replaced between calls.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use cvm_transport::config::Timeouts;
use cvm_transport::credentials::{
    AssumeRoleCredentials, CachedCredentials, CredentialProvider, CredentialProviderError,
    CredentialSnapshot, StaticCredentials, WebIdentityCredentials,
};
use cvm_transport::http::BoxFuture;
use cvm_transport::retry::Outcome;
use cvm_transport::time::FixedClock;
use cvm_transport::{Client, Credential};

use crate::actions::{KillThings, ListThings};
use crate::builder;
use crate::fake_service::{FakeService, Reply};
use crate::server::{ReceivedRequest, Server, Step};

fn role(_: &ReceivedRequest) -> String {
    r#"{"Response":{"Credentials":{"Token":"role-token","TmpSecretId":"AKIDrole","TmpSecretKey":"role-key"},
        "ExpiredTime":4000000000,"Expiration":"2096-10-02T07:06:40Z","RequestId":"r-sts"}}"#
        .into()
}

#[tokio::test]
async fn assumed_role_is_cached_and_signs_every_call() {
    let sts = Server::responding([Step::error("InternalError")], role).await;
    let own = StaticCredentials::new(Credential::new("AKIDown", "own-key").unwrap());
    let role = AssumeRoleCredentials::new(own, "qcs::cam::uin/1:roleName/r", "session")
        .duration_seconds(3_600)
        .endpoint(&sts.url);
    let server = Server::start([]).await;
    let client = builder(&server.url).credential_provider(role).build().unwrap();
    for _ in 0..3 {
        client.send(ListThings::default()).await.unwrap();
    }
    let asked = sts.received();
    assert_eq!(asked.len(), 2, "one retry, then cached");
    assert_eq!(asked[1].action(), "AssumeRole");
    assert_eq!(asked[1].header("x-tc-version"), Some("2018-08-13"));
    assert!(asked[1].header("authorization").unwrap().contains("Credential=AKIDown/"));
    assert!(asked[1].header("authorization").unwrap().contains("/sts/tc3_request"));
    assert_eq!(asked[1].json()["DurationSeconds"], 3_600);
    for received in server.received() {
        assert_eq!(received.header("x-tc-token"), Some("role-token"));
        assert!(received.header("authorization").unwrap().contains("Credential=AKIDrole/"));
    }
}

#[tokio::test]
async fn every_documented_parameter_of_a_role_is_sent() {
    let sts = Server::responding([], role).await;
    let own = StaticCredentials::new(Credential::new("AKIDown", "own-key").unwrap());
    let provider = AssumeRoleCredentials::new(own, "qcs::cam::uin/1:roleName/r", "session")
        .duration_seconds(3_600)
        .external_id("partner")
        .policy(r#"{"version":"2.0"}"#)
        .tag("team", "web")
        .tag("stage", "test")
        .source_identity("jo")
        .mfa("qcs::cam:uin/1::mfa/softToken", "canary-123456")
        .region("ap-tokyo")
        .endpoint(&sts.url);
    assert!(!format!("{provider:?}").contains("canary"), "{provider:?}");
    provider.credential().await.unwrap();
    let received = &sts.received()[0];
    assert_eq!(received.header("x-tc-region"), Some("ap-tokyo"));
    let expected = serde_json::json!({
        "RoleArn": "qcs::cam::uin/1:roleName/r",
        "RoleSessionName": "session",
        "DurationSeconds": 3_600,
        "Policy": "%7B%22version%22%3A%222.0%22%7D",
        "ExternalId": "partner",
        "Tags": [{"Key": "team", "Value": "web"}, {"Key": "stage", "Value": "test"}],
        "SourceIdentity": "jo",
        "SerialNumber": "qcs::cam:uin/1::mfa/softToken",
        "TokenCode": "canary-123456",
    });
    assert_eq!(received.json(), expected);

    let path = std::env::temp_dir().join(format!("cvm-web-session-{}", std::process::id()));
    std::fs::write(&path, "signed-by-the-cluster").unwrap();
    let provider = WebIdentityCredentials::new("provider", "arn", &path)
        .session_name("pod-7")
        .duration_seconds(900)
        .endpoint(&sts.url);
    provider.credential().await.unwrap();
    let received = &sts.received()[1].json();
    assert_eq!(
        (&received["RoleSessionName"], &received["DurationSeconds"]),
        (&"pod-7".into(), &900.into())
    );
    std::fs::remove_file(&path).unwrap();
}

/// A service and the Security Token Service, both without a network.
fn both_services() -> FakeService {
    FakeService::new(|request, _| match request.action() {
        "AssumeRole" | "AssumeRoleWithWebIdentity" => {
            Reply::body(role(&ReceivedRequest::from(request)))
        }
        _ => Reply::healthy(),
    })
}

#[tokio::test]
async fn role_is_assumed_with_the_http_client_of_the_client_and_cached() {
    let own = StaticCredentials::new(Credential::new("AKIDown", "own-key").unwrap());
    let path = std::env::temp_dir().join(format!("cvm-web-http-{}", std::process::id()));
    std::fs::write(&path, "signed-by-the-cluster").unwrap();
    // A role that is assumed with another role.
    let first = AssumeRoleCredentials::new(own, "arn-1", "session");
    let chained: Arc<dyn CredentialProvider> =
        Arc::new(AssumeRoleCredentials::new(first, "arn-2", "session"));
    let web = WebIdentityCredentials::new("provider", "arn", &path);
    let wrapped = CachedCredentials::new(web.clone());
    for (provider, sts_calls) in [
        (chained, 2),
        (Arc::new(web) as Arc<dyn CredentialProvider>, 1),
        // Its clone has already fetched.
        (Arc::new(wrapped), 0),
    ] {
        let fake = both_services();
        let client = fake.builder().credential_provider(Arc::clone(&provider)).build().unwrap();
        for _ in 0..3 {
            client.send(ListThings::default()).await.unwrap();
        }
        assert_eq!(fake.request_count(), sts_calls + 3, "{provider:?}");
    }
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test(start_paused = true)]
async fn role_is_assumed_with_the_timeouts_of_the_client() {
    let fake = FakeService::new(|_, _| Reply::Silent { held: true });
    let own = StaticCredentials::new(Credential::new("AKIDown", "own-key").unwrap());
    let client = fake
        .builder()
        .timeouts(Timeouts::default().with_operation(Duration::from_secs(3)))
        .credential_provider(AssumeRoleCredentials::new(own, "arn", "session"))
        .build()
        .unwrap();
    let provider_began = tokio::time::Instant::now();
    client
        .with_operation_timeout(Duration::from_secs(60))
        .send(ListThings::default())
        .await
        .unwrap_err();
    // The default timeouts would let the call of the Security Token Service use all of the 60 s.
    assert!(provider_began.elapsed() < Duration::from_secs(10), "{:?}", provider_began.elapsed());
}

#[tokio::test]
async fn own_http_client_of_a_provider_takes_precedence() {
    let own = StaticCredentials::new(Credential::new("AKIDown", "own-key").unwrap());
    let sts = both_services();
    let provider = AssumeRoleCredentials::new(own, "arn", "session").http(sts.clone());
    let fake = FakeService::new(|_, _| Reply::healthy());
    let client = fake.builder().credential_provider(provider).build().unwrap();
    client.send(ListThings::default()).await.unwrap();
    assert_eq!((sts.request_count(), fake.request_count()), (1, 1));
}

#[tokio::test]
async fn web_identity_is_exchanged_without_a_signature() {
    let sts = Server::responding([], role).await;
    let path = std::env::temp_dir().join(format!("cvm-web-identity-{}", std::process::id()));
    std::fs::write(&path, "signed-by-the-cluster\n").unwrap();
    let provider = WebIdentityCredentials::new("provider", "arn", &path).endpoint(&sts.url);
    let snapshot = provider.credential().await.unwrap();
    assert_eq!(snapshot.credential().secret_id(), "AKIDrole");
    let asked = &sts.received()[0];
    assert_eq!(asked.header("authorization"), Some("SKIP"));
    assert_eq!(asked.header("x-tc-token"), None);
    assert_eq!(asked.json()["WebIdentityToken"], "signed-by-the-cluster");
    std::fs::remove_file(&path).unwrap();
    assert!(provider.credential().await.is_ok(), "cached");
    assert!(provider.invalidate(&snapshot));
    assert!(provider.credential().await.is_err());
}

#[tokio::test]
async fn denied_role_ends_call_with_the_reason() {
    let sts = Server::start([Step::error("AuthFailure.UnauthorizedOperation")]).await;
    let own = StaticCredentials::new(Credential::new("AKIDown", "own-key").unwrap());
    let role = AssumeRoleCredentials::new(own, "arn", "session").endpoint(&sts.url);
    let server = Server::start([]).await;
    let client = builder(&server.url).credential_provider(role).build().unwrap();
    let error = client.send(ListThings::default()).await.unwrap_err();
    assert!(error.is_credentials() && error.is_not_sent(), "{error:?}");
    assert!(error.to_string().contains("UnauthorizedOperation"), "{error}");
    assert_eq!((server.connections(), sts.received().len()), (0, 1));
}

/// Returns a new credential each time, with the same number in all its parts.
#[derive(Clone, Debug, Default)]
struct RotatingCredentials(Arc<AtomicU32>);

impl CredentialProvider for RotatingCredentials {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let credential = Credential::temporary(
                format!("AKID{number}"),
                format!("key-{number}"),
                format!("token-{number}"),
            );
            Ok(Arc::new(CredentialSnapshot::new(credential.unwrap())))
        })
    }

    fn invalidate(&self, _: &CredentialSnapshot) -> bool {
        true
    }
}

#[tokio::test]
async fn rejected_token_is_renewed_once() {
    let token_error = || Step::error("AuthFailure.TokenFailure");
    let server = Server::start([token_error()]).await;
    let client: Client =
        builder(&server.url).credential_provider(RotatingCredentials::default()).build().unwrap();
    let kill = || KillThings { thing_ids: vec!["thing-1".into()] };
    let (_, report) = client.send_with_report(kill()).await.unwrap();
    let outcomes: Vec<_> = report.attempts.iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [Outcome::TokenRefused, Outcome::Success]);

    let server = Server::start([token_error(), token_error()]).await;
    let client =
        builder(&server.url).credential_provider(RotatingCredentials::default()).build().unwrap();
    let error = client.send(kill()).await.unwrap_err();
    assert!(error.is_auth() && error.outcome_unknown().is_none());
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn each_attempt_uses_one_credential_snapshot() {
    let failing = (0..40).map(|_| Step::error("InternalError"));
    let server = Server::start(failing).await;
    let client =
        builder(&server.url).credential_provider(RotatingCredentials::default()).build().unwrap();
    for _ in 0..12 {
        let _ = client.with_max_attempts(3).send(ListThings::default()).await;
    }
    let received = server.received();
    assert!(received.len() > 30);
    for (number, received) in received.iter().enumerate() {
        assert_eq!(received.header("x-tc-token"), Some(&*format!("token-{number}")));
        let id = format!("Credential=AKID{number}/");
        assert!(received.header("authorization").unwrap().contains(&id));
    }
}

/// Returns credentials that expire at these Unix times, one after the other.
#[derive(Debug)]
struct ExpiringCredentials(Mutex<Vec<u64>>);

impl CredentialProvider for ExpiringCredentials {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        let credential = Credential::temporary("AKIDold", "old-key", "old-token").unwrap();
        let end = UNIX_EPOCH + Duration::from_secs(self.0.lock().unwrap().remove(0));
        Box::pin(async move { Ok(Arc::new(CredentialSnapshot::until(credential, end))) })
    }
}

#[tokio::test]
async fn expired_credential_signs_nothing() {
    const NOW: u64 = 1_600_000_000;
    let server = Server::start([]).await;
    let fixed = || builder(&server.url).clock(FixedClock::at(NOW)).max_attempts(1);
    for end in [0, 1, NOW - 1, NOW] {
        let bare = fixed().credential_provider(ExpiringCredentials(Mutex::new(vec![end])));
        // A caching provider fetches once more.
        let cached = CachedCredentials::new(ExpiringCredentials(Mutex::new(vec![end, end])));
        for builder in [bare, fixed().credential_provider(cached)] {
            let error = builder.build().unwrap().send(ListThings::default()).await.unwrap_err();
            assert!(error.is_credentials() && error.is_not_sent(), "{error:?}");
            assert!(error.to_string().contains("has expired"), "{error}");
        }
    }
    assert_eq!(server.connections(), 0);
    let good = fixed()
        .credential_provider(ExpiringCredentials(Mutex::new(vec![NOW + 1])))
        .build()
        .unwrap();
    good.send(ListThings::default()).await.unwrap();

    // A credential that expires between two attempts is not used for the second.
    let server = Server::start([Step::error("InternalError")]).await;
    let provider = ExpiringCredentials(Mutex::new(vec![NOW + 1, NOW]));
    let client = builder(&server.url).clock(FixedClock::at(NOW)).credential_provider(provider);
    let error = client.build().unwrap().send(ListThings::default()).await.unwrap_err();
    assert!(error.is_credentials(), "{error:?}");
    assert_eq!(server.received().len(), 1);
}

/// The client's clock also decides in the cache, which would use the system clock on its own.
#[tokio::test]
async fn cache_uses_client_clock_for_expiry() {
    const LONG_AGO: u64 = 1_600_000_000;
    const FAR_AHEAD: u64 = 4_000_000_000;
    let server = Server::start([]).await;
    for (now, ends) in [
        // Expired by the system clock, but valid by the client's: it is fetched once.
        (LONG_AGO, vec![LONG_AGO + 3_600]),
        // Valid by the system clock, but expired by the client's: another one is fetched.
        (FAR_AHEAD, vec![FAR_AHEAD - 1, FAR_AHEAD + 3_600]),
    ] {
        let cached = CachedCredentials::new(ExpiringCredentials(Mutex::new(ends)));
        let client = builder(&server.url).clock(FixedClock::at(now)).credential_provider(cached);
        let client = client.build().unwrap();
        for _ in 0..3 {
            client.send(ListThings::default()).await.unwrap();
        }
    }
    assert_eq!(server.received().len(), 6);
}

/// Fails temporarily, or never returns.
#[derive(Clone, Debug, Default)]
struct FailingCredentials {
    asked: Arc<AtomicU32>,
    hangs: bool,
}

impl CredentialProvider for FailingCredentials {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            if self.hangs {
                std::future::pending::<()>().await;
            }
            Err(CredentialProviderError::transient("vault is sealed"))
        })
    }
}

/// An error about a credential says so, whatever the reason and however often it was tried.
#[tokio::test(start_paused = true)]
async fn failing_or_hanging_source_is_a_credential_error() {
    let server = Server::start([]).await;
    let failing = FailingCredentials::default();
    let client = builder(&server.url).credential_provider(failing.clone()).build().unwrap();
    let error = client.send(ListThings::default()).await.unwrap_err();
    assert!(error.is_credentials() && error.is_not_sent() && !error.is_timeout(), "{error:?}");
    assert!(error.to_string().ends_with("failed: vault is sealed after 4 attempts"), "{error}");
    assert_eq!(failing.asked.load(Ordering::SeqCst), 4);
    let hanging = FailingCredentials { hangs: true, ..FailingCredentials::default() };
    let client = builder(&server.url).credential_provider(hanging.clone()).build().unwrap();
    let error = client.send(ListThings::default()).await.unwrap_err();
    assert!(error.is_credentials() && error.is_not_sent() && error.is_timeout(), "{error:?}");
    assert!(error.to_string().contains("no credential before the deadline"), "{error}");
    assert_eq!(server.connections(), 0);
}

/// STS already made its own retries when its error arrives, so the call does not retry it.
#[tokio::test(start_paused = true)]
async fn failed_assume_role_is_not_retried_by_the_call() {
    let closed = "http://127.0.0.1:9";
    let own = StaticCredentials::new(Credential::new("AKIDown", "own-key").unwrap());
    let role = AssumeRoleCredentials::new(own, "arn", "session").endpoint(closed);
    let path = std::env::temp_dir().join(format!("cvm-web-identity-2-{}", std::process::id()));
    std::fs::write(&path, "signed-by-the-cluster\n").unwrap();
    let web = WebIdentityCredentials::new("provider", "arn", &path).endpoint(closed);
    let server = Server::start([]).await;
    for builder in [
        builder(&server.url).credential_provider(role),
        builder(&server.url).credential_provider(web),
    ] {
        let error = builder.build().unwrap().send(ListThings::default()).await.unwrap_err();
        let text = error.to_string();
        assert!(error.is_credentials() && error.is_not_sent(), "{error:?}");
        assert_eq!(error.attempts().len(), 1, "{text}");
        assert_eq!(text.matches("attempts").count(), 1, "{text}");
        assert!(text.contains("no credential from STS (Assume"), "{text}");
    }
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn expired_credential_names_its_origin() {
    #[derive(Debug)]
    struct Expired;
    impl CredentialProvider for Expired {
        fn credential(
            &self,
        ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
            let credential = Credential::temporary("AKIDold", "old-key", "old-token").unwrap();
            let snapshot = CredentialSnapshot::until(credential, UNIX_EPOCH).with_origin("vault");
            Box::pin(async move { Ok(Arc::new(snapshot)) })
        }
    }
    let server = Server::start([]).await;
    let client = builder(&server.url).credential_provider(Expired).build().unwrap();
    let error = client.send(ListThings::default()).await.unwrap_err();
    assert!(error.to_string().contains("credential of vault has expired"), "{error}");
}
