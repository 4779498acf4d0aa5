//! The tags of an account: those that requests create, those that resources use, and their deletion.

use cvm_emulator::Cloud;
use cvm_signer::Credential;
use serde_json::{Value, json};

use crate::support::*;
use crate::tags::{VERSION, call, error, launch_tagged, ok, tagged};

fn tag(key: &str, value: &str) -> Value {
    json!({ "TagKey": key, "TagValue": value })
}

/// The tags of the account as `KEY=VALUE`, with a `+` if they can be deleted.
fn shown(cloud: &Cloud, body: &Value) -> Vec<String> {
    let response = call(cloud, "DescribeTags", body);
    let tags = response["Tags"].as_array().unwrap_or_else(|| panic!("{response}"));
    let text = |tag: &Value| {
        let mark = if tag["CanDelete"] == 1 { "+" } else { "" };
        format!("{}={}{mark}", string(&tag["TagKey"]), string(&tag["TagValue"]))
    };
    tags.iter().map(text).collect()
}

#[test]
fn created_tag_exists_without_a_resource_until_it_is_deleted() {
    let cloud = cloud();
    ok(&cloud, "CreateTag", &tag("team", "blue"));
    assert_eq!(shown(&cloud, &json!({})), ["team=blue+"]);
    assert_eq!(error(&cloud, "CreateTag", &tag("team", "blue")), "ResourceInUse.TagDuplicate");
    ok(&cloud, "CreateTag", &tag("team", "red"));
    assert_eq!(error(&cloud, "DeleteTag", &tag("team", "green")), "ResourceNotFound.TagNonExist");
    ok(&cloud, "DeleteTag", &tag("team", "blue"));
    assert_eq!(error(&cloud, "DeleteTag", &tag("team", "blue")), "ResourceNotFound.TagNonExist");
    assert_eq!(shown(&cloud, &json!({})), ["team=red+"]);
}

#[test]
fn tag_of_a_launch_exists_and_can_be_deleted_after_its_last_resource() {
    let cloud = cloud();
    let id = launch_tagged(&cloud, &[("team", "blue")]);
    advance(&cloud, 20);
    assert_eq!(shown(&cloud, &json!({})), ["team=blue"]);
    assert_eq!(error(&cloud, "CreateTag", &tag("team", "blue")), "ResourceInUse.TagDuplicate");
    let code = error(&cloud, "DeleteTag", &tag("team", "blue"));
    assert_eq!(code, "FailedOperation.TagAttachedResource");
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    advance(&cloud, 60);
    assert_eq!(state(&cloud, &id), "gone");
    assert_eq!(shown(&cloud, &json!({})), ["team=blue+"]);
    ok(&cloud, "DeleteTag", &tag("team", "blue"));
    assert_eq!(shown(&cloud, &json!({})), [""; 0]);
}

#[test]
fn requests_that_create_nothing_create_no_tag() {
    let cloud = cloud();
    let tags = tagged("instance", &[("team", "blue")]);
    let launch = run_request(json!({ "TagSpecification": tags, "DryRun": true }));
    send_ok(&cloud, "RunInstances", launch);
    let launch = run_request(json!({ "TagSpecification": tags, "ImageId": "img-00000000" }));
    send_err(&cloud, "RunInstances", launch);
    let price = run_request(json!({ "TagSpecification": tags }));
    send_ok(&cloud, "InquiryPriceRunInstances", price);
    // These are tags of instances that are launched later.
    let template = run_request(json!({ "LaunchTemplateName": "web", "TagSpecification": tags }));
    send_ok(&cloud, "CreateLaunchTemplate", template);
    assert_eq!(shown(&cloud, &json!({})), [""; 0]);
}

#[test]
fn tags_are_found_by_key_and_value() {
    let cloud = cloud();
    for (key, value) in [("env", "test"), ("team", "red"), ("team", "blue"), ("env", "live")] {
        ok(&cloud, "CreateTag", &tag(key, value));
    }
    for (body, expected) in [
        (json!({}), &["env=live+", "env=test+", "team=blue+", "team=red+"][..]),
        (json!({ "TagKey": "team", "TagValue": "red" }), &["team=red+"]),
        (json!({ "TagKey": "team", "TagValue": "test" }), &[]),
        (json!({ "TagKeys": ["team", "none"] }), &["team=blue+", "team=red+"]),
        (json!({ "TagKeys": ["team", "env"], "TagValue": "live" }), &["env=live+"]),
        (json!({ "TagKeys": ["team"], "TagKey": "env", "TagValue": "red" }), &["team=red+"]),
        (json!({ "CreateUin": 100_000_000_001u64, "Limit": 1 }), &["env=live+"]),
        (json!({ "CreateUin": 100_000_000_002u64 }), &[]),
        (json!({ "Limit": 3, "Offset": 3 }), &["team=red+"]),
    ] {
        assert_eq!(shown(&cloud, &body), expected, "{body}");
    }
    let keys = call(&cloud, "DescribeTagKeys", &json!({ "Limit": 1, "Offset": 1 }));
    assert_eq!((&keys["Tags"], &keys["TotalCount"]), (&json!(["team"]), &json!(2)));
    let keys = call(&cloud, "DescribeTagKeys", &json!({ "Category": "System" }));
    assert_eq!((&keys["Tags"], &keys["TotalCount"]), (&json!([]), &json!(0)));
    let values = call(&cloud, "DescribeTagValues", &json!({ "TagKeys": ["team", "env", "team"] }));
    let values = values["Tags"].as_array().unwrap();
    let values: Vec<_> = values.iter().map(|tag| string(&tag["TagValue"])).collect();
    assert_eq!(values, ["blue", "red", "live", "test"]);
}

#[test]
fn offset_is_a_multiple_of_the_limit() {
    let cloud = cloud();
    for (action, body) in [
        ("DescribeTags", json!({ "Offset": 1 })),
        ("DescribeTagKeys", json!({ "Offset": 10, "Limit": 3 })),
        ("DescribeTagValues", json!({ "Offset": 14, "TagKeys": ["a"] })),
        ("DescribeResourceTags", json!({ "Offset": 16 })),
    ] {
        assert_eq!(error(&cloud, action, &body), "InvalidParameterValue", "{action}");
    }
    let page = call(&cloud, "DescribeTags", &json!({ "Offset": 30 }));
    assert_eq!((&page["Offset"], &page["Limit"]), (&json!(30), &json!(15)));
}

#[test]
fn wrong_tags_are_not_created() {
    let cloud = cloud();
    for (body, code) in [
        (tag("qcs:owner", "x"), "InvalidParameter.ReservedTagKey"),
        (tag("a*b", "x"), "InvalidParameterValue.TagKeyCharacterIllegal"),
        (tag(" a", "x"), "InvalidParameterValue.TagKeyCharacterIllegal"),
        (tag("a", "x?"), "InvalidParameterValue.TagValueCharacterIllegal"),
        (tag("a", "x "), "InvalidParameterValue.TagValueCharacterIllegal"),
        (tag("", "x"), "InvalidParameterValue.TagKeyEmpty"),
        (tag("a", ""), "InvalidParameterValue.TagValueEmpty"),
        (tag(&"a".repeat(128), "x"), "InvalidParameterValue.TagKeyLengthExceeded"),
        (tag("a", &"x".repeat(256)), "InvalidParameterValue.TagValueLengthExceeded"),
    ] {
        assert_eq!(error(&cloud, "CreateTag", &body), code, "{body}");
    }
    assert_eq!(shown(&cloud, &json!({})), [""; 0]);
    ok(&cloud, "CreateTag", &tag("a b(c)", "[x],;><y"));
}

/// The tags of a launch count, too: otherwise a program that works here would end there.
#[test]
fn key_has_at_most_1000_values() {
    let cloud = cloud();
    for number in 0..1_000 {
        ok(&cloud, "CreateTag", &tag("run", &number.to_string()));
    }
    assert_eq!(error(&cloud, "CreateTag", &tag("run", "next")), "LimitExceeded.TagValue");
    let launch = |value: &str| {
        let tags = tagged("instance", &[("run", value)]);
        run_request(json!({ "TagSpecification": tags }))
    };
    let code = send_err(&cloud, "RunInstances", launch("next"));
    assert_eq!(code, "InvalidParameterValue.TagQuotaLimitExceeded");
    send_ok(&cloud, "RunInstances", launch("7"));
    ok(&cloud, "DeleteTag", &tag("run", "8"));
    send_ok(&cloud, "RunInstances", launch("next"));
}

#[test]
fn accounts_have_their_own_tags() {
    let cloud = cloud();
    let other = Credential::new("AKIDOTHER", "another-secret").unwrap();
    cloud.add_account(other.clone()).unwrap();
    let by_other = |action: &str, body: Value| {
        let call = Call { credential: other.clone(), ..Call::of("tag", VERSION, action) };
        read(&cloud.handle(&call.json(body.to_string())))
    };
    let id = launch_tagged(&cloud, &[("team", "blue")]);
    assert_eq!(by_other("DescribeTags", json!({}))["TotalCount"], 0);
    assert_eq!(by_other("GetResources", json!({}))["ResourceTagMappingList"], json!([]));
    assert_eq!(by_other("DescribeResourceTags", json!({}))["TotalCount"], 0);
    assert!(by_other("CreateTag", tag("team", "blue")).get("Error").is_none());
    for account in ["100000000001", "100000000002", ""] {
        let name = format!("qcs::cvm:ap-guangzhou:uin/{account}:instance/{id}");
        let body = json!({ "ResourceList": [name], "Tags": [tag("team", "red")] });
        let failed = by_other("TagResources", body)["FailedResources"].clone();
        assert_eq!(failed.as_array().unwrap().len(), 1, "{account}: {failed}");
        assert_eq!(failed[0]["Resource"], name);
    }
    assert_eq!(describe(&cloud, &id)["Tags"], json!([{ "Key": "team", "Value": "blue" }]));
    assert_eq!(shown(&cloud, &json!({})), ["team=blue"]);
}
