//! Hooks around every attempt. They see no secret and cannot break the signature.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::pointers::for_pointers;
use crate::{Error, Exchange, Outcome};

/// Called before each attempt is signed and after each response.
///
/// It sees the action but not the parameters, which may contain secrets.
pub trait Interceptor: fmt::Debug + Send + Sync + 'static {
    /// Called before an attempt is signed. It may add headers, or stop the call.
    ///
    /// # Errors
    ///
    /// The reason why the call must not be sent. The call then fails with [`Error::is_usage`].
    fn before_signing(
        &self,
        exchange: &Exchange<'_>,
        headers: &mut HeaderMapMut,
    ) -> Result<(), String> {
        let _ = (exchange, headers);
        Ok(())
    }

    /// Called when an attempt has ended.
    fn after_response(&self, exchange: &Exchange<'_>, ended: &AttemptEnd<'_>) {
        let _ = (exchange, ended);
    }
}

for_pointers! {
    Interceptor {
        fn before_signing(
            &self,
            exchange: &Exchange<'_>,
            headers: &mut HeaderMapMut,
        ) -> Result<(), String> {
            (**self).before_signing(exchange, headers)
        }

        fn after_response(&self, exchange: &Exchange<'_>, ended: &AttemptEnd<'_>) {
            (**self).after_response(exchange, ended);
        }
    }
}

/// Headers that an [`Interceptor`] adds to a request.
#[derive(Debug, Default)]
pub struct HeaderMapMut(HeaderMap);

impl HeaderMapMut {
    /// Adds a header. Headers that the client sets itself cannot be replaced.
    ///
    /// # Errors
    ///
    /// If the name is reserved for the client or the protocol, or if the name or value contains a character that is not
    /// allowed in an HTTP header.
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
        let name: HeaderName = name.parse().map_err(|_| "invalid header name".to_owned())?;
        if TAKEN.contains(&name.as_str()) || name.as_str().starts_with("x-tc-") {
            return Err(format!("header `{name}` is set by the client"));
        }
        let invalid = || format!("invalid value of header `{name}`");
        let value = HeaderValue::from_str(value).map_err(|_| invalid())?;
        if !value.as_bytes().is_ascii() {
            return Err(invalid());
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
            .map_err(|why| Error::usage(format!("stopped by the interceptor: {why}")))?;
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
    /// The outcome.
    pub outcome: Outcome,
    /// HTTP status, if a response arrived.
    pub status: Option<u16>,
    /// The service's error code, if it gave one.
    pub code: Option<&'a str>,
    /// The request id.
    pub request_id: Option<&'a str>,
    /// How long it took.
    pub took: Duration,
    /// How many seconds the `Date` of the response is ahead of this machine's clock, if it has a usable one.
    pub clock_difference: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_headers_cannot_be_replaced() {
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
