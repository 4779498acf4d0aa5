//! Tests of names that are unknown, unused, duplicate or not valid in Rust.

use super::{BERTH, BOAT, RENT, STATE, message_after, messages, messages_of_each, valid};

#[test]
fn unknown_types_are_reported() {
    insta::assert_snapshot!(message_after(RENT, "\"type\": \"SailMode\"", "\"type\": \"SailMod\""), @r"
    specs/actions/RentBoats.json:47:31: error: request.Mode.type: unknown type `SailMod`
      help: an enum `SailMode` exists in enums/SailMode.json
    specs/actions/RentBoats.json:47:70: error: request.Mode.values: `values` applies to named enums only
      help: use `enum` for a scalar without a named enum
    specs/enums/SailMode.json:2:11: error: enum: nothing uses the enum `SailMode`
      help: remove the file, or use it in a member
    ");
    insta::assert_snapshot!(message_after(BOAT, "\"type\": \"Berth\"", "\"type\": \"list<Birth>\""), @r#"
    specs/actions/RentBoats.json:16:19: error: retry.reconcile.matching: `Berth.Harbour` is not a member of an entry
      help: there are none; remove it
    specs/actions/RentBoats.json:24:32: error: retry.reconcile.display[1]: `Berth.Harbour` is not a member of an entry
      help: there are none; remove it
    specs/types/Boat.json:9:32: error: members.Berth.type: unknown type `Birth`: "list<Birth>"
      help: a type `Berth` exists in types/Berth.json
    "#);
    insta::assert_snapshot!(message_after(RENT, "\"Count\", \"type\": \"int64\"", "\"Count\", \"type\": \"Decimal128\""), @r"
    specs/actions/RentBoats.json:15:16: error: retry.reconcile.count: `Count` has the type Decimal128, which cannot be a count
      help: name an integer member
    specs/actions/RentBoats.json:63:32: error: request.Count.type: unknown type `Decimal128`
      help: write types/Decimal128.json or enums/Decimal128.json, or use one of: string, int64, uint64, float, bool, datetime, datetime_iso
    ");
}

#[test]
fn unused_types_and_enums_are_rejected() {
    let mut texts = valid();
    let unused = valid().get(BERTH).unwrap().replace("\"Berth\"", "\"Mooring\"");
    texts.insert("types/Mooring.json".to_owned(), unused);
    let unused = valid().get(STATE).unwrap().replace("\"BoatState\"", "\"Weather\"");
    texts.insert("enums/Weather.json".to_owned(), unused);
    insta::assert_snapshot!(messages(&texts), @r"
    specs/enums/Weather.json:2:11: error: enum: nothing uses the enum `Weather`
      help: remove the file, or use it in a member
    specs/types/Mooring.json:2:11: error: type: nothing uses the type `Mooring`
      help: remove the file, or use it in a member
    ");
}

#[test]
fn duplicate_names_are_rejected() {
    insta::assert_snapshot!(message_after(BERTH, "\"name\": \"Pier\"", "\"name\": \"Harbour\""), @r"
    specs/types/Berth.json:8:15: error: members.Harbour.name: duplicate `Harbour`
      help: remove one of the two
    ");
    insta::assert_snapshot!(message_after(BERTH, "\"name\": \"Pier\"", "\"name\": \"harbour\""), @r"
    specs/types/Berth.json:8:15: error: members.harbour.name: `harbour` and `Harbour` are both `harbour` in Rust
      help: add a `rust` key to one of them
    ");
    insta::assert_snapshot!(message_after(STATE, "\"value\": \"SUNK\"", "\"value\": \"AFLOAT\""), @r"
    specs/actions/RentBoats.json:42:19: error: async.poll.failure[0]: `SUNK` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, AFLOAT, RETURNED
    specs/enums/BoatState.json:7:16: error: values.AFLOAT.value: duplicate `AFLOAT`
      help: list each value once, where the service lists it first
    specs/waiters.json:5:64: error: waiters.BoatsAfloat.failure[0]: `SUNK` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, AFLOAT, RETURNED
    specs/waiters.json:11:31: error: waiters.BoatsGone.settled[1]: `SUNK` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, AFLOAT, RETURNED
    ");
    insta::assert_snapshot!(message_after(STATE, "\"RETURNED\"", "\"Afloat\""), @r#"
    specs/enums/BoatState.json:8:16: error: values.Afloat.value: `Afloat` and AFLOAT are both `Afloat` in Rust
      help: add a `rust` key to one of them
    specs/waiters.json:5:16: error: waiters.BoatsAfloat.state: no list contains `Afloat`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:5:89: error: waiters.BoatsAfloat.unreachable[0]: `RETURNED` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, SUNK, Afloat
    specs/waiters.json:10:113: error: waiters.BoatsGone.state: no list contains `Afloat`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:11:19: error: waiters.BoatsGone.settled[0]: `RETURNED` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, SUNK, Afloat
    "#);
    insta::assert_snapshot!(message_after(STATE, "\"value\": \"RETURNED\"", "\"value\": \"UNKNOWN\""), @r#"
    specs/enums/BoatState.json:8:16: error: values.UNKNOWN.value: `UNKNOWN` and every newer value are both `Unknown` in Rust
      help: add a `rust` key to one of them
    specs/waiters.json:5:16: error: waiters.BoatsAfloat.state: no list contains `UNKNOWN`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:5:89: error: waiters.BoatsAfloat.unreachable[0]: `RETURNED` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, SUNK, UNKNOWN
    specs/waiters.json:10:113: error: waiters.BoatsGone.state: no list contains `UNKNOWN`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:11:19: error: waiters.BoatsGone.settled[0]: `RETURNED` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, SUNK, UNKNOWN
    "#);
    let mut texts = valid();
    let twin = valid().get(BERTH).unwrap().replace("\"Berth\"", "\"berth\"");
    texts.insert("types/berth.json".to_owned(), twin);
    *texts.get_mut(BOAT).unwrap() =
        valid().get(BOAT).unwrap().replace("\"type\": \"Berth\"", "\"type\": \"berth\"");
    insta::assert_snapshot!(messages(&texts), @r#"
    specs/types/berth.json:1:1: error: this file and specs/types/Berth.json have the same name on a case-insensitive file system
      help: add a `rust` key to one of them, and name its file after it
    specs/types/berth.json:2:11: error: type: `berth` is not in PascalCase
      help: correct the name, or add a `rust` key if the service writes it this way
    specs/types/berth.json:2:11: error: type: the type `Berth` is also generated from specs/types/Berth.json: "berth"
      help: add a `rust` key to one of them
    "#);
}

#[test]
fn names_must_be_valid_in_rust() {
    insta::assert_snapshot!(message_after(BERTH, "\"name\": \"Pier\"", "\"name\": \"Self\""), @r#"
    specs/types/Berth.json:8:15: error: members.Self.name: `Self` becomes the keyword `self`
      help: Rust has no raw identifier for it; add `"rust": "self_"`
    "#);
    insta::assert_snapshot!(message_after(BERTH, "\"name\": \"Pier\"", "\"name\": \"XRay\""), @r"
    specs/types/Berth.json:8:15: error: members.XRay.name: `XRay` becomes `x_ray`, which splits off the letter `x`
      help: add the word to `words` in service.json, or add a `rust` key
    ");
    insta::assert_snapshot!(message_after(BERTH, "\"name\": \"Pier\"", "\"name\": \"Pier; fn evil() {}\""), @r"
    specs/types/Berth.json:8:15: error: members.Pier; fn evil() {}.name: `Pier; fn evil() {}` is not a valid name
      help: use at most 128 letters, digits and underscores; start with a letter
    ");
    insta::assert_snapshot!(message_after(RENT, "\"bus_slots\"", "\"bus slots\""), @r"
    specs/actions/RentBoats.json:66:56: error: request.DBDFs.rust: `bus slots` is not a field name
      help: use lower-case letters, digits and underscores; start with a letter
    ");
    insta::assert_snapshot!(message_after(STATE, "\"value\": \"SUNK\"", "\"value\": \"2 DEEP\""), @r#"
    specs/actions/RentBoats.json:42:19: error: async.poll.failure[0]: `SUNK` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, 2 DEEP, RETURNED
    specs/enums/BoatState.json:7:16: error: values.2 DEEP.value: `2 DEEP` becomes `2Deep`, which is not a variant name
      help: add a `rust` key of letters and digits that starts with a capital letter
    specs/waiters.json:5:16: error: waiters.BoatsAfloat.state: no list contains `2 DEEP`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:5:64: error: waiters.BoatsAfloat.failure[0]: `SUNK` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, 2 DEEP, RETURNED
    specs/waiters.json:10:113: error: waiters.BoatsGone.state: no list contains `2 DEEP`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:11:31: error: waiters.BoatsGone.settled[1]: `SUNK` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, 2 DEEP, RETURNED
    "#);
    insta::assert_snapshot!(message_after("enums/SailMode.json", ", \"rust\": \"X86_64\"", ""), @r"
    specs/enums/SailMode.json:8:16: error: values.x86_64.value: `x86_64` becomes `X8664`, which joins two numbers
      help: add a `rust` key, such as `X86_64`
    ");
    insta::assert_snapshot!(message_after(RENT, "\"action\": \"RentBoats\"", "\"action\": \"../RentBoats\""), @r"
    specs/actions/RentBoats.json:2:13: error: action: `../RentBoats` is not a valid name
      help: use at most 128 letters, digits and underscores; start with a letter
    ");
    let mut texts = valid();
    let clash =
        valid().get(BERTH).unwrap().replace("\"type\": \"Berth\"", "\"type\": \"ModelInfo\"");
    texts.insert("types/ModelInfo.json".to_owned(), clash);
    *texts.get_mut(BOAT).unwrap() =
        valid().get(BOAT).unwrap().replace("\"type\": \"Berth\"", "\"type\": \"ModelInfo\"");
    insta::assert_snapshot!(messages(&texts), @r"
    specs/types/ModelInfo.json:2:11: error: type: `ModelInfo` has another meaning in generated files
      help: add a `rust` key
    ");
}

#[test]
fn generated_names_do_not_collide() {
    // Renames a type, and with it the static of its table.
    let renamed = |name: &str| {
        let mut texts = valid();
        let type_ = texts.remove(BERTH).unwrap();
        let type_ = type_.replace("\"type\": \"Berth\"", &format!("\"type\": \"{name}\""));
        texts.insert(format!("types/{name}.json"), type_);
        for user in [BOAT, RENT] {
            let text = texts.get_mut(user).unwrap();
            *text = text.replace("\"type\": \"Berth\"", &format!("\"type\": \"{name}\""));
        }
        messages(&texts)
    };
    assert_eq!(renamed("Mooring"), "");
    insta::assert_snapshot!(renamed("RentBoatsInfo"), @r#"
    specs/types/RentBoatsInfo.json:2:11: error: type: the static `RENT_BOATS_INFO` is also generated from specs/actions/RentBoats.json: "RentBoatsInfo"
      help: add a `rust` key to one of them
    "#);
    insta::assert_snapshot!(renamed("Service"), @r#"
    specs/types/Service.json:2:11: error: type: the static `SERVICE` is also generated from service.json: "Service"
      help: add a `rust` key to one of them
    "#);
}

#[test]
fn reserved_names_are_rejected() {
    let messages = messages_of_each(&[
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
    insta::assert_snapshot!(messages, @r#"
    RentBoats.json: "name": "Signature"
    specs/actions/RentBoats.json:13:18: error: retry.reconcile.filters: `Tiller` is not a member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Signature
    specs/actions/RentBoats.json:16:19: error: retry.reconcile.matching: `Tiller` is not a member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Signature
    specs/actions/RentBoats.json:17:19: error: retry.reconcile.includes: `Tiller` is not a member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Signature
    specs/actions/RentBoats.json:18:19: error: retry.reconcile.same_key: `Tiller` is not a member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Signature
    specs/actions/RentBoats.json:69:15: error: request.Signature.name: `Signature` is a common parameter of every request
      help: in the query encoding it would replace that parameter; remove the member
    RentBoats.json: "name": "Token"
    specs/actions/RentBoats.json:13:18: error: retry.reconcile.filters: `Tiller` is not a member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Token
    specs/actions/RentBoats.json:16:19: error: retry.reconcile.matching: `Tiller` is not a member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Token
    specs/actions/RentBoats.json:17:19: error: retry.reconcile.includes: `Tiller` is not a member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Token
    specs/actions/RentBoats.json:18:19: error: retry.reconcile.same_key: `Tiller` is not a member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Token
    specs/actions/RentBoats.json:69:15: error: request.Token.name: `Token` is a common parameter of every request
      help: in the query encoding it would replace that parameter; remove the member
    Berth.json: "rust": "Crate", "summary": "A place
    specs/types/Berth.json:4:11: error: rust: `Crate` has another meaning in generated files
      help: add a `rust` key
    Berth.json: "rust": "Self", "summary": "A place
    specs/types/Berth.json:4:11: error: rust: `Self` has another meaning in generated files
      help: add a `rust` key
    Berth.json: "rust": "Super", "summary": "A place
    specs/types/Berth.json:4:11: error: rust: `Super` has another meaning in generated files
      help: add a `rust` key
    Berth.json: "rust": "Aux", "summary": "A place
    specs/types/Berth.json:4:11: error: rust: `Aux` has another meaning in generated files
      help: add a `rust` key
    Berth.json: "rust": "IntoIterator", "summary": "A place
    specs/types/Berth.json:4:11: error: rust: `IntoIterator` has another meaning in generated files
      help: add a `rust` key
    Berth.json: "rust": "crate"
    specs/types/Berth.json:12:50: error: members.Crate.rust: `Crate` becomes the keyword `crate`
      help: Rust has no raw identifier for it; add `"rust": "crate_"`
    SailMode.json: "value": "CALM", "rust": "VALUES"
    specs/enums/SailMode.json:6:32: error: values.CALM.rust: `CALM` and the list of all values are both `VALUES` in Rust
      help: add a `rust` key to one of them
    errors.json: "code": "Errors"
    specs/errors.json:3:15: error: errors.Errors.code: `Errors` and the table of all codes are both `ERRORS` in Rust
      help: add a `rust` key to one of them
    specs/errors.json:4:15: error: errors.BoatSunk.code: the codes are not sorted: `BoatSunk` after `Errors`
      help: sort them by bytes
    "#);
}

#[test]
fn names_must_be_in_pascal_case() {
    let renamed = |folder: &str, key: &str, from: &str, to: &str, rust: &str| {
        let mut texts = valid();
        let own = texts.remove(&format!("{folder}/{from}.json")).unwrap();
        texts.insert(format!("{folder}/{to}.json"), own);
        for text in texts.values_mut() {
            let (from, to) = (format!("\"{key}\": \"{from}\""), format!("\"{key}\": \"{to}\""));
            *text = text.replace(&format!("{from},\n"), &format!("{to},{rust}\n"));
            *text = text.replace(&from, &to);
        }
        messages(&texts)
    };
    insta::assert_snapshot!(renamed("actions", "action", "ReadLog", "readLog", ""), @r"
    specs/actions/readLog.json:2:13: error: action: `readLog` is not in PascalCase
      help: correct the name, or add a `rust` key if the service writes it this way
    ");
    insta::assert_snapshot!(renamed("actions", "action", "ReadLog", "Read_Log", ""), @r"
    specs/actions/Read_Log.json:2:13: error: action: `Read_Log` is not in PascalCase
      help: correct the name, or add a `rust` key if the service writes it this way
    ");
    insta::assert_snapshot!(renamed("types", "type", "Berth", "berthPlace", ""), @r"
    specs/types/berthPlace.json:2:11: error: type: `berthPlace` is not in PascalCase
      help: correct the name, or add a `rust` key if the service writes it this way
    ");
    insta::assert_snapshot!(renamed("types", "type", "Berth", "Berth_Place", " \"rust\": \"Berth_Place\","), @r"
    specs/types/Berth_Place.json:2:34: error: rust: `Berth_Place` is not a valid type name
      help: add a `rust` key of letters and digits that starts with a capital letter
    ");
    insta::assert_snapshot!(message_after("waiters.json", "\"BoatsGone\"", "\"boats_gone\""), @r"
    specs/waiters.json:8:17: error: waiters.boats_gone.waiter: `boats_gone` is not a valid type name
      help: use letters and digits; start with a capital letter
    ");
    // A `rust` key confirms an unusual name on the wire.
    assert_eq!(renamed("types", "type", "Berth", "berth_place", " \"rust\": \"BerthPlace\","), "");
}
