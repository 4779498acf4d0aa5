//! Why no request may go to an address.

use std::fmt;

/// An address that no request may go to, or that is not known.
///
/// The address itself is not repeated: it may hold a password.
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
    /// The service has no older gateway.
    NoOldGateway,
    /// The endpoint depends on a region, and the client has none.
    NeedsRegion,
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "endpoint must begin with https://",
            Self::PlainHttp => {
                "endpoint must use https; plain http is for the literal addresses 127.0.0.1 and [::1] only"
            }
            Self::LoopbackWithoutScheme => {
                "endpoint is a loopback address without a scheme; write http:// in front of it, or https:// if it is encrypted"
            }
            Self::UserInfo => "endpoint must not hold a user name or password",
            Self::Path => "endpoint must be scheme, host and port alone, without path or query",
            Self::Port => "endpoint has a port that is not a number from 1 to 65535",
            Self::Host => "endpoint has a host that is neither a plain host name nor an address",
            Self::NoOldGateway => "service has no older gateway; choose another dialect",
            Self::NeedsRegion => {
                "endpoint depends on a region; give the client one with `region(…)` or TENCENTCLOUD_REGION"
            }
        })
    }
}

impl std::error::Error for EndpointError {}
