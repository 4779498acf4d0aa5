//! `RunInstances`: the instances that it creates, and invalid requests.

use cvm_models::actions::DescribeInstances;
use serde_json::{Value, json};

use crate::support::*;

fn code_of(members: Value) -> String {
    send_err(&cloud(), "RunInstances", run_request(members))
}

#[test]
fn response_contains_every_guaranteed_member() {
    let cloud = cloud();
    launch(&cloud, json!({}));
    let response = decode_complete::<DescribeInstances>(&cloud, &json!({}));
    assert_eq!(response.instance_set.len(), 1);
}

#[test]
fn instance_has_the_requested_attributes() {
    let cloud = cloud();
    let members = json!({
        "InstanceType": "S5.LARGE8",
        "SystemDisk": { "DiskType": "CLOUD_SSD", "DiskSize": 100 },
        "DataDisks": [{ "DiskType": "CLOUD_PREMIUM", "DiskSize": 200 }, { "DiskSize": 0 }],
        "InternetAccessible": { "InternetMaxBandwidthOut": 5 },
        "SecurityGroupIds": ["sg-12345678"],
        "InstanceName": "web",
        "HostName": "web-{R:1}",
        "TagSpecification": [{ "ResourceType": "instance",
            "Tags": [{ "Key": "team", "Value": "blue" }] }],
        "DisableApiTermination": true,
        "Placement": { "Zone": "ap-guangzhou-3", "ProjectId": 7 },
        "VirtualPrivateCloud": { "VpcId": "vpc-12345678", "SubnetId": "subnet-12345678" },
    });
    let id = launch(&cloud, members).remove(0);
    let actual = describe(&cloud, &id);
    for (pointer, expected) in [
        ("/InstanceState", json!("PENDING")),
        ("/InstanceType", json!("S5.LARGE8")),
        ("/CPU", json!(4)),
        ("/Memory", json!(8)),
        ("/SystemDisk/DiskType", json!("CLOUD_SSD")),
        ("/SystemDisk/DiskSize", json!(100)),
        ("/DataDisks/0/DiskSize", json!(200)),
        ("/DataDisks/1", Value::Null),
        ("/InternetAccessible/InternetMaxBandwidthOut", json!(5)),
        ("/InternetAccessible/InternetChargeType", json!("TRAFFIC_POSTPAID_BY_HOUR")),
        ("/SecurityGroupIds", json!(["sg-12345678"])),
        ("/InstanceName", json!("web")),
        ("/HostName", json!("web-1")),
        ("/Tags", json!([{ "Key": "team", "Value": "blue" }])),
        ("/DisableApiTermination", json!(true)),
        ("/Placement/ProjectId", json!(7)),
        ("/VirtualPrivateCloud/VpcId", json!("vpc-12345678")),
        ("/InstanceChargeType", json!("POSTPAID_BY_HOUR")),
        ("/CreatedTime", json!("2023-11-14T22:13:20Z")),
        ("/ExpiredTime", Value::Null),
        ("/RenewFlag", Value::Null),
        ("/OsName", json!("CentOS 7.2 64bit")),
        ("/StopChargingMode", json!("NOT_APPLICABLE")),
        ("/IsolatedSource", json!("NOTISOLATED")),
        ("/LatestOperation", json!("RunInstances")),
        ("/LatestOperationState", json!("OPERATING")),
    ] {
        let found = actual.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(found, expected, "{pointer}");
    }
    for pointer in ["/SystemDisk/DiskId", "/DataDisks/0/DiskId"] {
        let disk = actual.pointer(pointer).and_then(Value::as_str).unwrap();
        assert!(disk.starts_with("disk-"), "{disk}");
    }
    assert_eq!(actual["PublicIpAddresses"].as_array().unwrap().len(), 1);
    assert_eq!(actual["PrivateIpAddresses"].as_array().unwrap().len(), 1);
    // Like the service, the emulator returns null instead of omitting the member.
    assert!(actual.as_object().unwrap()["ExpiredTime"].is_null());
    assert!(!actual.to_string().contains("Password"));
}

#[test]
fn defaults_match_the_documentation() {
    let cloud = cloud();
    let body = json!({ "Placement": { "Zone": "ap-guangzhou-2" }, "ImageId": IMAGE });
    let response = send_ok(&cloud, "RunInstances", body);
    let actual = describe(&cloud, response["InstanceIdSet"][0].as_str().unwrap());
    assert_eq!(actual["InstanceType"], "S1.SMALL1");
    assert_eq!(actual["InstanceName"], "未命名");
    assert_eq!(actual["SystemDisk"]["DiskSize"], 50);
    assert_eq!(actual["InternetAccessible"]["InternetMaxBandwidthOut"], 0);
    assert!(actual["PublicIpAddresses"].is_null());
    assert!(string(&actual["VirtualPrivateCloud"]["VpcId"]).starts_with("vpc-"));
    assert_eq!(actual["DataDisks"], json!([]));
}

#[test]
fn launch_without_security_groups_gets_the_default_group_of_its_project() {
    let cloud = cloud();
    let group = |id: &str| {
        let groups = strings(&describe(&cloud, id)["SecurityGroupIds"]);
        let [group] = groups.as_slice() else { panic!("{groups:?}") };
        assert!(group.starts_with("sg-") && group.len() == 11, "{group}");
        group.clone()
    };
    let other_project = json!({ "Placement": { "Zone": "ap-guangzhou-3", "ProjectId": 7 } });
    let first = launch(&cloud, json!({ "InstanceCount": 2 }));
    let later = launch(&cloud, json!({ "SecurityGroupIds": [] })).remove(0);
    let other = launch(&cloud, other_project.clone()).remove(0);
    let own = launch(&cloud, json!({ "SecurityGroupIds": ["sg-12345678"] })).remove(0);
    assert_eq!(group(&first[0]), group(&first[1]));
    assert_eq!(group(&first[0]), group(&later));
    assert_ne!(group(&first[0]), group(&other));
    assert_eq!(group(&own), "sg-12345678");
    let again = launch(&cloud, other_project).remove(0);
    assert_eq!(group(&other), group(&again));
    let body = run_request(json!({ "Placement": { "Zone": "ap-beijing-3" } }));
    let response = send_in(&cloud, "ap-beijing", "RunInstances", &body);
    let ids = json!({ "InstanceIds": response["InstanceIdSet"] });
    let there = send_in(&cloud, "ap-beijing", "DescribeInstances", &ids);
    assert_ne!(there["InstanceSet"][0]["SecurityGroupIds"], json!([group(&later)]));
}

#[test]
fn batch_instances_have_unique_names_and_addresses() {
    let cloud = cloud();
    let ids = launch(&cloud, json!({ "InstanceCount": 12, "InstanceName": "web" }));
    assert_eq!(ids.len(), 12);
    let actual: Vec<_> = ids.iter().map(|id| describe(&cloud, id)).collect();
    assert_eq!(actual[0]["InstanceName"], "web1");
    assert_eq!(actual[11]["InstanceName"], "web12");
    for member in ["InstanceId", "Uuid", "PrivateIpAddresses", "HostName"] {
        let mut values: Vec<_> = actual.iter().map(|one| one[member].to_string()).collect();
        values.sort();
        values.dedup();
        assert_eq!(values.len(), 12, "{member}");
    }
    let ids = launch(&cloud, json!({ "InstanceCount": 2, "InstanceName": "db{R:8,F:3}-x" }));
    assert_eq!(describe(&cloud, &ids[1])["InstanceName"], "db009-x");
}

#[test]
fn seed_determines_instance_ids() {
    let ids = || launch(&cloud(), json!({ "InstanceCount": 3 }));
    assert_eq!(ids(), ids());
}

#[test]
fn missing_resources_are_rejected() {
    let zone = |zone: &str| json!({ "Placement": { "Zone": zone } });
    for (members, expected) in [
        (json!({ "ImageId": "img-00000000" }), "InvalidImageId.NotFound"),
        (json!({ "InstanceType": "Z9.PLURAL1" }), "InvalidParameterValue.InstanceTypeNotFound"),
        (json!({ "InstanceType": "plural" }), "InvalidInstanceType.Malformed"),
        (zone("ap-beijing-3"), "InvalidZone.MismatchRegion"),
        (zone("ap-guangzhou-99"), "InvalidZone.MismatchRegion"),
        (
            json!({ "LoginSettings": { "KeyIds": ["skey-12345678"] } }),
            "InvalidParameterValue.KeyPairNotFound",
        ),
        (
            json!({ "LaunchTemplate": { "LaunchTemplateId": "lt-12345678" } }),
            "InvalidParameterValue.LaunchTemplateIdNotExisted",
        ),
    ] {
        assert_eq!(code_of(members.clone()), expected, "{members}");
    }
    let members = json!({ "Placement": { "Zone": "ap-guangzhou-6" }, "InstanceType": "S1.SMALL1" });
    assert_eq!(code_of(members), "ResourceUnavailable.InstanceType");
}

#[test]
fn conflicting_parameters_are_rejected() {
    let disks = |one: &str, two: &str| {
        json!({ "DataDisks": [{ "DiskType": one, "DiskSize": 100 },
            { "DiskType": two, "DiskSize": 100 }] })
    };
    for (members, expected) in [
        (disks("LOCAL_BASIC", "LOCAL_BASIC"), "InvalidParameterValue.LimitExceeded"),
        (json!({ "SystemDisk": { "DiskSize": 10 } }), "InvalidParameterValue.Range"),
        (json!({ "MinCount": 2 }), "InvalidParameterValue.InvalidParameterMinCount"),
        (json!({ "LoginSettings": { "Password": "abcdefgh" } }), "InvalidPassword"),
        (json!({ "UserData": "not base64!" }), "InvalidParameterValue.InvalidUserDataFormat"),
        (
            json!({ "InternetAccessible": { "PublicIpAssigned": true } }),
            "InvalidParameterCombination",
        ),
        (
            json!({ "TagSpecification": [{ "ResourceType": "instance", "Tags": [
            { "Key": "a", "Value": "1" }, { "Key": "a", "Value": "2" }] }] }),
            "InvalidParameterValue.DuplicateTags",
        ),
        (
            json!({ "VirtualPrivateCloud": { "VpcId": "DEFAULT", "SubnetId": "subnet-1" } }),
            "InvalidParameterValue.VpcIdSubnetIdNotMatch",
        ),
        (
            json!({ "InstanceName": "n".repeat(127), "InstanceCount": 10 }),
            "InvalidInstanceName.TooLong",
        ),
    ] {
        assert_eq!(code_of(members.clone()), expected, "{members}");
    }
    let cloud = cloud();
    launch(&cloud, disks("LOCAL_BASIC", "CLOUD_PREMIUM"));
    launch(&cloud, json!({ "InstanceCount": 2, "MinCount": 2 }));
}

#[test]
fn failed_launch_creates_nothing() {
    let cloud = cloud();
    let members = json!({ "InstanceCount": 3, "LoginSettings": { "Password": "abcdefgh" } });
    assert_eq!(send_err(&cloud, "RunInstances", run_request(members)), "InvalidPassword");
    assert_eq!(send_ok(&cloud, "DescribeInstances", json!({}))["TotalCount"], 0);
}

#[test]
fn subnet_keeps_its_vpc_and_addresses_are_unique() {
    let cloud = cloud();
    let network = |vpc: &str, addresses: &[&str]| {
        json!({ "VirtualPrivateCloud": { "VpcId": vpc, "SubnetId": "subnet-12345678",
            "PrivateIpAddresses": addresses } })
    };
    let id = launch(&cloud, network("vpc-12345678", &["172.16.0.9"])).remove(0);
    assert_eq!(describe(&cloud, &id)["PrivateIpAddresses"], json!(["172.16.0.9"]));
    let code = |members| send_err(&cloud, "RunInstances", run_request(members));
    assert_eq!(code(network("vpc-12345678", &["172.16.0.9"])), "VpcIpIsUsed");
    let expected = "InvalidParameterValue.VpcIdSubnetIdNotMatch";
    assert_eq!(code(network("vpc-87654321", &[])), expected);
    let expected = "InvalidParameterCombination";
    assert_eq!(code(network("vpc-12345678", &["172.16.0.10", "172.16.0.11"])), expected);
    // The address is free again after its instance is terminated.
    advance(&cloud, 20);
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    advance(&cloud, 10);
    launch(&cloud, network("vpc-12345678", &["172.16.0.9"]));
}

#[test]
fn default_network_always_exists() {
    let cloud = cloud();
    let members = json!({ "VirtualPrivateCloud": { "VpcId": "DEFAULT", "SubnetId": "DEFAULT" } });
    let first = describe(&cloud, &launch(&cloud, members.clone())[0]);
    let second = describe(&cloud, &launch(&cloud, members)[0]);
    let network = &first["VirtualPrivateCloud"];
    for id in ["VpcId", "SubnetId"] {
        assert_eq!(network[id], second["VirtualPrivateCloud"][id], "{id}");
    }
    assert!(network["VpcId"].as_str().unwrap().starts_with("vpc-"), "{network}");
    assert!(network["SubnetId"].as_str().unwrap().starts_with("subnet-"), "{network}");
}

#[test]
fn dry_run_validates_and_changes_nothing() {
    let cloud = cloud();
    let response = send_ok(&cloud, "RunInstances", run_request(json!({ "DryRun": true })));
    assert_eq!(response.as_object().unwrap().len(), 1, "{response}");
    let bad = run_request(json!({ "DryRun": true, "ImageId": "img-00000000" }));
    assert_eq!(send_err(&cloud, "RunInstances", bad), "InvalidImageId.NotFound");
    assert_eq!(send_ok(&cloud, "DescribeInstances", json!({}))["TotalCount"], 0);
}

#[test]
fn boolean_strings_ignore_case() {
    let cloud = cloud();
    let keep = json!({ "KeepImageLogin": "TRUE" });
    let body = run_request(json!({ "LoginSettings": keep }));
    let response = send(&cloud, "RunInstances", body);
    assert_eq!(error_code(&response), "InvalidParameterValue", "the image is public");
    let message = string(&response["Error"]["Message"]);
    assert!(message.starts_with("`LoginSettings.KeepImageLogin` needs a custom"), "{message}");
    let id = launch_stopped(&cloud, json!({}));
    let image = send_ok(&cloud, "CreateImage", json!({ "ImageName": "own", "InstanceId": id }));
    advance(&cloud, 3_600);
    launch(&cloud, json!({ "ImageId": image["ImageId"], "LoginSettings": keep }));
    for keep in ["FALSE", "false", "False"] {
        let login = json!({ "Password": "Qcloud@TestApi123++", "KeepImageLogin": keep });
        launch(&cloud, json!({ "LoginSettings": login }));
    }
    let login = json!({ "Password": "Qcloud@TestApi123++", "KeepImageLogin": "TRUE" });
    let code = send_err(&cloud, "RunInstances", run_request(json!({ "LoginSettings": login })));
    assert_eq!(code, "InvalidParameterCombination");
    let members = json!({ "LoginSettings": { "KeepImageLogin": "perhaps" } });
    assert_eq!(send_err(&cloud, "RunInstances", run_request(members)), "InvalidParameterValue");
}

#[test]
fn malformed_role_fails_the_launch() {
    let code = send_err(&cloud(), "RunInstances", run_request(json!({ "CamRoleName": "a role" })));
    assert_eq!(code, "InvalidParameterValue.CamRoleNameMalformed");
}

#[test]
fn prepaid_instances_have_an_expiry_and_renew_flag() {
    let cloud = cloud();
    let members = json!({ "InstanceChargeType": "PREPAID",
        "InstanceChargePrepaid": { "Period": 3, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" } });
    let actual = describe(&cloud, &launch(&cloud, members)[0]);
    assert_eq!(actual["ExpiredTime"], "2024-02-14T22:13:20Z");
    assert_eq!(actual["RenewFlag"], "NOTIFY_AND_AUTO_RENEW");
    assert_eq!(actual["InternetAccessible"]["InternetChargeType"], "BANDWIDTH_PREPAID");
}

#[test]
fn launch_accepts_at_most_five_security_groups() {
    let cloud = cloud();
    let groups = |count: u32| (0..count).map(|it| format!("sg-0000000{it}")).collect::<Vec<_>>();
    let body = run_request(json!({ "SecurityGroupIds": groups(6) }));
    assert_eq!(send_err(&cloud, "RunInstances", body), "LimitExceeded.SingleUSGQuota");
    let mut twice = groups(5);
    twice.push("sg-00000000".to_owned());
    let id = launch(&cloud, json!({ "SecurityGroupIds": twice })).remove(0);
    assert_eq!(describe(&cloud, &id)["SecurityGroupIds"], json!(groups(5)));
}
