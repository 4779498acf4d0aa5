//! An answer that says a thing twice says nothing: every member of the envelope, doubled in every order.
#![allow(clippy::unwrap_used, clippy::panic)]

use cvm_protocol::{Envelope, FieldInfo, Kind, ModelInfo, NameIndex, Record, envelope};

static ANSWER: ModelInfo = ModelInfo {
    name: "Answer",
    members: &[FieldInfo::new("InstanceIdSet", Kind::List(&Kind::Str)).always_present()],
    index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
};

fn read(body: &str) -> Result<Envelope, cvm_protocol::DecodeError> {
    envelope::decode(&mut Record::new(&ANSWER), body.as_bytes())
}

/// What may stand in an answer, each with two values that could be meant.
const MEMBERS: [(&str, [&str; 2]); 4] = [
    (
        "Error",
        [r#"{"Code":"LimitExceeded","Message":"m"}"#, r#"{"Code":"InternalError","Message":"m"}"#],
    ),
    ("RequestId", ["\"r-1\"", "\"r-2\""]),
    ("RequestID", ["\"r-1\"", "\"r-2\""]),
    ("InstanceIdSet", [r#"["ins-1"]"#, "[]"]),
];

/// The two values in both orders, and each with itself.
fn pairs([one, two]: [&str; 2]) -> [(&str, &str); 4] {
    [(one, two), (two, one), (one, one), (two, two)]
}

/// All orders in which these can be written.
fn orders(members: &[String]) -> Vec<Vec<String>> {
    let Some((first, rest)) = members.split_first() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for order in orders(rest) {
        for at in 0..=order.len() {
            let mut longer = order.clone();
            longer.insert(at, first.clone());
            all.push(longer);
        }
    }
    all
}

fn refused(body: &str) {
    let error = read(body).err().unwrap_or_else(|| panic!("{body} was taken"));
    let text = error.to_string();
    assert!(text.contains("twice") || text.contains("duplicate"), "{body}: {text}");
}

#[test]
fn repeated_member_of_a_response_is_an_error() {
    let mut count = 0;
    for (name, values) in MEMBERS {
        for (one, two) in pairs(values) {
            // Beside every other member, before it, between it and after it.
            let other =
                MEMBERS.iter().filter(|(other, _)| other.to_lowercase() != name.to_lowercase());
            let beside = other.filter(|(other, _)| *other != "RequestID");
            let mut members: Vec<String> =
                beside.map(|(other, [value, _])| format!(r#""{other}":{value}"#)).collect();
            members.truncate(2);
            members.extend([one, two].map(|value| format!(r#""{name}":{value}"#)));
            for order in orders(&members) {
                refused(&format!(r#"{{"Response":{{{}}}}}"#, order.join(",")));
                count += 1;
            }
        }
    }
    assert_eq!(count, 4 * 4 * 24);
}

#[test]
fn two_spellings_of_the_request_id_are_one_member() {
    for (one, two) in pairs(["\"r-1\"", "\"r-2\""]) {
        for (first, second) in [("RequestId", "RequestID"), ("RequestID", "RequestId")] {
            refused(&format!(r#"{{"Response":{{"{first}":{one},"{second}":{two}}}}}"#));
        }
    }
}

#[test]
fn repeated_member_of_an_error_is_an_error() {
    for (name, other) in [("Code", "Message"), ("Message", "Code")] {
        for (one, two) in pairs(["\"LimitExceeded\"", "\"InternalError\""]) {
            let members = [
                format!(r#""{name}":{one}"#),
                format!(r#""{name}":{two}"#),
                format!(r#""{other}":"x""#),
            ];
            for order in orders(&members) {
                refused(&format!(
                    r#"{{"Response":{{"Error":{{{}}},"RequestId":"r"}}}}"#,
                    order.join(",")
                ));
            }
        }
    }
}

#[test]
fn repeated_response_member_is_an_error() {
    let success = r#"{"InstanceIdSet":["ins-1"],"RequestId":"r-1"}"#;
    let failure = r#"{"Error":{"Code":"LimitExceeded","Message":"m"},"RequestId":"r-1"}"#;
    for (one, two) in pairs([success, failure]) {
        refused(&format!(r#"{{"Response":{one},"Response":{two}}}"#));
        refused(&format!(r#"{{"Response":{one},"More":1,"Response":{two}}}"#));
    }
}

#[test]
fn every_member_may_be_given_once() {
    let success = read(r#"{"Response":{"InstanceIdSet":["ins-1"],"RequestId":"r"}}"#).unwrap();
    assert!(success.error.is_none());
    let failure =
        r#"{"Response":{"RequestID":"r","Error":{"Message":"m","Code":"LimitExceeded"}}}"#;
    assert_eq!(read(failure).unwrap().error.unwrap().code, "LimitExceeded");
}

#[test]
fn repeated_member_is_an_error_even_if_null() {
    for (name, [value, _]) in MEMBERS {
        refused(&format!(r#"{{"Response":{{"{name}":null,"{name}":{value}}}}}"#));
        refused(&format!(r#"{{"Response":{{"{name}":{value},"{name}":null}}}}"#));
    }
    refused(r#"{"Response":{"RequestId":null,"RequestID":"r"}}"#);
}

#[test]
fn repeated_member_of_the_old_gateway_is_an_error() {
    for (name, [one, two]) in [
        ("code", ["4100", "0"]),
        ("codeDesc", ["\"AuthFailure\"", "\"Success\""]),
        ("message", ["\"a\"", "\"b\""]),
    ] {
        for (one, two) in pairs([one, two]) {
            let code = if name == "code" { "" } else { "\"code\":4100," };
            refused(&format!(r#"{{{code}"{name}":{one},"{name}":{two}}}"#));
        }
    }
}
