//! The emulator refuses no parameter, no value of one, and no filter that `cvm emulator --coverage` does not list.

use std::collections::BTreeSet;

use cvm_protocol::{FieldInfo, FilterInfo, Kind, ModelInfo};
use serde_json::{Value, json};

use crate::baseline::{Fixture, baselines};
use crate::neighbor_services::services;
use crate::{raw_requests, sample};

/// What the messages about unsupported parameters say.
const REFUSAL: &str = "The emulator does not support";

/// Sets each parameter of each action to each of its values in a valid request.
#[tokio::test]
async fn refused_parameters_are_those_that_coverage_lists() {
    let mut sent = 0;
    // The valid requests are those of CVM.
    for row in cvm_emulator::coverage().into_iter().filter(|row| row.service == "cvm") {
        let info = cvm_models::action(row.action).unwrap();
        let fixture = Fixture::new().await;
        let listed: BTreeSet<&str> = row.refused.iter().map(|one| one.path).collect();
        let baseline = baselines().find(|one| one.action == row.action && one.rejected().is_none());
        let Some(baseline) = baseline.or(baselines().find(|one| one.action == row.action)) else {
            continue;
        };
        let mut requests = Vec::new();
        add_variants(info.request, &(baseline.request)(&fixture), &mut requests);
        for (path, request) in requests {
            let response = fixture.cloud.send(raw_requests::json(row.action, &request)).await;
            let is_listed = listed.contains(path.as_str());
            let is_refused = response.message().contains(REFUSAL);
            assert!(is_listed || !is_refused, "{} {path}: {}", row.action, response.message());
            sent += 1;
        }
    }
    assert!(sent > 1_000, "{sent}");
}

/// A row that claims too much would hide that a value is accepted.
#[tokio::test]
async fn refused_values_of_coverage_are_refused() {
    let mut sent = 0;
    // The valid requests are those of CVM.
    for row in cvm_emulator::coverage().into_iter().filter(|row| row.service == "cvm") {
        // Another test sends the filters.
        for one in row.refused.iter().filter(|one| one.path != "Filters.Name") {
            let Some(value) = one.value else { continue };
            let fixture = Fixture::new().await;
            let mut accepted = baselines()
                .filter(|it| it.action == row.action && it.rejected().is_none())
                .map(|it| (it.request)(&fixture));
            let Some(mut request) =
                accepted.find(|it| it["Placement"]["Zone"].is_string() || it["Zone"].is_string())
            else {
                panic!("{} has no valid request", row.action);
            };
            // With a token, the second request would differ from the first one of that token.
            request.as_object_mut().unwrap().remove("ClientToken");
            let response = fixture.cloud.send(raw_requests::json(row.action, &request)).await;
            assert_eq!(response.code(), None, "{request}");
            set(&mut request, one.path, value);
            let response = fixture.cloud.send(raw_requests::json(row.action, &request)).await;
            let code = response.code().unwrap_or_default();
            assert!(code.starts_with("InvalidParameter"), "{} {one:?}: {code}", row.action);
            sent += 1;
        }
    }
    assert!(sent > 5, "{sent}");
}

/// Sends each filter of each list of each service.
#[tokio::test]
async fn refused_filters_are_those_that_coverage_lists() {
    let fixture = Fixture::new().await;
    let (mut sent, mut problems) = (0, Vec::new());
    for row in cvm_emulator::coverage().into_iter().filter(|row| row.supported) {
        let mut services = services().into_iter().filter(|(name, _)| *name == row.service);
        let (_, actions) = services.next().unwrap();
        let info = actions.iter().find(|info| info.name == row.action).unwrap();
        for filter in info.filters {
            let required = info.filters.iter().filter(|other| other.required);
            let others = required.filter(|other| other.name != filter.name);
            let filters: Vec<_> = others.chain([filter]).map(sample_filter).collect();
            let mut request = sample::request(info.request, 0);
            request["Filters"] = json!(filters);
            let response = fixture.cloud.send(raw_requests::json_of(info, &request)).await;
            let is_refused = response.message().contains("does not support the filter");
            let is_listed = row.refused.iter().any(|one| one.value == Some(filter.name));
            sent += 1;
            if is_refused != is_listed {
                let (name, message) = (info.name, response.message());
                problems.push(format!("{name} {}: {message}: listed: {is_listed}", filter.name));
            }
        }
    }
    assert_eq!(problems, [""; 0]);
    assert!(sent > 80, "{sent}");
}

fn sample_filter(filter: &FilterInfo) -> Value {
    let value = match (filter.values.first(), filter.format) {
        (Some(value), _) => (*value).to_owned(),
        (None, Some("<field>:asc|desc")) => "cpu:asc".to_owned(),
        (None, Some(format)) if format.contains("YYYY") => "2030-01-31T08:00:00Z".to_owned(),
        (None, Some(format)) => format.replace("xxxxxxxx", "1a2b3c4d"),
        (None, None) => "1".to_owned(),
    };
    let name = filter.name.replace("tag:tag-key", "tag:team");
    json!({ "Name": name, "Values": [value] })
}

/// Sets a member at a path. A list gets a single item.
fn set(request: &mut Value, path: &str, value: &str) {
    match path.split_once('.') {
        None => request[path] = json!(value),
        Some(("DataDisks", member)) => {
            request["DataDisks"] = json!([{ "DiskSize": 100, (member): value }]);
        }
        Some((member, rest)) => set(&mut request[member], rest, value),
    }
}

/// The request with each parameter set to each of its values, with the path of the parameter.
fn add_variants(model: &'static ModelInfo, request: &Value, variants: &mut Vec<(String, Value)>) {
    for field in model.members {
        for value in values(field) {
            let mut variant = request.clone();
            variant[field.wire] = value;
            variants.push((field.wire.to_owned(), variant));
        }
        let Kind::Object(inner) = field.kind.innermost() else { continue };
        let is_list = matches!(field.kind, Kind::List(_));
        let present = if is_list { &request[field.wire][0] } else { &request[field.wire] };
        let present = if present.is_object() { present.clone() } else { sample_object(field) };
        let mut inner_variants = Vec::new();
        add_variants(inner, &present, &mut inner_variants);
        for (path, value) in inner_variants {
            let mut variant = request.clone();
            variant[field.wire] = if is_list { json!([value]) } else { value };
            variants.push((format!("{}.{path}", field.wire), variant));
        }
    }
}

fn sample_object(field: &FieldInfo) -> Value {
    match sample::value(field) {
        Value::Array(items) => items.into_iter().next().unwrap_or_default(),
        other => other,
    }
}

/// All values of a parameter that has a set of them; otherwise a plausible one.
fn values(field: &FieldInfo) -> Vec<Value> {
    match field.kind {
        Kind::Bool => vec![json!(true), json!(false)],
        Kind::Str if !field.values.is_empty() => field.values.iter().map(|it| json!(it)).collect(),
        _ => vec![sample::value(field)],
    }
}
