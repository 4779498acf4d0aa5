//! Keeps the digits of numbers: where text belongs, and where serde_json passes numbers on as text.

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

use crate::{Json, Model, Slot};

/// The member under which serde_json hands out a number that only its digits can hold, if anybody in the
/// program switched on its feature `arbitrary_precision`.
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

/// Gives every text member the digits of the number that arrived for it.
pub(crate) fn restore(model: &mut dyn Model, json: &Json) {
    let Json::Object(members) = json else { return };
    for (name, value) in members {
        if let Some(index) = model.table().find(name.as_bytes()) {
            restore_slot(model.member_mut(index), value);
        }
    }
}

fn restore_slot(slot: Slot<'_>, json: &Json) {
    match (slot, json) {
        (Slot::Optional(option), json) => {
            if let Some(slot) = option.present() {
                restore_slot(slot, json);
            }
        }
        (Slot::Object(model), json) => restore(model, json),
        (Slot::List(list), Json::List(items)) => {
            // A response loses its null items.
            let is_shorter = list.len() < items.len();
            let items = items.iter().filter(|item| !(is_shorter && **item == Json::Null));
            for (index, item) in items.enumerate() {
                restore_slot(list.at_mut(index), item);
            }
        }
        (Slot::Str(member), Json::Number(digits)) => digits.clone_into(member),
        (Slot::Text(member), Json::Number(digits)) => member.put(digits),
        _ => {}
    }
}
