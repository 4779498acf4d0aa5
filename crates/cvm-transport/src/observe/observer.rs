//! A window on the wire: what was sent and what came back, secrets masked.

use std::fmt;

use crate::{MaskedRequest, Outcome};

/// Sees every request as it is sent and every answer as it came, with the secrets masked.
///
/// For people who want to look; [`Metrics`](crate::Metrics) is for machines that count. Both methods
/// run inside the call, so they should be quick.
pub trait WireObserver: fmt::Debug + Send + Sync + 'static {
    /// A request is about to leave.
    fn request(&self, exchange: &Exchange<'_>, request: &MaskedRequest);

    /// An answer came, or an attempt failed.
    fn response(&self, exchange: &Exchange<'_>, response: &MaskedResponse);
}

/// Which attempt of which call.
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

/// An answer for people, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MaskedResponse {
    /// HTTP status, if an answer came.
    pub status: Option<u16>,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body; for something that is no answer of the service, its beginning.
    pub body: String,
    /// What the attempt proved.
    pub outcome: Outcome,
    /// Why it failed, if it did before an answer could be read.
    pub failure: Option<String>,
}

impl fmt::Display for MaskedResponse {
    /// As it is on the wire: status line, headers, empty line, body.
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
