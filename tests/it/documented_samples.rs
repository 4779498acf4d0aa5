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

use crate::cloud::{Answer, Cloud};
use crate::raw_requests::{self, Gateway};

/// One sample, and its corrections.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    source: String,
    gateway: String,
    action: String,
    query: Option<String>,
    json: Option<Value>,
    response: Option<Value>,
    refused_with: Option<String>,
    corrections: Vec<String>,
}

impl Seed {
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
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/seeds"))
}

fn seeds() -> BTreeMap<String, Seed> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let names = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    names.map(|name| (name.clone(), Seed::load(&name))).collect()
}

/// The samples that are requests to the cloud: all except the generic list.
fn requests() -> impl Iterator<Item = (String, Seed)> {
    let is_request = |seed: &Seed| seed.query.is_some() && seed.json.is_none();
    seeds().into_iter().filter(move |(_, seed)| is_request(seed) && seed.refused_with.is_none())
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
    let ids = cloud.ask(raw_requests::json("RunInstances", &launch)).await.list("InstanceIdSet");
    assert_eq!(ids.len(), count);
    cloud.wait_a_minute();
    (cloud, ids)
}

/// The text of a sample with the printed instance ids replaced by real ones.
fn with_ids(seed: &Seed, text: &str, ids: &[String]) -> String {
    let printed = seed.pairs().into_iter().filter(|(name, _)| name.starts_with("InstanceIds."));
    printed.zip(ids).fold(text.to_owned(), |text, ((_, printed), id)| text.replace(&printed, id))
}

async fn instances(cloud: &Cloud) -> Answer {
    cloud.wait_a_minute();
    cloud.ask(raw_requests::json("DescribeInstances", &json!({}))).await
}

#[test]
fn every_correction_is_documented() {
    let seeds = seeds();
    assert_eq!(seeds.len(), 10, "a sample is missing or not tested here");
    for (name, seed) in seeds {
        assert!(!seed.source.is_empty(), "{name}");
        assert_eq!(seed.query.is_none(), seed.corrections.is_empty(), "{name}");
        assert!(seed.corrections.iter().all(|text| text.ends_with('.')), "{name}");
    }
}

#[tokio::test]
async fn sample_requests_are_accepted_with_every_signature_method() {
    for (name, seed) in requests() {
        for way in seed.gateway().ways() {
            let (cloud, ids) = with_instances(seed.names_instances()).await;
            let text = with_ids(&seed, seed.query.as_deref().unwrap(), &ids);
            let answer = cloud.ask(way.complete(&text)).await;
            assert_eq!(answer.code(), None, "{name} {way:?}: {}", answer.message());
            let promised = &cvm_models::action(&seed.action).unwrap().response.members;
            for member in promised.iter().filter(|member| member.always_present) {
                assert!(!answer.response()[member.wire].is_null(), "{name}: {}", member.wire);
            }
        }
    }
}

#[tokio::test]
async fn unknown_instance_of_a_sample_is_not_found() {
    for (name, seed) in requests().filter(|(_, seed)| seed.names_instances() > 0) {
        for way in seed.gateway().ways() {
            let answer = Cloud::new().ask(way.complete(seed.query.as_deref().unwrap())).await;
            assert_eq!(answer.code(), Some("InvalidInstanceId.NotFound"), "{name} {way:?}");
        }
    }
}

#[tokio::test]
async fn json_request_has_the_same_result_as_query() {
    for (name, seed) in requests() {
        // Two clouds with the same seed create the same ids, addresses and request ids.
        let (flat_cloud, ids) = with_instances(seed.names_instances()).await;
        let (json_cloud, same_ids) = with_instances(seed.names_instances()).await;
        assert_eq!(ids, same_ids);
        let way = seed.gateway().ways().next().unwrap();
        let text = with_ids(&seed, seed.query.as_deref().unwrap(), &ids);
        let flat_answer = flat_cloud.ask(way.complete(&text)).await;
        let parameters = json::to_value(&of_pairs(&seed.action, &seed.pairs()));
        let parameters = with_ids(&seed, &parameters.to_string(), &ids);
        let json_answer = json_cloud.ask(raw_requests::raw_json(&seed.action, parameters)).await;
        assert_eq!(flat_answer, json_answer, "{name}");
        assert_eq!(instances(&flat_cloud).await, instances(&json_cloud).await, "{name}");
    }
}

#[tokio::test]
async fn repeated_parameter_is_refused_in_every_dialect() {
    let seed = Seed::load("query-types-as-printed");
    let text = seed.query.as_deref().unwrap();
    let own = text.split_once("&Filters").map(|(_, own)| format!("Filters{own}")).unwrap();
    let mut requests = vec![raw_requests::query(&seed.action, &own)];
    for gateway in [Gateway::Old, Gateway::Api3] {
        requests.extend(gateway.ways().map(|way| way.complete(text)));
    }
    for request in requests {
        let uri = request.uri().clone();
        let answer = Cloud::new().ask(request).await;
        assert_eq!(answer.code(), seed.refused_with.as_deref(), "{uri}");
        assert!(answer.message().contains("Filters.1."), "{}", answer.message());
    }
}

#[tokio::test]
async fn unescaped_plus_is_a_space() {
    let seed = Seed::load("launch-postpaid");
    let printed = seed.query.as_deref().unwrap().replace("%2B%2B", "++");
    assert!(printed.contains("Qcloud@TestApi123++"));
    for way in Gateway::Old.ways() {
        let answer = Cloud::new().ask(way.complete(&printed)).await;
        // The signature is valid, so the password arrived, with two spaces, which are not allowed.
        assert_eq!(answer.code(), Some("InvalidPassword"), "{way:?}");
        assert!(!answer.message().contains("TestApi123"), "{}", answer.message());
    }
}

fn decoded<R: Model + Default>(body: &Value) -> (R, envelope::Envelope) {
    let mut response = R::default();
    let envelope = envelope::decode(&mut response, body.to_string().as_bytes()).unwrap();
    (response, envelope)
}

/// Decodes a sample with both spellings of the request id, encodes it again, and compares all members.
fn reads_and_writes<R>(name: &str, sample: &Value)
where
    R: Model + Default + PartialEq + std::fmt::Debug,
{
    let mut printed = sample["Response"].clone();
    let members = printed.as_object_mut().unwrap();
    let id = members.remove("RequestID").or_else(|| members.remove("RequestId")).unwrap();
    let mut readings = Vec::new();
    for spelling in ["RequestId", "RequestID"] {
        let mut body = json!({ "Response": printed });
        body["Response"][spelling] = id.clone();
        let (response, envelope) = decoded::<R>(&body);
        assert_eq!(envelope.request_id.as_deref(), id.as_str(), "{name}");
        assert!(envelope.error.is_none(), "{name}");
        assert!(envelope.report.drifts.is_empty(), "{name}: {:?}", envelope.report);
        readings.push(response);
    }
    let [reading, other] = readings.try_into().unwrap();
    assert_eq!(reading, other, "{name}");
    printed["RequestId"] = id;
    let written = json::to_value(&reading);
    assert_contains(name, &written, &printed);
    let (again, _) = decoded::<R>(&json!({ "Response": written }));
    assert_eq!(again, reading, "{name}");
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
    for (name, seed) in seeds() {
        let Some(sample) = &seed.response else { continue };
        read += 1;
        if sample["Response"].get("Error").is_some() {
            continue;
        }
        match seed.action.as_str() {
            "DescribeInstanceTypeConfigs" => {
                reads_and_writes::<DescribeInstanceTypeConfigsResponse>(&name, sample);
            }
            "RunInstances" => reads_and_writes::<RunInstancesResponse>(&name, sample),
            "TerminateInstances" => reads_and_writes::<TerminateInstancesResponse>(&name, sample),
            other => panic!("{name}: no type for {other}"),
        }
    }
    assert_eq!(read, 8);
}

#[test]
fn sample_error_decodes_as_an_error() {
    let seed = Seed::load("launch-refused");
    let (response, envelope) = decoded::<RunInstancesResponse>(&seed.response.unwrap());
    let error = envelope.error.unwrap();
    assert_eq!(error.code.as_str(), "AuthFailure");
    assert!(error.code.is_auth());
    assert_eq!(error.request_id, "eac6b301-a322-493a-8e36-83b295459397");
    assert!(error.message.starts_with("qcloud was not able"));
    assert!(response.instance_id_set.is_empty());
}

#[tokio::test]
async fn list_is_equal_in_both_encodings() {
    let seed = Seed::load("list-members");
    let from_pairs = of_pairs(&seed.action, &seed.pairs());
    let mut from_json = Record::new(from_pairs.table());
    let expected = seed.json.unwrap();
    json::from_slice(&mut from_json, expected.to_string().as_bytes()).unwrap();
    assert_eq!(json::to_value(&from_pairs), expected);
    assert_eq!(json::to_value(&from_json), expected);
    assert_eq!(query_form::encode(&from_json).unwrap(), query_form::encode(&from_pairs).unwrap());

    // The service also knows none of the three.
    let cloud = Cloud::new();
    let as_json = cloud.ask(raw_requests::json(&seed.action, &expected)).await;
    let as_query =
        cloud.ask(raw_requests::query(&seed.action, seed.query.as_deref().unwrap())).await;
    for answer in [as_json, as_query] {
        assert_eq!(answer.code(), None, "{}", answer.message());
        assert_eq!(answer.response()["TotalCount"], 0);
    }
}

#[tokio::test]
async fn id_of_wrong_length_is_malformed() {
    // The document on TerminateInstances: "`ins-1122` indicates an ID length error".
    for request in [
        raw_requests::json("TerminateInstances", &json!({ "InstanceIds": ["ins-1122"] })),
        raw_requests::query("TerminateInstances", "InstanceIds.0=ins-1122"),
    ] {
        let answer = Cloud::new().ask(request).await;
        assert_eq!(answer.code(), Some("InvalidInstanceId.Malformed"));
        assert!(answer.message().contains("ins-1122"), "{}", answer.message());
    }
}
