//! Generates code from apply specs: if lint accepts them, codegen does not panic and its output is valid Rust. Names are
//! apply one by one, and names and values at random.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;

use super::{Texts, golden, resolved};
use crate::codegen::generate;

/// Names with a meaning in Rust, in generated files or in file systems, and names that are hard to split.
const NAMES: &str = "\
    As Async Await Become Box Break Const Crate Dyn Else Enum False Final Fn Gen If Impl In Let Macro \
    Match Mod Move Mut Override Priv Pub Ref Return Self Static Struct Super Trait True Try Type Typeof \
    Union Unsafe Unsized Use Virtual Where While Yield self crate type _ __ a__b A A_B aB i64 Aux Con \
    Com1 Lib Main Option Result String Vec From IntoIterator ModelInfo ActionDoc Action Kind Duration WaiterInfo WaiterSpec \
    Errors ERRORS Actions Service Unknown VALUES RequestId Error DescribeBoatsInfo RentBoatsResponse \
    boat BOAT";

/// Names in the golden specs, one of each kind. None of them is part of another word.
const ITEMS: [&str; 12] = [
    "RentBoats",
    "ReadLog",
    "Berth",
    "Boat",
    "SailMode",
    "BoatState",
    "BoatsAfloat",
    "BoatSunk",
    "Harbour",
    "UserData",
    "AFLOAT",
    "FAST",
];

/// Values for any key, as JSON.
const VALUES: [&str; 62] = [
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1",
    "2",
    "7",
    "3.5",
    "1e308",
    "18446744073709551615",
    "-9223372036854775808",
    "\"\"",
    "\" \"",
    "\"a\"",
    "\"0\"",
    "\"true\"",
    "\"(\"",
    "\"a)(b\"",
    "\"\\\\p{L}\"",
    "\"[0-9]+\"",
    "\"base64\"",
    "\"ascii\"",
    "\"boat-xxxxxxxx\"",
    "\"list<string>\"",
    "\"list<list<string>>\"",
    "\"list<Boat>\"",
    "\"Boat\"",
    "\"Berth\"",
    "\"BoatState\"",
    "\"SailMode\"",
    "\"string\"",
    "\"int64\"",
    "\"uint64\"",
    "\"float\"",
    "\"bool\"",
    "\"in\"",
    "\"out\"",
    "\"both\"",
    "\"read\"",
    "\"token\"",
    "\"hazard\"",
    "\"Mode\"",
    "\"Mode=CALM\"",
    "\"no Mode\"",
    "\"Count\"",
    "\"DescribeBoats\"",
    "\"BoatIds\"",
    "\"Filters.boat-id\"",
    "\"Yield\"",
    "\"yield\"",
    "\"BoatSet.Berth\"",
    "[]",
    "[\"\"]",
    "[\"Mode\"]",
    "[\"Mode\",\"Mode\"]",
    "[\"Count\",\"Size\"]",
    "[1,2]",
    "[\"CALM\"]",
    "{}",
    "{\"0\":\"x\"}",
    "{\"CALM\":\"x\"}",
];

/// Keys that most members do not have.
const KEYS: [&str; 31] = [
    "rust",
    "required",
    "required_if",
    "empty_if",
    "output_required",
    "nullable",
    "exclusive_with",
    "exactly_one_of",
    "at_least_one_of",
    "min",
    "max",
    "max_ref",
    "step",
    "unit",
    "min_length",
    "max_length",
    "max_bytes",
    "max_items",
    "format",
    "pattern",
    "encoding",
    "enum",
    "values",
    "open",
    "known_values",
    "special_values",
    "default",
    "deprecated",
    "replaced_by",
    "secret",
    "sensitive",
];

/// One change of a valid spec.
#[derive(Clone, Debug)]
enum Change {
    /// Renames an item everywhere.
    Rename(Index, Index),
    /// Replaces a value.
    Set(Index, Index),
    /// Adds a key to a member.
    Add(Index, Index, Index),
    /// Duplicates the first item of a list.
    Duplicate(Index),
    /// Removes an item of a list or a key of an object.
    Remove(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let any = any::<Index>;
    prop_oneof![
        3 => (any(), any()).prop_map(|(item_name, name)| Change::Rename(item_name, name)),
        4 => (any(), any()).prop_map(|(place, value)| Change::Set(place, value)),
        4 => (any(), any(), any()).prop_map(|(place, key, value)| Change::Add(place, key, value)),
        1 => any().prop_map(Change::Duplicate),
        2 => any().prop_map(Change::Remove),
    ]
}

/// Replaces a whole word in texts and file names.
fn rename(texts: &Texts, from: &str, to: &str) -> Texts {
    let swap = |text: &str| {
        let mut out = String::new();
        let mut rest = text;
        while let Some((head, tail)) = rest.split_once(from) {
            let is_word = |letter: Option<char>| {
                letter.is_some_and(|it| it.is_ascii_alphanumeric() || it == '_')
            };
            let is_part = is_word(head.chars().next_back()) || is_word(tail.chars().next());
            out.push_str(head);
            out.push_str(if is_part { from } else { to });
            rest = tail;
        }
        out + rest
    };
    texts.iter().map(|(path, text)| (swap(path), swap(text))).collect()
}

/// The JSON pointers of all values in a file.
fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{index}"), out);
            }
        }
        Value::Object(keys) => {
            for (key, value) in keys {
                pointers(
                    value,
                    &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")),
                    out,
                );
            }
        }
        _ => {}
    }
}

fn apply(texts: &Texts, change: &Change) -> Texts {
    if let Change::Rename(item_name, name) = change {
        let names: Vec<&str> = NAMES.split(' ').collect();
        return rename(texts, ITEMS[item_name.index(ITEMS.len())], names[name.index(names.len())]);
    }
    let mut files: Vec<(String, Value)> = texts
        .iter()
        .map(|(path, text)| (path.clone(), serde_json::from_str(text).unwrap()))
        .collect();
    let mut all: Vec<(usize, String)> = Vec::new();
    for (file, (_, value)) in files.iter().enumerate() {
        let mut own = Vec::new();
        pointers(value, "", &mut own);
        all.extend(own.into_iter().map(|place| (file, place)));
    }
    let at = |index: &Index, fits: &dyn Fn(&str, &Value) -> bool| {
        let fitting: Vec<&(usize, String)> = all
            .iter()
            .filter(|(file, place)| fits(place, files[*file].1.pointer(place).unwrap()))
            .collect();
        fitting[index.index(fitting.len())].clone()
    };
    let value = |index: &Index| serde_json::from_str(VALUES[index.index(VALUES.len())]).unwrap();
    match change {
        Change::Rename(..) => {}
        Change::Set(place, new) => {
            let (file, place) = at(place, &|place, _| !place.is_empty());
            *files[file].1.pointer_mut(&place).unwrap() = value(new);
        }
        Change::Add(place, key, new) => {
            let is_member = |place: &str, value: &Value| {
                value.is_object()
                    && ["/request/", "/response/", "/members/"]
                        .iter()
                        .any(|it| place.starts_with(it))
            };
            let (file, place) = at(place, &is_member);
            let object = files[file].1.pointer_mut(&place).unwrap().as_object_mut().unwrap();
            object.insert(KEYS[key.index(KEYS.len())].to_owned(), value(new));
        }
        Change::Duplicate(place) => {
            let (file, place) =
                at(place, &|_, value| value.as_array().is_some_and(|it| !it.is_empty()));
            let list = files[file].1.pointer_mut(&place).unwrap().as_array_mut().unwrap();
            list.push(list[0].clone());
        }
        Change::Remove(place) => {
            let (file, place) = at(place, &|place, _| !place.is_empty());
            let (parent, last) = place.rsplit_once('/').unwrap();
            match files[file].1.pointer_mut(parent).unwrap() {
                Value::Array(items) => {
                    items.remove(last.parse().unwrap());
                }
                Value::Object(keys) => {
                    keys.remove(&last.replace("~1", "/").replace("~0", "~"));
                }
                _ => {}
            }
        }
    }
    files.into_iter().map(|(path, value)| (path, value.to_string())).collect()
}

/// Generates code if lint accepts the specs, and parses it as Rust. Returns whether they were accepted.
fn is_generated(texts: &Texts, about: &str) -> bool {
    let Some((api, true)) = resolved(texts) else { return false };
    let files = match generate(&api) {
        Ok(files) => files,
        Err(error) => panic!("{about}: {error}"),
    };
    let mut types = BTreeSet::new();
    let mut paths = BTreeSet::new();
    for (path, text) in &files {
        assert!(paths.insert(path.to_ascii_lowercase()), "{about}: {path} twice but for case");
        let file = syn::parse_file(text)
            .unwrap_or_else(|error| panic!("{about}: {path} is not Rust: {error}"));
        let mut values = BTreeSet::new();
        for item in &file.items {
            match item {
                syn::Item::Struct(item) => {
                    assert!(types.insert(item.ident.to_string()), "{about}: {} twice", item.ident);
                }
                syn::Item::Static(syn::ItemStatic { ident, .. })
                | syn::Item::Const(syn::ItemConst { ident, .. }) => {
                    assert!(values.insert(ident.to_string()), "{about}: {ident} twice in {path}");
                }
                _ => {}
            }
        }
    }
    true
}

#[test]
fn codegen_accepts_every_name_that_lint_accepts() {
    let valid = golden();
    let mut accepted = 0;
    for item_name in ITEMS {
        for name in NAMES.split(' ') {
            let texts = rename(&valid, item_name, name);
            accepted += usize::from(is_generated(&texts, &format!("{item_name} called {name}")));
        }
    }
    assert!(accepted > 200, "only {accepted} specs were accepted, too few for a useful test");
}

#[test]
fn codegen_accepts_every_spec_that_lint_accepts() {
    let valid = golden();
    let accepted = AtomicUsize::new(0);
    let config = Config { cases: 800, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let changes = prop::collection::vec(change(), 1..4);
    let ran = TestRunner::new_with_rng(config, rng).run(&changes, |changes| {
        let texts = changes.iter().fold(valid.clone(), |texts, change| apply(&texts, change));
        let is_accepted = is_generated(&texts, &format!("{changes:?}"));
        accepted.fetch_add(usize::from(is_accepted), Ordering::Relaxed);
        Ok(())
    });
    ran.unwrap();
    let accepted = accepted.into_inner();
    assert!(accepted > 50, "only {accepted} specs were accepted, too few for a useful test");
}
