//! Oversized requests: list lengths are checked before any other work, and every string that can be stored has a
//! limit.

use std::time::{Duration, Instant};

use cvm_models::ACTIONS;
use cvm_protocol::{FieldInfo, Kind, ModelInfo};
use serde_json::{Value, json};

use crate::support::{Call, cloud, error_code, launch, read, run_request, send, send_err, send_ok};

/// Length of an oversized list.
const MANY: usize = 100_000;

/// Long enough that only quadratic work exceeds it. Linear work on [`MANY`] items takes less than a second, the 5e9
/// comparisons of all pairs take more than a minute.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// A member of a request, with its path from the root.
struct Member {
    field: &'static FieldInfo,
    kind: Kind,
    path: Vec<&'static FieldInfo>,
}

/// Collects all members of a request, including nested ones.
fn collect_members(
    model: &'static ModelInfo,
    path: &[&'static FieldInfo],
    members: &mut Vec<Member>,
) {
    for field in model.members {
        let path = [path, &[field]].concat();
        let kind = *field.kind.innermost();
        if let (Kind::Object(model), 1..=5) = (kind, path.len()) {
            collect_members(model, &path, members);
        }
        members.push(Member { field, kind, path });
    }
}

impl Member {
    /// Builds the smallest request in which this member has the value.
    fn request(&self, mut value: Value) -> Value {
        for (depth, field) in self.path.iter().enumerate().rev() {
            let is_inner = depth + 1 < self.path.len();
            if is_inner && matches!(field.kind, Kind::List(_)) {
                value = json!([value]);
            }
            value = json!({ field.wire: value });
        }
        value
    }

    fn name(&self) -> String {
        self.path.iter().map(|field| field.wire).collect::<Vec<_>>().join(".")
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

fn all() -> impl Iterator<Item = (&'static str, Member)> {
    ACTIONS.iter().flat_map(|info| {
        let mut members = Vec::new();
        collect_members(info.request, &[], &mut members);
        members.into_iter().map(|member| (info.name, member))
    })
}

fn message(response: &Value) -> String {
    response["Error"]["Message"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn every_list_parameter_has_a_length_limit() {
    let cloud = cloud();
    let mut cases = 0;
    for (action, member) in all() {
        if !matches!(member.field.kind, Kind::List(_)) {
            continue;
        }
        let assumed = if member.field.wire == "AccountIds" { 1000 } else { 100 };
        let max = member.field.max_items.unwrap_or(assumed) as usize;
        let items = vec![member.item(); max + 1];
        let response = send(&cloud, action, member.request(json!(items)));
        let expected = format!("must have at most {max} items");
        assert!(message(&response).contains(&expected), "{action} {}: {response}", member.name());
        cases += 1;
    }
    assert!(cases > 190, "{cases}");
}

#[test]
fn every_string_parameter_has_a_length_limit() {
    let cloud = cloud();
    let mut cases = 0;
    for (action, member) in all() {
        if !matches!(member.kind, Kind::Str) {
            continue;
        }
        // Longer than every assumed limit; the largest one is 16 KiB.
        let text = Value::from("x".repeat(20_000));
        let is_list = matches!(member.field.kind, Kind::List(_));
        let request = member.request(if is_list { json!([text]) } else { text });
        let response = send(&cloud, action, request);
        // An invalid enum value or a missing required member can be reported first.
        let message = message(&response);
        assert!(response["Error"].is_object(), "{action} {}", member.name());
        if member.field.max_length.is_none() && member.field.max_bytes.is_none() {
            assert!(message.contains(" characters"), "{action} {}: {message}", member.name());
            cases += 1;
        }
        assert!(message.len() <= 2_000, "{action} {}: {} bytes", member.name(), message.len());
    }
    assert!(cases > 200, "{cases}");
}

#[test]
fn list_length_is_checked_before_any_other_work() {
    let cloud = cloud();
    let id = launch(&cloud, json!({})).remove(0);
    // The requests are built with placeholders, because a `Value` of so many items is slow to build and to print.
    let list = |item: fn(usize) -> String| {
        format!("[{}]", (0..MANY).map(item).collect::<Vec<_>>().join(","))
    };
    let lists = [
        ("\"TAGS\"", list(|number| format!(r#"{{"Key":"k{number}","Value":"v"}}"#))),
        ("\"GROUPS\"", list(|number| format!(r#""sg-{number:08}""#))),
        ("\"IMAGES\"", list(|number| format!(r#""img-{number:08}""#))),
    ];
    let tagged = |kind: &str| json!([{ "ResourceType": kind, "Tags": "TAGS" }]);
    for (action, request, code) in [
        (
            "RunInstances",
            run_request(json!({ "TagSpecification": tagged("instance") })),
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
            run_request(json!({ "SecurityGroupIds": "GROUPS" })),
            "LimitExceeded.SingleUSGQuota",
        ),
        (
            "ModifyInstancesAttribute",
            json!({ "InstanceIds": [id], "SecurityGroups": "GROUPS" }),
            "LimitExceeded.AssociateUSGLimitExceeded",
        ),
        ("DeleteImages", json!({ "ImageIds": "IMAGES" }), "InvalidParameterValue.LimitExceeded"),
        (
            "ExportImages",
            json!({ "ImageIds": "IMAGES", "BucketName": "b", "FileNamePrefixList": ["p"] }),
            "InvalidParameterValue.LimitExceeded",
        ),
    ] {
        let body = lists
            .iter()
            .fold(request.to_string(), |body, (placeholder, list)| body.replace(placeholder, list));
        assert!(body.len() > MANY, "{action}: the request has a list");
        let request = Call::new(action).json(body);
        let start = Instant::now();
        let response = read(&cloud.handle(&request));
        let actual = error_code(&response);
        // An action that does not document the code returns the part before the dot.
        assert!(code.starts_with(actual), "{action}: {actual}, not {code}");
        assert!(start.elapsed() < TIME_LIMIT, "{action}: {:?}", start.elapsed());
    }
}

/// Each list is within its limit, but together they have too many tags for one resource.
#[test]
fn tag_count_covers_all_specifications_before_duplicates_are_checked() {
    let cloud = cloud();
    let specification = |from: usize, count: usize| {
        let tags: Vec<Value> =
            (from..from + count).map(|n| json!({ "Key": format!("k{n}"), "Value": "v" })).collect();
        json!({ "ResourceType": "instance", "Tags": tags })
    };
    let with = |parts: &[Value]| run_request(json!({ "TagSpecification": parts }));
    let code = "InvalidParameterValue.TagQuotaLimitExceeded";
    let parts: Vec<Value> = (0..100).map(|part| specification(part * 100, 100)).collect();
    assert_eq!(send_err(&cloud, "RunInstances", with(&parts)), code);
    let parts = [specification(0, 25), specification(25, 26)];
    assert_eq!(send_err(&cloud, "RunInstances", with(&parts)), code);
    send_ok(&cloud, "RunInstances", with(&[specification(0, 25), specification(25, 25)]));
    let parts = [specification(0, 25), specification(24, 25)];
    let twice = send_err(&cloud, "RunInstances", with(&parts));
    assert_eq!(twice, "InvalidParameterValue.DuplicateTags");
}

/// A full page of instances with the largest values that can be stored.
#[test]
fn largest_page_is_far_below_the_response_limit() {
    let cloud = cloud();
    let tags: Vec<Value> = (0..50)
        .map(|n| json!({ "Key": format!("{n}-{:\u{4e00}<124}", ""), "Value": "\u{4e00}".repeat(255) }))
        .collect();
    let request = run_request(json!({
        "InstanceCount": 100,
        "TagSpecification": [{ "ResourceType": "instance", "Tags": tags }],
        "CamRoleName": "r".repeat(128),
    }));
    send_ok(&cloud, "RunInstances", request);
    let response = send_ok(&cloud, "DescribeInstances", json!({ "Limit": 100 }));
    assert_eq!(response["InstanceSet"].as_array().unwrap().len(), 100);
    assert!(response.to_string().len() < 20 << 20);
}
