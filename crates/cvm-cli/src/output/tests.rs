//! Every response that a call accepts can be printed in every format.

use cvm_models::protocol::{ActionInfo, Kind, ModelInfo, Record, envelope, json};
use proptest::prelude::*;
use serde_json::Value;

use super::{json as json_output, table, text};

/// Values that a program may be unable to represent, and some of another type.
const ODD: &[&str] = &[
    r#""\ud800""#,
    r#""\udc00\ud800""#,
    "1e999",
    "-1e-999",
    "12345678901234567890123",
    "1.10",
    "-0",
    r#"{"a":1,"a":2}"#,
    r#"{"RequestId":"other","RequestId":{"RequestId":null}}"#,
    r#"{"\ud800":[1, 2]}"#,
    r#"[[], {}, [{}], null, "\u0000\u202e\u001b[2J"]"#,
    "null",
    "true",
    r#""""#,
    "[]",
    "{}",
];

/// Generates the text of a response from a list of random choices.
struct Generator {
    choices: std::vec::IntoIter<u32>,
}

impl Generator {
    fn next(&mut self, below: usize) -> usize {
        self.choices.next().unwrap_or(0) as usize % below
    }

    fn odd(&mut self) -> String {
        match self.next(ODD.len() + 1) {
            0 => format!("{}\"\\\"]\"{}", "[".repeat(3_000), "]".repeat(3_000)),
            index => ODD[index - 1].to_owned(),
        }
    }

    fn object(&mut self, table: &'static ModelInfo, depth: usize) -> String {
        let mut members = Vec::new();
        for field in table.members {
            if self.next(8) == 1 {
                let name = format!("New{}", members.len());
                members.push(format!("\"{name}\" : {}", self.odd()));
            }
            if field.wire != "RequestId" && self.next(4) > 0 {
                let value = self.value(&field.kind, depth);
                members.push(format!("\"{}\":{value}", field.wire));
            }
        }
        if depth == 0 {
            members.push("\"RequestId\":\"r-1\"".to_owned());
        }
        format!("{{{}}}", members.join(", "))
    }

    fn value(&mut self, kind: &Kind, depth: usize) -> String {
        if self.next(24) == 1 {
            return self.odd();
        }
        match kind {
            Kind::Str => ["\"a\"", "\"\\u00e9\\n\"", "1.10", "7", "null"][self.next(5)].to_owned(),
            Kind::I64 | Kind::U64 => ["7", "\"7\"", "7.0", "1e2", "null"][self.next(5)].to_owned(),
            Kind::F64 => ["0.10", "3", "\"1.50\"", "null"][self.next(4)].to_owned(),
            Kind::Bool => ["true", "\"false\"", "null"][self.next(3)].to_owned(),
            Kind::Object(table) if depth < 5 => self.object(table, depth + 1),
            Kind::Object(_) => "{}".to_owned(),
            Kind::List(kind) => {
                let items = self.next(3);
                let items: Vec<_> = (0..items).map(|_| self.value(kind, depth + 1)).collect();
                format!("[{}]", items.join(","))
            }
        }
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Prints a response in every format; false if a call would not accept it.
fn prints(info: &'static ActionInfo, body: &[u8]) -> bool {
    let mut record = Record::new(info.response);
    if envelope::decode(&mut record, body).is_err() {
        return false;
    }
    let response = envelope::response(body);
    assert_eq!(response.to_value()["RequestId"], "r-1");
    // The printed text has the same content, and it is JSON on a terminal too.
    let shown = json_output::render(&response, false);
    assert!(is_json(&shown) && is_json(&json_output::render(&response, true)), "{shown}");
    let mut again = Record::new(info.response);
    let whole = format!(r#"{{"Response":{shown}}}"#);
    envelope::decode(&mut again, whole.as_bytes()).unwrap();
    assert_eq!(json::to_value(&again), json::to_value(&record), "{shown}");

    assert!(text::render(&response, info, None).ends_with("RequestId\tr-1\n"));
    for width in [40, 120] {
        let table = table::render(&response, info, None, width);
        assert!(table.contains("RequestId: r-1\n"), "{table}");
    }
    if let Some((_, items)) = super::columns::main_list(info) {
        let columns: Vec<_> = items.members.iter().map(|it| it.wire.to_owned()).collect();
        text::render(&response, info, Some(&columns));
        table::render(&response, info, Some(&columns), 80);
    }
    true
}

#[test]
fn every_accepted_response_prints_in_every_format() {
    let choices = proptest::collection::vec(any::<u32>(), 0..300);
    let actions = 0..cvm_models::ACTIONS.len();
    let accepted = std::cell::Cell::new(0);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let outcome = runner.run(&(actions, choices), |(action, choices)| {
        let info = cvm_models::ACTIONS[action];
        let response = Generator { choices: choices.into_iter() }.object(info.response, 0);
        let body = format!(r#"{{"New": {}, "Response":{response}}}"#, ODD[0]);
        accepted.set(accepted.get() + u32::from(prints(info, body.as_bytes())));
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    assert!(accepted.get() > 100, "{} of 600 responses were accepted", accepted.get());
}

#[test]
fn every_unusual_unknown_member_prints() {
    for info in cvm_models::ACTIONS {
        for index in 0..=ODD.len() {
            let odd = Generator { choices: vec![u32::try_from(index).unwrap()].into_iter() }.odd();
            let body = format!(r#"{{"Response":{{"New":{odd},"RequestId":"r-1"}}}}"#);
            assert!(prints(info, body.as_bytes()), "{}: {odd}", info.name);
        }
        let bytes = b"{\"Response\":{\"New\":[\"a\xff\"],\"RequestId\":\"r-1\"}}";
        assert!(prints(info, bytes), "{}", info.name);
    }
}

#[test]
fn numbers_are_printed_with_their_original_digits() {
    let info = cvm_models::action("InquiryPriceRunInstances").unwrap();
    let body = br#"{"Response":{"Price":{"InstancePrice":{"UnitPrice":0.10,"New":12345678901234567890123}},"RequestId":"r-1"}}"#;
    let response = envelope::response(body);
    for text in [
        json_output::render(&response, false),
        table::render(&response, info, None, 120),
        text::render(&response, info, None),
    ] {
        assert!(text.contains("0.10") && text.contains("12345678901234567890123"), "{text}");
    }
    let value: Value = response.to_value();
    assert_eq!(value["Price"]["InstancePrice"]["UnitPrice"], 0.1);
}
