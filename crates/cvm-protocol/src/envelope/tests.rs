//! What the envelope of a response tells, in every spelling of it.

use super::*;
use crate::Record;

static ANSWER: ModelInfo = ModelInfo {
    name: "Answer",
    members: &[
        FieldInfo::new("InstanceIdSet", Kind::List(&Kind::Str)).always_present(),
        FieldInfo::new("RequestId", Kind::Str).always_present(),
    ],
    index: NameIndex { multiplier: 1, shift: 63, slots: &[1, 0] },
};

fn read(body: &str) -> Result<(Record, Envelope), DecodeError> {
    let mut record = Record::new(&ANSWER);
    let envelope = decode(&mut record, body.as_bytes())?;
    Ok((record, envelope))
}

#[test]
fn both_spellings_of_the_request_id_are_accepted() {
    for spelling in ["RequestId", "RequestID"] {
        let (record, envelope) =
            read(&format!(r#"{{"Response":{{"InstanceIdSet":["ins-1"],"{spelling}":"r-1"}}}}"#))
                .unwrap();
        assert_eq!(envelope.request_id.as_deref(), Some("r-1"));
        assert_eq!(member_named(&record, "RequestId").as_str(), Some("r-1"));
        assert!(envelope.report.is_clean(), "{:?}", envelope.report);
    }
}

#[test]
fn error_response_needs_no_always_present_members() {
    let (_, envelope) =
        read(r#"{"Response":{"Error":{"Code":"AuthFailure","Message":"no"},"RequestId":"r-2"}}"#)
            .unwrap();
    let error = envelope.error.unwrap();
    assert_eq!(error.to_string(), "AuthFailure: no (request id r-2)");
    assert!(envelope.report.missing.is_empty());
}

#[test]
fn no_spelling_of_zero_makes_a_response_an_error() {
    for code in ["0", "\"0\"", "0.0", "\"0.0\"", "-0", "-0.0", "0e0", "null", "\"\"", "[]", "{}"] {
        let text = format!(
            r#"{{"code":{code},"Response":{{"InstanceIdSet":["ins-1"],"RequestId":"r"}}}}"#
        );
        let (_, envelope) = read(&text).unwrap();
        assert!(envelope.error.is_none() && !envelope.is_contradictory, "{code}");
    }
    for code in ["4100", "4100.0", "\"4100\"", "4.1e3"] {
        let text = format!(r#"{{"code":{code},"Response":{{"RequestId":"r"}}}}"#);
        let (_, envelope) = read(&text).unwrap();
        assert_eq!(envelope.error.unwrap().code, "4100", "{code}");
    }
}

#[test]
fn request_id_of_another_kind_keeps_its_digits() {
    for spelling in ["RequestId", "RequestID"] {
        for (written, id) in [
            ("7", "7"),
            ("-0", "-0"),
            ("1.50", "1.50"),
            ("18446744073709551616000", "18446744073709551616000"),
            ("true", "true"),
        ] {
            let result = r#""InstanceIdSet":["ins-1"]"#;
            let text = format!(r#"{{"Response":{{{result},"{spelling}":{written}}}}}"#);
            let (record, envelope) = read(&text).unwrap();
            assert_eq!(envelope.request_id.as_deref(), Some(id), "{text}");
            assert_eq!(member_named(&record, "RequestId").as_str(), Some(id), "{text}");
            assert!(envelope.report.missing.is_empty() && !envelope.report.is_clean());
            if written != "true" {
                assert_eq!(request_id(text.as_bytes()).as_deref(), Some(id), "{text}");
            }
        }
    }
    let text = r#"{"Response":{"Error":{"Code":4100.50,"Message":1e3},"RequestId":1.50}}"#;
    let error = read(text).unwrap().1.error.unwrap();
    let told = (error.code.as_str(), error.message.as_str(), error.request_id.as_str());
    assert_eq!(told, ("4100.50", "1e3", "1.50"));
    for text in [r#"{"Response":{"RequestId":null}}"#, r#"{"Response":{}}"#] {
        let (_, envelope) = read(text).unwrap();
        assert_eq!(envelope.report.missing, ["InstanceIdSet", "RequestId"], "{text}");
    }
}

#[test]
fn no_error_repeats_text_of_the_response() {
    let values = [
        r#""canary""#,
        "\"\\u0063anary\"",
        r#"["canary"]"#,
        r#"{"x":"canary"}"#,
        r#"[{"x":["canary"]}]"#,
        "7377377377",
        "-737.737",
        "7377377377377377377377",
        "true",
    ];
    let places = [
        "@",
        r#"{"Response":@}"#,
        r#"{"Response":{"Error":@,"RequestId":"r"}}"#,
        r#"{"Response":{"Error":{"Code":@},"RequestId":"r"}}"#,
        r#"{"Response":{"Error":{"Code":"A","Message":@},"RequestId":"r"}}"#,
        r#"{"Response":{"RequestId":@}}"#,
        r#"{"Response":{"RequestID":@}}"#,
        r#"{"Response":{"InstanceIdSet":@,"RequestId":"r"}}"#,
        r#"{"Response":{"InstanceIdSet":[@],"RequestId":"r"}}"#,
        r#"{"code":@}"#,
        r#"{"code":0,"message":@,"codeDesc":@}"#,
        r#"{"Response":{"RequestId":"r"},"Response":@}"#,
        r#"{"Response":{"RequestId":"r","RequestID":@}}"#,
        r#"{"Response":{"RequestId":"r"}} @"#,
        r#"{"Response":{"RequestId":"r"@}}"#,
    ];
    let mut errors = 0;
    for (place, value) in places.iter().flat_map(|place| values.map(|value| (place, value))) {
        let text = place.replace('@', value);
        let Err(error) = read(&text) else { continue };
        errors += 1;
        let told = format!("{error} {error:?}");
        assert!(!told.contains("anary") && !told.contains("737"), "{text}: {told}");
    }
    assert!(errors > 50, "only {errors} errors");
}

#[test]
fn missing_guaranteed_member_is_reported() {
    let (_, envelope) = read(r#"{"Response":{"InstanceIdSet":null,"RequestId":"r"}}"#).unwrap();
    assert_eq!(envelope.report.missing_members().collect::<Vec<_>>(), ["InstanceIdSet"]);
}

static WIDE: ModelInfo = ModelInfo {
    name: "Wide",
    members: &[
        FieldInfo::new("Items", Kind::List(&Kind::Object(&ANSWER))).always_present(),
        FieldInfo::new("Promise", Kind::Str).always_present(),
    ],
    index: NameIndex { multiplier: 0x9e3779b97f4a7ca1, shift: 63, slots: &[0, 1] },
};

#[test]
fn small_body_cannot_expand_to_huge_lists() {
    let read = |items: usize, item: &str| {
        let items = vec![item; items].join(",");
        let body = format!(r#"{{"Response":{{"Items":[{items}],"RequestId":"r"}}}}"#);
        decode(&mut Record::new(&WIDE), body.as_bytes())
    };
    // Two members each, and room for about a million.
    assert!(read(500_000, "{}").is_ok());
    let error = read(800_000, "{}").unwrap_err();
    assert_eq!(error.path, "Items.674290", "{error}");
    assert!(error.message.contains("more items"), "{error}");
    // Room grows with the text.
    assert!(read(800_000, r#"{"RequestId":"12345678"}"#).is_ok());
}

#[test]
fn missing_members_of_the_response_itself_are_always_reported() {
    let items = vec!["{}"; 1_000].join(",");
    let body = format!(r#"{{"Response":{{"Items":[{items}],"RequestId":"r"}}}}"#);
    let envelope = decode(&mut Record::new(&WIDE), body.as_bytes()).unwrap();
    assert_eq!(envelope.report.missing_members().collect::<Vec<_>>(), ["Promise"]);
    assert!(envelope.report.missing.len() < 100 && envelope.report.omitted > 1_000);
}

#[test]
fn repeated_members_are_rejected_at_every_level() {
    for body in [
        r#"{"Response":{"RequestId":"a"},"Response":{"RequestId":"b"}}"#,
        r#"{"Response":{"RequestId":"a","RequestID":"b"}}"#,
        r#"{"Response":{"InstanceIdSet":[],"InstanceIdSet":[],"RequestId":"a"}}"#,
        r#"{"Response":{"Error":{"Code":"A"},"Error":{"Code":"B"},"RequestId":"a"}}"#,
        r#"{"Response":{"Error":{"Code":"A","Code":"B"},"RequestId":"a"}}"#,
        r#"{"Response":{"Error":{"Code":"A","Message":"m","Message":"n"},"RequestId":"a"}}"#,
    ] {
        let error = read(body).unwrap_err();
        assert!(
            error.message.contains("twice") || error.message.contains("duplicate"),
            "{body}: {error}"
        );
    }
}

#[test]
fn an_error_beside_a_result_is_contradictory() {
    let read = |members: &str, outer: &str| {
        let body = format!(r#"{{{outer}"Response":{{{members}"RequestId":"r"}}}}"#);
        let (_, envelope) = read(&body).unwrap();
        (envelope.error.is_some(), envelope.is_contradictory)
    };
    let error = r#""Error":{"Code":"InvalidParameter","Message":"m"},"#;
    for (result, is_contradictory) in [
        ("", false),
        (r#""InstanceIdSet":null,"#, false),
        (r#""InstanceIdSet":[],"#, false),
        (r#""InstanceIdSet":[""],"#, false),
        (r#""New":"text","#, false),
        (r#""InstanceIdSet":["ins-1"],"#, true),
        (r#""instanceIdSet":["ins-1"],"#, true),
    ] {
        for members in [format!("{error}{result}"), format!("{result}{error}")] {
            assert_eq!(read(&members, ""), (true, is_contradictory), "{members}");
        }
        assert_eq!(read(result, ""), (false, false), "{result}");
    }
    assert_eq!(read(r#""InstanceIdSet":["ins-1"],"#, r#""code":4100,"#), (true, true));
    assert_eq!(read(r#""InstanceIdSet":["ins-1"],"#, r#""code":200,"#), (false, false));
    assert_eq!(read(error, r#""code":4100,"#), (true, false));
}

#[test]
fn error_beside_the_response_or_in_another_case_is_contradictory() {
    let error = r#"{"Code":"InvalidParameter","Message":"m"}"#;
    let done = r#""InstanceIdSet":["ins-1"],"RequestId":"r""#;
    for (body, code, message) in [
        (format!(r#"{{"Error":{error},"Response":{{{done}}}}}"#), "InvalidParameter", "m"),
        (format!(r#"{{"Response":{{{done}}},"error":{error}}}"#), "InvalidParameter", "m"),
        (format!(r#"{{"Response":{{{done}}},"ERROR":"m"}}"#), "", "m"),
        (format!(r#"{{"Response":{{{done}}},"error":["m"]}}"#), "", "m"),
        (format!(r#"{{"errors":[{error}],"Response":{{{done}}}}}"#), "InvalidParameter", "m"),
        (format!(r#"{{"Response":{{{done},"Errors":[{{"Code":"A"}}]}}}}"#), "A", ""),
        (format!(r#"{{"Response":{{"Code":"A",{done},"Message":"m"}}}}"#), "A", "m"),
        (format!(r#"{{"Code":"A","Message":"m","Response":{{{done}}}}}"#), "A", "m"),
        (format!(r#"{{"code":"A","message":"m","Response":{{{done}}}}}"#), "A", "m"),
        (format!(r#"{{"Response":{{{done}}},"codeDesc":"A"}}"#), "A", ""),
        (format!(r#"{{"Response":{{{done}}},"code":0,"codeDesc":"A"}}"#), "A", ""),
        (format!(r#"{{"Response":{{{done}}},"CODE":"-500"}}"#), "-500", ""),
        (format!(r#"{{"Response":{{{done}}},"code":500}}"#), "500", ""),
        (format!(r#"{{"Response":{{{done}}},"success":false,"message":"m"}}"#), "", "m"),
        (format!(r#"{{"Response":{{{done}}},"error":500}}"#), "", ""),
        (format!(r#"{{"Response":{{"error":{error},{done}}}}}"#), "InvalidParameter", "m"),
        (format!(r#"{{"Response":{{{done},"error":{{"code":4}}}}}}"#), "4", ""),
        (format!(r#"{{"Response":{{"RequestId":"r"}},"Error":{error}}}"#), "InvalidParameter", "m"),
        (
            format!(r#"{{"error":{error},"Response":{{"Error":{{"Code":"A"}},"RequestId":"r"}}}}"#),
            "A",
            "",
        ),
    ] {
        let (_, envelope) = read(&body).unwrap();
        assert!(envelope.is_contradictory, "{body}");
        let told = envelope.error.unwrap();
        assert_eq!((told.code.as_str(), told.message.as_str()), (code, message), "{body}");
        assert_eq!(told.request_id, "r", "{body}");
    }
    for fine in
        ["0", "200", "\"0\"", "\"200\"", "\"OK\"", "\"Success\"", "\"\"", "null", "true", "{}"]
    {
        for name in ["code", "Code", "codeDesc"] {
            for body in [
                format!(r#"{{"Response":{{{done}}},"{name}":{fine}}}"#),
                format!(r#"{{"success":true,"Response":{{"{name}":{fine},{done}}}}}"#),
            ] {
                let (_, envelope) = read(&body).unwrap();
                assert!(envelope.error.is_none() && !envelope.is_contradictory, "{body}");
            }
        }
    }
    for empty in ["null", "\"\"", "false", "0", "[]", "{}"] {
        for body in [
            format!(r#"{{"Response":{{{done}}},"errors":{empty}}}"#),
            format!(r#"{{"Response":{{{done}}},"Error":{empty}}}"#),
            format!(r#"{{"Response":{{"error":{empty},{done}}}}}"#),
        ] {
            let (_, envelope) = read(&body).unwrap();
            assert!(envelope.error.is_none() && !envelope.is_contradictory, "{body}");
        }
    }
}

#[test]
fn other_json_is_not_an_envelope() {
    for body in ["", "null", "[]", "{}", "<html>", r#"{"Response":null}"#, "\u{feff}{}", "{} x"] {
        assert!(read(body).is_err(), "{body}");
    }
}

#[test]
fn number_of_the_old_gateway_decides_not_its_description() {
    for (body, code, message) in [
        (r#"{"code":"4100","message":"no","codeDesc":"AuthFailure"}"#, "4100", "AuthFailure: no"),
        (r#"{"code":5000,"message":"gone"}"#, "5000", "gone"),
        (r#"{"code":6000,"codeDesc":"InternalErr"}"#, "6000", "InternalErr"),
        (r#"{"code":4400,"codeDesc":"Success","message":""}"#, "4400", "Success"),
        (r#"{"code":4500}"#, "4500", ""),
        (r#"{"code":4500.0}"#, "4500", ""),
        (r#"{"code":"4500.0"}"#, "4500", ""),
        (r#"{"code":4.5e3}"#, "4500", ""),
    ] {
        let (_, envelope) = read(body).unwrap();
        assert!(envelope.is_old_gateway, "{body}");
        let error = envelope.error.unwrap();
        assert_eq!((error.code.as_str(), error.message.as_str()), (code, message), "{body}");
    }
    for body in [
        r#"{"code":0,"message":""}"#,
        r#"{"code":"0","codeDesc":"Success"}"#,
        r#"{"code":0.0}"#,
        r#"{"code":"0.0"}"#,
        r#"{"code":0e0}"#,
        r#"{"code":-0}"#,
        r#"{"code":-0.0}"#,
        r#"{"code":1e300}"#,
        r#"{"code":true}"#,
        r#"{"code":[4100]}"#,
        r#"{"code":{"code":4100}}"#,
        r#"{"code":-1}"#,
        r#"{"code":4100.5}"#,
        r#"{"code":"4100.0000000000000000001"}"#,
        r#"{"code":"1e-400"}"#,
        r#"{"code":"BAD_GATEWAY","message":"no upstream"}"#,
        r#"{"code":"","codeDesc":"AuthFailure"}"#,
        r#"{"code":null,"codeDesc":"AuthFailure"}"#,
        r#"{"codeDesc":"AuthFailure"}"#,
    ] {
        assert!(read(body).is_err(), "{body}");
    }
    let (_, envelope) =
        read(r#"{"code":4100,"Response":{"Error":{"Code":"LimitExceeded"},"RequestId":"r"}}"#)
            .unwrap();
    assert!(!envelope.is_old_gateway, "an answer of the action stands above it");
    assert_eq!(envelope.error.unwrap().code, "LimitExceeded");
}
