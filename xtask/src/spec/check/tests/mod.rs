//! One bad spec for each check, and the message that it gets.

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

/// The golden tour, which is good, as texts by their path.
fn good() -> BTreeMap<String, String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tour/specs");
    let tree = Tree::read(&root, "specs").unwrap();
    let strip = |path: &str| path.strip_prefix("specs/").unwrap().to_owned();
    tree.files().map(|(path, text)| (strip(path), text.to_owned())).collect()
}

/// What is said of these texts.
fn told(texts: &BTreeMap<String, String>) -> String {
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

/// What is said once `from` has become `to` in one file, which must hold it exactly once.
fn bad(path: &str, from: &str, to: &str) -> String {
    let mut texts = good();
    let text = texts.get_mut(path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{from} in {path}");
    *text = text.replace(from, to);
    told(&texts)
}

/// What is said of each change alone, one after the other. Something is said of each.
fn told_of_each(changes: &[(&str, &str, &str)]) -> String {
    let told = changes.iter().map(|(path, from, to)| {
        let told = bad(path, from, to);
        assert_ne!(told, "", "{path}: {to}");
        format!("{}: {to}\n{told}", path.rsplit('/').next().unwrap())
    });
    told.collect()
}

const RENT: &str = "actions/RentBoats.json";
const LIST: &str = "actions/DescribeBoats.json";
const BOAT: &str = "types/Boat.json";
const BERTH: &str = "types/Berth.json";
const STATE: &str = "enums/BoatState.json";

#[test]
fn the_tour_is_good() {
    assert_eq!(told(&good()), "");
}

#[test]
fn files_that_cannot_be_read() {
    insta::assert_snapshot!(bad(RENT, "\"unit\": \"metre\"", "\"unti\": \"metre\""), @r"
    specs/actions/RentBoats.json:49:78: error: request.Size: unknown key `unti`
      help: did you mean `unit`?
    ");
    insta::assert_snapshot!(bad(RENT, "\"class\": \"token\"", "\"class\": \"tokin\""), @r"
    specs/actions/RentBoats.json:6:20: error: retry: unknown value `tokin`
      help: did you mean `token`?
    ");
    insta::assert_snapshot!(bad(BERTH, "\"members\": [", "\"members\": [,"), @r"
    specs/types/Berth.json:6:15: error: expected value
      help: correct the JSON at this place
    ");
    insta::assert_snapshot!(bad(RENT, "{ \"0\": \"any size\" }", "{ \"0\": \"a\", \"0\": \"b\" }"), @r"
    specs/actions/RentBoats.json:49:129: error: request.Size.special_values: duplicate key `0`
      help: leave one of the two out
    ");
    insta::assert_snapshot!(bad(BERTH, "\"type\": \"Berth\"", "\"type\": \"Bearth\""), @r"
    specs/types/Berth.json:2:11: error: type: the file is not called after `Bearth`
      help: rename it to types/Bearth.json
    ");
    let mut texts = good();
    texts.remove("errors.json");
    insta::assert_snapshot!(told(&texts), @r"
    specs/errors.json:1:1: error: the file is missing
      help: write it as specs/schema/errors.schema.json says
    ");
}

#[test]
fn types_end_and_travel_where_they_say() {
    insta::assert_snapshot!(bad(BOAT, "\"type\": \"list<Boat>\"", "\"type\": \"Boat\""), @r"
    specs/types/Boat.json:10:35: error: members.Dinghies.type: a cycle of types without a list: Boat -> Boat
      help: a value of it would never end: make one of them a list, or leave it out
    ");
    insta::assert_snapshot!(bad(BERTH, "\"usage\": \"both\"", "\"usage\": \"in\""), @r#"
    specs/types/Berth.json:3:12: error: usage: `Berth` is said to travel `in`, and an answer holds it
      help: `both` if requests and responses hold it, else `in` or `out`
    specs/types/Berth.json:9:62: error: members.Guests.direction: `direction` is for a type whose `usage` is `both`: "in"
      help: leave it out
    specs/types/Berth.json:13:103: error: members.Depth.direction: `direction` is for a type whose `usage` is `both`: "out"
      help: leave it out
    "#);
    insta::assert_snapshot!(bad(BERTH, "\"usage\": \"both\"", "\"usage\": \"out\""), @r#"
    specs/types/Berth.json:3:12: error: usage: `Berth` is said to travel `out`, and a request holds it
      help: `both` if requests and responses hold it, else `in` or `out`
    specs/types/Berth.json:9:62: error: members.Guests.direction: `direction` is for a type whose `usage` is `both`: "in"
      help: leave it out
    specs/types/Berth.json:13:103: error: members.Depth.direction: `direction` is for a type whose `usage` is `both`: "out"
      help: leave it out
    "#);
    let members = |count: usize| -> String {
        let member = |n| {
            format!("{{ \"name\": \"Part{n}\", \"type\": \"string\", \"doc\": \"One of many.\" }},")
        };
        (0..count).map(member).collect()
    };
    let list = format!("\"members\": [{}", members(248));
    insta::assert_snapshot!(bad(BERTH, "\"members\": [", &list), @r"
    specs/types/Berth.json:6:14: error: members: 255 members, but a table holds 254
      help: the index of a table counts members in one byte
    ");
    assert_eq!(bad(BERTH, "\"members\": [", &format!("\"members\": [{}", members(247))), "");
}

#[test]
fn the_envelope_is_not_a_member() {
    insta::assert_snapshot!(bad(RENT, "\"name\": \"Receipt\"", "\"name\": \"Error\""), @r"
    specs/actions/RentBoats.json:75:15: error: response.Error.name: `Error` belongs to the envelope of every answer
      help: leave it out: the generator and the decoder know it
    ");
    insta::assert_snapshot!(bad(RENT, "\"name\": \"Receipt\"", "\"name\": \"RequestId\""), @r"
    specs/actions/RentBoats.json:75:15: error: response.RequestId.name: `RequestId` and `RequestId` are both `request_id` in Rust
      help: give one of them a `rust` key
    specs/actions/RentBoats.json:75:15: error: response.RequestId.name: `RequestId` belongs to the envelope of every answer
      help: leave it out: the generator and the decoder know it
    ");
}
