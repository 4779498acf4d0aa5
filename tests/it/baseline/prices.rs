//! Price inquiries. None of them changes anything.

use serde_json::json;

use super::{Baseline, done, tags};

pub const BASELINES: &[Baseline] = &[
    done("InquiryPriceRunInstances", |_| {
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
    done("InquiryPriceRunInstances", |_| {
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
    done("InquiryPriceRunInstances", |scene| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": "img-pmqg1cw7",
            "LaunchTemplate": {
                "LaunchTemplateId": scene.launch_template, "LaunchTemplateVersion": 2,
            },
        })
    }),
    done("InquiryPriceRenewInstances", |scene| {
        json!({
            "InstanceIds": [scene.prepaid],
            "InstanceChargePrepaid": { "Period": 24, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" },
            "DryRun": false,
            "RenewPortableDataDisk": true,
        })
    }),
    done("InquiryPriceModifyInstancesChargeType", |scene| {
        json!({
            "InstanceIds": [scene.running, scene.stopped],
            "InstanceChargeType": "PREPAID",
            "InstanceChargePrepaid": { "Period": 1, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" },
            "ModifyPortableDataDisk": true,
        })
    }),
    done("InquiryPriceResetInstance", |scene| {
        json!({
            "InstanceId": scene.running,
            "ImageId": "img-487zeit5",
            "SystemDisk": { "DiskSize": 100 },
            "LoginSettings": { "KeepImageLogin": "false" },
            "EnhancedService": { "SecurityService": { "Enabled": true } },
            "UserData": "ZWNobyBoZWxsbw==",
        })
    }),
    done(
        "InquiryPriceResetInstancesType",
        |scene| json!({ "InstanceIds": [scene.running], "InstanceType": "S5.LARGE8" }),
    ),
    done("InquiryPriceResetInstancesInternetMaxBandwidth", |scene| {
        json!({
            "InstanceIds": [scene.running, scene.stopped],
            "InternetAccessible": { "InternetMaxBandwidthOut": 20 },
        })
    }),
    done("InquiryPriceResetInstancesInternetMaxBandwidth", |scene| {
        json!({
            "InstanceIds": [scene.prepaid],
            "InternetAccessible": { "InternetMaxBandwidthOut": 10 },
            "StartTime": "2023-11-15",
            "EndTime": "2023-12-01",
        })
    }),
    done("InquiryPriceResizeInstanceDisks", |scene| {
        json!({
            "InstanceId": scene.running,
            "SystemDisk": { "DiskSize": 100 },
            "ForceStop": false,
            "ResizeOnline": true,
        })
    }),
    done("InquiryPriceResizeInstanceDisks", |scene| {
        let disk = json!({ "DiskId": scene.disk, "DiskSize": 200 });
        json!({ "InstanceId": scene.stopped, "DataDisks": [disk] })
    }),
    done("InquiryPriceTerminateInstances", |scene| json!({ "InstanceIds": [scene.prepaid] })),
    done("InquiryPriceRenewHosts", |scene| {
        json!({
            "HostIds": [scene.host],
            "HostChargePrepaid": { "Period": 1, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" },
            "DryRun": false,
        })
    }),
    done("InquirePricePurchaseResourcePoolPacks", |_| {
        json!({
            "Zone": "ap-guangzhou-3",
            "InstanceType": "SA9.96XLARGE1152",
            "InstanceCount": 1,
            "Period": 12,
        })
    }),
];
