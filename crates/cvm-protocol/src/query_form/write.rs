//! Encodes a model as pairs.

use super::{FlatError, FlatErrorKind, Pair};
use crate::{Model, Value};

/// Encodes a model as pairs, in the order of its members.
///
/// An empty text is written as `Name=`, because it may clear something. The official clients disagree on whether such a
/// pair is signed. It is signed here, as in the Python and Node clients.
///
/// # Errors
///
/// [`FlatErrorKind::EmptyItem`] for a list item without pairs: leaving it out would shift the items after
/// it. [`FlatErrorKind::EmptyObject`] for another object without pairs: JSON would send it.
/// [`FlatErrorKind::NotFinite`] for a number that is not finite.
pub fn encode(model: &dyn Model) -> Result<Vec<Pair>, FlatError> {
    let mut writer = Writer { name: String::new(), pairs: Vec::new() };
    writer.members(model)?;
    Ok(writer.pairs)
}

struct Writer {
    name: String,
    pairs: Vec<Pair>,
}

impl Writer {
    fn members(&mut self, model: &dyn Model) -> Result<(), FlatError> {
        for (index, field) in model.table().members.iter().enumerate() {
            self.step(field.wire, |writer| writer.value(model.member(index)))?;
        }
        Ok(())
    }

    fn value(&mut self, value: Value<'_>) -> Result<(), FlatError> {
        match value {
            Value::Object(model) => {
                let before = self.pairs.len();
                self.members(model)?;
                if self.pairs.len() == before {
                    return Err(self.error(FlatErrorKind::EmptyObject));
                }
                Ok(())
            }
            Value::List(list) => {
                for index in 0..list.len() {
                    let before = self.pairs.len();
                    self.step(&index.to_string(), |writer| {
                        match list.at(index) {
                            Value::Object(item) => writer.members(item)?,
                            item => writer.value(item)?,
                        }
                        if writer.pairs.len() == before {
                            return Err(writer.error(FlatErrorKind::EmptyItem));
                        }
                        Ok(())
                    })?;
                }
                Ok(())
            }
            Value::F64(number) if !number.is_finite() => Err(self.error(FlatErrorKind::NotFinite)),
            scalar => {
                if let Some(text) = scalar.text() {
                    self.pairs.push((self.name.clone(), text));
                }
                Ok(())
            }
        }
    }

    fn step<T>(&mut self, step: &str, write: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.name.len();
        if length > 0 {
            self.name.push('.');
        }
        self.name.push_str(step);
        let written = write(self);
        self.name.truncate(length);
        written
    }

    fn error(&self, problem: FlatErrorKind) -> FlatError {
        FlatError { path: self.name.clone(), problem }
    }
}
