//! Compares the model info with the published samples, and validation with special values.

use std::fs;

use cvm_models::actions::ModifyInstancesAttribute;
use cvm_protocol::{Action, ActionInfo, Kind, ModelInfo, Record, json, validate};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::sample;

/// One sample of the published documentation: only its members, and at most two items of a list in a response.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    action: String,
    request: Value,
    pub response: Value,
}

impl Sample {
    pub fn info(&self) -> &'static ActionInfo {
        cvm_models::action(&self.action).unwrap()
    }
}

pub fn samples() -> Vec<Sample> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/published-samples.json");
    let samples: Vec<Sample> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(samples.len(), 123);
    samples
}

fn read(table: &'static ModelInfo, value: &Value) -> (Record, cvm_protocol::Report) {
    let mut record = Record::new(table);
    let report = json::from_slice_strict(&mut record, value.to_string().as_bytes());
    let report = report.unwrap_or_else(|error| panic!("{}: {error}", table.name));
    (record, report)
}

#[test]
fn every_published_request_passes_validation() {
    let mut problems = Vec::new();
    for sample in samples() {
        let (record, report) = read(sample.info().request, &sample.request);
        let drifts = report.drifts.iter().map(ToString::to_string);
        let violations = validate(&record).into_iter().map(|violation| violation.to_string());
        problems
            .extend(drifts.chain(violations).map(|problem| format!("{} {problem}", sample.action)));
    }
    let known = [
        "InquiryPriceRunInstances `InternetAccessible.InternetMaxBandwidthOut` is a number written as text",
    ];
    assert_eq!(problems, known, "the samples have no other problems");
}

#[test]
fn published_responses_have_every_always_present_member() {
    let mut problems = Vec::new();
    for sample in samples() {
        let (_, mut report) = read(sample.info().response, &sample.response);
        let (request, _) = read(sample.info().request, &sample.request);
        sample.info().allow_documented_gaps(&request, &mut report);
        let drifts = report.drifts.iter().map(ToString::to_string);
        let missing = report.missing.iter().map(|path| format!("`{path}` is missing"));
        problems
            .extend(drifts.chain(missing).map(|problem| format!("{} {problem}", sample.action)));
    }
    assert_eq!(problems, [""; 0]);
}

#[test]
fn dry_run_response_needs_only_the_request_id() {
    let mut with_more_members = 0;
    for action in cvm_models::ACTIONS.iter().filter(|action| action.dry_run) {
        let mut request = Record::new(action.request);
        json::from_value(&mut request, &json!({ "DryRun": true })).unwrap();
        let bare = json!({ "RequestId": "r-1" });
        let (_, mut report) = read(action.response, &bare);
        with_more_members += usize::from(!report.missing.is_empty());
        let mut real = Record::new(action.request);
        if action.name == "SyncImages" {
            // Without it, the response of a real request may lack the list.
            json::from_value(&mut real, &json!({ "ImageSetRequired": true })).unwrap();
        }
        let before = report.clone();
        action.allow_documented_gaps(&real, &mut report);
        assert_eq!(report, before, "{}: a real request needs every member", action.name);
        action.allow_documented_gaps(&request, &mut report);
        assert!(report.is_clean(), "{}: {report:?}", action.name);
        let (_, mut report) = read(action.response, &json!({}));
        action.allow_documented_gaps(&request, &mut report);
        assert_eq!(report.missing, ["RequestId"], "{}", action.name);
    }
    assert!(with_more_members >= 9, "{with_more_members}");
}

/// Every model that requests contain, once.
fn reachable() -> Vec<&'static ModelInfo> {
    reachable_from(cvm_models::ACTIONS.iter().map(|action| action.request).collect())
}

/// These models and those of their nested objects, each once.
fn reachable_from(mut tables: Vec<&'static ModelInfo>) -> Vec<&'static ModelInfo> {
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
fn special_values_pass_validation_and_similar_values_fail() {
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
fn attribute_change_requires_exactly_one_attribute() {
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
    assert_eq!(faults(json!({ "CamRoleName": "" })), 0, "the empty role name unbinds the role");
    assert_eq!(faults(json!({ "HostName": "host", "AutoReboot": false })), 0);
    assert_eq!(faults(json!({})), 1);
    assert_eq!(faults(json!({ "CamRoleName": "", "InstanceName": "a" })), 1);
}

/// Problems with one value of one member: the drifts of strict decoding, and the violations of that member if
/// requests contain the model.
fn problems_of(table: &'static ModelInfo, is_sent: bool, name: &str, value: &Value) -> Vec<String> {
    let (record, report) = read(table, &json!({ name: value }));
    let is_own = |path: &str| path.split('.').next() == Some(name);
    let violations = validate(&record).into_iter().filter(|it| is_sent && is_own(&it.path));
    let violations = violations.map(|violation| violation.to_string());
    let drifts = report.drifts.iter().map(ToString::to_string);
    drifts.chain(violations).collect()
}

#[test]
fn every_published_member_example_passes_validation() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/published-examples.json");
    let examples: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let responses = cvm_models::ACTIONS.iter().map(|action| action.response);
    let tables = [(reachable(), true), (reachable_from(responses.collect()), false)];
    let mut seen = 0;
    let mut problems = Vec::new();
    for (table, is_sent) in
        tables.iter().flat_map(|(tables, is_sent)| tables.iter().map(|table| (*table, *is_sent)))
    {
        for (name, value) in examples[table.name].as_object().into_iter().flatten() {
            seen += 1;
            let found = problems_of(table, is_sent, name, value).into_iter();
            problems.extend(found.map(|problem| format!("{} {problem}", table.name)));
        }
    }
    assert!(seen > 800, "{seen}");
    problems.sort();
    problems.dedup();
    let known = [
        "CreateHpcCluster `HpcClusterType` has a value outside the known set",
        "CreateHpcCluster `HpcClusterType` is `CDC/CHC/STANDARD`, but must be one of CDC, CHC, STANDARD",
        "DescribeHpcClusters `HpcClusterType` has a value outside the known set",
        "DescribeHpcClusters `HpcClusterType` is `CDC/CHC/STANDARD`, but must be one of CDC, CHC, STANDARD",
        "HostItem `Tags.0.ResourceType` is not a member of the specification",
        "HostItem `Tags.0.Tags` is not a member of the specification",
        "RunInstances `DisasterRecoverGroupIds.0` is `sg-efil73jd`, but must look like `ps-xxxxxxxx`",
    ];
    assert_eq!(problems, known, "the examples have no other problems");
}

/// Requests that one edition of the documentation allows, though another one or the model does not.
fn disputed() -> Vec<(&'static str, Value, Value)> {
    let host = |id: &str| json!({ "Limit": 1, "Offset": 0, "InstanceIds": [id] });
    let image = |members: Value| {
        let mut request = json!({ "ImageName": "a", "InstanceId": "ins-1a2b3c4d" });
        request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        request
    };
    let name =
        |length| json!({ "InstanceIds": ["ins-1a2b3c4d"], "InstanceName": "x".repeat(length) });
    let disk = |disk: Value| json!({ "InstanceId": "ins-1a2b3c4d", "DataDisks": [disk] });
    let launch = |members: Value| {
        let mut request =
            json!({ "Placement": { "Zone": "ap-guangzhou-3" }, "ImageId": "img-pmqg1cw7" });
        request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        request
    };
    let login = |keep: &str| launch(json!({ "LoginSettings": { "KeepImageLogin": keep } }));
    let data = |data: &str| launch(json!({ "UserData": data }));
    let template = |tags: Value| {
        launch(json!({ "LaunchTemplateName": "template", "LaunchTemplateTagSpecification": tags }))
    };
    let tag = json!({ "Key": "k", "Value": "v" });
    vec![
        ("CreateImage", image(json!({ "Sysprep": "TRUE" })), image(json!({ "Sysprep": "yes" }))),
        (
            "CreateImage",
            image(json!({ "ForcePoweroff": "FALSE" })),
            image(json!({ "ForcePoweroff": "0" })),
        ),
        ("RunInstances", login("TRUE"), login("perhaps")),
        ("RunInstances", data("TXlVc2VyRGF0YQo"), data("TXlVc2VyRGF0YQo===")),
        ("ModifyInstancesAttribute", name(128), name(129)),
        (
            "ModifyInstanceDiskType",
            disk(json!({ "DiskType": "CLOUD_PREMIUM" })),
            disk(json!({ "CdcId": "cdc-1a2b3c4d" })),
        ),
        (
            "InquiryPriceRunInstances",
            json!({ "LaunchTemplate": { "LaunchTemplateId": "lt-1a2b3c4d" } }),
            json!({ "InstanceType": "S5.MEDIUM4" }),
        ),
        ("DescribeTaskInfo", host("host-1a2b3c4d"), json!({ "InstanceIds": ["host-1a2b3c4d"] })),
        (
            "CreateLaunchTemplate",
            template(json!([{ "ResourceType": "launch-template", "Tags": [tag] }])),
            template(json!([{ "Tags": [tag] }])),
        ),
    ]
}

#[test]
fn disputed_values_pass_validation_and_similar_values_fail() {
    for (action, right, wrong) in disputed() {
        let table = cvm_models::action(action).unwrap().request;
        let violations = |request: &Value| {
            let violations = validate(&read(table, request).0).into_iter();
            violations.map(|violation| violation.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(violations(&right), [""; 0], "{action}: {right}");
        assert_ne!(violations(&wrong), [""; 0], "{action}: {wrong}");
    }
}

#[test]
fn values_from_other_documents_decode_without_drift() {
    let month = "BANDWIDTH_POSTPAID_BY_MONTH";
    for (action, response) in [
        (
            "DescribeZoneInstanceConfigInfos",
            json!({ "InstanceTypeQuotaSet": [{ "InstanceChargeType": "CDCPAID" }] }),
        ),
        (
            "DescribeInstances",
            json!({ "InstanceSet": [{ "InternetAccessible": { "InternetChargeType": month } }] }),
        ),
        (
            "DescribeChcHosts",
            json!({ "ChcHostSet": [{ "DeployExtraConfig": { "BootType": "x86_uefi" } }] }),
        ),
    ] {
        let table = cvm_models::action(action).unwrap().response;
        let (_, report) = read(table, &response);
        assert_eq!(report.drifts, [], "{action}");
    }
}
