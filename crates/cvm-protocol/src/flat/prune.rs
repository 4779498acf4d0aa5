//! What a model loses when it travels in the flattened form.

use crate::{Model, Slot, Value};

/// Removes from a model what the flattened form cannot carry: optional members that leave no pair.
///
/// Decoding what [`encode`](super::encode) wrote gives the pruned model back.
pub fn prune(model: &mut dyn Model) {
    for index in 0..model.table().members.len() {
        prune_slot(model.member_mut(index));
        if !leaves_pair(model.member(index))
            && let Slot::Optional(option) = model.member_mut(index)
        {
            option.clear();
        }
    }
}

fn prune_slot(slot: Slot<'_>) {
    match slot {
        Slot::Object(model) => prune(model),
        Slot::List(list) => (0..list.len()).for_each(|index| prune_slot(list.at_mut(index))),
        Slot::Optional(option) => {
            if let Some(slot) = option.present() {
                prune_slot(slot);
            }
        }
        _ => {}
    }
}

fn leaves_pair(value: Value<'_>) -> bool {
    match value {
        Value::Object(model) => {
            (0..model.table().members.len()).any(|index| leaves_pair(model.member(index)))
        }
        Value::List(list) => (0..list.len()).any(|index| leaves_pair(list.at(index))),
        scalar => !scalar.is_blank(),
    }
}
