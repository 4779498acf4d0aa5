//! Preserves the digits of numbers: if the member is a text, if a fraction arrives for an integer, and if serde_json
//! passes numbers on as text.

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

use super::is_whole;
use crate::{DecodeError, Json, Model, Slot};

/// The member in which serde_json passes a number that no Rust type can hold, if any crate of the program enables
/// its feature `arbitrary_precision`.
pub(super) const NUMBER: &str = "$serde_json::private::Number";

/// Reads the name of a member: whether it is [`NUMBER`].
pub(super) struct NumberKey;

impl<'de> DeserializeSeed<'de> for NumberKey {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for NumberKey {
    type Value = bool;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a member name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<bool, E> {
        Ok(name == NUMBER)
    }
}

/// Sets every text member to the digits of the number that arrived for it.
///
/// # Errors
///
/// If a fraction arrived for an integer, and only rounding made it an integer.
pub(crate) fn restore(model: &mut dyn Model, json: &Json) -> Result<(), DecodeError> {
    restore_members(model, json, "")
}

fn restore_members(model: &mut dyn Model, json: &Json, path: &str) -> Result<(), DecodeError> {
    let Json::Object(members) = json else { return Ok(()) };
    for (name, value) in members {
        if let Some(index) = model.table().find(name.as_bytes()) {
            restore_slot(model.member_mut(index), value, &step(path, name))?;
        }
    }
    Ok(())
}

/// The path one step below another one.
fn step(path: &str, step: &str) -> String {
    if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") }
}

fn restore_slot(slot: Slot<'_>, json: &Json, path: &str) -> Result<(), DecodeError> {
    match (slot, json) {
        (Slot::Optional(option), json) => {
            if let Some(slot) = option.as_mut() {
                return restore_slot(slot, json, path);
            }
        }
        (Slot::Object(model), json) => return restore_members(model, json, path),
        (Slot::List(list), Json::List(items)) => {
            // Null items of a response are left out.
            let is_shorter = list.len() < items.len();
            let items = items.iter().filter(|item| !(is_shorter && **item == Json::Null));
            for (index, item) in items.enumerate() {
                restore_slot(list.at_mut(index), item, &step(path, &index.to_string()))?;
            }
        }
        (Slot::Str(member), Json::Number(digits)) => digits.clone_into(member),
        (Slot::Text(member), Json::Number(digits)) => member.set_from_str(digits),
        (Slot::I64(_) | Slot::U64(_), Json::Number(digits)) if !is_whole(digits) => {
            let (expected, found) = ("an integer", "a fraction");
            return Err(DecodeError {
                expected: Some(expected),
                found: Some(found),
                is_json: true,
                ..DecodeError::new(path, format!("expected {expected}, found {found}"))
            });
        }
        _ => {}
    }
    Ok(())
}
