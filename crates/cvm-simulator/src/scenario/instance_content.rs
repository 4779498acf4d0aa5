//! The instances of a scenario.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::age::Age;

/// Maximum number of instances of a scenario.
pub(super) const MAX_COUNT: u64 = 1_000_000;

/// Instances that differ only in their names and addresses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioInstances {
    /// The name. With `{R:1}` or `{R:1,F:4}`, it has a number that counts up from 1, with four digits in the second case.
    /// Without one, several instances get a number at the end.
    pub(crate) name: String,
    /// The id, such as `ins-1a2b3c4d`, if there is one instance. Default: a generated one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The number of instances. Default: 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) count: u64,
    /// The zone. Default: that of the first subnet, or the first zone of the region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) zone: Option<String>,
    /// The instance type, such as `S5.MEDIUM4`. Default: that of RunInstances.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) instance_type: Option<String>,
    /// The name of an image of the scenario, or an image id. Default: the first public image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<String>,
    /// The charge type, such as `PREPAID`. Default: `POSTPAID_BY_HOUR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) charge_type: Option<String>,
    /// The term of prepaid instances. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) months: Option<u64>,
    /// The renew flag of prepaid instances, such as `NOTIFY_AND_AUTO_RENEW`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) renew_flag: Option<String>,
    /// The state. Default: `RUNNING`.
    #[serde(default)]
    pub(crate) state: ScenarioState,
    /// How long ago the instances were launched. Default: `0s`. A state that an operation passes through began now.
    #[serde(default)]
    pub(crate) age: Age,
    /// The names of subnets of the scenario, or ids: the first one is filled first. Default: the default subnet of the zone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) subnets: Vec<String>,
    /// The id of the VPC of subnets that are not in the scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vpc: Option<String>,
    /// The names of security groups of the scenario, or ids. Default: the default security group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) security_groups: Vec<String>,
    /// The names of key pairs of the account, or ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) key_pairs: Vec<String>,
    /// The host name, with patterns like the name, and with `{IP}` for the private address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) host_name: Option<String>,
    /// The system disk. Default: that of RunInstances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) system_disk: Option<ScenarioSystemDisk>,
    /// The data disks of each instance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) data_disks: Vec<ScenarioDataDisk>,
    /// The public bandwidth in Mbps. With more than 0, each instance has a public address. Default: 0.
    #[serde(default)]
    pub(crate) bandwidth_mbps: u64,
    /// The role whose credentials the metadata of the instances have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
    /// Whether the instances are protected from termination.
    #[serde(default)]
    pub(crate) protected: bool,
    /// The tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

const fn one() -> u64 {
    1
}

/// The state of instances. An operation that has begun ends as usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ScenarioState {
    /// Being launched.
    Pending,
    /// The launch has failed.
    LaunchFailed,
    /// Running.
    #[default]
    Running,
    /// Stopped.
    Stopped,
    /// Being started.
    Starting,
    /// Being stopped.
    Stopping,
    /// Being restarted.
    Rebooting,
    /// In the recycle bin, for which the charge type must be `PREPAID`.
    Shutdown,
    /// Being destroyed.
    Terminating,
    /// In rescue mode.
    RescueMode,
}

/// The system disk of an instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScenarioSystemDisk {
    /// The type, such as `CLOUD_SSD`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) disk_type: Option<String>,
    /// The size in GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size_gib: Option<u64>,
}

/// A data disk of an instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioDataDisk {
    /// The type, such as `CLOUD_SSD`.
    #[serde(rename = "type")]
    pub(crate) disk_type: String,
    /// The size in GiB.
    pub(crate) size_gib: u64,
}
