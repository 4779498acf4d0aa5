//! What the simulated cloud offers, as data: the JSON files of the folder `catalog/`, which a user's file extends.

mod content;
mod disks;
mod host_types;
mod images;
mod import_systems;
mod instance_types;
mod pack_types;
mod patterns;
mod prices;
mod reader;
mod regions;
mod row;
mod rows;
mod stock;
#[cfg(test)]
mod tests;
mod zones;

pub use content::Catalog;
pub(crate) use disks::{DiskType, is_local};
pub(crate) use host_types::{DEFAULT_HOST_TYPE, HostType};
pub(crate) use images::PublicImage;
pub(crate) use import_systems::ImportSystem;
pub(crate) use instance_types::{DEFAULT_TYPE, Family, InstanceType, is_type_name};
pub(crate) use pack_types::PackType;
pub(crate) use prices::Tariff;
pub use reader::CatalogError;
pub use regions::Region;
pub(crate) use regions::{CLUSTER_MACHINES, MAX_CLUSTERS, Zone};
