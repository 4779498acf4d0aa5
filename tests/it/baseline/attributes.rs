//! Attributes of an instance: names, networks, projects, terms.

use serde_json::{Value, json};

use super::{Baseline, accepted};

pub const BASELINES: &[Baseline] = &[
    accepted(
        "ModifyInstancesAttribute",
        |fixture| json!({ "InstanceIds": [fixture.running, fixture.stopped], "InstanceName": "renamed" }),
    ),
    accepted(
        "ModifyInstancesAttribute",
        |fixture| json!({ "InstanceIds": [fixture.stopped], "UserData": "ZWNobyBieWU=" }),
    ),
    accepted("ModifyInstancesAttribute", |fixture| {
        let groups = ["sg-5d6e7f8g", "sg-1a2b3c4d"];
        json!({ "InstanceIds": [fixture.running], "SecurityGroups": groups })
    }),
    accepted("ModifyInstancesAttribute", |fixture| {
        let ids = [&fixture.running];
        json!({ "InstanceIds": ids, "CamRoleName": "reader", "CamRoleType": "user" })
    }),
    accepted(
        "ModifyInstancesAttribute",
        |fixture| json!({ "InstanceIds": [fixture.running], "HostName": "db-1", "AutoReboot": true }),
    ),
    accepted(
        "ModifyInstancesAttribute",
        |fixture| json!({ "InstanceIds": [fixture.running, fixture.prepaid], "DisableApiTermination": true }),
    ),
    accepted(
        "ModifyInstancesAttribute",
        |fixture| json!({ "InstanceIds": [fixture.stopped], "EnableJumboFrame": true }),
    ),
    accepted(
        "ModifyInstancesProject",
        |fixture| json!({ "InstanceIds": [fixture.running, fixture.stopped], "ProjectId": 1_001 }),
    ),
    accepted(
        "ModifyInstancesRenewFlag",
        |fixture| json!({ "InstanceIds": [fixture.prepaid], "RenewFlag": "NOTIFY_AND_AUTO_RENEW" }),
    ),
    accepted("ModifyInstancesChargeType", |fixture| {
        json!({
            "InstanceIds": [fixture.running],
            "InstanceChargeType": "PREPAID",
            "InstanceChargePrepaid": { "Period": 3, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" },
            "ModifyPortableDataDisk": false,
        })
    }),
    accepted(
        "ModifyInstancesChargeType",
        |fixture| json!({ "InstanceIds": [fixture.prepaid], "InstanceChargeType": "POSTPAID_BY_HOUR" }),
    ),
    accepted("RenewInstances", |fixture| {
        json!({
            "InstanceIds": [fixture.prepaid],
            "InstanceChargePrepaid": { "Period": 12, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" },
            "RenewPortableDataDisk": true,
        })
    }),
    accepted("ModifyInstancesVpcAttribute", |fixture| {
        json!({
            "InstanceIds": [fixture.running],
            "VirtualPrivateCloud": other_subnet(),
            "ForceStop": true,
            "ReserveHostName": true,
        })
    }),
    accepted("ModifyInstancesVpcAttribute", |fixture| {
        let mut network = other_subnet();
        network["PrivateIpAddresses"] = json!(["172.16.16.9"]);
        json!({ "InstanceIds": [fixture.stopped], "VirtualPrivateCloud": network })
    }),
    accepted("ResetInstancesInternetMaxBandwidth", |fixture| {
        json!({
            "InstanceIds": [fixture.running, fixture.stopped],
            "InternetAccessible": { "InternetMaxBandwidthOut": 20 },
        })
    }),
    accepted("ResetInstancesInternetMaxBandwidth", |fixture| {
        json!({
            "InstanceIds": [fixture.prepaid],
            "InternetAccessible": { "InternetMaxBandwidthOut": 10 },
            "StartTime": "2023-11-15",
            "EndTime": "2023-12-01",
        })
    }),
    accepted("AssociateSecurityGroups", |fixture| {
        let ids = [&fixture.running, &fixture.stopped];
        json!({ "SecurityGroupIds": ["sg-9h0j1k2m"], "InstanceIds": ids })
    }),
    accepted("DisassociateSecurityGroups", |fixture| {
        let ids = [&fixture.running, &fixture.stopped];
        json!({ "SecurityGroupIds": ["sg-5d6e7f8g"], "InstanceIds": ids })
    }),
    accepted(
        "DescribeInstancesAttributes",
        |fixture| json!({ "Attributes": ["UserData"], "InstanceIds": [fixture.running, fixture.stopped] }),
    ),
    accepted(
        "DescribeInstancesOperationLimit",
        |fixture| json!({ "InstanceIds": [fixture.running, fixture.prepaid], "Operation": "INSTANCE_DEGRADE" }),
    ),
    accepted("DescribeInstancesModification", |fixture| {
        let filter = json!({ "Name": "status", "Values": ["SELL", "UNAVAILABLE"] });
        json!({ "InstanceIds": [fixture.stopped], "Filters": [filter] })
    }),
    accepted("DescribeInstanceVncUrl", |fixture| json!({ "InstanceId": fixture.running })),
];

fn other_subnet() -> Value {
    json!({ "VpcId": "vpc-1a2b3c4d", "SubnetId": "subnet-5d6e7f8g", "AsVpcGateway": false })
}
