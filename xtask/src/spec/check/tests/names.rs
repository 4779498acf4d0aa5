//! Names that are unknown, unused, taken or no good Rust.

use super::{BERTH, BOAT, RENT, STATE, bad, good, told, told_of_each};

#[test]
fn names_of_types() {
    insta::assert_snapshot!(bad(RENT, "\"type\": \"SailMode\"", "\"type\": \"SailMod\""), @r"
    specs/actions/RentBoats.json:47:31: error: unknown type `SailMod`
      help: an enum `SailMode` exists in enums/SailMode.json
    specs/actions/RentBoats.json:47:70: error: `values` narrows a named enum, and this is none
      help: use `enum` for a scalar without a named enum
    specs/enums/SailMode.json:2:11: error: nothing uses the enum `SailMode`
      help: remove the file, or the member that should have it lost its type
    ");
    insta::assert_snapshot!(bad(BOAT, "\"type\": \"Berth\"", "\"type\": \"list<Birth>\""), @r"
    specs/actions/RentBoats.json:16:15: error: `Berth.Harbour` leads to no member of an entry
    specs/actions/RentBoats.json:24:29: error: `Berth.Harbour` leads to no member of an entry
    specs/types/Boat.json:9:32: error: unknown type `Birth`
      help: a type `Berth` exists in types/Berth.json
    ");
    insta::assert_snapshot!(bad(RENT, "\"Count\", \"type\": \"int64\"", "\"Count\", \"type\": \"Decimal128\""), @r"
    specs/actions/RentBoats.json:63:32: error: unknown type `Decimal128`
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
    specs/actions/RentBoats.json:42:19: error: `SUNK` is not a value of `BoatState`
    specs/enums/BoatState.json:7:16: error: `AFLOAT` is there twice
      help: a value stands once, where the service lists it first
    specs/waiters.json:5:64: error: `SUNK` is not a value of `BoatState`
    specs/waiters.json:11:31: error: `SUNK` is not a value of `BoatState`
    ");
    insta::assert_snapshot!(bad(STATE, "\"RETURNED\"", "\"Afloat\""), @r"
    specs/enums/BoatState.json:8:16: error: `Afloat` and AFLOAT are both `Afloat` in Rust
      help: give one of them a `rust` key
    specs/waiters.json:5:16: error: no list has `Afloat`
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:5:89: error: `RETURNED` is not a value of `BoatState`
    specs/waiters.json:10:113: error: no list has `Afloat`
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:11:19: error: `RETURNED` is not a value of `BoatState`
    ");
    insta::assert_snapshot!(bad(STATE, "\"value\": \"RETURNED\"", "\"value\": \"UNKNOWN\""), @r"
    specs/enums/BoatState.json:8:16: error: `UNKNOWN` and every newer value are both `Unknown` in Rust
      help: give one of them a `rust` key
    specs/waiters.json:5:16: error: no list has `UNKNOWN`
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:5:89: error: `RETURNED` is not a value of `BoatState`
    specs/waiters.json:10:113: error: no list has `UNKNOWN`
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:11:19: error: `RETURNED` is not a value of `BoatState`
    ");
    let mut texts = good();
    let twin = good().get(BERTH).unwrap().replace("\"Berth\"", "\"berth\"");
    texts.insert("types/berth.json".to_owned(), twin);
    *texts.get_mut(BOAT).unwrap() =
        good().get(BOAT).unwrap().replace("\"type\": \"Berth\"", "\"type\": \"berth\"");
    insta::assert_snapshot!(told(&texts), @r"
    specs/types/berth.json:1:1: error: a disk that ignores case takes this file and specs/types/Berth.json for one
      help: give one of the two a `rust` key, and call its file after that
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
    specs/actions/RentBoats.json:66:56: error: `bus slots` is not a field name
      help: lower-case letters, digits and underscores, a letter first
    ");
    insta::assert_snapshot!(bad(STATE, "\"value\": \"SUNK\"", "\"value\": \"2 DEEP\""), @r"
    specs/actions/RentBoats.json:42:19: error: `SUNK` is not a value of `BoatState`
    specs/enums/BoatState.json:7:16: error: `2 DEEP` becomes `2Deep`, which is not a variant name
      help: give a `rust` key: letters and digits, a capital first
    specs/waiters.json:5:16: error: no list has `2 DEEP`
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:5:64: error: `SUNK` is not a value of `BoatState`
    specs/waiters.json:10:113: error: no list has `2 DEEP`
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:11:31: error: `SUNK` is not a value of `BoatState`
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
fn tables_and_what_the_generator_adds_keep_apart() {
    // The type that a boat lies at, under another name, whose table is called after it.
    let renamed = |name: &str| {
        let mut texts = good();
        let type_ = texts.remove(BERTH).unwrap();
        let type_ = type_.replace("\"type\": \"Berth\"", &format!("\"type\": \"{name}\""));
        texts.insert(format!("types/{name}.json"), type_);
        for user in [BOAT, RENT] {
            let text = texts.get_mut(user).unwrap();
            *text = text.replace("\"type\": \"Berth\"", &format!("\"type\": \"{name}\""));
        }
        told(&texts)
    };
    assert_eq!(renamed("Mooring"), "");
    insta::assert_snapshot!(renamed("RentBoatsInfo"), @r"
    specs/types/RentBoatsInfo.json:2:11: error: the static `RENT_BOATS_INFO` is also made from specs/actions/RentBoats.json
      help: give one of them a `rust` key
    ");
    insta::assert_snapshot!(renamed("Service"), @r"
    specs/types/Service.json:2:11: error: the static `SERVICE` is also made from service.json
      help: give one of them a `rust` key
    ");
}

#[test]
fn names_that_rust_or_generated_code_uses_are_refused() {
    let told = told_of_each(&[
        (RENT, "\"name\": \"Tiller\"", "\"name\": \"Signature\""),
        (RENT, "\"name\": \"Tiller\"", "\"name\": \"Token\""),
        (BERTH, "\"summary\": \"A place", "\"rust\": \"Crate\", \"summary\": \"A place"),
        (BERTH, "\"summary\": \"A place", "\"rust\": \"Self\", \"summary\": \"A place"),
        (BERTH, "\"summary\": \"A place", "\"rust\": \"Super\", \"summary\": \"A place"),
        (BERTH, "\"summary\": \"A place", "\"rust\": \"Aux\", \"summary\": \"A place"),
        (BERTH, "\"summary\": \"A place", "\"rust\": \"IntoIterator\", \"summary\": \"A place"),
        (BERTH, "\"rust\": \"crate_\"", "\"rust\": \"crate\""),
        ("enums/SailMode.json", "\"value\": \"CALM\"", "\"value\": \"CALM\", \"rust\": \"VALUES\""),
        ("errors.json", "\"code\": \"AuthFailure\"", "\"code\": \"Errors\""),
    ]);
    insta::assert_snapshot!(told, @r#"
    RentBoats.json: "name": "Signature"
    specs/actions/RentBoats.json:13:17: error: `Tiller` leads to no member of the request
      help: members there: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Signature
    specs/actions/RentBoats.json:17:19: error: `Tiller` leads to no member of the request
      help: members there: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Signature
    specs/actions/RentBoats.json:18:19: error: `Tiller` leads to no member of the request
      help: members there: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Signature
    specs/actions/RentBoats.json:69:15: error: `Signature` is a common parameter of every request
      help: beside it a member of this name is lost in the query encoding; leave it out
    RentBoats.json: "name": "Token"
    specs/actions/RentBoats.json:13:17: error: `Tiller` leads to no member of the request
      help: members there: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Token
    specs/actions/RentBoats.json:17:19: error: `Tiller` leads to no member of the request
      help: members there: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Token
    specs/actions/RentBoats.json:18:19: error: `Tiller` leads to no member of the request
      help: members there: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Token
    specs/actions/RentBoats.json:69:15: error: `Token` is a common parameter of every request
      help: beside it a member of this name is lost in the query encoding; leave it out
    Berth.json: "rust": "Crate", "summary": "A place
    specs/types/Berth.json:2:11: error: `Crate` means something else in generated files
      help: give a `rust` key
    Berth.json: "rust": "Self", "summary": "A place
    specs/types/Berth.json:2:11: error: `Self` means something else in generated files
      help: give a `rust` key
    Berth.json: "rust": "Super", "summary": "A place
    specs/types/Berth.json:2:11: error: `Super` means something else in generated files
      help: give a `rust` key
    Berth.json: "rust": "Aux", "summary": "A place
    specs/types/Berth.json:2:11: error: `Aux` means something else in generated files
      help: give a `rust` key
    Berth.json: "rust": "IntoIterator", "summary": "A place
    specs/types/Berth.json:2:11: error: `IntoIterator` means something else in generated files
      help: give a `rust` key
    Berth.json: "rust": "crate"
    specs/types/Berth.json:12:50: error: `Crate` becomes the keyword `crate`
      help: Rust has no raw form of it: "rust": "crate_"
    SailMode.json: "value": "CALM", "rust": "VALUES"
    specs/enums/SailMode.json:6:32: error: `CALM` and the list of all values are both `VALUES` in Rust
      help: give one of them a `rust` key
    errors.json: "code": "Errors"
    specs/errors.json:3:15: error: `Errors` and `the table of all codes` are both `ERRORS` in Rust
      help: give one of them a `rust` key
    specs/errors.json:4:15: error: the codes are out of order: `BoatSunk` after `Errors`
      help: they are sorted by bytes
    "#);
}
