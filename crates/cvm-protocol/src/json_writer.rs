//! Writes a model as compact JSON text.
//!
//! serde_json examines a string byte by byte for characters to escape. Hardly any string of a request has one, so this
//! writer examines eight bytes at once and copies the whole string. serde_json writes all other strings and all numbers.

use serde::ser::Error;

use crate::encode::{NOT_FINITE, is_written};
use crate::{List, Model, Value};

type Result = serde_json::Result<()>;

/// Appends a model: the members that [`is_written`] allows, in the order of its model info.
///
/// # Errors
///
/// If a number is not finite.
pub(crate) fn write_model(text: &mut Vec<u8>, model: &dyn Model) -> Result {
    let mut before = b'{';
    for (index, field) in model.table().members.iter().enumerate() {
        let value = model.member(index);
        if is_written(field, value) {
            text.extend_from_slice(&[before, b'"']);
            before = b',';
            // The name of a member is an identifier and needs no escape.
            text.extend_from_slice(field.wire.as_bytes());
            text.extend_from_slice(b"\":");
            write_value(text, value)?;
        }
    }
    if before == b'{' {
        text.push(b'{');
    }
    text.push(b'}');
    Ok(())
}

fn write_list(text: &mut Vec<u8>, list: &dyn List) -> Result {
    text.push(b'[');
    for index in 0..list.len() {
        if index > 0 {
            text.push(b',');
        }
        write_value(text, list.at(index))?;
    }
    text.push(b']');
    Ok(())
}

fn write_value(text: &mut Vec<u8>, value: Value<'_>) -> Result {
    match value {
        Value::Absent => text.extend_from_slice(b"null"),
        Value::Str(value) | Value::Secret(value) => write_string(text, value)?,
        Value::I64(number) => serde_json::to_writer(text, &number)?,
        Value::U64(number) => serde_json::to_writer(text, &number)?,
        Value::F64(number) if !number.is_finite() => return Err(Error::custom(NOT_FINITE)),
        Value::F64(number) => serde_json::to_writer(text, &number)?,
        Value::Bool(true) => text.extend_from_slice(b"true"),
        Value::Bool(false) => text.extend_from_slice(b"false"),
        Value::Object(model) => write_model(text, model)?,
        Value::List(list) => write_list(text, list)?,
    }
    Ok(())
}

fn write_string(text: &mut Vec<u8>, value: &str) -> Result {
    if !is_plain(value.as_bytes()) {
        return serde_json::to_writer(text, value);
    }
    text.push(b'"');
    text.extend_from_slice(value.as_bytes());
    text.push(b'"');
    Ok(())
}

/// Whether a string has no character that must be escaped.
fn is_plain(bytes: &[u8]) -> bool {
    match bytes.last_chunk::<8>() {
        // The last chunk may overlap the one before it.
        Some(last) => bytes.as_chunks().0.iter().all(is_plain_chunk) && is_plain_chunk(last),
        None => bytes.iter().all(|byte| is_plain_byte(*byte)),
    }
}

/// Has no early exit, so that the compiler examines all bytes with a few vector instructions.
fn is_plain_chunk(chunk: &[u8; 8]) -> bool {
    chunk.iter().fold(true, |plain, byte| plain & is_plain_byte(*byte))
}

/// Other characters need no escape (RFC 8259, section 7).
const fn is_plain_byte(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(value: &str) -> String {
        let mut text = Vec::new();
        write_string(&mut text, value).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn every_character_is_escaped_like_serde_json_at_every_position() {
        let ascii = (0..=0x7f).map(char::from);
        let others = ['\u{80}', '\u{9f}', '\u{e9}', '\u{2028}', '\u{2029}', '\u{feff}', '云', '🐧'];
        for character in ascii.chain(others) {
            for length in 0..=64 {
                for position in [0, 1, 6, 7, 8, 9, length / 2, length].map(|at| at.min(length)) {
                    let mut value = "a".repeat(length);
                    value.insert(position, character);
                    assert_eq!(written(&value), serde_json::to_string(&value).unwrap());
                }
            }
        }
    }

    #[test]
    fn long_strings_are_written_like_serde_json() {
        for tail in ["", "\"", "\\", "\n", "\0", "é"] {
            let value = "QUJD".repeat(12_000) + tail;
            assert_eq!(written(&value), serde_json::to_string(&value).unwrap());
        }
    }

    proptest! {
        #[test]
        fn strings_are_written_like_serde_json(value in "[ -~\"\\\\\\x00-\\x1f\u{7f}-\u{ff}\u{2028}云]{0,80}", any in ".*") {
            for value in [value, any] {
                prop_assert_eq!(written(&value), serde_json::to_string(&value).unwrap());
            }
        }
    }
}
