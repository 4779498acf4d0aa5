//! How long anything may take. Every wait has an end, and the ends are absolute.

use std::time::Duration;

use crate::signing::client_token::CLIENT_TOKEN_WINDOW;

/// The time limits of a client.
///
/// They are better than `tokio::time::timeout` around a call, which drops the call without a word about what
/// became of the request; see [`Client`](crate::Client).
///
/// ```
/// use std::time::Duration;
/// use cvm_transport::Timeouts;
///
/// let timeouts = Timeouts { operation: Duration::from_secs(20), ..Timeouts::default() };
/// assert_eq!(timeouts.connect, Duration::from_secs(5));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Name lookup, connection and TLS together. Default: 5 s.
    pub connect: Duration,

    /// From sending to the head of the answer. Default: 20 s.
    pub first_byte: Duration,

    /// The same for launches and for changes that are queued before they are answered. Default: 60 s.
    pub first_byte_slow: Duration,

    /// Longest pause in a body; after it, less than 1 KiB/s is too slow as well. Default: 5 s.
    pub body_idle: Duration,

    /// One attempt. Default: 30 s.
    pub attempt: Duration,

    /// One attempt of a launch or a queued change. Default: 60 s.
    pub attempt_slow: Duration,

    /// A whole call with its attempts and pauses. Default: 90 s.
    pub operation: Duration,

    /// A whole call that carries a client token. Default:
    /// [`CLIENT_TOKEN_WINDOW`], for so long a token is surely known.
    pub operation_with_token: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(20),
            first_byte_slow: Duration::from_secs(60),
            body_idle: Duration::from_secs(5),
            attempt: Duration::from_secs(30),
            attempt_slow: Duration::from_secs(60),
            operation: Duration::from_secs(90),
            operation_with_token: CLIENT_TOKEN_WINDOW,
        }
    }
}
