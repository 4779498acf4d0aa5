//! Launch templates and their versions.

use cvm_emulator::Cloud;
use cvm_models::actions::{DescribeLaunchTemplateVersions, DescribeLaunchTemplates};
use serde_json::{Value, json};

use crate::support::*;

pub const NO_TEMPLATE: &str = "lt-00000000";
pub const NOT_EXISTED: &str = "InvalidParameterValue.LaunchTemplateIdNotExisted";
const NO_VERSION: &str = "InvalidParameterValue.LaunchTemplateIdVerNotExisted";

fn template_request(members: Value) -> Value {
    merge(run_request(json!({ "LaunchTemplateName": "web" })), members)
}

pub fn template(cloud: &Cloud, members: Value) -> String {
    let response = send_ok(cloud, "CreateLaunchTemplate", template_request(members));
    response["LaunchTemplateId"].as_str().unwrap().to_owned()
}

fn version_request(id: &str, members: Value) -> Value {
    let placement = json!({ "Zone": "ap-guangzhou-3" });
    merge(json!({ "LaunchTemplateId": id, "Placement": placement }), members)
}

pub fn version(cloud: &Cloud, id: &str, members: Value) -> i64 {
    let response = send_ok(cloud, "CreateLaunchTemplateVersion", version_request(id, members));
    response["LaunchTemplateVersionNumber"].as_i64().unwrap()
}

fn versions(cloud: &Cloud, id: &str, members: Value) -> Value {
    let body = merge(json!({ "LaunchTemplateId": id }), members);
    send_ok(cloud, "DescribeLaunchTemplateVersions", body)
}

fn numbers(response: &Value) -> Vec<i64> {
    let set = response["LaunchTemplateVersionSet"].as_array().unwrap();
    set.iter().map(|version| version["LaunchTemplateVersion"].as_i64().unwrap()).collect()
}

fn data(cloud: &Cloud, id: &str, number: i64) -> Value {
    let response = versions(cloud, id, json!({ "LaunchTemplateVersions": [number] }));
    response["LaunchTemplateVersionSet"][0]["LaunchTemplateVersionData"].clone()
}

fn templates(cloud: &Cloud, members: Value) -> Value {
    send_ok(cloud, "DescribeLaunchTemplates", members)
}

fn ids(response: &Value) -> Vec<&str> {
    let set = response["LaunchTemplateSet"].as_array().unwrap();
    set.iter().map(|template| template["LaunchTemplateId"].as_str().unwrap()).collect()
}

#[test]
fn template_stores_the_request() {
    let cloud = cloud();
    let id = template(
        &cloud,
        json!({
            "LaunchTemplateVersionDescription": "the first",
            "DataDisks": [{ "DiskType": "CLOUD_PREMIUM", "DiskSize": 100 }],
            "InstanceCount": 2, "InstanceName": "web-{R:1}", "HostName": "host",
            "SecurityGroupIds": ["sg-12345678"], "UserData": "ZWNobw==",
            "LoginSettings": { "Password": "Qcloud@TestApi123++" },
            "VirtualPrivateCloud": { "VpcId": "vpc-12345678", "SubnetId": "subnet-12345678" },
            "TagSpecification": [{ "ResourceType": "instance",
                "Tags": [{ "Key": "team", "Value": "blue" }] }],
            "ClientToken": "t-1", "DisableApiTermination": true,
            "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": 1 },
        }),
    );
    assert!(id.starts_with("lt-") && id.len() == 11, "{id}");
    let actual = &templates(&cloud, json!({}))["LaunchTemplateSet"][0];
    let expected = json!({ "LaunchTemplateId": id, "LaunchTemplateName": "web",
        "LatestVersionNumber": 1, "DefaultVersionNumber": 1, "LaunchTemplateVersionCount": 1,
        "CreatedBy": "100000000001", "CreationTime": "2023-11-14T22:13:20Z" });
    assert_eq!(*actual, expected);
    let response = versions(&cloud, &id, json!({}));
    assert!(!response.to_string().contains("Qcloud@TestApi123++"));
    let actual = &response["LaunchTemplateVersionSet"][0];
    for (pointer, expected) in [
        ("/LaunchTemplateVersion", json!(1)),
        ("/LaunchTemplateId", json!(id)),
        ("/IsDefaultVersion", json!(true)),
        ("/LaunchTemplateVersionDescription", json!("the first")),
        ("/CreationTime", json!("2023-11-14T22:13:20Z")),
        ("/CreatedBy", json!("1250000000")),
        ("/LaunchTemplateVersionData/Placement/Zone", json!("ap-guangzhou-3")),
        ("/LaunchTemplateVersionData/Placement/ProjectId", json!(0)),
        ("/LaunchTemplateVersionData/InstanceType", json!("S5.MEDIUM4")),
        ("/LaunchTemplateVersionData/ImageId", json!(IMAGE)),
        ("/LaunchTemplateVersionData/InstanceName", json!("web-{R:1}")),
        ("/LaunchTemplateVersionData/InstanceCount", json!(2)),
        ("/LaunchTemplateVersionData/UserData", json!("ZWNobw==")),
        ("/LaunchTemplateVersionData/ClientToken", json!("t-1")),
        ("/LaunchTemplateVersionData/DataDisks/0/DiskSize", json!(100)),
        ("/LaunchTemplateVersionData/SystemDisk/DiskType", json!("CLOUD_PREMIUM")),
        ("/LaunchTemplateVersionData/VirtualPrivateCloud/SubnetId", json!("subnet-12345678")),
        ("/LaunchTemplateVersionData/InstanceChargeType", json!("PREPAID")),
        ("/LaunchTemplateVersionData/InstanceChargePrepaid/Period", json!(1)),
        ("/LaunchTemplateVersionData/DisableApiTermination", json!(true)),
        ("/LaunchTemplateVersionData/TagSpecification/0/Tags/0/Key", json!("team")),
    ] {
        assert_eq!(actual.pointer(pointer), Some(&expected), "{pointer}");
    }
    decode_complete::<DescribeLaunchTemplates>(&cloud, &json!({}));
    template(&cloud, json!({ "LaunchTemplateName": "plain" }));
    for id in ids(&templates(&cloud, json!({}))) {
        let body = json!({ "LaunchTemplateId": id });
        decode_complete::<DescribeLaunchTemplateVersions>(&cloud, &body);
    }
    assert_eq!(send_ok(&cloud, "DescribeInstances", json!({}))["TotalCount"], 0);
}

#[test]
fn invalid_launches_are_not_stored() {
    let cloud = cloud();
    let id = template(&cloud, json!({}));
    for (members, expected) in [
        (json!({ "ImageId": "img-00000000" }), "InvalidImageId.NotFound"),
        (json!({ "Placement": { "Zone": "ap-shanghai-2" } }), "InvalidZone.MismatchRegion"),
        (json!({ "InstanceType": "s5" }), "InvalidInstanceType.Malformed"),
        (json!({ "InstanceCount": -1 }), "InvalidParameterValue.Range"),
        (json!({ "InstanceCount": 501 }), "InvalidParameterValue.Range"),
        (json!({ "LoginSettings": { "Password": "abcdefgh" } }), "InvalidPassword"),
        (json!({ "UserData": "not base64!" }), "InvalidParameterValue.InvalidUserDataFormat"),
        (
            json!({ "DisasterRecoverGroupIds": ["ps-00000000"] }),
            "FailedOperation.DisasterRecoverGroupNotFound",
        ),
        (json!({ "InstanceChargeType": "PREPAID" }), "MissingParameter"),
    ] {
        for dry in [false, true] {
            let members = merge(members.clone(), json!({ "DryRun": dry }));
            let body = template_request(members.clone());
            assert_eq!(send_err(&cloud, "CreateLaunchTemplate", body), expected, "{members}");
            let body = version_request(&id, members.clone());
            let code = send_err(&cloud, "CreateLaunchTemplateVersion", body);
            assert_eq!(code, expected, "{members}");
        }
    }
    let code = send_err(
        &cloud,
        "CreateLaunchTemplate",
        template_request(json!({ "LaunchTemplateName": "w" })),
    );
    assert_eq!(code, "InvalidParameterValue.InvalidLaunchTemplateName");
    let tags = json!([{ "ResourceType": "instance",
        "Tags": [{ "Key": "a", "Value": "1" }, { "Key": "a", "Value": "2" }] }]);
    let body = template_request(json!({ "LaunchTemplateTagSpecification": tags }));
    assert_eq!(send_err(&cloud, "CreateLaunchTemplate", body), "InvalidParameterValue");
    for (id, base, expected) in [
        (NO_TEMPLATE, 1, NOT_EXISTED),
        (&id, 2, NO_VERSION),
        (&id, 0, "InvalidParameterValue.LaunchTemplateVersion"),
    ] {
        let body = version_request(id, json!({ "LaunchTemplateVersion": base }));
        assert_eq!(send_err(&cloud, "CreateLaunchTemplateVersion", body), expected);
    }
    assert_eq!(templates(&cloud, json!({}))["TotalCount"], 1);
    assert_eq!(versions(&cloud, &id, json!({}))["TotalCount"], 1);
}

#[test]
fn dry_run_stores_nothing() {
    let cloud = cloud();
    let id = template(&cloud, json!({}));
    let dry = json!({ "DryRun": true, "ClientToken": "t-1" });
    let bodies = [
        ("CreateLaunchTemplate", template_request(dry.clone())),
        ("CreateLaunchTemplateVersion", version_request(&id, dry)),
    ];
    for (action, body) in bodies.clone() {
        let response = send_ok(&cloud, action, body);
        assert_eq!(response.as_object().unwrap().len(), 1, "{response}");
        assert_eq!(templates(&cloud, json!({}))["TotalCount"], 1);
        assert_eq!(versions(&cloud, &id, json!({}))["TotalCount"], 1);
    }
    // Dry runs did not use up their tokens.
    for (action, body) in bodies {
        send_ok(&cloud, action, merge(body, json!({ "DryRun": false, "InstanceCount": 3 })));
    }
    assert_eq!(templates(&cloud, json!({}))["TotalCount"], 2);
    assert_eq!(versions(&cloud, &id, json!({}))["TotalCount"], 2);
}

#[test]
fn client_token_makes_creation_idempotent() {
    let cloud = cloud();
    let token = |members| merge(json!({ "ClientToken": "t-1" }), members);
    let id = template(&cloud, token(json!({})));
    assert_eq!(template(&cloud, token(json!({}))), id);
    let other = template(&cloud, json!({}));
    let body = template_request(token(json!({ "InstanceCount": 2 })));
    assert_eq!(send_err(&cloud, "CreateLaunchTemplate", body), "InvalidParameterValue");
    assert_eq!(version(&cloud, &id, token(json!({}))), 2);
    assert_eq!(version(&cloud, &id, token(json!({}))), 2);
    assert_eq!(version(&cloud, &other, token(json!({}))), 2);
    let body = version_request(&id, token(json!({ "InstanceCount": 2 })));
    assert_eq!(send_err(&cloud, "CreateLaunchTemplateVersion", body), "InvalidParameterValue");
    assert_eq!(data(&cloud, &id, 2)["ClientToken"], "t-1");
    // A new version does not inherit the token.
    assert_eq!(version(&cloud, &id, json!({ "LaunchTemplateVersion": 2 })), 3);
    assert_eq!(data(&cloud, &id, 3)["ClientToken"], Value::Null);
    advance(&cloud, 86_400);
    assert_eq!(template(&cloud, token(json!({}))), id);
    assert_eq!(version(&cloud, &id, token(json!({}))), 2);
}

#[test]
fn version_inherits_from_its_source_version() {
    let cloud = cloud();
    let id = template(
        &cloud,
        json!({ "InstanceName": "one", "SecurityGroupIds": ["sg-12345678"],
            "LaunchTemplateVersionDescription": "first",
            "Placement": { "Zone": "ap-guangzhou-3", "ProjectId": 7 } }),
    );
    advance(&cloud, 60);
    assert_eq!(version(&cloud, &id, json!({ "InstanceName": "two", "InstanceCount": 2 })), 2);
    // The default source is the default version, which is still the first.
    assert_eq!(version(&cloud, &id, json!({ "HostName": "three" })), 3);
    let body = json!({ "LaunchTemplateVersion": 2, "ImageId": "img-9id7emv7",
        "SystemDisk": { "DiskSize": 60 } });
    assert_eq!(version(&cloud, &id, body), 4);
    for (number, name, count, host) in [
        (1, "one", 1, Value::Null),
        (2, "two", 2, Value::Null),
        (3, "one", 1, json!("three")),
        (4, "two", 2, Value::Null),
    ] {
        let data = data(&cloud, &id, number);
        assert_eq!(data["InstanceName"], name, "{number}");
        assert_eq!(data["InstanceCount"], count, "{number}");
        assert_eq!(data["HostName"], host, "{number}");
        assert_eq!(data["SecurityGroupIds"], json!(["sg-12345678"]), "{number}");
        // A given member replaces the whole member of the source.
        let project = if number == 1 { 7 } else { 0 };
        assert_eq!(data["Placement"]["ProjectId"], project, "{number}");
    }
    assert_eq!(data(&cloud, &id, 4)["SystemDisk"]["DiskSize"], 60);
    let response = versions(&cloud, &id, json!({}));
    assert_eq!(numbers(&response), [4, 3, 2, 1]);
    let second = &response["LaunchTemplateVersionSet"][2];
    assert_eq!(second["LaunchTemplateVersionDescription"], "");
    assert_eq!(second["CreationTime"], "2023-11-14T22:14:20Z");
    let actual = &templates(&cloud, json!({}))["LaunchTemplateSet"][0];
    assert_eq!(actual["LatestVersionNumber"], 4);
    assert_eq!(actual["DefaultVersionNumber"], 1);
    assert_eq!(actual["CreationTime"], "2023-11-14T22:13:20Z");
}

#[test]
fn default_version_can_change_but_not_be_deleted() {
    let cloud = cloud();
    let id = template(&cloud, json!({}));
    (2..=4).for_each(|number| assert_eq!(version(&cloud, &id, json!({})), number));
    let modify = |id: &str, number: i64| {
        let body = json!({ "LaunchTemplateId": id, "DefaultVersion": number });
        send(&cloud, "ModifyLaunchTemplateDefaultVersion", body)
    };
    let malformed = "InvalidParameterValue.LaunchTemplateVersion";
    for (id, number, expected) in [
        (NO_TEMPLATE, 1, NOT_EXISTED),
        (&id, 5, NO_VERSION),
        (&id, -1, malformed),
        (&id, 1, "InvalidParameterValue.LaunchTemplateIdVerSetAlready"),
    ] {
        assert_eq!(error_code(&modify(id, number)), expected);
    }
    // The Terraform provider takes this error for a success only with this text.
    let message = string(&modify(&id, 1)["Error"]["Message"]);
    let text = "The specified launch template version had been set to default";
    assert!(message.starts_with(text), "{message}");
    assert!(modify(&id, 3).get("Error").is_none());
    assert_eq!(numbers(&versions(&cloud, &id, json!({ "DefaultVersion": true }))), [3]);
    let delete = |id: &str, numbers: &[i64]| {
        let body = json!({ "LaunchTemplateId": id, "LaunchTemplateVersions": numbers });
        send(&cloud, "DeleteLaunchTemplateVersions", body)
    };
    for (named, list, expected) in [
        (NO_TEMPLATE, [1, 2], NOT_EXISTED),
        (&id, [1, 5], NO_VERSION),
        (&id, [1, 0], malformed),
        (&id, [1, 3], "InvalidParameterValue.LaunchTemplateDefaultVersion"),
    ] {
        assert_eq!(error_code(&delete(named, &list)), expected);
        assert_eq!(versions(&cloud, &id, json!({}))["TotalCount"], 4, "all or nothing");
    }
    assert!(delete(&id, &[1, 4, 4]).get("Error").is_none());
    assert_eq!(numbers(&versions(&cloud, &id, json!({}))), [3, 2]);
    let actual = &templates(&cloud, json!({}))["LaunchTemplateSet"][0];
    assert_eq!(
        (&actual["LatestVersionNumber"], &actual["LaunchTemplateVersionCount"]),
        (&json!(4), &json!(2))
    );
    assert_eq!(version(&cloud, &id, json!({})), 5, "version numbers are not reused");
}

#[test]
fn template_quota_is_30_versions() {
    let cloud = cloud();
    let id = template(&cloud, json!({}));
    (2..=30).for_each(|number| assert_eq!(version(&cloud, &id, json!({})), number));
    for dry in [false, true] {
        let body = version_request(&id, json!({ "DryRun": dry }));
        let code = send_err(&cloud, "CreateLaunchTemplateVersion", body);
        assert_eq!(code, "LimitExceeded.LaunchTemplateVersionQuota");
    }
    let body = json!({ "LaunchTemplateId": id, "LaunchTemplateVersions": [2, 3] });
    send_ok(&cloud, "DeleteLaunchTemplateVersions", body);
    assert_eq!(version(&cloud, &id, json!({})), 31);
    assert_eq!(version(&cloud, &id, json!({})), 32);
    let body = json!({ "LaunchTemplateId": id, "DefaultVersion": 32 });
    send_ok(&cloud, "ModifyLaunchTemplateDefaultVersion", body);
    for (members, expected, total) in [
        (json!({ "Limit": 2 }), vec![30, 29], 28),
        (json!({ "Limit": 2, "MaxVersion": 99 }), vec![32, 31], 30),
        (json!({ "Offset": 26 }), vec![4, 1], 28),
        (json!({ "MinVersion": 4, "MaxVersion": 5 }), vec![5, 4], 2),
        (json!({ "DefaultVersion": true }), vec![32], 1),
        (json!({ "DefaultVersion": true, "MaxVersion": 31 }), vec![], 0),
        (json!({ "LaunchTemplateVersions": [1, 32, 7, 2] }), vec![32, 7, 1], 3),
    ] {
        let response = versions(&cloud, &id, members.clone());
        assert_eq!(numbers(&response), expected, "{members}");
        assert_eq!(response["TotalCount"], total, "{members}");
    }
    let named: Vec<_> = (4..=30).collect();
    let response = versions(&cloud, &id, json!({ "LaunchTemplateVersions": named }));
    assert_eq!(numbers(&response).len(), 27, "versions selected by number are not paged");
    for (id, members, expected) in [
        (NO_TEMPLATE, json!({}), NOT_EXISTED),
        (&id, json!({ "LaunchTemplateVersions": [1], "Limit": 1 }), "InvalidParameterCombination"),
    ] {
        let body = merge(json!({ "LaunchTemplateId": id }), members);
        assert_eq!(send_err(&cloud, "DescribeLaunchTemplateVersions", body), expected);
    }
}

#[test]
fn templates_are_listed_filtered_and_deleted() {
    let cloud = cloud();
    let tagged = |name: &str, key: &str, value: &str| {
        let tags =
            json!([{ "ResourceType": "instance", "Tags": [{ "Key": key, "Value": value }] }]);
        json!({ "LaunchTemplateName": name, "LaunchTemplateTagSpecification": tags })
    };
    let a = template(&cloud, tagged("web", "team", "blue"));
    let b = template(&cloud, tagged("web", "blue", "team"));
    let c = template(&cloud, json!({ "LaunchTemplateName": "web-2" }));
    let filter =
        |name: &str, value: &str| json!({ "Filters": [{ "Name": name, "Values": [value] }] });
    for (members, expected, total) in [
        (json!({}), vec![&c, &b, &a], 3),
        (json!({ "Offset": 1, "Limit": 1 }), vec![&b], 3),
        (json!({ "LaunchTemplateIds": [a, c, NO_TEMPLATE] }), vec![&c, &a], 2),
        (filter("LaunchTemplateName", "web"), vec![&b, &a], 2),
        (filter("tag-key", "team"), vec![&a], 1),
        (filter("tag-value", "team"), vec![&b], 1),
        (filter("tag:team", "blue"), vec![&a], 1),
        (filter("tag:team", "team"), vec![], 0),
    ] {
        let response = templates(&cloud, members.clone());
        assert_eq!(ids(&response), expected, "{members}");
        assert_eq!(response["TotalCount"], total, "{members}");
    }
    let body = filter("launch-template-name", "web");
    assert_eq!(send_err(&cloud, "DescribeLaunchTemplates", body), "InvalidFilter");
    let delete = |id: &str| json!({ "LaunchTemplateId": id });
    assert_eq!(send_err(&cloud, "DeleteLaunchTemplate", delete(NO_TEMPLATE)), NOT_EXISTED);
    send_ok(&cloud, "DeleteLaunchTemplate", delete(&b));
    assert_eq!(send_err(&cloud, "DeleteLaunchTemplate", delete(&b)), NOT_EXISTED);
    assert_eq!(ids(&templates(&cloud, json!({}))), [&c, &a]);
    let request = Call::new("DescribeLaunchTemplates").region("ap-shanghai").json("{}");
    assert_eq!(read(&cloud.handle(&request))["TotalCount"], 0);
}

#[test]
fn region_quota_is_200_templates() {
    let cloud = cloud();
    let first = template(&cloud, json!({}));
    (1..200).for_each(|_| drop(template(&cloud, json!({}))));
    let code =
        send_err(&cloud, "CreateLaunchTemplate", template_request(json!({ "DryRun": true })));
    assert_eq!(code, "LimitExceeded.LaunchTemplateQuota");
    assert_eq!(templates(&cloud, json!({}))["TotalCount"], 200);
    send_ok(&cloud, "DeleteLaunchTemplate", json!({ "LaunchTemplateId": first }));
    template(&cloud, json!({}));
}
