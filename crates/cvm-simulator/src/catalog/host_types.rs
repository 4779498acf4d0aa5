//! Models of dedicated hosts.

use super::patterns::Patterns;
use super::reader::{CatalogError, Reader, Result};
use super::regions::{Zone, ZoneRow};
use super::row::Row;
use super::zones::ZonePatterns;

/// A model of dedicated hosts.
#[derive(Clone, Debug)]
pub(crate) struct HostType {
    pub(crate) name: &'static str,
    pub(crate) vcpus: u32,
    pub(crate) memory_gib: u32,
    pub(crate) disk_gib: u32,
    /// The type of its local disks; empty without any.
    pub(crate) disk_type: &'static str,
    zones: ZonePatterns,
}

impl HostType {
    /// Whether a zone offers it.
    pub(crate) fn is_offered_in(&self, zone: Zone) -> bool {
        self.zones.contains(zone)
    }

    pub(super) fn check(&self, zones: &[ZoneRow]) -> Result<()> {
        let owner = format!("the host \"{}\"", self.name);
        if (self.disk_gib > 0) == self.disk_type.is_empty() {
            let fix = "give both `disk_type` and `disk_gib`, or none";
            return Err(CatalogError::new(format!("{owner} has half of a local disk: {fix}")));
        }
        self.zones.check(&owner, zones)
    }
}

/// The default model.
pub(crate) const DEFAULT_HOST_TYPE: &str = "HS1";

impl Row for HostType {
    const SECTION: &'static str = "hosts";

    fn key(&self) -> &'static str {
        self.name
    }

    fn zone_patterns(&self) -> Patterns {
        self.zones.patterns()
    }

    fn read(item: &mut Reader) -> Result<Self> {
        Ok(Self {
            name: item.text("name")?,
            vcpus: item.count("vcpus")?,
            memory_gib: item.count("memory_gib")?,
            disk_gib: item.count_or_0("disk_gib")?,
            disk_type: item.optional_text("disk_type")?.unwrap_or_default(),
            zones: ZonePatterns::read(item)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::{Catalog, DEFAULT_HOST_TYPE, is_local};

    #[test]
    fn host_disks_are_local() {
        let catalog = Catalog::builtin();
        for one in catalog.host_types() {
            assert!(one.disk_type.is_empty() || is_local(one.disk_type), "{}", one.name);
        }
        assert!(catalog.host_type(DEFAULT_HOST_TYPE).is_some());
    }

    #[test]
    fn documented_hosts_have_their_resources_and_zone() {
        let catalog = Catalog::builtin();
        let sizes = |name| {
            let one = catalog.host_type(name).unwrap();
            (one.vcpus, one.memory_gib, one.disk_gib, one.disk_type)
        };
        assert_eq!(sizes("HC20"), (32, 96, 1000, "LOCAL_SSD"));
        // From the sample of DescribeHosts.
        assert_eq!(sizes("HM50"), (336, 700, 0, ""));
        let zone = catalog.region("ap-guangzhou", false).unwrap().zone("ap-guangzhou-6").unwrap();
        // From the samples of AllocateHosts and DescribeHosts.
        for name in ["HS1", "HM50"] {
            assert!(catalog.host_type(name).unwrap().is_offered_in(zone), "{name}");
        }
    }

    #[test]
    fn some_zones_have_no_dedicated_hosts() {
        let catalog = Catalog::builtin();
        let zone = |name| catalog.region("ap-guangzhou", false).unwrap().zone(name).unwrap();
        assert!(catalog.has_hosts(zone("ap-guangzhou-1")));
        assert!(!catalog.has_hosts(zone("ap-guangzhou-7")));
    }
}
