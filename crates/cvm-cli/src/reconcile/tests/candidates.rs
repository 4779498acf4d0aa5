//! Which items a launch may have created.

use super::*;

#[test]
fn candidates_are_new_and_match_the_request() {
    let entry = |id: &str, image: &str, created: &str| json!({ "InstanceId": id, "ImageId": image, "CreatedTime": created });
    let entries = [
        entry("ins-1", "img-1", "2026-11-21T07:41:00Z"),
        entry("ins-2", "img-2", "2026-11-21T07:41:00Z"),
        entry("ins-3", "img-1", "2026-11-20T07:41:00Z"),
        entry("ins-4", "img-1", "soon"),
    ];
    let verdict = fitting(&json!({ "ImageId": "img-1" }), Some(SINCE), &entries);
    assert_eq!(verdict.0, ["ins-1", "ins-4"]);
}

#[test]
fn numbered_and_patterned_names_match() {
    let entry = |name: &str| json!({ "InstanceId": name, "InstanceName": name });
    let entries = ["web", "web1", "web12", "web-a", "db"].map(entry);
    let verdict = |request: Value| fitting(&request, Some(SINCE), &entries).0;
    assert_eq!(verdict(json!({ "InstanceName": "web" })), ["web"]);
    assert_eq!(
        verdict(json!({ "InstanceName": "web", "InstanceCount": 3 })),
        ["web", "web1", "web12"]
    );
    assert_eq!(verdict(json!({ "InstanceName": "web{R:1}" })), ["web", "web1", "web12", "web-a"]);
    assert_eq!(verdict(json!({ "InstanceCount": 3 })).len(), 5, "no name, no comparison");
}

#[test]
fn candidate_has_all_requested_tags() {
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    let entry = |id: &str, tags: &[Value]| json!({ "InstanceId": id, "Tags": tags });
    let entries = [
        entry("ins-1", &[tag("team", "x"), tag("run", "7")]),
        entry("ins-2", &[tag("run", "8"), tag("team", "7")]),
        entry("ins-3", &[]),
        json!({ "InstanceId": "ins-4", "Tags": null }),
    ];
    let tagged = |tags: &[Value]| json!({ "TagSpecification": [{ "ResourceType": "instance", "Tags": tags }] });
    let verdict = |tags: &[Value]| fitting(&tagged(tags), Some(SINCE), &entries);
    assert_eq!(verdict(&[tag("run", "7")]), (vec!["ins-1".to_owned()], true));
    assert_eq!(verdict(&[tag("run", "7"), tag("team", "x")]).0, ["ins-1"]);
    assert_eq!(verdict(&[tag("run", "9")]), (vec![], true));
    let (all, marked) = verdict(&[]);
    assert_eq!((all.len(), marked), (4, false));
    assert_eq!(cell(&entries[0], "Tags"), "team=x, run=7");
}

#[test]
fn unknown_start_excludes_nothing_and_proves_nothing() {
    let old = json!({ "InstanceId": "ins-1", "CreatedTime": "2020-01-01T00:00:00Z" });
    assert!(fitting(&json!({}), Some(SINCE), std::slice::from_ref(&old)).0.is_empty());
    assert_eq!(fitting(&json!({}), None, &[old]).0, ["ins-1"]);
    let entry = journaled("CreateImage", &json!({ "ImageName": "a" }), Some(&[]));
    let image =
        json!({ "ImageName": "a", "CreatedTime": "2020-01-01T00:00:00Z", "ImageState": "NORMAL" });
    assert_eq!(with(&entry, None, |query| query.check_id("a", &[image]).0), Verdict::NeedsReview);
}

#[test]
fn tagged_items_are_candidates_regardless_of_age() {
    let tags = json!([{ "Key": "run", "Value": "7" }]);
    let request = json!({ "TagSpecification": [{ "ResourceType": "instance", "Tags": tags }] });
    let entry = |id: &str, tags: &Value, created: &str| json!({ "InstanceId": id, "Tags": tags, "CreatedTime": created });
    let entries = [
        entry("ins-1", &tags, "2020-01-01T00:00:00Z"),
        entry("ins-2", &Value::Null, "2026-11-21T08:00:00Z"),
        entry("ins-3", &json!([]), "2026-11-21T08:00:00Z"),
        entry("ins-4", &Value::Null, "2020-01-01T00:00:00Z"),
        entry("ins-5", &json!([]), "2020-01-01T00:00:00Z"),
    ];
    assert_eq!(fitting(&request, Some(SINCE), &entries).0, ["ins-1"]);
    let journaled = journaled("RunInstances", &request, None);
    let open = with(&journaled, Some(SINCE), |query| {
        let open = query.unmarked(&entries).into_iter();
        open.map(|entry| cell(entry, "InstanceId")).collect::<Vec<_>>()
    });
    assert_eq!(open, ["ins-2"]);
}

#[test]
fn non_utc_creation_time_excludes_nothing() {
    let entry = json!({ "InstanceId": "ins-1", "CreatedTime": "2026-11-21T00:00:00-08:00" });
    assert_eq!(fitting(&json!({}), Some(SINCE), &[entry]).0, ["ins-1"]);
}
