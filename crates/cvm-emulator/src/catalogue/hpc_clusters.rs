//! Where clusters for high-performance computing are offered, and how many. All of it is assumed.

use super::Zone;

/// Most clusters of an account in a region.
pub(crate) const MAX_CLUSTERS: usize = 20;

/// Most machines of a cluster.
pub(crate) const CLUSTER_MACHINES: u64 = 128;

/// Whether a zone offers clusters: those that have machines with RDMA.
pub(crate) fn has_hpc_clusters(zone: Zone) -> bool {
    matches!(zone.number, 2..=6)
}
