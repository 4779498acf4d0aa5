//! Every signing dialect passes the verification of the service and reaches the action.

use cvm_signer::{Credential, KeyCache, Method, tc3, v1, verify};
use cvm_transport::Action;
use cvm_transport::config::Dialect;
use cvm_transport::entropy::SeededEntropy;
use cvm_transport::time::FixedClock;

use crate::actions::{LAUNCH, Launch, ListThings, SetName};
use crate::builder;
use crate::server::{ReceivedRequest, Server};

fn credential() -> Credential {
    Credential::new("AKIDEXAMPLE", "canary-secret-key").unwrap()
}

/// Verifies a request as a server does.
pub fn verifies(received: &ReceivedRequest) -> Result<(), verify::VerifyError> {
    let method = Method::parse(&received.method).unwrap();
    let (path, query) = received.target.split_once('?').unwrap_or((&received.target, ""));
    match received.header("authorization") {
        Some(authorization) => {
            let authorization = tc3::Authorization::parse(authorization).unwrap();
            let timestamp = received.header("x-tc-timestamp").unwrap().parse().unwrap();
            verify::scope_date(authorization.scope(), timestamp)?;
            let mut keys = KeyCache::new();
            let key =
                verify::VerifyingKey::cached(&mut keys, Some(&credential()), authorization.scope());
            let headers: Vec<(&str, &str)> = received
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let request = tc3::Request {
                method,
                query,
                headers: &headers,
                payload: tc3::Payload::Body(received.body.as_bytes()),
            };
            verify::tc3(&key, &authorization, timestamp, &request)
        }
        None => {
            let text = if query.is_empty() { &received.body } else { query };
            let params = cvm_protocol::percent::decode_pairs(text).unwrap();
            let host = received.header("host").unwrap();
            let request = v1::Request { method, host, path, params: &params };
            verify::v1(Some(&credential()), &request).map(|_| ())
        }
    }
}

#[tokio::test]
async fn every_dialect_verifies_and_reaches_the_action() {
    for dialect in Dialect::ALL {
        for in_url in [false, true] {
            let server = Server::start([]).await;
            let client =
                builder(&server.url).dialect(dialect).parameters_in_url(in_url).build().unwrap();
            let launch =
                Launch { name: Some("ä +&=%".into()), count: Some(2), ..Launch::default() };
            let response = client.send(launch).await.unwrap();
            assert_eq!(response.thing_id_set, ["thing-1"]);
            assert_eq!(response.request_id, "r-ok");
            assert_eq!(client.endpoint_of(Launch::INFO).unwrap(), server.url);

            let received = server.received();
            let [received] = &received[..] else { panic!("{dialect}: {received:?}") };
            assert_eq!(verifies(received), Ok(()), "{dialect}");
            assert_eq!(received.header("host"), server.url.strip_prefix("http://"));
            assert_eq!(received.header("accept-encoding"), Some("identity"));
            assert_eq!(received.action(), "Launch");
            let posts = match dialect {
                Dialect::Tc3 => true,
                Dialect::Tc3Get => false,
                _ => !in_url,
            };
            assert_eq!(received.method, if posts { "POST" } else { "GET" }, "{dialect}");
            assert_eq!(
                received.target.starts_with("/v2/index.php"),
                dialect == Dialect::OldGateway
            );
            let name = match dialect {
                Dialect::Tc3 => received.json()["Name"].as_str().unwrap().to_owned(),
                _ => received.param("Name").unwrap(),
            };
            assert_eq!(name, "ä +&=%");
            assert_eq!(received.client_token().map(|token| token.len()), Some(36));
        }
    }
}

#[tokio::test]
async fn changed_byte_fails_verification() {
    let server = Server::start([]).await;
    let client = builder(&server.url).build().unwrap();
    client.send(SetName { thing_id: "thing-1".into(), name: "a".into() }).await.unwrap();
    let mut received = server.received().remove(0);
    assert_eq!(verifies(&received), Ok(()));
    received.body = received.body.replace("\"a\"", "\"b\"");
    assert!(verifies(&received).is_err());
    let mut received = server.received().remove(0);
    let action = received.headers.iter_mut().find(|(name, _)| name == "x-tc-action").unwrap();
    action.1 = "KillThings".into();
    assert!(verifies(&received).is_err(), "the action is signed too");
}

#[tokio::test]
async fn prepared_requests_are_deterministic_with_fixed_clock() {
    for dialect in Dialect::ALL {
        let prepare = || async {
            let client = builder("https://cvm.example.com:443")
                .dialect(dialect)
                .clock(FixedClock::at(1_551_113_065))
                .entropy(SeededEntropy::new(7))
                .build()
                .unwrap();
            client.prepare(Launch { count: Some(1), ..Launch::default() }).await.unwrap()
        };
        let (one, two) = (prepare().await, prepare().await);
        assert_eq!(one.url(), two.url());
        assert_eq!(one.headers(), two.headers());
        assert_eq!(one.body(), two.body());
        assert_eq!(one.authority(), "cvm.example.com", "the default port is not signed");
        assert_eq!(one.headers()["host"], "cvm.example.com");
        assert_eq!(one.client_token(), two.client_token());
        assert!(one.client_token().is_some());
    }
}

#[tokio::test]
async fn untyped_call_sends_the_same_request() {
    let server = Server::start([]).await;
    let client = builder(&server.url).build().unwrap();
    let response = client.call(&LAUNCH, serde_json::json!({ "Count": 3 })).await.unwrap();
    assert_eq!(response.to_value()["ThingIdSet"][0], "thing-1");
    assert_eq!(response.request_id(), "r-ok");
    assert!(!format!("{response:?}").contains("canary"));
    let received = server.received();
    assert_eq!(received[0].json()["Count"], 3);
    assert_eq!(received[0].client_token().as_deref(), response.report().client_token.as_deref());
}

#[tokio::test]
async fn unknown_parameter_is_named() {
    let server = Server::start([]).await;
    let client = builder(&server.url).build().unwrap();
    let error = client.call(&LAUNCH, serde_json::json!({ "count": 3 })).await.unwrap_err();
    assert!(error.is_usage());
    let text = error.to_string();
    assert!(text.contains("`count`") && text.contains("did you mean `Count`"), "{text}");
    let error = client.call(&LAUNCH, serde_json::json!({ "Count": [] })).await.unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("Count"), "{error}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn region_is_required_and_validated() {
    let server = Server::start([]).await;
    let client = cvm_transport::Client::builder()
        .without_environment()
        .endpoint(&server.url)
        .credential(credential())
        .build()
        .unwrap();
    let error = client.send(ListThings::default()).await.unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("region"), "{error}");
    for payload in
        ["x@evil:443/#", "ap-guangzhou\r\nX: y", "AP-GUANGZHOU", "", "ap-guangzhou.evil.example"]
    {
        let error = client.in_region(payload).send(ListThings::default()).await.unwrap_err();
        assert!(error.is_usage(), "{payload:?}: {error}");
    }
    assert_eq!(server.connections(), 0);
    client.in_region("ap-singapore").send(ListThings::default()).await.unwrap();
    assert_eq!(server.received()[0].header("x-tc-region"), Some("ap-singapore"));
}
