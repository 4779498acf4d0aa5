//! A RunInstances request with most of its members set.

use cvm_models::actions::RunInstances;
use cvm_protocol::json;

/// The request as JSON.
pub const TEXT: &str = r#"
    {"InstanceChargeType":"PREPAID","InstanceChargePrepaid":{"Period":12,"RenewFlag":"NOTIFY_AND_AUTO_RENEW"},
    "Placement":{"Zone":"ap-guangzhou-6","ProjectId":1210293},"InstanceType":"S5.MEDIUM8",
    "ImageId":"img-9qabwvbn","SystemDisk":{"DiskType":"CLOUD_PREMIUM","DiskSize":50,"DiskName":"root"},
    "DataDisks":[{"DiskSize":200,"DiskType":"CLOUD_SSD","DeleteWithInstance":true,"Encrypt":false},
    {"DiskSize":500,"DiskType":"CLOUD_PREMIUM","DeleteWithInstance":false,"SnapshotId":"snap-r9unnd89"}],
    "VirtualPrivateCloud":{"VpcId":"vpc-p2q7z1bd","SubnetId":"subnet-fk3t8vga","AsVpcGateway":false,
    "PrivateIpAddresses":["172.16.32.78","172.16.32.79"]},
    "InternetAccessible":{"InternetChargeType":"TRAFFIC_POSTPAID_BY_HOUR","InternetMaxBandwidthOut":10,
    "PublicIpAssigned":true},"InstanceCount":2,"MinCount":1,"InstanceName":"web{R:1}",
    "LoginSettings":{"KeyIds":["skey-4vbpj5ej"]},"SecurityGroupIds":["sg-efil73jd","sg-r3k8d1mw"],
    "EnhancedService":{"SecurityService":{"Enabled":true},"MonitorService":{"Enabled":true},
    "AutomationService":{"Enabled":false}},"ClientToken":"5f4a6b7c-1f2e-4a5d-9c8b-0123456789ab",
    "HostName":"web-checkout","DisasterRecoverGroupIds":["ps-3q8kx1zz"],
    "TagSpecification":[{"ResourceType":"instance","Tags":[{"Key":"team","Value":"checkout"},
    {"Key":"environment","Value":"production"}]}],
    "UserData":"IyEvYmluL3NoCmN1cmwgLXNmIGh0dHA6Ly8xNjkuMjU0LjAuMjMvbGF0ZXN0L21ldGEtZGF0YS8K",
    "Metadata":{"Items":[{"Key":"cluster","Value":"checkout-1"}]},"DryRun":false,
    "CpuTopology":{"CoreCount":1,"ThreadPerCore":2},"CamRoleName":"checkout",
    "DisableApiTermination":true,"EnableJumboFrame":false}"#;

/// The request as its struct.
pub fn request() -> RunInstances {
    let text: String = TEXT.lines().map(str::trim).collect();
    let mut request = RunInstances::default();
    let report = json::from_slice(&mut request, text.as_bytes()).expect("the launch is JSON");
    assert!(report.drifts.is_empty(), "the launch deviates from the specification: {report:?}");
    request
}

/// The request as compact JSON.
pub fn text() -> String {
    TEXT.lines().map(str::trim).collect()
}
