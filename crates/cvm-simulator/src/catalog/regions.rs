//! Regions and their zones, as published by the service.

use super::reader::{CatalogError, Reader, Result};
use super::row::Row;

/// A region.
#[derive(Debug)]
pub struct Region {
    /// Its name, such as `ap-guangzhou`.
    pub name: &'static str,
    pub(crate) title: &'static str,
    /// Its name before API 3.0, which the old gateway still accepts.
    pub(crate) old_name: Option<&'static str>,
    is_mainland: bool,
    zones: Vec<ZoneRow>,
}

impl Region {
    /// Its zones.
    pub(crate) fn zones(&'static self) -> impl Iterator<Item = Zone> {
        self.zones.iter().map(Zone)
    }

    /// The zone with this name, if it is in the region.
    pub(crate) fn zone(&'static self, name: &str) -> Option<Zone> {
        self.zones().find(|zone| zone.as_str() == name)
    }

    /// Whether it is in mainland China, where some rules differ.
    pub(crate) const fn is_mainland(&self) -> bool {
        self.is_mainland
    }
}

/// A zone of a region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Zone(&'static ZoneRow);

impl Zone {
    pub(crate) const fn as_str(self) -> &'static str {
        self.0.name
    }

    pub(crate) fn name(self) -> String {
        self.0.name.to_owned()
    }

    pub(crate) fn title(self) -> String {
        self.0.title.to_owned()
    }

    pub(crate) fn id(self) -> String {
        self.0.id.to_string()
    }

    /// Whether it offers HPC clusters: it must have hardware with RDMA.
    pub(crate) const fn has_hpc_clusters(self) -> bool {
        self.0.has_hpc_clusters
    }
}

/// A row of the section `regions`.
#[derive(Clone, Debug)]
pub(super) struct RegionRow {
    pub(super) name: &'static str,
    title: &'static str,
    old_name: Option<&'static str>,
    is_mainland: bool,
}

impl Row for RegionRow {
    const SECTION: &'static str = "regions";

    fn key(&self) -> &'static str {
        self.name
    }

    fn read(item: &mut Reader) -> Result<Self> {
        Ok(Self {
            name: item.text("name")?,
            title: item.text("title")?,
            old_name: item.optional_text("old_name")?,
            is_mainland: item.flag("is_mainland")?,
        })
    }
}

/// A row of the section `zones`.
#[derive(Clone, Debug)]
pub(super) struct ZoneRow {
    pub(super) name: &'static str,
    /// A number in responses that have no names.
    id: u32,
    title: &'static str,
    has_hpc_clusters: bool,
}

impl ZoneRow {
    /// The name of its region: all but the number.
    fn region(&self) -> Option<&'static str> {
        let (region, number) = self.name.rsplit_once('-')?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(region)
    }
}

impl Row for ZoneRow {
    const SECTION: &'static str = "zones";

    fn key(&self) -> &'static str {
        self.name
    }

    fn read(item: &mut Reader) -> Result<Self> {
        let id = item.text("id")?;
        let expected = "must be a number in quotes, such as \"100003\"";
        Ok(Self {
            name: item.text("name")?,
            id: id
                .parse()
                .map_err(|_| item.error("id", format_args!("is \"{id}\": it {expected}")))?,
            title: item.text("title")?,
            has_hpc_clusters: item.flag("has_hpc_clusters")?,
        })
    }
}

/// The regions with their zones.
pub(super) fn assemble(regions: &[RegionRow], zones: &[ZoneRow]) -> Result<Vec<Region>> {
    let mut regions: Vec<Region> = regions
        .iter()
        .map(|row| {
            let RegionRow { name, title, old_name, is_mainland } = *row;
            Region { name, title, old_name, is_mainland, zones: Vec::new() }
        })
        .collect();
    for zone in zones {
        let name = zone.name;
        if let Some(twin) = zones.iter().find(|it| it.id == zone.id && it.name != name) {
            let (id, other) = (zone.id, twin.name);
            let message =
                format!("the zones \"{name}\" and \"{other}\" have the id {id}: give each its own");
            return Err(CatalogError::new(message));
        }
        let region = regions.iter_mut().find(|region| zone.region() == Some(region.name));
        let Some(region) = region else {
            return Err(CatalogError::new(format!(
                "the zone \"{name}\" has no region: a name is REGION-NUMBER, and the region must be in `regions`"
            )));
        };
        region.zones.push(zone.clone());
    }
    Ok(regions)
}

/// Maximum number of HPC clusters of an account in a region.
pub(crate) const MAX_CLUSTERS: usize = 20;

/// Maximum number of instances in a cluster.
pub(crate) const CLUSTER_MACHINES: u64 = 128;

#[cfg(test)]
mod tests {
    use crate::catalog::Catalog;

    fn region(name: &str) -> &'static super::Region {
        Catalog::builtin().region(name, false).unwrap()
    }

    #[test]
    fn zones_have_the_documented_names_and_ids() {
        let zone = region("ap-guangzhou").zone("ap-guangzhou-3").unwrap();
        assert_eq!((zone.id(), zone.title()), ("100003".into(), "Guangzhou Zone 3".into()));
        let zone = region("ap-beijing").zone("ap-beijing-3").unwrap();
        assert_eq!(zone.id(), "800003");
    }

    #[test]
    fn zone_belongs_to_one_region() {
        let guangzhou = region("ap-guangzhou");
        assert!(guangzhou.zone("ap-beijing-3").is_none());
        assert!(guangzhou.zone("ap-guangzhou-9").is_none());
        assert!(guangzhou.zone("ap-guangzhou").is_none());
    }

    #[test]
    fn old_region_names_are_only_for_the_old_gateway() {
        let catalog = Catalog::builtin();
        assert_eq!(catalog.region("gz", true).map(|region| region.name), Some("ap-guangzhou"));
        assert!(catalog.region("gz", false).is_none());
        assert!(catalog.region("", true).is_none());
    }

    /// The documented sample has a cluster there.
    #[test]
    fn hpc_clusters_are_offered_in_the_documented_zone() {
        let zone = |name| region("ap-guangzhou").zone(name).unwrap();
        assert!(zone("ap-guangzhou-3").has_hpc_clusters());
        assert!(!zone("ap-guangzhou-7").has_hpc_clusters());
    }
}
