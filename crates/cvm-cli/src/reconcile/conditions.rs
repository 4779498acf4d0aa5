//! Whether conditions of the specification hold for an item of a list.

use cvm_models::DOCS;
use cvm_models::protocol::{Condition, ModelInfo, Predicate, Record, json, member_named};
use serde_json::Value;

/// Whether all conditions hold for an item. `None` if one of them tests a member that the item does not show, or
/// shows with a value that the specification does not list, and none of the others fails.
pub fn all(conditions: &[Condition<'_>], table: &'static ModelInfo, entry: &Value) -> Option<bool> {
    let mut record = Record::new(table);
    json::from_value(&mut record, entry).ok()?;
    let mut result = Some(true);
    for condition in conditions {
        let value = member_named(&record, condition.member);
        let is_known = match condition.test {
            Predicate::OneOf(_) => {
                !value.is_blank() && is_listed(table, condition.member, value.text())
            }
            // Without a value, there is no operation in progress.
            Predicate::NoneOf(_) => {
                value.is_blank() || is_listed(table, condition.member, value.text())
            }
            Predicate::Present | Predicate::Absent => true,
        };
        match condition.holds(&record) {
            _ if !is_known => result = None,
            true => {}
            false => return Some(false),
        }
    }
    result
}

/// Whether the specification lists this value of a member. The model has the values of closed sets; the
/// documentation has those of open ones.
fn is_listed(table: &'static ModelInfo, member: &str, value: Option<String>) -> bool {
    let Some(value) = value else { return false };
    let closed = table.field(member).map_or(&[][..], |field| field.values);
    if !closed.is_empty() {
        return closed.contains(&value.as_str());
    }
    let doc = DOCS.members(table.name).iter().find(|doc| doc.name == member);
    let open = doc.and_then(|doc| DOCS.enum_(doc.type_)).map_or(&[][..], |set| set.values);
    open.is_empty() || open.iter().any(|(known, _)| *known == value)
}
