//! Valid requests for the actions of the services beside CVM, in an order in which each finds what it needs.

use std::collections::BTreeMap;

use cvm_protocol::ActionInfo;
use serde_json::{Value, json};

use crate::baseline::Fixture;
use crate::cloud::{ApiResponse, REGION, WEB_IDENTITY_TOKEN};
use crate::neighbor_services::services;
use crate::raw_requests;

/// An action, with its service if another one has an action of this name, and a request, which can name resources of the
/// fixture and those that earlier requests created.
type Call = (&'static str, fn(&Fixture, &Ids) -> Value);

#[rustfmt::skip]
const CALLS: &[Call] = &[
    ("api:DescribeZones", |_, _| json!({ "Product": "cvm" })),

    ("CreateDefaultVpc", |_, _| json!({})),
    ("CreateVpc", |_, _| json!({ "VpcName": "first", "CidrBlock": "10.1.0.0/16", "Tags": tags() })),
    ("CreateSubnet", |_, ids| subnet(ids, "10.1.1.0/24")),
    ("ModifyVpcAttribute", |_, ids| json!({ "VpcId": ids.last("vpc"), "VpcName": "main" })),
    ("ModifySubnetAttribute", |_, ids| json!({ "SubnetId": ids.last("subnet"), "SubnetName": "main" })),
    ("DescribeVpcs", |_, _| json!({})),
    ("DescribeSubnets", |_, _| json!({})),
    ("DescribeUsedIpAddress", |_, _| json!({ "VpcId": "vpc-1a2b3c4d" })),
    ("CreateSecurityGroup", |_, _| json!({ "GroupName": "web", "GroupDescription": "web servers", "Tags": tags() })),
    ("ModifySecurityGroupAttribute", |_, ids| json!({ "SecurityGroupId": ids.last("sg"), "GroupName": "front" })),
    ("CreateSecurityGroupPolicies", |_, ids| policies(ids, template_rule())),
    ("CreateSecurityGroupPolicies", |_, ids| json!({
        "SecurityGroupId": ids.last("sg"), "SecurityGroupPolicySet": { "Egress": [template_rule()] },
    })),
    ("DescribeSecurityGroupPolicies", |_, ids| json!({ "SecurityGroupId": ids.last("sg") })),
    ("DescribeSecurityGroups", |_, _| json!({})),
    ("ModifySecurityGroupPolicies", |_, ids| policies(ids, template_rule())),
    ("RunInstances", |_, ids| json!({
        "Placement": { "Zone": ZONE }, "ImageId": "img-pmqg1cw7", "SecurityGroupIds": [ids.last("sg")],
        "VirtualPrivateCloud": { "VpcId": ids.last("vpc"), "SubnetId": ids.last("subnet") },
    })),
    ("DescribeSecurityGroupAssociationStatistics", |_, ids| json!({ "SecurityGroupIds": [ids.last("sg")] })),
    ("AllocateAddresses", |_, _| json!({ "AddressName": "front", "InternetMaxBandwidthOut": 5, "Tags": tags() })),
    ("AssociateAddress", |_, ids| json!({ "AddressId": ids.last("eip"), "InstanceId": ids.last("ins") })),
    ("AllocateAddresses", |_, _| json!({})),
    ("DescribeAddresses", |_, _| json!({})),
    ("DescribeBandwidthPackages", |_, _| json!({})),
    ("DescribeTaskResult", |_, _| json!({ "TaskId": 60_000_001 })),
    ("ModifyAddressAttribute", |_, ids| json!({ "AddressId": ids.last("eip"), "AddressName": "back" })),
    ("ModifyAddressesBandwidth", |_, ids| json!({ "AddressIds": [ids.last("eip")], "InternetMaxBandwidthOut": 8 })),
    ("ReleaseAddresses", |_, ids| json!({ "AddressIds": [ids.last("eip")] })),
    ("DisassociateAddress", |_, ids| json!({ "AddressId": ids.first("eip") })),
    ("ModifyAddressInternetChargeType", |_, ids| json!({
        "AddressId": ids.first("eip"), "InternetChargeType": "BANDWIDTH_PREPAID_BY_MONTH", "InternetMaxBandwidthOut": 8,
        "AddressChargePrepaid": address_term(),
    })),
    ("RenewAddresses", |_, ids| json!({ "AddressIds": [ids.first("eip")], "AddressChargePrepaid": address_term() })),
    ("DeleteSecurityGroupPolicies", |_, ids| policies(ids, json!({ "PolicyIndex": 0 }))),
    ("CreateSecurityGroup", |_, _| json!({ "GroupName": "spare", "GroupDescription": "spare" })),
    ("DeleteSecurityGroup", |_, ids| json!({ "SecurityGroupId": ids.last("sg") })),
    ("CreateSubnet", |_, ids| subnet(ids, "10.1.2.0/24")),
    ("DeleteSubnet", |_, ids| json!({ "SubnetId": ids.last("subnet") })),
    ("CreateVpc", |_, _| json!({ "VpcName": "spare", "CidrBlock": "10.2.0.0/16" })),
    ("DeleteVpc", |_, ids| json!({ "VpcId": ids.last("vpc") })),

    ("DescribeDiskConfigQuota", |_, _| json!({ "InquiryType": "INQUIRY_CBS_CONFIG", "Zones": [ZONE] })),
    ("InquiryPriceCreateDisks", |_, _| disk_price(json!({ "DiskChargeType": "POSTPAID_BY_HOUR" }))),
    ("InquiryPriceCreateDisks", |_, _| disk_price(json!({
        "DiskChargeType": "PREPAID", "DiskChargePrepaid": { "Period": 1 },
    }))),
    ("CreateDisks", |_, _| json!({
        "Placement": { "Zone": ZONE }, "DiskChargeType": "POSTPAID_BY_HOUR", "DiskType": "CLOUD_PREMIUM",
        "DiskSize": 50, "DiskName": "data", "Tags": tags(),
    })),
    ("ModifyDiskAttributes", |_, ids| json!({ "DiskIds": [ids.last("disk")], "DiskName": "more data" })),
    ("ResizeDisk", |_, ids| json!({ "DiskId": ids.last("disk"), "DiskSize": 60 })),
    ("AttachDisks", |cloud, ids| json!({ "InstanceId": cloud.stopped, "DiskIds": [ids.last("disk")] })),
    ("CreateSnapshot", |_, ids| json!({ "DiskId": ids.last("disk"), "SnapshotName": "daily" })),
    ("DescribeDisks", |_, _| json!({})),
    ("DescribeSnapshots", |_, _| json!({})),
    ("ModifySnapshotAttribute", |_, ids| json!({ "SnapshotId": ids.last("snap"), "SnapshotName": "weekly" })),
    ("DetachDisks", |_, ids| json!({ "DiskIds": [ids.last("disk")] })),
    ("ApplySnapshot", |_, ids| json!({ "SnapshotId": ids.last("snap"), "DiskId": ids.last("disk") })),
    ("DeleteSnapshots", |_, ids| json!({ "SnapshotIds": [ids.last("snap")] })),
    ("ModifyDiskExtraPerformance", |_, ids| json!({ "DiskId": ids.last("disk"), "ThroughputPerformance": 0 })),
    ("ModifyDiskBackupQuota", |_, ids| json!({ "DiskId": ids.last("disk"), "DiskBackupQuota": 2 })),
    ("ModifyDisksChargeType", |_, ids| json!({
        "DiskIds": [ids.last("disk")], "DiskChargePrepaid": { "Period": 1 },
    })),
    ("ModifyDisksRenewFlag", |_, ids| json!({ "DiskIds": [ids.last("disk")], "RenewFlag": "NOTIFY_AND_AUTO_RENEW" })),
    ("TerminateDisks", |_, ids| json!({ "DiskIds": [ids.last("disk")] })),

    ("CreateTag", |_, _| json!({ "TagKey": "stage", "TagValue": "test" })),
    ("DescribeTags", |_, _| json!({})),
    ("DescribeTagKeys", |_, _| json!({})),
    ("DescribeTagValues", |_, _| json!({ "TagKeys": ["stage"] })),
    ("AttachResourcesTag", |cloud, _| resource(cloud, json!({ "TagKey": "stage", "TagValue": "test" }))),
    ("DescribeResourceTagsByResourceIds", |cloud, _| resource(cloud, json!({}))),
    ("DescribeResourceTags", |_, _| json!({ "ServiceType": "cvm", "ResourcePrefix": "instance", "ResourceRegion": REGION })),
    ("DetachResourcesTag", |cloud, _| resource(cloud, json!({ "TagKey": "stage" }))),
    ("TagResources", |cloud, _| json!({
        "ResourceList": [name(cloud)], "Tags": [{ "TagKey": "stage", "TagValue": "test" }],
    })),
    ("GetResources", |cloud, _| json!({ "ResourceList": [name(cloud)] })),
    ("UnTagResources", |cloud, _| json!({ "ResourceList": [name(cloud)], "TagKeys": ["stage"] })),
    ("ModifyResourceTags", |cloud, _| json!({
        "Resource": name(cloud), "ReplaceTags": [{ "TagKey": "stage", "TagValue": "live" }],
    })),
    ("DeleteTag", |_, _| json!({ "TagKey": "stage", "TagValue": "test" })),

    ("AssumeRole", |_, _| json!({ "RoleArn": ROLE, "RoleSessionName": "session" })),
    ("AssumeRoleWithWebIdentity", |_, _| json!({
        "ProviderId": "OIDC", "WebIdentityToken": WEB_IDENTITY_TOKEN, "RoleArn": ROLE, "RoleSessionName": "session",
    })),
    ("GetFederationToken", |_, _| json!({
        "Name": "guest", "Policy": "%7B%22version%22%3A%222.0%22%2C%22statement%22%3A%5B%5D%7D",
    })),
    ("GetCallerIdentity", |_, _| json!({})),
];

const ZONE: &str = "ap-guangzhou-3";

const ROLE: &str = "qcs::cam::uin/100000000001:roleName/reader";

fn tags() -> Value {
    json!([{ "Key": "team", "Value": "blue" }])
}

fn subnet(ids: &Ids, range: &str) -> Value {
    json!({ "VpcId": ids.last("vpc"), "SubnetName": "first", "Zone": ZONE, "CidrBlock": range, "Tags": tags() })
}

/// A rule with templates, as in the sample.
fn template_rule() -> Value {
    json!({
        "ServiceTemplate": { "ServiceId": "ppm-1a2b3c4d" }, "AddressTemplate": { "AddressGroupId": "ipmg-1a2b3c4d" },
        "Action": "ACCEPT", "PolicyDescription": "shell",
    })
}

fn policies(ids: &Ids, policy: Value) -> Value {
    json!({ "SecurityGroupId": ids.last("sg"), "SecurityGroupPolicySet": { "Ingress": [policy] } })
}

fn address_term() -> Value {
    json!({ "Period": 1, "AutoRenewFlag": 0 })
}

fn disk_price(own: Value) -> Value {
    let mut request = json!({ "DiskType": "CLOUD_PREMIUM", "DiskSize": 50 });
    request.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    request
}

/// An instance in the parameters of the tag service.
fn resource(fixture: &Fixture, own: Value) -> Value {
    let mut request = json!({
        "ServiceType": "cvm", "ResourcePrefix": "instance", "ResourceRegion": REGION,
        "ResourceIds": [fixture.stopped],
    });
    request.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    request
}

/// The six-part name of an instance.
fn name(fixture: &Fixture) -> String {
    format!("qcs::cvm:{REGION}:uin/100000000001:instance/{}", fixture.stopped)
}

/// The ids in the responses to creations, by prefix.
#[derive(Default)]
pub struct Ids(BTreeMap<String, Vec<String>>);

impl Ids {
    /// The id that was created last; a plausible one if the emulator creates no such resources.
    fn last(&self, prefix: &str) -> String {
        let known = self.0.get(prefix).and_then(|ids| ids.last());
        known.cloned().unwrap_or_else(|| format!("{prefix}-1a2b3c4d"))
    }

    fn first(&self, prefix: &str) -> String {
        let known = self.0.get(prefix).and_then(|ids| ids.first());
        known.cloned().unwrap_or_else(|| self.last(prefix))
    }

    fn learn(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                if let Some((prefix, rest)) = text.split_once('-')
                    && rest.len() == 8
                    && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
                {
                    let ids = self.0.entry(prefix.to_owned()).or_default();
                    if !ids.contains(text) {
                        ids.push(text.clone());
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            Value::Object(members) => members.values().for_each(|member| self.learn(member)),
            _ => {}
        }
    }
}

/// The action that a call names.
fn find(name: &str) -> &'static ActionInfo {
    let mut all = services().into_iter().flat_map(|(_, actions)| actions);
    all.find(|info| is_named(info, name)).unwrap_or_else(|| panic!("{name}"))
}

fn is_named(info: &ActionInfo, name: &str) -> bool {
    match name.split_once(':') {
        Some((service, action)) => info.service.name == service && info.name == action,
        None => info.name == name,
    }
}

/// Sends all requests; the operations of each are done before the next. Returns the responses of the actions that the
/// emulator serves, all of which must succeed.
pub async fn responses() -> Vec<(&'static ActionInfo, Value)> {
    let fixture = Fixture::new().await;
    let (mut ids, mut responses, mut problems) = (Ids::default(), Vec::new(), Vec::new());
    for (action, request) in CALLS {
        let (info, request) = (find(action), request(&fixture, &ids));
        let response: ApiResponse = fixture.cloud.send(raw_requests::json_of(info, &request)).await;
        fixture.cloud.wait_a_minute();
        match response.code() {
            None if info.name.starts_with("Describe") => {}
            None => ids.learn(response.members()),
            Some(_) if response.message().contains("does not serve") => continue,
            Some(code) => {
                problems.push(format!("{action} {request}: {code}: {}", response.message()));
                continue;
            }
        }
        responses.push((info, response.members().clone()));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    responses
}

#[test]
fn each_action_of_a_neighbor_has_a_valid_request() {
    for (service, actions) in services().into_iter().filter(|(service, _)| *service != "cvm") {
        for info in actions {
            let has_request = CALLS.iter().any(|(name, _)| std::ptr::eq(find(name), *info));
            assert!(has_request, "{service}:{}", info.name);
        }
    }
}
