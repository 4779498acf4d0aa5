//! Price inquiries. None of them changes anything.

use serde_json::json;

use super::{Baseline, accepted, tags};

pub const BASELINES: &[Baseline] = &[
    accepted("InquiryPriceRunInstances", |_| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3", "ProjectId": 0 },
            "ImageId": "img-pmqg1cw7",
            "InstanceChargeType": "PREPAID",
            "InstanceChargePrepaid": { "Period": 12, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" },
            "InstanceType": "S5.MEDIUM4",
            "SystemDisk": { "DiskType": "CLOUD_PREMIUM", "DiskSize": 50 },
            "DataDisks": [{ "DiskSize": 100, "DiskType": "CLOUD_SSD" }],
            "VirtualPrivateCloud": { "VpcId": "vpc-1a2b3c4d", "SubnetId": "subnet-1a2b3c4d" },
            "InternetAccessible": {
                "InternetChargeType": "BANDWIDTH_PREPAID", "InternetMaxBandwidthOut": 10,
                "PublicIpAssigned": true,
            },
            "InstanceCount": 3,
            "InstanceName": "web{R:1}",
            "LoginSettings": { "KeepImageLogin": "false" },
            "SecurityGroupIds": ["sg-1a2b3c4d"],
            "EnhancedService": {
                "SecurityService": { "Enabled": true }, "MonitorService": { "Enabled": true },
            },
            "ClientToken": "a-token-of-my-own",
            "HostName": "web",
            "TagSpecification": tags("instance"),
        })
    }),
    accepted("InquiryPriceRunInstances", |_| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": "img-pmqg1cw7",
            "InstanceType": "S5.MEDIUM4",
            "InstanceChargeType": "SPOTPAID",
            "InstanceMarketOptions": {
                "SpotOptions": { "MaxPrice": "100", "SpotInstanceType": "one-time" },
                "MarketType": "spot",
            },
            "Metadata": { "Items": [{ "Key": "rack", "Value": "7" }] },
            "CpuTopology": { "CoreCount": 1, "ThreadPerCore": 2 },
        })
    }),
    accepted("InquiryPriceRunInstances", |fixture| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": "img-pmqg1cw7",
            "LaunchTemplate": {
                "LaunchTemplateId": fixture.launch_template, "LaunchTemplateVersion": 2,
            },
        })
    }),
    accepted("InquiryPriceRenewInstances", |fixture| {
        json!({
            "InstanceIds": [fixture.prepaid],
            "InstanceChargePrepaid": { "Period": 24, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" },
            "DryRun": false,
            "RenewPortableDataDisk": true,
        })
    }),
    accepted("InquiryPriceModifyInstancesChargeType", |fixture| {
        json!({
            "InstanceIds": [fixture.running, fixture.stopped],
            "InstanceChargeType": "PREPAID",
            "InstanceChargePrepaid": { "Period": 1, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" },
            "ModifyPortableDataDisk": true,
        })
    }),
    accepted("InquiryPriceResetInstance", |fixture| {
        json!({
            "InstanceId": fixture.running,
            "ImageId": "img-487zeit5",
            "SystemDisk": { "DiskSize": 100 },
            "LoginSettings": { "KeepImageLogin": "false" },
            "EnhancedService": { "SecurityService": { "Enabled": true } },
            "UserData": "ZWNobyBoZWxsbw==",
        })
    }),
    accepted(
        "InquiryPriceResetInstancesType",
        |fixture| json!({ "InstanceIds": [fixture.running], "InstanceType": "S5.LARGE8" }),
    ),
    accepted("InquiryPriceResetInstancesInternetMaxBandwidth", |fixture| {
        json!({
            "InstanceIds": [fixture.running, fixture.stopped],
            "InternetAccessible": { "InternetMaxBandwidthOut": 20 },
        })
    }),
    accepted("InquiryPriceResetInstancesInternetMaxBandwidth", |fixture| {
        json!({
            "InstanceIds": [fixture.prepaid],
            "InternetAccessible": { "InternetMaxBandwidthOut": 10 },
            "StartTime": "2023-11-15",
            "EndTime": "2023-12-01",
        })
    }),
    accepted("InquiryPriceResizeInstanceDisks", |fixture| {
        json!({
            "InstanceId": fixture.running,
            "SystemDisk": { "DiskSize": 100 },
            "ForceStop": false,
            "ResizeOnline": true,
        })
    }),
    accepted("InquiryPriceResizeInstanceDisks", |fixture| {
        let disk = json!({ "DiskId": fixture.disk, "DiskSize": 200 });
        json!({ "InstanceId": fixture.stopped, "DataDisks": [disk] })
    }),
    accepted(
        "InquiryPriceTerminateInstances",
        |fixture| json!({ "InstanceIds": [fixture.prepaid] }),
    ),
    accepted("InquiryPriceRenewHosts", |fixture| {
        json!({
            "HostIds": [fixture.host],
            "HostChargePrepaid": { "Period": 1, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" },
            "DryRun": false,
        })
    }),
    accepted("InquirePricePurchaseResourcePoolPacks", |_| {
        json!({
            "Zone": "ap-guangzhou-3",
            "InstanceType": "SA9.96XLARGE1152",
            "InstanceCount": 1,
            "Period": 12,
        })
    }),
];
