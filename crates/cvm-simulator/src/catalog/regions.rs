//! Regions and their zones, as published by the service.

/// A region.
#[derive(Debug)]
pub struct Region {
    /// Its name, such as `ap-guangzhou`.
    pub name: &'static str,
    pub(crate) title: &'static str,
    /// Its name before API 3.0, which the old gateway still accepts.
    pub(crate) old_name: Option<&'static str>,
    /// The base of the numeric zone ids: zone 3 of Guangzhou is `100003`.
    zone_base: u32,
    /// The numbers of its zones.
    zones: &'static [u32],
}

impl Region {
    /// Its zones.
    pub(crate) fn zones(&'static self) -> impl Iterator<Item = Zone> {
        self.zones.iter().map(move |number| Zone { region: self, number: *number })
    }

    /// The zone with this name, if it is in the region.
    pub(crate) fn zone(&'static self, name: &str) -> Option<Zone> {
        self.zones().find(|zone| zone.name() == name)
    }

    /// Whether it is in mainland China, where some rules differ.
    pub(crate) fn is_mainland(&self) -> bool {
        MAINLAND.contains(&self.name)
    }
}

/// A zone of a region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Zone {
    region: &'static Region,
    pub(crate) number: u32,
}

impl Zone {
    pub(crate) fn name(self) -> String {
        format!("{}-{}", self.region.name, self.number)
    }

    pub(crate) fn title(self) -> String {
        format!("{} Zone {}", self.region.index(), self.number)
    }

    pub(crate) fn id(self) -> String {
        (self.region.zone_base + self.number).to_string()
    }
}

impl Region {
    /// `Guangzhou` of `South China (Guangzhou)`.
    fn index(&self) -> &'static str {
        let inner = self.title.split_once('(').map(|(_, index)| index.trim_end_matches(')'));
        inner.unwrap_or(self.title)
    }
}

/// The region with this name. The old gateway also accepts old names.
pub(crate) fn region(name: &str, old_names: bool) -> Option<&'static Region> {
    let is_old = |region: &&Region| old_names && region.old_name == Some(name);
    REGIONS.iter().find(|region| region.name == name || is_old(region))
}

const fn row(
    name: &'static str,
    old_name: &'static str,
    title: &'static str,
    zone_base: u32,
    zones: &'static [u32],
) -> Region {
    let old_name = if old_name.is_empty() { None } else { Some(old_name) };
    Region { name, title, old_name, zone_base, zones }
}

const MAINLAND: &[&str] = &[
    "ap-guangzhou",
    "ap-shanghai",
    "ap-nanjing",
    "ap-beijing",
    "ap-chengdu",
    "ap-chongqing",
    "ap-shanghai-fsi",
    "ap-shenzhen-fsi",
];

/// All regions with zones. Sold-out zones are included: the service lists them too, and the documented example
/// launches in one.
pub(crate) const REGIONS: &[Region] = &[
    row("ap-guangzhou", "gz", "South China (Guangzhou)", 100_000, &[1, 2, 3, 4, 5, 6, 7]),
    row("ap-shanghai", "sh", "East China (Shanghai)", 200_000, &[1, 2, 3, 4, 5, 8]),
    row("ap-nanjing", "", "East China (Nanjing)", 330_000, &[1, 2, 3]),
    row("ap-beijing", "bj", "North China (Beijing)", 800_000, &[1, 2, 3, 4, 5, 6, 7]),
    row("ap-chengdu", "cd", "Southwest China (Chengdu)", 160_000, &[1, 2]),
    row("ap-chongqing", "cq", "Southwest China (Chongqing)", 190_000, &[1]),
    row("ap-hongkong", "hk", "Hong Kong, China (Hong Kong)", 300_000, &[1, 2, 3]),
    row("ap-taipei", "", "Taipei, China (Taipei)", 390_000, &[1]),
    row("ap-singapore", "sg", "Southeast Asia (Singapore)", 900_000, &[1, 2, 3, 4]),
    row("ap-jakarta", "", "Southeast Asia (Jakarta)", 720_000, &[1, 2]),
    row("ap-bangkok", "th", "Southeast Asia (Bangkok)", 230_000, &[1, 2]),
    row("ap-mumbai", "in", "South Asia (Mumbai)", 210_000, &[1, 2]),
    row("ap-seoul", "kr", "Northeast Asia (Seoul)", 180_000, &[1, 2]),
    row("ap-tokyo", "jp", "Northeast Asia (Tokyo)", 250_000, &[1, 2]),
    row("na-siliconvalley", "usw", "US West (Silicon Valley)", 150_000, &[1, 2]),
    row("na-ashburn", "use", "US East (Virginia)", 220_000, &[1, 2]),
    row("na-toronto", "ca", "Canada (Toronto)", 400_000, &[1]),
    row("sa-saopaulo", "", "South America (São Paulo)", 740_000, &[1]),
    row("eu-frankfurt", "de", "Europe (Frankfurt)", 170_000, &[1, 2]),
    row("ap-shanghai-fsi", "", "East China (Shanghai Finance)", 700_000, &[2, 3, 4]),
    row("ap-shenzhen-fsi", "", "South China (Shenzhen Finance)", 110_000, &[1, 2, 3]),
];

/// Maximum number of HPC clusters of an account in a region.
pub(crate) const MAX_CLUSTERS: usize = 20;

/// Maximum number of instances in a cluster.
pub(crate) const CLUSTER_MACHINES: u64 = 128;

/// Whether a zone offers HPC clusters: it must have hardware with RDMA.
pub(crate) fn has_hpc_clusters(zone: Zone) -> bool {
    matches!(zone.number, 2..=6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_the_documented_names_and_ids() {
        let zone = region("ap-guangzhou", false).unwrap().zone("ap-guangzhou-3").unwrap();
        assert_eq!((zone.id(), zone.title()), ("100003".into(), "Guangzhou Zone 3".into()));
        let zone = region("ap-beijing", false).unwrap().zone("ap-beijing-3").unwrap();
        assert_eq!(zone.id(), "800003");
    }

    #[test]
    fn zone_belongs_to_one_region() {
        let guangzhou = region("ap-guangzhou", false).unwrap();
        assert!(guangzhou.zone("ap-beijing-3").is_none());
        assert!(guangzhou.zone("ap-guangzhou-9").is_none());
        assert!(guangzhou.zone("ap-guangzhou").is_none());
    }

    #[test]
    fn old_region_names_are_only_for_the_old_gateway() {
        assert_eq!(region("gz", true).map(|region| region.name), Some("ap-guangzhou"));
        assert!(region("gz", false).is_none());
        assert!(region("", true).is_none());
    }

    #[test]
    fn mainland_regions_exist() {
        assert_eq!(REGIONS.iter().filter(|region| region.is_mainland()).count(), MAINLAND.len());
    }

    #[test]
    fn zone_ids_are_unique() {
        let mut ids: Vec<_> = REGIONS.iter().flat_map(Region::zones).map(Zone::id).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
