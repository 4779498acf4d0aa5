//! Models as JSON text, both ways. serde_json reads and writes; here are only the rules around it.

use std::fmt;

use serde::de::Deserializer;

use crate::decode::ModelVisitor;
use crate::drift::{Ledger, Place};
use crate::encode::Encoded;
use crate::{Model, Report, Value};

/// Writes a model as compact JSON.
///
/// # Errors
///
/// None in practice: a model has text keys and finite depth. The type keeps the failure visible.
pub fn to_vec(model: &dyn Model) -> Result<Vec<u8>, DecodeError> {
    // Room for most requests: growing into it would cost a tenth of the work.
    let mut text = Vec::with_capacity(512);
    serde_json::to_writer(&mut text, &Encoded(Value::Object(model)))
        .map_err(|error| DecodeError { path: String::new(), message: error.to_string() })?;
    Ok(text)
}

/// Fills a model from JSON text and tells what deviated from the specification.
///
/// # Errors
///
/// When the text is not JSON, a member is given twice, or a value cannot be read as its kind.
pub fn from_slice(model: &mut dyn Model, json: &[u8]) -> Result<Report, DecodeError> {
    let ledger = Ledger::of_text(json.len(), false);
    // One look at the whole text is a seventh of the work that looking at every string of it is. Text
    // that is not UTF-8 may still be read: a string that nobody asks for is skipped unseen.
    match std::str::from_utf8(json) {
        Ok(text) => read(model, &mut serde_json::Deserializer::from_str(text), ledger),
        Err(_) => read(model, &mut serde_json::Deserializer::from_slice(json), ledger),
    }
}

/// As [`from_slice`], and also reports enum values outside the known set. For tests and checks.
///
/// # Errors
///
/// As [`from_slice`].
pub fn from_slice_strict(model: &mut dyn Model, json: &[u8]) -> Result<Report, DecodeError> {
    let ledger = Ledger::of_text(json.len(), true);
    read(model, &mut serde_json::Deserializer::from_slice(json), ledger)
}

/// Fills a model from a JSON value.
///
/// # Errors
///
/// When a value cannot be read as its kind.
pub fn from_value(model: &mut dyn Model, value: &serde_json::Value) -> Result<Report, DecodeError> {
    let ledger = Ledger::new(false);
    let place = Place::root(&ledger);
    let outcome = value.deserialize_map(ModelVisitor { model, place: &place });
    conclude(ledger, outcome)
}

/// A model as a JSON value.
#[must_use]
pub fn to_value(model: &dyn Model) -> serde_json::Value {
    serde_json::to_value(Encoded(Value::Object(model))).unwrap_or_default()
}

fn read<'de, R: serde_json::de::Read<'de>>(
    model: &mut dyn Model,
    source: &mut serde_json::Deserializer<R>,
    ledger: Ledger,
) -> Result<Report, DecodeError> {
    let place = Place::root(&ledger);
    let outcome = source.deserialize_map(ModelVisitor { model, place: &place });
    let outcome = outcome.and_then(|()| source.end());
    conclude(ledger, outcome)
}

pub(crate) fn conclude<T>(
    ledger: Ledger,
    outcome: Result<T, serde_json::Error>,
) -> Result<Report, DecodeError> {
    let (report, failed_at) = ledger.finish();
    match outcome {
        Ok(_) => Ok(report),
        Err(error) => {
            Err(DecodeError { path: failed_at.unwrap_or_default(), message: error.to_string() })
        }
    }
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
