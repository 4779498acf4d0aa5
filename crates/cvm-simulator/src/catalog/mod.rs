//! What the simulated cloud offers, as tables: a new type, image or zone is one line.

mod disks;
mod host_types;
mod images;
mod import_systems;
mod instance_types;
mod pack_types;
mod prices;
mod regions;

pub(crate) use disks::{DiskType, disk_type, local_disk_types};
pub(crate) use host_types::{DEFAULT_HOST_TYPE, HostType, has_hosts, host_type};
pub(crate) use images::{IMAGES, image};
pub(crate) use import_systems::{IMPORT_SYSTEMS, ImportSystem};
pub(crate) use instance_types::{
    DEFAULT_TYPE, InstanceType, families, instance_type, instance_types, is_type_name,
};
pub(crate) use pack_types::{PackType, pack_type, pack_types};
pub(crate) use prices::{Tariff, month, spot, term_share};
pub use regions::Region;
pub(crate) use regions::{CLUSTER_MACHINES, MAX_CLUSTERS, REGIONS, Zone, has_hpc_clusters, region};
