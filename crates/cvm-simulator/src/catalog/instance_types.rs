//! Instance families and types.

use super::patterns::Patterns;
use super::reader::{CatalogError, Reader, Result, suggestion};
use super::regions::{Zone, ZoneRow};
use super::row::Row;
use super::zones::ZonePatterns;

/// A family of instance types.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    /// The display name.
    pub(crate) title: &'static str,
    pub(crate) hardware: Hardware,
    pub(super) zones: ZonePatterns,
    /// The GPU card of the family.
    pub(crate) gpu: Option<Gpu>,
    needs_hpc_cluster: bool,
    has_jumbo_frames: bool,
}

/// The hardware of a family.
#[derive(Clone, Debug)]
pub(crate) struct Hardware {
    pub(crate) processor: &'static str,
    /// Base and turbo frequency.
    pub(crate) clock: &'static str,
    /// In Gbps.
    pub(crate) network_card: i64,
}

/// A GPU card.
#[derive(Clone, Debug)]
pub(crate) struct Gpu {
    pub(crate) model: &'static str,
    pub(crate) memory_gib: f64,
}

/// The resources of an instance type.
#[derive(Clone, Debug)]
pub(crate) struct Size {
    /// The name of the type. The part before the dot is the name of the family.
    pub(crate) name: &'static str,
    pub(crate) vcpus: i64,
    pub(crate) memory_gib: i64,
    pub(crate) gpus: i64,
    /// The number of local disks that come with the type.
    pub(crate) local_disks: i64,
}

/// An instance type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InstanceType {
    pub(crate) family: &'static Family,
    pub(crate) size: &'static Size,
}

impl Family {
    /// Whether a zone offers it.
    pub(crate) fn is_offered_in(&self, zone: Zone) -> bool {
        self.zones.contains(zone)
    }
}

impl InstanceType {
    /// Whether a zone offers it.
    pub(crate) fn is_offered_in(self, zone: Zone) -> bool {
        self.family.is_offered_in(zone)
    }

    /// Its bandwidth on the private network, in Gbps.
    pub(crate) fn private_gbps(self) -> f64 {
        (0.375 * self.size.vcpus as f64).max(1.5)
    }

    /// Packets per second, in units of 10000.
    pub(crate) const fn packets_10k(self) -> i64 {
        15 + 10 * self.size.vcpus
    }

    /// Whether it is smaller than these resources: fewer vCPUs, or as many with less memory.
    pub(crate) fn has_less_than(self, vcpus: i64, memory_gib: i64) -> bool {
        (self.size.vcpus, self.size.memory_gib) < (vcpus, memory_gib)
    }

    /// Whether it is only for clusters for high-performance computing.
    pub(crate) const fn is_high_performance(self) -> bool {
        self.family.needs_hpc_cluster
    }

    /// Whether it supports jumbo frames.
    pub(crate) const fn has_jumbo_frames(self) -> bool {
        self.family.has_jumbo_frames
    }
}

/// The documented default, from before the service chose by stock.
pub(crate) const DEFAULT_TYPE: &str = "S1.SMALL1";

/// Whether a text has the form of a type name, such as `S5.MEDIUM4`.
pub(crate) fn is_type_name(text: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.split_once('.').is_some_and(|(family, size)| is_word(family) && is_word(size))
}

impl Row for Family {
    const SECTION: &'static str = "families";

    fn key(&self) -> &'static str {
        self.name
    }

    fn zone_patterns(&self) -> Patterns {
        self.zones.patterns()
    }

    fn read(item: &mut Reader) -> Result<Self> {
        let name = item.text("name")?;
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let problem = format!("is \"{name}\": use only letters and digits");
            return Err(item.error("name", problem));
        }
        Ok(Self {
            name,
            title: item.text("title")?,
            hardware: Hardware {
                processor: item.text("processor")?,
                clock: item.text("clock")?,
                network_card: item.number("network_card", 1..=1_000_000)?,
            },
            zones: ZonePatterns::read(item)?,
            gpu: item.object("gpu")?.map(gpu).transpose()?,
            needs_hpc_cluster: item.flag("needs_hpc_cluster")?,
            has_jumbo_frames: item.flag("has_jumbo_frames")?,
        })
    }
}

/// Maximum memory of a GPU card.
const MAX_GPU_GIB: f64 = 1_000_000.0;

fn gpu(mut item: Reader) -> Result<Gpu> {
    let gpu =
        Gpu { model: item.text("model")?, memory_gib: item.decimal("memory_gib", MAX_GPU_GIB)? };
    item.finish()?;
    Ok(gpu)
}

impl Row for Size {
    const SECTION: &'static str = "types";

    fn key(&self) -> &'static str {
        self.name
    }

    fn read(item: &mut Reader) -> Result<Self> {
        let name = item.text("name")?;
        if !is_type_name(name) {
            let problem = format!("is \"{name}\": a name is FAMILY.SIZE, such as \"S5.MEDIUM4\"");
            return Err(item.error("name", problem));
        }
        Ok(Self {
            name,
            vcpus: item.number("vcpus", 1..=100_000)?,
            memory_gib: item.number("memory_gib", 1..=10_000_000)?,
            gpus: item.number_or_0("gpus", 0..=1_000)?,
            local_disks: item.number_or_0("local_disks", 0..=1_000)?,
        })
    }
}

/// The types with their families, family by family.
pub(super) fn assemble(
    families: &'static [Family],
    sizes: &'static [Size],
    zones: &[ZoneRow],
) -> Result<Vec<InstanceType>> {
    let mut types = Vec::with_capacity(sizes.len());
    for size in sizes {
        let name = size.name;
        let family_name = name.split('.').next().unwrap_or_default();
        let Some(family) = families.iter().find(|family| family.name == family_name) else {
            let known: Vec<&str> = families.iter().map(|family| family.name).collect();
            let fix = suggestion(family_name, &known);
            let problem =
                format!("the type \"{name}\" has no family \"{family_name}\" in `families`");
            return Err(CatalogError::new(format!("{problem}: {fix}")));
        };
        if (size.gpus > 0) != family.gpu.is_some() {
            let (has, fix) = if size.gpus > 0 {
                ("has GPU cards, but its family has none", "give the family a `gpu`")
            } else {
                ("has no GPU card, but its family has", "give the type `gpus`")
            };
            return Err(CatalogError::new(format!("the type \"{name}\" {has}: {fix}")));
        }
        types.push(InstanceType { family, size });
    }
    let place = |one: &InstanceType| families.iter().position(|it| it.name == one.family.name);
    types.sort_by_cached_key(place);
    for family in families {
        family.zones.check(&format!("the family \"{}\"", family.name), zones)?;
    }
    Ok(types)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    fn zone(name: &str) -> Zone {
        Catalog::builtin().region("ap-guangzhou", false).unwrap().zone(name).unwrap()
    }

    fn instance_type(name: &str) -> Option<InstanceType> {
        Catalog::builtin().instance_type(name)
    }

    #[test]
    fn documented_types_are_offered_in_their_zone() {
        let offered = |name: &str, zone_name| {
            let one = instance_type(name).filter(|one| one.is_offered_in(zone(zone_name)));
            one.map(|one| (one.size.vcpus, one.size.memory_gib))
        };
        assert_eq!(offered("S1.SMALL1", "ap-guangzhou-2"), Some((1, 1)));
        assert_eq!(offered("S2.MEDIUM4", "ap-guangzhou-2"), Some((2, 4)));
        // From the sample of DescribeInstanceTypeConfigs.
        assert_eq!(offered("S6.LARGE8", "ap-guangzhou-6"), Some((4, 8)));
        assert_eq!(offered("S6.MEDIUM8", "ap-guangzhou-6"), Some((2, 8)));
        assert_eq!(offered("S6.2XLARGE16", "ap-guangzhou-6"), Some((8, 16)));
        // From descriptions of parameters.
        assert_eq!(offered("S5.16XLARGE256", "ap-guangzhou-6"), Some((64, 256)));
        assert_eq!(offered("S5.LARGE4", "ap-guangzhou-6"), Some((4, 4)));
        assert_eq!(offered("SA5.MEDIUM2", "ap-guangzhou-6"), Some((2, 2)));
        assert_eq!(offered("S99.MEDIUM4", "ap-guangzhou-2"), None);
    }

    /// The number of vCPUs is part of the name of every size of the service.
    #[test]
    fn sizes_have_the_resources_that_their_names_state() {
        for InstanceType { size, .. } in Catalog::builtin().instance_types() {
            let (_, name) = size.name.split_once('.').unwrap();
            let word = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
            let memory = name.trim_start_matches(word);
            let vcpus = match word {
                "SMALL" => 1,
                "MEDIUM" => 2,
                "LARGE" => 4,
                many => 4 * many.trim_end_matches("XLARGE").parse::<i64>().unwrap(),
            };
            let stated = (vcpus, memory.parse().unwrap());
            assert_eq!((size.vcpus, size.memory_gib), stated, "{}", size.name);
        }
    }

    #[test]
    fn family_is_not_offered_in_every_zone() {
        let s1 = instance_type("S1.SMALL1").unwrap();
        assert!(s1.is_offered_in(zone("ap-guangzhou-3")));
        assert!(!s1.is_offered_in(zone("ap-guangzhou-6")));
    }

    #[test]
    fn instance_type_names_have_two_parts() {
        for text in ["", "S5", "S5.", ".MEDIUM4", "S5.MED IUM", "S5.MEDIUM4.X"] {
            assert!(!is_type_name(text), "{text}");
        }
    }
}
