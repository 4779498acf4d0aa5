//! Requests of hostile size: counts are checked before anything else looks at a list, and every text that may
//! be stored has a limit. Quadratic work on the longest lists below would take minutes.

use std::time::{Duration, Instant};

use cvm_models::ACTIONS;
use cvm_protocol::{FieldInfo, Kind, ModelInfo};
use serde_json::{Value, json};

use crate::support::{cloud, done, launch, refused, run, send};

/// So wide that only quadratic work breaks it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A member of a request, with the way to it.
struct Place {
    field: &'static FieldInfo,
    kind: Kind,
    steps: Vec<&'static FieldInfo>,
}

/// All members of a request, objects within it included.
fn places(table: &'static ModelInfo, steps: &[&'static FieldInfo], found: &mut Vec<Place>) {
    for field in table.members {
        let steps = [steps, &[field]].concat();
        let kind = *field.kind.innermost();
        if let (Kind::Object(table), 1..=5) = (kind, steps.len()) {
            places(table, &steps, found);
        }
        found.push(Place { field, kind, steps });
    }
}

impl Place {
    /// The smallest request that has this value at the place.
    fn request(&self, mut value: Value) -> Value {
        for (depth, field) in self.steps.iter().enumerate().rev() {
            let is_inner = depth + 1 < self.steps.len();
            if is_inner && matches!(field.kind, Kind::List(_)) {
                value = json!([value]);
            }
            value = json!({ field.wire: value });
        }
        value
    }

    fn name(&self) -> String {
        self.steps.iter().map(|field| field.wire).collect::<Vec<_>>().join(".")
    }

    fn item(&self) -> Value {
        match self.kind {
            Kind::Object(_) => json!({}),
            Kind::Str => json!("x"),
            Kind::Bool => json!(true),
            _ => json!(1),
        }
    }
}

fn all() -> impl Iterator<Item = (&'static str, Place)> {
    ACTIONS.iter().flat_map(|info| {
        let mut found = Vec::new();
        places(info.request, &[], &mut found);
        found.into_iter().map(|place| (info.name, place))
    })
}

fn message(answer: &Value) -> String {
    answer["Error"]["Message"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn every_list_parameter_has_a_length_limit() {
    let cloud = cloud();
    let mut cases = 0;
    for (action, place) in all() {
        if !matches!(place.field.kind, Kind::List(_)) {
            continue;
        }
        let assumed = if place.field.wire == "AccountIds" { 1000 } else { 100 };
        let most = place.field.max_items.unwrap_or(assumed) as usize;
        let items = vec![place.item(); most + 1];
        let answer = send(&cloud, action, place.request(json!(items)));
        let told = format!("must have at most {most} items");
        assert!(message(&answer).contains(&told), "{action} {}: {answer}", place.name());
        cases += 1;
    }
    assert!(cases > 190, "{cases}");
}

#[test]
fn every_string_parameter_has_a_length_limit() {
    let cloud = cloud();
    let mut cases = 0;
    for (action, place) in all() {
        if !matches!(place.kind, Kind::Str) {
            continue;
        }
        let text = Value::from("x".repeat(100_000));
        let is_list = matches!(place.field.kind, Kind::List(_));
        let request = place.request(if is_list { json!([text]) } else { text });
        let answer = send(&cloud, action, request);
        // What is closed by a set of values, or required beside it, may be told first.
        let told = message(&answer);
        assert!(answer["Error"].is_object(), "{action} {}", place.name());
        if place.field.max_length.is_none() && place.field.max_bytes.is_none() {
            assert!(told.contains(" characters"), "{action} {}: {told}", place.name());
            cases += 1;
        }
        assert!(told.len() <= 2_000, "{action} {}: {} bytes", place.name(), told.len());
    }
    assert!(cases > 200, "{cases}");
}

#[test]
fn list_length_is_checked_before_any_other_work() {
    let cloud = cloud();
    let id = launch(&cloud, json!({})).remove(0);
    let many = |prefix: &str, count: usize| -> Vec<String> {
        (0..count).map(|number| format!("{prefix}{number:08}")).collect()
    };
    let tags: Vec<Value> =
        (0..200_000).map(|number| json!({ "Key": format!("k{number}"), "Value": "v" })).collect();
    let tagged = |kind: &str| json!([{ "ResourceType": kind, "Tags": tags }]);
    let groups = many("sg-", 80_000);
    let images = many("img-", 200_000);
    for (action, request, code) in [
        (
            "RunInstances",
            run(json!({ "TagSpecification": tagged("instance") })),
            "InvalidParameterValue.TagQuotaLimitExceeded",
        ),
        (
            "CreateImage",
            json!({ "ImageName": "n", "InstanceId": id, "TagSpecification": tagged("image") }),
            "InvalidParameterValue.TagQuotaLimitExceeded",
        ),
        (
            "CreateKeyPair",
            json!({ "KeyName": "n", "ProjectId": 0, "TagSpecification": tagged("keypair") }),
            "InvalidParameterValue",
        ),
        (
            "RunInstances",
            run(json!({ "SecurityGroupIds": groups })),
            "LimitExceeded.SingleUSGQuota",
        ),
        (
            "ModifyInstancesAttribute",
            json!({ "InstanceIds": [id], "SecurityGroups": groups }),
            "LimitExceeded.AssociateUSGLimitExceeded",
        ),
        ("DeleteImages", json!({ "ImageIds": images }), "InvalidParameterValue.LimitExceeded"),
        (
            "ExportImages",
            json!({ "ImageIds": images, "BucketName": "b", "FileNamePrefixList": ["p"] }),
            "InvalidParameterValue.LimitExceeded",
        ),
    ] {
        let body = request.to_string();
        let began = Instant::now();
        let told = refused(&cloud, action, request);
        // Where the action publishes no code of the limit, its family.
        assert!(code.starts_with(&told) || told == code, "{action}: {told}, not {code}");
        assert!(began.elapsed() < PATIENCE, "{action} with {} bytes", body.len());
    }
}

/// Each list within its limit, and yet too many tags for one resource.
#[test]
fn tag_count_covers_all_specifications_before_duplicates_are_checked() {
    let cloud = cloud();
    let specification = |from: usize, count: usize| {
        let tags: Vec<Value> =
            (from..from + count).map(|n| json!({ "Key": format!("k{n}"), "Value": "v" })).collect();
        json!({ "ResourceType": "instance", "Tags": tags })
    };
    let with = |parts: &[Value]| run(json!({ "TagSpecification": parts }));
    let code = "InvalidParameterValue.TagQuotaLimitExceeded";
    let parts: Vec<Value> = (0..100).map(|part| specification(part * 100, 100)).collect();
    assert_eq!(refused(&cloud, "RunInstances", with(&parts)), code);
    let parts = [specification(0, 25), specification(25, 26)];
    assert_eq!(refused(&cloud, "RunInstances", with(&parts)), code);
    done(&cloud, "RunInstances", with(&[specification(0, 25), specification(25, 25)]));
    let parts = [specification(0, 25), specification(24, 25)];
    let twice = refused(&cloud, "RunInstances", with(&parts));
    assert_eq!(twice, "InvalidParameterValue.DuplicateTags");
}

/// The largest values that may be stored, in as many instances as a page has.
#[test]
fn largest_page_is_far_below_the_response_limit() {
    let cloud = cloud();
    let longest = |start: &str| format!("{start:\u{4e00}<256}");
    let tags: Vec<Value> = (0..50)
        .map(|n| json!({ "Key": longest(&format!("{n}-")), "Value": longest("") }))
        .collect();
    let request = run(json!({
        "InstanceCount": 100,
        "TagSpecification": [{ "ResourceType": "instance", "Tags": tags }],
        "CamRoleName": "r".repeat(256),
    }));
    done(&cloud, "RunInstances", request);
    let answer = done(&cloud, "DescribeInstances", json!({ "Limit": 100 }));
    assert_eq!(answer["InstanceSet"].as_array().unwrap().len(), 100);
    assert!(answer.to_string().len() < 20 << 20);
}
