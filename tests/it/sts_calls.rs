//! The calls of the Security Token Service that the transport makes on its own, compared with the specs of that service.
//!
//! The transport is below the generated crates, so it describes these two actions itself.

use cvm_models::actions::{DescribeZones, DescribeZonesResponse};
use cvm_models::credentials::{
    AssumeRoleCredentials, CredentialProvider, StaticCredentials, WebIdentityCredentials,
};
use cvm_models::http::PreparedRequest;
use cvm_models::testing::{MockBuilder, MockError, RecordedRequests};
use cvm_models::{Client, Credential};
use cvm_protocol::{Action, Sensitive, json};
use sts_models::actions::{
    AssumeRole, AssumeRoleResponse, AssumeRoleWithWebIdentity, AssumeRoleWithWebIdentityResponse,
};
use sts_models::types::{Credentials, Tag};

const ROLE: &str = "qcs::cam::uin/100000000001:roleName/deployer";

/// Far in the future, so that no credential expires in a test.
const EXPIRES: u32 = 4_000_000_000;

fn role() -> AssumeRoleCredentials {
    let own = StaticCredentials::new(Credential::new("AKIDOWN", "own-key").unwrap());
    AssumeRoleCredentials::new(own, ROLE, "nightly-build")
}

fn credentials() -> Credentials {
    Credentials {
        token: Sensitive::from("role-token"),
        tmp_secret_id: "AKIDROLE".into(),
        tmp_secret_key: Sensitive::from("role-key"),
        ..Default::default()
    }
}

/// A client with this provider. Its only other call is `DescribeZones`.
fn mock(provider: impl CredentialProvider) -> MockBuilder {
    Client::mock()
        .on(|_: DescribeZones| Ok(DescribeZonesResponse::default()))
        .configure(|client| client.credential_provider(provider))
}

/// The requests of one action as they were sent.
fn sent<A: Action>(requests: &RecordedRequests) -> Vec<PreparedRequest> {
    let all = requests.all().into_iter();
    all.filter(|request| request.action() == A::INFO.name).collect()
}

/// Checks that a request has the version and host of the specs, and no member that they lack.
fn assert_as_specified<A: Action>(request: &PreparedRequest) {
    let service = A::INFO.service;
    assert_eq!(request.service(), service.name);
    assert_eq!(request.headers()["x-tc-version"], service.version);
    assert_eq!(request.url(), format!("https://{}/", service.endpoint));
    let report = json::from_slice_strict(&mut A::default(), request.body()).unwrap();
    assert!(report.is_clean(), "{}: {report:?}", A::INFO.name);
}

/// Checks that `DescribeZones` was signed with the credential of the role.
fn assert_uses_the_role(requests: &RecordedRequests) {
    let zones = sent::<DescribeZones>(requests).remove(0);
    assert_eq!(zones.headers()["x-tc-token"], "role-token");
    let authorization = zones.headers()["authorization"].to_str().unwrap();
    assert!(authorization.contains("Credential=AKIDROLE/"), "{authorization}");
}

#[tokio::test]
async fn role_is_assumed_as_the_specs_say() {
    let role = role()
        .duration_seconds(900)
        .external_id("partner-7")
        .policy(r#"{"version":"2.0"}"#)
        .tag("team", "blue")
        .source_identity("100000000002")
        .mfa("qcs::cam:uin/100000000001::mfa/softToken", "123456");
    let mock = mock(role).on(|_: AssumeRole| {
        Ok(AssumeRoleResponse {
            credentials: credentials(),
            expired_time: EXPIRES.into(),
            expiration: "2096-10-02T07:06:40Z".into(),
            ..Default::default()
        })
    });
    let requests = mock.requests();
    mock.build().send(DescribeZones::default()).await.unwrap();
    let expected = AssumeRole {
        role_arn: ROLE.into(),
        role_session_name: "nightly-build".into(),
        duration_seconds: Some(900),
        policy: Some("%7B%22version%22%3A%222.0%22%7D".into()),
        external_id: Some("partner-7".into()),
        tags: vec![Tag { key: "team".into(), value: "blue".into(), ..Default::default() }],
        source_identity: Some("100000000002".into()),
        serial_number: Some("qcs::cam:uin/100000000001::mfa/softToken".into()),
        token_code: Some(Sensitive::from("123456")),
        ..Default::default()
    };
    assert_eq!(requests.of::<AssumeRole>(), [expected], "every member of the action");
    assert_as_specified::<AssumeRole>(&sent::<AssumeRole>(&requests)[0]);
    assert_uses_the_role(&requests);
}

#[tokio::test]
async fn web_identity_is_sent_as_the_specs_say() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "signed").unwrap();
    let role =
        WebIdentityCredentials::new("OIDC", ROLE, &token).session_name("pod").duration_seconds(900);
    let mock = mock(role).on(|_: AssumeRoleWithWebIdentity| {
        Ok(AssumeRoleWithWebIdentityResponse {
            credentials: credentials(),
            expired_time: EXPIRES.into(),
            expiration: "2096-10-02T07:06:40Z".into(),
            ..Default::default()
        })
    });
    let requests = mock.requests();
    mock.build().send(DescribeZones::default()).await.unwrap();
    let expected = AssumeRoleWithWebIdentity {
        provider_id: "OIDC".into(),
        web_identity_token: Sensitive::from("signed"),
        role_arn: ROLE.into(),
        role_session_name: "pod".into(),
        duration_seconds: Some(900),
        ..Default::default()
    };
    assert_eq!(requests.of::<AssumeRoleWithWebIdentity>(), [expected], "every member");
    let sent = sent::<AssumeRoleWithWebIdentity>(&requests).remove(0);
    assert_as_specified::<AssumeRoleWithWebIdentity>(&sent);
    assert_eq!(sent.headers()["authorization"], "SKIP");
    assert_uses_the_role(&requests);
}

#[tokio::test(start_paused = true)]
async fn code_of_a_second_factor_is_sent_once() {
    let with_code = role().mfa("qcs::cam:uin/100000000001::mfa/softToken", "123456");
    for (role, is_retried) in [(role(), true), (with_code, false)] {
        let mock = mock(role).on(|_: AssumeRole| Err(MockError::connection_lost()));
        let requests = mock.requests();
        let error = mock.build().send(DescribeZones::default()).await.unwrap_err();
        assert!(error.is_credentials(), "{error}");
        let requests = requests.of::<AssumeRole>();
        assert_eq!(requests.len() > 1, is_retried, "{requests:?}");
        for request in requests {
            let class = AssumeRole::INFO.retry_class(&request);
            assert_eq!(class == cvm_protocol::RetryClass::Read, is_retried);
        }
    }
}
