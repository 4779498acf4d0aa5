//! Models as JSON text, both ways. serde_json reads and writes; here are only the rules around it.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny};

use crate::decode::{ModelVisitor, restore};
use crate::drift::{DecodeReport, Failure, Path};
use crate::encode::{Encoded, NOT_FINITE, not_finite, tree};
use crate::{Json, Model, Report, Value};

/// Writes a model as compact JSON.
///
/// # Errors
///
/// When a number is not finite: the error has its path.
pub fn to_vec(model: &dyn Model) -> Result<Vec<u8>, DecodeError> {
    // Room for most requests: growing into it would cost a tenth of the work.
    let mut text = Vec::with_capacity(512);
    serde_json::to_writer(&mut text, &Encoded(Value::Object(model))).map_err(|error| {
        match not_finite(Value::Object(model)) {
            Some(path) => DecodeError::new(path, NOT_FINITE),
            None => DecodeError::new("", error.to_string()),
        }
    })?;
    Ok(text)
}

/// Fills a model from JSON text and tells what deviated from the specification.
///
/// # Errors
///
/// When the text is not JSON, a member is given twice, or a value cannot be read as its kind.
pub fn from_slice(model: &mut dyn Model, json: &[u8]) -> Result<Report, DecodeError> {
    let ledger = DecodeReport::of_text(json.len(), false);
    // One look at the whole text is a seventh of the work that looking at every string of it is. Text
    // that is not UTF-8 may still be read: a string that nobody asks for is skipped unseen.
    match std::str::from_utf8(json) {
        Ok(text) => read(model, json, &mut serde_json::Deserializer::from_str(text), ledger),
        Err(_) => read(model, json, &mut serde_json::Deserializer::from_slice(json), ledger),
    }
}

/// As [`from_slice`], and also reports enum values outside the known set. For tests and checks.
///
/// # Errors
///
/// As [`from_slice`].
pub fn from_slice_strict(model: &mut dyn Model, json: &[u8]) -> Result<Report, DecodeError> {
    let ledger = DecodeReport::of_text(json.len(), true);
    read(model, json, &mut serde_json::Deserializer::from_slice(json), ledger)
}

/// Fills a model from a JSON value.
///
/// # Errors
///
/// When a value cannot be read as its kind.
pub fn from_value(model: &mut dyn Model, value: &serde_json::Value) -> Result<Report, DecodeError> {
    let ledger = DecodeReport::new(false);
    let place = Path::root(&ledger);
    let outcome = value.deserialize_any(ModelVisitor { model, place: &place });
    conclude(ledger, outcome).map_err(|error| DecodeError { is_json: true, ..error })
}

/// A model as a JSON value. A number that JSON cannot express is null.
#[must_use]
pub fn to_value(model: &dyn Model) -> serde_json::Value {
    tree(Value::Object(model))
}

fn read<'de, R: serde_json::de::Read<'de>>(
    model: &mut dyn Model,
    text: &[u8],
    source: &mut serde_json::Deserializer<R>,
    ledger: DecodeReport,
) -> Result<Report, DecodeError> {
    let place = Path::root(&ledger);
    let outcome = source.deserialize_any(ModelVisitor { model, place: &place });
    let outcome = outcome.and_then(|()| source.end());
    let wants_digits = ledger.wants_digits();
    let report = conclude(ledger, outcome).map_err(|error| error.of_text(text, Json::scan))?;
    if wants_digits {
        restore(model, &Json::scan(text))?;
    }
    Ok(report)
}

pub(crate) fn conclude<T>(
    ledger: DecodeReport,
    outcome: Result<T, serde_json::Error>,
) -> Result<Report, DecodeError> {
    let (report, failure) = ledger.finish();
    outcome.map(|_| report).map_err(|error| {
        let message = error.to_string();
        match failure {
            Some(Failure { path, expected, found }) => {
                DecodeError { path, message, expected, found, is_json: false }
            }
            None => DecodeError::new("", message),
        }
    })
}

/// JSON text that cannot be read as a model.
///
/// The message names kinds and places, never the text of a value, which could be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The member that could not be read, in the notation of the API; empty for the text as a whole.
    pub path: String,
    /// Why.
    pub message: String,
    /// The kind of value that belongs there, such as `an integer`.
    pub expected: Option<&'static str>,
    /// The kind of value that was found there.
    pub found: Option<&'static str>,
    /// Whether the text is JSON as a whole, so that the fault is the value and not the text.
    pub is_json: bool,
}

impl DecodeError {
    /// An error that is not about the kind of a value.
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        let (path, message) = (path.into(), message.into());
        Self { path, message, expected: None, found: None, is_json: false }
    }

    /// Looks at the text as a whole: whether it is JSON, and what was found at the place of the failure.
    #[cold]
    pub(crate) fn of_text(mut self, text: &[u8], root: impl FnOnce(&[u8]) -> Json) -> Self {
        self.is_json = serde_json::from_slice::<IgnoredAny>(text).is_ok();
        if self.is_json && self.expected.is_some() && self.found.is_none() {
            self.found = root(text).at(&self.path).map(Json::noun);
        }
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "at `{}`: {}", self.path, self.message)
        }
    }
}

impl std::error::Error for DecodeError {}
