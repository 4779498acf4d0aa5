//! Verifies that the client signed a request, and returns the parts that must be new in every attempt.

use std::time::{SystemTime, UNIX_EPOCH};

use cvm_signer::{Credential, tc3, v1, verify};

use crate::received::ReceivedRequest;
use crate::test_client;

/// The signed parts of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    pub timestamp: u64,
    /// TC3 has none.
    pub nonce: Option<String>,
    pub signature: String,
    /// The token of the temporary credential.
    pub token: String,
}

/// Verifies a request as the service does.
pub fn verify(received: &ReceivedRequest) -> Result<Signed, String> {
    let signed = match received.header("authorization") {
        Some(authorization) => verify_tc3(received, authorization)?,
        None => verify_v1(received)?,
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    verify::clock(now, signed.timestamp, verify::CLOCK_WINDOW)
        .map_err(|error| error.to_string())?;
    if test_client::TOKENS.contains(&signed.token.as_str()) {
        Ok(signed)
    } else {
        Err(format!("unknown session token {:?}", signed.token))
    }
}

fn verify_tc3(received: &ReceivedRequest, text: &str) -> Result<Signed, String> {
    let authorization = tc3::Authorization::parse(text).map_err(|error| error.to_string())?;
    let credential = credential_of(authorization.secret_id());
    let key = verify::VerifyingKey::derive(credential.as_ref(), authorization.scope());
    let timestamp = number(received.header("x-tc-timestamp"))?;
    let headers: Vec<(&str, &str)> =
        received.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = tc3::Request {
        method: received.method,
        query: &received.query,
        headers: &headers,
        payload: tc3::Payload::Body(&received.body),
    };
    verify::tc3(&key, &authorization, timestamp, &request).map_err(|error| error.to_string())?;
    Ok(Signed {
        timestamp,
        nonce: None,
        signature: authorization.signature().to_string(),
        token: received.header("x-tc-token").unwrap_or_default().to_owned(),
    })
}

fn verify_v1(received: &ReceivedRequest) -> Result<Signed, String> {
    let credential = credential_of(received.parameter("SecretId").unwrap_or_default());
    let request = v1::Request {
        method: received.method,
        host: received.header("host").unwrap_or_default(),
        path: &received.path,
        params: &received.parameters,
    };
    verify::v1(credential.as_ref(), &request).map_err(|error| error.to_string())?;
    let text = |name| received.parameter(name).unwrap_or_default().to_owned();
    Ok(Signed {
        timestamp: number(received.parameter("Timestamp"))?,
        nonce: Some(text("Nonce")),
        signature: text("Signature"),
        token: text("Token"),
    })
}

fn credential_of(secret_id: &str) -> Option<Credential> {
    (secret_id == test_client::SECRET_ID).then(|| test_client::credential(0))
}

fn number(text: Option<&str>) -> Result<u64, String> {
    text.and_then(|text| text.parse().ok()).ok_or_else(|| format!("no timestamp in {text:?}"))
}
