//! Encodes a request once and signs it for every attempt, in the client's dialect.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use cvm_protocol::{ActionInfo, Model, Value, json, percent, query_form};
use cvm_signer::{Credential, HexDigest, KeyCache, Method, SignError, tc3, v1};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::client::extra::ExtraMembers;
use crate::config::Dialect;
use crate::config::endpoint::Address;
use crate::error::ErrorKind;
use crate::http::PreparedRequest;
use crate::observe::mask;
use crate::{Error, Region};

/// The service's size limits for a query, a form and a JSON body. It rejects more only after reading everything.
const MAX_QUERY: usize = 32 * 1024;
const MAX_FORM: usize = 1024 * 1024;
const MAX_JSON: usize = 10 * 1024 * 1024;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const USER_AGENT_VALUE: &str = concat!("cvm-sdk-rust/", env!("CARGO_PKG_VERSION"));

/// How a client encodes its requests.
#[derive(Clone, Debug)]
pub(crate) struct RequestEncoding {
    pub(crate) dialect: Dialect,
    /// v1 and the old gateway send their parameters in the URL.
    pub(crate) in_url: bool,
    /// A secret may be in the URL of a loopback endpoint.
    pub(crate) allow_secrets_in_url: bool,
    pub(crate) language: Option<String>,
    pub(crate) request_client: String,
    /// The same, as a header value.
    pub(crate) request_client_header: HeaderValue,
}

impl RequestEncoding {
    const fn uses_url(&self) -> bool {
        match self.dialect {
            Dialect::Tc3 => false,
            Dialect::Tc3Get => true,
            _ => self.in_url,
        }
    }
}

/// An encoded request that is not yet signed: the same for all attempts.
pub(crate) struct EncodedRequest {
    content: Content,
    /// A secret may be in the URL of this request.
    secrets_allowed: bool,
}

enum Content {
    Json { body: Bytes, hash: HexDigest },
    Query(String),
    Pairs(Vec<query_form::Pair>),
}

impl EncodedRequest {
    pub(crate) fn encode(
        request: &dyn Model,
        extra: Option<&ExtraMembers>,
        encoding: &RequestEncoding,
        address: &Address,
    ) -> Result<Self, Error> {
        let secrets_allowed =
            !encoding.uses_url() || (encoding.allow_secrets_in_url && address.is_loopback());
        if !secrets_allowed && mask::has_secret(Value::Object(request)) {
            return Err(secret_in_url());
        }
        if !secrets_allowed && extra.is_some() {
            return Err(Error::usage(
                "a member that this client does not know may be a secret, and would be in the URL, where logs and \
                 proxies keep it; use a dialect that sends a body",
            ));
        }
        let content = if encoding.dialect == Dialect::Tc3 {
            let mut body = json::to_vec(request)
                .map_err(|error| Error::usage("cannot encode the request").with_source(error))?;
            if let Some(extra) = extra {
                body = extra.add_to_json(&body)?;
            }
            check_size(body.len(), MAX_JSON, "JSON body")?;
            Content::Json { hash: HexDigest::sha256(&body), body: body.into() }
        } else {
            let mut pairs =
                query_form::encode(request).map_err(|error| Error::usage(error.to_string()))?;
            if let Some(extra) = extra {
                extra.add_to_pairs(&mut pairs, request)?;
            }
            if encoding.dialect == Dialect::Tc3Get {
                Content::Query(query(&pairs))
            } else {
                Content::Pairs(pairs)
            }
        };
        Ok(Self { content, secrets_allowed })
    }
}

fn secret_in_url() -> Error {
    Error::usage(
        "a secret would be in the URL, where logs and proxies keep it; use a dialect that sends a body, or \
         `allow_secrets_in_url` with a loopback endpoint",
    )
}

fn check_size(length: usize, limit: usize, what: &str) -> Result<(), Error> {
    if length <= limit {
        return Ok(());
    }
    Err(Error::usage(format!("{what} has {length} bytes; the service accepts at most {limit}")))
}

fn query(pairs: &[query_form::Pair]) -> String {
    percent::encode_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// What changes from attempt to attempt.
pub(crate) struct SigningInput<'a> {
    pub(crate) info: &'static ActionInfo,
    pub(crate) encoding: &'a RequestEncoding,
    pub(crate) address: &'a Address,
    pub(crate) region: Option<&'a Region>,
    /// `None` for the few calls without a signature.
    pub(crate) credential: Option<&'a Credential>,
    /// Unix time in seconds, on the endpoint's clock.
    pub(crate) timestamp: u64,
    pub(crate) nonce: u64,
    pub(crate) trace_id: &'a str,
    pub(crate) keys: &'a Mutex<KeyCache>,
}

/// The headers of a request that do not depend on its signature.
pub(crate) fn base_headers(address: &Address) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(16);
    headers.insert(HOST, address.host_header().clone());
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, HeaderValue::from_static(USER_AGENT_VALUE));
    headers
}

/// Signs an encoded request. `headers` are its [`base_headers`] and those of interceptors.
pub(crate) fn sign(
    encoded: &EncodedRequest,
    mut headers: HeaderMap,
    input: &SigningInput<'_>,
) -> Result<PreparedRequest, Error> {
    let (method, query, body): (_, Option<Cow<'_, str>>, _) = match &encoded.content {
        Content::Json { body, hash } => {
            let request = TextToSign { method: Method::Post, query: "", hash: Some(hash) };
            sign_tc3(&mut headers, input, JSON, &request)?;
            (http::Method::POST, None, body.clone())
        }
        Content::Query(query) => {
            check_size(query.len(), MAX_QUERY, "query")?;
            let request = TextToSign { method: Method::Get, query, hash: None };
            sign_tc3(&mut headers, input, FORM, &request)?;
            (http::Method::GET, Some(query.as_str().into()), Bytes::new())
        }
        Content::Pairs(pairs) => {
            let has_token = input.credential.is_some_and(|credential| credential.token().is_some());
            if has_token && !encoded.secrets_allowed {
                return Err(secret_in_url());
            }
            let method = if input.encoding.in_url { Method::Get } else { Method::Post };
            let text = query(&sign_v1(pairs, input, method)?);
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
            if input.encoding.in_url {
                check_size(text.len(), MAX_QUERY, "query")?;
                (http::Method::GET, Some(Cow::Owned(text)), Bytes::new())
            } else {
                check_size(text.len(), MAX_FORM, "form body")?;
                (http::Method::POST, None, text.into())
            }
        }
    };
    let base = input.address.url();
    let (url, parsed_url) = match query.filter(|query| !query.is_empty()) {
        Some(query) => (format!("{base}?{query}").into(), None),
        None => (Arc::clone(base), Some(Arc::clone(input.address.parsed()))),
    };
    Ok(PreparedRequest {
        service: input.info.service.name,
        action: input.info.name,
        table: input.info.request,
        method,
        url,
        parsed_url,
        authority: input.address.shared_authority(),
        headers,
        body,
        client_token: None,
    })
}

struct TextToSign<'a> {
    method: Method,
    query: &'a str,
    hash: Option<&'a HexDigest>,
}

fn sign_tc3(
    headers: &mut HeaderMap,
    input: &SigningInput<'_>,
    content_type: &'static str,
    text: &TextToSign<'_>,
) -> Result<(), Error> {
    let SigningInput { info, encoding, address, region, credential, timestamp, .. } = input;
    let signed = [
        ("content-type", content_type),
        ("host", address.authority()),
        // Not required, but it makes the signature valid for this action only.
        ("x-tc-action", info.name),
    ];
    let authorization = match credential {
        None => tc3::SKIP.to_owned(),
        Some(credential) => {
            let request = match text.hash {
                Some(hash) => tc3::Request {
                    method: text.method,
                    query: text.query,
                    headers: &signed,
                    payload: tc3::Payload::Hashed(hash),
                },
                None => tc3::Request::get(text.query, &signed),
            };
            let key = {
                let mut keys = input.keys.lock().unwrap_or_else(PoisonError::into_inner);
                let key = keys.key_at(credential, *timestamp, info.service.name);
                key.map_err(sign_error)?.clone()
            };
            tc3::sign_with_key(&key, credential, *timestamp, &request).map_err(sign_error)?
        }
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    insert(headers, X_TC_ACTION, info.name, "action name")?;
    insert(headers, X_TC_VERSION, info.service.version, "version")?;
    insert(headers, X_TC_TIMESTAMP, timestamp.to_string(), "timestamp")?;
    if let Some(region) = region {
        insert(headers, X_TC_REGION, region.as_str().to_owned(), "region")?;
    }
    if let Some(language) = &encoding.language {
        insert(headers, X_TC_LANGUAGE, language.clone(), "language")?;
    }
    headers.insert(X_TC_REQUESTCLIENT, encoding.request_client_header.clone());
    insert(headers, X_TC_TRACEID, input.trace_id.to_owned(), "trace id")?;
    if let Some(token) = credential.and_then(Credential::token) {
        insert(headers, X_TC_TOKEN, token.to_owned(), "token")?;
        mark_sensitive(headers, X_TC_TOKEN);
    }
    insert(headers, AUTHORIZATION, authorization, "authorization")?;
    mark_sensitive(headers, AUTHORIZATION);
    Ok(())
}

const X_TC_ACTION: HeaderName = HeaderName::from_static("x-tc-action");
const X_TC_VERSION: HeaderName = HeaderName::from_static("x-tc-version");
const X_TC_TIMESTAMP: HeaderName = HeaderName::from_static("x-tc-timestamp");
const X_TC_REGION: HeaderName = HeaderName::from_static("x-tc-region");
const X_TC_LANGUAGE: HeaderName = HeaderName::from_static("x-tc-language");
const X_TC_REQUESTCLIENT: HeaderName = HeaderName::from_static("x-tc-requestclient");
const X_TC_TRACEID: HeaderName = HeaderName::from_static("x-tc-traceid");
const X_TC_TOKEN: HeaderName = HeaderName::from_static("x-tc-token");

/// Takes owned or static text, which needs no copy. Rejects non-ASCII values: parties may decode them differently, so
/// another text than the signed one could arrive.
fn insert(
    headers: &mut HeaderMap,
    name: HeaderName,
    value: impl Into<Bytes>,
    what: &str,
) -> Result<(), Error> {
    let value = value.into();
    if !value.is_ascii() {
        return Err(invalid_header(what));
    }
    let value = HeaderValue::from_maybe_shared(value).map_err(|_| invalid_header(what))?;
    headers.insert(name, value);
    Ok(())
}

fn invalid_header(what: &str) -> Error {
    Error::usage(format!("{what} contains a character that is not allowed in an HTTP header"))
}

fn mark_sensitive(headers: &mut HeaderMap, name: HeaderName) {
    if let Some(value) = headers.get_mut(name) {
        value.set_sensitive(true);
    }
}

fn sign_v1(
    pairs: &[query_form::Pair],
    input: &SigningInput<'_>,
    method: Method,
) -> Result<Vec<query_form::Pair>, Error> {
    let SigningInput { info, encoding, address, region, timestamp, nonce, .. } = input;
    let Some(credential) = input.credential else {
        return Err(Error::usage("a call without a signature requires the TC3 dialect"));
    };
    let signature_method = match encoding.dialect {
        Dialect::V1Sha1 => "HmacSHA1",
        _ => "HmacSHA256",
    };
    let mut params = Vec::with_capacity(pairs.len() + 11);
    let mut add = |name: &str, value: &str| params.push((name.to_owned(), value.to_owned()));
    add("Action", info.name);
    add("Version", info.service.version);
    if let Some(region) = region {
        add("Region", region.as_str());
    }
    add("Timestamp", &timestamp.to_string());
    add("Nonce", &nonce.to_string());
    add("SecretId", credential.secret_id());
    add("SignatureMethod", signature_method);
    if let Some(token) = credential.token() {
        add("Token", token);
    }
    if let Some(language) = &encoding.language {
        add("Language", language);
    }
    add("RequestClient", &encoding.request_client);
    params.extend(pairs.iter().cloned());
    let request =
        v1::Request { method, host: address.authority(), path: address.path(), params: &params };
    let signature = v1::sign(credential, &request).map_err(sign_error)?;
    params.push((v1::SIGNATURE.to_owned(), signature.to_string()));
    Ok(params)
}

fn sign_error(error: SignError) -> Error {
    if error == SignError::Timestamp {
        // The caller gave no timestamp.
        return Error::new(
            ErrorKind::Settings,
            "cannot sign the request: this machine's clock is after the year 9999: set it to the current time",
        );
    }
    Error::usage(format!("cannot sign the request: {error}")).with_source(error)
}
