//! Timeouts. Every wait has a limit, and deadlines are absolute.

use std::time::Duration;

use crate::signing::client_token::CLIENT_TOKEN_WINDOW;

/// The timeouts of a client.
///
/// Prefer them to `tokio::time::timeout` around a call, which drops the call without telling the caller whether the
/// request took effect; see [`Client`](crate::Client).
///
/// ```
/// use std::time::Duration;
/// use cvm_transport::config::Timeouts;
///
/// let timeouts = Timeouts::default().with_operation(Duration::from_secs(20));
/// assert_eq!(timeouts.connect, Duration::from_secs(5));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Name lookup, connection and TLS together. Default: 5 s.
    pub connect: Duration,

    /// From sending to the head of the response. Default: 20 s.
    pub first_byte: Duration,

    /// The same for launches and for asynchronous writes. Default: 60 s.
    pub first_byte_slow: Duration,

    /// The longest pause in a body; after that time, less than 1 KiB/s is also too slow. Default: 5 s.
    pub body_idle: Duration,

    /// One attempt. Default: 30 s.
    pub attempt: Duration,

    /// One attempt of a launch or an asynchronous write. Default: 60 s.
    pub attempt_slow: Duration,

    /// A whole call, including retries and pauses. Default: 90 s.
    ///
    /// A retry is sent only if at least 1 s is left after the pause before it. The first pause is at most 0.1 s after a
    /// failure, and 0.25 to 1 s after a throttle. So a call with a timeout of 1 s or less is never retried, and to leave time
    /// for a retry after an attempt that timed out, this timeout must be at least 2 s longer than [`attempt`](Self::attempt).
    pub operation: Duration,

    /// A whole call that carries a client token. Default: [`CLIENT_TOKEN_WINDOW`], because a token is not used for
    /// longer.
    pub operation_with_token: Duration,
}

macro_rules! setters {
    ($($name:ident $field:ident $link:literal),* $(,)?) => {
        impl Timeouts { $(
            #[doc = $link]
            #[must_use]
            pub const fn $name(mut self, limit: Duration) -> Self {
                self.$field = limit;
                self
            }
        )* }
    };
}
setters! {
    with_connect connect "Sets [`connect`](Self::connect).",
    with_first_byte first_byte "Sets [`first_byte`](Self::first_byte).",
    with_first_byte_slow first_byte_slow "Sets [`first_byte_slow`](Self::first_byte_slow).",
    with_body_idle body_idle "Sets [`body_idle`](Self::body_idle).",
    with_attempt attempt "Sets [`attempt`](Self::attempt).",
    with_attempt_slow attempt_slow "Sets [`attempt_slow`](Self::attempt_slow).",
    with_operation operation "Sets [`operation`](Self::operation).",
    with_operation_with_token operation_with_token
        "Sets [`operation_with_token`](Self::operation_with_token).",
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
