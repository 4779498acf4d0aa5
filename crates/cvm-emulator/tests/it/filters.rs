//! Filters of all lists: each filter of the specification is supported or refused, and a supported one returns exactly
//! the items that show one of its values.

use std::collections::BTreeSet;

use cvm_emulator::{ChcServer, Cloud};
use cvm_protocol::ActionInfo;
use serde_json::{Value, json};

use crate::support::*;

/// How the items of a list show what a filter compares.
enum Shown {
    /// The value is one of these members, or an item of one.
    Equals(&'static [&'static str]),
    /// The value is a part of this member.
    IsPartOf(&'static str),
    /// The value is not after this time.
    IsUntil(&'static str),
    /// The value is not before this time.
    IsFrom(&'static str),
    /// The value is a key of a tag.
    IsTagKey,
    /// The value is the value of a tag.
    IsTagValue,
    /// The value is that of the tag with the key in the name of the filter.
    IsTag,
    /// The filter orders the items by the member.
    Orders(&'static str),
    /// The items do not show it; these values select these items, by their names.
    Nowhere(&'static str, &'static [(&'static str, &'static str)]),
    /// The emulator does not support the filter.
    Refused(&'static str),
}

/// How the items of an action show what a filter compares.
fn shown(action: &str, filter: &str) -> Shown {
    use Shown::*;
    const NAME: &str = "/LaunchTemplateName";
    match (action, filter) {
        ("DescribeLaunchTemplates", "tag-key") => Nowhere(NAME, &[("team", "one"), ("env", "two")]),
        ("DescribeLaunchTemplates", "tag-value") => {
            Nowhere(NAME, &[("blue", "one"), ("test", "two")])
        }
        ("DescribeLaunchTemplates", "tag:tag-key") => Nowhere(NAME, &[("blue", "one")]),
        ("DescribeLaunchTemplates", "LaunchTemplateName") => Equals(&[NAME]),
        (_, "tag-key") => IsTagKey,
        (_, "tag-value") => IsTagValue,
        (_, "tag:tag-key") => IsTag,
        // No image is cached in a dedicated cluster.
        ("DescribeImages", "dedicated-cluster-id") => Refused("cluster-00000001"),
        ("DescribeImages", "cdc-cache-status") => Refused("CACHED"),
        ("DescribeInstances", "ipv6-address") => Equals(&["/IPv6Addresses"]),
        ("DescribeZoneInstanceConfigInfos", "sort-keys") => Orders("/Cpu"),
        ("DescribeInstances", "instance-name") => IsPartOf("/InstanceName"),
        ("DescribeImages", "image-name") => IsPartOf("/ImageName"),
        ("DescribeImages", "platform") => IsPartOf("/Platform"),
        (_, "creation-start-time") => IsUntil("/CreatedTime"),
        (_, "creation-end-time") => IsFrom("/CreatedTime"),
        ("DescribeChcHosts", "vpc-id") => {
            Equals(&["/BmcVirtualPrivateCloud/VpcId", "/DeployVirtualPrivateCloud/VpcId"])
        }
        ("DescribeChcHosts", "subnet-id") => {
            Equals(&["/BmcVirtualPrivateCloud/SubnetId", "/DeployVirtualPrivateCloud/SubnetId"])
        }
        ("DescribeInstances" | "DescribeHosts" | "DescribeChcHosts", "zone") => {
            Equals(&["/Placement/Zone"])
        }
        ("DescribeKeyPairs", "project-id") => Equals(&["/ProjectId"]),
        (_, "project-id") => Equals(&["/Placement/ProjectId"]),
        ("DescribeInstances", "host-id") => Equals(&["/Placement/HostId"]),
        (_, name) => Equals(match name {
            "dedicated-cluster-id" => &["/DedicatedClusterId"],
            "dedicated-resource-pack-id" => &["/DedicatedResourcePackId"],
            "device-type" => &["/DeviceType"],
            "host-id" => &["/HostId"],
            "host-name" => &["/HostName"],
            "host-state" => &["/HostState"],
            "host-type" => &["/HostType"],
            "image-id" => &["/ImageId"],
            "image-type" => &["/ImageType"],
            "instance-charge-type" => &["/InstanceChargeType"],
            "instance-family" => &["/InstanceFamily"],
            "instance-id" => &["/InstanceId"],
            "instance-name" => &["/InstanceName"],
            "instance-state" => &["/InstanceState"],
            "instance-type" => &["/InstanceType"],
            "key-name" => &["/KeyName"],
            "private-ip-address" => &["/PrivateIpAddresses"],
            "public-ip-address" => &["/PublicIpAddresses"],
            "security-group-id" => &["/SecurityGroupIds"],
            "sn" => &["/SerialNumber"],
            "status" => &["/Status"],
            "subnet-id" => &["/VirtualPrivateCloud/SubnetId"],
            "uuid" => &["/Uuid"],
            "vpc-id" => &["/VirtualPrivateCloud/VpcId"],
            "zone" => &["/Zone"],
            name => panic!("{action} has the new filter {name}: say which member shows it"),
        }),
    }
}

/// A cloud with at least two items in each list, which differ in everything that a filter compares.
pub struct World {
    pub cloud: Cloud,
    /// An instance that cannot change to every type.
    restricted: String,
}

fn tags(kind: &str, key: &str, value: &str) -> Value {
    json!([{ "ResourceType": kind, "Tags": [{ "Key": key, "Value": value }] }])
}

pub fn world() -> World {
    let cloud = cloud();
    let term = json!({ "Period": 1, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" });
    let host = json!({
        "Placement": { "Zone": "ap-guangzhou-3", "ProjectId": 7 }, "HostChargePrepaid": term,
        "TagSpecification": tags("host", "team", "blue"),
    });
    let host = string(&send_ok(&cloud, "AllocateHosts", host)["HostIdSet"][0]);
    advance(&cloud, 60);
    send_ok(&cloud, "ModifyHostsAttribute", json!({ "HostIds": [host], "HostName": "big" }));

    let restricted = launch(
        &cloud,
        json!({
            "InstanceName": "web",
            "DataDisks": [{ "DiskType": "LOCAL_BASIC", "DiskSize": 100 }],
            "SecurityGroupIds": ["sg-00000001", "sg-00000002"],
        }),
    )
    .remove(0);
    advance(&cloud, 3_600);
    let prepaid = launch(
        &cloud,
        json!({
            "Placement": { "Zone": "ap-guangzhou-4", "ProjectId": 7 },
            "InstanceName": "web-db",
            "SecurityGroupIds": ["sg-00000002"],
            "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": 1 },
            "VirtualPrivateCloud": { "VpcId": "vpc-00000001", "SubnetId": "subnet-00000005" },
            "InternetAccessible": { "InternetMaxBandwidthOut": 5 },
            "TagSpecification": tags("instance", "team", "blue"),
        }),
    )
    .remove(0);
    launch(
        &cloud,
        json!({
            "Placement": { "Zone": "ap-guangzhou-3", "HostIds": [host] },
            "InstanceChargeType": "CDHPAID", "InstanceType": "CDH_1C1G",
            "VirtualPrivateCloud": { "VpcId": "vpc-00000002", "SubnetId": "subnet-00000003" },
            "InternetAccessible": { "InternetMaxBandwidthOut": 5 },
            "TagSpecification": tags("instance", "env", "test"),
        }),
    );
    for number in [1, 2] {
        let (subnet, cluster) =
            (format!("subnet-0000000{number}"), format!("cluster-0000000{number}"));
        launch(
            &cloud,
            json!({
                "InstanceChargeType": "CDCPAID", "DedicatedClusterId": cluster,
                "VirtualPrivateCloud": {
                    "VpcId": "vpc-00000001", "SubnetId": subnet, "Ipv6AddressCount": 1,
                },
            }),
        );
    }
    advance(&cloud, 20);
    send_ok(&cloud, "StopInstances", json!({ "InstanceIds": [restricted] }));
    let image = json!({
        "ImageName": "web", "InstanceId": prepaid,
        "TagSpecification": tags("image", "team", "blue"),
    });
    send_ok(&cloud, "CreateImage", image);

    for (number, zone) in [(1, "ap-guangzhou-3"), (2, "ap-guangzhou-4")] {
        let mut server = ChcServer::new(zone, format!("SN-{number}"));
        server.device_type = format!("MODEL-{number}");
        let chc = cloud.add_chc_host(&server).unwrap();
        if number == 2 {
            let network = json!({ "VpcId": "vpc-00000003", "SubnetId": "subnet-00000004" });
            let body = json!({ "ChcIds": [chc], "BmcVirtualPrivateCloud": network });
            send_ok(&cloud, "ConfigureChcAssistVpc", body);
            advance(&cloud, 60);
        }
    }
    for (number, (key, value)) in [("team", "blue"), ("env", "test")].into_iter().enumerate() {
        let name = ["one", "two"][number];
        let group = json!({
            "Name": name, "Type": "HOST", "TagSpecification": tags("ps", key, value),
        });
        send_ok(&cloud, "CreateDisasterRecoverGroup", group);
        let cluster = json!({
            "Zone": "ap-guangzhou-6", "Name": name, "TagSpecification": tags("hpc", key, value),
        });
        send_ok(&cloud, "CreateHpcCluster", cluster);
        let pair = json!({
            "KeyName": name, "ProjectId": number, "TagSpecification": tags("keypair", key, value),
        });
        send_ok(&cloud, "CreateKeyPair", pair);
        let template = run_request(json!({
            "LaunchTemplateName": name,
            "LaunchTemplateTagSpecification": tags("instance", key, value),
        }));
        send_ok(&cloud, "CreateLaunchTemplate", template);
    }
    for (zone, name) in
        [("ap-guangzhou-3", "SA9.96XLARGE1152"), ("ap-guangzhou-2", "S9.36XLARGE576")]
    {
        let pack = json!({ "Zone": zone, "InstanceType": name, "InstanceCount": 1, "Period": 1 });
        send_ok(&cloud, "PurchaseResourcePoolPacks", pack);
        advance(&cloud, 20);
    }
    // This host is still being set up.
    let second = json!({
        "Placement": { "Zone": "ap-guangzhou-4" }, "HostType": "HM20", "HostChargePrepaid": term,
        "TagSpecification": tags("host", "env", "test"),
    });
    send_ok(&cloud, "AllocateHosts", second);
    World { cloud, restricted }
}

/// The request for all items of an action, and the member with the items.
fn all_items(world: &World, action: &str) -> (Value, &'static str) {
    let page = json!({ "Limit": 100 });
    match action {
        "DescribeChcHosts" => (page, "ChcHostSet"),
        "DescribeDisasterRecoverGroups" => (page, "DisasterRecoverGroupSet"),
        "DescribeHosts" => (page, "HostSet"),
        "DescribeHpcClusters" => (page, "HpcClusterSet"),
        "DescribeImages" => (page, "ImageSet"),
        "DescribeInstanceTypeConfigs" => (json!({}), "InstanceTypeConfigSet"),
        "DescribeInstances" => (page, "InstanceSet"),
        "DescribeInstancesModification" => {
            (json!({ "InstanceIds": [world.restricted] }), "InstanceTypeConfigStatusSet")
        }
        "DescribeKeyPairs" => (page, "KeyPairSet"),
        "DescribeLaunchTemplates" => (page, "LaunchTemplateSet"),
        "DescribeResourcePoolPackTypeConfigs" => {
            let zones = ["ap-guangzhou-1", "ap-guangzhou-2"];
            (json!({ "Filters": [{ "Name": "zone", "Values": zones }] }), "InstanceTypeConfigSet")
        }
        "DescribeResourcePoolPacks" => (json!({}), "DedicatedResourcePackSet"),
        "DescribeZoneInstanceConfigInfos" => (json!({}), "InstanceTypeQuotaSet"),
        action => panic!("{action} is a new list with filters: say how all items are read"),
    }
}

/// The request with one more filter, which replaces one of the same name.
fn filtered(request: &Value, name: &str, value: &str) -> Value {
    let mut filters = request["Filters"].as_array().cloned().unwrap_or_default();
    filters.retain(|filter| filter["Name"] != name);
    filters.push(json!({ "Name": name, "Values": [value] }));
    merge(request.clone(), json!({ "Filters": filters }))
}

/// The texts of a member, or of the items of a list.
fn texts(item: &Value, pointer: &str) -> Vec<String> {
    match item.pointer(pointer) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.iter().map(string).collect(),
        Some(Value::String(text)) => vec![text.clone()],
        Some(value) => vec![value.to_string()],
    }
}

/// The keys and values of the tags of an item.
fn tags_of(item: &Value) -> Vec<(String, String)> {
    let tags = item["Tags"].as_array().cloned().unwrap_or_default();
    tags.iter().map(|tag| (string(&tag["Key"]), string(&tag["Value"]))).collect()
}

impl Shown {
    /// The values that an item shows.
    fn values(&self, item: &Value) -> Vec<String> {
        match self {
            Self::Equals(pointers) => {
                pointers.iter().flat_map(|pointer| texts(item, pointer)).collect()
            }
            Self::IsPartOf(pointer) | Self::IsUntil(pointer) | Self::IsFrom(pointer) => {
                texts(item, pointer)
            }
            Self::IsTagKey => tags_of(item).into_iter().map(|(key, _)| key).collect(),
            Self::IsTagValue | Self::IsTag => {
                tags_of(item).into_iter().map(|(_, value)| value).collect()
            }
            Self::Orders(_) | Self::Nowhere(..) | Self::Refused(_) => Vec::new(),
        }
    }

    /// Whether an item matches a value.
    fn matches(&self, item: &Value, value: &str) -> bool {
        let shown = self.values(item);
        match self {
            Self::IsPartOf(_) => shown.iter().any(|text| text.contains(value)),
            Self::IsUntil(_) => shown.iter().all(|time| time.as_str() >= value),
            Self::IsFrom(_) => shown.iter().all(|time| time.as_str() <= value),
            Self::IsTag => tags_of(item).iter().any(|(key, own)| key == TAG && own == value),
            _ => shown.iter().any(|text| text == value),
        }
    }
}

/// The key of the tag that the filter `tag:KEY` compares.
const TAG: &str = "team";

/// The largest number of values of one filter that are tried.
const MAX_VALUES: usize = 20;

/// A list and all of its items.
struct List<'a> {
    world: &'a World,
    action: &'a str,
    /// The request for all items.
    request: Value,
    all: Vec<Value>,
}

impl<'a> List<'a> {
    fn of(world: &'a World, action: &'a str) -> Self {
        let (request, _) = all_items(world, action);
        let mut list = Self { world, action, request, all: Vec::new() };
        list.all = list.items(list.request.clone());
        list
    }

    fn items(&self, request: Value) -> Vec<Value> {
        let (_, member) = all_items(self.world, self.action);
        send_ok(&self.world.cloud, self.action, request)[member].as_array().unwrap().clone()
    }

    fn filtered(&self, name: &str, value: &str) -> Vec<Value> {
        self.items(filtered(&self.request, name, value))
    }

    /// Compares the items for each shown value with those that show it.
    fn check_values(&self, shown: &Shown, name: &str) {
        let values: BTreeSet<_> = self.all.iter().flat_map(|item| shown.values(item)).collect();
        let mut selects = false;
        for value in values.iter().filter(|value| !value.is_empty()).take(MAX_VALUES) {
            let matching = self.all.iter().filter(|item| shown.matches(item, value));
            let expected: Vec<_> = matching.cloned().collect();
            assert_eq!(self.filtered(name, value), expected, "{} {name}={value}", self.action);
            selects |= !expected.is_empty() && expected.len() < self.all.len();
        }
        assert!(selects, "{} {name}: {values:?} select everything or nothing", self.action);
    }

    fn check_filter(&self, known: &str) {
        let action = self.action;
        let name = if known == "tag:tag-key" { format!("tag:{TAG}") } else { known.to_owned() };
        match shown(action, known) {
            Shown::Orders(pointer) => {
                let found = self.filtered(&name, "cpu:desc");
                assert_eq!(found.len(), self.all.len());
                let key = |item: &Value| item.pointer(pointer).unwrap().as_i64();
                assert!(found.iter().map(key).is_sorted_by(|one, next| one >= next));
                assert_ne!(found, self.all);
            }
            Shown::Nowhere(pointer, selected) => {
                assert!(self.all.len() > 1);
                for (value, expected) in selected {
                    let found = self.filtered(&name, value);
                    let found: Vec<_> = found.iter().flat_map(|it| texts(it, pointer)).collect();
                    assert_eq!(found, [*expected], "{action} {name}={value}");
                }
            }
            Shown::Refused(value) => {
                let request = filtered(&self.request, &name, value);
                let response = send(&self.world.cloud, action, request);
                assert_eq!(error_code(&response), "UnsupportedOperation", "{response}");
                let message = string(&response["Error"]["Message"]);
                assert!(message.contains(&format!("the filter `{name}` of {action}")), "{message}");
            }
            shown => self.check_values(&shown, &name),
        }
    }
}

fn lists() -> impl Iterator<Item = &'static ActionInfo> {
    cvm_models::ACTIONS.iter().copied().filter(|info| !info.filters.is_empty())
}

#[test]
fn every_filter_returns_the_items_that_show_its_value_or_is_refused() {
    let world = world();
    let mut count = 0;
    for info in lists().filter(|info| info.name != "DescribeAccountQuota") {
        let list = List::of(&world, info.name);
        for filter in info.filters {
            list.check_filter(filter.name);
            count += 1;
        }
    }
    assert!(count >= 70, "only {count} filters were checked");
}

#[test]
fn account_quotas_are_filtered_by_zone_and_kind() {
    let cloud = cloud();
    let quotas = |name: &str, value: &str| {
        let body = filtered(&json!({}), name, value);
        let response = send_ok(&cloud, "DescribeAccountQuota", body);
        response["AccountQuotaOverview"]["AccountQuota"].as_object().unwrap().clone()
    };
    let info = lists().find(|info| info.name == "DescribeAccountQuota").unwrap();
    for filter in info.filters {
        match filter.name {
            "zone" => {
                let found = quotas("zone", "ap-guangzhou-3");
                let rows = found["PostPaidQuotaSet"].as_array().unwrap();
                assert_eq!((rows.len(), &rows[0]["Zone"]), (1, &json!("ap-guangzhou-3")));
            }
            "quota-type" => {
                assert!(!filter.values.is_empty());
                for kind in filter.values {
                    let found = quotas("quota-type", kind);
                    let is_empty = |set: &Value| set.as_array().is_none_or(Vec::is_empty);
                    let full: Vec<_> = found
                        .iter()
                        .filter(|(_, set)| !is_empty(set))
                        .map(|(name, _)| name)
                        .collect();
                    assert_eq!(full, [kind]);
                }
            }
            name => panic!("DescribeAccountQuota has the new filter {name}"),
        }
    }
}
