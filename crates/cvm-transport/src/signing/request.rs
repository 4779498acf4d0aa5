//! Writes a request once and signs it for every attempt, in the dialect of the client.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use cvm_protocol::{ActionInfo, Model, Value, json, percent, query_form};
use cvm_signer::{Credential, HexDigest, KeyCache, Method, SignError, tc3, v1};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::config::endpoint::Address;
use crate::observe::mask;
use crate::{Dialect, Error, PreparedRequest, Region};

/// Most bytes of a query, a form and a JSON body. The service refuses more, after reading them all.
const MAX_QUERY: usize = 32 * 1024;
const MAX_FORM: usize = 1024 * 1024;
const MAX_JSON: usize = 10 * 1024 * 1024;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const AGENT: &str = concat!("cvm-sdk-rust/", env!("CARGO_PKG_VERSION"));

/// How a client writes its requests.
#[derive(Clone, Debug)]
pub(crate) struct RequestEncoding {
    pub(crate) dialect: Dialect,
    /// v1 and the old gateway put their parameters into the URL.
    pub(crate) in_url: bool,
    /// A secret may stand in the URL of a loopback endpoint.
    pub(crate) allow_secrets_in_url: bool,
    pub(crate) language: Option<String>,
    pub(crate) request_client: String,
    /// The same as the value of a header.
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

/// A request in the form of its dialect, not yet signed: the same for all attempts.
pub(crate) struct EncodedRequest {
    content: Content,
    /// A secret may stand in the URL of this very request.
    secrets_allowed: bool,
}

enum Content {
    Json { body: Bytes, hash: HexDigest },
    Query(String),
    Pairs(Vec<query_form::Pair>),
}

impl EncodedRequest {
    pub(crate) fn write(
        request: &dyn Model,
        writing: &RequestEncoding,
        address: &Address,
    ) -> Result<Self, Error> {
        let secrets_allowed =
            !writing.uses_url() || (writing.allow_secrets_in_url && address.is_loopback());
        if !secrets_allowed && mask::has_secret(Value::Object(request)) {
            return Err(secret_in_url());
        }
        let content = if writing.dialect == Dialect::Tc3 {
            let body = json::to_vec(request)
                .map_err(|error| Error::usage("request cannot be written").with_source(error))?;
            bounded(body.len(), MAX_JSON, "JSON body")?;
            Content::Json { hash: HexDigest::sha256(&body), body: body.into() }
        } else {
            let pairs =
                query_form::encode(request).map_err(|error| Error::usage(error.to_string()))?;
            if writing.dialect == Dialect::Tc3Get {
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
        "a secret would stand in the URL, where logs and proxies keep it; \
         use a dialect that posts, or `allow_secrets_in_url` with a loopback endpoint",
    )
}

fn bounded(length: usize, limit: usize, what: &str) -> Result<(), Error> {
    if length <= limit {
        return Ok(());
    }
    Err(Error::usage(format!("{what} has {length} bytes, and the service takes {limit} at most")))
}

fn query(pairs: &[query_form::Pair]) -> String {
    percent::encode_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// What changes from attempt to attempt.
pub(crate) struct SigningInput<'a> {
    pub(crate) info: &'static ActionInfo,
    pub(crate) writing: &'a RequestEncoding,
    pub(crate) address: &'a Address,
    pub(crate) region: Option<&'a Region>,
    /// `None` for the few calls that are sent without a signature.
    pub(crate) credential: Option<&'a Credential>,
    /// Seconds since 1970, on the endpoint's clock.
    pub(crate) timestamp: u64,
    pub(crate) nonce: u64,
    pub(crate) trace_id: &'a str,
    pub(crate) keys: &'a Mutex<KeyCache>,
}

/// Signs a draft.
pub(crate) fn sign(
    draft: &EncodedRequest,
    attempt: &SigningInput<'_>,
) -> Result<PreparedRequest, Error> {
    let mut headers = HeaderMap::with_capacity(16);
    headers.insert(HOST, attempt.address.host_header().clone());
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    let (method, query, body): (_, Option<Cow<'_, str>>, _) = match &draft.content {
        Content::Json { body, hash } => {
            let request = TextToSign { method: Method::Post, query: "", hash: Some(hash) };
            sign_tc3(&mut headers, attempt, JSON, &request)?;
            (http::Method::POST, None, body.clone())
        }
        Content::Query(query) => {
            bounded(query.len(), MAX_QUERY, "query")?;
            let request = TextToSign { method: Method::Get, query, hash: None };
            sign_tc3(&mut headers, attempt, FORM, &request)?;
            (http::Method::GET, Some(query.as_str().into()), Bytes::new())
        }
        Content::Pairs(pairs) => {
            let has_token =
                attempt.credential.is_some_and(|credential| credential.token().is_some());
            if has_token && !draft.secrets_allowed {
                return Err(secret_in_url());
            }
            let method = if attempt.writing.in_url { Method::Get } else { Method::Post };
            let text = query(&sign_v1(pairs, attempt, method)?);
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
            if attempt.writing.in_url {
                bounded(text.len(), MAX_QUERY, "query")?;
                (http::Method::GET, Some(Cow::Owned(text)), Bytes::new())
            } else {
                bounded(text.len(), MAX_FORM, "form body")?;
                (http::Method::POST, None, text.into())
            }
        }
    };
    let base = attempt.address.url();
    let (url, parsed_url) = match query.filter(|query| !query.is_empty()) {
        Some(query) => (format!("{base}?{query}").into(), None),
        None => (Arc::clone(base), Some(Arc::clone(attempt.address.parsed()))),
    };
    Ok(PreparedRequest {
        action: attempt.info.name,
        table: attempt.info.request,
        method,
        url,
        parsed_url,
        authority: attempt.address.shared_authority(),
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
    attempt: &SigningInput<'_>,
    content_type: &'static str,
    text: &TextToSign<'_>,
) -> Result<(), Error> {
    let SigningInput { info, writing, address, region, credential, timestamp, .. } = attempt;
    let signed = [
        ("content-type", content_type),
        ("host", address.authority()),
        // Not compulsory, but then the signature is good for this action alone.
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
                let mut keys = attempt.keys.lock().unwrap_or_else(PoisonError::into_inner);
                let key = keys.key_at(credential, *timestamp, info.service.name);
                key.map_err(unsignable)?.clone()
            };
            tc3::sign_with_key(&key, credential, *timestamp, &request).map_err(unsignable)?
        }
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    put_static(headers, X_TC_ACTION, info.name, "action name")?;
    put_static(headers, X_TC_VERSION, info.service.version, "version")?;
    put(headers, X_TC_TIMESTAMP, &timestamp.to_string(), "timestamp")?;
    if let Some(region) = region {
        put(headers, X_TC_REGION, region.as_str(), "region")?;
    }
    if let Some(language) = &writing.language {
        put(headers, X_TC_LANGUAGE, language, "language")?;
    }
    headers.insert(X_TC_REQUESTCLIENT, writing.request_client_header.clone());
    put(headers, X_TC_TRACEID, attempt.trace_id, "trace id")?;
    if let Some(token) = credential.and_then(Credential::token) {
        put(headers, X_TC_TOKEN, token, "token")?;
        sensitive(headers, X_TC_TOKEN);
    }
    put(headers, AUTHORIZATION, &authorization, "authorization")?;
    sensitive(headers, AUTHORIZATION);
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

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str, what: &str) -> Result<(), Error> {
    let header = HeaderValue::from_str(value).map_err(|_| invalid_header(what))?;
    add(headers, name, header, what)
}

/// As [`put`], without a copy.
fn put_static(
    headers: &mut HeaderMap,
    name: HeaderName,
    value: &'static str,
    what: &str,
) -> Result<(), Error> {
    let header = HeaderValue::from_maybe_shared(Bytes::from_static(value.as_bytes()));
    add(headers, name, header.map_err(|_| invalid_header(what))?, what)
}

/// Beyond ASCII each reader of a header has its own idea of the text, which is more than was signed.
fn add(
    headers: &mut HeaderMap,
    name: HeaderName,
    header: HeaderValue,
    what: &str,
) -> Result<(), Error> {
    if !header.as_bytes().is_ascii() {
        return Err(invalid_header(what));
    }
    headers.insert(name, header);
    Ok(())
}

fn invalid_header(what: &str) -> Error {
    Error::usage(format!("{what} holds a character that no header may hold"))
}

fn sensitive(headers: &mut HeaderMap, name: HeaderName) {
    if let Some(value) = headers.get_mut(name) {
        value.set_sensitive(true);
    }
}

fn sign_v1(
    pairs: &[query_form::Pair],
    attempt: &SigningInput<'_>,
    method: Method,
) -> Result<Vec<query_form::Pair>, Error> {
    let SigningInput { info, writing, address, region, timestamp, nonce, .. } = attempt;
    let Some(credential) = attempt.credential else {
        return Err(Error::usage("a call without signature is possible in the TC3 dialect only"));
    };
    let signature_method = match writing.dialect {
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
    if let Some(language) = &writing.language {
        add("Language", language);
    }
    add("RequestClient", &writing.request_client);
    params.extend(pairs.iter().cloned());
    let request =
        v1::Request { method, host: address.authority(), path: address.path(), params: &params };
    let signature = v1::sign(credential, &request).map_err(unsignable)?;
    params.push((v1::SIGNATURE.to_owned(), signature.to_string()));
    Ok(params)
}

fn unsignable(error: SignError) -> Error {
    Error::usage(format!("request cannot be signed: {error}")).with_source(error)
}
