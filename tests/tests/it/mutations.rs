//! A wrong request is refused with the code that says what is wrong, and changes nothing.
//!
//! The right requests stand in `baseline`; `mutation` makes every wrong one from them. The codes follow
//! from rules, not from a list of results: what is wrong and the member's name suggest codes, and the
//! first of them that the action publishes is answered.

use std::fs;

use cvm_models::ActionInfo;
use cvm_protocol::{FieldInfo, Kind, PageStyle, flat, percent};
use serde_json::{Value, json};

use crate::baseline::{BASELINES, Baseline, Scene};
use crate::cloud::{Answer, Cloud};
use crate::mutation::{Fault, Mutation, mutations};
use crate::signed::{self, Gateway};

/// The code for a fault, by rule.
fn expected(info: &ActionInfo, fault: Fault) -> String {
    let candidates = match fault {
        Fault::Missing => return "MissingParameter".to_owned(),
        Fault::IllTyped => return "InvalidParameter".to_owned(),
        Fault::Unknown => return "UnknownParameter".to_owned(),
        Fault::OutOfRange(field) => vec![
            format!("Invalid{}", field.wire),
            format!("InvalidParameterValue.InvalidParameterValue{}", field.wire),
            "InvalidParameterValue.Range".to_owned(),
        ],
        Fault::TooLong(field) => {
            let first = [format!("Invalid{}.TooLong", field.wire)];
            first.into_iter().chain(named(field)).collect()
        }
        Fault::OutOfSet(field) | Fault::TooShort(field) => named(field),
        Fault::TooManyBytes => vec!["InvalidParameterValue.TooLarge".to_owned()],
        Fault::TooManyItems(field) => {
            let filters = (field.wire == "Filters").then_some("InvalidFilterValue.LimitExceeded");
            let codes = filters.into_iter().chain(["InvalidParameterValue.LimitExceeded"]);
            codes.map(str::to_owned).collect()
        }
        Fault::Malformed(field) => {
            let nouns = nouns(field.format.unwrap());
            let codes = |noun: &&str| {
                [
                    format!("Invalid{noun}.Malformed"),
                    format!("InvalidParameterValue.{noun}Malformed"),
                ]
            };
            nouns.iter().flat_map(codes).collect()
        }
        Fault::Exclusive(field, other) => [
            format!("InvalidParameter.InvalidParameterCoexist{}{other}", field.wire),
            format!("InvalidParameter.InvalidParameterCoexist{other}{}", field.wire),
            "InvalidParameterCombination".to_owned(),
            "InvalidParameter".to_owned(),
        ]
        .into(),
    };
    let published = |code: &String| info.documents(code) || code == "InvalidParameter";
    candidates.into_iter().find(published).unwrap_or_else(|| "InvalidParameterValue".to_owned())
}

/// Codes that speak of one member.
fn named(field: &FieldInfo) -> Vec<String> {
    let prefixes = ["Invalid", "InvalidParameterValue.Illegal", "InvalidParameterValue.Invalid"];
    prefixes.map(|prefix| format!("{prefix}{}", field.wire)).into()
}

/// What codes call the thing that an identifier names.
fn nouns(format: &str) -> &'static [&'static str] {
    match format.split('-').next().unwrap() {
        "host" => &["HostId"],
        "img" => &["ImageId"],
        "ins" => &["InstanceId"],
        "lt" => &["LaunchTemplateId"],
        "sg" => &["SgId", "SecurityGroupId"],
        "skey" => &["KeyPairId"],
        "snap" => &["SnapshotId"],
        "subnet" => &["SubnetId"],
        "vpc" => &["VpcId"],
        _ => &[],
    }
}

/// The codes that any action may answer with, as the specification lists them.
fn common_codes() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/cvm/2017-03-12/errors.json");
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let entries = file["errors"].as_array().unwrap().iter();
    let common = entries.filter(|entry| !entry["common"].is_null());
    common.map(|entry| entry["code"].as_str().unwrap().to_owned()).collect()
}

/// The mutations that a page's limits add: the tables state those elsewhere than in their rows.
fn paging(info: &ActionInfo, request: &Value) -> Vec<Mutation> {
    let Some(page) = info.paginate else { return Vec::new() };
    let PageStyle::Offset { offset, limit, .. } = page.style else { return Vec::new() };
    let least = i64::try_from(page.min_limit).unwrap();
    let one_less = |(name, least): (&str, i64)| {
        let field = info.request.field(name).unwrap();
        let value = least - 1;
        let is_none = matches!(field.kind, Kind::U64) && value < 0;
        let fault = if is_none { Fault::IllTyped } else { Fault::OutOfRange(field) };
        let mut parameters = request.clone();
        parameters[name] = json!(value);
        Mutation { what: format!("/{name}={value}"), parameters, fault, is_flat: true }
    };
    [(offset, 0), (limit, least)].map(one_less).into()
}

/// What all requests are judged by.
struct Judge {
    common: Vec<String>,
}

impl Judge {
    async fn check(&self, scene: &Scene, info: &ActionInfo, mutation: &Mutation, before: &Answer) {
        let expected = expected(info, mutation.fault);
        let mut requests = vec![("JSON", signed::json(info.name, &mutation.parameters))];
        if mutation.is_flat {
            let way = Gateway::Api3.ways().last().unwrap();
            let pairs = flat::encode_json(&mutation.parameters);
            requests.push(("a form", way.call(info.name, &pairs)));
        }
        for (form, request) in requests {
            let name = format!("{} {} as {form}", info.name, mutation.what);
            let answer = scene.cloud.ask(request).await;
            let code = answer.code().unwrap_or_else(|| panic!("{name}: accepted"));
            assert_eq!(code, expected, "{name}: {}", answer.message());
            assert!(self.is_published(info, code), "{name}: {code} is not published");
            assert_eq!(scene.instances().await, *before, "{name}: a refusal changed something");
        }
    }

    fn is_published(&self, info: &ActionInfo, code: &str) -> bool {
        info.documents(code) || self.common.iter().any(|common| common == code)
    }
}

#[tokio::test]
async fn every_wrong_request_has_its_code_and_changes_nothing() {
    let judge = Judge { common: common_codes() };
    let mut count = 0;
    for Baseline { action, request, refused } in BASELINES {
        let info = cvm_models::action(action).unwrap();
        // What all of them are made from is right, and it alone does something.
        let scene = Scene::new().await;
        let (right, before) = (request(&scene), scene.instances().await);
        let answer = scene.cloud.ask(signed::json(action, &right)).await;
        assert_eq!(answer.code(), *refused, "{action}: {}", answer.message());
        let changes = refused.is_none() && !action.starts_with("Describe");
        assert_eq!(scene.instances().await != before, changes, "{action}");

        let scene = Scene::new().await;
        assert_eq!(scene.instances().await, before, "two scenes are the same");
        let mut wrong = mutations(info.request, &right);
        wrong.extend(paging(info, &right));
        for mutation in &wrong {
            judge.check(&scene, info, mutation, &before).await;
        }
        count += wrong.len();
    }
    assert!(count > 2_000, "only {count} wrong requests were made");
}

#[tokio::test]
async fn what_is_no_object_or_names_a_member_twice_cannot_be_read() {
    for Baseline { action, request, .. } in BASELINES {
        let scene = Scene::new().await;
        let before = scene.instances().await;
        let right = request(&scene).to_string();
        let mut bodies: Vec<String> =
            ["", "null", "[]", "7", "\"x\"", "{", "{}{}", "\u{feff}{}"].map(str::to_owned).into();
        bodies.push(format!("{right}x"));
        bodies.push(right[..right.len() - 1].to_owned());
        if let Some(members) = right.strip_prefix('{').filter(|members| *members != "}") {
            bodies.push(format!("{{{}, {members}", members.strip_suffix('}').unwrap()));
        }
        for body in bodies {
            let answer = scene.cloud.ask(signed::raw_json(action, body.clone())).await;
            assert_eq!(answer.code(), Some("InvalidParameter"), "{action}: {body}");
            assert_eq!(scene.instances().await, before, "{action}: {body}");
        }
    }
}

#[tokio::test]
async fn the_flattened_form_has_faults_of_its_own() {
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
        // What the official SDKs write, each in its own way, and the documents in theirs.
        ("Limit=1", None),
        ("InstanceIds.1=ins-1a2b3c4d&InstanceIds.7=ins-5d6e7f8g", None),
        ("Filters.2.Values.5=ap-guangzhou-2&Filters.2.Name=zone", None),
    ] {
        let cloud = Cloud::new();
        for way in Gateway::Api3.ways().chain(Gateway::Old.ways()) {
            let answer = cloud.ask(way.complete(&format!("{read}&{parameters}"))).await;
            assert_eq!(answer.code(), expected, "{parameters}: {}", answer.message());
        }
        let answer = cloud.ask(signed::query("DescribeInstances", parameters)).await;
        assert_eq!(answer.code(), expected, "{parameters}: {}", answer.message());
    }
}

#[tokio::test]
async fn a_boolean_in_the_flattened_form_has_any_case_and_no_other_word() {
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
        let answer = cloud.ask(signed::query("RunInstances", &query)).await;
        assert_eq!(answer.code(), expected, "{word}: {}", answer.message());
        let instances = cloud.ask(signed::json("DescribeInstances", &json!({}))).await;
        assert_eq!(instances.response()["TotalCount"], 0, "{word}");
    }
}

#[tokio::test]
async fn a_refusal_of_a_password_does_not_repeat_it() {
    let scene = Scene::new().await;
    let hourly = BASELINES.iter().find(|baseline| baseline.action == "RunInstances").unwrap();
    for password in ["Canary", "Canary-but-much-too-long-to-be-a-password", "Canary canary"] {
        let mut request = (hourly.request)(&scene);
        request["LoginSettings"]["Password"] = password.into();
        let answer = scene.cloud.ask(signed::json("RunInstances", &request)).await;
        assert_eq!(answer.code(), Some("InvalidPassword"));
        assert!(!answer.0.to_string().contains("Canary"), "{}", answer.message());
    }
}
