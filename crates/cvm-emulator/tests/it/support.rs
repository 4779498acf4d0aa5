//! Signs requests in every dialect and passes them to a cloud without a socket.

use bytes::Bytes;
use cvm_emulator::{Builder, Cloud, Emulator, Timestamp};
use cvm_protocol::{Action, envelope, percent};
use cvm_signer::{Credential, Method, tc3, v1};
use http::{Request, Response};
use serde_json::Value;

/// The real time in every test, so that no test depends on the day it runs.
pub const NOW: u64 = 1_700_000_000;

pub const HOST: &str = "cvm.tencentcloudapi.com";
pub const OLD_HOST: &str = "cvm.api.qcloud.com";
pub const VERSION: &str = "2017-03-12";
pub const IMAGE: &str = "img-pmqg1cw7";

pub fn credential() -> Credential {
    Credential::new("AKIDEXAMPLE", "a-secret-key").unwrap()
}

/// Creates a cloud whose virtual clock moves only when a test advances it.
pub fn cloud() -> Cloud {
    builder().credential(credential()).build().unwrap()
}

/// The configuration of [`cloud`], without a credential.
pub fn builder() -> Builder {
    Emulator::builder().seed(1).manual().start_time(Timestamp::from_unix(NOW)).wall_clock(|| NOW)
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dialect {
    Tc3,
    Tc3Get,
    V1Sha1,
    V1Sha256Get,
    OldGateway,
    OldGatewayPost,
}

pub const DIALECTS: [Dialect; 6] = [
    Dialect::Tc3,
    Dialect::Tc3Get,
    Dialect::V1Sha1,
    Dialect::V1Sha256Get,
    Dialect::OldGateway,
    Dialect::OldGatewayPost,
];

/// A request before it is signed; tests change its parts.
#[derive(Clone)]
pub struct Call {
    pub credential: Credential,
    pub action: String,
    pub version: String,
    pub region: String,
    pub timestamp: u64,
    pub host: String,
    /// The host of the old gateway.
    pub old_host: String,
    pub service: String,
    pub token: Option<String>,
}

impl Call {
    pub fn new(action: &str) -> Self {
        Self {
            credential: credential(),
            action: action.into(),
            version: VERSION.into(),
            region: "ap-guangzhou".into(),
            timestamp: NOW,
            host: HOST.into(),
            old_host: OLD_HOST.into(),
            service: "cvm".into(),
            token: None,
        }
    }

    /// A call of another service.
    pub fn of(service: &str, version: &str, action: &str) -> Self {
        Self {
            version: version.into(),
            host: format!("{service}.tencentcloudapi.com"),
            service: service.into(),
            ..Self::new(action)
        }
    }

    pub fn region(mut self, region: &str) -> Self {
        self.region = region.into();
        self
    }

    /// Signs an API 3.0 POST with a JSON body.
    pub fn json(&self, body: impl Into<Bytes>) -> Request<Bytes> {
        let body = body.into();
        let headers = [("content-type", "application/json"), ("host", self.host.as_str())];
        let signed = tc3::Request::post(&body, &headers);
        let value = tc3::sign(&self.credential, &self.service, self.timestamp, &signed).unwrap();
        self.tc3("POST", "/", "application/json", value, body)
    }

    /// Signs an API 3.0 GET with a query.
    pub fn query(&self, pairs: &[(&str, &str)]) -> Request<Bytes> {
        const FORM: &str = "application/x-www-form-urlencoded";
        let query = percent::encode_pairs(pairs.iter().copied());
        let headers = [("content-type", FORM), ("host", self.host.as_str())];
        let signed = tc3::Request::get(&query, &headers);
        let value = tc3::sign(&self.credential, &self.service, self.timestamp, &signed).unwrap();
        self.tc3("GET", &format!("/?{query}"), FORM, value, Bytes::new())
    }

    fn tc3(
        &self,
        method: &str,
        uri: &str,
        content_type: &str,
        authorization: String,
        body: Bytes,
    ) -> Request<Bytes> {
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header("Host", &self.host)
            .header("Content-Type", content_type)
            .header("Authorization", authorization)
            .header("X-TC-Timestamp", self.timestamp.to_string());
        for (name, value) in [
            ("X-TC-Action", &self.action),
            ("X-TC-Version", &self.version),
            ("X-TC-Region", &self.region),
            ("X-TC-Token", self.token.as_ref().unwrap_or(&String::new())),
        ] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        request.body(body).unwrap()
    }

    /// Signs with scheme v1: the signature is one of the parameters.
    pub fn v1(&self, dialect: Dialect, pairs: &[(&str, &str)]) -> Request<Bytes> {
        let (method, path, host) = match dialect {
            Dialect::V1Sha1 => (Method::Post, v1::API3_PATH, self.host.as_str()),
            Dialect::V1Sha256Get => (Method::Get, v1::API3_PATH, self.host.as_str()),
            Dialect::OldGateway => (Method::Get, v1::GATEWAY_PATH, self.old_host.as_str()),
            _ => (Method::Post, v1::GATEWAY_PATH, self.old_host.as_str()),
        };
        let algorithm = if dialect == Dialect::V1Sha1 { "HmacSHA1" } else { "HmacSHA256" };
        let timestamp = self.timestamp.to_string();
        let token = self.token.clone().unwrap_or_default();
        let common = [
            ("Action", self.action.as_str()),
            ("Version", &self.version),
            ("Region", &self.region),
            ("Timestamp", &timestamp),
            ("Nonce", "4711"),
            ("SecretId", self.credential.secret_id()),
            ("SignatureMethod", algorithm),
            ("Token", &token),
        ];
        let common = common.into_iter().filter(|(_, value)| !value.is_empty());
        let mut params: Vec<_> = common.chain(pairs.iter().copied()).collect();
        let request = v1::Request { method, host, path, params: &params };
        let signature = v1::sign(&self.credential, &request).unwrap();
        params.push(("Signature", signature.as_str()));
        let text = percent::encode_pairs(params);
        let request = Request::builder().method(method.as_str()).header("Host", host);
        match method {
            Method::Get => request.uri(format!("{path}?{text}")).body(Bytes::new()).unwrap(),
            Method::Post => request
                .uri(path)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(text.into())
                .unwrap(),
        }
    }

    /// Signs in any dialect. The parameters are given in query encoding.
    pub fn pairs(&self, dialect: Dialect, pairs: &[(&str, &str)]) -> Request<Bytes> {
        match dialect {
            Dialect::Tc3 => self.json(serde_json::to_vec(&json_from_pairs(pairs)).unwrap()),
            Dialect::Tc3Get => self.query(pairs),
            _ => self.v1(dialect, pairs),
        }
    }
}

/// Converts query-encoded pairs to JSON. Values stay strings; the service accepts strings for numbers too.
fn json_from_pairs(pairs: &[(&str, &str)]) -> Value {
    let mut root = Value::Object(serde_json::Map::new());
    for (name, value) in pairs {
        let mut node = &mut root;
        let parts: Vec<_> = name.split('.').collect();
        for (depth, part) in parts.iter().enumerate() {
            let child = match part.parse::<usize>() {
                Ok(_) => {
                    if !node.is_array() {
                        *node = Value::Array(Vec::new());
                    }
                    let list = node.as_array_mut().unwrap();
                    // The tests number list items consecutively.
                    let index = part.parse::<usize>().unwrap();
                    if list.len() == index {
                        list.push(Value::Null);
                    }
                    &mut list[index]
                }
                Err(_) => {
                    if !node.is_object() {
                        *node = Value::Object(serde_json::Map::new());
                    }
                    node.as_object_mut().unwrap().entry(*part).or_insert(Value::Null)
                }
            };
            if depth + 1 == parts.len() {
                *child = Value::String((*value).to_owned());
            }
            node = child;
        }
    }
    root
}

/// Returns the content of `Response`, and checks the rules that every response follows.
pub fn read(response: &Response<Bytes>) -> Value {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    let inner = body["Response"].clone();
    assert!(inner["RequestId"].as_str().is_some_and(|id| id.len() == 36), "{body}");
    inner
}

/// Returns the code of an error, and checks that the message does not contradict it.
pub fn error_code(response: &Value) -> &str {
    let error = &response["Error"];
    let code = error["Code"].as_str().unwrap_or_else(|| panic!("no error in {response}"));
    crate::messages::check(code, error["Message"].as_str().unwrap());
    code
}

/// Sends a JSON request to Guangzhou.
pub fn send(cloud: &Cloud, action: &str, body: Value) -> Value {
    read(&cloud.handle(&Call::new(action).json(body.to_string())))
}

/// Like [`send`], for a request that must succeed.
pub fn send_ok(cloud: &Cloud, action: &str, body: Value) -> Value {
    let response = send(cloud, action, body);
    assert!(response.get("Error").is_none(), "{action}: {response}");
    response
}

/// Like [`send`], for a request that must fail. Returns the error code.
pub fn send_err(cloud: &Cloud, action: &str, body: Value) -> String {
    error_code(&send(cloud, action, body)).to_owned()
}

/// Sends a JSON request to a region.
pub fn send_in(cloud: &Cloud, region: &str, action: &str, body: &Value) -> Value {
    read(&cloud.handle(&Call::new(action).region(region).json(body.to_string())))
}

/// Sends a request and decodes the response, which must contain every guaranteed member and no unknown one.
pub fn decode_complete<A: Action>(cloud: &Cloud, body: &Value) -> A::Response {
    let raw = cloud.handle(&Call::new(A::INFO.name).json(body.to_string()));
    let mut response = A::Response::default();
    let report = envelope::decode(&mut response, raw.body()).unwrap().report;
    assert!(report.is_clean(), "{}: {report:?}", A::INFO.name);
    response
}

/// Adds the members of one object to another. Equal names are overwritten.
pub fn merge(mut body: Value, members: Value) -> Value {
    let members = members.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(members);
    body
}

pub fn string(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}")).to_owned()
}

pub fn strings(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(string).collect()
}

/// The body of a launch: a minimal request, overridden and extended by `members`.
pub fn run_request(members: Value) -> Value {
    let body = serde_json::json!({
        "Placement": { "Zone": "ap-guangzhou-3" },
        "ImageId": IMAGE,
        "InstanceType": "S5.MEDIUM4",
    });
    merge(body, members)
}

/// Launches instances and returns their ids.
pub fn launch(cloud: &Cloud, members: Value) -> Vec<String> {
    let response = send_ok(cloud, "RunInstances", run_request(members));
    let ids = response["InstanceIdSet"].as_array().unwrap();
    ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// Advances the virtual clock.
pub fn advance(cloud: &Cloud, seconds: u64) {
    cloud.clock().advance(std::time::Duration::from_secs(seconds));
}

/// Launches one instance and advances the clock until it runs.
pub fn launch_running(cloud: &Cloud, members: Value) -> String {
    let id = launch(cloud, members).remove(0);
    advance(cloud, 20);
    assert_eq!(state(cloud, &id), "RUNNING");
    id
}

/// Launches one instance, stops it, and advances the clock until it is stopped.
pub fn launch_stopped(cloud: &Cloud, members: Value) -> String {
    let id = launch_running(cloud, members);
    send_ok(cloud, "StopInstances", serde_json::json!({ "InstanceIds": [id] }));
    advance(cloud, 15);
    assert_eq!(state(cloud, &id), "STOPPED");
    id
}

/// Returns an instance as `DescribeInstances` shows it, or null if it does not exist.
pub fn describe(cloud: &Cloud, id: &str) -> Value {
    send_ok(cloud, "DescribeInstances", serde_json::json!({ "InstanceIds": [id] }))["InstanceSet"]
        [0]
    .clone()
}

/// Returns the state of an instance, or `gone` if it does not exist.
pub fn state(cloud: &Cloud, id: &str) -> String {
    describe(cloud, id)["InstanceState"].as_str().unwrap_or("gone").to_owned()
}
