//! Disk types and their sizes. LOCAL_NVME and LOCAL_PRO are missing: such disks come with an instance type.

use std::ops::RangeInclusive;

use cvm_models::enums;

use super::reader::{Reader, Result, suggestion};
use super::row::Row;

/// A type of disk.
#[derive(Clone, Debug)]
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
        is_local(self.name)
    }
}

/// Whether the disks of this type are local, as the name says.
pub(crate) fn is_local(name: &str) -> bool {
    name.starts_with("LOCAL_")
}

/// The sizes that a file can state.
const SIZES: RangeInclusive<i64> = 1..=1_000_000;

impl Row for DiskType {
    const SECTION: &'static str = "disks";

    fn key(&self) -> &'static str {
        self.name
    }

    fn read(item: &mut Reader) -> Result<Self> {
        let name = item.text("name")?;
        // Requests with any other name are refused before the catalog is asked.
        if !enums::DiskType::VALUES.contains(&name) {
            let fix = suggestion(name, enums::DiskType::VALUES);
            return Err(item.error("name", format_args!("is \"{name}\", no disk type: {fix}")));
        }
        Ok(Self {
            name,
            system_gib: item.range("system_gib", &SIZES)?,
            data_gib: item.range("data_gib", &SIZES)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::Catalog;

    #[test]
    fn documented_disk_sizes_are_valid() {
        let disk_type = |name| Catalog::builtin().disk_type(name).unwrap();
        let local = disk_type("LOCAL_BASIC");
        assert!(
            local.is_local() && local.system_gib.contains(&50) && local.data_gib.contains(&100)
        );
        assert!(!disk_type("CLOUD_PREMIUM").is_local());
    }

    #[test]
    fn local_nvme_disks_cannot_be_chosen() {
        let catalog = Catalog::builtin();
        assert!(catalog.disk_type("LOCAL_PRO").is_none());
        assert!(catalog.disk_type("LOCAL_NVME").is_none());
    }
}
