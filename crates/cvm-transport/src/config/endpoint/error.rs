//! The error for an invalid or unknown endpoint.

use std::fmt;

/// An endpoint that is invalid or unknown.
///
/// The message does not contain the address, which may include a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointError {
    /// The scheme is neither `https` nor `http`.
    Scheme,
    /// Plain `http` to anything but a literal loopback address.
    PlainHttp,
    /// A literal loopback address without a scheme.
    LoopbackWithoutScheme,
    /// A user name or password in the address.
    UserInfo,
    /// A path, query or fragment in the address.
    Path,
    /// The port is not a number from 1 to 65535.
    Port,
    /// The host is not a plain host name or address.
    Host,
    /// The service has no old gateway.
    NoOldGateway,
    /// The endpoint depends on a region, and the client has none.
    NeedsRegion,
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "endpoint must start with https://",
            Self::PlainHttp => {
                "endpoint must use https; plain http is for the literal addresses 127.0.0.1 and [::1] only"
            }
            Self::LoopbackWithoutScheme => {
                "endpoint is a loopback address without a scheme; write http:// before it, or https:// if it uses TLS"
            }
            Self::UserInfo => "endpoint must not contain a user name or password",
            Self::Path => "endpoint must have only a scheme, a host and a port, without a path or query",
            Self::Port => "endpoint has a port that is not a number from 1 to 65535",
            Self::Host => "endpoint has a host that is neither a valid host name nor an address",
            Self::NoOldGateway => "the service has no old gateway; choose another dialect",
            Self::NeedsRegion => {
                "endpoint depends on the region; set one with `region(…)` or TENCENTCLOUD_REGION"
            }
        })
    }
}

impl std::error::Error for EndpointError {}
