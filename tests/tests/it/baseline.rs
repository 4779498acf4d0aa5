//! A right request for each action that the emulator models, and the cloud in which it is right.

use serde_json::{Value, json};

use crate::cloud::{Answer, Cloud};
use crate::sample::PASSWORD;
use crate::signed;

/// A cloud with one running and one stopped instance.
pub struct Scene {
    pub cloud: Cloud,
    pub running: String,
    pub stopped: String,
}

impl Scene {
    pub async fn new() -> Self {
        let cloud = Cloud::new();
        let launch = json!({
            "Placement": { "Zone": "ap-guangzhou-3" }, "ImageId": "img-pmqg1cw7",
            "InstanceType": "S5.SMALL2", "InstanceCount": 2,
        });
        let ids = cloud.ask(signed::json("RunInstances", &launch)).await.list("InstanceIdSet");
        let [running, stopped] = ids.try_into().unwrap();
        cloud.wait_a_minute();
        let stop = json!({ "InstanceIds": [stopped] });
        let answer = cloud.ask(signed::json("StopInstances", &stop)).await;
        assert_eq!(answer.code(), None, "{}", answer.message());
        cloud.wait_a_minute();
        Self { cloud, running, stopped }
    }

    /// Everything that can be seen of all instances; the id of the question itself is no part of it.
    pub async fn instances(&self) -> Answer {
        let request = signed::json("DescribeInstances", &json!({ "Limit": 100 }));
        let mut answer = self.cloud.ask(request).await;
        assert_eq!(answer.code(), None, "{}", answer.message());
        answer.0["Response"]["RequestId"] = Value::Null;
        answer
    }
}

/// A right request, and what is answered to it.
pub struct Baseline {
    pub action: &'static str,
    pub request: fn(&Scene) -> Value,
    /// The code of what the emulator refuses although nothing is wrong with the request: things that
    /// are not there, or that it does not imitate.
    pub refused: Option<&'static str>,
}

const fn done(action: &'static str, request: fn(&Scene) -> Value) -> Baseline {
    Baseline { action, request, refused: None }
}

const fn refused(
    action: &'static str,
    code: &'static str,
    request: fn(&Scene) -> Value,
) -> Baseline {
    Baseline { action, request, refused: Some(code) }
}

pub const BASELINES: &[Baseline] = &[
    done("DescribeRegions", |_| json!({})),
    done("DescribeZones", |_| json!({})),
    done("DescribeInstanceTypeConfigs", |_| json!({ "Filters": [zone()] })),
    done("DescribeImages", |_| json!({ "ImageIds": ["img-pmqg1cw7"], "Offset": 0, "Limit": 10 })),
    done("DescribeImages", |_| {
        let filter = json!({ "Name": "image-type", "Values": ["PUBLIC_IMAGE"] });
        json!({ "Filters": [filter], "InstanceType": "S5.SMALL2" })
    }),
    done("DescribeInstances", |scene| json!({ "InstanceIds": [scene.running], "Limit": 20 })),
    done("DescribeInstances", |_| json!({ "Filters": [zone()], "Offset": 0, "Limit": 100 })),
    done(
        "DescribeInstancesStatus",
        |scene| json!({ "InstanceIds": [scene.running, scene.stopped], "Offset": 0, "Limit": 1 }),
    ),
    done("RunInstances", hourly),
    done("RunInstances", prepaid),
    refused("RunInstances", "InvalidParameterValue.LaunchTemplateIdNotExisted", |scene| {
        let mut request = hourly(scene);
        request["LaunchTemplate"] = json!({ "LaunchTemplateId": "lt-1a2b3c4d" });
        request["LaunchTemplate"]["LaunchTemplateVersion"] = json!(2);
        request
    }),
    refused("RunInstances", "UnsupportedOperation", not_imitated),
    done("StartInstances", |scene| json!({ "InstanceIds": [scene.stopped] })),
    done(
        "StopInstances",
        |scene| json!({ "InstanceIds": [scene.running], "StopType": "SOFT", "StoppedMode": "KEEP_CHARGING" }),
    ),
    done("StopInstances", |scene| json!({ "InstanceIds": [scene.running], "ForceStop": true })),
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
];

fn zone() -> Value {
    json!({ "Name": "zone", "Values": ["ap-guangzhou-3"] })
}

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
        "TagSpecification": [
            { "ResourceType": "instance", "Tags": [{ "Key": "team", "Value": "blue" }] },
        ],
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
        "VirtualPrivateCloud": {
            "VpcId": "vpc-1a2b3c4d", "SubnetId": "subnet-1a2b3c4d", "AsVpcGateway": false,
        },
        "LoginSettings": { "KeepImageLogin": "true" },
    })
}

fn not_imitated(_: &Scene) -> Value {
    json!({
        "Placement": { "Zone": "ap-guangzhou-3" },
        "ImageId": "img-pmqg1cw7",
        "ActionTimer": {
            "TimerAction": "TerminateInstances", "ActionTime": "2030-01-31T08:00:00Z",
            "Externals": { "ReleaseAddress": true, "UnsupportNetworks": ["BASIC"] },
        },
        "NetworkInterfaces": [{
            "InterfaceType": "PRIMARY", "VpcId": "vpc-1a2b3c4d", "SubnetId": "subnet-1a2b3c4d",
            "PrivateIpv4AddressCount": 1, "SecurityGroupIds": ["sg-1a2b3c4d"],
        }],
        "CpuTopology": { "CoreCount": 1, "ThreadPerCore": 2 },
        "Metadata": { "Items": [{ "Key": "rack", "Value": "7" }] },
        "InstanceMarketOptions": {
            "SpotOptions": { "MaxPrice": "0.5", "SpotInstanceType": "one-time" },
            "MarketType": "spot",
        },
    })
}

#[test]
fn every_modelled_action_has_a_right_request() {
    let modelled = cvm_emulator::coverage().into_iter().filter(|row| row.modelled);
    let mut modelled: Vec<_> = modelled.map(|row| row.action).collect();
    let mut tested: Vec<_> = BASELINES.iter().map(|baseline| baseline.action).collect();
    modelled.sort_unstable();
    tested.sort_unstable();
    tested.dedup();
    assert_eq!(tested, modelled);
}
