//! Describes members from their static tables, for help texts and error messages.

use cvm_models::protocol::{FieldInfo, Kind, Table};

/// Maximum nesting depth; stops tables that contain themselves.
const MAX_DEPTH: usize = 8;

/// The type of a member's value: `string`, `list of objects`.
pub fn kind(kind: &Kind) -> String {
    match kind {
        Kind::List(item) => match item {
            Kind::Str => "list of strings".to_owned(),
            Kind::Object(_) => "list of objects".to_owned(),
            Kind::I64 | Kind::U64 => "list of integers".to_owned(),
            other => format!("list of {}s", self::kind(other)),
        },
        Kind::Str => "string".to_owned(),
        Kind::I64 | Kind::U64 => "integer".to_owned(),
        Kind::F64 => "number".to_owned(),
        Kind::Bool => "boolean".to_owned(),
        Kind::Object(_) => "object".to_owned(),
    }
}

/// The limits of a member, one short sentence each, in the order of the crate's docs.
pub fn limits(field: &FieldInfo) -> String {
    let mut sentences = Vec::new();
    let mut say = |sentence: String| sentences.push(sentence);
    if field.deprecated {
        say("Deprecated.".to_owned());
    }
    if field.legacy {
        say("Supported only by an older gateway.".to_owned());
    }
    for condition in field.required_if {
        say(format!("Required if {condition}."));
    }
    if let Some(unit) = field.unit {
        say(format!("Unit: {unit}."));
    }
    match (field.min, field.max) {
        (Some(min), Some(max)) => say(format!("Range: {min} to {max}.")),
        (Some(min), None) => say(format!("Range: at least {min}.")),
        (None, Some(max)) => say(format!("Range: at most {max}.")),
        (None, None) => {}
    }
    match field.max_items {
        Some(1) => say("Items: 1.".to_owned()),
        Some(most) if field.required => say(format!("Items: 1 to {most}.")),
        Some(most) => say(format!("Items: up to {most}.")),
        None => {}
    }
    match (field.min_length, field.max_length) {
        (Some(min), Some(max)) => say(format!("Length: {min} to {max} characters.")),
        (Some(min), None) => say(format!("Length: at least {min} characters.")),
        (None, Some(max)) => say(format!("Length: up to {max} characters.")),
        (None, None) => {}
    }
    if let Some(bytes) = field.max_bytes {
        say(format!("Size: up to {bytes} bytes."));
    }
    if let Some(format) = field.format {
        say(format!("Format: {format}."));
    }
    if let Some(pattern) = field.pattern {
        say(format!("Pattern: {pattern}"));
    }
    if let Some(default) = field.default {
        say(format!("Default: {default}."));
    }
    if !field.values.is_empty() {
        say(format!("Allowed: {}.", field.values.join(", ")));
    }
    for (what, names) in [
        ("Cannot be combined with", field.exclusive_with),
        ("Specify exactly one of", field.exactly_one_of),
        ("Specify at least one of", field.at_least_one_of),
    ] {
        if !names.is_empty() {
            say(format!("{what} {}.", names.join(", ")));
        }
    }
    if field.secret {
        say("Secret: @FILE or @- keeps it off the command line.".to_owned());
    }
    sentences.join(" ")
}

/// An example of how to write the member or entry at `path`: `--DataDisks.0.DiskType LOCAL_BASIC`.
pub fn example(path: &str, kind: &Kind, field: &FieldInfo) -> String {
    match kind {
        Kind::Object(table) => match table.members.iter().find(|member| !member.deprecated) {
            Some(member) => example(&format!("{path}.{}", member.wire), &member.kind, member),
            None => format!("--{path} '{{}}'"),
        },
        Kind::List(item @ Kind::Object(_)) => example(&format!("{path}.0"), item, field),
        Kind::List(_) => format!("--{path} {0} {0}", value(field)),
        _ => format!("--{path} {}", value(field)),
    }
}

/// A plausible example value for a member.
pub fn value(field: &FieldInfo) -> &'static str {
    field.values.first().copied().or(field.format).or(field.default).unwrap_or(
        match field.kind.innermost() {
            Kind::Bool => "true",
            Kind::I64 | Kind::U64 | Kind::F64 => "1",
            _ => "VALUE",
        },
    )
}

/// Visits all members of a table and of its nested tables, each with its dotted name. `position`
/// replaces the index of list entries.
pub fn walk(
    table: &'static Table,
    position: &str,
    visit: &mut dyn FnMut(&str, &'static FieldInfo, &'static Table),
) {
    below(table, position, "", 0, visit);
}

fn below(
    table: &'static Table,
    position: &str,
    prefix: &str,
    depth: usize,
    visit: &mut dyn FnMut(&str, &'static FieldInfo, &'static Table),
) {
    for field in table.members {
        let mut path = format!("{prefix}{}", field.wire);
        visit(&path, field, table);
        let mut kind = &field.kind;
        while let Kind::List(item) = kind {
            path = format!("{path}.{position}");
            kind = item;
        }
        if let Kind::Object(inner) = kind
            && depth < MAX_DEPTH
        {
            below(inner, position, &format!("{path}."), depth + 1, visit);
        }
    }
}

/// The dotted names of all nested members with this name, ignoring case.
pub fn places_named(table: &'static Table, name: &str) -> Vec<String> {
    let mut places = Vec::new();
    walk(table, "0", &mut |path, field, owner| {
        if field.wire.eq_ignore_ascii_case(name) && !std::ptr::eq(owner, table) {
            places.push(path.to_owned());
        }
    });
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use cvm_models::action;

    fn field(action_name: &str, path: &str) -> &'static FieldInfo {
        let mut found = None;
        walk(action(action_name).unwrap().request, "N", &mut |place, field, _| {
            if place == path {
                found = Some(field);
            }
        });
        found.unwrap_or_else(|| panic!("{path}"))
    }

    #[test]
    fn limits_read_as_sentences() {
        assert_eq!(
            limits(field("RunInstances", "LoginSettings.Password")),
            "Length: 8 to 30 characters. Cannot be combined with KeyIds, KeepImageLogin. \
             Secret: @FILE or @- keeps it off the command line."
        );
        assert_eq!(
            limits(field("ResetInstancesType", "InstanceIds")),
            "Items: 1. Format: ins-xxxxxxxx."
        );
    }

    #[test]
    fn examples_can_be_typed() {
        let disks = field("RunInstances", "DataDisks");
        assert!(example("DataDisks", &disks.kind, disks).starts_with("--DataDisks.0."));
        let ids = field("ResetInstancesType", "InstanceIds");
        assert_eq!(
            example("InstanceIds", &ids.kind, ids),
            "--InstanceIds ins-xxxxxxxx ins-xxxxxxxx"
        );
    }

    #[test]
    fn nested_members_are_found_by_name() {
        let run = action("RunInstances").unwrap().request;
        assert_eq!(places_named(run, "zone"), ["Placement.Zone"]);
        assert!(places_named(run, "DiskSize").contains(&"DataDisks.0.DiskSize".to_owned()));
        assert!(places_named(run, "ImageId").is_empty());
    }
}
