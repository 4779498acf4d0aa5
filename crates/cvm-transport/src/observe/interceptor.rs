//! A place for the caller's own rules around every attempt; it sees no secret and breaks no signature.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{Error, Exchange, Outcome};

/// Runs before each attempt is signed and after each answer.
///
/// It sees which action is called, not with what: members may hold secrets.
pub trait Interceptor: fmt::Debug + Send + Sync + 'static {
    /// An attempt is about to be signed. It may add headers, or stop the call.
    ///
    /// # Errors
    ///
    /// A text that says why the call must not be sent. The call then fails with [`Error::is_usage`].
    fn before_signing(
        &self,
        exchange: &Exchange<'_>,
        headers: &mut HeaderMapMut,
    ) -> Result<(), String> {
        let _ = (exchange, headers);
        Ok(())
    }

    /// An attempt ended.
    fn after_response(&self, exchange: &Exchange<'_>, ended: &AttemptEnd<'_>) {
        let _ = (exchange, ended);
    }
}

/// Headers that an [`Interceptor`] adds to a request.
#[derive(Debug, Default)]
pub struct HeaderMapMut(HeaderMap);

impl HeaderMapMut {
    /// Adds a header. Those that the client writes itself cannot be replaced.
    ///
    /// # Errors
    ///
    /// When the name belongs to the client or the protocol, or a part holds a character that no header
    /// may hold.
    pub fn add(&mut self, name: &str, value: &str) -> Result<(), String> {
        const TAKEN: [&str; 10] = [
            "host",
            "authorization",
            "content-type",
            "content-length",
            "transfer-encoding",
            "connection",
            "accept-encoding",
            "expect",
            "te",
            "upgrade",
        ];
        let name: HeaderName = name.parse().map_err(|_| "header name is malformed".to_owned())?;
        if TAKEN.contains(&name.as_str()) || name.as_str().starts_with("x-tc-") {
            return Err(format!("header `{name}` belongs to the client"));
        }
        let malformed = || format!("value of `{name}` is malformed");
        let value = HeaderValue::from_str(value).map_err(|_| malformed())?;
        if !value.as_bytes().is_ascii() {
            return Err(malformed());
        }
        self.0.insert(name, value);
        Ok(())
    }

    pub(crate) fn write(
        interceptor: &dyn Interceptor,
        exchange: &Exchange<'_>,
        headers: &mut HeaderMap,
    ) -> Result<(), Error> {
        let mut added = Self::default();
        interceptor
            .before_signing(exchange, &mut added)
            .map_err(|why| Error::usage(format!("stopped before sending: {why}")))?;
        for (name, value) in &added.0 {
            headers.insert(name, value.clone());
        }
        Ok(())
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AttemptEnd<'a> {
    /// What it proved.
    pub outcome: Outcome,
    /// HTTP status, if an answer came.
    pub status: Option<u16>,
    /// The service's error code, if it gave one.
    pub code: Option<&'a str>,
    /// The id under which the service knows the attempt.
    pub request_id: Option<&'a str>,
    /// How long it took.
    pub took: Duration,
    /// Seconds by which the `Date` of the response is ahead of this machine's clock, if it has one that tells
    /// the time.
    pub clock_difference: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_own_headers_cannot_be_replaced() {
        let mut headers = HeaderMapMut::default();
        for name in
            ["Host", "Authorization", "X-TC-Action", "x-tc-token", "Content-Length", "bad name"]
        {
            assert!(headers.add(name, "x").is_err(), "{name}");
        }
        assert!(headers.add("traceparent", "a\r\nx: y").is_err());
        assert_eq!(headers.add("traceparent", "00-1-2-3"), Ok(()));
    }
}
