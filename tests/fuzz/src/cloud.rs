//! The cloud that the targets call, without a socket, and requests that are signed for it.

use bytes::Bytes;
use cvm_emulator::{Builder, Cloud, Emulator, Timestamp};
use cvm_protocol::{ActionInfo, envelope};
use cvm_protocol::{Envelope, ModelInfo, NameIndex, Record};
use cvm_signer::{Credential, tc3};
use http::{Method, Request, Response};

/// The real time of the targets.
pub const NOW: u64 = 1_700_000_000;

pub const REGION: &str = "ap-guangzhou";
pub const SECRET_ID: &str = "AKIDEXAMPLE";
pub const SECRET_KEY: &str = "a-secret-key";

/// The model info of a response whose members do not matter.
static NO_MEMBERS: ModelInfo = ModelInfo {
    name: "Response",
    members: &[],
    index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
};

pub fn credential() -> Credential {
    Credential::new(SECRET_ID, SECRET_KEY).unwrap()
}

/// A builder whose clouds act the same in each run.
pub fn builder() -> Builder {
    let builder = Emulator::builder().seed(1).manual().start_time(Timestamp::from_unix(NOW));
    builder.wall_clock(|| NOW).credential(credential())
}

pub fn cloud() -> Cloud {
    builder().build().unwrap()
}

/// Every action of every service.
pub fn actions() -> impl Iterator<Item = &'static ActionInfo> {
    let services = [
        cvm_models::ACTIONS,
        vpc_models::ACTIONS,
        cbs_models::ACTIONS,
        tag_models::ACTIONS,
        sts_models::ACTIONS,
        api_models::ACTIONS,
    ];
    services.into_iter().flatten().copied()
}

/// A TC3 request of an action: a POST of a JSON body, or a GET of pairs.
pub fn signed(info: &ActionInfo, parameters: &[u8], in_query: bool) -> Option<Request<Bytes>> {
    let query = if in_query { std::str::from_utf8(parameters).ok()? } else { "" };
    let content_type =
        if in_query { "application/x-www-form-urlencoded" } else { "application/json" };
    let headers = [("content-type", content_type), ("host", info.service.endpoint)];
    let request = if in_query {
        tc3::Request::get(query, &headers)
    } else {
        tc3::Request::post(parameters, &headers)
    };
    let authorization = tc3::sign(&credential(), info.service.name, NOW, &request).ok()?;
    let body = if in_query { Bytes::new() } else { Bytes::copy_from_slice(parameters) };
    Request::builder()
        .method(request.method.as_str())
        .uri(if in_query { format!("/?{query}") } else { "/".to_owned() })
        .header("host", info.service.endpoint)
        .header("content-type", content_type)
        .header("authorization", authorization)
        .header("x-tc-timestamp", NOW)
        .header("x-tc-action", info.name)
        .header("x-tc-version", info.service.version)
        .header("x-tc-region", REGION)
        .body(body)
        .ok()
}

/// Sends a request. `None` if it is not a call of an API.
pub fn call(cloud: &Cloud, request: &Request<Bytes>) -> Option<Envelope> {
    let response = cloud.handle(request);
    let is_known_path = ["/", "/v2/index.php", ""].contains(&request.uri().path());
    if !is_known_path || request.method() == Method::CONNECT {
        assert!([404, 501].contains(&response.status().as_u16()), "{request:?}");
        return None;
    }
    Some(check_response(&response))
}

/// Checks that a response of the emulator is one that every client understands.
pub fn check_response(response: &Response<Bytes>) -> Envelope {
    let shown = || String::from_utf8_lossy(response.body()).into_owned();
    assert_eq!(response.status(), 200, "{}", shown());
    let content_type = response.headers().get("content-type").map(|value| value.as_bytes());
    assert_eq!(content_type, Some(&b"application/json"[..]), "{}", shown());
    let envelope = envelope::decode(&mut Record::new(&NO_MEMBERS), response.body());
    let envelope = envelope.unwrap_or_else(|error| panic!("{error}: {}", shown()));
    assert!(!envelope.is_contradictory, "{}", shown());
    if let Some(error) = &envelope.error {
        assert!(!error.code.as_str().starts_with("InternalError"), "{}", shown());
    }
    // Only the errors of the old gateway have none.
    assert!(envelope.request_id.is_some() || envelope.is_old_gateway, "{}", shown());
    envelope
}
