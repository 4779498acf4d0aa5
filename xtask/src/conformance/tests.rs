//! Small samples against the specs of a small service.

use std::fs;

use super::*;
use crate::spec::diagnostic::Report;
use crate::spec::source::Tree;
use crate::spec::{load::load, resolve::resolve};

const SERVICE: &str = r#"{ "service": "pond", "version": "2020-01-01", "summary": "Boats.",
  "endpoint": "pond.example", "endpoint_regional": "pond.{region}.example", "endpoint_intl": "pond.intl.example",
  "endpoint_internal": "pond.internal.example", "method": "POST", "content_type": "application/json",
  "action_header": "X-TC-Action",
  "envelope": { "root": "Response", "error": "Error", "error_code": "Code", "error_message": "Message", "request_id": "RequestId" },
  "groups": [] }"#;

const RENT: &str = r#"{ "action": "RentBoat", "group": "boat", "summary": "Takes a boat.", "retry": { "class": "hazard" },
  "request": [
    { "name": "Boat", "type": "Boat", "required": true, "doc": "Which." },
    { "name": "Hours", "type": "int64", "doc": "For how long." },
    { "name": "Mode", "type": "SailMode", "doc": "How." },
    { "name": "Crew", "type": "list<string>", "doc": "Who." } ],
  "response": [
    { "name": "Boat", "type": "Boat", "output_required": true, "doc": "What it became." },
    { "name": "Price", "type": "float", "nullable": true, "doc": "What it costs." } ],
  "errors": [] }"#;

const BOAT: &str = r#"{ "type": "Boat", "usage": "both", "summary": "A boat.", "members": [
    { "name": "BoatId", "type": "string", "output_required": true, "doc": "Its id." },
    { "name": "Mode", "type": "SailMode", "doc": "How it sails." },
    { "name": "Dinghies", "type": "list<Boat>", "doc": "Those that it tows." } ] }"#;

const MODE: &str = r#"{ "enum": "SailMode", "summary": "How to sail.", "values": [ { "value": "FAST", "doc": "Fast." } ] }"#;

const ANSWER: &str = r#"{"Response": {"Boat": {"BoatId": "b", "Dinghies": [{"BoatId": "c", "Dinghies": [{"BoatId": "d"}]}]}, "Price": null, "RequestId": "r"}}"#;

fn api() -> Api {
    let texts = [
        ("service.json", SERVICE),
        ("errors.json", r#"{ "errors": [] }"#),
        ("actions/RentBoat.json", RENT),
        ("types/Boat.json", BOAT),
        ("enums/SailMode.json", MODE),
    ];
    let tree = Tree::from_texts("specs/pond/2020-01-01", texts);
    let mut report = Report::default();
    let api = load(&tree, &mut report).map(|files| resolve(files, &mut report));
    assert!(report.is_clean(), "{}", report.render(&tree));
    api.unwrap()
}

/// Runs samples of one action, given as request and answer.
fn run_samples(action: &str, samples: &[(&str, &str)]) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("examples.json");
    let samples: Vec<Value> = samples
        .iter()
        .map(
            |(input, output)| serde_json::json!({ "input": input, "output": output, "title": "x" }),
        )
        .collect();
    fs::write(&path, serde_json::json!({ "actions": { action: samples } }).to_string()).unwrap();
    run(&path, &api()).map_err(|error| error.to_string())
}

fn post(body: &str) -> String {
    format!("POST / HTTP/1.1\nHost: pond.example\nX-TC-Action: RentBoat\n<common>\n\n{body}")
}

#[test]
fn samples_that_fit_pass() {
    let body =
        post(r#"{"Boat": {"BoatId": "b", "Dinghies": [{"BoatId": "c"}]}, "Hours": 3, "Crew": []}"#);
    let get =
        "https://pond.example/?Action=RentBoat\n&Boat.BoatId=b\n&Hours=3\n&Crew.0=Ann\n&<common>";
    let refusal = r#"{"Response": {"Error": {"Code": "A", "Message": "b"}, "RequestId": "r"}}"#;
    let told = run_samples("RentBoat", &[(&body, ANSWER), (get, ANSWER), (get, refusal)]);
    assert_eq!(told.unwrap(), "3 passed, 0 failed\n");
}

#[test]
fn slips_of_samples_are_told_and_tolerated() {
    let body = post(r#"{"Boat": {}, "Hours": "3"}"#);
    let answer = r#"{"Response": {"Boat": {"Mode": "NEWER"}, "RequestId": "r"}}"#;
    insta::assert_snapshot!(run_samples("RentBoat", &[(&body, answer)]).unwrap(), @r"
    RentBoat 1 request Hours: is a number written as text (tolerated)
    RentBoat 1 answer Response.Boat.Mode: has a value outside the known set (tolerated)
    RentBoat 1 answer Response.Boat.BoatId: is promised and not there (tolerated)
    1 passed, 0 failed
    ");
}

#[test]
fn everything_else_fails_and_is_told_with_its_place() {
    let get = "https://pond.example/?Action=RentBoat&Boat.BoatId=b";
    let samples = [
        (post(r#"{"Boat": {"Sail": 1}, "Mode": "NEWER"}"#), ANSWER),
        (post(r#"{"Boat": {}, "Hours": true}"#), ANSWER),
        (post(r#"{"Hours": 3}"#), ANSWER),
        (post(r#"{"Boat": {}, "Crew": ["a", null]}"#), ANSWER),
        (post(r#"{"Boat": {}, "Boat": {}}"#), ANSWER),
        (post("{"), ANSWER),
        (post("{}").replace("RentBoat", "SinkBoat"), ANSWER),
        ("DELETE /".to_owned(), ANSWER),
        (format!("{get}&Depth=3"), ANSWER),
        (get.to_owned(), "{}"),
        (
            get.to_owned(),
            r#"{"Response": {"Boat": {"BoatId": null, "Mode": null}, "Price": "much", "Fee": 1}}"#,
        ),
        (get.to_owned(), r#"{"Response": {"Boat": {"BoatId": "b", "Mode": null}}, "code": 0}"#),
    ];
    let samples: Vec<(&str, &str)> =
        samples.iter().map(|(input, output)| (input.as_str(), *output)).collect();
    insta::assert_snapshot!(run_samples("RentBoat", &samples).unwrap_err(), @r"
    RentBoat 1 request Boat.Sail: is not a member of the specification
    RentBoat 1 request Mode: has a value outside the known set
    RentBoat 1 request Mode: is required and not there
    RentBoat 2 request Hours: expected an integer, found a boolean at line 1 column 26
    RentBoat 3 request Boat: is required and not there
    RentBoat 4 request Crew.1: is null inside a list
    RentBoat 4 request Crew.1: came back as another value
    RentBoat 5 request Boat: member `Boat` is given twice at line 1 column 19
    RentBoat 6 request: is no JSON: EOF while parsing an object at line 1 column 1
    RentBoat 7 request: it names the action `SinkBoat`
    RentBoat 7 request Boat: is required and not there
    RentBoat 8 request: `DELETE /` begins neither a POST nor an address
    RentBoat 9 request Depth: is not a member of the specification
    RentBoat 10 answer Response: is promised and not there
    RentBoat 11 answer Response.Price: expected a number, found a string at line 1 column 69
    RentBoat 12 answer code: is not a member of the specification
    RentBoat 12 answer Response.RequestId: is promised and not there
    RentBoat 12 answer Response.Boat.Mode: is null, and the specs do not say that it may be
    0 passed, 12 failed
    ");
}

#[test]
fn no_sample_is_no_success() {
    assert_eq!(run_samples("RentBoat", &[]).unwrap_err(), "0 passed, 0 failed\n");
    let error = run_samples("Sink\nBoat", &[("", "")]).unwrap_err();
    assert_eq!(error, "Sink\\nBoat 1: the specs have no such action\n0 passed, 1 failed\n");
}
