//! Decides whether a changed limit accepts more requests or fewer.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change::{Difference, Kind};

/// Whether a changed key loosens or tightens a limit; `None` if the key is not a limit.
pub fn effect(difference: &Difference) -> Option<Kind> {
    let (old, new) = (difference.old.as_ref(), difference.new.as_ref());
    Some(match difference.key.as_str() {
        "max"
        | "max_length"
        | "max_bytes"
        | "max_items"
        | "filters_max"
        | "filter_values_max"
        | "rate_limit_per_second" => bound(old, new, 1),
        "min" | "min_length" => bound(old, new, -1),
        "required" | "unique" | "required_if" | "pattern" | "charset" | "max_ref"
        | "exactly_one_of" => presence(old, new),
        "step" => step(old, new),
        // Each item of the list excludes something.
        "exclusive_with" | "not_settable" => set(old, new, false),
        // Each item of the list allows something.
        "enum" | "values" | "at_least_one_of" => set(old, new, true),
        // An open set is no limit.
        "open" => presence(new, old),
        _ => return None,
    })
}

/// A new limit tightens, and a removed limit loosens.
fn presence(old: Option<&Value>, new: Option<&Value>) -> Kind {
    match (old, new) {
        (None, Some(_)) => Kind::Tightened,
        (Some(_), None) => Kind::Loosened,
        _ => Kind::Changed,
    }
}

/// A number whose increase (`sense` 1) or decrease (`sense` -1) loosens the limit.
fn bound(old: Option<&Value>, new: Option<&Value>, sense: i128) -> Kind {
    let number =
        |value: &Value| value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
    match (old.and_then(number), new.and_then(number)) {
        (Some(old), Some(new)) if new * sense > old * sense => Kind::Loosened,
        (Some(old), Some(new)) if new * sense < old * sense => Kind::Tightened,
        _ => presence(old, new),
    }
}

/// A change from 10 to 5 loosens, because multiples of 10 are multiples of 5.
fn step(old: Option<&Value>, new: Option<&Value>) -> Kind {
    match (old.and_then(Value::as_i64), new.and_then(Value::as_i64)) {
        (Some(old), Some(new)) if new != 0 && old.checked_rem(new) == Some(0) => Kind::Loosened,
        (Some(old), Some(new)) if new != 0 && new.checked_rem(old) == Some(0) => Kind::Tightened,
        _ => presence(old, new),
    }
}

/// A set whose growth loosens (`more_is_looser`) or tightens the limit.
fn set(old: Option<&Value>, new: Option<&Value>, more_is_looser: bool) -> Kind {
    let (Some(Value::Array(old)), Some(Value::Array(new))) = (old, new) else {
        return presence(old, new);
    };
    let texts = |values: &[Value]| values.iter().map(Value::to_string).collect::<BTreeSet<_>>();
    let (old, new) = (texts(old), texts(new));
    let grown = old.is_subset(&new);
    let shrunk = new.is_subset(&old);
    match (grown, shrunk) {
        // Only the order changed, or the sets only overlap.
        (true, true) | (false, false) => Kind::Changed,
        (grown, _) if grown == more_is_looser => Kind::Loosened,
        _ => Kind::Tightened,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changed_limit_loosens_or_tightens() {
        use Kind::{Changed, Loosened, Tightened};
        let none = Value::Null;
        for (key, old, new, kind) in [
            ("max", json!(10), json!(20), Loosened),
            ("max", json!(20), json!(10), Tightened),
            ("max", none.clone(), json!(10), Tightened),
            ("max", json!(10), none.clone(), Loosened),
            ("max", json!(-1), json!(u64::MAX), Loosened),
            ("min", json!(1), json!(2), Tightened),
            ("min", json!(-1), json!(-2), Loosened),
            ("min_length", json!(8), json!(4), Loosened),
            ("rate_limit_per_second", json!(10), json!(20), Loosened),
            ("required", none.clone(), json!(true), Tightened),
            ("required", json!(true), none.clone(), Loosened),
            ("pattern", json!("a"), json!("b"), Changed),
            ("step", json!(10), json!(5), Loosened),
            ("step", json!(10), json!(20), Tightened),
            ("step", json!(10), json!(15), Changed),
            ("step", json!(10), json!(0), Changed),
            ("values", json!(["A"]), json!(["A", "B"]), Loosened),
            ("values", json!(["A", "B"]), json!(["B"]), Tightened),
            ("values", json!(["A", "B"]), json!(["B", "A"]), Changed),
            ("values", json!(["A"]), json!(["B"]), Changed),
            ("enum", none.clone(), json!([1, 2]), Tightened),
            ("exclusive_with", json!(["A"]), json!(["A", "B"]), Tightened),
            ("exclusive_with", json!(["A"]), none.clone(), Loosened),
            ("at_least_one_of", json!(["A", "B"]), json!(["A", "B", "C"]), Loosened),
            ("open", none.clone(), json!(true), Loosened),
        ] {
            let given = |value: &Value| (!value.is_null()).then(|| value.clone());
            let describe = format!("{key}: {old} -> {new}");
            let difference = Difference { key: key.into(), old: given(&old), new: given(&new) };
            assert_eq!(effect(&difference), Some(kind), "{describe}");
        }
        let unit = Difference { key: "unit".into(), old: None, new: Some(json!("GiB")) };
        assert_eq!(effect(&unit), None);
    }
}
