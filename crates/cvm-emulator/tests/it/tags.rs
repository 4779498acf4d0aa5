//! The tag service reads and changes the tags that the resources have.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::support::*;

pub const VERSION: &str = "2018-08-13";

pub fn call(cloud: &Cloud, action: &str, body: &Value) -> Value {
    read(&cloud.handle(&Call::of("tag", VERSION, action).json(body.to_string())))
}

pub fn ok(cloud: &Cloud, action: &str, body: &Value) {
    let response = call(cloud, action, body);
    assert!(response.get("Error").is_none(), "{action}: {response}");
}

pub fn error(cloud: &Cloud, action: &str, body: &Value) -> String {
    error_code(&call(cloud, action, body)).to_owned()
}

/// The tags of a resource as the tag service lists them.
pub fn listed(cloud: &Cloud, prefix: &str, id: &str) -> Vec<(String, String)> {
    let body = json!({
        "ServiceType": "cvm",
        "ResourcePrefix": prefix,
        "ResourceRegion": "ap-guangzhou",
        "ResourceIds": [id],
    });
    let response = call(cloud, "DescribeResourceTagsByResourceIds", &body);
    let tags = response["Tags"].as_array().unwrap_or_else(|| panic!("{response}"));
    assert!(tags.iter().all(|tag| tag["ResourceId"] == id && tag["ServiceType"] == "cvm"));
    tags.iter().map(|tag| (string(&tag["TagKey"]), string(&tag["TagValue"]))).collect()
}

pub fn pairs(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

pub fn name(prefix: &str, id: &str) -> String {
    format!("qcs::cvm:ap-guangzhou:uin/100000000001:{prefix}/{id}")
}

pub fn tagged(prefix: &str, tags: &[(&str, &str)]) -> Value {
    let tags: Vec<_> =
        tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    json!([{ "ResourceType": prefix, "Tags": tags }])
}

/// The members of a launch with these tags. Its disk is local, so only the instances have them.
pub fn tagged_launch(tags: &Value) -> Value {
    json!({ "TagSpecification": tags, "SystemDisk": { "DiskType": "LOCAL_BASIC" } })
}

pub fn launch_tagged(cloud: &Cloud, tags: &[(&str, &str)]) -> String {
    let specification = match tags {
        [] => json!({}),
        tags => tagged_launch(&tagged("instance", tags)),
    };
    launch(cloud, specification).remove(0)
}

#[test]
fn tags_of_a_launch_are_those_of_the_tag_service() {
    let cloud = cloud();
    let id = launch_tagged(&cloud, &[("team", "blue"), ("env", "test")]);
    assert_eq!(listed(&cloud, "instance", &id), pairs(&[("team", "blue"), ("env", "test")]));
    assert_eq!(listed(&cloud, "instance", "ins-00000000"), pairs(&[]));
}

#[test]
fn changed_tags_show_in_the_instance_and_its_filters() {
    let cloud = cloud();
    let id = launch_tagged(&cloud, &[("team", "blue"), ("env", "test")]);
    let body = json!({
        "Resource": name("instance", &id),
        "ReplaceTags": [
            { "TagKey": "team", "TagValue": "green" },
            { "TagKey": "run", "TagValue": "7" },
        ],
        "DeleteTags": [{ "TagKey": "env" }],
    });
    ok(&cloud, "ModifyResourceTags", &body);
    assert_eq!(listed(&cloud, "instance", &id), pairs(&[("team", "green"), ("run", "7")]));
    let shown = describe(&cloud, &id)["Tags"].clone();
    assert_eq!(shown[0], json!({ "Key": "team", "Value": "green" }));
    let count = |value: &str| {
        let filters = json!({ "Filters": [{ "Name": "tag:team", "Values": [value] }] });
        send_ok(&cloud, "DescribeInstances", filters)["TotalCount"].clone()
    };
    assert_eq!((count("green"), count("blue")), (json!(1), json!(0)));
}

#[test]
fn images_and_key_pairs_have_one_list_of_tags() {
    let cloud = cloud();
    let body = json!({
        "KeyName": "web",
        "ProjectId": 0,
        "TagSpecification": tagged("keypair", &[("team", "blue")]),
    });
    let key = string(&send_ok(&cloud, "CreateKeyPair", body)["KeyPair"]["KeyId"]);
    let instance = launch_stopped(&cloud, json!({}));
    let body = json!({
        "ImageName": "base",
        "InstanceId": instance,
        "TagSpecification": tagged("image", &[("team", "blue")]),
    });
    let image = string(&send_ok(&cloud, "CreateImage", body)["ImageId"]);
    for (prefix, id) in [("keypair", &key), ("image", &image)] {
        assert_eq!(listed(&cloud, prefix, id), pairs(&[("team", "blue")]), "{prefix}");
        let body = json!({
            "Resource": name(prefix, id),
            "ReplaceTags": [{ "TagKey": "team", "TagValue": "red" }],
        });
        ok(&cloud, "ModifyResourceTags", &body);
        assert_eq!(listed(&cloud, prefix, id), pairs(&[("team", "red")]), "{prefix}");
    }
    let shown = send_ok(&cloud, "DescribeKeyPairs", json!({ "KeyIds": [key] }));
    assert_eq!(shown["KeyPairSet"][0]["Tags"][0]["Value"], "red");
    let shown = send_ok(&cloud, "DescribeImages", json!({ "ImageIds": [image] }));
    assert_eq!(shown["ImageSet"][0]["Tags"][0]["Value"], "red");
}

#[test]
fn one_tag_is_attached_to_all_resources_or_none() {
    let cloud = cloud();
    let (first, second) = (launch_tagged(&cloud, &[]), launch_tagged(&cloud, &[("team", "red")]));
    let body = |ids: &[&String], key: &str| {
        json!({
            "ServiceType": "cvm",
            "ResourcePrefix": "instance",
            "ResourceRegion": "ap-guangzhou",
            "ResourceIds": ids,
            "TagKey": key,
            "TagValue": "blue",
        })
    };
    // As in the documents, the account must have the tag first.
    let both = body(&[&first, &second], "team");
    assert_eq!(error(&cloud, "AttachResourcesTag", &both), "ResourceNotFound.TagNonExist");
    for key in ["team", "env"] {
        ok(&cloud, "CreateTag", &json!({ "TagKey": key, "TagValue": "blue" }));
    }
    assert_eq!(error(&cloud, "AttachResourcesTag", &both), "ResourceInUse.TagKeyAttached");
    assert_eq!(listed(&cloud, "instance", &first), pairs(&[]));
    ok(&cloud, "AttachResourcesTag", &body(&[&first, &second], "env"));
    assert_eq!(listed(&cloud, "instance", &first), pairs(&[("env", "blue")]));
    assert_eq!(listed(&cloud, "instance", &second), pairs(&[("team", "red"), ("env", "blue")]));

    let without_value = |ids: &[&String], key: &str| {
        let mut body = body(ids, key);
        body.as_object_mut().unwrap().remove("TagValue");
        body
    };
    let both = without_value(&[&second, &first], "team");
    let code = error(&cloud, "DetachResourcesTag", &both);
    assert_eq!(code, "ResourceNotFound.AttachedTagKeyNotFound");
    assert_eq!(listed(&cloud, "instance", &second).len(), 2);
    ok(&cloud, "DetachResourcesTag", &without_value(&[&second, &first], "env"));
    assert_eq!(listed(&cloud, "instance", &second), pairs(&[("team", "red")]));
}

#[test]
fn tags_belong_to_the_region_of_the_resource() {
    let cloud = cloud();
    let shanghai = json!({
        "Placement": { "Zone": "ap-shanghai-2" },
        "ImageId": IMAGE,
        "InstanceType": "S5.MEDIUM4",
        "TagSpecification": tagged("instance", &[("team", "blue")]),
    });
    let launched = send_in(&cloud, "ap-shanghai", "RunInstances", &shanghai);
    let id = string(&launched["InstanceIdSet"][0]);
    // The region of the request is Guangzhou.
    let body = |region: &str| {
        json!({
            "ServiceType": "cvm",
            "ResourcePrefix": "instance",
            "ResourceRegion": region,
            "ResourceIds": [id],
        })
    };
    let count = |region: &str| {
        let response = call(&cloud, "DescribeResourceTagsByResourceIds", &body(region));
        response["TotalCount"].clone()
    };
    assert_eq!((count("ap-shanghai"), count("ap-guangzhou")), (json!(1), json!(0)));
    let code = error(&cloud, "DescribeResourceTagsByResourceIds", &body("atlantis"));
    assert_eq!(code, "InvalidParameterValue.RegionInvalid");
}

#[test]
fn wrong_changes_return_an_error_and_change_nothing() {
    let cloud = cloud();
    let id = launch_tagged(&cloud, &[("team", "blue")]);
    let replace = |resource: String, key: &str| {
        let tags = json!([{ "TagKey": key, "TagValue": "x" }]);
        json!({ "Resource": resource, "ReplaceTags": tags })
    };
    let own = name("instance", &id);
    let malformed = "InvalidParameterValue.ResourceDescriptionError";
    for (body, code) in [
        (replace(own.clone(), "qcs:owner"), "InvalidParameter.ReservedTagKey"),
        (replace(own.clone(), "tencent"), "InvalidParameter.ReservedTagKey"),
        (replace(own.clone(), "a*b"), "InvalidParameterValue.TagKeyCharacterIllegal"),
        (replace("ins-1".into(), "a"), malformed),
        (replace(own.replace("100000000001", "100000000002"), "a"), malformed),
        (replace(name("instance", "ins-00000000"), "a"), malformed),
        (replace(name("cluster", "cls-00000000"), "a"), "UnsupportedOperation"),
        (replace(own.replace("ap-guangzhou", "atlantis"), "a"), malformed),
        (replace(own.replace("ap-guangzhou", ""), "a"), malformed),
        (
            json!({
                "Resource": own,
                "ReplaceTags": [
                    { "TagKey": "a", "TagValue": "x" },
                    { "TagKey": "a", "TagValue": "y" },
                ],
            }),
            "InvalidParameter.Tag",
        ),
        (replace(own.replace(":cvm:", ":vpc:"), "a"), "UnsupportedOperation"),
        (json!({ "Resource": own }), "MissingParameter"),
        (
            json!({
                "Resource": own,
                "ReplaceTags": [{ "TagKey": "team", "TagValue": "x" }],
                "DeleteTags": [{ "TagKey": "team" }],
            }),
            "InvalidParameterValue.DeleteTagsParamError",
        ),
    ] {
        assert_eq!(error(&cloud, "ModifyResourceTags", &body), code, "{body}");
    }
    assert_eq!(listed(&cloud, "instance", &id), pairs(&[("team", "blue")]));
}

#[test]
fn resource_has_at_most_50_tags() {
    let cloud = cloud();
    let id = launch_tagged(&cloud, &[]);
    let add = |from: usize, count: usize| {
        let tag = |number: usize| json!({ "TagKey": format!("k{number}"), "TagValue": "v" });
        let tags: Vec<_> = (from..from + count).map(tag).collect();
        json!({ "Resource": name("instance", &id), "ReplaceTags": tags })
    };
    for from in (0..50).step_by(10) {
        ok(&cloud, "ModifyResourceTags", &add(from, 10));
    }
    let code = error(&cloud, "ModifyResourceTags", &add(50, 1));
    assert_eq!(code, "LimitExceeded.ResourceAttachedTags");
    ok(&cloud, "ModifyResourceTags", &add(49, 1));
    let body = json!({
        "ServiceType": "cvm",
        "ResourcePrefix": "instance",
        "ResourceRegion": "ap-guangzhou",
        "ResourceIds": [id],
        "Offset": 45,
    });
    let page = call(&cloud, "DescribeResourceTagsByResourceIds", &body);
    assert_eq!(
        (&page["TotalCount"], &page["Offset"], &page["Limit"]),
        (&json!(50), &json!(45), &json!(15))
    );
    assert_eq!(page["Tags"].as_array().unwrap().len(), 5);
}
