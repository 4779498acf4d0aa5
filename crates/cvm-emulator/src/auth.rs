//! Who is calling, and is the signature theirs? Every dialect is verified, nothing is waved through.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cvm_protocol::ActionInfo;
use cvm_signer::verify::{self, EmptyParameters, VerifyError, VerifyingKey};
use cvm_signer::{Credential, KeyCache, tc3, v1};
use subtle::ConstantTimeEq;

use crate::dialect::{self, Call, Dialect, Incoming, Parameters};
use crate::redact;
use cvm_simulator::ApiError;

const NOT_VALIDATED: &str =
    "The provided credentials could not be validated. Please check your signature is correct.";
const NOT_FOUND: &str = "The SecretId is not found, please ensure that your SecretId is correct.";
/// The old gateway's own words.
const NOT_ABLE: &str = "qcloud was not able to validate the provided access credentials.";

/// Most characters of an explanation; a form may be a hundred times as long.
const MAX_EXPLANATION: usize = 8 * 1024;

/// The credentials of the emulated account.
#[derive(Debug)]
pub(crate) struct Authenticator {
    by_id: HashMap<String, Credential>,
    derived: Mutex<KeyCache>,
}

impl Authenticator {
    pub(crate) fn new(credentials: &[Credential]) -> Self {
        let by_id = credentials.iter().map(|one| (one.secret_id().to_owned(), one.clone()));
        Self { by_id: by_id.collect(), derived: Mutex::new(KeyCache::new()) }
    }

    /// Passes the head of a TC3 request that may still prove to be signed: the key is known and the time is
    /// right. Nothing else is known before the body is there.
    pub(crate) fn admit_tc3(&self, incoming: &Incoming<'_>, now: u64) -> Result<(), ApiError> {
        let (authorization, _) = tc3_head(incoming, now)?;
        let is_known = self.by_id.contains_key(authorization.secret_id());
        if is_known { Ok(()) } else { Err(unknown()) }
    }

    /// Passes a request whose signature is among its parameters if its key is known and its time is right. Only the
    /// parameters that tell this are decoded, so nobody without a key has a long form decoded and sorted.
    pub(crate) fn admit_v1(
        &self,
        dialect: Dialect,
        incoming: &Incoming<'_>,
        now: u64,
    ) -> Result<(), ApiError> {
        let given = dialect::first_values(incoming, V1_HEAD)?;
        let find = |name: &str| {
            let place = V1_HEAD.iter().position(|known| *known == name)?;
            given.get(place)?.as_deref()
        };
        let admitted = v1_head(find, now).and_then(|secret_id| {
            if self.by_id.contains_key(secret_id) { Ok(()) } else { Err(unknown()) }
        });
        admitted.map_err(|refusal| spoken_in(dialect, refusal))
    }

    /// Passes a call whose signature and token are right. `now` is real time, whatever the virtual
    /// clock says; `info` tells which parameters an explanation has to hide. Parameters that the
    /// signature does not cover are removed from the call.
    pub(crate) fn check(
        &self,
        incoming: &Incoming<'_>,
        call: &mut Call<'_>,
        info: Option<&ActionInfo>,
        now: u64,
    ) -> Result<(), ApiError> {
        let verified = match &mut call.parameters {
            Parameters::Pairs(pairs) if call.dialect != Dialect::Tc3 => {
                self.v1(incoming, pairs, info, now)
            }
            _ => self.tc3(incoming, info, now),
        };
        let checked = verified.and_then(|credential| token(credential, call));
        checked.map_err(|refusal| spoken_in(call.dialect, refusal))
    }

    fn tc3(
        &self,
        incoming: &Incoming<'_>,
        info: Option<&ActionInfo>,
        now: u64,
    ) -> Result<&Credential, ApiError> {
        let (authorization, timestamp) = tc3_head(incoming, now)?;
        let credential = self.by_id.get(authorization.secret_id());
        let key = {
            let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
            VerifyingKey::cached(&mut derived, credential, authorization.scope())
        };
        covered(incoming)?;
        let mut request = tc3::Request {
            method: incoming.method,
            query: incoming.query,
            headers: incoming.headers,
            payload: tc3::Payload::Body(incoming.body),
        };
        if incoming.header("x-tc-content-sha256") == Some(tc3::UNSIGNED_PAYLOAD) {
            request = request.unsigned_payload();
        }
        let verified = verify::tc3(&key, &authorization, timestamp, &request);
        match (verified, credential) {
            (Ok(()), Some(credential)) => Ok(credential),
            (Err(VerifyError::UnknownSecretId) | Ok(()), _) => Err(unknown()),
            (Err(VerifyError::Signature), _) => {
                Err(failed(&explain_tc3(&authorization, timestamp, &request, info)))
            }
            (Err(error), _) => Err(failed(&error.to_string())),
        }
    }

    fn v1(
        &self,
        incoming: &Incoming<'_>,
        pairs: &mut Vec<(String, String)>,
        info: Option<&ActionInfo>,
        now: u64,
    ) -> Result<&Credential, ApiError> {
        let find = |name: &str| {
            let pair = pairs.iter().find(|(given, value)| given == name && !value.is_empty());
            pair.map(|(_, value)| value.as_str())
        };
        let secret_id = v1_head(find, now)?;
        covered(incoming)?;
        let credential = self.by_id.get(secret_id);
        let request = v1::Request {
            method: incoming.method,
            host: incoming.host,
            path: incoming.path,
            params: pairs.as_slice(),
        };
        match (verify::v1(credential, &request), credential) {
            (Ok(EmptyParameters::Signed), Some(credential)) => Ok(credential),
            (Ok(EmptyParameters::Unsigned), Some(credential)) => {
                pairs.retain(|(_, value)| !value.is_empty());
                Ok(credential)
            }
            (Err(VerifyError::UnknownSecretId) | Ok(_), _) => Err(unknown()),
            (Err(VerifyError::RepeatedParameter(name)), _) => {
                let message =
                    format!("The parameter `{name}` is given twice; give each name once.");
                Err(ApiError::new("InvalidParameter", message))
            }
            (Err(VerifyError::Signature), _) => Err(failed(&explain_v1(&request, info))),
            (Err(error), _) => Err(failed(&error.to_string())),
        }
    }
}

/// The parameters that tell who signed a request and when.
const V1_HEAD: [&str; 4] = [v1::SIGNATURE, "SecretId", "Nonce", "Timestamp"];

/// Checks these parameters, short of the signature itself; returns the secret id.
fn v1_head<'a>(find: impl Fn(&str) -> Option<&'a str>, now: u64) -> Result<&'a str, ApiError> {
    if find(v1::SIGNATURE).is_none() {
        let message = "The request is not signed: it has neither a header `Authorization` nor a \
                       parameter `Signature`.";
        return Err(ApiError::new("AuthFailure.InvalidAuthorization", message));
    }
    let secret_id = find("SecretId").ok_or_else(|| missing("SecretId"))?;
    let nonce = find("Nonce").ok_or_else(|| missing("Nonce"))?;
    if nonce.parse::<u64>().is_err() {
        let message = "The parameter `Nonce` is not a positive integer.";
        return Err(ApiError::new("InvalidParameter", message));
    }
    let timestamp = timestamp("Timestamp", find("Timestamp"))?;
    verify::clock(now, timestamp, verify::CLOCK_WINDOW).map_err(|_| expired(now, timestamp))?;
    Ok(secret_id)
}

/// Checks what the head of a TC3 request tells about its signature, short of the signature itself.
fn tc3_head<'a>(
    incoming: &Incoming<'a>,
    now: u64,
) -> Result<(tc3::Authorization<'a>, u64), ApiError> {
    let header = incoming.header("authorization").unwrap_or_default();
    let authorization = tc3::Authorization::parse(header).map_err(|error| {
        ApiError::new("AuthFailure.InvalidAuthorization", format!("The {error}."))
    })?;
    let timestamp = timestamp("X-TC-Timestamp", incoming.header("x-tc-timestamp"))?;
    verify::clock(now, timestamp, verify::CLOCK_WINDOW).map_err(|_| expired(now, timestamp))?;
    // Before the key is derived, so that no stranger fills the cache with days of his choice.
    verify::scope_date(authorization.scope(), timestamp)
        .map_err(|error| failed(&error.to_string()))?;
    Ok((authorization, timestamp))
}

/// A temporary credential counts only with its token.
fn token(credential: &Credential, call: &Call<'_>) -> Result<(), ApiError> {
    let Some(expected) = credential.token() else { return Ok(()) };
    let given = call.token.as_deref().unwrap_or_default();
    if bool::from(given.as_bytes().ct_eq(expected.as_bytes())) {
        return Ok(());
    }
    let message = "The token of the temporary credential is missing or wrong.";
    Err(ApiError::new("AuthFailure.TokenFailure", message))
}

fn timestamp(name: &str, text: Option<&str>) -> Result<u64, ApiError> {
    let text = text.filter(|text| !text.is_empty()).ok_or_else(|| missing(name))?;
    let seconds: u64 = text.parse().map_err(|_| {
        let message = format!("`{name}` is not a Unix timestamp in seconds.");
        ApiError::new("InvalidParameter", message)
    })?;
    // A sign or a leading zero would not be in the text that was signed.
    if seconds.to_string() != text {
        return Err(failed(&format!("`{name}` has a sign or leading zeros: send digits alone.")));
    }
    Ok(seconds)
}

/// Refuses parts of a request that no signature covers, and headers that leave open what they say.
fn covered(incoming: &Incoming<'_>) -> Result<(), ApiError> {
    let parts = verify::covered(incoming.method, incoming.query, incoming.body);
    let headers = match incoming.repeated_header() {
        Some(name) => Err(VerifyError::Header(tc3::HeaderError::Repeated(name.into()))),
        None => Ok(()),
    };
    parts.and(headers).map_err(|error| failed(&error.to_string()))
}

fn missing(name: &str) -> ApiError {
    let message = format!("The request is missing the common parameter `{name}`.");
    ApiError::new("MissingParameter", message)
}

fn unknown() -> ApiError {
    ApiError::new("AuthFailure.SecretIdNotFound", NOT_FOUND)
}

fn failed(why: &str) -> ApiError {
    ApiError::explained("AuthFailure.SignatureFailure", &format!("{NOT_VALIDATED} {why}"))
}

fn expired(now: u64, timestamp: u64) -> ApiError {
    let message = format!(
        "The timestamp {timestamp} lies more than {} seconds from the server time {now}.",
        verify::CLOCK_WINDOW.as_secs()
    );
    ApiError::new("AuthFailure.SignatureExpire", message)
}

/// The old gateway documents one bare code for credentials that it could not validate. A wrong clock
/// keeps its own code there, because nothing else tells a client what to mend.
fn spoken_in(dialect: Dialect, refusal: ApiError) -> ApiError {
    let is_bare =
        refusal.code.starts_with("AuthFailure.") && refusal.code != "AuthFailure.SignatureExpire";
    if dialect != Dialect::OldGateway || !is_bare {
        return refusal;
    }
    let why = refusal.message.strip_prefix(NOT_VALIDATED).unwrap_or(&refusal.message);
    ApiError::explained("AuthFailure", &format!("{NOT_ABLE} {}", why.trim_start()))
}

/// What the emulator signed: the one thing that helps an author of a client.
fn explain_tc3(
    authorization: &tc3::Authorization<'_>,
    timestamp: u64,
    request: &tc3::Request<'_>,
    info: Option<&ActionInfo>,
) -> String {
    let query = redact::query(info, request.query);
    let shown = tc3::Request { query: &query, ..*request };
    let received = |request| tc3::CanonicalRequest::received(request, authorization).ok();
    let (Some(shown), Some(actual)) = (received(&shown), received(request)) else {
        return String::new();
    };
    let string_to_sign = tc3::StringToSign::new(timestamp, authorization.scope(), &actual.hash());
    explanation(&format!(
        "canonical request:\n{shown}\n\nstring to sign:\n{}",
        string_to_sign.as_str()
    ))
}

fn explain_v1(request: &v1::Request<'_, String, String>, info: Option<&ActionInfo>) -> String {
    let mut params = redact::pairs(info, request.params);
    params.retain(|(name, _)| *name != v1::SIGNATURE);
    let v1::Request { method, host, path, .. } = *request;
    let shown = v1::Request { method, host, path, params: &params };
    let text = v1::string_to_sign(&shown).unwrap_or_default();
    explanation(&format!("string to sign:\n{text}"))
}

fn explanation(text: &str) -> String {
    let shown: String = text.chars().take(MAX_EXPLANATION).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("The emulator computed (values of secrets as ***) {shown}{more}")
}
