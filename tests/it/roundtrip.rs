//! No model loses anything in either encoding, whatever its values and whatever else a response contains.
//!
//! Runs over every request, response and shared type. The values come from the model info: separators, quotes,
//! controls, scripts, unknown enum values, numbers at the ends of their range.

use std::collections::BTreeSet;

use cvm_protocol::arbitrary::{Encoding, choices, fill};
use cvm_protocol::{Kind, ModelInfo, Slot, json, query_form};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Map, Value, json};

use crate::all_models::{AnyModel, models};

/// Cases per model: there are hundreds of models, and each has members of each type.
const CASES: u32 = 24;

/// Checks a property for each model, with values made from lists of choices, so that a failure shrinks.
fn check_property(fit: Encoding, check_property: impl Fn(&dyn AnyModel) -> Result<(), String>) {
    for model in models() {
        let mut runner = TestRunner::new_with_rng(
            Config { cases: CASES, failure_persistence: None, ..Config::default() },
            proptest::test_runner::TestRng::deterministic_rng(
                proptest::test_runner::RngAlgorithm::ChaCha,
            ),
        );
        let outcome = runner.run(&choices(), |choices| {
            let mut value = model.new_default();
            fill(&mut *value, choices, fit);
            check_property(&*value).map_err(TestCaseError::fail)
        });
        if let Err(error) = outcome {
            panic!("{}: {error}", model.table().name);
        }
    }
}

fn same(expected: &dyn AnyModel, found: &dyn AnyModel) -> Result<(), String> {
    if expected.is_same(found) {
        return Ok(());
    }
    Err(format!("{} became {}", json::to_value(expected), json::to_value(found)))
}

#[test]
fn json_round_trip_is_lossless() {
    check_property(Encoding::Json, |value| {
        let text = json::to_vec(value).map_err(|error| error.to_string())?;
        let mut back = value.new_default();
        let report = json::from_slice(&mut *back, &text).map_err(|error| error.to_string())?;
        if !report.drifts.is_empty() {
            return Err(format!("its own output has drifts: {:?}", report.drifts));
        }
        same(value, &*back)?;
        // The same holds for decoding from a value tree.
        let tree: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
        if tree != json::to_value(value) {
            return Err(format!("{tree} is not {}", json::to_value(value)));
        }
        let mut back = value.new_default();
        json::from_value(&mut *back, &tree).map_err(|error| error.to_string())?;
        same(value, &*back)
    });
}

#[test]
fn query_round_trip_is_lossless() {
    check_property(Encoding::Query, |value| {
        let mut pairs = query_form::encode(value).map_err(|error| error.to_string())?;
        let names: BTreeSet<_> = pairs.iter().map(|(name, _)| name.clone()).collect();
        if names.len() < pairs.len() {
            return Err("a name is repeated".to_owned());
        }
        // The order of pairs has no meaning.
        for reversed in [false, true] {
            if reversed {
                pairs.reverse();
            }
            let mut back = value.new_default();
            let borrowed = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let report =
                query_form::decode(&mut *back, borrowed).map_err(|error| error.to_string())?;
            if !report.drifts.is_empty() {
                return Err(format!("its own output has drifts: {:?}", report.drifts));
            }
            same(value, &*back)?;
        }
        Ok(())
    });
}

#[test]
fn absent_or_null_members_are_default() {
    for model in models() {
        let table = model.table();
        let nulls = table.members.iter().map(|field| (field.wire.to_owned(), Value::Null));
        for body in [json!({}), Value::Object(nulls.collect())] {
            let mut read = model.new_default();
            let report = json::from_value(&mut *read, &body).unwrap();
            assert!(model.is_same(&*read), "{}: {body}", table.name);
            let always_present = table.members.iter().filter(|field| field.always_present).count();
            assert_eq!(report.missing_members().count(), always_present, "{}", table.name);
        }
    }
}

/// A value for every member, as JSON. The depth is limited, so that recursion ends.
fn full(table: &'static ModelInfo, depth: usize) -> Value {
    let member = |kind: &Kind| of_kind(kind, depth);
    let members = table.members.iter();
    Value::Object(members.map(|field| (field.wire.to_owned(), member(&field.kind))).collect())
}

fn of_kind(kind: &Kind, depth: usize) -> Value {
    match kind {
        Kind::Str => json!("NEWER_THAN_THIS_CRATE é"),
        Kind::I64 => json!(-7),
        Kind::U64 => json!(u64::MAX),
        Kind::F64 => json!(0.25),
        Kind::Bool => json!(true),
        Kind::Object(table) if depth < 6 => full(table, depth + 1),
        Kind::Object(_) => json!({}),
        Kind::List(kind) => json!([of_kind(kind, depth), of_kind(kind, depth)]),
    }
}

#[test]
fn unknown_values_are_preserved() {
    for model in models() {
        let table = model.table();
        let body = full(table, 0);
        let mut read = model.new_default();
        let report = json::from_slice(&mut *read, body.to_string().as_bytes()).unwrap();
        assert!(report.is_clean(), "{}: {report:?}", table.name);
        assert_eq!(json::to_value(&*read), body, "{}", table.name);
        // Strict decoding reports each of them.
        let mut strict = model.new_default();
        let report = json::from_slice_strict(&mut *strict, body.to_string().as_bytes()).unwrap();
        assert!(read.is_same(&*strict));
        let has_set = |table: &'static ModelInfo| {
            table.members.iter().any(|it| matches!(it.kind, Kind::Str) && !it.values.is_empty())
        };
        assert!(!has_set(table) || !report.drifts.is_empty(), "{}", table.name);
    }
}

/// Adds unknown members to every object, before and after the others.
fn with_unknown_members(value: &Value) -> (Value, usize) {
    match value {
        Value::Object(members) => {
            let mut count = 2;
            let mut grown = Map::new();
            grown.insert("ANewMember".into(), json!({ "With": ["anything", { "in": null }] }));
            for (name, member) in members {
                let (member, unknown) = with_unknown_members(member);
                grown.insert(name.clone(), member);
                count += unknown;
            }
            grown.insert("zone".into(), json!("a known name in another case"));
            (Value::Object(grown), count)
        }
        Value::Array(items) => {
            let grown: Vec<_> = items.iter().map(with_unknown_members).collect();
            let count = grown.iter().map(|(_, count)| count).sum();
            (grown.into_iter().map(|(item, _)| item).collect(), count)
        }
        scalar => (scalar.clone(), 0),
    }
}

#[test]
fn unknown_members_are_ignored_and_reported() {
    for model in models() {
        let name = model.table().name;
        let body = full(model.table(), 3);
        let mut plain = model.new_default();
        json::from_value(&mut *plain, &body).unwrap();
        let (grown, unknown) = with_unknown_members(&body);
        let mut read = model.new_default();
        let report = json::from_slice(&mut *read, grown.to_string().as_bytes()).unwrap();
        same(&*plain, &*read).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(report.unknown_members().count() + report.omitted, unknown, "{name}");
    }
}

#[test]
fn repeated_member_is_refused_in_every_model() {
    for model in models() {
        for field in model.table().members {
            let value = of_kind(&field.kind, 5);
            let text = format!(r#"{{"{0}":{value},"{0}":{value}}}"#, field.wire);
            let error = json::from_slice(&mut *model.new_default(), text.as_bytes()).unwrap_err();
            assert!(error.path.ends_with(field.wire), "{}: {error}", model.table().name);
        }
    }
}

#[test]
fn members_are_found_only_by_their_exact_name() {
    for model in models() {
        let table = model.table();
        for (index, field) in table.members.iter().enumerate() {
            assert_eq!(table.find(field.wire.as_bytes()), Some(index), "{}", table.name);
            for other in [field.wire.to_lowercase(), format!("{}s", field.wire), String::new()] {
                let expected = table.members.iter().position(|field| field.wire == other);
                assert_eq!(table.find(other.as_bytes()), expected, "{}.{other}", table.name);
            }
        }
    }
}

/// Sets every secret member to this text, at any depth.
pub fn set_secrets(model: &mut dyn cvm_protocol::Model, canary: &str) -> usize {
    let fields = model.table().members;
    let mut count = 0;
    for (index, field) in fields.iter().enumerate() {
        if crate::sample::has_secret(field) {
            count += set_secrets_in(model.member_mut(index), canary);
        }
    }
    count
}

fn set_secrets_in(slot: Slot<'_>, canary: &str) -> usize {
    match slot {
        Slot::Optional(option) => set_secrets_in(option.get_or_insert_default(), canary),
        Slot::List(list) => set_secrets_in(list.push(), canary),
        Slot::Object(model) => set_secrets(model, canary),
        Slot::Text(text) => {
            text.set_from_str(canary);
            1
        }
        // Some models mark a member as secret that the generated struct could not wrap.
        Slot::Str(text) => {
            canary.clone_into(text);
            1
        }
        _ => 0,
    }
}
