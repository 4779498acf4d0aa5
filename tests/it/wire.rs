//! The bytes of each action in each dialect.
//!
//! Clock, entropy and key pair are fixed, so a changed byte of a request is a changed line of a snapshot. The
//! twelve getting-started actions are shown in full. Of all others, only the parameters are shown, as a JSON
//! body and as a query.

use std::collections::BTreeMap;
use std::fmt::Write;

use bytes::Bytes;
use cvm_models::actions::*;
use cvm_models::config::Dialect;
use cvm_models::entropy::SeededEntropy;
use cvm_models::enums::{StopType, StoppedMode};
use cvm_models::http::PreparedRequest;
use cvm_models::protocol::ActionInfo;
use cvm_models::time::FixedClock;
use cvm_models::types::Filter;
use cvm_models::{ACTIONS, Action, Client, Credential, Error};
use cvm_protocol::{Record, json, percent, query_form};
use http::Request;
use serde_json::Value;

use crate::cloud::{Cloud, NOW, credential, public_client};
use crate::getting_started;
use crate::predicates::predicates;
use crate::sample;
use crate::signing_vectors::is_authenticated;

/// A client of the public endpoints without any randomness.
fn client(dialect: Dialect, credential: Credential) -> Client {
    public_client()
        .credential(credential)
        .dialect(dialect)
        .clock(FixedClock::at(NOW))
        .entropy(SeededEntropy::new(7))
        .build()
        .unwrap()
}

/// A readable request: a line for each header and for each pair.
fn readable(prepared: &PreparedRequest) -> String {
    let mut text = String::new();
    let (address, query) = match prepared.url().split_once('?') {
        Some((address, query)) => (address, Some(query)),
        None => (prepared.url(), None),
    };
    writeln!(text, "{} {address}", prepared.method()).unwrap();
    if let Some(query) = query {
        writeln!(text, "?{}", in_lines(query)).unwrap();
    }
    for (name, value) in prepared.headers() {
        writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
    }
    let body = std::str::from_utf8(prepared.body()).unwrap();
    let body = if body.starts_with('{') { body.to_owned() } else { in_lines(body) };
    if body.is_empty() { text } else { format!("{text}\n{body}\n") }
}

fn in_lines(pairs: &str) -> String {
    pairs.replace('&', "\n&")
}

fn usage_error(error: &Error) -> String {
    assert_eq!(predicates(error), ["usage", "not sent"], "{error}");
    format!("refused: {error}\n")
}

/// One request in all dialects.
async fn in_all_dialects<A: Action + Clone>(request: A) -> String {
    let mut text = String::new();
    for dialect in Dialect::ALL {
        let prepared = client(dialect, credential()).prepare(request.clone()).await;
        let prepared = prepared.map_or_else(|error| usage_error(&error), |it| readable(&it));
        writeln!(text, "--- {dialect}\n{prepared}").unwrap();
    }
    text
}

/// Compares the text with the snapshot of this name.
fn assert_shows(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

macro_rules! snapshots {
    ($($test:ident: $request:expr,)*) => { $(
        #[tokio::test]
        async fn $test() {
            assert_shows(stringify!($test), &in_all_dialects($request).await);
        }
    )* };
}

fn ids() -> Vec<String> {
    vec!["ins-r8hr2upy".into(), "ins-5d8a23rs".into()]
}

fn filter(name: &str, value: &str) -> Filter {
    Filter { name: name.into(), values: vec![value.into()], ..Default::default() }
}

snapshots! {
    describe_regions: DescribeRegions::default(),
    describe_zones: DescribeZones::default(),
    describe_instance_type_configs: DescribeInstanceTypeConfigs {
        filters: vec![filter("zone", "ap-guangzhou-2"), filter("instance-family", "S2")], ..Default::default()
    },
    describe_images: DescribeImages {
        filters: vec![filter("image-type", "PUBLIC_IMAGE")],
        offset: Some(0),
        limit: Some(10),
        ..Default::default()
    },
    describe_instances: DescribeInstances {
        filters: vec![filter("instance-name", "未命名 a+b&c=d/é~")],
        limit: Some(1),
        ..Default::default()
    },
    describe_instances_status: DescribeInstancesStatus {
        instance_ids: ids(),
        ..Default::default()
    },
    run_instances: getting_started::sample(),
    run_instances_dry_run: RunInstances { login_settings: None, dry_run: Some(true), ..getting_started::sample() },
    start_instances: StartInstances { instance_ids: ids(), ..Default::default()  },
    stop_instances: StopInstances {
        instance_ids: ids(),
        stop_type: Some(StopType::SoftFirst),
        stopped_mode: Some(StoppedMode::StopCharging),
        ..Default::default()
    },
    reboot_instances: RebootInstances {
        instance_ids: ids(),
        stop_type: Some(StopType::Unknown("LATER".into())),
        ..Default::default()
    },
    reset_instances_type: ResetInstancesType {
        instance_ids: vec!["ins-r8hr2upy".into()],
        instance_type: "S2.MEDIUM4".into(),
        force_stop: Some(true), ..Default::default()
    },
    terminate_instances: TerminateInstances { instance_ids: ids(), ..Default::default() },
}

#[tokio::test]
async fn session_token_is_sent_in_every_dialect() {
    let token = || Credential::temporary("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "k", "a-token");
    let mut text = String::new();
    for dialect in Dialect::ALL {
        let client = client(dialect, token().unwrap());
        let prepared = client.prepare(DescribeRegions::default()).await.unwrap();
        writeln!(text, "--- {dialect}\n{}", readable(&prepared)).unwrap();
    }
    assert_eq!(text.matches("a-token").count(), 5);
    assert_shows("session_token_is_sent_in_every_dialect", &text);
}

/// The sample request of an action, made from the model info alone.
async fn prepared(dialect: Dialect, info: &'static ActionInfo) -> Result<PreparedRequest, Error> {
    client(dialect, credential()).prepare_call(info, sample::request(info.request, 3)).await
}

#[tokio::test]
async fn every_action_matches_its_snapshot_in_both_encodings() {
    let mut groups: BTreeMap<&str, String> = BTreeMap::new();
    for info in ACTIONS {
        let text = groups.entry(info.group).or_default();
        let body = prepared(Dialect::Tc3, info).await.unwrap().body().clone();
        let query = match prepared(Dialect::Tc3Get, info).await {
            Ok(prepared) => {
                prepared.url().split_once('?').map_or("", |(_, query)| query).to_owned()
            }
            Err(error) => usage_error(&error).trim_end().to_owned(),
        };
        let body = std::str::from_utf8(&body).unwrap();
        writeln!(text, "{}\nPOST {body}\nGET  {}\n", info.name, query.replace('&', "\n    &"))
            .unwrap();
    }
    assert_eq!(
        groups.values().map(|text| text.matches("POST").count()).sum::<usize>(),
        ACTIONS.len()
    );
    for (group, text) in groups {
        assert_shows(&format!("every_action_{group}"), &text);
    }
}

/// The request as the emulator's router takes it.
fn raw(prepared: &PreparedRequest) -> Request<Bytes> {
    let mut request = Request::builder().method(prepared.method()).uri(prepared.url());
    *request.headers_mut().unwrap() = prepared.headers().clone();
    request.body(prepared.body().clone()).unwrap()
}

#[tokio::test]
async fn both_encodings_are_equal_and_the_emulator_accepts_them() {
    for info in ACTIONS {
        let name = info.name;
        let post = prepared(Dialect::Tc3, info).await.unwrap();
        let mut requests = vec![post.clone()];
        for dialect in [Dialect::Tc3Get, Dialect::V1Sha1, Dialect::V1Sha256, Dialect::OldGateway] {
            requests.extend(prepared(dialect, info).await);
        }
        assert!(requests.len() >= 4, "{name}: only a secret excludes a URL");
        // An empty cloud may reject a plausible request, but for the same reason in each encoding.
        let mut results = Vec::new();
        for request in &requests {
            let response = Cloud::new().send(raw(request)).await;
            assert!(is_authenticated(&response), "{name}: {}", response.message());
            let is_understood =
                !matches!(response.code(), Some("UnknownParameter" | "InvalidAction"));
            assert!(is_understood, "{name}: {:?} {}", response.code(), response.message());
            results.push((response.code().map(str::to_owned), response.message().to_owned()));
        }
        results.dedup();
        assert_eq!(results.len(), 1, "{name}: {results:?}");
        if let Ok(get) = prepared(Dialect::Tc3Get, info).await {
            let query = get.url().split_once('?').map_or("", |(_, query)| query).to_owned();
            let pairs = percent::decode_pairs(&query).unwrap();
            let mut record = Record::new(info.request);
            let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            assert!(query_form::decode(&mut record, pairs).unwrap().is_clean(), "{name}");
            let body: Value = serde_json::from_slice(post.body()).unwrap();
            // Each preparation generates a token, here from the same seed.
            assert_eq!(json::to_value(&record), body, "{name}");
        }
    }
}
