//! Types of resource pool packs: whole and half physical servers.

use super::patterns::Patterns;
use super::reader::{Reader, Result};
use super::regions::{Zone, ZoneRow};
use super::row::Row;
use super::zones::ZonePatterns;

/// A whole or half server.
#[derive(Clone, Debug)]
pub(crate) struct PackType {
    pub(crate) name: &'static str,
    pub(crate) family: &'static str,
    pub(crate) vcpus: u32,
    pub(crate) memory_gib: u32,
    zones: ZonePatterns,
}

impl PackType {
    /// Whether a zone offers it.
    pub(crate) fn is_offered_in(&self, zone: Zone) -> bool {
        self.zones.contains(zone)
    }

    pub(super) fn check(&self, zones: &[ZoneRow]) -> Result<()> {
        self.zones.check(&format!("the pack \"{}\"", self.name), zones)
    }
}

impl Row for PackType {
    const SECTION: &'static str = "packs";

    fn key(&self) -> &'static str {
        self.name
    }

    fn zone_patterns(&self) -> Patterns {
        self.zones.patterns()
    }

    fn read(item: &mut Reader) -> Result<Self> {
        Ok(Self {
            name: item.text("name")?,
            family: item.text("family")?,
            vcpus: item.count("vcpus")?,
            memory_gib: item.count("memory_gib")?,
            zones: ZonePatterns::read(item)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::{Catalog, is_type_name};

    #[test]
    fn pack_type_names_contain_family_and_size() {
        for one in Catalog::builtin().pack_types() {
            assert!(is_type_name(one.name), "{}", one.name);
            let size = format!("{}.{}XLARGE{}", one.family, one.vcpus / 4, one.memory_gib);
            assert_eq!(one.name, size);
        }
    }

    /// From the samples of PurchaseResourcePoolPacks and DescribeResourcePoolPackTypeConfigs.
    #[test]
    fn documented_packs_are_offered_in_their_zone() {
        let catalog = Catalog::builtin();
        let zone = catalog.region("ap-guangzhou", false).unwrap().zone("ap-guangzhou-7").unwrap();
        for name in ["S9.8XLARGE64", "SA5.64XLARGE1152"] {
            assert!(catalog.pack_type(name).unwrap().is_offered_in(zone), "{name}");
        }
    }
}
