//! The server's side: is this the signature that the holder of the secret makes for this request?
//!
//! A server reads the credential's id from the request, looks the secret up, checks the clock, and
//! verifies. It verifies for unknown ids as well, against a key that no one holds, and learns that the
//! id is unknown only at the end: the time that an answer takes tells nobody which ids exist.

use core::{fmt, time::Duration};

use alloc::boxed::Box;
use subtle::ConstantTimeEq;

use crate::{
    Credential, Date, HexDigest, KeyCache, Method,
    credential::Fingerprint,
    tc3::{
        Authorization, CanonicalRequest, Case, CredentialScope, HeaderError, HeaderForm, Payload,
        Request, SigningKey, StringToSign,
    },
    v1,
};

/// How far the clocks of client and service may lie apart, either way.
pub const CLOCK_WINDOW: Duration = Duration::from_secs(300);

/// What unknown ids are verified against. Its value is no secret, since a match does not count.
const DUMMY_KEY: &[u8; 32] = b"no credential has such a key !!!";

/// Refuses a timestamp that lies outside the window around the server's own time.
///
/// # Errors
///
/// [`VerifyError::Clock`] when the two lie more than `window` apart.
pub fn clock(now: u64, timestamp: u64, window: Duration) -> Result<(), VerifyError> {
    if now.abs_diff(timestamp) > window.as_secs() { Err(VerifyError::Clock) } else { Ok(()) }
}

/// Refuses a scope whose day is not the UTC day of the timestamp.
///
/// # Errors
///
/// [`VerifyError::ScopeDate`] when they differ.
pub fn scope_date(scope: &CredentialScope, timestamp: u64) -> Result<(), VerifyError> {
    if Date::from_timestamp(timestamp) == Some(scope.date()) {
        Ok(())
    } else {
        Err(VerifyError::ScopeDate)
    }
}

/// Refuses a query beside a POST and a body beside a GET: no signature covers them.
///
/// [`tc3`] checks this as far as its request tells; [`v1`](fn@v1) is given decoded parameters and cannot. So a
/// server calls this in every dialect, with the request as it was received.
///
/// # Errors
///
/// [`VerifyError::UnsignedQuery`] and [`VerifyError::UnsignedBody`].
pub const fn covered(method: Method, query: &str, body: &[u8]) -> Result<(), VerifyError> {
    covered_parts(method, !query.is_empty(), !body.is_empty())
}

const fn covered_parts(method: Method, has_query: bool, has_body: bool) -> Result<(), VerifyError> {
    match method {
        Method::Post if has_query => Err(VerifyError::UnsignedQuery),
        Method::Get if has_body => Err(VerifyError::UnsignedBody),
        _ => Ok(()),
    }
}

/// The fingerprint that goes with [`DUMMY_KEY`]: that of no credential.
static NO_FINGERPRINT: Fingerprint = Fingerprint::NONE;

/// The key against which a TC3 signature is verified; it cannot sign.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    key: SigningKey,
    known: bool,
}

impl VerifyingKey {
    /// Derives the key of a credential, or of none when the id is unknown.
    pub fn derive(credential: Option<&Credential>, scope: &CredentialScope) -> Self {
        let (secret_key, fingerprint) = secret_of(credential);
        let key = SigningKey::derive_from(secret_key, fingerprint, scope);
        Self { key, known: credential.is_some() }
    }

    /// The same from a cache. Check [`clock`] and [`scope_date`] before, so that strangers cannot
    /// fill the cache with days of their choice.
    pub fn cached(
        cache: &mut KeyCache,
        credential: Option<&Credential>,
        scope: &CredentialScope,
    ) -> Self {
        let (secret_key, fingerprint) = secret_of(credential);
        let key = cache.lookup(secret_key, fingerprint, scope).clone();
        Self { key, known: credential.is_some() }
    }
}

fn secret_of(credential: Option<&Credential>) -> (&[u8], &Fingerprint) {
    match credential {
        Some(credential) => (credential.secret_key().as_bytes(), credential.fingerprint()),
        None => (DUMMY_KEY, &NO_FINGERPRINT),
    }
}

/// Verifies a TC3 signature over the raw parts of a request and exactly the headers that it names.
///
/// `request.headers` holds all headers; `request.payload` is unsigned when the header
/// `X-TC-Content-SHA256` says so. Header values are tried in lower case, then as the SDKs and as other
/// clients sign them, and `Host` with and without its port.
///
/// # Errors
///
/// The errors that do not depend on the secret come first: [`VerifyError::ScopeDate`], those of
/// [`covered`], and [`VerifyError::Header`]. Then, the signature computed and compared in any case,
/// [`VerifyError::UnknownSecretId`] and [`VerifyError::Signature`].
pub fn tc3(
    key: &VerifyingKey,
    authorization: &Authorization<'_>,
    timestamp: u64,
    request: &Request<'_>,
) -> Result<(), VerifyError> {
    scope_date(authorization.scope(), timestamp)?;
    let has_body = match request.payload {
        Payload::Body(body) => !body.is_empty(),
        Payload::Hashed(hash) => *hash != HexDigest::EMPTY,
        Payload::Unsigned => false,
    };
    covered_parts(request.method, !request.query.is_empty(), has_body)?;
    let canonical_request =
        CanonicalRequest::received(request, authorization).map_err(VerifyError::Header)?;
    let matches = |reading: HeaderForm<'_>| {
        let hash = canonical_request.read_as(reading).hash();
        let string_to_sign = StringToSign::new(timestamp, authorization.scope(), &hash);
        bool::from(key.key.sign(&string_to_sign).ct_eq(authorization.signature()))
    };
    let host = canonical_request
        .signed_headers()
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("host"))
        .and_then(|(_, host)| without_port(host));
    let hosts = [Some(None), host.map(Some)];
    let verified = hosts.into_iter().flatten().any(|host| {
        candidate_forms(&canonical_request)
            .into_iter()
            .flatten()
            .any(|case| matches(HeaderForm { case, host }))
    });
    outcome(key.known, verified)
}

/// The ways to read header values that differ for this request, the likeliest first.
fn candidate_forms(canonical_request: &CanonicalRequest<'_>) -> [Option<Case>; 3] {
    let has_capitals = |compulsory: bool| {
        let mut lines = canonical_request.signed_headers().lines();
        lines.any(|line| {
            line.is_compulsory == compulsory && line.value.bytes().any(|b| b.is_ascii_uppercase())
        })
    };
    let (compulsory, others) = (has_capitals(true), has_capitals(false));
    [
        Some(Case::Lower),
        (compulsory && others).then_some(Case::Usual),
        (compulsory || others).then_some(Case::AsSent),
    ]
}

/// Whether a v1 signature covers the parameters whose value is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyParameters {
    /// They are signed like all others, or there are none.
    Signed,
    /// They are sent and not signed, as the Go SDK does. Anybody may have added them: a server has to
    /// leave them out of the request.
    Unsigned,
}

/// Verifies a v1 signature over the decoded parameters, `Signature` among them. Tells whether those with
/// an empty value belong to the request.
///
/// Underscores in names are tried as dots and as they are, parameters with an empty value both signed
/// and left out, and the host with and without its port: the official SDKs differ.
///
/// Values enter the signed text without any encoding. So `a=1&b=2` and a value `1&b=2` of `a` have the
/// same signature: that is the scheme's own gap, and TC3 does not have it.
///
/// # Errors
///
/// The errors that do not depend on the secret come first: [`VerifyError::SignatureParameter`],
/// [`VerifyError::RepeatedParameter`], [`VerifyError::ParameterName`] and [`VerifyError::Host`]. Then, the
/// signature computed and compared in any case, [`VerifyError::UnknownSecretId`] and
/// [`VerifyError::Signature`].
pub fn v1<N: AsRef<str>, V: AsRef<str>>(
    credential: Option<&Credential>,
    request: &v1::Request<'_, N, V>,
) -> Result<EmptyParameters, VerifyError> {
    let algorithm = v1::Algorithm::of(request.params);
    let as_sent = v1::sorted(request.params, v1::ParamForm { dots: false, drop_empty: false });
    let with_dots = v1::sorted(request.params, v1::ParamForm::DOTS);
    if let Some(name) = v1::repeated(&with_dots) {
        return Err(VerifyError::RepeatedParameter(name.into()));
    }
    // Either would shift the borders between the parts of the signed text.
    if as_sent.iter().any(|(name, _)| name.contains(['=', '&'])) {
        return Err(VerifyError::ParameterName);
    }
    if request.host.contains(['/', '?']) {
        return Err(VerifyError::Host);
    }
    let mut given = request.params.iter().filter(|(name, _)| name.as_ref() == v1::SIGNATURE);
    let given = match (given.next(), given.next()) {
        (Some((_, text)), None) => v1::SignatureBytes::parse(algorithm, text.as_ref()),
        _ => None,
    };
    let given = given.ok_or(VerifyError::SignatureParameter)?;

    let has_underscore = as_sent.iter().any(|(name, _)| name.contains('_'));
    let has_empty = as_sent.iter().any(|(_, value)| value.is_empty());
    let bare_host = without_port(request.host);
    let (secret_key, _) = secret_of(credential);
    let mut verified = None;
    for (dots, sorted) in [(true, Some(&with_dots)), (false, has_underscore.then_some(&as_sent))] {
        for drop_empty in [Some(false), has_empty.then_some(true)].into_iter().flatten() {
            for host in [Some(request.host), bare_host].into_iter().flatten() {
                let Some(sorted) = sorted.filter(|_| verified.is_none()) else { continue };
                let spelling = v1::ParamForm { dots, drop_empty };
                let computed = v1::SignatureBytes::compute(algorithm, secret_key, |out| {
                    v1::write_string_to_sign(out, request, host, sorted, spelling)
                });
                let empty =
                    if drop_empty { EmptyParameters::Unsigned } else { EmptyParameters::Signed };
                verified = bool::from(computed.ct_eq(&given)).then_some(empty);
            }
        }
    }
    outcome(credential.is_some(), verified.is_some())?;
    verified.ok_or(VerifyError::Signature)
}

/// A match with the stand-in proves nothing, since its key is public.
fn outcome(known: bool, verified: bool) -> Result<(), VerifyError> {
    match (known, verified) {
        (false, _) => Err(VerifyError::UnknownSecretId),
        (true, false) => Err(VerifyError::Signature),
        (true, true) => Ok(()),
    }
}

/// The host without its port; `None` when it has none. Colons inside the brackets of an IPv6 address
/// are not followed by digits alone up to the end.
fn without_port(host: &str) -> Option<&str> {
    let (name, port) = host.rsplit_once(':')?;
    (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())).then_some(name)
}

/// Why a request is refused. Names fields, never their values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// The timestamp lies outside the clock window.
    Clock,
    /// The day of the credential scope is not the UTC day of the timestamp.
    ScopeDate,
    /// A POST has a query, which no signature covers.
    UnsignedQuery,
    /// A GET has a body, which no signature covers.
    UnsignedBody,
    /// A signed header is missing from the request, or occurs twice.
    Header(HeaderError),
    /// The parameter `Signature` is missing, given twice, or not base64 of the algorithm's length.
    SignatureParameter,
    /// A parameter is given twice, which leaves open what was signed. A dot and an underscore in a name
    /// count as the same.
    RepeatedParameter(Box<str>),
    /// The name of a parameter contains `=` or `&`.
    ParameterName,
    /// The host contains `/` or `?`.
    Host,
    /// There is no such secret id.
    UnknownSecretId,
    /// The signature is not the one of this request.
    Signature,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock => {
                f.write_str("timestamp lies too far from the server's time: set the client's clock")
            }
            Self::ScopeDate => f.write_str(
                "date in the credential scope is not the utc date of the timestamp: \
                 compute it from the timestamp that is sent",
            ),
            Self::UnsignedQuery => f.write_str(
                "query of a POST is not covered by the signature: send all parameters in the body",
            ),
            Self::UnsignedBody => f.write_str(
                "body of a GET is not covered by the signature: send all parameters in the query",
            ),
            Self::Header(error) => error.fmt(f),
            Self::SignatureParameter => f.write_str(
                "parameter Signature is missing, given twice or not base64 of the right length: \
                 check its percent-encoding",
            ),
            Self::RepeatedParameter(name) => {
                write!(f, "parameter {name} is given twice: send each parameter once")
            }
            Self::ParameterName => {
                f.write_str("name of a parameter contains = or &: check its percent-encoding")
            }
            Self::Host => f.write_str("host contains / or ?: send a host name with its port"),
            Self::UnknownSecretId => f.write_str("secret id is unknown: check the credential"),
            Self::Signature => f.write_str(
                "signature differs from the one of this request: compare the strings to sign",
            ),
        }
    }
}

impl core::error::Error for VerifyError {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::{Method, tc3};

    #[test]
    fn dummy_key_never_authenticates() {
        let key = core::str::from_utf8(DUMMY_KEY).unwrap();
        let forger = Credential::new("AKIDEXAMPLE", key).unwrap();

        let headers = [("content-type", "application/json"), ("host", "cvm.example")];
        let request = Request::post(b"{}", &headers);
        let value = tc3::sign(&forger, "cvm", 0, &request).unwrap();
        let authorization = Authorization::parse(&value).unwrap();
        let unknown = VerifyingKey::derive(None, authorization.scope());
        let result = super::tc3(&unknown, &authorization, 0, &request);
        assert_eq!(result, Err(VerifyError::UnknownSecretId));
        let cached = VerifyingKey::cached(&mut KeyCache::new(), None, authorization.scope());
        let result = super::tc3(&cached, &authorization, 0, &request);
        assert_eq!(result, Err(VerifyError::UnknownSecretId));

        let params = [("SecretId", "AKIDEXAMPLE")];
        let request = v1::Request { method: Method::Get, host: "h", path: "/", params: &params };
        let signature = v1::sign(&forger, &request).unwrap().to_string();
        let params = [params[0], ("Signature", signature.as_str())];
        let request = v1::Request { params: &params, ..request };
        assert_eq!(super::v1(None, &request), Err(VerifyError::UnknownSecretId));
        assert_eq!(super::v1(Some(&forger), &request), Ok(EmptyParameters::Signed));
    }

    #[test]
    fn only_a_port_is_removed_from_a_host() {
        for (host, bare) in [
            ("cvm.example:8080", Some("cvm.example")),
            ("[::1]:80", Some("[::1]")),
            ("[::1]", None),
            ("cvm.example", None),
            ("cvm.example:", None),
            ("cvm.example:80a", None),
        ] {
            assert_eq!(without_port(host), bare);
        }
    }
}
