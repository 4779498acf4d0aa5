//! A signed request that has not been sent.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use cvm_protocol::ModelInfo;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::observe::mask;

/// A signed HTTP request: method, URL, headers and body.
///
/// It contains a valid signature and may contain passwords. `Debug` masks both; the accessors return everything.
#[derive(Clone)]
pub struct PreparedRequest {
    pub(crate) service: &'static str,
    pub(crate) action: &'static str,
    pub(crate) table: &'static ModelInfo,
    pub(crate) method: Method,
    pub(crate) url: Arc<str>,
    /// The parsed URL, if it has no query: a query may contain secrets.
    pub(crate) parsed_url: Option<Arc<reqwest::Url>>,
    pub(crate) authority: Arc<str>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) client_token: Option<String>,
}

impl PreparedRequest {
    /// The service, such as `cvm`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.service
    }

    /// The action.
    #[must_use]
    pub fn action(&self) -> &str {
        self.action
    }

    /// `GET` or `POST`.
    #[must_use]
    pub fn method(&self) -> &str {
        self.method.as_str()
    }

    /// The URL, query included.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Host and port as they were signed; identical to the `Host` header.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The headers, including `Host`.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body; empty for a `GET`.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The client token of the request, given or generated.
    #[must_use]
    pub fn client_token(&self) -> Option<&str> {
        self.client_token.as_deref()
    }

    /// The values of headers that may be secret, except the signature.
    pub(crate) fn secret_headers(&self) -> Vec<HeaderValue> {
        let is_secret = |(name, value): &(&HeaderName, &HeaderValue)| {
            value.is_sensitive() && name.as_str() != "authorization"
        };
        self.headers.iter().filter(is_secret).map(|(_, value)| value.clone()).collect()
    }

    /// The request with its secrets masked. The value of a member that the specification does not know, and that of a header that
    /// an interceptor added, may be a secret, so it is masked too.
    #[must_use]
    pub fn masked(&self) -> MaskedRequest {
        let url = match self.url.split_once('?') {
            Some((address, query)) => format!("{address}?{}", mask::pairs(query, self.table)),
            None => self.url.to_string(),
        };
        let headers = self.headers.iter().map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            let text = match name.as_str() {
                "authorization" => mask::authorization(&text),
                _ if value.is_sensitive() => mask::MASK.to_owned(),
                _ => text.into_owned(),
            };
            (name.as_str().to_owned(), text)
        });
        let is_json = self
            .headers
            .get(http::header::CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
        let body = if self.body.is_empty() {
            String::new()
        } else if is_json {
            mask::request_json(&self.body, self.table)
        } else {
            mask::pairs(&String::from_utf8_lossy(&self.body), self.table)
        };
        MaskedRequest {
            method: self.method.as_str().to_owned(),
            url,
            headers: headers.collect(),
            body,
        }
    }
}

impl fmt::Debug for PreparedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let masked = self.masked();
        f.debug_struct("PreparedRequest")
            .field("action", &self.action)
            .field("method", &masked.method)
            .field("url", &masked.url)
            .field("headers", &masked.headers)
            .field("body", &masked.body)
            .finish()
    }
}

/// A request with its secrets masked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MaskedRequest {
    /// `GET` or `POST`.
    pub method: String,
    /// The URL, query included.
    pub url: String,
    /// Lower-case names, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl fmt::Display for MaskedRequest {
    /// Formats it as on the wire: request line, headers, empty line, body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.method, self.url)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value}")?;
        }
        if !self.body.is_empty() {
            write!(f, "\n{}", self.body)?;
        }
        Ok(())
    }
}
