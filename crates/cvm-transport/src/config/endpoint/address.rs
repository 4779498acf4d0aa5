//! The address of a request: an origin and a path, verified by parsing the URL back.

use std::sync::Arc;

use http::HeaderValue;

use super::EndpointError;
use super::origin::Origin;

/// The address of a request.
///
/// All its forms are computed once, because formatting and parsing them costs more than signing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    origin: Origin,
    path: &'static str,
    authority: Arc<str>,
    host_header: HeaderValue,
    url: Arc<str>,
    parsed: Arc<reqwest::Url>,
}

impl Address {
    /// Joins origin and path, parses the URL with both parsers that will read it, and compares.
    pub(super) fn new(origin: Origin, path: &'static str) -> Result<Self, EndpointError> {
        let scheme = if origin.plain { "http" } else { "https" };
        let authority = origin.authority.as_str();
        let text = format!("{scheme}://{authority}{path}");
        let uri: http::Uri = text.parse().map_err(|_| EndpointError::Host)?;
        let is_same = uri.host() == Some(&origin.host)
            && uri.authority().map(http::uri::Authority::as_str) == Some(authority)
            && uri.path() == path
            && uri.query().is_none();
        let parsed = reqwest::Url::parse(&text).map_err(|_| EndpointError::Host)?;
        if !is_same || parsed.path() != path || !is_at(&parsed, authority) {
            return Err(EndpointError::Host);
        }
        let host_header = HeaderValue::from_str(authority).map_err(|_| EndpointError::Host)?;
        Ok(Self {
            authority: authority.into(),
            host_header,
            url: text.into(),
            parsed: Arc::new(parsed),
            origin,
            path,
        })
    }

    /// Host and port as they are sent and signed.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The authority as a shared string.
    pub(crate) fn shared_authority(&self) -> Arc<str> {
        Arc::clone(&self.authority)
    }

    /// The authority as a header value.
    pub(crate) const fn host_header(&self) -> &HeaderValue {
        &self.host_header
    }

    pub(crate) fn host(&self) -> &str {
        &self.origin.host
    }

    /// The same path at another origin.
    pub(crate) fn at(&self, origin: Origin) -> Result<Self, EndpointError> {
        Self::new(origin, self.path)
    }

    pub(crate) const fn path(&self) -> &'static str {
        self.path
    }

    /// Whether the request is sent unencrypted, which is possible only for a literal loopback address.
    pub(crate) const fn is_plain(&self) -> bool {
        self.origin.plain
    }

    pub(crate) const fn is_loopback(&self) -> bool {
        self.origin.loopback
    }

    /// The URL without a query.
    pub(crate) const fn url(&self) -> &Arc<str> {
        &self.url
    }

    /// The URL without a query, parsed by the HTTP library.
    pub(crate) const fn parsed(&self) -> &Arc<reqwest::Url> {
        &self.parsed
    }
}

/// Whether a URL parsed by the HTTP library has this host and port and no user.
pub(crate) fn is_at(url: &reqwest::Url, authority: &str) -> bool {
    let host = url.host_str().unwrap_or_default();
    let port_is_right = match url.port() {
        Some(port) => authority
            .strip_prefix(host)
            .and_then(|rest| rest.strip_prefix(':'))
            .is_some_and(|digits| digits.parse() == Ok(port)),
        None => authority == host,
    };
    port_is_right && url.username().is_empty() && url.password().is_none()
}
