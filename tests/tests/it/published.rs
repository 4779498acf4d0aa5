//! Holds the tables against the published samples, and what they allow beyond a rule against the check.

use std::fs;

use cvm_models::actions::ModifyInstancesAttribute;
use cvm_protocol::{Action, ActionInfo, Kind, Record, Table, json, validate};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::sample;

/// One sample of the published documentation: its members only, and at most two items of a list in a response.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    action: String,
    request: Value,
    response: Value,
}

impl Sample {
    fn info(&self) -> &'static ActionInfo {
        cvm_models::action(&self.action).unwrap()
    }
}

fn samples() -> Vec<Sample> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/published-samples.json");
    let samples: Vec<Sample> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(samples.len(), 123);
    samples
}

fn read(table: &'static Table, value: &Value) -> (Record, cvm_protocol::Report) {
    let mut record = Record::new(table);
    let report = json::from_slice_strict(&mut record, value.to_string().as_bytes());
    let report = report.unwrap_or_else(|error| panic!("{}: {error}", table.name));
    (record, report)
}

#[test]
fn every_published_request_passes_the_check() {
    let mut slips = Vec::new();
    for sample in samples() {
        let (record, report) = read(sample.info().request, &sample.request);
        let drifts = report.drifts.iter().map(ToString::to_string);
        let violations = validate(&record).into_iter().map(|violation| violation.to_string());
        slips.extend(drifts.chain(violations).map(|slip| format!("{} {slip}", sample.action)));
    }
    let known = [
        "InquiryPriceRunInstances `InternetAccessible.InternetMaxBandwidthOut` is a number written as text",
    ];
    assert_eq!(slips, known, "the samples have no other slips");
}

#[test]
fn every_published_response_has_all_members_that_are_always_present() {
    let mut slips = Vec::new();
    for sample in samples() {
        let (_, mut report) = read(sample.info().response, &sample.response);
        let (request, _) = read(sample.info().request, &sample.request);
        sample.info().excuse_dry_run(&request, &mut report);
        let drifts = report.drifts.iter().map(ToString::to_string);
        let missing = report.missing.iter().map(|path| format!("`{path}` is missing"));
        slips.extend(drifts.chain(missing).map(|slip| format!("{} {slip}", sample.action)));
    }
    let known = [
        "DescribeChcHosts `ChcHostSet.0.DeployExtraConfig.BootType` holds a value outside the known set",
    ];
    assert_eq!(slips, known, "the samples have no other slips");
}

#[test]
fn a_dry_run_response_needs_only_the_request_id() {
    let mut promising = 0;
    for action in cvm_models::ACTIONS.iter().filter(|action| action.dry_run) {
        let mut request = Record::new(action.request);
        json::from_value(&mut request, &json!({ "DryRun": true })).unwrap();
        let bare = json!({ "RequestId": "r-1" });
        let (_, mut report) = read(action.response, &bare);
        promising += usize::from(!report.missing.is_empty());
        let real = Record::new(action.request);
        let before = report.clone();
        action.excuse_dry_run(&real, &mut report);
        assert_eq!(report, before, "{}: a real request is promised everything", action.name);
        action.excuse_dry_run(&request, &mut report);
        assert!(report.is_clean(), "{}: {report:?}", action.name);
        let (_, mut report) = read(action.response, &json!({}));
        action.excuse_dry_run(&request, &mut report);
        assert_eq!(report.missing, ["RequestId"], "{}", action.name);
    }
    assert!(promising >= 9, "{promising}");
}

/// Every table that a request reaches, once.
fn reachable() -> Vec<&'static Table> {
    let mut tables: Vec<&'static Table> =
        cvm_models::ACTIONS.iter().map(|action| action.request).collect();
    let mut at = 0;
    while let Some(table) = tables.get(at) {
        for field in table.members {
            if let Kind::Object(inner) = field.kind.innermost()
                && !tables.iter().any(|known| std::ptr::eq(*known, *inner))
            {
                tables.push(inner);
            }
        }
        at += 1;
    }
    tables
}

#[test]
fn special_values_pass_the_check_and_their_neighbors_do_not() {
    let mut seen = Vec::new();
    for table in reachable() {
        for field in table.members {
            for special in field.special {
                let value: Value = match field.kind.innermost() {
                    Kind::Str => json!(special),
                    _ => special.parse::<i64>().unwrap().into(),
                };
                let violations = |value: Value| {
                    let mut record = Record::new(table);
                    json::from_value(&mut record, &json!({ field.wire: value })).unwrap();
                    let violations = validate(&record).into_iter();
                    violations.filter(|it| it.path == field.wire).count()
                };
                assert_eq!(violations(value), 0, "{}.{} {special}", table.name, field.wire);
                if *special == "DEFAULT" {
                    assert_eq!(violations("DEFAULTS".into()), 1, "{}.{}", table.name, field.wire);
                    seen.push(format!("{}.{}", table.name, field.wire));
                }
            }
        }
    }
    seen.sort();
    let networks = ["NetworkInterfaces", "VirtualPrivateCloud"];
    let ids = networks.iter().flat_map(|of| ["SubnetId", "VpcId"].map(|id| format!("{of}.{id}")));
    assert_eq!(seen, ids.collect::<Vec<_>>());
}

#[test]
fn an_attribute_change_names_exactly_one_attribute() {
    let info = ModifyInstancesAttribute::INFO;
    let faults = |more: Value| {
        let mut request = more;
        request["InstanceIds"] = json!(["ins-1a2b3c4d"]);
        let mut record = Record::new(info.request);
        json::from_value(&mut record, &request).unwrap();
        validate(&record).len()
    };
    let mut single = 0;
    for field in info.request.members.iter().filter(|field| !field.exactly_one_of.is_empty()) {
        single += 1;
        assert_eq!(faults(json!({ field.wire: sample::value(field) })), 0, "{}", field.wire);
    }
    assert_eq!(single, 7);
    assert_eq!(faults(json!({ "CamRoleName": "" })), 0, "the empty role unbinds");
    assert_eq!(faults(json!({ "HostName": "host", "AutoReboot": false })), 0);
    assert_eq!(faults(json!({})), 1);
    assert_eq!(faults(json!({ "CamRoleName": "", "InstanceName": "a" })), 1);
}
