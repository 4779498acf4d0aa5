//! Verifies that the client signed a request, and returns the parts that must be new in every attempt.

use std::time::{SystemTime, UNIX_EPOCH};

use cvm_signer::{Credential, tc3, v1, verify};

use crate::received::Arrived;
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
pub fn verify(arrived: &Arrived) -> Result<Signed, String> {
    let signed = match arrived.header("authorization") {
        Some(authorization) => verify_tc3(arrived, authorization)?,
        None => verify_v1(arrived)?,
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

fn verify_tc3(arrived: &Arrived, text: &str) -> Result<Signed, String> {
    let authorization = tc3::Authorization::parse(text).map_err(|error| error.to_string())?;
    let credential = credential_of(authorization.secret_id());
    let key = verify::VerifyingKey::derive(credential.as_ref(), authorization.scope());
    let timestamp = number(arrived.header("x-tc-timestamp"))?;
    let headers: Vec<(&str, &str)> =
        arrived.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = tc3::Request {
        method: arrived.method,
        query: &arrived.query,
        headers: &headers,
        payload: tc3::Payload::Body(&arrived.body),
    };
    verify::tc3(&key, &authorization, timestamp, &request).map_err(|error| error.to_string())?;
    Ok(Signed {
        timestamp,
        nonce: None,
        signature: authorization.signature().to_string(),
        token: arrived.header("x-tc-token").unwrap_or_default().to_owned(),
    })
}

fn verify_v1(arrived: &Arrived) -> Result<Signed, String> {
    let credential = credential_of(arrived.parameter("SecretId").unwrap_or_default());
    let request = v1::Request {
        method: arrived.method,
        host: arrived.header("host").unwrap_or_default(),
        path: &arrived.path,
        params: &arrived.parameters,
    };
    verify::v1(credential.as_ref(), &request).map_err(|error| error.to_string())?;
    let text = |name| arrived.parameter(name).unwrap_or_default().to_owned();
    Ok(Signed {
        timestamp: number(arrived.parameter("Timestamp"))?,
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
