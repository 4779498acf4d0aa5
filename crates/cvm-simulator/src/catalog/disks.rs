//! Disk types and their sizes. The names are the service's. The limits are assumed from its product pages, because
//! the API documentation does not state them.

use std::ops::RangeInclusive;

/// A type of disk.
#[derive(Debug)]
pub(crate) struct DiskType {
    pub(crate) name: &'static str,
    /// Sizes in GiB as a system disk.
    pub(crate) system_gib: RangeInclusive<i64>,
    /// Sizes in GiB as a data disk.
    pub(crate) data_gib: RangeInclusive<i64>,
}

impl DiskType {
    /// Local disks belong to the host: they cannot follow an instance to another type.
    pub(crate) fn is_local(&self) -> bool {
        self.name.starts_with("LOCAL_")
    }
}

/// The disk type with this name.
pub(crate) fn disk_type(name: &str) -> Option<&'static DiskType> {
    DISK_TYPES.iter().find(|one| one.name == name)
}

/// The local disk types that a request can choose.
pub(crate) fn local_disk_types() -> impl Iterator<Item = &'static DiskType> {
    DISK_TYPES.iter().filter(|one| one.is_local())
}

const fn row(
    name: &'static str,
    system_gib: RangeInclusive<i64>,
    data_gib: RangeInclusive<i64>,
) -> DiskType {
    DiskType { name, system_gib, data_gib }
}

/// The disk types that a request can choose. LOCAL_NVME and LOCAL_PRO are missing: such disks come with an instance
/// type.
const DISK_TYPES: &[DiskType] = &[
    row("LOCAL_BASIC", 20..=500, 10..=1600),
    row("LOCAL_SSD", 20..=500, 10..=7000),
    row("CLOUD_BASIC", 20..=1024, 10..=16_000),
    row("CLOUD_PREMIUM", 20..=1024, 10..=32_000),
    row("CLOUD_SSD", 20..=1024, 20..=32_000),
    row("CLOUD_BSSD", 20..=1024, 10..=32_000),
    row("CLOUD_HSSD", 20..=1024, 20..=32_000),
    row("CLOUD_TSSD", 20..=1024, 20..=32_000),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_disk_sizes_are_valid() {
        let local = disk_type("LOCAL_BASIC").unwrap();
        assert!(
            local.is_local() && local.system_gib.contains(&50) && local.data_gib.contains(&100)
        );
        assert!(!disk_type("CLOUD_PREMIUM").unwrap().is_local());
    }

    #[test]
    fn local_nvme_disks_cannot_be_chosen() {
        assert!(disk_type("LOCAL_PRO").is_none() && disk_type("LOCAL_NVME").is_none());
    }
}
