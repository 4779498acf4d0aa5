//! How much an account can create. A scenario can change it.

/// The quotas of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quotas {
    /// The instances in a zone that are charged by the hour; `None` for any number.
    pub(crate) hourly_instances: Option<usize>,
    /// The disks without an instance in a region.
    pub(crate) detached_disks: usize,
    /// The snapshots in a region.
    pub(crate) snapshots: usize,
    /// The images in a region.
    pub(crate) images: usize,
    /// The key pairs of the account.
    pub(crate) key_pairs: usize,
    /// The launch templates in a region.
    pub(crate) launch_templates: usize,
    /// The placement groups in a region.
    pub(crate) placement_groups: usize,
    /// The VPCs in a region, without the default one.
    pub(crate) vpcs: usize,
    /// The subnets of a VPC.
    pub(crate) subnets: usize,
    /// The elastic IPs in a region, as the text of the error code says.
    pub(crate) elastic_ips: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            hourly_instances: None,
            detached_disks: 500,
            snapshots: 1_000,
            images: 500,
            key_pairs: 100,
            launch_templates: 200,
            placement_groups: 10,
            vpcs: 20,
            subnets: 100,
            elastic_ips: 20,
        }
    }
}

/// A quota as a number of the API.
pub(crate) fn api_quota(quota: usize) -> i64 {
    i64::try_from(quota).unwrap_or(i64::MAX)
}
