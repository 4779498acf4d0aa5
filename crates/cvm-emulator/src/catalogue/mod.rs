//! What the emulated cloud offers, as tables: a new type, image or zone is one line.

mod disks;
mod images;
mod instance_types;
mod regions;

pub(crate) use disks::disk_type;
pub(crate) use images::{IMAGES, PublicImage, image};
pub(crate) use instance_types::{
    DEFAULT_TYPE, InstanceType, instance_type, instance_types, is_type_name,
};
pub(crate) use regions::{REGIONS, Region, Zone, region};
