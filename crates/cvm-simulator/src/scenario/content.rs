//! The content of a scenario: accounts and their resources. Other members refer to a resource by its name or its id.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::age::Age;
use super::credential::ScenarioCredential;
use super::instance_content::ScenarioInstances;
use super::quotas::ScenarioQuotas;
use crate::repair::{RepairMethod, RepairReason};

/// Accounts with the resources that they have after a command: the first one is the first account of the cloud, and so on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scenario {
    /// The accounts.
    pub accounts: Vec<ScenarioAccount>,
}

/// An account with its resources. The first one of a scenario is the first account of the cloud, and so on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScenarioAccount {
    /// A name with which the scenario refers to the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The credentials that sign its requests. Default: a generated one for the first account, none for another.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<ScenarioCredential>,
    /// How much it can create. Default: the quotas of the service.
    #[serde(skip_serializing_if = "ScenarioQuotas::is_default")]
    pub quotas: ScenarioQuotas,
    /// The roles that can be assumed, also by other accounts. As long as an account has none, every role name can be assumed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<ScenarioRole>,
    /// The SSH key pairs of the account, which all regions share.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key_pairs: Vec<ScenarioKeyPair>,
    /// The resources in each region, by the name of the region.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub regions: BTreeMap<String, ScenarioRegion>,
}

/// A role of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioRole {
    /// The name of the role.
    pub(crate) name: String,
    /// The external id that a caller must give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) external_id: Option<String>,
}

/// An SSH key pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioKeyPair {
    /// The name of the key pair: letters, digits and underscores.
    pub(crate) name: String,
    /// The id, such as `skey-1a2b3c4d`. Default: a generated one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The public key, such as `ssh-rsa AAAA…`.
    pub(crate) public_key: String,
}

/// The resources of an account in a region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScenarioRegion {
    /// The VPCs, with their subnets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) vpcs: Vec<ScenarioVpc>,
    /// The security groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) security_groups: Vec<ScenarioSecurityGroup>,
    /// The images of the account.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) images: Vec<ScenarioImage>,
    /// The instances.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) instances: Vec<ScenarioInstances>,
    /// The disks beside those that instances are launched with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) disks: Vec<ScenarioDisk>,
    /// The elastic IPs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) elastic_ips: Vec<ScenarioElasticIp>,
    /// Maintenance that is announced.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) maintenance: Vec<ScenarioRepair>,
    /// Servers that the account owns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) chc_hosts: Vec<ScenarioChcHost>,
}

/// A VPC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioVpc {
    /// The name, unique in the region.
    pub(crate) name: String,
    /// The id, such as `vpc-1a2b3c4d`. Default: a generated one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The address range, such as `10.0.0.0/16`.
    pub(crate) cidr: String,
    /// The subnets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) subnets: Vec<ScenarioSubnet>,
    /// The tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioSubnet {
    /// The name, unique in the region.
    pub(crate) name: String,
    /// The id, such as `subnet-1a2b3c4d`. Default: a generated one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The zone, such as `ap-guangzhou-3`.
    pub(crate) zone: String,
    /// The address range within that of the VPC.
    pub(crate) cidr: String,
    /// The tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioSecurityGroup {
    /// The name, unique in the region.
    pub(crate) name: String,
    /// The id, such as `sg-1a2b3c4d`. Default: a generated one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The description.
    #[serde(default)]
    pub(crate) description: String,
    /// The rules for incoming connections, the first one with the highest priority.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) ingress: Vec<ScenarioRule>,
    /// The rules for outgoing connections, the first one with the highest priority.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) egress: Vec<ScenarioRule>,
    /// The tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

/// A rule of a security group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioRule {
    /// `TCP`, `UDP`, `ICMP` or `ALL`. Default: `ALL`.
    #[serde(default = "all")]
    pub(crate) protocol: String,
    /// A port, a list such as `80,443`, a range such as `8000-8010`, or `ALL`. Default: `ALL`.
    #[serde(default = "all")]
    pub(crate) port: String,
    /// The addresses, such as `10.0.0.0/8`.
    pub(crate) cidr: String,
    /// `ACCEPT` or `DROP`. Default: `ACCEPT`.
    #[serde(default = "accept")]
    pub(crate) action: String,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
}

fn all() -> String {
    "ALL".to_owned()
}

fn accept() -> String {
    "ACCEPT".to_owned()
}

/// An image that the account has imported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioImage {
    /// The name, unique in the region.
    pub(crate) name: String,
    /// The id, such as `img-1a2b3c4d`. Default: a generated one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The operating system, such as `Ubuntu`: one that `DescribeImportImageOs` lists.
    pub(crate) os: String,
    /// The version of the operating system, such as `22`.
    pub(crate) version: String,
    /// `x86_64`, `i386` or `arm_64`. Default: `x86_64`.
    #[serde(default = "x86_64")]
    pub(crate) architecture: String,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// The image family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) family: Option<String>,
    /// The accounts that the image is shared with: names of this scenario, or account numbers (UIN).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) share_with: Vec<String>,
    /// The tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

fn x86_64() -> String {
    "x86_64".to_owned()
}

/// A disk of the disk service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioDisk {
    /// The name.
    pub(crate) name: String,
    /// The id, such as `disk-1a2b3c4d`. Default: a generated one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The zone. Default: the first zone of the region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) zone: Option<String>,
    /// The type, such as `CLOUD_SSD`.
    #[serde(rename = "type")]
    pub(crate) disk_type: String,
    /// The size in GiB.
    pub(crate) size_gib: u64,
    /// The name of an instance of the scenario that has the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) instance: Option<String>,
    /// The tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

/// An elastic IP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioElasticIp {
    /// The name.
    pub(crate) name: String,
    /// The id, such as `eip-1a2b3c4d`. Default: a generated one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The bandwidth in Mbps. Default: that of AllocateAddresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bandwidth_mbps: Option<u64>,
    /// The name of an instance of the scenario that the address is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) instance: Option<String>,
    /// The tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

/// Maintenance that is announced for an instance, and waits for approval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioRepair {
    /// The name of an instance of the scenario.
    pub(crate) instance: String,
    /// The reason.
    pub(crate) reason: RepairReason,
    /// What the approval allows.
    pub(crate) method: RepairMethod,
    /// The description for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// The time until the platform starts without approval, such as `3d`. Default: it waits forever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deadline: Option<Age>,
}

/// A server that the account owns (CHC host).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioChcHost {
    /// The zone in which it is installed.
    pub(crate) zone: String,
    /// The serial number.
    pub(crate) serial_number: String,
    /// The id, such as `chc-1a2b3c4d`. Default: a generated one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The hardware model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device_type: Option<String>,
    /// The number of vCPUs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vcpus: Option<u32>,
    /// The memory in GB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) memory_gb: Option<u32>,
    /// A description of the disks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) disk: Option<String>,
}
