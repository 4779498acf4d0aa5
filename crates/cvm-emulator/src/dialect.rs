//! Detects the dialect of a request from its path and headers, and reads all three dialects into one [`Call`].

use std::borrow::Cow;

use cvm_protocol::percent;
use cvm_protocol::query_form::COMMON_PARAMETERS;
use cvm_signer::{Method, v1};
use cvm_simulator::ApiError;

use crate::limits::{MAX_FORM, MAX_PARAMETERS, MAX_QUERY};

/// How a request is encoded and signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// API 3.0 with the signature in the `Authorization` header (TC3-HMAC-SHA256, signature v3), see
    /// <https://cloud.tencent.com/document/api/213/30654>.
    Tc3,
    /// API 3.0 with the signature as a parameter (signature v1), see
    /// <https://cloud.tencent.com/document/api/213/15693>.
    V1,
    /// The gateway before API 3.0: like [`Dialect::V1`], with another host and path.
    OldGateway,
}

impl Dialect {
    /// The name in the request log.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tc3 => "tc3",
            Self::V1 => "v1",
            Self::OldGateway => "old-gateway",
        }
    }
}

/// A request as received.
#[derive(Clone, Copy)]
pub(crate) struct Incoming<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    /// The text after the `?`, still percent-encoded.
    pub(crate) query: &'a str,
    /// The `Host` header, with its port if there is one.
    pub(crate) host: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a [u8],
}

impl<'a> Incoming<'a> {
    /// The value of a header; the first one if it is repeated.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers_named(name).next()
    }

    /// The first repeated header among those that affect the call.
    pub(crate) fn repeated_header(&self) -> Option<&'a str> {
        let is_significant = |name: &str| {
            ["host", "content-type"].iter().any(|known| name.eq_ignore_ascii_case(known))
                || name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("x-tc-"))
        };
        let mut names = self.headers.iter().map(|(name, _)| *name);
        names.find(|name| is_significant(name) && self.headers_named(name).nth(1).is_some())
    }

    fn headers_named(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let of_name =
            self.headers.iter().filter(move |(given, _)| given.eq_ignore_ascii_case(name));
        of_name.map(|(_, value)| value.trim_matches([' ', '\t']))
    }
}

/// The content of a request, independent of its dialect.
pub(crate) struct Call<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) action: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) parameters: Parameters<'a>,
}

impl Call<'_> {
    /// The parameters of the action.
    pub(crate) fn action_parameters(&self) -> Result<cvm_simulator::Parameters<'_>, ApiError> {
        match &self.parameters {
            Parameters::Json(body) => Ok(cvm_simulator::Parameters::Json(body)),
            Parameters::Pairs(pairs) => {
                Ok(cvm_simulator::Parameters::Pairs(action_pairs(self.dialect, pairs).collect()))
            }
            Parameters::Invalid(error) => Err(error.clone()),
        }
    }
}

/// The parameters of the action, not yet decoded into types.
pub(crate) enum Parameters<'a> {
    /// A JSON object.
    Json(&'a [u8]),
    /// Decoded pairs. In v1 they include the common parameters.
    Pairs(Vec<(String, String)>),
    /// Invalid parameters. The error is returned only after authentication.
    Invalid(ApiError),
}

/// The pairs that belong to the action.
pub(crate) fn action_pairs(
    dialect: Dialect,
    pairs: &[(String, String)],
) -> impl Iterator<Item = (&str, &str)> {
    let is_of_action =
        move |name: &str| dialect == Dialect::Tc3 || !COMMON_PARAMETERS.contains(&name);
    let pairs = pairs.iter().filter(move |(name, _)| is_of_action(name));
    pairs.map(|(name, value)| (name.as_str(), value.as_str()))
}

/// Detects the dialect from the head of a request.
pub(crate) fn detect(incoming: &Incoming<'_>) -> Result<Dialect, ApiError> {
    if incoming.method == Method::Get && incoming.query.len() > MAX_QUERY {
        return Err(too_large("query string", MAX_QUERY));
    }
    if incoming.path == v1::GATEWAY_PATH {
        return Ok(Dialect::OldGateway);
    }
    let mut authorizations = incoming.headers_named("authorization");
    match (authorizations.next(), authorizations.next()) {
        (Some(_), None) => Ok(Dialect::Tc3),
        (Some(_), Some(_)) => Err(unsigned("The header `Authorization` is given twice.")),
        (None, _) if incoming.header("x-tc-action").is_some() => {
            Err(unsigned("The header `Authorization` is missing."))
        }
        (None, _) => Ok(Dialect::V1),
    }
}

/// Whether a request says that it has no signature. Only API 3.0 has such requests.
pub(crate) fn is_unsigned(dialect: Dialect, incoming: &Incoming<'_>) -> bool {
    dialect == Dialect::Tc3 && incoming.header("authorization") == Some("SKIP")
}

/// Reads a request. Nothing is verified yet.
pub(crate) fn read<'a>(incoming: &Incoming<'a>) -> Result<Call<'a>, ApiError> {
    match detect(incoming)? {
        Dialect::Tc3 => tc3(incoming),
        dialect @ (Dialect::V1 | Dialect::OldGateway) => {
            with_signature_parameter(incoming, dialect)
        }
    }
}

pub(crate) fn too_large(what: &str, limit: usize) -> ApiError {
    let message = format!("The {what} is larger than {} KiB.", limit / 1024);
    ApiError::new("RequestSizeLimitExceeded", message)
}

fn unsigned(message: &str) -> ApiError {
    ApiError::new("AuthFailure.InvalidAuthorization", message)
}

fn tc3<'a>(incoming: &Incoming<'a>) -> Result<Call<'a>, ApiError> {
    let header = |name| non_empty(incoming.header(name));
    let parameters = match incoming.method {
        Method::Get => check_parameter_count(incoming.query)
            .and_then(decode_pairs)
            .map_or_else(Parameters::Invalid, Parameters::Pairs),
        Method::Post => json_body(incoming),
    };
    Ok(Call {
        dialect: Dialect::Tc3,
        action: header("x-tc-action"),
        version: header("x-tc-version"),
        region: header("x-tc-region"),
        token: header("x-tc-token"),
        parameters,
    })
}

fn json_body<'a>(incoming: &Incoming<'a>) -> Parameters<'a> {
    let content_type = incoming.header("content-type").unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Parameters::Json(incoming.body);
    }
    let code = if essence.eq_ignore_ascii_case("multipart/form-data") {
        "InvalidRequest"
    } else {
        "InvalidParameter"
    };
    let message = "With signature version 3, a POST needs a body of type `application/json`.";
    Parameters::Invalid(ApiError::new(code, message))
}

fn with_signature_parameter<'a>(
    incoming: &Incoming<'a>,
    dialect: Dialect,
) -> Result<Call<'a>, ApiError> {
    let pairs = decode_pairs(encoded_pairs(incoming)?)?;
    let find = |name: &str| {
        non_empty(pairs.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str()))
    };
    let (action, version, region, token) =
        (find("Action"), find("Version"), find("Region"), find("Token"));
    Ok(Call { dialect, action, version, region, token, parameters: Parameters::Pairs(pairs) })
}

/// The query or form with the signature and all parameters, still percent-encoded.
fn encoded_pairs<'a>(incoming: &Incoming<'a>) -> Result<&'a str, ApiError> {
    let text = match incoming.method {
        Method::Get => incoming.query,
        Method::Post if incoming.body.len() > MAX_FORM => return Err(too_large("body", MAX_FORM)),
        Method::Post => std::str::from_utf8(incoming.body).map_err(|_| {
            ApiError::new("InvalidParameter", "The form in the body is not UTF-8 text.")
        })?,
    };
    check_parameter_count(text)
}

/// Rejects too many parameters. Empty ones count.
fn check_parameter_count(text: &str) -> Result<&str, ApiError> {
    if text.bytes().filter(|byte| *byte == b'&').count() < MAX_PARAMETERS {
        return Ok(text);
    }
    let message = format!("The request has more than {MAX_PARAMETERS} parameters.");
    Err(ApiError::new("RequestSizeLimitExceeded", message))
}

/// The first non-empty value of each of these parameters. Decodes nothing else, except for short names with an
/// escape.
pub(crate) fn first_values<'a, const N: usize>(
    incoming: &Incoming<'a>,
    names: [&str; N],
) -> Result<[Option<Cow<'a, str>>; N], ApiError> {
    let mut values = [const { None }; N];
    for part in encoded_pairs(incoming)?.split('&') {
        let (given, value) = part.split_once('=').unwrap_or((part, ""));
        for (name, found) in names.iter().zip(&mut values) {
            if found.is_none() && !value.is_empty() && is_encoding_of(given, name) {
                *found = Some(percent::decode(value).ok_or_else(|| undecodable(given))?);
            }
        }
    }
    Ok(values)
}

/// Whether an encoded name decodes to this name.
fn is_encoding_of(encoded: &str, name: &str) -> bool {
    // Each byte is encoded as one or three characters.
    encoded == name
        || (name.len()..=3 * name.len()).contains(&encoded.len())
            && encoded.contains('%')
            && percent::decode(encoded).is_some_and(|decoded| decoded == name)
}

/// Treats an empty common parameter as absent.
fn non_empty(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn decode_pairs(text: &str) -> Result<Vec<(String, String)>, ApiError> {
    percent::decode_pairs(text).map_err(|name| undecodable(&name))
}

fn undecodable(name: &str) -> ApiError {
    let message = format!("The parameter `{name}` is not percent-encoded UTF-8 text.");
    ApiError::new("InvalidParameter", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incoming<'a>(headers: &'a [(&'a str, &'a str)]) -> Incoming<'a> {
        let (method, path, query) = (Method::Get, "/", "Limit=1");
        Incoming { method, path, query, host: "h", headers, body: b"" }
    }

    #[test]
    fn dialect_is_detected_from_path_and_headers() {
        let signed = [("Authorization", "TC3-HMAC-SHA256 …"), ("X-TC-Action", "A")];
        let dialect = |incoming: &Incoming<'_>| read(incoming).map(|call| call.dialect);
        assert_eq!(dialect(&incoming(&signed)), Ok(Dialect::Tc3));
        assert_eq!(dialect(&incoming(&[])), Ok(Dialect::V1));
        let old = Incoming { path: "/v2/index.php", ..incoming(&signed) };
        assert_eq!(dialect(&old), Ok(Dialect::OldGateway));
    }

    #[test]
    fn missing_or_duplicate_authorization_is_rejected() {
        let code = |headers| read(&incoming(headers)).err().map(|error| error.code);
        let expected = Some("AuthFailure.InvalidAuthorization");
        assert_eq!(code(&[("X-TC-Action", "DescribeZones")]), expected);
        assert_eq!(code(&[("authorization", "a"), ("Authorization", "a")]), expected);
    }

    #[test]
    fn first_values_match_the_decoded_pairs() {
        for query in [
            "a=1&b=2&a=3",
            "a=&a=2&b=&b",
            "%61=1&b=%32",
            "%6=1&%61%62=1&b=x",
            "b=+&a=%2B&%61=2",
            "aa=1&=a&a",
        ] {
            let request = Incoming { query, ..incoming(&[]) };
            let found = first_values(&request, ["a", "b"]).unwrap();
            let Ok(pairs) = percent::decode_pairs(query) else { continue };
            let first = |name| pairs.iter().find(|(given, it)| given == name && !it.is_empty());
            let expected = ["a", "b"].map(|name| first(name).map(|(_, value)| value.as_str()));
            assert_eq!(found.each_ref().map(Option::as_deref), expected, "{query}");
        }
        let request = Incoming { query: "a=%6", ..incoming(&[]) };
        assert_eq!(first_values(&request, ["a"]).unwrap_err().code, "InvalidParameter");
        assert_eq!(first_values(&request, ["b"]), Ok([None]));
    }

    #[test]
    fn long_queries_are_rejected() {
        let query = format!("a={}", "x".repeat(MAX_QUERY - 2));
        assert!(read(&Incoming { query: &query, ..incoming(&[]) }).is_ok());
        let query = format!("{query}x");
        let error = read(&Incoming { query: &query, ..incoming(&[]) }).err().unwrap();
        assert_eq!(error.code, "RequestSizeLimitExceeded");
    }

    /// The escape at the end is invalid, which only decoding the whole text detects.
    #[test]
    fn too_many_parameters_are_rejected_before_decoding() {
        let signed = [("Authorization", "TC3-HMAC-SHA256 …"), ("X-TC-Action", "A")];
        let code = |text: &str, method, headers| {
            let form = text.as_bytes();
            let (query, body) = if method == Method::Get { (text, &b""[..]) } else { ("", form) };
            let request = Incoming { method, query, body, ..incoming(headers) };
            let first = first_values(&request, ["b"]).err().map(|error| error.code);
            let read = match read(&request) {
                Err(error) => Some(error.code),
                Ok(Call { parameters: Parameters::Invalid(error), .. }) => Some(error.code),
                Ok(_) => None,
            };
            (first, read)
        };
        let too_many = Some("RequestSizeLimitExceeded");
        for (method, headers) in
            [(Method::Post, &[][..]), (Method::Get, &[]), (Method::Get, &signed)]
        {
            let full = "a&".repeat(MAX_PARAMETERS - 1);
            assert_eq!(code(&format!("{full}a"), method, headers), (None, None));
            assert_eq!(
                code(&format!("{full}a=%"), method, headers),
                (None, Some("InvalidParameter"))
            );
            let more = format!("{full}a&a=%");
            assert_eq!(code(&more, method, headers), (too_many, too_many));
            let empty = "&".repeat(MAX_PARAMETERS);
            assert_eq!(code(&empty, method, headers), (too_many, too_many));
        }
    }

    #[test]
    fn common_parameters_do_not_reach_the_action() {
        let text = "Action=A&Region=r&Limit=1&Token=&Version=v";
        let call = read(&Incoming { query: text, ..incoming(&[]) }).unwrap();
        assert_eq!((call.action.as_deref(), call.token.as_deref()), (Some("A"), None));
        let Parameters::Pairs(pairs) = &call.parameters else { panic!() };
        assert_eq!(action_pairs(Dialect::V1, pairs).collect::<Vec<_>>(), [("Limit", "1")]);
        assert_eq!(action_pairs(Dialect::Tc3, pairs).count(), 5);
    }

    #[test]
    fn tc3_post_requires_json() {
        let undecodable = |content_type| {
            let headers = [("Authorization", "x"), ("Content-Type", content_type)];
            let call = read(&Incoming { method: Method::Post, ..incoming(&headers) }).unwrap();
            match call.parameters {
                Parameters::Json(_) => None,
                Parameters::Invalid(error) => Some(error.code),
                Parameters::Pairs(_) => panic!("a POST has no pairs"),
            }
        };
        assert_eq!(undecodable("application/json"), None);
        assert_eq!(undecodable("Application/JSON; charset=utf-8"), None);
        assert_eq!(undecodable("application/x-www-form-urlencoded"), Some("InvalidParameter"));
        assert_eq!(undecodable("multipart/form-data; boundary=x"), Some("InvalidRequest"));
    }
}
