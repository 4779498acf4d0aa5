//! Compares a sample with its decoded and encoded form.

use cvm_protocol::{Kind, ModelInfo};
use serde_json::Value;

/// A JSON path, and what differs there.
pub type Difference = (String, String);

/// Compares a sample with its decoded and encoded form. Null and an empty list equal an absent member, as in the service. Nulls
/// that the spec does not allow are reported separately.
pub fn compare(table: &'static ModelInfo, sample: &Value, ours: &Value) -> Comparison {
    let mut comparison = Comparison::default();
    comparison.object("", table, sample, ours);
    comparison
}

/// The result of a comparison.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Values that differ.
    pub differences: Vec<Difference>,
    /// Members that are null although they are not nullable.
    pub nulls: Vec<String>,
}

impl Comparison {
    fn differ(&mut self, path: &str, what: impl Into<String>) {
        self.differences.push((path.to_owned(), what.into()));
    }

    fn object(&mut self, path: &str, table: &'static ModelInfo, sample: &Value, ours: &Value) {
        let (Value::Object(sample), Value::Object(ours)) = (sample, ours) else {
            return self.differ(path, "is an object on one side only");
        };
        for (name, value) in sample {
            // Decoding has already reported unknown members.
            let Some(field) = table.field(name) else { continue };
            let path = join(path, name);
            match (value, ours.get(name)) {
                (Value::Null, None) if !field.nullable && !field.legacy => self.nulls.push(path),
                (Value::Null, None) => {}
                (Value::Array(items), None) if items.is_empty() => {}
                (_, None) => self.differ(&path, "is missing after decoding and encoding"),
                (value, Some(ours)) => self.value(&path, &field.kind, value, ours),
            }
        }
        for name in ours.keys().filter(|name| !sample.contains_key(*name)) {
            self.differ(&join(path, name), "is not in the sample");
        }
    }

    fn value(&mut self, path: &str, kind: &'static Kind, sample: &Value, ours: &Value) {
        match (kind, sample, ours) {
            (Kind::Object(table), _, _) => self.object(path, table, sample, ours),
            (Kind::List(item), Value::Array(sample), Value::Array(ours)) => {
                if sample.len() != ours.len() {
                    let (sample, ours) = (sample.len(), ours.len());
                    return self.differ(
                        path,
                        format!("has {sample} items, but {ours} after decoding and encoding"),
                    );
                }
                for (index, (sample, ours)) in sample.iter().zip(ours).enumerate() {
                    self.value(&join(path, &index.to_string()), item, sample, ours);
                }
            }
            _ if same(sample, ours) => {}
            _ => self.differ(path, "is another value after decoding and encoding"),
        }
    }
}

/// Whether two scalars have the same meaning. Decoding has already reported numbers that are strings.
fn same(sample: &Value, ours: &Value) -> bool {
    match (sample, ours) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || (a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64()
        }
        (Value::String(text), Value::Number(number)) => {
            *text == number.to_string() || text.parse().ok() == number.as_f64()
        }
        (Value::String(text), Value::Bool(flag)) => text.eq_ignore_ascii_case(&flag.to_string()),
        (Value::Number(_) | Value::Bool(_), Value::String(text)) => {
            text == sample.to_string().as_str()
        }
        _ => sample == ours,
    }
}

fn join(path: &str, step: &str) -> String {
    if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cvm_protocol::{FieldInfo, NameIndex};
    use serde_json::json;

    static MEMBERS: [FieldInfo; 2] =
        [FieldInfo::new("A", Kind::List(&Kind::F64)), FieldInfo::new("B", Kind::I64).nullable()];

    /// The numbers of differences and of nulls that are not allowed.
    fn found(sample: Value, ours: Value) -> (usize, usize) {
        let index = crate::codegen::perfect_hash::index(&["A", "B"]);
        let (multiplier, shift) = (index.multiplier, index.shift);
        let index = NameIndex { multiplier, shift, slots: index.slots.leak() };
        let table = Box::leak(Box::new(ModelInfo { name: "Pair", members: &MEMBERS, index }));
        let comparison = compare(table, &sample, &ours);
        (comparison.differences.len(), comparison.nulls.len())
    }

    #[test]
    fn only_changes_of_meaning_are_differences() {
        assert_eq!(
            found(json!({"A": [1, 2.5], "B": "3"}), json!({"A": [1.0, 2.5], "B": 3})),
            (0, 0)
        );
        assert_eq!(found(json!({"A": [], "B": null, "C": 1}), json!({})), (0, 0));
        assert_eq!(found(json!({"A": null}), json!({})), (0, 1));
        assert_eq!(found(json!({"A": [1]}), json!({})), (1, 0), "lost");
        assert_eq!(found(json!({"A": [1]}), json!({"A": [1, 2]})), (1, 0), "longer");
        assert_eq!(found(json!({"B": 1}), json!({"B": 2})), (1, 0), "altered");
        assert_eq!(found(json!({}), json!({"B": 2})), (1, 0), "invented");
        let large = 9_007_199_254_740_993_i64;
        assert_eq!(found(json!({"B": large}), json!({"B": large - 1})), (1, 0), "no rounding");
    }
}
