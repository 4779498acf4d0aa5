//! Writes single members of a request by their wire names: what paginators need of a model that they
//! know as a table only.

use cvm_protocol::{Model, Slot};

/// Opens the slot of a member; `None` if the model has no member of this name.
fn slot<'m>(model: &'m mut dyn Model, name: &str) -> Option<Slot<'m>> {
    let index = model.table().find(name.as_bytes())?;
    Some(match model.member_mut(index) {
        Slot::Optional(option) => option.get_or_insert_default(),
        slot => slot,
    })
}

/// Writes a number; tells whether the model took it.
pub(crate) fn number(model: &mut dyn Model, name: &str, value: u64) -> bool {
    match slot(model, name) {
        Some(Slot::U64(member)) => *member = value,
        Some(Slot::I64(member)) => *member = i64::try_from(value).unwrap_or(i64::MAX),
        _ => return false,
    }
    true
}

/// Writes a text; tells whether the model took it.
pub(crate) fn text(model: &mut dyn Model, name: &str, value: &str) -> bool {
    match slot(model, name) {
        Some(Slot::Str(member)) => value.clone_into(member),
        Some(Slot::Text(member)) => member.set_from_str(value),
        _ => return false,
    }
    true
}
