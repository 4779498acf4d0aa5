//! Hooks around every call and every attempt: they can see and change a request before it is signed, and see the
//! response.

use std::fmt;
use std::time::Duration;

use cvm_protocol::{Json, Model, envelope};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::observe::{Exchange, UnsignedRequest};
use crate::pointers::for_pointers;
use crate::retry::Outcome;
use crate::{Action, Error};

/// Sees and changes requests before they are signed, and sees the responses.
///
/// A call runs the hooks in this order:
///
/// 1. [`before_call`](Self::before_call), once: the members of the request.
/// 2. For each attempt, [`before_signing`](Self::before_signing): its headers.
/// 3. For each attempt, [`after_response`](Self::after_response): its outcome and its response.
///
/// A client may have several interceptors, see [`ClientBuilder::interceptor`](crate::ClientBuilder::interceptor). Hooks
/// run inside the call, so they should be fast. For work that has to wait, wrap the
/// [`HttpClient`](crate::http::HttpClient) instead.
///
/// Every way to send a request runs the hooks, and [`UnsignedRequest::members`] has everything that is sent.
///
/// Members and bodies may contain secrets, such as passwords. [`UnsignedRequest`] and [`ReceivedResponse`] mask them in
/// `Debug`; do not log anything else of them.
///
/// ```
/// use cvm_transport::observe::{AttemptEnd, Exchange, HeaderMapMut, Interceptor, UnsignedRequest};
///
/// /// Puts the name of the team into every launch, and the trace of the caller into every request.
/// #[derive(Debug)]
/// struct Team(&'static str);
///
/// impl Interceptor for Team {
///     fn before_call(&self, request: &mut UnsignedRequest<'_>) -> Result<(), String> {
///         match request.action() {
///             "RunInstances" => request.set("InstanceName", format!("{}-worker", self.0).into()),
///             "TerminateInstances" => Err("instances are terminated by the operations team".into()),
///             _ => Ok(()),
///         }
///     }
///
///     fn before_signing(&self, _: &Exchange<'_>, headers: &mut HeaderMapMut) -> Result<(), String> {
///         headers.add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
///     }
///
///     fn after_response(&self, exchange: &Exchange<'_>, end: &AttemptEnd<'_>) {
///         println!("{} attempt {}: {}", exchange.action, exchange.attempt, end.outcome);
///     }
/// }
///
/// let client = cvm_transport::Client::builder().interceptor(Team("search")).build()?;
/// # drop(client);
/// # Ok::<(), cvm_transport::Error>(())
/// ```
pub trait Interceptor: fmt::Debug + Send + Sync + 'static {
    /// Called once per call, before everything else. It may change the members of the request, or stop the call.
    ///
    /// The client token, the retry class and the encoding follow from the members as the interceptor leaves them. All
    /// attempts send the same members.
    ///
    /// # Errors
    ///
    /// The reason why the call must not be sent. The call then fails with [`Error::is_usage`].
    fn before_call(&self, request: &mut UnsignedRequest<'_>) -> Result<(), String> {
        let _ = request;
        Ok(())
    }

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
        fn before_call(&self, request: &mut UnsignedRequest<'_>) -> Result<(), String> {
            (**self).before_call(request)
        }

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

/// The error of a call that an interceptor stopped.
pub(crate) fn stopped(why: &str) -> Error {
    Error::usage(format!("stopped by the interceptor: {why}"))
}

/// Headers that control the signature, the connection, or the body of the request or response (RFC 9110, sections 7.6.1, 8,
/// 10.1.1, 11.7, 12.5.3, 13.1 and 14.2). The client sets them itself, or needs none. A text that ends with `-` is the beginning of
/// a name.
const RESERVED: [&str; 16] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-",
    "expect",
    "host",
    "http2-settings",
    "if-",
    "keep-alive",
    "proxy-",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-tc-",
];

/// Added headers whose values are never secret.
const HARMLESS: [&str; 6] =
    ["b3", "traceparent", "tracestate", "user-agent", "x-correlation-id", "x-request-id"];

fn is_reserved(name: &str) -> bool {
    RESERVED.into_iter().any(|reserved| match reserved.ends_with('-') {
        true => name.starts_with(reserved),
        false => name == reserved,
    })
}

/// The headers of a request that is not yet signed.
///
/// Observers and `Debug` show the name of an added header, and hide its value, which may be a secret. They show the values of
/// `traceparent`, `tracestate`, `b3`, `x-request-id`, `x-correlation-id` and `user-agent`.
#[derive(Debug, Default)]
pub struct HeaderMapMut(HeaderMap);

impl HeaderMapMut {
    pub(crate) const fn new(headers: HeaderMap) -> Self {
        Self(headers)
    }

    pub(crate) fn into_inner(self) -> HeaderMap {
        self.0
    }

    /// The value of a header that does not depend on the signature, such as `host` or `user-agent`, or that an
    /// interceptor added.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value.to_str().ok())
    }

    /// Adds a header, or replaces the one that an interceptor added before, or `User-Agent`.
    ///
    /// # Errors
    ///
    /// If the name is reserved, or if the name or value contains a character that is not allowed in an HTTP header. The client
    /// controls the signature, the connection and the bodies, so these names are reserved: `Host`, `Authorization`,
    /// `Connection`, `Keep-Alive`, `TE`, `Trailer`, `Transfer-Encoding`, `Upgrade`, `Expect`, `Range`, `Accept-Encoding`,
    /// `HTTP2-Settings`, and each name that begins with `X-TC-`, `Content-`, `If-` or `Proxy-`.
    pub fn add(&mut self, name: &str, value: &str) -> Result<(), String> {
        let name: HeaderName = name.parse().map_err(|_| "invalid header name".to_owned())?;
        if is_reserved(name.as_str()) {
            return Err(format!(
                "header `{name}` is reserved: the client controls the signature, the connection and the body"
            ));
        }
        let invalid = || format!("invalid value of header `{name}`");
        let mut value = HeaderValue::from_str(value).map_err(|_| invalid())?;
        if !value.as_bytes().is_ascii() {
            return Err(invalid());
        }
        value.set_sensitive(!HARMLESS.contains(&name.as_str()));
        self.0.insert(name, value);
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
    /// The response, if a complete one arrived; also one with an error, or one that is not from the service.
    pub response: Option<ReceivedResponse<'a>>,
}

/// The response of an attempt, including secrets. `Debug` shows only how long it is.
#[derive(Clone, Copy)]
pub struct ReceivedResponse<'a> {
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) decoded: &'a dyn Model,
    pub(crate) is_success: bool,
}

impl ReceivedResponse<'_> {
    /// The value of a header, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The headers.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        self.headers
    }

    /// The body as received, envelope included.
    #[must_use]
    pub const fn body(&self) -> &[u8] {
        self.body
    }

    /// Everything in `Response` as the service wrote it, including unknown members. `null` if the body is not a
    /// response of the service.
    #[must_use]
    pub fn json(&self) -> Json {
        envelope::response(self.body)
    }

    /// A copy of the decoded response of this action. `None` for other actions, and unless the attempt succeeded.
    #[must_use]
    pub fn decoded<A: Action>(&self) -> Option<A::Response> {
        let is_same = std::ptr::eq(self.decoded.table(), A::INFO.response);
        if !self.is_success || !is_same {
            return None;
        }
        let mut response = A::Response::default();
        envelope::decode(&mut response, self.body).ok()?;
        Some(response)
    }
}

impl fmt::Debug for ReceivedResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedResponse").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_headers_cannot_be_added() {
        let mut headers = HeaderMapMut::default();
        for name in [
            "Host",
            "Authorization",
            "X-TC-Action",
            "x-tc-token",
            "X-TC-New",
            "Content-Type",
            "Content-Length",
            "content-encoding",
            "content-range",
            "Transfer-Encoding",
            "Trailer",
            "TE",
            "Connection",
            "keep-alive",
            "Proxy-Connection",
            "Proxy-Authorization",
            "Upgrade",
            "HTTP2-Settings",
            "Expect",
            "Range",
            "If-None-Match",
            "if-range",
            "Accept-Encoding",
            "bad name",
        ] {
            assert!(headers.add(name, "x").is_err(), "{name}");
        }
        assert!(headers.add("traceparent", "a\r\nx: y").is_err());
        assert_eq!(headers.add("traceparent", "00-1-2-3"), Ok(()));
        assert_eq!(headers.get("TraceParent"), Some("00-1-2-3"));
        for name in ["x-team", "tenant", "hosted", "ranges"] {
            assert_eq!(headers.add(name, "x"), Ok(()), "{name}");
        }
    }

    #[test]
    fn debug_hides_values_of_added_headers_that_may_be_secret() {
        let mut headers = HeaderMapMut::default();
        for name in ["Cookie", "x-api-key", "X-New"] {
            headers.add(name, "canary").unwrap();
        }
        for name in HARMLESS {
            headers.add(name, "shown").unwrap();
        }
        let shown = format!("{headers:?} {headers:#?}");
        assert!(shown.contains("x-api-key") && shown.contains("shown"), "{shown}");
        assert!(!shown.contains("canary"), "{shown}");
        assert_eq!(headers.get("cookie"), Some("canary"));
    }
}
