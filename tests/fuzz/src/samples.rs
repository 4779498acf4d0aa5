//! The samples of the published documentation, as seeds.

use bytes::Bytes;
use http::Request;
use serde_json::Value;

const PUBLISHED: &str = include_str!("../../fixtures/published-samples.json");
const NEIGHBORS: &str = include_str!("../../fixtures/neighbor-samples.json");
const VECTORS: &str = include_str!("../../fixtures/signing-vectors.json");

/// A request or response of the documentation: its action, and the JSON text.
pub struct Sample {
    pub service: String,
    pub action: String,
    pub json: String,
}

/// The requests of CVM.
pub fn requests() -> Vec<Sample> {
    read(PUBLISHED, "request")
}

/// The responses of all services, without their envelopes.
pub fn responses() -> Vec<Sample> {
    let mut samples = read(PUBLISHED, "response");
    samples.extend(read(NEIGHBORS, "response"));
    samples
}

fn read(file: &str, member: &str) -> Vec<Sample> {
    let samples: Vec<Value> = serde_json::from_str(file).unwrap();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let read = |sample: &Value| {
        Some(Sample {
            service: text(&sample["service"]).unwrap_or_else(|| "cvm".to_owned()),
            action: text(&sample["action"])?,
            json: sample.get(member)?.to_string(),
        })
    };
    samples.iter().filter_map(read).collect()
}

/// Requests that official clients signed, with credentials that the clouds of the targets do not know.
pub fn foreign_requests() -> Vec<Request<Bytes>> {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    vectors["signing"].as_array().unwrap().iter().filter_map(foreign_request).collect()
}

fn foreign_request(vector: &Value) -> Option<Request<Bytes>> {
    let (path, query) = (vector["path"].as_str()?, vector["query"].as_str().unwrap_or_default());
    let uri = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let mut request = Request::builder().method(vector["method"].as_str()?).uri(uri);
    for (name, value) in vector["headers"].as_object()? {
        request = request.header(name, value.as_str()?);
    }
    request.body(Bytes::from(vector["body"].as_str().unwrap_or_default().to_owned())).ok()
}
