//! Instances, from launch to termination.

use serde_json::{Value, json};

use super::{Baseline, Scene, done, filter, network, refused, tags, zone};
use crate::sample::PASSWORD;

pub const BASELINES: &[Baseline] = &[
    done("DescribeInstances", |scene| json!({ "InstanceIds": [scene.running], "Limit": 20 })),
    done("DescribeInstances", |_| json!({ "Filters": [zone()], "Offset": 0, "Limit": 100 })),
    done("DescribeInstances", |scene| {
        let filters = [
            filter("instance-id", &[&scene.running, &scene.stopped]),
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
    done(
        "DescribeInstancesStatus",
        |scene| json!({ "InstanceIds": [scene.running, scene.stopped], "Offset": 0, "Limit": 1 }),
    ),
    done("RunInstances", hourly),
    done("RunInstances", prepaid),
    done("RunInstances", |_| {
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
    done("RunInstances", |scene| {
        let disk =
            json!({ "DiskSize": 100, "DiskType": "CLOUD_SSD", "SnapshotId": scene.snapshots[1] });
        json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": scene.whole_image,
            "DataDisks": [disk],
            "LoginSettings": { "KeyIds": [scene.key_pair] },
        })
    }),
    done("RunInstances", |scene| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": "img-pmqg1cw7",
            "DisasterRecoverGroupIds": [scene.group],
        })
    }),
    done("RunInstances", |scene| {
        let version = json!(2);
        let template = json!({
            "LaunchTemplateId": scene.launch_template, "LaunchTemplateVersion": version,
        });
        json!({ "LaunchTemplate": template, "InstanceCount": 2 })
    }),
    refused("RunInstances", "InvalidParameterValue.LaunchTemplateIdNotExisted", |scene| {
        let mut request = hourly(scene);
        request["LaunchTemplate"] = json!({ "LaunchTemplateId": "lt-1a2b3c4d" });
        request["LaunchTemplate"]["LaunchTemplateVersion"] = json!(2);
        request
    }),
    refused("RunInstances", "InvalidHostId.NotFound", |_| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3", "HostIds": ["host-1a2b3c4d"] },
            "ImageId": "img-pmqg1cw7",
            "InstanceChargeType": "CDHPAID",
            "InstanceType": "CDH_1C1G",
        })
    }),
    refused("RunInstances", "InvalidParameterValue.DedicatedResourcePackIdsNotFound", |_| {
        json!({
            "Placement": {
                "Zone": "ap-guangzhou-3",
                "DedicatedResourcePackTenancy": "ResourcePool",
                "DedicatedResourcePackIds": ["rpp-1a2b3c4d"],
            },
            "ImageId": "img-pmqg1cw7",
        })
    }),
    refused("RunInstances", "ResourceNotFound.HpcCluster", |_| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-6" },
            "ImageId": "img-pmqg1cw7",
            "HpcClusterId": "hpc-1a2b3c4d",
        })
    }),
    refused("RunInstances", "InvalidParameterValue.ChcHostsNotFound", |_| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": "img-pmqg1cw7",
            "ChcIds": ["chc-1a2b3c4d"],
        })
    }),
    done("RunInstances", |_| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": "img-pmqg1cw7",
            "ActionTimer": {
                "TimerAction": "TerminateInstances", "ActionTime": "2024-01-31T08:00:00Z",
                "Externals": { "ReleaseAddress": true, "UnsupportNetworks": ["BASIC"] },
            },
        })
    }),
    refused("RunInstances", "UnsupportedOperation", not_imitated),
    done("StartInstances", |scene| json!({ "InstanceIds": [scene.stopped] })),
    done("StopInstances", |scene| {
        let ids = [&scene.running];
        json!({ "InstanceIds": ids, "StopType": "SOFT", "StoppedMode": "KEEP_CHARGING" })
    }),
    done("StopInstances", |scene| json!({ "InstanceIds": [scene.running], "ForceStop": true })),
    done("StopInstances", |scene| {
        let ids = [&scene.running];
        json!({ "InstanceIds": ids, "StopType": "HARD", "StoppedMode": "STOP_CHARGING" })
    }),
    done("RebootInstances", |scene| json!({ "InstanceIds": [scene.running], "StopType": "HARD" })),
    done(
        "RebootInstances",
        |scene| json!({ "InstanceIds": [scene.running], "ForceReboot": false }),
    ),
    done("ResetInstancesType", |scene| {
        let ids = [&scene.stopped];
        json!({ "InstanceIds": ids, "InstanceType": "S5.MEDIUM4", "ForceStop": false })
    }),
    done("TerminateInstances", |scene| {
        let ids = [&scene.running, &scene.stopped];
        json!({ "InstanceIds": ids, "ReleaseAddress": true, "ReleasePrepaidDataDisks": false })
    }),
    done(
        "TerminateInstances",
        |scene| json!({ "InstanceIds": [scene.prepaid], "ReleasePrepaidDataDisks": true }),
    ),
];

fn hourly(_: &Scene) -> Value {
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

fn prepaid(_: &Scene) -> Value {
    json!({
        "InstanceChargeType": "PREPAID",
        "InstanceChargePrepaid": { "Period": 1, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" },
        "Placement": { "Zone": "ap-guangzhou-3" },
        "ImageId": "img-pmqg1cw7",
        "InstanceType": "S5.SMALL2",
        "VirtualPrivateCloud": network(),
        "LoginSettings": { "KeepImageLogin": "true" },
    })
}

fn not_imitated(_: &Scene) -> Value {
    json!({
        "Placement": { "Zone": "ap-guangzhou-3" },
        "ImageId": "img-pmqg1cw7",
        "NetworkInterfaces": [{
            "InterfaceType": "PRIMARY", "VpcId": "vpc-1a2b3c4d", "SubnetId": "subnet-1a2b3c4d",
            "PrivateIpv4AddressCount": 1, "SecurityGroupIds": ["sg-1a2b3c4d"],
        }],
    })
}
