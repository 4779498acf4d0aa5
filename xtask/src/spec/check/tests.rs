//! One bad spec for each check, and the message that it gets.

use std::collections::BTreeMap;

use super::super::diagnostic::Report;
use super::super::source::Tree;
use super::super::{load, resolve};

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
    specs/actions/RentBoats.json:31:78: error: unknown key `unti`
      help: did you mean `unit`?
    ");
    insta::assert_snapshot!(bad(RENT, "\"class\": \"token\"", "\"class\": \"tokin\""), @r"
    specs/actions/RentBoats.json:6:20: error: unknown variant `tokin`, expected one of `read`, `token`, `convergent`, `guarded`, `hazard`
    ");
    insta::assert_snapshot!(bad(BERTH, "\"members\": [", "\"members\": [,"), @r"
    specs/types/Berth.json:6:15: error: expected value
    ");
    insta::assert_snapshot!(bad(RENT, "{ \"0\": \"any size\" }", "{ \"0\": \"a\", \"0\": \"b\" }"), @r"
    specs/actions/RentBoats.json:31:129: error: duplicate key `0`
    ");
    insta::assert_snapshot!(bad(BERTH, "\"type\": \"Berth\"", "\"type\": \"Bearth\""), @r"
    specs/types/Berth.json:2:11: error: the file is not called after `Bearth`
      help: rename it to types/Bearth.json
    ");
    let mut texts = good();
    texts.remove("errors.json");
    insta::assert_snapshot!(told(&texts), @r"
    specs/errors.json:1:1: error: the file is missing
    ");
}

#[test]
fn names_of_types() {
    insta::assert_snapshot!(bad(RENT, "\"type\": \"SailMode\"", "\"type\": \"SailMod\""), @r"
    specs/actions/RentBoats.json:29:31: error: unknown type `SailMod`
      help: an enum `SailMode` exists in enums/SailMode.json
    specs/actions/RentBoats.json:29:70: error: `values` narrows a named enum, and this is none
      help: use `enum` for a scalar without a named enum
    specs/enums/SailMode.json:2:11: error: nothing uses the enum `SailMode`
      help: remove the file, or the member that should have it lost its type
    ");
    insta::assert_snapshot!(bad(BOAT, "\"type\": \"Berth\"", "\"type\": \"list<Birth>\""), @r"
    specs/types/Boat.json:9:32: error: unknown type `Birth`
      help: a type `Berth` exists in types/Berth.json
    ");
    insta::assert_snapshot!(bad(RENT, "\"Count\", \"type\": \"int64\"", "\"Count\", \"type\": \"Decimal128\""), @r"
    specs/actions/RentBoats.json:45:32: error: unknown type `Decimal128`
      help: write types/Decimal128.json or enums/Decimal128.json, or use one of: string, int64, uint64, float, bool, datetime, datetime_iso
    ");
}

#[test]
fn nothing_is_unused() {
    let mut texts = good();
    let unused = good().get(BERTH).unwrap().replace("\"Berth\"", "\"Mooring\"");
    texts.insert("types/Mooring.json".to_owned(), unused);
    let unused = good().get(STATE).unwrap().replace("\"BoatState\"", "\"Weather\"");
    texts.insert("enums/Weather.json".to_owned(), unused);
    insta::assert_snapshot!(told(&texts), @r"
    specs/enums/Weather.json:2:11: error: nothing uses the enum `Weather`
      help: remove the file, or the member that should have it lost its type
    specs/types/Mooring.json:2:11: error: nothing uses the type `Mooring`
      help: remove the file, or the member that should have it lost its type
    ");
}

#[test]
fn nothing_is_called_the_same_twice() {
    insta::assert_snapshot!(bad(BERTH, "\"name\": \"Pier\"", "\"name\": \"Harbour\""), @r"
    specs/types/Berth.json:8:15: error: `Harbour` is there twice
    ");
    insta::assert_snapshot!(bad(BERTH, "\"name\": \"Pier\"", "\"name\": \"harbour\""), @r"
    specs/types/Berth.json:8:15: error: `harbour` and `Harbour` are both `harbour` in Rust
      help: give one of them a `rust` key
    ");
    insta::assert_snapshot!(bad(STATE, "\"value\": \"SUNK\"", "\"value\": \"AFLOAT\""), @r"
    specs/actions/RentBoats.json:24:19: error: `SUNK` is not a value of `BoatState`
    specs/enums/BoatState.json:7:16: error: `AFLOAT` is there twice
      help: a value stands once, where the service lists it first
    specs/waiters.json:5:64: error: `SUNK` is not a value of `BoatState`
    ");
    insta::assert_snapshot!(bad(STATE, "\"RETURNED\"", "\"Afloat\""), @r"
    specs/enums/BoatState.json:8:16: error: `Afloat` and AFLOAT are both `Afloat` in Rust
      help: give one of them a `rust` key
    specs/waiters.json:5:89: error: `RETURNED` is not a value of `BoatState`
    ");
    insta::assert_snapshot!(bad(STATE, "\"value\": \"RETURNED\"", "\"value\": \"UNKNOWN\""), @r"
    specs/enums/BoatState.json:8:16: error: `UNKNOWN` and every newer value are both `Unknown` in Rust
      help: give one of them a `rust` key
    specs/waiters.json:5:89: error: `RETURNED` is not a value of `BoatState`
    ");
    let mut texts = good();
    let twin = good().get(BERTH).unwrap().replace("\"Berth\"", "\"berth\"");
    texts.insert("types/berth.json".to_owned(), twin);
    *texts.get_mut(BOAT).unwrap() =
        good().get(BOAT).unwrap().replace("\"type\": \"Berth\"", "\"type\": \"berth\"");
    insta::assert_snapshot!(told(&texts), @r"
    specs/types/berth.json:2:11: error: the type `Berth` is also made from specs/types/Berth.json
      help: give one of them a `rust` key
    ");
}

#[test]
fn names_become_good_rust() {
    insta::assert_snapshot!(bad(BERTH, "\"name\": \"Pier\"", "\"name\": \"Self\""), @r#"
    specs/types/Berth.json:8:15: error: `Self` becomes the keyword `self`
      help: Rust has no raw form of it: "rust": "self_"
    "#);
    insta::assert_snapshot!(bad(BERTH, "\"name\": \"Pier\"", "\"name\": \"XRay\""), @r"
    specs/types/Berth.json:8:15: error: `XRay` becomes `x_ray`, which tears off the letter `x`
      help: add the word to `words` in service.json, or give a `rust` key
    ");
    insta::assert_snapshot!(bad(BERTH, "\"name\": \"Pier\"", "\"name\": \"Pier; fn evil() {}\""), @r"
    specs/types/Berth.json:8:15: error: `Pier; fn evil() {}` is not a name
      help: letters, digits and underscores, a letter first, at most 128
    ");
    insta::assert_snapshot!(bad(RENT, "\"bus_slots\"", "\"bus slots\""), @r"
    specs/actions/RentBoats.json:48:56: error: `bus slots` is not a field name
      help: lower-case letters, digits and underscores, a letter first
    ");
    insta::assert_snapshot!(bad(STATE, "\"value\": \"SUNK\"", "\"value\": \"2 DEEP\""), @r"
    specs/actions/RentBoats.json:24:19: error: `SUNK` is not a value of `BoatState`
    specs/enums/BoatState.json:7:16: error: `2 DEEP` becomes `2Deep`, which is not a variant name
      help: give a `rust` key: letters and digits, a capital first
    specs/waiters.json:5:64: error: `SUNK` is not a value of `BoatState`
    ");
    insta::assert_snapshot!(bad("enums/SailMode.json", ", \"rust\": \"X86_64\"", ""), @r"
    specs/enums/SailMode.json:8:16: error: `x86_64` becomes `X8664`, which runs two numbers together
      help: give a `rust` key, such as `X86_64`
    ");
    insta::assert_snapshot!(bad(RENT, "\"action\": \"RentBoats\"", "\"action\": \"../RentBoats\""), @r"
    specs/actions/RentBoats.json:2:13: error: `../RentBoats` is not a name
      help: letters, digits and underscores, a letter first, at most 128
    ");
    let mut texts = good();
    let clash = good().get(BERTH).unwrap().replace("\"type\": \"Berth\"", "\"type\": \"Table\"");
    texts.insert("types/Table.json".to_owned(), clash);
    *texts.get_mut(BOAT).unwrap() =
        good().get(BOAT).unwrap().replace("\"type\": \"Berth\"", "\"type\": \"Table\"");
    insta::assert_snapshot!(told(&texts), @r"
    specs/types/Table.json:2:11: error: `Table` means something else in generated files
      help: give a `rust` key
    ");
}

#[test]
fn values_fit_their_type_and_limits() {
    insta::assert_snapshot!(bad(LIST, "\"default\": 20, \"doc\"", "\"default\": 200, \"doc\""), @r"
    specs/actions/DescribeBoats.json:31:74: error: the default 200 is above the largest value
    ");
    insta::assert_snapshot!(bad(LIST, "\"default\": 20, \"doc\"", "\"default\": 0, \"doc\""), @r"
    specs/actions/DescribeBoats.json:31:74: error: the default 0 is below the least value
    ");
    insta::assert_snapshot!(bad(LIST, "\"default\": 20, \"doc\"", "\"default\": \"20\", \"doc\""), @r#"
    specs/actions/DescribeBoats.json:31:74: error: the default "20" is not a int64
    "#);
    insta::assert_snapshot!(bad(RENT, "\"default\": \"CALM\"", "\"default\": \"QUIET\""), @r#"
    specs/actions/RentBoats.json:29:100: error: the default "QUIET" is not in the set of values
      help: one of: CALM, FAST
    "#);
    insta::assert_snapshot!(bad(RENT, "[\"CALM\", \"FAST\"]", "[\"CALM\", \"FASTER\"]"), @r"
    specs/actions/RentBoats.json:29:80: error: `FASTER` is not a value of SailMode
      help: did you mean `FAST`?
    specs/actions/RentBoats.json:35:57: error: `FAST` is not a value of `Mode`
      help: did you mean `FASTER`?
    specs/actions/RentBoats.json:47:82: error: `FAST` is not a value of `Mode`
      help: did you mean `FASTER`?
    ");
    insta::assert_snapshot!(bad(RENT, "[\"CALM\", \"FAST\"]", "[\"CALM\", \"FAST\", \"x86_64\"]"), @r"
    specs/actions/RentBoats.json:29:71: error: `values` lists SailMode as it stands
      help: leave it out
    ");
    insta::assert_snapshot!(bad(RENT, "[1, 2, 3, 12]", "[1, 3, 2, 2, \"x\"]"), @r#"
    specs/actions/RentBoats.json:35:85: error: the values are out of order: 2 after 3
      help: numbers ascend
    specs/actions/RentBoats.json:35:88: error: 2 is there twice
    specs/actions/RentBoats.json:35:91: error: "x" is not a int64
    "#);
    insta::assert_snapshot!(bad(RENT, "\"min\": 2, \"max\": 20", "\"min\": 30, \"max\": 20"), @r"
    specs/actions/RentBoats.json:31:48: error: the least value is above the largest
    ");
    insta::assert_snapshot!(bad(RENT, "\"max_length\": 64", "\"max_items\": 64"), @r"
    specs/actions/RentBoats.json:49:61: error: `max_items` limits a list, and this is string
    ");
    insta::assert_snapshot!(bad(RENT, "\"type\": \"list<string>\", \"secret\": true", "\"type\": \"int64\", \"secret\": true"), @r"
    specs/actions/RentBoats.json:42:50: error: a secret is a string, and this is int64
      help: mark the string members of the type that holds the secret
    ");
}

#[test]
fn formats_name_one_sort_of_thing() {
    insta::assert_snapshot!(bad(BOAT, "boat-xxxxxxxx", "Boat-xxxx"), @r"
    specs/types/Boat.json:6:78: error: `Boat-xxxx` is not the layout of an id
      help: a lower-case prefix, as in `ins-xxxxxxxx`
    ");
    insta::assert_snapshot!(bad(BOAT, "boat-xxxxxxxx", "ship-xxxxxxxx"), @r"
    specs/types/Boat.json:6:78: error: `BoatId` has ids `ship-...` here
      help: elsewhere they begin with `boat-`; a `quirk` may say why not here
    ");
    insta::assert_snapshot!(bad(LIST, "\"name\": \"Offset\", \"type\": \"int64\"", "\"name\": \"Offset\", \"format\": \"a-xxxxxxxx\", \"type\": \"int64\""), @r"
    specs/actions/DescribeBoats.json:30:35: error: `format` is the layout of a string, and this is none
    ");
}

#[test]
fn paging_leads_somewhere() {
    insta::assert_snapshot!(bad(LIST, "\"offset\": \"Offset\"", "\"offset\": \"Ofset\""), @r"
    specs/actions/DescribeBoats.json:10:15: error: `Ofset` leads to no member of the request
      help: did you mean `Offset`?
    ");
    insta::assert_snapshot!(bad(LIST, "\"items\": \"BoatSet\"", "\"items\": \"TotalCount\""), @r"
    specs/actions/DescribeBoats.json:13:14: error: `TotalCount` is not a list
    ");
    insta::assert_snapshot!(bad(LIST, "\"id\": \"BoatId\"", "\"id\": \"Id\""), @r"
    specs/actions/DescribeBoats.json:14:11: error: `Id` leads to no member of an item
      help: members there: BoatId, BoatState, NextState, Berth, Dinghies, Trouble, LastRequestId, Progress, Locked
    ");
    insta::assert_snapshot!(bad("actions/ReadLog.json", "\"style\": \"token\"", "\"style\": \"offset\""), @r"
    specs/actions/ReadLog.json:10:15: error: paging needs `offset`
    specs/actions/ReadLog.json:10:15: error: paging needs `total`
    specs/actions/ReadLog.json:10:48: error: `token_in` has no place in this style of paging
    specs/actions/ReadLog.json:10:74: error: `token_out` has no place in this style of paging
    ");
}

#[test]
fn polling_and_waiting_lead_somewhere() {
    insta::assert_snapshot!(bad(RENT, "\"member\": \"BoatSet.BoatState\"", "\"member\": \"BoatSet.State\""), @r"
    specs/actions/RentBoats.json:21:17: error: `BoatSet.State` leads to no member of the response of DescribeBoats
      help: members there: BoatId, BoatState, NextState, Berth, Dinghies, Trouble, LastRequestId, Progress, Locked
    ");
    insta::assert_snapshot!(bad(RENT, "\"action\": \"DescribeBoats\"", "\"action\": \"DescribeBoat\""), @r"
    specs/actions/RentBoats.json:20:17: error: no action is called `DescribeBoat`
      help: did you mean `DescribeBoats`?
    ");
    insta::assert_snapshot!(bad(RENT, "\"success\": [\"AFLOAT\"]", "\"success\": [\"AFLOATS\"]"), @r"
    specs/actions/RentBoats.json:23:19: error: `AFLOATS` is not a value of `BoatState`
      help: did you mean `AFLOAT`?
    ");
    let waiters = "waiters.json";
    insta::assert_snapshot!(bad(waiters, "\"reason\": \"Trouble\"", "\"reason\": \"Troubles\""), @r"
    specs/waiters.json:6:17: error: `Troubles` leads to no member of an item
      help: did you mean `Trouble`?
    ");
    insta::assert_snapshot!(bad(waiters, "\"unreachable\": [\"RETURNED\"]", "\"unreachable\": [\"BURNT\"]"), @r"
    specs/waiters.json:5:89: error: `BURNT` is not a value of `BoatState`
    ");
    insta::assert_snapshot!(bad(waiters, "\"Filters.boat-id\"", "\"Filters.boat-ids\""), @r"
    specs/waiters.json:9:14: error: DescribeBoats has no filter `boat-ids`
      help: did you mean `boat-id`?
    ");
    insta::assert_snapshot!(bad(waiters, "{ \"Since\":", "{ \"Until\":"), @r"
    specs/waiters.json:9:41: error: `Until` leads to no member of the request of DescribeBoats
      help: members there: BoatIds, Filters, Since, Offset, Limit
    ");
    insta::assert_snapshot!(bad(waiters, "\"success\": [\"AFLOAT\"]", "\"success\": []"), @r"
    specs/waiters.json:5:40: error: nothing ever reaches the goal
    ");
    insta::assert_snapshot!(bad(waiters, "\"interval\": 5", "\"interval\": 500"), @r"
    specs/waiters.json:6:95: error: a waiter polls at least once a timeout, and not without pause
    ");
}

#[test]
fn tokens_conditions_and_groups_lead_somewhere() {
    insta::assert_snapshot!(bad(RENT, "\"idempotency_token\": \"ClientToken\"", "\"idempotency_token\": \"Token\""), @r"
    specs/actions/RentBoats.json:15:24: error: `Token` leads to no member of the request
      help: members there: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Tiller
    ");
    insta::assert_snapshot!(bad(RENT, "  \"idempotency_token\": \"ClientToken\",\n", ""), @r"
    specs/actions/RentBoats.json:6:14: error: class `token` without an `idempotency_token`
      help: name the member, or choose the class that holds without one
    ");
    insta::assert_snapshot!(bad(RENT, "\"name\": \"DryRun\"", "\"name\": \"WetRun\""), @r"
    specs/actions/RentBoats.json:11:18: error: `DryRun` leads to no member of the same set
      help: members there: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, WetRun, Tiller
    specs/actions/RentBoats.json:16:14: error: `DryRun` leads to no member of the request
      help: members there: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, WetRun, Tiller
    ");
    insta::assert_snapshot!(bad(RENT, "[\"no ClientToken\"]", "[\"no client token\"]"), @r"
    specs/actions/RentBoats.json:10:18: error: `no client token` is not a condition
      help: write `Member`, `no Member`, `Member=a|b` or `Member!=a|b`
    ");
    insta::assert_snapshot!(bad(RENT, "[\"no ClientToken\"]", "[\"no ClientTokens\"]"), @r"
    specs/actions/RentBoats.json:10:18: error: `ClientTokens` leads to no member of the same set
      help: did you mean `ClientToken`?
    ");
    insta::assert_snapshot!(bad(RENT, "\"required_if\": \"Mode=FAST\"", "\"required_if\": \"Mode=FSAT\""), @r"
    specs/actions/RentBoats.json:35:57: error: `FSAT` is not a value of `Mode`
      help: did you mean `FAST`?
    ");
    insta::assert_snapshot!(bad(LIST, "\"exclusive_with\": [\"Filters\"]", "\"exclusive_with\": [\"Filter\"]"), @r"
    specs/actions/DescribeBoats.json:26:69: error: `Filter` leads to no member of the same set
      help: did you mean `Filters`?
    ");
    insta::assert_snapshot!(bad(RENT, "\"used_by\": [\"RentBoats\"]", "\"used_by\": [\"RentBoat\"]"), @r"
    specs/actions/RentBoats.json:47:57: error: no action is called `RentBoat`
      help: did you mean `RentBoats`?
    ");
    insta::assert_snapshot!(bad(RENT, "\"group\": \"boat\"", "\"group\": \"boats\""), @r"
    specs/actions/RentBoats.json:3:12: error: `boats` is not a group of service.json
      help: did you mean `boat`?
    ");
}

#[test]
fn types_end_and_travel_where_they_say() {
    insta::assert_snapshot!(bad(BOAT, "\"type\": \"list<Boat>\"", "\"type\": \"Boat\""), @r"
    specs/types/Boat.json:10:35: error: a cycle of types without a list: Boat -> Boat
      help: a value of it would never end
    ");
    insta::assert_snapshot!(bad(BERTH, "\"usage\": \"both\"", "\"usage\": \"in\""), @r"
    specs/types/Berth.json:3:12: error: `Berth` is said to travel `in`, and an answer holds it
    ");
    insta::assert_snapshot!(bad(BERTH, "\"usage\": \"both\"", "\"usage\": \"out\""), @r"
    specs/types/Berth.json:3:12: error: `Berth` is said to travel `out`, and a request holds it
    ");
    let members = |count: usize| -> String {
        let member = |n| {
            format!("{{ \"name\": \"Part{n}\", \"type\": \"string\", \"doc\": \"One of many.\" }},")
        };
        (0..count).map(member).collect()
    };
    let list = format!("\"members\": [{}", members(251));
    insta::assert_snapshot!(bad(BERTH, "\"members\": [", &list), @r"
    specs/types/Berth.json:6:14: error: 255 members, but a table holds 254
      help: the index of a table counts members in one byte
    ");
    assert_eq!(bad(BERTH, "\"members\": [", &format!("\"members\": [{}", members(250))), "");
}

#[test]
fn the_envelope_is_not_a_member() {
    insta::assert_snapshot!(bad(RENT, "\"name\": \"Receipt\"", "\"name\": \"Error\""), @r"
    specs/actions/RentBoats.json:57:15: error: `Error` belongs to the envelope of every answer
      help: leave it out: the generator and the decoder know it
    ");
    insta::assert_snapshot!(bad(RENT, "\"name\": \"Receipt\"", "\"name\": \"RequestId\""), @r"
    specs/actions/RentBoats.json:57:15: error: `RequestId` and `RequestId` are both `request_id` in Rust
      help: give one of them a `rust` key
    specs/actions/RentBoats.json:57:15: error: `RequestId` belongs to the envelope of every answer
      help: leave it out: the generator and the decoder know it
    ");
}

#[test]
fn error_codes_are_known_sorted_and_used() {
    insta::assert_snapshot!(bad(RENT, "\"InvalidBoatId.NotFound\"", "\"InvalidBoatId.NotFond\""), @r"
    specs/actions/RentBoats.json:59:26: error: `InvalidBoatId.NotFond` is not in errors.json
      help: did you mean `InvalidBoatId.NotFound`?
    specs/errors.json:8:15: error: no action documents `InvalidBoatId.NotFound`
      help: remove it, or mark it `common` if the whole gateway answers with it
    ");
    insta::assert_snapshot!(bad(RENT, "[\"BoatSunk\", \"InvalidBoatId.NotFound\"]", "[\"InvalidBoatId.NotFound\", \"BoatSunk\"]"), @r"
    specs/actions/RentBoats.json:59:40: error: the codes are out of order: `BoatSunk` after `InvalidBoatId.NotFound`
      help: they are sorted by bytes
    ");
    insta::assert_snapshot!(bad(RENT, "\"BoatSunk\"", "\"BoatSunk\", \"BoatSunk\""), @r"
    specs/actions/RentBoats.json:59:26: error: `BoatSunk` is there twice
    ");
    insta::assert_snapshot!(bad(RENT, "[\"BoatSunk\", ", "[\"BoatSunk\", \"AuthFailure\", "), @r"
    specs/actions/RentBoats.json:59:26: error: the codes are out of order: `AuthFailure` after `BoatSunk`
      help: they are sorted by bytes
    ");
    insta::assert_snapshot!(bad(LIST, "\"LimitExceeded.IPv6\"", "\"RequestLimitExceeded\""), @r#"
    specs/actions/DescribeBoats.json:37:31: error: `RequestLimitExceeded` is said to be the gateway's alone
      help: in errors.json: "common": "both"
    specs/errors.json:9:15: error: no action documents `LimitExceeded.IPv6`
      help: remove it, or mark it `common` if the whole gateway answers with it
    "#);
    insta::assert_snapshot!(bad("errors.json", "\"code\": \"BoatSunk\"", "\"code\": \"Zoo.ECode\""), @r"
    specs/actions/RentBoats.json:59:14: error: `BoatSunk` is not in errors.json
      help: add it there, with what it means and what to do
    specs/errors.json:4:15: error: `Zoo.ECode` becomes `ZOO_E_CODE`, which tears off the letter `e`
      help: add the word to `words` in service.json, or give a `rust` key
    specs/errors.json:4:15: error: no action documents `Zoo.ECode`
      help: remove it, or mark it `common` if the whole gateway answers with it
    specs/errors.json:5:15: error: the codes are out of order: `InternalError` after `Zoo.ECode`
      help: they are sorted by bytes
    ");
    insta::assert_snapshot!(bad("errors.json", "\"code\": \"LimitExceeded.IPv6\"", "\"code\": \"InvalidBoatId_NotFound\""), @r"
    specs/actions/DescribeBoats.json:37:31: error: `LimitExceeded.IPv6` is not in errors.json
      help: add it there, with what it means and what to do
    specs/errors.json:9:15: error: `InvalidBoatId_NotFound` and `InvalidBoatId.NotFound` are both `INVALID_BOAT_ID_NOT_FOUND` in Rust
      help: give one of them a `rust` key
    specs/errors.json:9:15: error: no action documents `InvalidBoatId_NotFound`
      help: remove it, or mark it `common` if the whole gateway answers with it
    ");
}

#[test]
fn descriptions_say_something() {
    let doc = "\"Its town.\"";
    insta::assert_snapshot!(bad(BERTH, doc, "\"\""), @r"
    specs/types/Berth.json:7:94: error: an empty description
      help: say what it is, in a sentence
    ");
    insta::assert_snapshot!(bad(BERTH, doc, "\"The harbour.\""), @r"
    specs/types/Berth.json:7:94: error: the description only repeats the name `Harbour`
      help: say what the name does not: what it is for, its unit, what happens without it
    ");
    insta::assert_snapshot!(bad(BERTH, doc, "\"Its town\""), @r"
    specs/types/Berth.json:7:94: error: a description without a full stop at its end
    ");
    insta::assert_snapshot!(bad(BERTH, doc, "\"Its t\u{f6}wn.\""), @r"
    specs/types/Berth.json:7:94: error: a description holds `\u{f6}`
      help: plain ASCII on one line: write it in words
    ");
    insta::assert_snapshot!(bad(BERTH, doc, "\"Its\\ntown.\""), @r"
    specs/types/Berth.json:7:94: error: a description holds `\u{a}`
      help: plain ASCII on one line: write it in words
    ");
    insta::assert_snapshot!(bad(BERTH, doc, "\"Its `town.\""), @r"
    specs/types/Berth.json:7:94: error: a description with an unpaired backtick
    ");
    insta::assert_snapshot!(bad(BERTH, doc, "\"See https://example.com.\""), @r"
    specs/types/Berth.json:7:94: error: a description with an address in it
      help: say what is there in our own words
    ");
    insta::assert_snapshot!(bad(STATE, "\"Under it.\"", "\"Sunk.\""), @r"
    specs/enums/BoatState.json:7:31: error: the description only repeats the name `SUNK`
      help: say what the name does not: what it is for, its unit, what happens without it
    ");
    insta::assert_snapshot!(bad(LIST, "\"Lists rented vessels, page by page.\"", "\"Describes boats.\""), @r"
    specs/actions/DescribeBoats.json:4:14: error: the description only repeats the name `DescribeBoats`
      help: say what the name does not: what it is for, its unit, what happens without it
    ");
}

#[test]
fn quirks_go_stale() {
    insta::assert_snapshot!(bad(RENT, "\"A boolean, yet sent as a string.\"", "\"Whether damage is covered.\""), @r"
    specs/actions/RentBoats.json:37:16: error: the quirk repeats the description
      help: a quirk that changes nothing is none: remove one of the two
    ");
    insta::assert_snapshot!(bad(RENT, "\"A boolean, yet sent as a string.\"", "\"Contradicts `SinkBoats`.\""), @r"
    specs/actions/RentBoats.json:37:16: error: the quirk is stale: nothing is called `SinkBoats`
      help: remove it, or name what it speaks of
    ");
    insta::assert_snapshot!(
        bad(
            RENT,
            "\"Insure\", \"type\": \"string\", \"enum\": [\"true\", \"false\"], \"default\": \"false\",\n      \"quirk\": \"A boolean, yet sent as a string.\"",
            "\"Insure\", \"type\": \"bool\", \"quirk\": \"A boolean, yet sent as a string.\""
        ),
        @r"
    specs/actions/RentBoats.json:36:50: error: the quirk is stale: the type is bool
      help: remove it
    "
    );
}
