//! Encodes models as JSON and decodes them. serde_json does the parsing; this module adds the rules of the API.

use serde::de::{Deserializer, IgnoredAny};

use crate::decode::{ModelVisitor, restore};
use crate::drift::{DecodeReport, Failure, Path};
use crate::encode::{NOT_FINITE, not_finite, tree};
use crate::json_writer::write_model;
use crate::{DecodeError, Json, Model, Report, Value};

/// Writes a model as compact JSON.
///
/// # Errors
///
/// If a number is not finite. The error has its path.
pub fn to_vec(model: &dyn Model) -> Result<Vec<u8>, DecodeError> {
    // Enough for most requests: growing the buffer would cost 10 % of the work.
    let mut text = Vec::with_capacity(1024);
    write_model(&mut text, model).map_err(|error| match not_finite(Value::Object(model)) {
        Some(path) => DecodeError::new(path, NOT_FINITE),
        None => DecodeError::new("", error.to_string()),
    })?;
    Ok(text)
}

/// Decodes a model from JSON text and reports deviations from the specification.
///
/// # Errors
///
/// If the text is not JSON, a member is repeated, or a value has the wrong kind.
pub fn from_slice(model: &mut dyn Model, json: &[u8]) -> Result<Report, DecodeError> {
    let ledger = DecodeReport::of_text(json.len(), false);
    // Checking the whole text once takes a seventh of the time of checking every string. Text that is not UTF-8 may
    // still decode: strings of unknown members are skipped unchecked.
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

/// Decodes a model from a JSON value.
///
/// # Errors
///
/// If a value has the wrong kind.
pub fn from_value(model: &mut dyn Model, value: &serde_json::Value) -> Result<Report, DecodeError> {
    read_value(model, value, DecodeReport::new(false))
}

/// As [`from_value`], for a request that a program made: an unknown member at any depth is an error, and so is a null item of
/// a list. The message has the path, and for an unknown member similar names.
///
/// # Errors
///
/// As [`from_value`], and for what a request must not have.
pub fn request_from_value(
    model: &mut dyn Model,
    value: &serde_json::Value,
) -> Result<(), DecodeError> {
    read_value(model, value, DecodeReport::of_request_value()).map(drop)
}

fn read_value(
    model: &mut dyn Model,
    value: &serde_json::Value,
    ledger: DecodeReport,
) -> Result<Report, DecodeError> {
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
    let report = conclude(ledger, outcome).map_err(|error| locate(error, text, Json::scan))?;
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

/// Checks whether the whole text is JSON, and finds the value at the path of the failure. `root` reads the value that
/// the path begins at.
#[cold]
pub(crate) fn locate(
    error: DecodeError,
    text: &[u8],
    root: impl FnOnce(&[u8]) -> Json,
) -> DecodeError {
    let is_json = serde_json::from_slice::<IgnoredAny>(text).is_ok();
    let mut error = DecodeError { is_json, ..error };
    if is_json && error.expected.is_some() && error.found.is_none() {
        error.found = root(text).at(&error.path).map(Json::noun);
    }
    error
}
