//! Observes requests and responses on the wire, with secrets masked.

use std::fmt;

use crate::http::MaskedRequest;
use crate::pointers::for_pointers;
use crate::retry::Outcome;

/// Sees every request as it is sent and every response as it arrived, with secrets masked. The value of a member that the
/// specification does not know, and that of an added header, may be a secret, so it is masked too.
///
/// It is for people who debug; [`Metrics`](crate::observe::Metrics) is for monitoring. Both methods run inside the call, so
/// they should be fast.
pub trait WireObserver: fmt::Debug + Send + Sync + 'static {
    /// A request is about to be sent.
    fn request(&self, exchange: &Exchange<'_>, request: &MaskedRequest);

    /// A response arrived, or an attempt failed.
    fn response(&self, exchange: &Exchange<'_>, response: &MaskedResponse);
}

for_pointers! {
    WireObserver {
        fn request(&self, exchange: &Exchange<'_>, request: &MaskedRequest) {
            (**self).request(exchange, request);
        }

        fn response(&self, exchange: &Exchange<'_>, response: &MaskedResponse) {
            (**self).response(exchange, response);
        }
    }
}

/// Identifies an attempt of a call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Exchange<'a> {
    /// The action.
    pub action: &'a str,
    /// The region, if the client has one.
    pub region: Option<&'a str>,
    /// The number of the attempt, from 1.
    pub attempt: u32,
}

/// A response with its secrets masked, and with the values of members masked that the specification does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MaskedResponse {
    /// HTTP status, if a response arrived.
    pub status: Option<u16>,
    /// Lower-case names, and values.
    pub headers: Vec<(String, String)>,
    /// The body; an excerpt if it is not a response of the service.
    pub body: String,
    /// The outcome of the attempt.
    pub outcome: Outcome,
    /// Why the attempt failed.
    pub failure: Option<String>,
}

impl fmt::Display for MaskedResponse {
    /// Formats it as on the wire: status line, headers, empty line, body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, &self.failure) {
            (Some(status), _) => writeln!(f, "HTTP {status}")?,
            (None, Some(failure)) => return write!(f, "{}: {failure}", self.outcome),
            (None, None) => return write!(f, "{}", self.outcome),
        }
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value}")?;
        }
        write!(f, "\n{}", self.body)
    }
}
