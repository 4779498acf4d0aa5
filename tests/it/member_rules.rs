//! Every rule between members in the specifications looks at values: a member with its default value is as good as an
//! absent one.

use std::collections::HashSet;

use cvm_protocol::{
    Condition, FieldInfo, Kind, ModelInfo, Predicate, Record, ViolationKind, json, validate,
};
use serde_json::{Map, Value};

use crate::mutate::not_default;

/// The models of all requests, with those inside them.
fn request_models() -> Vec<&'static ModelInfo> {
    fn add(
        table: &'static ModelInfo,
        seen: &mut HashSet<&'static str>,
        all: &mut Vec<&'static ModelInfo>,
    ) {
        if !seen.insert(table.name) {
            return;
        }
        all.push(table);
        for field in table.members {
            if let Kind::Object(inner) = field.kind.innermost() {
                add(inner, seen, all);
            }
        }
    }
    let (mut seen, mut all) = (HashSet::new(), Vec::new());
    for action in cvm_models::ACTIONS {
        add(action.request, &mut seen, &mut all);
    }
    all
}

/// The violations at one member of an object with these members. What is wrong with other members does not matter.
fn violations(
    table: &'static ModelInfo,
    members: &[(&str, Value)],
    member: &str,
) -> Vec<ViolationKind> {
    let members: Map<_, _> =
        members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let mut record = Record::new(table);
    json::from_value(&mut record, &Value::Object(members)).unwrap();
    let found = validate(&record).into_iter().filter(|violation| violation.path == member);
    found.map(|violation| violation.fault).collect()
}

fn field(table: &'static ModelInfo, name: &str) -> &'static FieldInfo {
    table.field(name).unwrap_or_else(|| panic!("{} has no {name}", table.name))
}

/// The default of a member, or `false` for a switch without a documented default.
fn off(field: &FieldInfo) -> Option<Value> {
    let switch = matches!(field.kind, Kind::Bool).then_some("false");
    field.default.or(switch).map(|text| written(field, text))
}

/// The JSON of a value that the specification states as text.
fn written(field: &FieldInfo, text: &str) -> Value {
    match field.kind {
        Kind::Str => text.into(),
        _ => serde_json::from_str(text).unwrap(),
    }
}

#[test]
fn members_exclude_each_other_unless_one_has_its_default() {
    let (mut rules, mut defaults) = (0, 0);
    for table in request_models() {
        for one in table.members {
            for other in one.exclusive_with {
                let other = field(table, other);
                let both = [(one.wire, not_default(one)), (other.wire, not_default(other))];
                let excludes = |members: &[(&str, Value)]| {
                    let found = violations(table, members, one.wire);
                    found.contains(&ViolationKind::Exclusive(other.wire))
                };
                assert!(excludes(&both), "{} {} {}", table.name, one.wire, other.wire);
                rules += 1;
                for (at, own) in [(0, off(one)), (1, off(other))] {
                    let Some(own) = own else { continue };
                    let mut members = both.clone();
                    members[at].1 = own;
                    assert!(!excludes(&members), "{} {members:?}", table.name);
                    defaults += 1;
                }
            }
        }
    }
    assert!(rules >= 30 && defaults >= 20, "{rules} rules, {defaults} defaults");
}

#[test]
fn groups_of_alternatives_count_the_members_that_choose() {
    let mut groups = 0;
    for table in request_models() {
        for first in table.members {
            let names = first.exactly_one_of;
            if names.first() != Some(&first.wire) {
                continue;
            }
            let found = |members: &[(&str, Value)]| violations(table, members, first.wire);
            let none = found(&[]);
            assert!(none.contains(&ViolationKind::NoneOf(names)), "{} {names:?}", table.name);
            for (index, name) in names.iter().enumerate() {
                let one = (*name, not_default(field(table, name)));
                let alone = found(std::slice::from_ref(&one));
                let is_group = |fault: &ViolationKind| {
                    matches!(fault, ViolationKind::NoneOf(_) | ViolationKind::ExactlyOneOf(_))
                };
                assert!(!alone.iter().any(is_group), "{} {name}: {alone:?}", table.name);
                for other in &names[index + 1..] {
                    let other = field(table, other);
                    let both = [one.clone(), (other.wire, not_default(other))];
                    let several = found(&both);
                    assert!(several.contains(&ViolationKind::ExactlyOneOf(names)), "{both:?}");
                    if let Some(default) = other.default {
                        let both = [one.clone(), (other.wire, written(other, default))];
                        assert!(!found(&both).iter().any(is_group), "{both:?}");
                    }
                }
            }
            groups += 1;
        }
        for first in table.members {
            let names = first.at_least_one_of;
            if names.first() != Some(&first.wire) {
                continue;
            }
            let found = |members: &[(&str, Value)]| {
                let found = violations(table, members, first.wire);
                found.contains(&ViolationKind::AtLeastOneOf(names))
            };
            assert!(found(&[]), "{} {names:?}", table.name);
            for name in names {
                assert!(!found(&[(*name, not_default(field(table, name)))]), "{}", table.name);
            }
            groups += 1;
        }
    }
    assert!(groups >= 6, "only {groups} groups");
}

/// Members for which a condition holds, and members for which it does not.
fn cases(
    table: &'static ModelInfo,
    condition: &Condition<'static>,
) -> [Vec<Vec<(&'static str, Value)>>; 2] {
    let tested = field(table, condition.member);
    let absent = || vec![Vec::new()];
    let given = || vec![vec![(tested.wire, not_default(tested))]];
    let with = |text: &str| vec![(tested.wire, written(tested, text))];
    let of_values = |values: &[&str]| {
        let others = tested.values.iter().filter(|value| !values.contains(value));
        let mut cases = [
            values.iter().map(|value| with(value)).collect::<Vec<_>>(),
            others.map(|value| with(value)).collect(),
        ];
        let is_default = tested.default.is_some_and(|default| values.contains(&default));
        cases[usize::from(!is_default)].push(Vec::new());
        cases
    };
    match condition.test {
        Predicate::Present => [given(), absent()],
        Predicate::Absent => [absent(), given()],
        Predicate::OneOf(values) => of_values(values),
        Predicate::NoneOf(values) => {
            let [holds, fails] = of_values(values);
            [fails, holds]
        }
    }
}

#[test]
fn conditions_use_the_default_of_an_absent_member() {
    let (mut rules, mut by_default) = (0, 0);
    for table in request_models() {
        for member in table.members.iter().filter(|member| !member.required_if.is_empty()) {
            let [condition] = member.required_if else {
                panic!("{} {}: several conditions", table.name, member.wire)
            };
            let required = ViolationKind::MissingIf(*condition);
            let [holding, failing] = cases(table, condition);
            for (cases, is_required) in [(holding, true), (failing, false)] {
                for members in cases {
                    let found = violations(table, &members, member.wire).contains(&required);
                    assert_eq!(found, is_required, "{} {} {members:?}", table.name, member.wire);
                    let is_absent = is_required && members.is_empty();
                    let asks_value = !matches!(condition.test, Predicate::Absent);
                    by_default += usize::from(is_absent && asks_value);
                }
            }
            rules += 1;
        }
    }
    assert!(rules >= 8, "only {rules} conditions");
    // `AllocateHosts`: the only charge type is the default, so the term is always required.
    assert!(by_default >= 1, "no condition holds by default");
}
