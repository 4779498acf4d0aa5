//! An empty text is sent in each encoding and means the same in each, for the emulator and for the retry class.

use cvm_models::actions::{DescribeInstances, ModifyInstancesAttribute, RunInstances};
use cvm_models::config::Dialect;
use cvm_models::types::Placement;
use cvm_protocol::{ActionInfo, Kind, ModelInfo, Predicate, Record, RetryClass, json, query_form};
use serde_json::{Value, json};

use crate::baseline::{Fixture, baselines};
use crate::cloud::{builder, client};
use crate::raw_requests::{self, Gateway};
use crate::sample;

/// This object with an empty text in each text member, one at a time, and in each text list.
fn with_empty_texts(table: &'static ModelInfo, object: &Value) -> Vec<(String, Value)> {
    let mut variants = Vec::new();
    for field in table.members {
        let mut add = |path: String, value: Value| {
            let mut variant = object.clone();
            variant[field.wire] = value;
            variants.push((path, variant));
        };
        let wire = field.wire;
        match &field.kind {
            Kind::Str => add(wire.to_owned(), json!("")),
            Kind::List(Kind::Str) => add(format!("{wire}.0"), json!([""])),
            Kind::Object(table) => {
                for (path, value) in with_empty_texts(table, &or_empty(&object[wire])) {
                    add(format!("{wire}.{path}"), value);
                }
            }
            Kind::List(Kind::Object(table)) => {
                let first = object[wire].get(0).unwrap_or(&Value::Null);
                for (path, value) in with_empty_texts(table, &or_empty(first)) {
                    add(format!("{wire}.0.{path}"), json!([value]));
                }
            }
            _ => {}
        }
    }
    variants
}

fn or_empty(value: &Value) -> Value {
    if value.is_object() { value.clone() } else { json!({}) }
}

fn record(info: &ActionInfo, request: &Value) -> Record {
    let mut record = Record::new(info.request);
    json::from_value(&mut record, request).unwrap();
    record
}

/// The record that the receiver decodes from the query encoding.
fn through_query_form(info: &ActionInfo, request: &Record) -> Record {
    let pairs = query_form::encode(request).unwrap();
    let mut back = Record::new(info.request);
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    assert!(query_form::decode(&mut back, pairs).unwrap().drifts.is_empty());
    back
}

#[test]
fn every_encoding_keeps_empty_text_and_retry_class() {
    let mut count = 0;
    for info in cvm_models::ACTIONS {
        for (path, request) in with_empty_texts(info.request, &sample::request(info.request, 0)) {
            let given = record(info, &request);
            let body = json::to_vec(&given).unwrap();
            let sent: Value = serde_json::from_slice(&body).unwrap();
            let pointer = format!("/{}", path.replace('.', "/"));
            assert_eq!(sent.pointer(&pointer), Some(&json!("")), "{} {path}", info.name);
            let pairs = through_query_form(info, &given);
            assert_eq!(json::to_vec(&pairs).unwrap(), body, "{} {path}", info.name);
            let classes = [&given, &pairs, &record(info, &sent)].map(|one| info.retry_class(one));
            assert!(classes.iter().all(|class| *class == classes[0]), "{} {path}", info.name);
            count += 1;
        }
    }
    assert!(count > 500, "only {count} members");
}

#[test]
fn empty_text_raises_the_retry_class() {
    let mut count = 0;
    for info in cvm_models::ACTIONS {
        for row in info.retry_overrides {
            let texts = row.when.iter().filter(|condition| {
                let field = info.request.field(condition.member).unwrap();
                matches!(field.kind, Kind::Str)
                    && matches!(condition.test, Predicate::Present | Predicate::Absent)
            });
            for condition in texts {
                let mut request = sample::request(info.request, 0);
                request[condition.member] = json!("");
                assert!(condition.holds(&record(info, &request)), "{} {condition}", info.name);
                let class = info.retry_class(&record(info, &request));
                assert!(class >= row.class || class == RetryClass::Hazard, "{}", info.name);
                count += 1;
            }
        }
    }
    assert!(count > 10, "only {count} conditions");
    // Only a value lowers the class. The presence or absence of a member never makes a request safer.
    for info in cvm_models::ACTIONS {
        let lowering = info.retry_overrides.iter().filter(|row| row.class < info.retry);
        for condition in lowering.flat_map(|row| row.when) {
            assert!(matches!(condition.test, Predicate::OneOf(_)), "{} {condition}", info.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn emulator_treats_empty_text_alike_in_every_encoding() {
    for baseline in baselines() {
        let info = cvm_models::action(baseline.action).unwrap();
        // Later requests see the changes of earlier ones, the same in each encoding.
        let fixtures = [Fixture::new().await, Fixture::new().await, Fixture::new().await];
        let right = (baseline.request)(&fixtures[0]);
        for (path, request) in with_empty_texts(info.request, &right) {
            let pairs = query_form::encode_json(&request);
            let query = cvm_protocol::percent::encode_pairs(
                pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())),
            );
            let variant = Gateway::Api3.variants().last().unwrap();
            let requests = [
                raw_requests::json(info.name, &request),
                raw_requests::query(info.name, &query),
                variant.call(info.name, &pairs),
            ];
            let mut codes = Vec::new();
            for (fixture, request) in fixtures.iter().zip(requests) {
                codes.push(fixture.cloud.send(request).await.code().map(str::to_owned));
            }
            assert!(codes.iter().all(|code| *code == codes[0]), "{} {path}: {codes:?}", info.name);
        }
        let seen = fixtures[0].instances().await;
        assert_eq!(seen, fixtures[1].instances().await, "{} in a query", info.name);
        assert_eq!(seen, fixtures[2].instances().await, "{} in a form", info.name);
    }
}

/// The paths of the optional texts that an object has or could have, except those for which an empty text is a value.
fn optional_texts(table: &'static ModelInfo, object: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    for field in table.members {
        let wire = field.wire;
        match &field.kind {
            Kind::Str if !field.required && !field.special.contains(&"") => paths.push(wire.into()),
            Kind::Object(table) if object[wire].is_object() => {
                let inner = optional_texts(table, &object[wire]);
                paths.extend(inner.into_iter().map(|path| format!("{wire}/{path}")));
            }
            Kind::List(Kind::Object(table)) => {
                for (index, item) in object[wire].as_array().into_iter().flatten().enumerate() {
                    let inner = optional_texts(table, item);
                    paths.extend(inner.into_iter().map(|path| format!("{wire}/{index}/{path}")));
                }
            }
            _ => {}
        }
    }
    paths
}

/// Sets the member at a path, or removes it.
fn set(request: &mut Value, path: &str, value: Option<Value>) {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = if parent.is_empty() { String::new() } else { format!("/{parent}") };
    let parent = request.pointer_mut(&parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => drop(parent.insert(name.to_owned(), value)),
        None => drop(parent.remove(name)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_text_of_an_optional_member_is_as_good_as_none() {
    let mut count = 0;
    for baseline in baselines() {
        let info = cvm_models::action(baseline.action).unwrap();
        // Later requests see the changes of earlier ones, the same with and without the member.
        let fixtures = [Fixture::new().await, Fixture::new().await];
        let right = (baseline.request)(&fixtures[0]);
        for path in optional_texts(info.request, &right) {
            let mut codes = Vec::new();
            for (fixture, value) in fixtures.iter().zip([Some(json!("")), None]) {
                let mut request = right.clone();
                set(&mut request, &path, value);
                let response = fixture.cloud.send(raw_requests::json(info.name, &request)).await;
                codes.push(response.code().map(str::to_owned));
            }
            assert_eq!(codes[0], codes[1], "{} {path}", info.name);
            count += 1;
        }
        let seen = fixtures[0].instances().await;
        assert_eq!(seen, fixtures[1].instances().await, "{}", info.name);
    }
    assert!(count > 200, "only {count} members");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_role_name_unbinds_the_role_in_every_dialect() {
    for dialect in Dialect::ALL {
        let emulator = builder().start().await.unwrap();
        let client = client(&emulator, dialect);
        let launch = RunInstances {
            placement: Some(Placement { zone: "ap-guangzhou-3".into(), ..Default::default() }),
            image_id: Some("img-pmqg1cw7".into()),
            cam_role_name: Some("reader".into()),
            ..RunInstances::default()
        };
        let ids = client.send(launch).await.unwrap().instance_id_set;
        emulator.clock().advance(std::time::Duration::from_secs(600));
        let unbind = ModifyInstancesAttribute {
            instance_ids: ids.clone(),
            cam_role_name: Some(String::new()),
            ..ModifyInstancesAttribute::default()
        };
        let info = cvm_models::action("ModifyInstancesAttribute").unwrap();
        assert_eq!(info.retry_class(&unbind), RetryClass::Guarded);
        let role = || async {
            let list = DescribeInstances { instance_ids: ids.clone(), ..Default::default() };
            client.send(list).await.unwrap().instance_set[0].cam_role_name.clone()
        };
        assert_eq!(role().await.as_deref(), Some("reader"), "{dialect}");
        client.send(unbind).await.unwrap();
        emulator.clock().advance(std::time::Duration::from_secs(600));
        assert_eq!(role().await.unwrap_or_default(), "", "{dialect}");
    }
}
