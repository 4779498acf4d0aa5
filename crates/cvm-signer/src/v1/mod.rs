//! Signature v1 (HmacSHA1 and HmacSHA256): the signature is a parameter, on API 3.0 and on the old gateway.
//! It follows <https://cloud.tencent.com/document/api/213/15693>.
//!
//! The signed text contains the decoded parameters, sorted by name. The client sends the same parameters,
//! each percent-encoded once, and the parameter `Signature`.

mod canonical;
mod signature;

pub use canonical::string_to_sign;
pub(crate) use canonical::{ParamForm, repeated, sorted, write_string_to_sign};
pub(crate) use signature::SignatureBytes;
pub use signature::{Algorithm, Signature};

use crate::{Credential, Method, SignError};

/// The path of API 3.0.
pub const API3_PATH: &str = "/";

/// The path of the old gateway.
pub const GATEWAY_PATH: &str = "/v2/index.php";

/// The reserved name of the parameter that carries the signature.
pub const SIGNATURE: &str = "Signature";

/// The parts of a request that enter the signature.
pub struct Request<'a, N, V> {
    /// The HTTP method.
    pub method: Method,
    /// The `Host` header as sent, with its port if it has one.
    pub host: &'a str,
    /// [`API3_PATH`] or [`GATEWAY_PATH`].
    pub path: &'a str,
    /// All decoded parameters, including the common ones, in any order. To sign, without `Signature`; to
    /// verify, with it.
    pub params: &'a [(N, V)],
}

impl<N, V> Clone for Request<'_, N, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N, V> Copy for Request<'_, N, V> {}

/// Signs a request. Returns the value of the parameter `Signature`, not yet percent-encoded.
///
/// The parameter `SignatureMethod` selects the algorithm; the default is HmacSHA1. It is signed like any
/// other parameter. The caller has to add `SecretId`, `Timestamp`, `Nonce` and, with a temporary credential,
/// `Token`.
///
/// ```
/// use cvm_signer::{Credential, Method, v1};
///
/// let id = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3gnPhESA";
/// let credential = Credential::new(id, "Gu5t9xGARNpq86cd98joQYCN3Cozk1qA")?;
/// let request = v1::Request {
///     method: Method::Get,
///     host: "cvm.api.qcloud.com",
///     path: v1::GATEWAY_PATH,
///     params: &[
///         ("Action", "DescribeInstances"),
///         ("InstanceIds.0", "ins-09dx96dg"),
///         ("Nonce", "11886"),
///         ("Region", "ap-guangzhou"),
///         ("SecretId", id),
///         ("SignatureMethod", "HmacSHA256"),
///         ("Timestamp", "1465185768"),
///     ],
/// };
/// let signature = v1::sign(&credential, &request)?;
/// assert_eq!(signature.as_str(), "0EEm/HtGRr/VJXTAD9tYMth1Bzm3lLHz5RCDv1GdM8s=");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If no server would accept the request; see [`SignError`].
pub fn sign<N: AsRef<str>, V: AsRef<str>>(
    credential: &Credential,
    request: &Request<'_, N, V>,
) -> Result<Signature, SignError> {
    let is_ours = |(name, value): &(N, V)| {
        name.as_ref() == "SecretId" && value.as_ref() == credential.secret_id()
    };
    if !request.params.iter().any(is_ours) {
        return Err(SignError::SecretId);
    }
    let params = canonical::checked(request.params)?;
    let algorithm = Algorithm::of(request.params);
    let bytes = SignatureBytes::compute(algorithm, credential.secret_key().as_bytes(), |out| {
        write_string_to_sign(out, request, request.host, &params, ParamForm::DOTS)
    });
    Ok(bytes.encode())
}
