//! Tests with small samples and the specs of a small service.

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

const RESPONSE: &str = r#"{"Response": {"Boat": {"BoatId": "b", "Dinghies": [{"BoatId": "c", "Dinghies": [{"BoatId": "d"}]}]}, "Price": null, "RequestId": "r"}}"#;

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

/// Runs samples of one action, given as request and response.
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
fn valid_samples_pass() {
    let body =
        post(r#"{"Boat": {"BoatId": "b", "Dinghies": [{"BoatId": "c"}]}, "Hours": 3, "Crew": []}"#);
    let get =
        "https://pond.example/?Action=RentBoat\n&Boat.BoatId=b\n&Hours=3\n&Crew.0=Ann\n&<common>";
    let error_response =
        r#"{"Response": {"Error": {"Code": "A", "Message": "b"}, "RequestId": "r"}}"#;
    let output =
        run_samples("RentBoat", &[(&body, RESPONSE), (get, RESPONSE), (get, error_response)]);
    assert_eq!(output.unwrap(), "3 passed, 0 failed\n");
}

#[test]
fn mistakes_of_samples_are_reported_and_tolerated() {
    let body = post(r#"{"Boat": {}, "Hours": "3"}"#);
    let response = r#"{"Response": {"Boat": {"Mode": "NEWER"}, "RequestId": "r"}}"#;
    insta::assert_snapshot!(run_samples("RentBoat", &[(&body, response)]).unwrap(), @r"
    RentBoat 1 request Hours: is a number written as text (tolerated)
    RentBoat 1 response Response.Boat.Mode: has a value outside the known set (tolerated)
    RentBoat 1 response Response.Boat.BoatId: is always present in the specs, but missing here (tolerated)
    1 passed, 0 failed
    ");
}

#[test]
fn other_deviations_fail_and_name_the_path() {
    let get = "https://pond.example/?Action=RentBoat&Boat.BoatId=b";
    let samples = [
        (post(r#"{"Boat": {"Sail": 1}, "Mode": "NEWER"}"#), RESPONSE),
        (post(r#"{"Boat": {}, "Hours": true}"#), RESPONSE),
        (post(r#"{"Hours": 3}"#), RESPONSE),
        (post(r#"{"Boat": {}, "Crew": ["a", null]}"#), RESPONSE),
        (post(r#"{"Boat": {}, "Boat": {}}"#), RESPONSE),
        (post("{"), RESPONSE),
        (post("{}").replace("RentBoat", "SinkBoat"), RESPONSE),
        ("DELETE /".to_owned(), RESPONSE),
        (format!("{get}&Depth=3"), RESPONSE),
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
    RentBoat 1 request Mode: is required, but missing
    RentBoat 2 request Hours: expected an integer, found a boolean at line 1 column 26
    RentBoat 3 request Boat: is required, but missing
    RentBoat 4 request Crew.1: is null inside a list
    RentBoat 4 request Crew.1: is another value after decoding and encoding
    RentBoat 5 request Boat: member `Boat` is given twice at line 1 column 19
    RentBoat 6 request: is not valid JSON: EOF while parsing an object at line 1 column 1
    RentBoat 7 request: it is a request of the action `SinkBoat`
    RentBoat 7 request Boat: is required, but missing
    RentBoat 8 request: `DELETE /` is neither a POST request nor a URL
    RentBoat 9 request Depth: is not a member of the specification
    RentBoat 10 response Response: is always present in the specs, but missing here
    RentBoat 11 response Response.Price: expected a number, found a string at line 1 column 69
    RentBoat 12 response code: is not a member of the specification
    RentBoat 12 response Response.RequestId: is always present in the specs, but missing here
    RentBoat 12 response Response.Boat.Mode: is null, but not nullable in the specs
    0 passed, 12 failed
    ");
}

#[test]
fn file_without_samples_fails() {
    assert_eq!(run_samples("RentBoat", &[]).unwrap_err(), "0 passed, 0 failed\n");
    let error = run_samples("Sink\nBoat", &[("", "")]).unwrap_err();
    assert_eq!(error, "Sink\\nBoat 1: the specs have no such action\n0 passed, 1 failed\n");
}
