//! Names that are unknown, unused, taken or no good Rust.

use super::{BERTH, BOAT, RENT, STATE, bad, good, told, told_of_each};

#[test]
fn names_of_types() {
    insta::assert_snapshot!(bad(RENT, "\"type\": \"SailMode\"", "\"type\": \"SailMod\""), @r"
    specs/actions/RentBoats.json:47:31: error: request.Mode.type: unknown type `SailMod`
      help: an enum `SailMode` exists in enums/SailMode.json
    specs/actions/RentBoats.json:47:70: error: request.Mode.values: `values` narrows a named enum, and this is none
      help: use `enum` for a scalar without a named enum
    specs/enums/SailMode.json:2:11: error: enum: nothing uses the enum `SailMode`
      help: remove the file, or the member that should have it lost its type
    ");
    insta::assert_snapshot!(bad(BOAT, "\"type\": \"Berth\"", "\"type\": \"list<Birth>\""), @r#"
    specs/actions/RentBoats.json:16:15: error: retry.reconcile.same: `Berth.Harbour` leads to no member of an entry
      help: there is none here; leave it out
    specs/actions/RentBoats.json:24:29: error: retry.reconcile.show[1]: `Berth.Harbour` leads to no member of an entry
      help: there is none here; leave it out
    specs/types/Boat.json:9:32: error: members.Berth.type: unknown type `Birth`: "list<Birth>"
      help: a type `Berth` exists in types/Berth.json
    "#);
    insta::assert_snapshot!(bad(RENT, "\"Count\", \"type\": \"int64\"", "\"Count\", \"type\": \"Decimal128\""), @r"
    specs/actions/RentBoats.json:15:16: error: retry.reconcile.count: `Count` has the type Decimal128, which counts nothing
      help: name a whole number
    specs/actions/RentBoats.json:63:32: error: request.Count.type: unknown type `Decimal128`
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
    specs/enums/Weather.json:2:11: error: enum: nothing uses the enum `Weather`
      help: remove the file, or the member that should have it lost its type
    specs/types/Mooring.json:2:11: error: type: nothing uses the type `Mooring`
      help: remove the file, or the member that should have it lost its type
    ");
}

#[test]
fn nothing_is_called_the_same_twice() {
    insta::assert_snapshot!(bad(BERTH, "\"name\": \"Pier\"", "\"name\": \"Harbour\""), @r"
    specs/types/Berth.json:8:15: error: members.Harbour.name: `Harbour` is there twice
      help: leave one of the two out
    ");
    insta::assert_snapshot!(bad(BERTH, "\"name\": \"Pier\"", "\"name\": \"harbour\""), @r"
    specs/types/Berth.json:8:15: error: members.harbour.name: `harbour` and `Harbour` are both `harbour` in Rust
      help: give one of them a `rust` key
    ");
    insta::assert_snapshot!(bad(STATE, "\"value\": \"SUNK\"", "\"value\": \"AFLOAT\""), @r"
    specs/actions/RentBoats.json:42:19: error: async.poll.failure[0]: `SUNK` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, AFLOAT, RETURNED
    specs/enums/BoatState.json:7:16: error: values.AFLOAT.value: `AFLOAT` is there twice
      help: a value stands once, where the service lists it first
    specs/waiters.json:5:64: error: waiters.BoatsAfloat.failure[0]: `SUNK` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, AFLOAT, RETURNED
    specs/waiters.json:11:31: error: waiters.BoatsGone.settled[1]: `SUNK` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, AFLOAT, RETURNED
    ");
    insta::assert_snapshot!(bad(STATE, "\"RETURNED\"", "\"Afloat\""), @r#"
    specs/enums/BoatState.json:8:16: error: values.Afloat.value: `Afloat` and AFLOAT are both `Afloat` in Rust
      help: give one of them a `rust` key
    specs/waiters.json:5:16: error: waiters.BoatsAfloat.state: no list has `Afloat`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:5:89: error: waiters.BoatsAfloat.unreachable[0]: `RETURNED` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, SUNK, Afloat
    specs/waiters.json:10:113: error: waiters.BoatsGone.state: no list has `Afloat`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:11:19: error: waiters.BoatsGone.settled[0]: `RETURNED` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, SUNK, Afloat
    "#);
    insta::assert_snapshot!(bad(STATE, "\"value\": \"RETURNED\"", "\"value\": \"UNKNOWN\""), @r#"
    specs/enums/BoatState.json:8:16: error: values.UNKNOWN.value: `UNKNOWN` and every newer value are both `Unknown` in Rust
      help: give one of them a `rust` key
    specs/waiters.json:5:16: error: waiters.BoatsAfloat.state: no list has `UNKNOWN`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:5:89: error: waiters.BoatsAfloat.unreachable[0]: `RETURNED` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, SUNK, UNKNOWN
    specs/waiters.json:10:113: error: waiters.BoatsGone.state: no list has `UNKNOWN`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:11:19: error: waiters.BoatsGone.settled[0]: `RETURNED` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, SUNK, UNKNOWN
    "#);
    let mut texts = good();
    let twin = good().get(BERTH).unwrap().replace("\"Berth\"", "\"berth\"");
    texts.insert("types/berth.json".to_owned(), twin);
    *texts.get_mut(BOAT).unwrap() =
        good().get(BOAT).unwrap().replace("\"type\": \"Berth\"", "\"type\": \"berth\"");
    insta::assert_snapshot!(told(&texts), @r#"
    specs/types/berth.json:1:1: error: a disk that ignores case takes this file and specs/types/Berth.json for one
      help: give one of the two a `rust` key, and call its file after that
    specs/types/berth.json:2:11: error: type: `berth` is not in PascalCase
      help: correct the name, or confirm with a `rust` key that the service writes it so
    specs/types/berth.json:2:11: error: type: the type `Berth` is also made from specs/types/Berth.json: "berth"
      help: give one of them a `rust` key
    "#);
}

#[test]
fn names_become_good_rust() {
    insta::assert_snapshot!(bad(BERTH, "\"name\": \"Pier\"", "\"name\": \"Self\""), @r#"
    specs/types/Berth.json:8:15: error: members.Self.name: `Self` becomes the keyword `self`
      help: Rust has no raw form of it: "rust": "self_"
    "#);
    insta::assert_snapshot!(bad(BERTH, "\"name\": \"Pier\"", "\"name\": \"XRay\""), @r"
    specs/types/Berth.json:8:15: error: members.XRay.name: `XRay` becomes `x_ray`, which tears off the letter `x`
      help: add the word to `words` in service.json, or give a `rust` key
    ");
    insta::assert_snapshot!(bad(BERTH, "\"name\": \"Pier\"", "\"name\": \"Pier; fn evil() {}\""), @r"
    specs/types/Berth.json:8:15: error: members.Pier; fn evil() {}.name: `Pier; fn evil() {}` is not a name
      help: letters, digits and underscores, a letter first, at most 128
    ");
    insta::assert_snapshot!(bad(RENT, "\"bus_slots\"", "\"bus slots\""), @r"
    specs/actions/RentBoats.json:66:56: error: request.DBDFs.rust: `bus slots` is not a field name
      help: lower-case letters, digits and underscores, a letter first
    ");
    insta::assert_snapshot!(bad(STATE, "\"value\": \"SUNK\"", "\"value\": \"2 DEEP\""), @r#"
    specs/actions/RentBoats.json:42:19: error: async.poll.failure[0]: `SUNK` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, 2 DEEP, RETURNED
    specs/enums/BoatState.json:7:16: error: values.2 DEEP.value: `2 DEEP` becomes `2Deep`, which is not a variant name
      help: give a `rust` key: letters and digits, a capital first
    specs/waiters.json:5:16: error: waiters.BoatsAfloat.state: no list has `2 DEEP`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:5:64: error: waiters.BoatsAfloat.failure[0]: `SUNK` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, 2 DEEP, RETURNED
    specs/waiters.json:10:113: error: waiters.BoatsGone.state: no list has `2 DEEP`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:11:31: error: waiters.BoatsGone.settled[1]: `SUNK` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, 2 DEEP, RETURNED
    "#);
    insta::assert_snapshot!(bad("enums/SailMode.json", ", \"rust\": \"X86_64\"", ""), @r"
    specs/enums/SailMode.json:8:16: error: values.x86_64.value: `x86_64` becomes `X8664`, which runs two numbers together
      help: give a `rust` key, such as `X86_64`
    ");
    insta::assert_snapshot!(bad(RENT, "\"action\": \"RentBoats\"", "\"action\": \"../RentBoats\""), @r"
    specs/actions/RentBoats.json:2:13: error: action: `../RentBoats` is not a name
      help: letters, digits and underscores, a letter first, at most 128
    ");
    let mut texts = good();
    let clash = good().get(BERTH).unwrap().replace("\"type\": \"Berth\"", "\"type\": \"Table\"");
    texts.insert("types/Table.json".to_owned(), clash);
    *texts.get_mut(BOAT).unwrap() =
        good().get(BOAT).unwrap().replace("\"type\": \"Berth\"", "\"type\": \"Table\"");
    insta::assert_snapshot!(told(&texts), @r"
    specs/types/Table.json:2:11: error: type: `Table` means something else in generated files
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
    insta::assert_snapshot!(renamed("RentBoatsInfo"), @r#"
    specs/types/RentBoatsInfo.json:2:11: error: type: the static `RENT_BOATS_INFO` is also made from specs/actions/RentBoats.json: "RentBoatsInfo"
      help: give one of them a `rust` key
    "#);
    insta::assert_snapshot!(renamed("Service"), @r#"
    specs/types/Service.json:2:11: error: type: the static `SERVICE` is also made from service.json: "Service"
      help: give one of them a `rust` key
    "#);
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
    specs/actions/RentBoats.json:13:17: error: retry.reconcile.narrow: `Tiller` leads to no member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Signature
    specs/actions/RentBoats.json:16:15: error: retry.reconcile.same: `Tiller` leads to no member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Signature
    specs/actions/RentBoats.json:17:19: error: retry.reconcile.includes: `Tiller` leads to no member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Signature
    specs/actions/RentBoats.json:18:19: error: retry.reconcile.same_key: `Tiller` leads to no member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Signature
    specs/actions/RentBoats.json:69:15: error: request.Signature.name: `Signature` is a common parameter of every request
      help: beside it a member of this name is lost in the query encoding; leave it out
    RentBoats.json: "name": "Token"
    specs/actions/RentBoats.json:13:17: error: retry.reconcile.narrow: `Tiller` leads to no member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Token
    specs/actions/RentBoats.json:16:15: error: retry.reconcile.same: `Tiller` leads to no member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Token
    specs/actions/RentBoats.json:17:19: error: retry.reconcile.includes: `Tiller` leads to no member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Token
    specs/actions/RentBoats.json:18:19: error: retry.reconcile.same_key: `Tiller` leads to no member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Token
    specs/actions/RentBoats.json:69:15: error: request.Token.name: `Token` is a common parameter of every request
      help: beside it a member of this name is lost in the query encoding; leave it out
    Berth.json: "rust": "Crate", "summary": "A place
    specs/types/Berth.json:4:11: error: rust: `Crate` means something else in generated files
      help: give a `rust` key
    Berth.json: "rust": "Self", "summary": "A place
    specs/types/Berth.json:4:11: error: rust: `Self` means something else in generated files
      help: give a `rust` key
    Berth.json: "rust": "Super", "summary": "A place
    specs/types/Berth.json:4:11: error: rust: `Super` means something else in generated files
      help: give a `rust` key
    Berth.json: "rust": "Aux", "summary": "A place
    specs/types/Berth.json:4:11: error: rust: `Aux` means something else in generated files
      help: give a `rust` key
    Berth.json: "rust": "IntoIterator", "summary": "A place
    specs/types/Berth.json:4:11: error: rust: `IntoIterator` means something else in generated files
      help: give a `rust` key
    Berth.json: "rust": "crate"
    specs/types/Berth.json:12:50: error: members.Crate.rust: `Crate` becomes the keyword `crate`
      help: Rust has no raw form of it: "rust": "crate_"
    SailMode.json: "value": "CALM", "rust": "VALUES"
    specs/enums/SailMode.json:6:32: error: values.CALM.rust: `CALM` and the list of all values are both `VALUES` in Rust
      help: give one of them a `rust` key
    errors.json: "code": "Errors"
    specs/errors.json:3:15: error: errors.Errors.code: `Errors` and the table of all codes are both `ERRORS` in Rust
      help: give one of them a `rust` key
    specs/errors.json:4:15: error: errors.BoatSunk.code: the codes are out of order: `BoatSunk` after `Errors`
      help: they are sorted by bytes
    "#);
}

#[test]
fn names_that_are_not_in_pascal_case_are_refused() {
    let renamed = |folder: &str, key: &str, from: &str, to: &str, rust: &str| {
        let mut texts = good();
        let own = texts.remove(&format!("{folder}/{from}.json")).unwrap();
        texts.insert(format!("{folder}/{to}.json"), own);
        for text in texts.values_mut() {
            let (from, to) = (format!("\"{key}\": \"{from}\""), format!("\"{key}\": \"{to}\""));
            *text = text.replace(&format!("{from},\n"), &format!("{to},{rust}\n"));
            *text = text.replace(&from, &to);
        }
        told(&texts)
    };
    insta::assert_snapshot!(renamed("actions", "action", "ReadLog", "readLog", ""), @r"
    specs/actions/readLog.json:2:13: error: action: `readLog` is not in PascalCase
      help: correct the name, or confirm with a `rust` key that the service writes it so
    ");
    insta::assert_snapshot!(renamed("actions", "action", "ReadLog", "Read_Log", ""), @r"
    specs/actions/Read_Log.json:2:13: error: action: `Read_Log` is not in PascalCase
      help: correct the name, or confirm with a `rust` key that the service writes it so
    ");
    insta::assert_snapshot!(renamed("types", "type", "Berth", "berthPlace", ""), @r"
    specs/types/berthPlace.json:2:11: error: type: `berthPlace` is not in PascalCase
      help: correct the name, or confirm with a `rust` key that the service writes it so
    ");
    insta::assert_snapshot!(renamed("types", "type", "Berth", "Berth_Place", " \"rust\": \"Berth_Place\","), @r"
    specs/types/Berth_Place.json:2:34: error: rust: `Berth_Place` is not a type name
      help: give a `rust` key: letters and digits, a capital first
    ");
    insta::assert_snapshot!(bad("waiters.json", "\"BoatsGone\"", "\"boats_gone\""), @r"
    specs/waiters.json:8:17: error: waiters.boats_gone.waiter: `boats_gone` is not a type name
      help: letters and digits, a capital first
    ");
    // The name of the wire is what the service says; a `rust` key confirms it.
    assert_eq!(renamed("types", "type", "Berth", "berth_place", " \"rust\": \"BerthPlace\","), "");
}
