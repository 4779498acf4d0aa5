//! Sets and resets single members of a model by their wire names.

use crate::model::{Model, Slot};

/// The slot of a member; `None` if the model has no member of this name.
fn slot<'m>(model: &'m mut dyn Model, name: &str) -> Option<Slot<'m>> {
    let index = model.table().find(name.as_bytes())?;
    Some(match model.member_mut(index) {
        Slot::Optional(option) => option.get_or_insert_default(),
        slot => slot,
    })
}

/// Resets every member to its default.
pub fn reset(model: &mut dyn Model) {
    for index in 0..model.table().members.len() {
        reset_slot(model.member_mut(index));
    }
}

/// Resets one member to its default. Returns whether the model has such a member.
pub fn reset_member(model: &mut dyn Model, name: &str) -> bool {
    let Some(index) = model.table().find(name.as_bytes()) else { return false };
    reset_slot(model.member_mut(index));
    true
}

fn reset_slot(slot: Slot<'_>) {
    match slot {
        Slot::Unknown => {}
        Slot::Str(text) => text.clear(),
        Slot::Text(text) => text.set_from_str(""),
        Slot::I64(number) => *number = 0,
        Slot::U64(number) => *number = 0,
        Slot::F64(number) => *number = 0.0,
        Slot::Bool(flag) => *flag = false,
        Slot::Object(model) => reset(model),
        Slot::List(list) => list.clear(),
        Slot::Optional(option) => option.clear(),
    }
}

/// Sets a number; a string member gets its decimal digits. Returns whether the model has such a member.
pub fn set_number(model: &mut dyn Model, name: &str, value: u64) -> bool {
    match slot(model, name) {
        Some(Slot::U64(member)) => *member = value,
        Some(Slot::I64(member)) => *member = i64::try_from(value).unwrap_or(i64::MAX),
        Some(Slot::Str(member)) => *member = value.to_string(),
        _ => return false,
    }
    true
}

/// Sets a text. Returns whether the model has such a member.
pub fn set_text(model: &mut dyn Model, name: &str, value: &str) -> bool {
    match slot(model, name) {
        Some(Slot::Str(member)) => value.clone_into(member),
        Some(Slot::Text(member)) => member.set_from_str(value),
        _ => return false,
    }
    true
}
