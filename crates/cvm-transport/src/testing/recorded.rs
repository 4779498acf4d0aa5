//! The requests that a mocked client sent.

use std::sync::{Arc, Mutex, PoisonError};

use cvm_protocol::{Model, json, percent, query_form};
use http::header::CONTENT_TYPE;

use crate::Action;
use crate::http::PreparedRequest;

/// The requests that a mocked client sent, in order: one for each attempt. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct RecordedRequests(Arc<Mutex<Vec<PreparedRequest>>>);

impl RecordedRequests {
    /// Adds a request and returns its number, from 1.
    pub(super) fn record(&self, request: PreparedRequest) -> usize {
        let mut requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        requests.push(request);
        requests.len()
    }

    /// The requests of one action, decoded from what was sent.
    ///
    /// # Panics
    ///
    /// If a request cannot be decoded, which would be an error of this crate.
    #[must_use]
    #[expect(clippy::panic, reason = "for tests: it must not hide a request")]
    pub fn of<A: Action>(&self) -> Vec<A> {
        let requests = self.all();
        let requests = requests.iter().filter(|request| is_of::<A>(request));
        let decoded = requests.map(|request| {
            decode(request).unwrap_or_else(|error| panic!("{}: {error}", A::INFO.name))
        });
        decoded.collect()
    }

    /// The names of the actions.
    #[must_use]
    pub fn actions(&self) -> Vec<String> {
        self.all().iter().map(|request| request.action().to_owned()).collect()
    }

    /// The requests as they were signed and sent, including secrets.
    #[must_use]
    pub fn all(&self) -> Vec<PreparedRequest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Whether a request is of this action.
pub(super) fn is_of<A: Action>(request: &PreparedRequest) -> bool {
    request.action() == A::INFO.name && request.service() == A::INFO.service.name
}

/// Decodes a request of this action, in any dialect.
pub(super) fn decode<A: Action>(request: &PreparedRequest) -> Result<A, String> {
    let mut decoded = A::default();
    decode_into(request, &mut decoded)?;
    Ok(decoded)
}

fn decode_into(request: &PreparedRequest, decoded: &mut dyn Model) -> Result<(), String> {
    let content_type = request.headers().get(CONTENT_TYPE);
    let is_json =
        content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    if is_json {
        json::from_slice(decoded, request.body()).map_err(|error| error.to_string())?;
        return Ok(());
    }
    let query = request.url().split_once('?').map(|(_, query)| query.to_owned());
    let text = query.unwrap_or_else(|| String::from_utf8_lossy(request.body()).into_owned());
    let pairs = percent::decode_pairs(&text)?;
    // Common parameters, such as `Action` and `Signature`, are no members of the action.
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    query_form::decode(decoded, pairs).map_err(|error| error.to_string())?;
    Ok(())
}
