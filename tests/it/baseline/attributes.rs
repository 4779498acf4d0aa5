//! Attributes of an instance: names, networks, projects, terms.

use serde_json::{Value, json};

use super::{Baseline, done};

pub const BASELINES: &[Baseline] = &[
    done(
        "ModifyInstancesAttribute",
        |scene| json!({ "InstanceIds": [scene.running, scene.stopped], "InstanceName": "renamed" }),
    ),
    done(
        "ModifyInstancesAttribute",
        |scene| json!({ "InstanceIds": [scene.stopped], "UserData": "ZWNobyBieWU=" }),
    ),
    done("ModifyInstancesAttribute", |scene| {
        let groups = ["sg-5d6e7f8g", "sg-1a2b3c4d"];
        json!({ "InstanceIds": [scene.running], "SecurityGroups": groups })
    }),
    done("ModifyInstancesAttribute", |scene| {
        let ids = [&scene.running];
        json!({ "InstanceIds": ids, "CamRoleName": "reader", "CamRoleType": "user" })
    }),
    done(
        "ModifyInstancesAttribute",
        |scene| json!({ "InstanceIds": [scene.running], "HostName": "db-1", "AutoReboot": true }),
    ),
    done(
        "ModifyInstancesAttribute",
        |scene| json!({ "InstanceIds": [scene.running, scene.prepaid], "DisableApiTermination": true }),
    ),
    done(
        "ModifyInstancesAttribute",
        |scene| json!({ "InstanceIds": [scene.stopped], "EnableJumboFrame": true }),
    ),
    done(
        "ModifyInstancesProject",
        |scene| json!({ "InstanceIds": [scene.running, scene.stopped], "ProjectId": 1_001 }),
    ),
    done(
        "ModifyInstancesRenewFlag",
        |scene| json!({ "InstanceIds": [scene.prepaid], "RenewFlag": "NOTIFY_AND_AUTO_RENEW" }),
    ),
    done("ModifyInstancesChargeType", |scene| {
        json!({
            "InstanceIds": [scene.running],
            "InstanceChargeType": "PREPAID",
            "InstanceChargePrepaid": { "Period": 3, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" },
            "ModifyPortableDataDisk": false,
        })
    }),
    done(
        "ModifyInstancesChargeType",
        |scene| json!({ "InstanceIds": [scene.prepaid], "InstanceChargeType": "POSTPAID_BY_HOUR" }),
    ),
    done("RenewInstances", |scene| {
        json!({
            "InstanceIds": [scene.prepaid],
            "InstanceChargePrepaid": { "Period": 12, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" },
            "RenewPortableDataDisk": true,
        })
    }),
    done("ModifyInstancesVpcAttribute", |scene| {
        json!({
            "InstanceIds": [scene.running],
            "VirtualPrivateCloud": other_subnet(),
            "ForceStop": true,
            "ReserveHostName": true,
        })
    }),
    done("ModifyInstancesVpcAttribute", |scene| {
        let mut network = other_subnet();
        network["PrivateIpAddresses"] = json!(["172.16.16.9"]);
        json!({ "InstanceIds": [scene.stopped], "VirtualPrivateCloud": network })
    }),
    done("ResetInstancesInternetMaxBandwidth", |scene| {
        json!({
            "InstanceIds": [scene.running, scene.stopped],
            "InternetAccessible": { "InternetMaxBandwidthOut": 20 },
        })
    }),
    done("ResetInstancesInternetMaxBandwidth", |scene| {
        json!({
            "InstanceIds": [scene.prepaid],
            "InternetAccessible": { "InternetMaxBandwidthOut": 10 },
            "StartTime": "2023-11-15",
            "EndTime": "2023-12-01",
        })
    }),
    done("AssociateSecurityGroups", |scene| {
        let ids = [&scene.running, &scene.stopped];
        json!({ "SecurityGroupIds": ["sg-9h0j1k2m"], "InstanceIds": ids })
    }),
    done("DisassociateSecurityGroups", |scene| {
        let ids = [&scene.running, &scene.stopped];
        json!({ "SecurityGroupIds": ["sg-5d6e7f8g"], "InstanceIds": ids })
    }),
    done(
        "DescribeInstancesAttributes",
        |scene| json!({ "Attributes": ["UserData"], "InstanceIds": [scene.running, scene.stopped] }),
    ),
    done(
        "DescribeInstancesOperationLimit",
        |scene| json!({ "InstanceIds": [scene.running, scene.prepaid], "Operation": "INSTANCE_DEGRADE" }),
    ),
    done("DescribeInstancesModification", |scene| {
        let filter = json!({ "Name": "status", "Values": ["SELL", "UNAVAILABLE"] });
        json!({ "InstanceIds": [scene.stopped], "Filters": [filter] })
    }),
    done("DescribeInstanceVncUrl", |scene| json!({ "InstanceId": scene.running })),
];

fn other_subnet() -> Value {
    json!({ "VpcId": "vpc-1a2b3c4d", "SubnetId": "subnet-5d6e7f8g", "AsVpcGateway": false })
}
