//! Where one request goes: an origin and a path, read back before anything is signed for them.

use super::EndpointError;
use super::origin::Origin;

/// Where one request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(super) origin: Origin,
    pub(super) path: &'static str,
}

impl Address {
    /// Host and port as they are sent and signed.
    pub(crate) fn authority(&self) -> &str {
        &self.origin.authority
    }

    pub(crate) fn host(&self) -> &str {
        &self.origin.host
    }

    /// The same path at another host.
    pub(crate) fn at(&self, origin: Origin) -> Result<Self, EndpointError> {
        Self { origin, path: self.path }.checked()
    }

    pub(crate) const fn path(&self) -> &'static str {
        self.path
    }

    /// Whether the request goes unencrypted; only to a literal loopback address.
    pub(crate) const fn is_plain(&self) -> bool {
        self.origin.plain
    }

    pub(crate) const fn is_loopback(&self) -> bool {
        self.origin.loopback
    }

    /// The URL, with a query if there is one.
    pub(crate) fn url(&self, query: &str) -> String {
        let scheme = if self.origin.plain { "http" } else { "https" };
        let Self { origin: Origin { authority, .. }, path } = self;
        if query.is_empty() {
            format!("{scheme}://{authority}{path}")
        } else {
            format!("{scheme}://{authority}{path}?{query}")
        }
    }

    /// Reads the URL back and compares.
    pub(super) fn checked(self) -> Result<Self, EndpointError> {
        let url: http::Uri = self.url("").parse().map_err(|_| EndpointError::Host)?;
        let authority = url.authority().map(http::uri::Authority::as_str);
        let same = url.host() == Some(&self.origin.host)
            && authority == Some(self.authority())
            && url.path() == self.path
            && url.query().is_none();
        if same { Ok(self) } else { Err(EndpointError::Host) }
    }
}
