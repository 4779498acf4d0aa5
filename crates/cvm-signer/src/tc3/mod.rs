//! TC3-HMAC-SHA256 (signature v3): the signature is in the `Authorization` header. It follows
//! <https://cloud.tencent.com/document/api/213/30654>.
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

/// The name of the algorithm. The header value and the string to sign begin with it.
pub const ALGORITHM: &str = "TC3-HMAC-SHA256";

/// The value of the header `X-TC-Content-SHA256` that says the body is not signed.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The parts of a request that enter the signature.
///
/// Query string and body are signed byte for byte: pass them exactly as they are sent.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The HTTP method.
    pub method: Method,
    /// The text after the `?`, still encoded; signed for a GET only.
    pub query: &'a str,
    /// Names and values, in any order and any case. To sign: the headers that the signature covers,
    /// including `Content-Type` and `Host`. To verify: all headers of the request.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body; signed for a POST only.
    pub payload: Payload<'a>,
}

impl<'a> Request<'a> {
    /// Creates a GET, whose parameters are in the query string.
    pub const fn get(query: &'a str, headers: &'a [(&'a str, &'a str)]) -> Self {
        Self { method: Method::Get, query, headers, payload: Payload::Body(&[]) }
    }

    /// Creates a POST, whose parameters are in the body.
    pub const fn post(body: &'a [u8], headers: &'a [(&'a str, &'a str)]) -> Self {
        Self { method: Method::Post, query: "", headers, payload: Payload::Body(body) }
    }

    /// Returns the same request with an unsigned body. The header `X-TC-Content-SHA256` must have the
    /// value [`UNSIGNED_PAYLOAD`]; the header itself need not be signed.
    #[must_use]
    pub const fn unsigned_payload(self) -> Self {
        Self { payload: Payload::Unsigned, ..self }
    }

    /// The hash of the body in the canonical request.
    pub fn hashed_payload(&self) -> HexDigest {
        match (self.payload, self.method) {
            (Payload::Unsigned, _) => HexDigest::sha256(UNSIGNED_PAYLOAD.as_bytes()),
            (_, Method::Get) => HexDigest::EMPTY,
            (Payload::Body(body), Method::Post) => HexDigest::sha256(body),
            (Payload::Hashed(hash), Method::Post) => *hash,
        }
    }
}

/// The body of a request, its hash, or neither.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Payload<'a> {
    /// The bytes that are sent.
    Body(&'a [u8]),
    /// The SHA-256 hash of the bytes that are sent, to sign the same body more than once.
    Hashed(&'a HexDigest),
    /// The body is not signed.
    Unsigned,
}

/// Signs a request. Returns the value of its `Authorization` header.
///
/// The header `X-TC-Timestamp` must contain the same `timestamp`, in seconds, and `X-TC-Token` the token of a
/// temporary credential. Each call derives the key; to sign often, keep a [`KeyCache`](crate::KeyCache)
/// and call [`sign_with_key`].
///
/// # Errors
///
/// If no server would accept the request; see [`SignError`].
pub fn sign(
    credential: &Credential,
    service: &str,
    timestamp: u64,
    request: &Request<'_>,
) -> Result<String, SignError> {
    mac::scrubbed(|| {
        let scope = CredentialScope::at(timestamp, service)?;
        sign_with_key(&SigningKey::derive(credential, &scope), credential, timestamp, request)
    })
}

/// Signs a request with a key from [`SigningKey::derive`] or a [`KeyCache`](crate::KeyCache).
///
/// # Errors
///
/// As [`sign`], and if the key was derived from another secret key or for another day.
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
