//! Tests of all checks, each with an invalid spec and its message.

mod actions;
mod docs;
mod errors;
mod limits;
mod links;
mod names;
mod relations;
mod values;

use std::collections::BTreeMap;

use crate::spec::diagnostic::Report;
use crate::spec::source::Tree;
use crate::spec::{load, resolve};

/// The valid golden specs, as texts by path.
fn valid() -> BTreeMap<String, String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tour/specs");
    let tree = Tree::read(&root, "specs").unwrap();
    let strip = |path: &str| path.strip_prefix("specs/").unwrap().to_owned();
    tree.files().map(|(path, text)| (strip(path), text.to_owned())).collect()
}

/// All messages about these texts.
fn messages(texts: &BTreeMap<String, String>) -> String {
    let texts = texts.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let tree = Tree::from_texts("specs", texts);
    let mut report = Report::default();
    if let Some(files) = load::load(&tree, &mut report) {
        let api = resolve::resolve(files, &mut report);
        super::check(&api, &mut report);
    }
    assert_eq!(report.unclear(&tree), "", "every message says what to do");
    report.render(&tree)
}

/// All messages after `from` is replaced by `to` in one file, which must contain it exactly once.
fn message_after(path: &str, from: &str, to: &str) -> String {
    let mut texts = valid();
    let text = texts.get_mut(path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{from} in {path}");
    *text = text.replace(from, to);
    messages(&texts)
}

/// The messages about each change alone. Each change must cause one.
fn messages_of_each(changes: &[(&str, &str, &str)]) -> String {
    let messages = changes.iter().map(|(path, from, to)| {
        let messages = message_after(path, from, to);
        assert_ne!(messages, "", "{path}: {to}");
        format!("{}: {to}\n{messages}", path.rsplit('/').next().unwrap())
    });
    messages.collect()
}

const RENT: &str = "actions/RentBoats.json";
const LIST: &str = "actions/DescribeBoats.json";
const BOAT: &str = "types/Boat.json";
const BERTH: &str = "types/Berth.json";
const STATE: &str = "enums/BoatState.json";

#[test]
fn golden_specs_are_valid() {
    assert_eq!(messages(&valid()), "");
}

#[test]
fn unreadable_files_are_reported() {
    insta::assert_snapshot!(message_after(RENT, "\"unit\": \"metre\"", "\"unti\": \"metre\""), @r"
    specs/actions/RentBoats.json:49:78: error: request.Size: unknown key `unti`
      help: did you mean `unit`?
    ");
    insta::assert_snapshot!(message_after(RENT, "\"class\": \"token\"", "\"class\": \"tokin\""), @r"
    specs/actions/RentBoats.json:6:20: error: retry: unknown value `tokin`
      help: did you mean `token`?
    ");
    insta::assert_snapshot!(message_after(BERTH, "\"members\": [", "\"members\": [,"), @r"
    specs/types/Berth.json:6:15: error: expected value
      help: correct the JSON at this place
    ");
    insta::assert_snapshot!(message_after(RENT, "{ \"0\": \"any size\" }", "{ \"0\": \"a\", \"0\": \"b\" }"), @r"
    specs/actions/RentBoats.json:49:129: error: request.Size.special_values: duplicate key `0`
      help: remove one of the two
    ");
    insta::assert_snapshot!(message_after(BERTH, "\"type\": \"Berth\"", "\"type\": \"Bearth\""), @r"
    specs/types/Berth.json:2:11: error: type: the file name does not match `Bearth`
      help: rename it to types/Bearth.json
    ");
    let mut texts = valid();
    texts.remove("errors.json");
    insta::assert_snapshot!(messages(&texts), @r"
    specs/errors.json:1:1: error: the file is missing
      help: create it according to specs/schema/errors.schema.json
    ");
}

#[test]
fn types_must_be_finite_and_have_the_right_usage() {
    insta::assert_snapshot!(message_after(BOAT, "\"type\": \"list<Boat>\"", "\"type\": \"Boat\""), @r"
    specs/types/Boat.json:10:35: error: members.Dinghies.type: a type contains itself without a list: Boat -> Boat
      help: such a value would be infinite; make one of the members a list, or remove it
    ");
    insta::assert_snapshot!(message_after(BERTH, "\"usage\": \"both\"", "\"usage\": \"in\""), @r#"
    specs/types/Berth.json:3:12: error: usage: `usage` is `in`, but a response contains `Berth`
      help: write `both` if requests and responses contain it, else `in` or `out`
    specs/types/Berth.json:9:62: error: members.Guests.direction: `direction` applies only to types whose `usage` is `both`: "in"
      help: remove it
    specs/types/Berth.json:13:103: error: members.Depth.direction: `direction` applies only to types whose `usage` is `both`: "out"
      help: remove it
    "#);
    insta::assert_snapshot!(message_after(BERTH, "\"usage\": \"both\"", "\"usage\": \"out\""), @r#"
    specs/types/Berth.json:3:12: error: usage: `usage` is `out`, but a request contains `Berth`
      help: write `both` if requests and responses contain it, else `in` or `out`
    specs/types/Berth.json:9:62: error: members.Guests.direction: `direction` applies only to types whose `usage` is `both`: "in"
      help: remove it
    specs/types/Berth.json:13:103: error: members.Depth.direction: `direction` applies only to types whose `usage` is `both`: "out"
      help: remove it
    "#);
    let members = |count: usize| -> String {
        let member = |n| {
            format!("{{ \"name\": \"Part{n}\", \"type\": \"string\", \"doc\": \"One of many.\" }},")
        };
        (0..count).map(member).collect()
    };
    let list = format!("\"members\": [{}", members(248));
    insta::assert_snapshot!(message_after(BERTH, "\"members\": [", &list), @r"
    specs/types/Berth.json:6:14: error: members: 255 members, but a table has at most 254
      help: a table counts its members in one byte
    ");
    assert_eq!(
        message_after(BERTH, "\"members\": [", &format!("\"members\": [{}", members(247))),
        ""
    );
}

#[test]
fn envelope_names_are_not_members() {
    insta::assert_snapshot!(message_after(RENT, "\"name\": \"Receipt\"", "\"name\": \"Error\""), @r"
    specs/actions/RentBoats.json:76:15: error: response.Error.name: `Error` is part of the envelope of every response
      help: remove it; the generator adds it
    ");
    insta::assert_snapshot!(message_after(RENT, "\"name\": \"Receipt\"", "\"name\": \"RequestId\""), @r"
    specs/actions/RentBoats.json:76:15: error: response.RequestId.name: `RequestId` and `RequestId` are both `request_id` in Rust
      help: add a `rust` key to one of them
    specs/actions/RentBoats.json:76:15: error: response.RequestId.name: `RequestId` is part of the envelope of every response
      help: remove it; the generator adds it
    ");
}
