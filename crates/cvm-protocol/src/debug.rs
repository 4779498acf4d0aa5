//! `Debug` for any model: members by wire name, absent and empty ones left out, secrets hidden.

use std::fmt;

use crate::{Model, Value};

/// Writes a model as `Debug` does.
///
/// # Errors
///
/// Whatever the formatter reports.
pub fn debug(model: &dyn Model, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let table = model.table();
    let mut shown = f.debug_struct(table.name);
    for (index, field) in table.members.iter().enumerate() {
        match model.member(index) {
            Value::Absent => {}
            Value::List(list) if list.is_empty() && !field.required => {}
            // The model info decides: a secret stays hidden whatever its type is.
            _ if field.secret => {
                shown.field(field.wire, &format_args!("***"));
            }
            value => {
                shown.field(field.wire, &Shown(value));
            }
        }
    }
    shown.finish()
}

struct Shown<'a>(Value<'a>);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Absent => f.write_str("None"),
            Value::Str(text) => fmt::Debug::fmt(text, f),
            Value::Secret(_) => f.write_str("***"),
            Value::I64(number) => fmt::Debug::fmt(&number, f),
            Value::U64(number) => fmt::Debug::fmt(&number, f),
            Value::F64(number) => fmt::Debug::fmt(&number, f),
            Value::Bool(flag) => fmt::Debug::fmt(&flag, f),
            Value::Object(model) => debug(model, f),
            Value::List(list) => {
                f.debug_list().entries((0..list.len()).map(|index| Self(list.at(index)))).finish()
            }
        }
    }
}
