//! Detection and reading of dialects: whatever the request, the response is well formed and nothing is applied unsigned.

use std::sync::OnceLock;

use cvm_emulator::Cloud;

use crate::authentication;
use crate::cloud::{call, cloud};
use crate::{raw_request, samples};

/// A request as text. Its signature is right in some seeds and wrong after most changes.
pub fn run(input: &[u8]) {
    static CLOUD: OnceLock<Cloud> = OnceLock::new();
    let Some(request) = raw_request::read(input) else { return };
    let Some(envelope) = call(CLOUD.get_or_init(cloud), &request) else { return };
    let query = request.uri().query().unwrap_or_default().as_bytes();
    let has_signature = [query, request.body()]
        .iter()
        .any(|text| text.windows(9).any(|word| word.eq_ignore_ascii_case(b"signature")))
        || request.headers().contains_key("authorization")
        // The name can be escaped.
        || query.contains(&b'%')
        || request.body().contains(&b'%');
    assert!(has_signature || envelope.error.is_some(), "an unsigned request succeeded");
}

pub fn seeds() -> Vec<Vec<u8>> {
    let foreign = samples::foreign_requests();
    authentication::valid_requests().iter().chain(&foreign).map(raw_request::write).collect()
}
