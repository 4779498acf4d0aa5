//! A wrong request returns the error code for its error, and changes nothing.
//!
//! The valid requests are in `baseline`, and `mutate` derives every wrong one from them. The codes follow from
//! rules, not from a list of results: the kind of error and the member's name suggest codes, and the first one
//! that the action documents is expected.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use cvm_models::protocol::ActionInfo;
use cvm_protocol::{FieldInfo, Kind, percent, query_form};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::baseline::{Baseline, Fixture, baselines};
use crate::cloud::{ApiResponse, Cloud};
use crate::mutate::{Fault, Mutation, mutations};
use crate::raw_requests::{self, Gateway};

/// The code for an error, by rule.
pub fn expected(info: &ActionInfo, fault: Fault) -> String {
    let candidates = match fault {
        Fault::Missing => return "MissingParameter".to_owned(),
        Fault::Empty(field) => vec![
            format!("Invalid{}Empty", code_name(field)),
            format!("InvalidParameterValue.{}Empty", code_name(field)),
            "InvalidParameterValue.NotEmpty".to_owned(),
            "MissingParameter".to_owned(),
        ],
        Fault::NotOne => [
            "MissingParameter.AtLeastOne",
            "InvalidParameter.SpecifyOneParameter",
            "MissingParameter",
        ]
        .map(str::to_owned)
        .into(),
        Fault::WrongType => return "InvalidParameter".to_owned(),
        Fault::Unknown => return "UnknownParameter".to_owned(),
        Fault::OutOfRange(field) if field.wire == "DurationSeconds" => {
            vec!["InvalidParameter.OverTimeError".to_owned()]
        }
        Fault::OutOfRange(field) => vec![
            format!("Invalid{}", field.wire),
            format!("InvalidParameterValue{}", field.wire),
            format!("InvalidParameterValue.InvalidParameterValue{}", field.wire),
            "InvalidParameterValue.Range".to_owned(),
        ],
        Fault::TooLong(field) => {
            let name = code_name(field);
            let first = [
                format!("Invalid{name}.TooLong"),
                format!("Invalid{name}TooLong"),
                format!("InvalidParameterValue.{name}LengthExceeded"),
            ];
            let last = [
                "InvalidParameterValue.TooLong".to_owned(),
                "InvalidParameter.ValueTooLarge".to_owned(),
                format!("InvalidParameter.{name}TooLong"),
                "InvalidParameterValue.TooLarge".to_owned(),
            ];
            first.into_iter().chain(member_codes(field)).chain(last).collect()
        }
        Fault::OutOfSet(field) => member_codes(field),
        Fault::TooShort(field) => {
            let mut codes = member_codes(field);
            codes.push(format!("InvalidParameterValue.{}Empty", code_name(field)));
            codes
        }
        Fault::TooManyBytes(field) => vec![
            "InvalidParameterValue.TooLarge".to_owned(),
            format!("InvalidParameterValue.Invalid{}Format", field.wire),
            "InvalidParameterValue.TooLong".to_owned(),
        ],
        Fault::TooManyItems(field) => {
            let own = match field.wire {
                "Filters" => &["InvalidFilterValue.LimitExceeded"][..],
                "SecurityGroupIds" | "SecurityGroups" => {
                    &["LimitExceeded.AssociateUSGLimitExceeded", "LimitExceeded.SingleUSGQuota"]
                }
                "Tags"
                | "TagSpecification"
                | "LaunchTemplateTagSpecification"
                | "TagKeys"
                | "TagFilters"
                | "ReplaceTags"
                | "DeleteTags" => &[
                    "InvalidParameterValue.TagQuotaLimitExceeded",
                    "LimitExceeded.TagKeyPerResourceExceeded",
                    "LimitExceeded.TagNumPerRequest",
                ],
                "ResourceIds" | "ResourceList" => &["LimitExceeded.ResourceNumPerRequest"],
                _ => &[],
            };
            let general = ["InvalidParameterValue.LimitExceeded", "InvalidParameter.ValueTooLarge"];
            own.iter().chain(&general).map(|code| (*code).to_owned()).collect()
        }
        Fault::Malformed(field) => {
            let id_names = id_names(field.format.unwrap());
            let codes = |id_name: &&str| {
                [
                    format!("Invalid{id_name}.Malformed"),
                    format!("InvalidParameterValue.{id_name}Malformed"),
                ]
            };
            let last = ["InvalidParameterValue.IncorrectFormat", "InvalidParameterValue.Malformed"];
            let last = last.map(str::to_owned);
            id_names.iter().flat_map(codes).chain(last).collect()
        }
        Fault::PatternMismatch(field) => {
            let first = [format!("Invalid{}IncludeIllegalChar", code_name(field))];
            let last = ["InvalidParameterValue.IncorrectFormat", "InvalidParameterValue.Malformed"];
            let last = last.map(str::to_owned);
            first.into_iter().chain(member_codes(field)).chain(last).collect()
        }
        Fault::NotExactlyOne => conflict(),
        Fault::Exclusive(field, other) => {
            let mut codes = vec![
                format!("InvalidParameter.InvalidParameterCoexist{}{other}", field.wire),
                format!("InvalidParameter.InvalidParameterCoexist{other}{}", field.wire),
            ];
            if [field.wire, other].iter().all(|it| ["KeyIds", "KeepImageLogin"].contains(it)) {
                codes.push("InvalidParameter.ParameterConflict".to_owned());
            }
            codes.into_iter().chain(conflict()).collect()
        }
    };
    let common = ["InvalidParameter", "MissingParameter"];
    let published = |code: &String| info.documents(code) || common.contains(&code.as_str());
    // STS has a general code of its own.
    let general = ["InvalidParameter.ParamError", "InvalidParameterValue"].map(str::to_owned);
    let general = general.into_iter().find(|code| info.documents(code) || code.ends_with("Value"));
    candidates.into_iter().find(published).or(general).unwrap_or_default()
}

/// Codes for one member.
fn member_codes(field: &FieldInfo) -> Vec<String> {
    let name = code_name(field);
    [
        format!("Invalid{name}"),
        format!("InvalidParameterValue.Illegal{name}"),
        format!("InvalidParameterValue.Invalid{name}"),
        format!("InvalidParameterValue.{name}"),
        format!("InvalidParameterValue.{name}Value"),
        format!("InvalidParameter.Invalid{name}"),
    ]
    .into()
}

/// The name of a member in codes.
fn code_name(field: &FieldInfo) -> &'static str {
    match field.wire {
        "KeyName" => "KeyPairName",
        "TagKeys" => "TagKey",
        "DedicatedResourcePoolPackName" => "DedicatedResourcePackName",
        name => name,
    }
}

/// Codes for members of which only one may be given.
fn conflict() -> Vec<String> {
    let codes = [
        "InvalidParameter.AtMostOne",
        "InvalidParameterCombination",
        "InvalidParameterConflict",
        "InvalidParameter",
    ];
    codes.map(str::to_owned).into()
}

/// The name in codes of the resource that an id belongs to.
fn id_names(format: &str) -> &'static [&'static str] {
    match format.split('-').next().unwrap() {
        "host" => &["HostId"],
        "img" => &["ImageId"],
        "ins" => &["InstanceId"],
        "lt" => &["LaunchTemplateId"],
        "ps" => &["DisasterRecoverGroupId"],
        "rpp" => &["ResourcePoolPackId"],
        "sg" => &["SgId"],
        "skey" => &["KeyPairId"],
        "snap" => &["SnapshotId"],
        "subnet" => &["SubnetId"],
        "vpc" => &["VpcId"],
        _ => &[],
    }
}

/// The codes that every action may return, according to the specification.
fn common_codes() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/cvm/2017-03-12/errors.json");
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let entries = file["errors"].as_array().unwrap().iter();
    let common = entries.filter(|entry| !entry["common"].is_null());
    common.map(|entry| entry["code"].as_str().unwrap().to_owned()).collect()
}

/// The mutations of paging limits, which the model info states outside its fields.
fn paging(info: &ActionInfo, request: &Value) -> Vec<Mutation> {
    let Some(page) = info.paginate else { return Vec::new() };
    let Some((position, first)) = page.style.start() else { return Vec::new() };
    let one_less = |(name, min): (&str, u64)| {
        let field = info.request.field(name).unwrap();
        let value = i64::try_from(min).unwrap() - 1;
        let is_negative = matches!(field.kind, Kind::U64) && value < 0;
        let fault = if is_negative { Fault::WrongType } else { Fault::OutOfRange(field) };
        let mut parameters = request.clone();
        parameters[name] = json!(value);
        Mutation {
            description: format!("/{name}={value}"),
            parameters,
            fault,
            has_query_form: true,
        }
    };
    let excluded = |name: &str| {
        let others = info.request.field(name).unwrap().exclusive_with;
        others.iter().any(|other| !request[*other].is_null())
    };
    let limits = [(position, first), (page.style.limit(), page.min_limit)].into_iter();
    limits.filter(|(name, _)| !excluded(name)).map(one_less).collect()
}

const DAY: Duration = Duration::from_secs(86_400);

/// The checks for every request.
struct Checker {
    common: Vec<String>,
}

impl Checker {
    async fn check(
        &self,
        fixture: &Fixture,
        info: &ActionInfo,
        mutation: &Mutation,
        before: &ApiResponse,
    ) {
        let expected = expected(info, mutation.fault);
        let mut requests = vec![("JSON", raw_requests::json(info.name, &mutation.parameters))];
        if mutation.has_query_form {
            let variant = Gateway::Api3.variants().last().unwrap();
            let pairs = query_form::encode_json(&mutation.parameters);
            requests.push(("a form", variant.call(info.name, &pairs)));
        }
        for (form, request) in requests {
            let name = format!("{} {} as {form}", info.name, mutation.description);
            let response = fixture.cloud.send(request).await;
            let code = response.code().unwrap_or_else(|| panic!("{name}: accepted"));
            assert_eq!(code, expected, "{name}: {}", response.message());
            assert!(self.is_published(info, code), "{name}: {code} is not documented");
            assert_eq!(fixture.instances().await, *before, "{name}: an error changed something");
        }
    }

    fn is_published(&self, info: &ActionInfo, code: &str) -> bool {
        info.documents(code) || self.common.iter().any(|common| common == code)
    }

    /// Sends every mutation of a valid request, which alone takes effect. Returns how many.
    async fn check_all(&self, baseline: &Baseline) -> usize {
        let Baseline { action, request, .. } = baseline;
        let info = cvm_models::action(action).unwrap();
        let fixture = Fixture::new().await;
        let right = request(&fixture);
        let (instances, before) = (fixture.instances().await, fixture.all_resources().await);
        let mut wrong = mutations(info.request, &right);
        wrong.extend(paging(info, &right));
        for mutation in &wrong {
            self.check(&fixture, info, mutation, &instances).await;
        }
        let after = fixture.all_resources().await;
        assert_eq!(after, before, "{action}: an error changed something");

        // A dry run is validated like the request itself, and has no effect.
        if info.request.field("DryRun").is_some() {
            let mut dry_run = right.clone();
            dry_run["DryRun"] = json!(true);
            let response = fixture.cloud.send(raw_requests::json(action, &dry_run)).await;
            assert_eq!(
                response.code(),
                baseline.rejected(),
                "{action} {dry_run}: {}",
                response.message()
            );
            assert_eq!(fixture.all_resources().await, before, "{action} {dry_run}");
        }

        let response = fixture.cloud.send(raw_requests::json(action, &right)).await;
        assert_eq!(
            response.code(),
            baseline.rejected(),
            "{action} {right}: {}",
            response.message()
        );
        if let Some(code) = response.code() {
            assert!(self.is_published(info, code), "{action}: {code} is not documented");
        }
        response.assert_as_specified(action);
        let has_changed = fixture.all_resources().await != before;
        assert_eq!(has_changed, baseline.changes(), "{action} {right}");
        // By then, operations have completed, and later terms and timers.
        for days in [1, 100] {
            fixture.cloud.wait(days * DAY);
            fixture.all_resources().await;
        }
        wrong.len()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_wrong_parameter_returns_its_code_and_changes_nothing() {
    let checker = Arc::new(Checker { common: common_codes() });
    let mut tasks = JoinSet::new();
    for baseline in baselines() {
        let checker = checker.clone();
        tasks.spawn(async move { checker.check_all(baseline).await });
    }
    // All tasks end before a failed one fails the test, because each reports its own errors.
    let (mut count, mut failed) = (0, 0);
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(wrong) => count += wrong,
            Err(_) => failed += 1,
        }
    }
    assert_eq!(failed, 0, "of {} valid requests", baselines().count());
    assert!(count > 12_000, "only {count} wrong requests were sent");
}

#[tokio::test]
async fn malformed_json_or_repeated_member_is_refused() {
    for Baseline { action, request, .. } in baselines() {
        let fixture = Fixture::new().await;
        let before = fixture.instances().await;
        let right = request(&fixture).to_string();
        let mut bodies: Vec<String> =
            ["", "null", "[]", "7", "\"x\"", "{", "{}{}", "\u{feff}{}"].map(str::to_owned).into();
        bodies.push(format!("{right}x"));
        bodies.push(right[..right.len() - 1].to_owned());
        if let Some(members) = right.strip_prefix('{').filter(|members| *members != "}") {
            bodies.push(format!("{{{}, {members}", members.strip_suffix('}').unwrap()));
        }
        for body in bodies {
            let response = fixture.cloud.send(raw_requests::raw_json(action, body.clone())).await;
            assert_eq!(response.code(), Some("InvalidParameter"), "{action}: {body}");
            assert_eq!(fixture.instances().await, before, "{action}: {body}");
        }
    }
}

#[tokio::test]
async fn malformed_query_parameters_are_refused() {
    let read = "Action=DescribeInstances&Version=2017-03-12";
    for (parameters, expected) in [
        ("Limit=x", Some("InvalidParameter")),
        ("Limit=1.5", Some("InvalidParameter")),
        ("Limit=9223372036854775808", Some("InvalidParameter")),
        ("Limit.0=1", Some("InvalidParameter")),
        ("InstanceIds=ins-1a2b3c4d", Some("InvalidParameter")),
        ("InstanceIds.x=ins-1a2b3c4d", Some("InvalidParameter")),
        ("InstanceIds.-1=ins-1a2b3c4d", Some("InvalidParameter")),
        ("InstanceIds.0.Name=ins-1a2b3c4d", Some("InvalidParameter")),
        ("InstanceIds.0=ins-1a2b3c4d&InstanceIds.00=ins-1a2b3c4d", Some("InvalidParameter")),
        ("InstanceIds.0=ins-1a2b3c4d&InstanceIds.0.x=1", Some("InvalidParameter")),
        ("Filters.0=zone", Some("InvalidParameter")),
        ("Filters.0.Name.0=zone", Some("InvalidParameter")),
        ("Filters.0.Names=zone", Some("UnknownParameter")),
        ("Filters.0.Name=zone", Some("MissingParameter")),
        // The spellings of the official SDKs and of the documents.
        ("Limit=1", None),
        ("InstanceIds.1=ins-1a2b3c4d&InstanceIds.7=ins-5d6e7f8g", None),
        ("Filters.2.Values.5=ap-guangzhou-2&Filters.2.Name=zone", None),
    ] {
        let cloud = Cloud::new();
        for variant in Gateway::Api3.variants().chain(Gateway::Old.variants()) {
            let response = cloud.send(variant.complete(&format!("{read}&{parameters}"))).await;
            assert_eq!(response.code(), expected, "{parameters}: {}", response.message());
        }
        let response = cloud.send(raw_requests::query("DescribeInstances", parameters)).await;
        assert_eq!(response.code(), expected, "{parameters}: {}", response.message());
    }
}

#[tokio::test]
async fn query_boolean_is_true_or_false_in_any_case() {
    let zone = "Placement.Zone=ap-guangzhou-3&ImageId=img-pmqg1cw7";
    for (word, expected) in [
        ("true", None),
        ("True", None),
        ("TRUE", None),
        ("tRuE", None),
        ("yes", Some("InvalidParameter")),
        ("1", Some("InvalidParameter")),
        ("tru\u{435}", Some("InvalidParameter")), // the last letter is Cyrillic
    ] {
        let cloud = Cloud::new();
        let query = format!("{zone}&DryRun={}", percent::encode(word));
        let response = cloud.send(raw_requests::query("RunInstances", &query)).await;
        assert_eq!(response.code(), expected, "{word}: {}", response.message());
        let instances = cloud.send(raw_requests::json("DescribeInstances", &json!({}))).await;
        assert_eq!(instances.members()["TotalCount"], 0, "{word}");
    }
}

#[tokio::test]
async fn password_error_does_not_show_the_password() {
    let fixture = Fixture::new().await;
    let hourly = baselines().find(|baseline| baseline.action == "RunInstances").unwrap();
    for password in ["Canary", "Canary-but-much-too-long-to-be-a-password", "Canary canary"] {
        let mut request = (hourly.request)(&fixture);
        request["LoginSettings"]["Password"] = password.into();
        let response = fixture.cloud.send(raw_requests::json("RunInstances", &request)).await;
        assert_eq!(response.code(), Some("InvalidPassword"));
        assert!(!response.0.to_string().contains("Canary"), "{}", response.message());
    }
}
