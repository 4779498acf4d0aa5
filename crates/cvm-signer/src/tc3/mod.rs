//! TC3-HMAC-SHA256, the signature in the `Authorization` header, stage by stage.
//!
//! A [`CanonicalRequest`] is hashed into a [`StringToSign`], which a [`SigningKey`] turns into a
//! [`Signature`]; [`authorization`] puts that into the header value. [`sign`] runs all stages.

mod canonical;
mod header;
mod scope;
mod signature;
mod signed_headers;
mod string_to_sign;

use alloc::string::String;

pub use canonical::CanonicalRequest;
pub(crate) use canonical::{Case, HeaderForm};
pub use header::{Authorization, AuthorizationError, SKIP, authorization};
pub use scope::CredentialScope;
pub use signature::{Signature, SigningKey, derive_key};
pub use signed_headers::{HeaderError, MAX_SIGNED_HEADERS, SignedHeaders};
pub use string_to_sign::StringToSign;

use crate::{Credential, Date, HexDigest, Method, SignError, mac};

/// The name of the algorithm, as it opens the header value and the string to sign.
pub const ALGORITHM: &str = "TC3-HMAC-SHA256";

/// The value of the header `X-TC-Content-SHA256` that says the body is not signed.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The parts of a request that enter the signature.
///
/// Query string and body are signed as given, byte for byte: sign what is sent.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The HTTP method.
    pub method: Method,
    /// The text after the `?`, still encoded; signed for a GET only.
    pub query: &'a str,
    /// Names and values, in any order and any case: to sign, the headers that are to be signed,
    /// `Content-Type` and `Host` among them; to verify, all headers of the request.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body; signed for a POST only.
    pub payload: Payload<'a>,
}

impl<'a> Request<'a> {
    /// A GET, whose parameters are in the query string.
    pub const fn get(query: &'a str, headers: &'a [(&'a str, &'a str)]) -> Self {
        Self { method: Method::Get, query, headers, payload: Payload::Body(&[]) }
    }

    /// A POST, whose parameters are in the body.
    pub const fn post(body: &'a [u8], headers: &'a [(&'a str, &'a str)]) -> Self {
        Self { method: Method::Post, query: "", headers, payload: Payload::Body(body) }
    }

    /// The same request with its body left out of the signature. The header `X-TC-Content-SHA256`
    /// has to say so with [`UNSIGNED_PAYLOAD`]; it need not be signed itself.
    #[must_use]
    pub const fn unsigned_payload(self) -> Self {
        Self { payload: Payload::Unsigned, ..self }
    }

    /// The hash that stands for the body in the canonical request.
    pub fn hashed_payload(&self) -> HexDigest {
        match (self.payload, self.method) {
            (Payload::Unsigned, _) => HexDigest::sha256(UNSIGNED_PAYLOAD.as_bytes()),
            (_, Method::Get) => HexDigest::EMPTY,
            (Payload::Body(body), Method::Post) => HexDigest::sha256(body),
            (Payload::Hashed(hash), Method::Post) => *hash,
        }
    }
}

/// The body of a request, or what stands for it.
#[derive(Clone, Copy)]
pub enum Payload<'a> {
    /// The bytes that are sent.
    Body(&'a [u8]),
    /// The SHA-256 hash of the bytes that are sent, for a body that is signed more than once.
    Hashed(&'a HexDigest),
    /// The body is not signed.
    Unsigned,
}

/// Signs a request: returns the value of its `Authorization` header.
///
/// The header `X-TC-Timestamp` must carry the same `timestamp`, in seconds, and `X-TC-Token` the
/// token of a temporary credential. Derives the key anew; whoever signs often keeps a
/// [`KeyCache`](crate::KeyCache) and calls [`sign_with_key`].
///
/// # Errors
///
/// When the request could not be accepted by any server; see [`SignError`].
pub fn sign(
    credential: &Credential,
    service: &str,
    timestamp: u64,
    request: &Request<'_>,
) -> Result<String, SignError> {
    let value = sign_unscrubbed(credential, service, timestamp, request);
    mac::scrub_stack();
    value
}

/// In a frame of its own, so that the copies of the key which it leaves on the stack can be overwritten.
#[inline(never)]
fn sign_unscrubbed(
    credential: &Credential,
    service: &str,
    timestamp: u64,
    request: &Request<'_>,
) -> Result<String, SignError> {
    let scope = CredentialScope::at(timestamp, service)?;
    sign_with_key(&SigningKey::derive(credential, &scope), credential, timestamp, request)
}

/// Signs a request with a key derived before, by [`SigningKey::derive`] or a
/// [`KeyCache`](crate::KeyCache).
///
/// # Errors
///
/// As [`sign`], and when the key belongs to another secret or day.
pub fn sign_with_key(
    key: &SigningKey,
    credential: &Credential,
    timestamp: u64,
    request: &Request<'_>,
) -> Result<String, SignError> {
    if Date::from_timestamp(timestamp) != Some(key.scope().date()) {
        return Err(SignError::KeyDate);
    }
    if !key.belongs_to(credential) {
        return Err(SignError::KeySecret);
    }
    let canonical_request = CanonicalRequest::new(request)?.text();
    let string_to_sign = StringToSign::new(timestamp, key.scope(), &canonical_request.hash());
    let signature = key.sign(&string_to_sign);
    Ok(header::write(credential.secret_id(), key.scope(), canonical_request.names(), &signature))
}
