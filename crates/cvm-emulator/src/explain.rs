//! Explains a wrong signature: the texts that the emulator signed, and the first line of them that the client signed
//! differently.
//!
//! A request contains the signature of the client's text, but not the text. So this verifies the signature against the
//! texts of clients with the usual mistakes: another host, content type, body, query, path or time than they send.

use std::borrow::Cow;
use std::fmt;

use cvm_protocol::{ActionInfo, ServiceInfo, percent};
use cvm_signer::verify::{self, VerifyingKey};
use cvm_signer::{Credential, HexDigest, Method, tc3, v1};
use serde::Serialize;

use crate::redact;

/// Maximum length of an explanation in characters. A form can be a hundred times as long.
const MAX_EXPLANATION: usize = 8 * 1024;

/// No mistakes are searched in a longer request, because each costs a hash of the whole.
const MAX_SEARCHED: usize = 64 * 1024;

/// Maximum length in characters of a line in a message.
const MAX_LINE: usize = 200;

/// Why a signature is wrong. Secret values are hidden.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Explanation {
    /// The first line that differs.
    difference: String,
    /// The canonical request that the emulator computed. Only TC3 has one.
    canonical_request: Option<String>,
    /// The string to sign that the emulator computed.
    string_to_sign: String,
}

/// Explains a wrong TC3 signature. Secret values are hidden.
pub(crate) fn tc3(
    key: &VerifyingKey,
    authorization: &tc3::Authorization<'_>,
    timestamp: u64,
    request: &tc3::Request<'_>,
    info: Option<&ActionInfo>,
) -> Option<Explanation> {
    let shown = |request: &tc3::Request<'_>| {
        let query = redact::query(info, request.query);
        let redacted = tc3::Request { query: &query, ..*request };
        tc3::CanonicalRequest::received(&redacted, authorization).ok().map(|it| it.to_string())
    };
    let actual = tc3::CanonicalRequest::received(request, authorization).ok();
    let (redacted, actual) = (shown(request)?, actual?);
    let string_to_sign = |timestamp| {
        tc3::StringToSign::new(timestamp, authorization.scope(), &actual.hash()).to_string()
    };
    let hash = request.hashed_payload();
    let changed = tc3_mistakes(request, info).into_iter().find_map(|mistake| {
        let mut headers = request.headers.to_vec();
        let mut changed = tc3::Request { payload: tc3::Payload::Hashed(&hash), ..*request };
        match &mistake {
            Mistake::Header(name, value) => {
                for header in headers.iter_mut().filter(|it| it.0.eq_ignore_ascii_case(name)) {
                    header.1 = value;
                }
                changed.headers = &headers;
            }
            Mistake::Query(query) => changed.query = query,
            Mistake::Body(hash) => changed.payload = tc3::Payload::Hashed(hash),
        }
        verify::tc3(key, authorization, timestamp, &changed).ok()?;
        let signed = shown(&changed)?;
        Some(difference("canonical request", signed.lines(), redacted.lines()))
    });
    let other_time = || {
        let is_signed = |other: &u64| verify::tc3(key, authorization, *other, request).is_ok();
        let other = CLOSE_TIMES.iter().map(|step| timestamp.saturating_add_signed(*step));
        let (signed, received) = (other.into_iter().find(is_signed)?, string_to_sign(timestamp));
        Some(difference("string to sign", string_to_sign(signed).lines(), received.lines()))
    };
    Some(Explanation::new(changed.or_else(other_time), Some(redacted), string_to_sign(timestamp)))
}

/// Explains a wrong v1 signature. Secret values are hidden.
pub(crate) fn v1(
    credential: Option<&Credential>,
    request: &v1::Request<'_, String, String>,
    info: Option<&ActionInfo>,
) -> Explanation {
    let shown = |request: &v1::Request<'_, String, String>| {
        let mut params = redact::pairs(info, request.params);
        params.retain(|(name, _)| *name != v1::SIGNATURE);
        let v1::Request { method, host, path, .. } = *request;
        let redacted = v1::Request { method, host, path, params: &params };
        v1::string_to_sign(&redacted).unwrap_or_default()
    };
    let received = shown(request);
    let length: usize = request.params.iter().map(|(name, value)| name.len() + value.len()).sum();
    let is_signed = |request: &v1::Request<'_, String, String>| {
        length <= MAX_SEARCHED && verify::v1(credential, request).is_ok()
    };
    let region = request.params.iter().find(|(name, _)| name == "Region");
    let hosts = hosts(service(info), region.map(|(_, region)| region.as_str()));
    let mut changed: Vec<v1::Request<'_, String, String>> = hosts
        .iter()
        .map(|host| v1::Request { host: host.as_ref(), ..*request })
        .chain([v1::API3_PATH, v1::GATEWAY_PATH].map(|path| v1::Request { path, ..*request }))
        .chain([Method::Get, Method::Post].map(|method| v1::Request { method, ..*request }))
        .collect();
    let encoded: Vec<(String, String)> = request
        .params
        .iter()
        .map(|(name, value)| match name.as_str() {
            v1::SIGNATURE => (name.clone(), value.clone()),
            _ => (name.clone(), percent::encode(value)),
        })
        .collect();
    changed.push(v1::Request { params: &encoded, ..*request });
    let signed = changed.iter().find(|request| is_signed(request));
    let parts = |text: &str| -> Vec<String> {
        text.split_inclusive(['?', '&']).map(str::to_owned).collect()
    };
    let found = signed.map(|signed| {
        let (signed, received) = (parts(&shown(signed)), parts(&received));
        difference(
            "string to sign",
            signed.iter().map(String::as_str),
            received.iter().map(String::as_str),
        )
    });
    Explanation::new(found, None, received)
}

/// What a client signed in place of a part of the request.
enum Mistake<'a> {
    /// Another value of this header.
    Header(&'static str, Cow<'a, str>),
    Query(Cow<'a, str>),
    /// The hash of another body.
    Body(HexDigest),
}

/// Seconds between the signed and the sent time of a client that asks for the time twice.
const CLOSE_TIMES: [i64; 4] = [-1, 1, -2, 2];

const CONTENT_TYPES: [&str; 4] = [
    "application/json",
    "application/json; charset=utf-8",
    "application/json;charset=utf-8",
    "application/x-www-form-urlencoded",
];

fn tc3_mistakes<'a>(request: &tc3::Request<'a>, info: Option<&ActionInfo>) -> Vec<Mistake<'a>> {
    let body = match request.payload {
        tc3::Payload::Body(body) => body,
        _ => &[],
    };
    if body.len() + request.query.len() > MAX_SEARCHED {
        return Vec::new();
    }
    let region = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-tc-region"));
    let hosts = hosts(service(info), region.map(|(_, region)| *region));
    let mut mistakes: Vec<Mistake<'a>> =
        hosts.into_iter().map(|host| Mistake::Header("host", host)).collect();
    let types = CONTENT_TYPES.map(|one| Mistake::Header("content-type", Cow::Borrowed(one)));
    mistakes.extend(types);
    if request.method == Method::Get {
        let query = request.query;
        let mut sorted: Vec<&str> = query.split('&').collect();
        sorted.sort_unstable();
        let decoded = percent::decode(query).unwrap_or_default();
        let queries = [
            Cow::Borrowed(""),
            Cow::Owned(sorted.join("&")),
            decoded,
            Cow::Owned(query.replace('+', "%20")),
            Cow::Owned(query.replace("%20", "+")),
        ];
        mistakes.extend(queries.map(Mistake::Query));
        return mistakes;
    }
    let trimmed = body.trim_ascii_end();
    let compact = serde_json::from_slice::<serde_json::Value>(body);
    let compact = compact.map(|json| json.to_string()).unwrap_or_default();
    for other in [&b""[..], b"{}", trimmed, compact.as_bytes(), tc3::UNSIGNED_PAYLOAD.as_bytes()] {
        mistakes.push(Mistake::Body(HexDigest::sha256(other)));
    }
    mistakes
}

/// The hosts of a service that clients sign although they send requests to another one.
fn hosts<'a>(service: &ServiceInfo, region: Option<&str>) -> Vec<Cow<'a, str>> {
    let gateway = service.old_gateway.as_ref().map(|gateway| gateway.host);
    let known = [service.endpoint, service.endpoint_intl, service.endpoint_internal, "localhost"];
    let known = known.into_iter().chain(gateway).map(Cow::Borrowed);
    let regional =
        region.map(|region| Cow::Owned(service.endpoint_regional.replace("{region}", region)));
    known.chain(regional).collect()
}

/// The service of an action. A client without a known action probably means CVM.
fn service(info: Option<&ActionInfo>) -> &'static ServiceInfo {
    info.map_or(&cvm_models::SERVICE, |info| info.service)
}

/// Names the first line that the client signed differently.
fn difference<'a>(
    text: &str,
    signed: impl Iterator<Item = &'a str>,
    received: impl Iterator<Item = &'a str>,
) -> String {
    let signed: Vec<&str> = signed.collect();
    let received: Vec<&str> = received.collect();
    let count = signed.len().max(received.len());
    let line = |lines: &[&str], index: usize| -> String {
        lines.get(index).unwrap_or(&"").chars().take(MAX_LINE).collect()
    };
    let first = (0..count).find(|index| signed.get(*index) != received.get(*index));
    let Some(index) = first else {
        return format!("The client signed another value of a hidden parameter in the {text}.");
    };
    format!(
        "The first line that differs is line {} of the {text}: the client signed `{}`, and the request \
         has `{}`.",
        index + 1,
        line(&signed, index),
        line(&received, index)
    )
}

impl Explanation {
    pub(crate) fn new(
        difference: Option<String>,
        canonical_request: Option<String>,
        string_to_sign: String,
    ) -> Self {
        let difference = difference.unwrap_or_else(|| {
            "No usual mistake explains the signature: check the secret key, or compare the texts."
                .into()
        });
        Self {
            difference,
            canonical_request: canonical_request.map(|text| shortened(&text)),
            string_to_sign: shortened(&string_to_sign),
        }
    }
}

/// The explanation in an error message.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut texts = String::new();
        if let Some(request) = &self.canonical_request {
            texts = format!("canonical request:\n{request}\n\n");
        }
        texts += &format!("string to sign:\n{}", self.string_to_sign);
        let (difference, texts) = (&self.difference, shortened(&texts));
        write!(f, "{difference} The emulator computed (secret values shown as ***) {texts}")
    }
}

fn shortened(text: &str) -> String {
    let start: String = text.chars().take(MAX_EXPLANATION).collect();
    let more = if start.len() < text.len() { "…" } else { "" };
    start + more
}
