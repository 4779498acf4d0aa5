//! Describes members from their static tables, for help texts and error messages.

use cvm_models::protocol::{
    ActionInfo, FieldInfo, FilterInfo, Kind, ModelInfo, Violation, ViolationKind,
};
use serde_json::{Map, Value, json};

use crate::json_path;
use crate::request::Request;

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

/// An example of how to write the member or item at `path`, with everything that it requires:
/// `--DataDisks.0.DiskType LOCAL_BASIC`.
pub fn example(path: &str, kind: &Kind, field: &FieldInfo) -> String {
    words(path, &sample(kind, field, 0)).join(" ")
}

/// The words of a command line that give this value: parameter names, and values quoted for a shell.
pub fn words(path: &str, value: &Value) -> Vec<String> {
    let word = |value: &Value| {
        shell_word(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    match value {
        Value::Object(members) if !members.is_empty() => members
            .iter()
            .flat_map(|(name, member)| words(&format!("{path}.{name}"), member))
            .collect(),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let items = items.iter().enumerate();
            items.flat_map(|(index, item)| words(&format!("{path}.{index}"), item)).collect()
        }
        Value::Array(items) => {
            std::iter::once(format!("--{path}")).chain(items.iter().map(word)).collect()
        }
        single => vec![format!("--{path}"), word(single)],
    }
}

/// A text as one word of a shell.
pub fn shell_word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/=+@%,".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// A sample value for a member: for an object, all required members, else the first one.
pub fn sample(kind: &Kind, field: &FieldInfo, depth: usize) -> Value {
    match kind {
        Kind::Object(_) if depth >= MAX_DEPTH => Value::Object(Map::new()),
        Kind::Object(table) => {
            let current = || table.members.iter().filter(|one| !one.deprecated && !one.legacy);
            let mut shown: Vec<&FieldInfo> = current().filter(|one| one.required).collect();
            if shown.is_empty() {
                shown.extend(current().next());
            }
            let value = |one: &&FieldInfo| (one.wire.to_owned(), sample(&one.kind, one, depth + 1));
            Value::Object(shown.iter().map(value).collect())
        }
        Kind::List(item @ Kind::Object(_)) => Value::Array(vec![sample(item, field, depth)]),
        Kind::List(item) => {
            let items = if field.max_items == Some(1) { 1 } else { 2 };
            Value::Array(vec![sample(item, field, depth); items])
        }
        Kind::Bool => Value::Bool(value(field) != "false"),
        Kind::I64 | Kind::U64 | Kind::F64 => {
            let shown = value(field).parse().unwrap_or(1);
            Value::from(field.min.map_or(shown, |min| min.max(shown)))
        }
        // A secret must not be on a command line.
        Kind::Str if field.secret => Value::from("@FILE"),
        Kind::Str => Value::from(value(field)),
    }
}

/// The smallest valid request of an action, member by member in the order of its table.
pub fn minimal_request(info: &'static ActionInfo) -> Vec<(&'static str, Value)> {
    let filter = |filter: &FilterInfo| {
        let value = filter.values.first().copied().or(filter.format).unwrap_or("VALUE");
        json!({ "Name": filter.name, "Values": [value] })
    };
    let filters: Vec<Value> = info.filters.iter().filter(|one| one.required).map(filter).collect();
    let mut request = if filters.is_empty() { json!({}) } else { json!({ "Filters": filters }) };
    // Each round adds the members that the previous check reported as missing.
    for _ in 0..MAX_DEPTH {
        let violations = Request::new(info, request.clone()).violations();
        let missing = violations.iter().filter(|violation| {
            matches!(
                violation.fault,
                ViolationKind::Missing
                    | ViolationKind::MissingIf(_)
                    | ViolationKind::NoneOf(_)
                    | ViolationKind::AtLeastOneOf(_)
            )
        });
        let mut is_whole = true;
        for Violation { path, field, .. } in missing {
            json_path::set(&mut request, path, sample(&field.kind, field, 0));
            is_whole = false;
        }
        if is_whole {
            break;
        }
    }
    let members = info.request.members.iter();
    members.filter_map(|field| Some((field.wire, request.get(field.wire)?.clone()))).collect()
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

/// Visits all members of a model and of its nested models, each with its dotted name. `position` replaces the
/// index of list items.
pub fn walk(
    table: &'static ModelInfo,
    position: &str,
    visit: &mut dyn FnMut(&str, &'static FieldInfo, &'static ModelInfo),
) {
    below(table, position, "", 0, visit);
}

fn below(
    table: &'static ModelInfo,
    position: &str,
    prefix: &str,
    depth: usize,
    visit: &mut dyn FnMut(&str, &'static FieldInfo, &'static ModelInfo),
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
pub fn paths_named(table: &'static ModelInfo, name: &str) -> Vec<String> {
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
    fn examples_are_valid_command_lines() {
        let disks = field("RunInstances", "DataDisks");
        assert!(example("DataDisks", &disks.kind, disks).starts_with("--DataDisks.0."));
        let ids = field("ResetInstancesType", "InstanceIds");
        assert_eq!(example("InstanceIds", &ids.kind, ids), "--InstanceIds ins-xxxxxxxx");
        let network = field("RunInstances", "VirtualPrivateCloud");
        assert_eq!(
            example("VirtualPrivateCloud", &network.kind, network),
            "--VirtualPrivateCloud.VpcId vpc-xxxxxxxx --VirtualPrivateCloud.SubnetId subnet-xxxxxxxx"
        );
    }

    #[test]
    fn nested_members_are_found_by_their_name() {
        let run = action("RunInstances").unwrap().request;
        assert_eq!(paths_named(run, "zone"), ["Placement.Zone"]);
        assert!(paths_named(run, "DiskSize").contains(&"DataDisks.0.DiskSize".to_owned()));
        assert!(paths_named(run, "ImageId").is_empty());
    }
}
