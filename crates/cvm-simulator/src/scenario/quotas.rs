//! The quotas of an account in a scenario.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::state::Quotas;

/// How much an account can create. What is left out is the quota of the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScenarioQuotas {
    /// The instances in a zone that are charged by the hour. Default: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    hourly_instances: Option<u32>,
    /// The disks without an instance in a region.
    #[serde(skip_serializing_if = "Option::is_none")]
    detached_disks: Option<u32>,
    /// The snapshots in a region.
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshots: Option<u32>,
    /// The images in a region.
    #[serde(skip_serializing_if = "Option::is_none")]
    images: Option<u32>,
    /// The key pairs of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_pairs: Option<u32>,
    /// The launch templates in a region.
    #[serde(skip_serializing_if = "Option::is_none")]
    launch_templates: Option<u32>,
    /// The placement groups in a region.
    #[serde(skip_serializing_if = "Option::is_none")]
    placement_groups: Option<u32>,
    /// The VPCs in a region.
    #[serde(skip_serializing_if = "Option::is_none")]
    vpcs: Option<u32>,
    /// The subnets of a VPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    subnets: Option<u32>,
    /// The elastic IPs in a region. On one day, twice as many can be allocated.
    #[serde(skip_serializing_if = "Option::is_none")]
    elastic_ips: Option<u32>,
}

impl ScenarioQuotas {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Changes the quotas that are given.
    pub(crate) fn apply_to(&self, quotas: &mut Quotas) {
        if let Some(instances) = self.hourly_instances {
            quotas.hourly_instances = Some(size(instances));
        }
        for (given, quota) in [
            (self.detached_disks, &mut quotas.detached_disks),
            (self.snapshots, &mut quotas.snapshots),
            (self.images, &mut quotas.images),
            (self.key_pairs, &mut quotas.key_pairs),
            (self.launch_templates, &mut quotas.launch_templates),
            (self.placement_groups, &mut quotas.placement_groups),
            (self.vpcs, &mut quotas.vpcs),
            (self.subnets, &mut quotas.subnets),
            (self.elastic_ips, &mut quotas.elastic_ips),
        ] {
            *quota = given.map_or(*quota, size);
        }
    }
}

fn size(quota: u32) -> usize {
    usize::try_from(quota).unwrap_or(usize::MAX)
}
