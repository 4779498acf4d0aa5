//! Verifies signatures on the server side.
//!
//! A server reads the secret id from the request, looks up the secret key, checks the clock, and verifies
//! the signature. It verifies unknown ids as well, against a dummy key, and reports the unknown id only at
//! the end: the response time does not reveal which ids exist.

use core::{fmt, time::Duration};

use alloc::{borrow::Cow, boxed::Box, format};
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

/// Maximum difference between the clocks of client and server, in either direction: the documentation of the
/// service rejects a timestamp that is more than five minutes off.
pub const CLOCK_WINDOW: Duration = Duration::from_secs(300);

/// The key against which unknown ids are verified. It need not be secret: a match never authenticates.
const DUMMY_KEY: &[u8; 32] = b"no credential has such a key !!!";

/// Rejects a timestamp outside the window around the server's own time.
///
/// # Errors
///
/// [`VerifyError::Clock`] if the two differ by more than `window`.
pub fn clock(now: u64, timestamp: u64, window: Duration) -> Result<(), VerifyError> {
    if now.abs_diff(timestamp) > window.as_secs() { Err(VerifyError::Clock) } else { Ok(()) }
}

/// Rejects a scope whose day is not the UTC day of the timestamp.
///
/// # Errors
///
/// [`VerifyError::ScopeDate`] if they differ.
pub fn scope_date(scope: &CredentialScope, timestamp: u64) -> Result<(), VerifyError> {
    if Date::from_timestamp(timestamp) == Some(scope.date()) {
        Ok(())
    } else {
        Err(VerifyError::ScopeDate)
    }
}

/// Rejects a POST with a query and a GET with a body: the signature does not cover these parts.
///
/// [`tc3`] checks the query and the payload that it is given. [`v1`](fn@v1) gets decoded parameters and cannot
/// check this. So call this for every dialect, with the request as received.
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

/// The fingerprint of [`DUMMY_KEY`], which matches no credential.
static NO_FINGERPRINT: Fingerprint = Fingerprint::NONE;

/// A key that verifies TC3 signatures and cannot sign.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    key: SigningKey,
    is_known: bool,
}

impl VerifyingKey {
    /// Derives the key of a credential, or a dummy key if the secret id is unknown.
    pub fn derive(credential: Option<&Credential>, scope: &CredentialScope) -> Self {
        let (secret_key, fingerprint) = secret_of(credential);
        let key = SigningKey::derive_from(secret_key, fingerprint, scope);
        Self { key, is_known: credential.is_some() }
    }

    /// Like [`derive`](Self::derive), from a cache. Check [`clock`] and [`scope_date`] first: otherwise,
    /// unauthenticated clients could fill the cache with keys for arbitrary days.
    pub fn cached(
        cache: &mut KeyCache,
        credential: Option<&Credential>,
        scope: &CredentialScope,
    ) -> Self {
        let (secret_key, fingerprint) = secret_of(credential);
        let key = cache.lookup(secret_key, fingerprint, scope).clone();
        Self { key, is_known: credential.is_some() }
    }
}

fn secret_of(credential: Option<&Credential>) -> (&[u8], &Fingerprint) {
    match credential {
        Some(credential) => (credential.secret_key().as_bytes(), credential.fingerprint()),
        None => (DUMMY_KEY, &NO_FINGERPRINT),
    }
}

/// Verifies a TC3 signature over the raw parts of a request and exactly the headers that its
/// `Authorization` header names.
///
/// Pass all headers in `request.headers`, and an unsigned `request.payload` if the header
/// `X-TC-Content-SHA256` says so. Clients differ: header values are tried in lower case, then as the SDKs
/// sign them, then as sent; each of them with the host as sent, then without its port, or with the default port of HTTP
/// or HTTPS if it has none.
///
/// # Errors
///
/// The errors that do not depend on the secret come first: [`VerifyError::ScopeDate`], those of
/// [`covered`], and [`VerifyError::Header`]. [`VerifyError::UnknownSecretId`] and
/// [`VerifyError::Signature`] follow after the signature was computed and compared.
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
    let matches = |form: HeaderForm<'_>| {
        let hash = canonical_request.with_form(form).hash();
        let string_to_sign = StringToSign::new(timestamp, authorization.scope(), &hash);
        bool::from(key.key.sign(&string_to_sign).ct_eq(authorization.signature()))
    };
    let matches_with = |host: Option<&str>| {
        let cases = candidate_forms(&canonical_request);
        cases.into_iter().flatten().any(|case| matches(HeaderForm { case, host }))
    };
    let mut headers = canonical_request.signed_headers().iter();
    let host = headers.find(|(name, _)| name.eq_ignore_ascii_case("host"));
    let matches_other_host =
        |host| other_hosts(host).iter().flatten().any(|host| matches_with(Some(host)));
    let verified = matches_with(None) || host.is_some_and(|(_, host)| matches_other_host(host));
    result(key.is_known, verified)
}

/// The forms of header values that differ for this request, the most likely one first.
fn candidate_forms(canonical_request: &CanonicalRequest<'_>) -> [Option<Case>; 3] {
    let has_capitals = |required: bool| {
        let mut lines = canonical_request.signed_headers().lines();
        lines.any(|line| {
            line.is_required == required && line.value.bytes().any(|b| b.is_ascii_uppercase())
        })
    };
    let (required, others) = (has_capitals(true), has_capitals(false));
    [
        Some(Case::Lower),
        (required && others).then_some(Case::Sdk),
        (required || others).then_some(Case::AsSent),
    ]
}

/// Whether a v1 signature covers parameters with an empty value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyParameters {
    /// They are signed like all others, or no parameter is empty.
    Signed,
    /// They are sent but not signed, as by the Go SDK. Anyone could have added them, so a server has to
    /// ignore them.
    Unsigned,
}

/// Verifies a v1 signature over the decoded parameters, including `Signature`. Returns whether the signature
/// covers parameters with an empty value.
///
/// The official SDKs differ in three ways: underscores in names, parameters with an empty value, and the port of the
/// host. Only the forms that an SDK has and that differ for this request are tried, five at most.
///
/// The scheme signs values without any encoding. So the parameters `a=1&b=2` and a single `a` with the value
/// `1&b=2` have the same signature. TC3 does not have this weakness.
///
/// # Errors
///
/// The errors that do not depend on the secret come first: [`VerifyError::SignatureParameter`],
/// [`VerifyError::RepeatedParameter`], [`VerifyError::ParameterName`] and [`VerifyError::Host`].
/// [`VerifyError::UnknownSecretId`] and [`VerifyError::Signature`] follow after the signature was computed
/// and compared.
pub fn v1<N: AsRef<str>, V: AsRef<str>>(
    credential: Option<&Credential>,
    request: &v1::Request<'_, N, V>,
) -> Result<EmptyParameters, VerifyError> {
    let algorithm = v1::Algorithm::of(request.params);
    let as_sent = v1::sorted(request.params, v1::ParamForm::AS_SENT);
    let with_dots = v1::sorted(request.params, v1::ParamForm::DOTS);
    if let Some(name) = v1::repeated(&with_dots) {
        return Err(VerifyError::RepeatedParameter(name.into()));
    }
    // Such a name or host could make two different requests have the same signed text.
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

    let (secret_key, _) = secret_of(credential);
    let matches = |form: v1::ParamForm, host: &str| {
        let sorted = if form.dots { &with_dots } else { &as_sent };
        let computed = v1::SignatureBytes::compute(algorithm, secret_key, |out| {
            v1::write_string_to_sign(out, request, host, sorted, form)
        });
        bool::from(computed.ct_eq(&given))
    };
    let mut forms = v1_forms(&as_sent).into_iter().flatten();
    // Only the Node SDK signs another host than it sends. It does not replace underscores.
    let form = v1::ParamForm::AS_SENT;
    let verified = forms.find(|form| matches(*form, request.host)).or_else(|| {
        let mut hosts = other_hosts(request.host).into_iter().flatten();
        hosts.find(|host| matches(form, host)).map(|_| form)
    });
    result(credential.is_some(), verified.is_some())?;
    match verified {
        Some(form) if form.drop_empty => Ok(EmptyParameters::Unsigned),
        Some(_) => Ok(EmptyParameters::Signed),
        None => Err(VerifyError::Signature),
    }
}

/// The forms in which an SDK may have signed this request. Each of them costs a keyed hash of the whole text, which may
/// be a megabyte, and a wrong signature fails only after the last one.
fn v1_forms(params: &[(&str, &str)]) -> [Option<v1::ParamForm>; 3] {
    let has_underscore = params.iter().any(|(name, _)| name.contains('_'));
    let has_empty = params.iter().any(|(_, value)| value.is_empty());
    [
        Some(v1::ParamForm::DOTS),
        has_underscore.then_some(v1::ParamForm::AS_SENT),
        // Only the Go SDK leaves out empty values. It does not replace underscores.
        has_empty.then_some(v1::ParamForm::WITHOUT_EMPTY),
    ]
}

/// A match with the dummy key proves nothing, because that key is public.
fn result(is_known: bool, verified: bool) -> Result<(), VerifyError> {
    match (is_known, verified) {
        (false, _) => Err(VerifyError::UnknownSecretId),
        (true, false) => Err(VerifyError::Signature),
        (true, true) => Ok(()),
    }
}

/// The other hosts that a client may have signed: without the port, or with a default port that its HTTP library leaves
/// out of `Host`.
fn other_hosts(host: &str) -> [Option<Cow<'_, str>>; 2] {
    match without_port(host) {
        Some(name) => [Some(Cow::Borrowed(name)), None],
        None => [80, 443].map(|port| Some(Cow::Owned(format!("{host}:{port}")))),
    }
}

/// The host without its port; `None` if it has no port. A colon inside the brackets of an IPv6 address is
/// no port: the text after it does not consist of digits only.
fn without_port(host: &str) -> Option<&str> {
    let (name, port) = host.rsplit_once(':')?;
    (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())).then_some(name)
}

/// Why a request is rejected. Names fields, never their values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// The timestamp is outside the clock window.
    Clock,
    /// The day of the credential scope is not the UTC day of the timestamp.
    ScopeDate,
    /// A POST has a query, which the signature does not cover.
    UnsignedQuery,
    /// A GET has a body, which the signature does not cover.
    UnsignedBody,
    /// A signed header is missing from the request, occurs twice, or contains a control character.
    Header(HeaderError),
    /// The parameter `Signature` is missing, given twice, or not base64 of the algorithm's length.
    SignatureParameter,
    /// A parameter is given twice, so it is unclear which value was signed. A dot and an underscore in a name
    /// count as equal.
    RepeatedParameter(Box<str>),
    /// The name of a parameter contains `=` or `&`.
    ParameterName,
    /// The host contains `/` or `?`.
    Host,
    /// The secret id does not exist.
    UnknownSecretId,
    /// The signature does not match the request.
    Signature,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock => {
                f.write_str("timestamp is too far from the server's time: set the client's clock")
            }
            Self::ScopeDate => f.write_str(
                "date in the credential scope is not the UTC date of the timestamp: \
                 compute it from the timestamp that is sent",
            ),
            Self::UnsignedQuery => {
                f.write_str("query string of a POST is not signed: send all parameters in the body")
            }
            Self::UnsignedBody => {
                f.write_str("body of a GET is not signed: send all parameters in the query string")
            }
            Self::Header(error) => error.fmt(f),
            Self::SignatureParameter => f.write_str(
                "parameter Signature is missing, given twice or not base64 of the right length: \
                 check its percent-encoding",
            ),
            Self::RepeatedParameter(name) => {
                write!(f, "parameter {name} is given twice: send each parameter once")
            }
            Self::ParameterName => {
                f.write_str("parameter name contains = or &: check its percent-encoding")
            }
            Self::Host => f.write_str("host contains / or ?: send a host name with its port"),
            Self::UnknownSecretId => f.write_str("secret id is unknown: check the credential"),
            Self::Signature => {
                f.write_str("signature does not match the request: compare the strings to sign")
            }
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
    fn v1_request_is_verified_in_as_few_forms_as_possible() {
        for (host, params, count) in [
            ("h", &[("Action", "x")][..], 3),
            ("h:80", &[("Action", "x")], 2),
            ("h", &[("Action", "x"), ("Name", "")], 4),
            ("h:80", &[("Action", "x"), ("Name", "")], 3),
            ("h", &[("A_b", "x"), ("Name", "")], 5),
            ("h:80", &[("A_b", "x"), ("Name", "")], 4),
        ] {
            let forms = v1_forms(params).into_iter().flatten().count();
            let hosts = other_hosts(host).into_iter().flatten().count();
            assert_eq!(forms + hosts, count, "{host} {params:?}");
        }
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
