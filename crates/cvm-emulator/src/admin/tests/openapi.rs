//! The description of the API says what the API does.

use std::collections::BTreeSet;

use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::call;
use super::events::Listener;
use crate::admin::openapi::DESCRIPTION;
use crate::admin::{Admin, ROUTES, WITHOUT_TOKEN, state};
use crate::events::EventKind;
use crate::limits::Limits;
use crate::{Emulator, Preset};

fn description() -> Value {
    serde_json::from_str(DESCRIPTION).unwrap()
}

/// An endpoint as it is described.
struct Operation {
    method: String,
    path: String,
    content: Value,
}

impl Operation {
    fn all() -> Vec<Self> {
        let description = description();
        let paths = description["paths"].as_object().unwrap().iter();
        let operations = paths.flat_map(|(path, operations)| {
            operations.as_object().unwrap().iter().map(|(method, content)| Self {
                method: method.to_uppercase(),
                path: path.clone(),
                content: content.clone(),
            })
        });
        operations.collect()
    }

    /// A path without placeholders that exists.
    fn target(&self) -> String {
        let path = self.path.replace("{kind}", "instances").replace("{name}", "slow");
        path.replace("{id}", "1")
    }

    /// The parameters at a place, such as the query.
    fn parameters(&self, place: &str) -> Vec<&Value> {
        let parameters = self.content["parameters"].as_array().into_iter().flatten();
        parameters.filter(|parameter| parameter["in"] == place).collect()
    }

    fn body(&self) -> Option<&Value> {
        self.content.pointer("/requestBody/content/application~1json/schema")
    }

    fn statuses(&self) -> BTreeSet<u16> {
        let responses = self.content["responses"].as_object().unwrap();
        responses.keys().map(|status| status.parse().unwrap()).collect()
    }

    fn success(&self) -> u16 {
        *self.statuses().first().unwrap()
    }
}

/// The object behind a reference.
fn resolved<'a>(description: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => description.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// Checks values against a schema of the description.
fn validator(schema: &Value) -> Validator {
    let mut root = schema.clone();
    root["components"] = description()["components"].clone();
    jsonschema::options().should_validate_formats(true).build(&root).unwrap()
}

fn assert_valid(schema: &Value, value: &Value, what: &str) {
    let errors: Vec<String> = validator(schema)
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}: {errors:#?} in {value}");
}

/// A client of the admin API without a socket.
struct Client {
    admin: Admin,
    token: String,
    /// The endpoints and the statuses of their responses.
    seen: BTreeSet<(String, String, u16)>,
}

impl Client {
    fn new(emulator: &Emulator, limits: &Limits) -> Self {
        let cloud = emulator.cloud();
        let admin = Admin::new(cloud, limits);
        Self { admin, token: format!("Bearer {}", cloud.admin_token()), seen: BTreeSet::new() }
    }

    /// Sends a request, and checks the response against the description.
    async fn send(
        &mut self,
        operation: &Operation,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, Value) {
        let Operation { method, path, content } = operation;
        let mut request = Request::builder().method(method.as_str()).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let (response, _) = self.admin.handle(request, Some([127, 0, 0, 1].into())).await;
        let status = response.status().as_u16();
        let what = format!("{method} {target} with {headers:?} and {body:?}: {status}");
        let description = description();
        let documented = resolved(&description, &content["responses"][status.to_string()]);
        assert!(documented.is_object(), "{what} is not described");
        self.seen.insert((method.clone(), path.clone(), status));
        let mime = response.headers().get("content-type").map(|it| it.to_str().unwrap().to_owned());
        let types: Option<Vec<_>> =
            documented["content"].as_object().map(|types| types.keys().cloned().collect());
        assert_eq!(types.unwrap_or_default(), Vec::from_iter(mime.clone()), "{what}");
        let Some(mime) = mime else {
            assert_eq!(to_bytes(response.into_body(), 1).await.unwrap(), "", "{what}");
            return (status, Value::Null);
        };
        if mime == "text/event-stream" {
            return (status, Value::Null);
        }
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let value = match mime.as_str() {
            "application/json" => serde_json::from_str(&text).unwrap(),
            _ => Value::String(text),
        };
        assert_valid(&documented["content"][&mime]["schema"], &value, &what);
        (status, value)
    }

    async fn allowed(&mut self, operation: &Operation, target: &str, body: &str) -> (u16, Value) {
        let token = self.token.clone();
        let headers = [("host", "localhost"), ("authorization", token.as_str())];
        self.send(operation, target, &headers, body).await
    }
}

#[test]
fn every_endpoint_is_described_and_every_described_one_exists() {
    let described: BTreeSet<_> =
        Operation::all().into_iter().map(|one| (one.method, one.path)).collect();
    let routes = ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()));
    assert_eq!(described, routes.collect());
    for operation in Operation::all() {
        let is_open = operation.content["security"] == json!([]);
        assert_eq!(is_open, WITHOUT_TOKEN.contains(&operation.path.as_str()), "{}", operation.path);
        let names: Vec<_> =
            operation.parameters("path").iter().map(|it| it["name"].clone()).collect();
        let in_path: Vec<_> = operation.path.split(['{', '}']).skip(1).step_by(2).collect();
        assert_eq!(names, in_path, "{}", operation.path);
    }
    let ids: BTreeSet<_> =
        Operation::all().iter().map(|one| one.content["operationId"].to_string()).collect();
    assert_eq!(ids.len(), ROUTES.len());
}

#[test]
fn chapter_has_every_endpoint() {
    let chapter = include_str!("../../../docs/admin-api.md");
    for (_, path, _) in ROUTES {
        assert!(chapter.contains(&format!("{path}`")), "{path}");
    }
}

#[test]
fn value_sets_are_those_of_the_code() {
    let schemas = &description()["components"]["schemas"];
    let kinds: Vec<&str> = state::names().collect();
    assert_eq!(schemas["ResourceKind"]["enum"], json!(kinds));
    assert_eq!(schemas["PresetName"]["enum"], json!(Preset::ALL.map(Preset::name)));
    let mut events: Vec<&str> = EventKind::ALL.map(EventKind::name).to_vec();
    events.extend(["connected", "lagged"]);
    events.sort_unstable();
    let described = &description()["paths"]["/_emulator/events"]["get"]["responses"]["200"];
    let described: Vec<&String> = described["x-events"].as_object().unwrap().keys().collect();
    assert_eq!(described, events);
}

/// The names that an error about an unknown one lists. An endpoint without any says that there are none.
fn listed_names(message: &str) -> BTreeSet<String> {
    let (_, names) = message.split_once("expected").unwrap_or_default();
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The names of the members of a body; of the first form, if there are several.
fn members<'a>(description: &'a Value, schema: &'a Value) -> BTreeSet<String> {
    let schema = resolved(description, schema);
    match schema["oneOf"].as_array() {
        Some(forms) => members(description, &forms[0]),
        None => schema["properties"].as_object().unwrap().keys().cloned().collect(),
    }
}

#[tokio::test]
async fn parameters_and_members_are_those_of_the_code() {
    let emulator = super::emulator().await;
    let mut client = Client::new(&emulator, &Limits::DEFAULT);
    for operation in Operation::all() {
        let target = operation.target();
        let unknown = format!("{target}?unknown=1");
        let (status, response) = client.allowed(&operation, &unknown, "").await;
        let message = response["error"]["message"].as_str().unwrap();
        assert!(status == 400 && message.contains("unknown field `unknown`"), "{message}");
        let parameters = operation.parameters("query");
        let names = parameters.iter().map(|it| it["name"].as_str().unwrap().to_owned());
        assert_eq!(listed_names(message), names.collect(), "{target}");
        for parameter in parameters {
            let name = parameter["name"].as_str().unwrap();
            let wrong = if parameter["schema"]["type"] == "integer" { "x" } else { continue };
            let (status, _) =
                client.allowed(&operation, &format!("{target}?{name}={wrong}"), "").await;
            assert_eq!(status, 400, "{target} {name}");
            if let Some(max) = parameter["schema"]["maximum"].as_u64() {
                let beyond = format!("{target}?{name}={}", max + 1);
                assert_eq!(client.allowed(&operation, &beyond, "").await.0, 400, "{beyond}");
                let most = format!("{target}?{name}={max}");
                assert_eq!(client.allowed(&operation, &most, "").await.0, 200, "{most}");
            }
        }
        if let Some(schema) = operation.body() {
            let (status, response) = client.allowed(&operation, &target, r#"{"unknown":1}"#).await;
            let message = response["error"]["message"].as_str().unwrap();
            assert_eq!(status, 400, "{message}");
            let described = members(&description(), schema);
            // Of one member, the message has the name without a list.
            assert_eq!(listed_names(message), described, "{target}: {message}");
            let is_required = operation.content["requestBody"]["required"] == true;
            let (status, _) = client.allowed(&operation, &target, "").await;
            assert_eq!(status == 400, is_required, "{target}");
        }
    }
}

#[tokio::test]
async fn every_described_error_occurs() {
    let emulator = super::emulator().await;
    // No stream is allowed.
    let mut client = Client::new(&emulator, &Limits { max_connections: 0, ..Limits::DEFAULT });
    let token = client.token.clone();
    let (host, token) = (("host", "localhost"), ("authorization", token.as_str()));
    for operation in Operation::all() {
        let target = operation.target();
        if operation.content["security"] != json!([]) {
            client.send(&operation, &target, &[host], "").await;
        }
        client.send(&operation, &target, &[host, token, ("origin", "null")], "").await;
        client.send(&operation, &format!("{target}?unknown="), &[host, token], "").await;
        if operation.body().is_some() {
            let long = "x".repeat(2 << 20);
            client.send(&operation, &target, &[host, token], &long).await;
            // It takes 30 s to occur, and is the same for all.
            let timeout = Admin::timeout();
            assert_eq!(timeout.status(), StatusCode::REQUEST_TIMEOUT);
            let body = to_bytes(timeout.into_body(), usize::MAX).await.unwrap();
            let schema = json!({"$ref": "#/components/schemas/Error"});
            assert_valid(&schema, &serde_json::from_slice(&body).unwrap(), "timeout");
            client.seen.insert((operation.method.clone(), operation.path.clone(), 408));
        }
        if operation.path.contains('{') {
            let missing = operation.path.replace("{id}", "9").replace(['{', '}'], "");
            client.send(&operation, &missing, &[host, token], "").await;
        }
        if operation.path.ends_with("/events") {
            client.send(&operation, &target, &[host, token], "").await;
        }
        let seen = client
            .seen
            .iter()
            .filter(|(method, path, _)| (method, path) == (&operation.method, &operation.path));
        let mut expected = operation.statuses();
        expected.remove(&operation.success());
        assert_eq!(seen.map(|one| one.2).collect::<BTreeSet<_>>(), expected, "{target}");
    }
}

/// Notes which members of objects a value has.
fn note_members(
    description: &Value,
    schema: &Value,
    value: &Value,
    name: &str,
    seen: &mut BTreeSet<String>,
) {
    let name = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next()).unwrap_or(name);
    let schema = resolved(description, schema);
    for form in schema["oneOf"].as_array().into_iter().flatten() {
        let mut root = form.clone();
        root["components"] = description["components"].clone();
        if jsonschema::is_valid(&root, value) {
            note_members(description, form, value, name, seen);
        }
    }
    for item in value.as_array().into_iter().flatten() {
        note_members(description, &schema["items"], item, name, seen);
    }
    for (member, value) in value.as_object().into_iter().flatten() {
        let schema = &schema["properties"][member];
        if schema.is_object() {
            let path = format!("{name}.{member}");
            note_members(description, schema, value, &path, seen);
            seen.insert(path);
        }
    }
}

/// The members of all objects of a schema.
fn all_members(schema: &Value, name: &str, found: &mut BTreeSet<String>) {
    for form in schema["oneOf"].as_array().into_iter().flatten() {
        all_members(form, name, found);
    }
    if schema["items"].is_object() {
        all_members(&schema["items"], name, found);
    }
    for (member, schema) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{name}.{member}");
        all_members(schema, &path, found);
        found.insert(path);
    }
}

/// Rules with every field and every effect.
fn rules() -> Value {
    json!([
        {"name": "n", "service": "cvm", "action": "DescribeZones", "region": "ap-guangzhou", "account": 100_000_000_001_u64,
         "credential": "AKIDEXAMPLE", "nth": 1, "every": 1, "count": 1, "probability": 1.0, "effect": {"delay": {"ms": 0, "up_to_ms": 0}}},
        {"action": "RunInstances", "effect": {"delay_response": {"ms": 1, "up_to_ms": 2}}, "nth": 9},
        {"effect": {"throttle": {"per_second": 1000}}},
        {"effect": {"error": {"code": "InternalError", "message": "m", "applied": true}}, "nth": 9},
        {"effect": {"http_status": {"status": 503, "applied": true}}, "nth": 9},
        {"effect": {"html_page": {"status": 502, "applied": true}}, "nth": 9},
        {"effect": {"sold_out": {"types": ["S9.*"], "zones": ["ap-guangzhou-7"]}}, "nth": 9},
        {"effect": "reset_before_commit", "nth": 9}, {"effect": "reset_after_commit", "nth": 9},
        {"effect": "lose_response", "nth": 9}, {"effect": "damaged_json", "nth": 9},
        {"effect": "truncated_json", "nth": 9}, {"effect": "quota_reached", "nth": 9},
        {"effect": "launch_failed", "nth": 9}, {"effect": "stuck_operation", "nth": 9},
        {"effect": "stale_read", "nth": 9},
    ])
}

/// A scenario with every member.
const SCENARIO: &str = r#"{"$schema": "scenario.schema.json", "catalog": {}, "faults": [], "fault_presets": [],
    "accounts": [{"regions": {"ap-guangzhou": {"instances": [{"name": "web"}]}}}]}"#;

#[tokio::test]
async fn responses_bodies_and_events_are_as_described() {
    let emulator = super::emulator().await;
    let mut client = Client::new(&emulator, &Limits::DEFAULT);
    let mut listener = Listener::connect(&emulator, "", "").await;
    super::launch(&emulator, 1).await;
    let (description, mut seen) = (description(), BTreeSet::new());
    let rules = rules().to_string();
    let mut operations = Operation::all();
    // What removes something comes last.
    operations.sort_by_key(|one| {
        (one.method == "DELETE", !one.path.contains("{id}"), one.path == "/_emulator/reset")
    });
    operations.sort_by_key(|one| one.path != "/_emulator/faults" || one.method != "POST");
    for operation in &operations {
        let body = match operation.path.as_str() {
            "/_emulator/clock/advance" => r#"{"seconds":0}"#,
            "/_emulator/clock/mode" => r#"{"mode":"scaled","scale":0.5}"#,
            "/_emulator/clock/run-until-idle" => r#"{"within_seconds":0}"#,
            "/_emulator/scenario" => SCENARIO,
            "/_emulator/faults" if operation.method == "POST" => rules.as_str(),
            _ => "",
        };
        if let Some(schema) = operation.body() {
            let body = serde_json::from_str(body).unwrap();
            assert_valid(schema, &body, &operation.path);
            note_members(&description, schema, &body, "", &mut seen);
        }
        if operation.method == "POST" && operation.path == "/_emulator/faults" {
            client.allowed(operation, &operation.path, body).await;
            let wrong = call(&emulator, "AKIDEXAMPLE", "DescribeZones", "{}", "{ }").await;
            assert_eq!(wrong["Error"]["Code"], "AuthFailure.SignatureFailure");
            call(&emulator, "AKIDEXAMPLE", "DescribeZones", "{}", "{}").await;
            continue;
        }
        let (status, response) = client.allowed(operation, &operation.target(), body).await;
        let Operation { method, path, content } = operation;
        assert_eq!(status, operation.success(), "{method} {path}: {response}");
        let schema =
            content.pointer(&format!("/responses/{status}/content/application~1json/schema"));
        if let Some(schema) = schema {
            note_members(&description, schema, &response, "", &mut seen);
        }
    }
    for _ in 0..5_000 {
        emulator.cloud().simulation().events().publish(
            EventKind::Clock,
            || json!({"now": "2023-11-14T22:13:20Z", "mode": "manual", "scale": null}),
        );
    }
    listener.until("event: lagged\n").await;
    emulator.cloud().reset();
    listener.until("event: reset\n").await;
    listener.until("\n\n").await;
    let stream = "/paths/~1_emulator~1events/get/responses/200/x-events";
    for (kind, schema) in description.pointer(stream).unwrap().as_object().unwrap() {
        let data = listener.data(kind);
        assert!(!data.is_empty(), "no event {kind}");
        let validator = validator(schema);
        // Thousands of them are the same.
        for data in data.iter().take(50) {
            assert!(validator.is_valid(data), "{kind}: {data}");
            note_members(&description, schema, data, "", &mut seen);
        }
    }
    let (schemas, mut described) = (&description["components"]["schemas"], BTreeSet::new());
    for (name, schema) in schemas.as_object().unwrap() {
        all_members(schema, name, &mut described);
    }
    // The test of the errors covers these.
    described.retain(|name| !name.starts_with("Error."));
    let missing: Vec<_> = described.difference(&seen).collect();
    assert!(missing.is_empty(), "described, but in no response: {missing:?}");
}
