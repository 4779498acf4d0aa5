//! Launch templates and their versions.

use serde_json::{Value, json};

use super::{Baseline, Scene, done, filter, refused, tags};
use crate::sample::PASSWORD;

pub const BASELINES: &[Baseline] = &[
    done("CreateLaunchTemplate", |scene| {
        let mut request = launch(scene);
        request["LaunchTemplateName"] = json!("web");
        request["LaunchTemplateVersionDescription"] = json!("the first one");
        request["LaunchTemplateTagSpecification"] = tags("instance");
        request
    }),
    done("CreateLaunchTemplate", |scene| {
        json!({
            "LaunchTemplateName": "for a night",
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": scene.image,
            "LoginSettings": { "KeyIds": [scene.key_pair] },
            "DisasterRecoverGroupIds": [scene.group],
            "InstanceChargeType": "SPOTPAID",
            "InstanceMarketOptions": {
                "SpotOptions": { "MaxPrice": "100", "SpotInstanceType": "one-time" },
                "MarketType": "spot",
            },
        })
    }),
    refused("CreateLaunchTemplate", "UnsupportedOperation", |_| {
        json!({
            "LaunchTemplateName": "not imitated",
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": "img-pmqg1cw7",
            "ActionTimer": {
                "TimerAction": "TerminateInstances", "ActionTime": "2024-01-31T08:00:00Z",
            },
            "NetworkInterfaces": [{
                "InterfaceType": "PRIMARY", "VpcId": "vpc-1a2b3c4d", "SubnetId": "subnet-1a2b3c4d",
                "PrivateIpv4AddressCount": 1,
            }],
        })
    }),
    done("CreateLaunchTemplate", |_| {
        json!({
            "LaunchTemplateName": "by the month",
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": "img-pmqg1cw7",
            "InstanceChargeType": "PREPAID",
            "InstanceChargePrepaid": { "Period": 1, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" },
        })
    }),
    done("CreateLaunchTemplateVersion", |scene| {
        let mut request = launch(scene);
        request["LaunchTemplateId"] = json!(scene.launch_template);
        request["LaunchTemplateVersion"] = json!(1);
        request["LaunchTemplateVersionDescription"] = json!("the third one");
        request
    }),
    done("CreateLaunchTemplateVersion", |scene| {
        let placement = json!({ "Zone": "ap-guangzhou-4" });
        json!({ "Placement": placement, "LaunchTemplateId": scene.launch_template })
    }),
    done("CreateLaunchTemplateVersion", |scene| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "LaunchTemplateId": scene.launch_template,
            "InstanceChargeType": "PREPAID",
            "InstanceChargePrepaid": { "Period": 1 },
            "LoginSettings": { "Password": PASSWORD },
            "ClientToken": "a-token-of-my-own",
        })
    }),
    done(
        "DescribeLaunchTemplates",
        |scene| json!({ "LaunchTemplateIds": [scene.launch_template], "Offset": 0, "Limit": 10 }),
    ),
    done(
        "DescribeLaunchTemplates",
        |_| json!({ "Filters": [filter("LaunchTemplateName", &["workers"])] }),
    ),
    done("DescribeLaunchTemplateVersions", |scene| {
        json!({
            "LaunchTemplateId": scene.launch_template,
            "MinVersion": 1,
            "MaxVersion": 2,
            "Offset": 0,
            "Limit": 10,
            "DefaultVersion": true,
        })
    }),
    done("DescribeLaunchTemplateVersions", |scene| {
        let id = &scene.launch_template;
        json!({ "LaunchTemplateId": id, "LaunchTemplateVersions": [1, 2] })
    }),
    done(
        "ModifyLaunchTemplateDefaultVersion",
        |scene| json!({ "LaunchTemplateId": scene.launch_template, "DefaultVersion": 2 }),
    ),
    done(
        "DeleteLaunchTemplateVersions",
        |scene| json!({ "LaunchTemplateId": scene.launch_template, "LaunchTemplateVersions": [2] }),
    ),
    done("DeleteLaunchTemplate", |scene| json!({ "LaunchTemplateId": scene.launch_template })),
];

/// The launch parameters that a template can contain.
fn launch(_: &Scene) -> Value {
    json!({
        "Placement": { "Zone": "ap-guangzhou-3", "ProjectId": 0 },
        "ImageId": "img-pmqg1cw7",
        "InstanceType": "S5.MEDIUM4",
        "SystemDisk": { "DiskType": "CLOUD_PREMIUM", "DiskSize": 50 },
        "DataDisks": [{ "DiskSize": 100, "DiskType": "CLOUD_PREMIUM", "DeleteWithInstance": true }],
        "VirtualPrivateCloud": {
            "VpcId": "vpc-1a2b3c4d", "SubnetId": "subnet-1a2b3c4d", "AsVpcGateway": false,
        },
        "InternetAccessible": {
            "InternetChargeType": "TRAFFIC_POSTPAID_BY_HOUR", "InternetMaxBandwidthOut": 10,
            "PublicIpAssigned": true,
        },
        "InstanceCount": 2,
        "InstanceName": "web{R:1}",
        "LoginSettings": { "KeepImageLogin": "false" },
        "SecurityGroupIds": ["sg-1a2b3c4d"],
        "EnhancedService": {
            "SecurityService": { "Enabled": true }, "MonitorService": { "Enabled": true },
            "AutomationService": { "Enabled": true },
        },
        "HostName": "web",
        "TagSpecification": tags("instance"),
        "UserData": "ZWNobyBoZWxsbw==",
        "DryRun": false,
        "CamRoleName": "reader",
        "InstanceChargeType": "POSTPAID_BY_HOUR",
        "DisableApiTermination": false,
        "Metadata": { "Items": [{ "Key": "rack", "Value": "7" }] },
        "TemplateDataModifyAction": "Replace",
    })
}
