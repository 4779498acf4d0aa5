//! Raw requests, signed with the signer alone, as another client would send them.

use bytes::Bytes;
use cvm_protocol::{ActionInfo, ServiceInfo, percent};
use cvm_signer::{Method, tc3, v1};
use http::Request;
use serde_json::Value;

use crate::cloud::{NOW, REGION, SECRET_ID, credential};

const VERSION: &str = "2017-03-12";
const HOST: &str = "cvm.tencentcloudapi.com";
const OLD_HOST: &str = "cvm.api.qcloud.com";

/// A TC3 POST of a JSON body.
pub fn json(action: &str, parameters: &Value) -> Request<Bytes> {
    json_in(REGION, action, parameters)
}

/// A TC3 POST of a JSON body for an action of any service.
pub fn json_of(info: &ActionInfo, parameters: &Value) -> Request<Bytes> {
    let body = Bytes::from(parameters.to_string());
    let headers = [("content-type", "application/json"), ("host", info.service.endpoint)];
    let signed = tc3::Request::post(&body, &headers);
    tc3_request(info.service, info.name, "/", &signed, body.clone())
}

/// A TC3 POST of a JSON body to a region.
pub fn json_in(region: &str, action: &str, parameters: &Value) -> Request<Bytes> {
    let mut request = raw_json(action, parameters.to_string());
    request.headers_mut().insert("x-tc-region", region.parse().unwrap());
    request
}

/// A TC3 POST of a body that need not be JSON.
pub fn raw_json(action: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    let body = body.into();
    let headers = [("content-type", "application/json"), ("host", HOST)];
    let signed = tc3::Request::post(&body, &headers);
    tc3_request(&cvm_models::SERVICE, action, "/", &signed, body.clone())
}

/// A TC3 GET of a query.
pub fn query(action: &str, query: &str) -> Request<Bytes> {
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("host", HOST)];
    let uri = format!("/?{query}");
    let signed = tc3::Request::get(query, &headers);
    tc3_request(&cvm_models::SERVICE, action, &uri, &signed, Bytes::new())
}

fn tc3_request(
    service: &ServiceInfo,
    action: &str,
    uri: &str,
    signed: &tc3::Request<'_>,
    body: Bytes,
) -> Request<Bytes> {
    let authorization = tc3::sign(&credential(), service.name, NOW, signed).unwrap();
    let request = Request::builder().method(signed.method.as_str()).uri(uri);
    let request =
        signed.headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request
        .header("x-tc-action", action)
        .header("x-tc-version", service.version)
        .header("x-tc-region", REGION)
        .header("x-tc-timestamp", NOW)
        .header("authorization", authorization)
        .body(body)
        .unwrap()
}

/// A v1 request: its gateway, HTTP method and signature algorithm.
#[derive(Clone, Copy, Debug)]
pub struct V1Variant {
    pub gateway: Gateway,
    pub method: Method,
    pub algorithm: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gateway {
    Api3,
    Old,
}

impl Gateway {
    const fn host_and_path(self) -> (&'static str, &'static str) {
        match self {
            Self::Api3 => (HOST, v1::API3_PATH),
            Self::Old => (OLD_HOST, v1::GATEWAY_PATH),
        }
    }

    /// The four variants of this gateway: two methods, two algorithms.
    pub fn variants(self) -> impl Iterator<Item = V1Variant> {
        [Method::Get, Method::Post].into_iter().flat_map(move |method| {
            ["HmacSHA1", "HmacSHA256"].map(|algorithm| V1Variant {
                gateway: self,
                method,
                algorithm,
            })
        })
    }
}

impl V1Variant {
    /// A request with these encoded parameters, completed with the common ones and signed.
    pub fn complete(self, parameters: &str) -> Request<Bytes> {
        let common = [
            ("Region", REGION),
            ("Timestamp", &NOW.to_string()),
            ("Nonce", "11886"),
            ("SecretId", SECRET_ID),
            ("SignatureMethod", self.algorithm),
        ];
        let text = format!("{parameters}&{}", percent::encode_pairs(common));
        let mut pairs = percent::decode_pairs(&text).unwrap();
        let (host, path) = self.gateway.host_and_path();
        // A client keeps parameters in a map: of a repeated name, the last one is signed.
        pairs.reverse();
        let mut seen = std::collections::HashSet::new();
        pairs.retain(|(name, _)| seen.insert(name.clone()));
        let request = v1::Request { method: self.method, host, path, params: &pairs };
        let signature = v1::sign(&credential(), &request).unwrap().to_string();
        let text = format!("{text}&Signature={}", percent::encode(&signature));
        let request = Request::builder().method(self.method.as_str()).header("host", host);
        match self.method {
            Method::Get => request.uri(format!("{path}?{text}")).body(Bytes::new()),
            Method::Post => request
                .uri(path)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(text.into()),
        }
        .unwrap()
    }

    /// A request of an action with these parameters.
    pub fn call(self, action: &str, pairs: &[(String, String)]) -> Request<Bytes> {
        let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let own = [("Action", action), ("Version", VERSION)].into_iter().chain(pairs);
        self.complete(&percent::encode_pairs(own))
    }
}
