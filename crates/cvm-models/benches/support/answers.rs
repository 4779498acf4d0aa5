//! DescribeInstances responses of any length: about 1.8 KB for each instance, with members in the order of the service.

const INSTANCE: &str = r#"
    {"Placement":{"Zone":"ap-guangzhou-6","HostId":null,"ProjectId":1210293,"HostIds":null},
    "InstanceId":"ins-00000000","Uuid":"e85f1388-0422-410d-8e50-bef540e78c18",
    "InstanceState":"RUNNING","RestrictState":"NORMAL","InstanceType":"S5.MEDIUM8","CPU":2,"Memory":8,
    "InstanceName":"web-00000000","InstanceChargeType":"PREPAID",
    "SystemDisk":{"DiskType":"CLOUD_PREMIUM","DiskId":"disk-k2e5lq3s","DiskSize":50,"CdcId":null,"Encrypt":false,"KmsKeyId":""},
    "DataDisks":[{"DiskSize":200,"DiskType":"CLOUD_SSD","DiskId":"disk-bzsodtn1",
    "DeleteWithInstance":true,"SnapshotId":null,"Encrypt":false,"KmsKeyId":null,
    "ThroughputPerformance":0,"CdcId":null,"BurstPerformance":false}],
    "PrivateIpAddresses":["172.16.32.78"],"PublicIpAddresses":["123.207.11.190"],
    "InternetAccessible":{"InternetChargeType":"TRAFFIC_POSTPAID_BY_HOUR",
    "InternetMaxBandwidthOut":10,"PublicIpAssigned":null,"BandwidthPackageId":null},
    "VirtualPrivateCloud":{"VpcId":"vpc-p2q7z1bd","SubnetId":"subnet-fk3t8vga",
    "AsVpcGateway":false,"PrivateIpAddresses":null,"Ipv6AddressCount":null},
    "ImageId":"img-9qabwvbn","OsName":"TencentOS Server 3.1 (TK4)","RenewFlag":"NOTIFY_AND_MANUAL_RENEW",
    "CreatedTime":"2024-03-22T04:21:03Z","ExpiredTime":"2026-03-22T04:21:03Z",
    "LoginSettings":{"KeyIds":["skey-4vbpj5ej"]},"SecurityGroupIds":["sg-efil73jd","sg-r3k8d1mw"],
    "Tags":[{"Key":"team","Value":"checkout"},{"Key":"environment","Value":"production"}],
    "StopChargingMode":"NOT_APPLICABLE","LatestOperation":"ResetInstancesType",
    "LatestOperationState":"SUCCESS","LatestOperationRequestId":"c7de1287-061d-4ace-8caf-6ad8e5a2f29a",
    "LatestOperationErrorMsg":"","DisasterRecoverGroupId":"ps-3q8kx1zz",
    "DisasterRecoverGroupIds":["ps-3q8kx1zz"],"IPv6Addresses":null,"PublicIPv6Addresses":[],
    "CamRoleName":"","HpcClusterId":"","RdmaIpAddresses":null,"DedicatedClusterId":"",
    "IsolatedSource":"NOTISOLATED","LicenseType":"TencentCloud","DisableApiTermination":true,
    "HostName":"web-00000000.checkout.internal","DefaultLoginUser":"root","DefaultLoginPort":22,
    "EnableJumboFrame":false,"Metadata":{"Items":[]},"CpuTopology":{"CoreCount":null,"ThreadPerCore":null}}"#;

const NUMBER: &str = "00000000";

/// A complete response body with `count` instances.
pub fn answer(count: usize) -> Vec<u8> {
    page(count, 0, count)
}

/// A complete response body with `count` of `total` instances, from `offset` on.
pub fn page(total: usize, offset: usize, count: usize) -> Vec<u8> {
    let template: String = INSTANCE.lines().map(str::trim).collect();
    let instances: Vec<String> = (offset..offset + count)
        .map(|number| template.replace(NUMBER, &format!("{number:08x}")))
        .collect();
    let instances = instances.join(",");
    format!(
        r#"{{"Response":{{"TotalCount":{total},"InstanceSet":[{instances}],"RequestId":"6ef60bec-0242-43af-bb20-270359fb54a7"}}}}"#
    )
    .into_bytes()
}
