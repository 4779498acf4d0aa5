//! Instances, from launch to termination.

use serde_json::{Value, json};

use super::{Baseline, Fixture, accepted, filter, network, rejected, tags, zone};
use crate::sample::PASSWORD;

pub const BASELINES: &[Baseline] = &[
    accepted(
        "DescribeInstances",
        |fixture| json!({ "InstanceIds": [fixture.running], "Limit": 20 }),
    ),
    accepted("DescribeInstances", |_| json!({ "Filters": [zone()], "Offset": 0, "Limit": 100 })),
    accepted("DescribeInstances", |fixture| {
        let filters = [
            filter("instance-id", &[&fixture.running, &fixture.stopped]),
            filter("instance-state", &["RUNNING", "STOPPED"]),
            filter("instance-charge-type", &["POSTPAID_BY_HOUR"]),
            filter("vpc-id", &["vpc-1a2b3c4d"]),
            filter("subnet-id", &["subnet-1a2b3c4d"]),
            filter("security-group-id", &["sg-1a2b3c4d"]),
            filter("instance-name", &["web1"]),
            filter("project-id", &["0"]),
            filter("tag:team", &["blue"]),
            filter("creation-start-time", &["2023-11-01 00:00:00"]),
        ];
        json!({ "Filters": filters })
    }),
    accepted(
        "DescribeInstancesStatus",
        |fixture| json!({ "InstanceIds": [fixture.running, fixture.stopped], "Offset": 0, "Limit": 1 }),
    ),
    accepted("RunInstances", hourly),
    accepted("RunInstances", prepaid),
    accepted("RunInstances", |_| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": "img-pmqg1cw7",
            "InstanceType": "S5.SMALL2",
            "SystemDisk": { "DiskType": "CLOUD_BSSD", "Encrypt": true, "KmsKeyId": "kms-1a2b3c4d" },
            "DataDisks": [{
                "DiskSize": 500, "DiskType": "CLOUD_HSSD", "ThroughputPerformance": 100,
                "Encrypt": true, "KmsKeyId": "kms-1a2b3c4d", "BurstPerformance": true,
                "DiskName": "data",
            }],
            "VirtualPrivateCloud": {
                "VpcId": "vpc-1a2b3c4d", "SubnetId": "subnet-1a2b3c4d",
                "PrivateIpAddresses": ["172.16.3.9"],
            },
            "EnhancedService": { "AutomationService": { "Enabled": true } },
            "InstanceChargeType": "SPOTPAID",
            "InstanceMarketOptions": {
                "SpotOptions": { "MaxPrice": "100", "SpotInstanceType": "one-time" },
                "MarketType": "spot",
            },
            "CpuTopology": { "CoreCount": 1, "ThreadPerCore": 1 },
            "Metadata": { "Items": [{ "Key": "rack", "Value": "7" }] },
            "CamRoleName": "reader",
        })
    }),
    accepted("RunInstances", |fixture| {
        let disk =
            json!({ "DiskSize": 100, "DiskType": "CLOUD_SSD", "SnapshotId": fixture.snapshots[1] });
        json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": fixture.whole_image,
            "DataDisks": [disk],
            "LoginSettings": { "KeyIds": [fixture.key_pair] },
        })
    }),
    accepted("RunInstances", |fixture| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": "img-pmqg1cw7",
            "DisasterRecoverGroupIds": [fixture.group],
        })
    }),
    accepted("RunInstances", |fixture| {
        let version = json!(2);
        let template = json!({
            "LaunchTemplateId": fixture.launch_template, "LaunchTemplateVersion": version,
        });
        json!({ "LaunchTemplate": template, "InstanceCount": 2 })
    }),
    rejected("RunInstances", "InvalidParameterValue.LaunchTemplateIdNotExisted", |fixture| {
        let mut request = hourly(fixture);
        request["LaunchTemplate"] = json!({ "LaunchTemplateId": "lt-1a2b3c4d" });
        request["LaunchTemplate"]["LaunchTemplateVersion"] = json!(2);
        request
    }),
    rejected("RunInstances", "InvalidHostId.NotFound", |_| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3", "HostIds": ["host-1a2b3c4d"] },
            "ImageId": "img-pmqg1cw7",
            "InstanceChargeType": "CDHPAID",
            "InstanceType": "CDH_1C1G",
        })
    }),
    rejected("RunInstances", "InvalidParameterValue.DedicatedResourcePackIdsNotFound", |_| {
        json!({
            "Placement": {
                "Zone": "ap-guangzhou-3",
                "DedicatedResourcePackTenancy": "ResourcePool",
                "DedicatedResourcePackIds": ["rpp-1a2b3c4d"],
            },
            "ImageId": "img-pmqg1cw7",
        })
    }),
    rejected("RunInstances", "ResourceNotFound.HpcCluster", |_| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-6" },
            "ImageId": "img-pmqg1cw7",
            "HpcClusterId": "hpc-1a2b3c4d",
        })
    }),
    rejected("RunInstances", "InvalidParameterValue.ChcHostsNotFound", |_| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": "img-pmqg1cw7",
            "ChcIds": ["chc-1a2b3c4d"],
        })
    }),
    accepted("RunInstances", |_| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": "img-pmqg1cw7",
            "ActionTimer": {
                "TimerAction": "TerminateInstances", "ActionTime": "2024-01-31T08:00:00Z",
                "Externals": { "ReleaseAddress": true, "UnsupportNetworks": ["BASIC"] },
            },
        })
    }),
    accepted("RunInstances", with_interfaces),
    accepted("RunInstances", with_ipv6_and_package),
    accepted("RunInstances", on_dedicated_cluster),
    accepted("RunInstances", |fixture| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": "img-pmqg1cw7",
            "ChcIds": [fixture.deployed_chc],
        })
    }),
    accepted("StartInstances", |fixture| json!({ "InstanceIds": [fixture.stopped] })),
    accepted("StopInstances", |fixture| {
        let ids = [&fixture.running];
        json!({ "InstanceIds": ids, "StopType": "SOFT", "StoppedMode": "KEEP_CHARGING" })
    }),
    accepted(
        "StopInstances",
        |fixture| json!({ "InstanceIds": [fixture.running], "ForceStop": true }),
    ),
    accepted("StopInstances", |fixture| {
        let ids = [&fixture.running];
        json!({ "InstanceIds": ids, "StopType": "HARD", "StoppedMode": "STOP_CHARGING" })
    }),
    accepted(
        "RebootInstances",
        |fixture| json!({ "InstanceIds": [fixture.running], "StopType": "HARD" }),
    ),
    accepted(
        "RebootInstances",
        |fixture| json!({ "InstanceIds": [fixture.running], "ForceReboot": false }),
    ),
    accepted("ResetInstancesType", |fixture| {
        let ids = [&fixture.stopped];
        json!({ "InstanceIds": ids, "InstanceType": "S5.MEDIUM4", "ForceStop": false })
    }),
    accepted("TerminateInstances", |fixture| {
        let ids = [&fixture.running, &fixture.stopped];
        json!({ "InstanceIds": ids, "ReleaseAddress": true, "ReleasePrepaidDataDisks": false })
    }),
    accepted(
        "TerminateInstances",
        |fixture| json!({ "InstanceIds": [fixture.prepaid], "ReleasePrepaidDataDisks": true }),
    ),
];

fn hourly(_: &Fixture) -> Value {
    json!({
        "InstanceChargeType": "POSTPAID_BY_HOUR",
        "Placement": { "Zone": "ap-guangzhou-3", "ProjectId": 0 },
        "InstanceType": "S5.MEDIUM4",
        "ImageId": "img-pmqg1cw7",
        "SystemDisk": { "DiskType": "CLOUD_PREMIUM", "DiskSize": 50, "DiskName": "system" },
        "DataDisks": [{ "DiskSize": 100, "DiskType": "CLOUD_PREMIUM", "DeleteWithInstance": true }],
        "InternetAccessible": {
            "InternetChargeType": "TRAFFIC_POSTPAID_BY_HOUR", "InternetMaxBandwidthOut": 10,
            "PublicIpAssigned": true, "InternetServiceProvider": "BGP",
        },
        "InstanceCount": 2,
        "MinCount": 1,
        "InstanceName": "web",
        "LoginSettings": { "Password": PASSWORD },
        "SecurityGroupIds": ["sg-1a2b3c4d"],
        "EnhancedService": {
            "SecurityService": { "Enabled": true }, "MonitorService": { "Enabled": false },
        },
        "ClientToken": "a-token-of-my-own",
        "HostName": "web",
        "TagSpecification": tags("instance"),
        "UserData": "ZWNobyBoZWxsbw==",
        "DisableApiTermination": false,
    })
}

fn prepaid(fixture: &Fixture) -> Value {
    json!({
        "InstanceChargeType": "PREPAID",
        "InstanceChargePrepaid": { "Period": 1, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" },
        "Placement": { "Zone": "ap-guangzhou-3" },
        "ImageId": fixture.image,
        "InstanceType": "S5.SMALL2",
        "VirtualPrivateCloud": network(),
        "LoginSettings": { "KeepImageLogin": "true" },
    })
}

fn on_dedicated_cluster(_: &Fixture) -> Value {
    json!({
        "Placement": { "Zone": "ap-guangzhou-3" },
        "ImageId": "img-pmqg1cw7",
        "InstanceChargeType": "CDCPAID",
        "DedicatedClusterId": "cluster-1a2b3c4d",
    })
}

fn with_ipv6_and_package(_: &Fixture) -> Value {
    json!({
        "Placement": { "Zone": "ap-guangzhou-3" },
        "ImageId": "img-pmqg1cw7",
        "VirtualPrivateCloud": {
            "VpcId": "vpc-1a2b3c4d", "SubnetId": "subnet-1a2b3c4d", "Ipv6AddressCount": 1,
        },
        "InternetAccessible": {
            "InternetChargeType": "BANDWIDTH_PACKAGE", "InternetMaxBandwidthOut": 10,
            "BandwidthPackageId": "bwp-1a2b3c4d", "IPv6AddressType": "EIPv6",
        },
    })
}

fn with_interfaces(_: &Fixture) -> Value {
    json!({
        "Placement": { "Zone": "ap-guangzhou-3" },
        "ImageId": "img-pmqg1cw7",
        "NetworkInterfaces": [{
            "InterfaceType": "PRIMARY", "VpcId": "vpc-1a2b3c4d", "SubnetId": "subnet-1a2b3c4d",
            "PrivateIpv4AddressCount": 1, "SecurityGroupIds": ["sg-1a2b3c4d"],
        }],
    })
}
