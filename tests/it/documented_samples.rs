//! The samples of the getting-started documents, each as a corrected copy: requests are sent and responses
//! decoded as printed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cvm_models::actions::{
    DescribeInstanceTypeConfigsResponse, RunInstancesResponse, TerminateInstancesResponse,
};
use cvm_protocol::{Model, Record, envelope, json, percent, query_form};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloud::{ApiResponse, Cloud};
use crate::raw_requests::{self, Gateway};

/// One sample, and its corrections.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentedSample {
    source: String,
    gateway: String,
    action: String,
    query: Option<String>,
    json: Option<Value>,
    response: Option<Value>,
    refused_with: Option<String>,
    corrections: Vec<String>,
}

impl DocumentedSample {
    pub fn load(name: &str) -> Self {
        let path = folder().join(format!("{name}.json"));
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }

    fn gateway(&self) -> Gateway {
        match self.gateway.as_str() {
            "old" => Gateway::Old,
            "api3" => Gateway::Api3,
            other => panic!("{}: gateway {other}", self.source),
        }
    }

    /// The parameters of the action itself.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = percent::decode_pairs(self.query.as_deref().unwrap()).unwrap();
        pairs.retain(|(name, _)| name != "Action" && name != "Version");
        pairs
    }

    /// How many instances it names, which then must exist.
    fn names_instances(&self) -> usize {
        self.pairs().iter().filter(|(name, _)| name.starts_with("InstanceIds.")).count()
    }
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/documented-samples"))
}

fn samples() -> BTreeMap<String, DocumentedSample> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let names = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    names.map(|name| (name.clone(), DocumentedSample::load(&name))).collect()
}

/// The samples that are requests to the cloud: all except the generic list.
fn requests() -> impl Iterator<Item = (String, DocumentedSample)> {
    let is_request = |sample: &DocumentedSample| sample.query.is_some() && sample.json.is_none();
    samples()
        .into_iter()
        .filter(move |(_, sample)| is_request(sample) && sample.refused_with.is_none())
}

fn of_pairs(action: &str, pairs: &[(String, String)]) -> Record {
    let info = cvm_models::action(action).unwrap();
    let mut record = Record::new(info.request);
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let report = query_form::decode(&mut record, pairs).unwrap();
    assert!(report.unknown_members().next().is_none(), "{report:?}");
    record
}

/// A cloud with as many running instances as a sample names, and their ids.
async fn with_instances(count: usize) -> (Cloud, Vec<String>) {
    let cloud = Cloud::new();
    if count == 0 {
        return (cloud, Vec::new());
    }
    let launch = json!({
        "Placement": { "Zone": "ap-guangzhou-2" }, "ImageId": "img-pmqg1cw7", "InstanceCount": count,
    });
    let ids = cloud.send(raw_requests::json("RunInstances", &launch)).await.list("InstanceIdSet");
    assert_eq!(ids.len(), count);
    cloud.wait_a_minute();
    (cloud, ids)
}

/// The text of a sample with the printed instance ids replaced by real ones.
fn with_ids(sample: &DocumentedSample, text: &str, ids: &[String]) -> String {
    let printed = sample.pairs().into_iter().filter(|(name, _)| name.starts_with("InstanceIds."));
    printed.zip(ids).fold(text.to_owned(), |text, ((_, printed), id)| text.replace(&printed, id))
}

async fn instances(cloud: &Cloud) -> ApiResponse {
    cloud.wait_a_minute();
    cloud.send(raw_requests::json("DescribeInstances", &json!({}))).await
}

#[test]
fn every_correction_is_documented() {
    let samples = samples();
    assert_eq!(samples.len(), 10, "every sample is tested here");
    for (name, sample) in samples {
        assert!(!sample.source.is_empty(), "{name}");
        assert_eq!(sample.query.is_none(), sample.corrections.is_empty(), "{name}");
        assert!(sample.corrections.iter().all(|text| text.ends_with('.')), "{name}");
    }
}

#[tokio::test]
async fn sample_requests_are_accepted_with_every_signature_method() {
    for (name, sample) in requests() {
        for variant in sample.gateway().variants() {
            let (cloud, ids) = with_instances(sample.names_instances()).await;
            let text = with_ids(&sample, sample.query.as_deref().unwrap(), &ids);
            let response = cloud.send(variant.complete(&text)).await;
            assert_eq!(response.code(), None, "{name} {variant:?}: {}", response.message());
            let always_present = &cvm_models::action(&sample.action).unwrap().response.members;
            for member in always_present.iter().filter(|member| member.always_present) {
                assert!(!response.members()[member.wire].is_null(), "{name}: {}", member.wire);
            }
        }
    }
}

#[tokio::test]
async fn unknown_instance_of_a_sample_is_not_found() {
    for (name, sample) in requests().filter(|(_, sample)| sample.names_instances() > 0) {
        for variant in sample.gateway().variants() {
            let response =
                Cloud::new().send(variant.complete(sample.query.as_deref().unwrap())).await;
            assert_eq!(response.code(), Some("InvalidInstanceId.NotFound"), "{name} {variant:?}");
        }
    }
}

#[tokio::test]
async fn json_request_has_the_same_result_as_query() {
    for (name, sample) in requests() {
        // Two clouds with the same seed create the same ids, addresses and request ids.
        let (flat_cloud, ids) = with_instances(sample.names_instances()).await;
        let (json_cloud, same_ids) = with_instances(sample.names_instances()).await;
        assert_eq!(ids, same_ids);
        let variant = sample.gateway().variants().next().unwrap();
        let text = with_ids(&sample, sample.query.as_deref().unwrap(), &ids);
        let flat_answer = flat_cloud.send(variant.complete(&text)).await;
        let parameters = json::to_value(&of_pairs(&sample.action, &sample.pairs()));
        let parameters = with_ids(&sample, &parameters.to_string(), &ids);
        let json_answer = json_cloud.send(raw_requests::raw_json(&sample.action, parameters)).await;
        assert_eq!(flat_answer, json_answer, "{name}");
        assert_eq!(instances(&flat_cloud).await, instances(&json_cloud).await, "{name}");
    }
}

#[tokio::test]
async fn repeated_parameter_is_refused_in_every_dialect() {
    let sample = DocumentedSample::load("query-types-as-printed");
    let text = sample.query.as_deref().unwrap();
    let own = text.split_once("&Filters").map(|(_, own)| format!("Filters{own}")).unwrap();
    let mut requests = vec![raw_requests::query(&sample.action, &own)];
    for gateway in [Gateway::Old, Gateway::Api3] {
        requests.extend(gateway.variants().map(|variant| variant.complete(text)));
    }
    for request in requests {
        let uri = request.uri().clone();
        let response = Cloud::new().send(request).await;
        assert_eq!(response.code(), sample.refused_with.as_deref(), "{uri}");
        assert!(response.message().contains("Filters.1."), "{}", response.message());
    }
}

#[tokio::test]
async fn unescaped_plus_is_a_space() {
    let sample = DocumentedSample::load("launch-postpaid");
    let printed = sample.query.as_deref().unwrap().replace("%2B%2B", "++");
    assert!(printed.contains("Qcloud@TestApi123++"));
    for variant in Gateway::Old.variants() {
        let response = Cloud::new().send(variant.complete(&printed)).await;
        // The signature is valid, so the password arrived, with two spaces, which are not allowed.
        assert_eq!(response.code(), Some("InvalidPassword"), "{variant:?}");
        assert!(!response.message().contains("TestApi123"), "{}", response.message());
    }
}

fn decoded<R: Model + Default>(body: &Value) -> (R, envelope::Envelope) {
    let mut response = R::default();
    let envelope = envelope::decode(&mut response, body.to_string().as_bytes()).unwrap();
    (response, envelope)
}

/// Decodes a sample with both spellings of the request id, encodes it again, and compares all members.
fn assert_round_trip<R>(name: &str, expected: &Value)
where
    R: Model + Default + PartialEq + std::fmt::Debug,
{
    let mut printed = expected["Response"].clone();
    let members = printed.as_object_mut().unwrap();
    let id = members.remove("RequestID").or_else(|| members.remove("RequestId")).unwrap();
    let mut decoded_responses = Vec::new();
    for encoding in ["RequestId", "RequestID"] {
        let mut body = json!({ "Response": printed });
        body["Response"][encoding] = id.clone();
        let (response, envelope) = decoded::<R>(&body);
        assert_eq!(envelope.request_id.as_deref(), id.as_str(), "{name}");
        assert!(envelope.error.is_none(), "{name}");
        assert!(envelope.report.drifts.is_empty(), "{name}: {:?}", envelope.report);
        decoded_responses.push(response);
    }
    let [decoded_response, other] = decoded_responses.try_into().unwrap();
    assert_eq!(decoded_response, other, "{name}");
    printed["RequestId"] = id;
    let written = json::to_value(&decoded_response);
    assert_contains(name, &written, &printed);
    let (again, _) = decoded::<R>(&json!({ "Response": written }));
    assert_eq!(again, decoded_response, "{name}");
}

/// Everything that is printed is there. Members that today's API adds may stand beside it.
fn assert_contains(path: &str, written: &Value, printed: &Value) {
    match (written, printed) {
        (Value::Object(written), Value::Object(printed)) => {
            for (member, printed) in printed {
                let written = written.get(member).unwrap_or(&Value::Null);
                assert_contains(&format!("{path}.{member}"), written, printed);
            }
        }
        (Value::Array(written), Value::Array(printed)) => {
            assert_eq!(written.len(), printed.len(), "{path}");
            for (written, printed) in written.iter().zip(printed) {
                assert_contains(path, written, printed);
            }
        }
        _ => assert_eq!(written, printed, "{path}"),
    }
}

#[test]
fn sample_responses_round_trip() {
    let mut read = 0;
    for (name, sample) in samples() {
        let Some(response) = &sample.response else { continue };
        read += 1;
        if response["Response"].get("Error").is_some() {
            continue;
        }
        match sample.action.as_str() {
            "DescribeInstanceTypeConfigs" => {
                assert_round_trip::<DescribeInstanceTypeConfigsResponse>(&name, response);
            }
            "RunInstances" => assert_round_trip::<RunInstancesResponse>(&name, response),
            "TerminateInstances" => {
                assert_round_trip::<TerminateInstancesResponse>(&name, response)
            }
            other => panic!("{name}: no type for {other}"),
        }
    }
    assert_eq!(read, 8);
}

#[test]
fn sample_error_decodes_as_an_error() {
    let sample = DocumentedSample::load("launch-refused");
    let (response, envelope) = decoded::<RunInstancesResponse>(&sample.response.unwrap());
    let error = envelope.error.unwrap();
    assert_eq!(error.code.as_str(), "AuthFailure");
    assert!(error.code.is_auth());
    assert_eq!(error.request_id, "eac6b301-a322-493a-8e36-83b295459397");
    assert!(error.message.starts_with("qcloud was not able"));
    assert!(response.instance_id_set.is_empty());
}

#[tokio::test]
async fn list_is_equal_in_both_encodings() {
    let sample = DocumentedSample::load("list-members");
    let from_pairs = of_pairs(&sample.action, &sample.pairs());
    let mut from_json = Record::new(from_pairs.table());
    let expected = sample.json.unwrap();
    json::from_slice(&mut from_json, expected.to_string().as_bytes()).unwrap();
    assert_eq!(json::to_value(&from_pairs), expected);
    assert_eq!(json::to_value(&from_json), expected);
    assert_eq!(query_form::encode(&from_json).unwrap(), query_form::encode(&from_pairs).unwrap());

    // The service also knows none of the three.
    let cloud = Cloud::new();
    let as_json = cloud.send(raw_requests::json(&sample.action, &expected)).await;
    let as_query =
        cloud.send(raw_requests::query(&sample.action, sample.query.as_deref().unwrap())).await;
    for response in [as_json, as_query] {
        assert_eq!(response.code(), None, "{}", response.message());
        assert_eq!(response.members()["TotalCount"], 0);
    }
}

#[tokio::test]
async fn id_of_wrong_length_is_malformed() {
    // The document on TerminateInstances: "`ins-1122` indicates an ID length error".
    for request in [
        raw_requests::json("TerminateInstances", &json!({ "InstanceIds": ["ins-1122"] })),
        raw_requests::query("TerminateInstances", "InstanceIds.0=ins-1122"),
    ] {
        let response = Cloud::new().send(request).await;
        assert_eq!(response.code(), Some("InvalidInstanceId.Malformed"));
        assert!(response.message().contains("ins-1122"), "{}", response.message());
    }
}
