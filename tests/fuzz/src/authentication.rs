//! Authentication: a request succeeds only if a second implementation of the documented signatures computes its signature.
//!
//! The second implementation shares no code with the signer. It knows the deviations that the decisions of the emulator
//! list, because official clients need them.

use std::sync::OnceLock;

use base64ct::{Base64, Encoding as _};
use bytes::Bytes;
use cvm_emulator::Cloud;
use cvm_signer::{Method, v1};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderValue, Request};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::cloud::{NOW, REGION, SECRET_ID, SECRET_KEY, call, cloud, credential, signed};
use crate::raw_request;

const SIGN: &[u8] = b"sign ";

/// A request as text. If it begins with `sign `, the rest is signed again before it is sent, if it is a TC3 request.
pub fn run(input: &[u8]) {
    static CLOUD: OnceLock<Cloud> = OnceLock::new();
    let text = input.strip_prefix(SIGN);
    let Some(mut request) = raw_request::read(text.unwrap_or(input)) else { return };
    if text.is_some() {
        sign_again(&mut request);
    }
    let Some(envelope) = call(CLOUD.get_or_init(cloud), &request) else { return };
    if envelope.error.is_none() {
        let shown = String::from_utf8_lossy(&raw_request::write(&request)).into_owned();
        assert!(is_signed(&request), "accepted with a wrong signature:\n{shown}");
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let texts: Vec<_> = valid_requests().iter().map(raw_request::write).collect();
    let signing = texts.iter().map(|text| [SIGN, text].concat()).collect::<Vec<_>>();
    texts.into_iter().chain(signing).collect()
}

/// Valid requests in each dialect, with each method and algorithm.
pub fn valid_requests() -> Vec<Request<Bytes>> {
    let action = |name| cvm_models::action(name).unwrap();
    let list = action("DescribeInstances");
    let mut requests = vec![
        signed(action("DescribeZones"), b"{}", false).unwrap(),
        signed(list, br#"{"Limit":5,"Offset":0}"#, false).unwrap(),
        signed(list, b"Limit=5&Filters.0.Name=zone&Filters.0.Values.0=ap-guangzhou-3", true)
            .unwrap(),
    ];
    for (host, path) in
        [("cvm.tencentcloudapi.com", v1::API3_PATH), ("cvm.api.qcloud.com", v1::GATEWAY_PATH)]
    {
        for method in [Method::Get, Method::Post] {
            for algorithm in ["HmacSHA1", "HmacSHA256"] {
                requests.push(v1_request(host, path, method, algorithm));
            }
        }
    }
    requests
}

fn v1_request(host: &str, path: &str, method: Method, algorithm: &str) -> Request<Bytes> {
    let now = NOW.to_string();
    let mut params = vec![
        ("Action", "DescribeZones"),
        ("Version", "2017-03-12"),
        ("Region", REGION),
        ("Timestamp", &now),
        ("Nonce", "11886"),
        ("SecretId", SECRET_ID),
        ("SignatureMethod", algorithm),
    ];
    let request = v1::Request { method, host, path, params: &params };
    let signature = v1::sign(&credential(), &request).unwrap().to_string();
    params.push(("Signature", &signature));
    let text = cvm_protocol::percent::encode_pairs(params);
    let request = Request::builder().method(method.as_str()).header("host", host);
    match method {
        Method::Get => request.uri(format!("{path}?{text}")).body(Bytes::new()),
        Method::Post => request
            .uri(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(text.into()),
    }
    .unwrap()
}

fn is_signed(request: &Request<Bytes>) -> bool {
    match header(request, "authorization") {
        Some(authorization) => Tc3::read(request, authorization).is_some_and(|it| it.is_valid()),
        None => is_signed_v1(request),
    }
}

/// Replaces the signature of a TC3 request by the right one.
fn sign_again(request: &mut Request<Bytes>) {
    let Some(authorization) = header(request, "authorization").map(str::to_owned) else { return };
    let Some(tc3) = Tc3::read(request, &authorization) else { return };
    let signature = tc3.signature(&tc3.host, false);
    let changed = authorization.replace(tc3.given, &signature);
    if let Ok(value) = HeaderValue::from_str(&changed) {
        request.headers_mut().insert("authorization", value);
    }
}

fn header<'a>(request: &'a Request<Bytes>, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

/// The host may be signed without its port, or with a default port that was not sent.
fn hosts(sent: &str) -> [String; 4] {
    let without_port = sent.split(':').next().unwrap_or_default();
    [
        sent.to_owned(),
        without_port.to_owned(),
        format!("{without_port}:80"),
        format!("{without_port}:443"),
    ]
}

/// A request with an `Authorization` header.
struct Tc3<'a> {
    request: &'a Request<Bytes>,
    scope: &'a str,
    signed_headers: &'a str,
    given: &'a str,
    host: String,
}

impl<'a> Tc3<'a> {
    fn read(request: &'a Request<Bytes>, authorization: &'a str) -> Option<Self> {
        let rest = authorization.trim().strip_prefix("TC3-HMAC-SHA256")?;
        let part = |name: &str| {
            let mut parts = rest.split(',').map(str::trim);
            parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        };
        let scope = part("Credential")?.strip_prefix(SECRET_ID)?.strip_prefix('/')?;
        let host = header(request, "host")?.to_owned();
        let (signed_headers, given) = (part("SignedHeaders")?, part("Signature")?);
        (!given.is_empty()).then_some(Self { request, scope, signed_headers, given, host })
    }

    fn is_valid(&self) -> bool {
        let candidates = hosts(&self.host).into_iter().flat_map(|host| {
            [false, true].map(|is_lower_case| self.signature(&host, is_lower_case))
        });
        candidates.into_iter().any(|signature| signature == self.given)
    }

    fn signature(&self, host: &str, is_lower_case: bool) -> String {
        let mut headers = String::new();
        for name in self.signed_headers.split(';') {
            let value = match name {
                "host" => host,
                _ => header(self.request, name).unwrap_or_default(),
            };
            let value =
                if is_lower_case { value.trim().to_lowercase() } else { value.trim().to_owned() };
            headers += &format!("{name}:{value}\n");
        }
        let is_unsigned = header(self.request, "x-tc-content-sha256") == Some("UNSIGNED-PAYLOAD");
        let payload = if is_unsigned { b"UNSIGNED-PAYLOAD" } else { &self.request.body()[..] };
        let query = self.request.uri().query().unwrap_or_default();
        let canonical = format!(
            "{}\n/\n{query}\n{headers}\n{}\n{}",
            self.request.method(),
            self.signed_headers,
            hex(&Sha256::digest(payload)),
        );
        let timestamp = header(self.request, "x-tc-timestamp").unwrap_or_default();
        let hash = hex(&Sha256::digest(canonical));
        let text = format!("TC3-HMAC-SHA256\n{timestamp}\n{}\n{hash}", self.scope);
        let mut key = format!("TC3{SECRET_KEY}").into_bytes();
        for word in self.scope.split('/') {
            key = hmac_sha256(&key, word);
        }
        hex(&hmac_sha256(&key, &text))
    }
}

fn is_signed_v1(request: &Request<Bytes>) -> bool {
    let text = match request.method().as_str() {
        "GET" => request.uri().query().unwrap_or_default(),
        _ => std::str::from_utf8(request.body()).unwrap_or_default(),
    };
    let mut pairs: Vec<(String, String)> = text.split('&').filter_map(decode_pair).collect();
    let Some(at) = pairs.iter().position(|(name, _)| name == "Signature") else { return false };
    let (_, given) = pairs.remove(at);
    let is_sha256 =
        pairs.iter().any(|(name, value)| name == "SignatureMethod" && value == "HmacSHA256");
    let all = pairs.clone();
    // Pairs with an empty value may be unsigned, and underscores may be signed as dots.
    let signed = all.iter().filter(|(_, value)| !value.is_empty()).cloned().collect::<Vec<_>>();
    let host = header(request, "host").unwrap_or_default();
    [all, signed].iter().any(|pairs| {
        [false, true].iter().any(|with_dots| {
            hosts(host).iter().any(|host| {
                let text = v1_text(request, host, pairs, *with_dots);
                let bytes = if is_sha256 {
                    hmac_sha256(SECRET_KEY.as_bytes(), &text)
                } else {
                    let mut mac = Hmac::<Sha1>::new_from_slice(SECRET_KEY.as_bytes()).unwrap();
                    mac.update(text.as_bytes());
                    mac.finalize().into_bytes().to_vec()
                };
                Base64::encode_string(&bytes) == given
            })
        })
    })
}

fn v1_text(
    request: &Request<Bytes>,
    host: &str,
    pairs: &[(String, String)],
    with_dots: bool,
) -> String {
    let name = |name: &str| if with_dots { name.replace('_', ".") } else { name.to_owned() };
    let mut pairs: Vec<_> = pairs.iter().map(|(key, value)| (name(key), value.as_str())).collect();
    pairs.sort();
    let text: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{}{host}{}?{}", request.method(), request.uri().path(), text.join("&"))
}

fn decode_pair(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let pair = (decode(name)?, decode(value)?);
    (!text.is_empty()).then_some(pair)
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hmac_sha256(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
