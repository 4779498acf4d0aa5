//! Launch templates and their versions.

use serde_json::{Value, json};

use super::{Baseline, Fixture, accepted, filter, tags};
use crate::sample::PASSWORD;

pub const BASELINES: &[Baseline] = &[
    accepted("CreateLaunchTemplate", |fixture| {
        let mut request = launch(fixture);
        request["LaunchTemplateName"] = json!("web");
        request["LaunchTemplateVersionDescription"] = json!("the first one");
        request["LaunchTemplateTagSpecification"] = tags("instance");
        request
    }),
    accepted("CreateLaunchTemplate", |fixture| {
        json!({
            "LaunchTemplateName": "for a night",
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": fixture.image,
            "LoginSettings": { "KeyIds": [fixture.key_pair] },
            "DisasterRecoverGroupIds": [fixture.group],
            "InstanceChargeType": "SPOTPAID",
            "InstanceMarketOptions": {
                "SpotOptions": { "MaxPrice": "100", "SpotInstanceType": "one-time" },
                "MarketType": "spot",
            },
        })
    }),
    accepted("CreateLaunchTemplate", |_| {
        json!({
            "LaunchTemplateName": "with interfaces",
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
    accepted("CreateLaunchTemplate", |_| {
        json!({
            "LaunchTemplateName": "by the month",
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": "img-pmqg1cw7",
            "InstanceChargeType": "PREPAID",
            "InstanceChargePrepaid": { "Period": 1, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" },
        })
    }),
    accepted("CreateLaunchTemplateVersion", |fixture| {
        let mut request = launch(fixture);
        request["LaunchTemplateId"] = json!(fixture.launch_template);
        request["LaunchTemplateVersion"] = json!(1);
        request["LaunchTemplateVersionDescription"] = json!("the third one");
        request
    }),
    accepted("CreateLaunchTemplateVersion", |fixture| {
        let placement = json!({ "Zone": "ap-guangzhou-4" });
        json!({ "Placement": placement, "LaunchTemplateId": fixture.launch_template })
    }),
    accepted("CreateLaunchTemplateVersion", |fixture| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "LaunchTemplateId": fixture.launch_template,
            "InstanceChargeType": "PREPAID",
            "InstanceChargePrepaid": { "Period": 1 },
            "LoginSettings": { "Password": PASSWORD },
            "ClientToken": "a-token-of-my-own",
        })
    }),
    accepted(
        "DescribeLaunchTemplates",
        |fixture| json!({ "LaunchTemplateIds": [fixture.launch_template], "Offset": 0, "Limit": 10 }),
    ),
    accepted(
        "DescribeLaunchTemplates",
        |_| json!({ "Filters": [filter("LaunchTemplateName", &["workers"])] }),
    ),
    accepted("DescribeLaunchTemplateVersions", |fixture| {
        json!({
            "LaunchTemplateId": fixture.launch_template,
            "MinVersion": 1,
            "MaxVersion": 2,
            "Offset": 0,
            "Limit": 10,
            "DefaultVersion": true,
        })
    }),
    accepted("DescribeLaunchTemplateVersions", |fixture| {
        let id = &fixture.launch_template;
        json!({ "LaunchTemplateId": id, "LaunchTemplateVersions": [1, 2] })
    }),
    accepted(
        "ModifyLaunchTemplateDefaultVersion",
        |fixture| json!({ "LaunchTemplateId": fixture.launch_template, "DefaultVersion": 2 }),
    ),
    accepted(
        "DeleteLaunchTemplateVersions",
        |fixture| json!({ "LaunchTemplateId": fixture.launch_template, "LaunchTemplateVersions": [2] }),
    ),
    accepted(
        "DeleteLaunchTemplate",
        |fixture| json!({ "LaunchTemplateId": fixture.launch_template }),
    ),
];

/// The launch parameters that a template can contain.
fn launch(_: &Fixture) -> Value {
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
