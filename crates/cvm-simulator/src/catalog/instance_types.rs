//! Instance families and types. The sizes are the service's. Which zone offers which family is assumed.

use crate::catalog::Zone;

/// A family of instance types.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    /// The display name.
    pub(crate) title: &'static str,
    pub(crate) hardware: &'static Hardware,
    /// Numbers of the zones, in every region, that offer it; empty for all zones.
    zones: &'static [u32],
    /// The GPU card of the family.
    pub(crate) gpu: Option<Gpu>,
    sizes: &'static [Size],
}

/// The hardware of a family.
#[derive(Debug)]
pub(crate) struct Hardware {
    pub(crate) processor: &'static str,
    /// Base and turbo frequency.
    pub(crate) clock: &'static str,
    /// In Gbps.
    pub(crate) network_card: i64,
}

/// A GPU card.
#[derive(Debug)]
pub(crate) struct Gpu {
    pub(crate) model: &'static str,
    pub(crate) memory_gib: f64,
}

/// The resources of an instance type.
#[derive(Debug)]
pub(crate) struct Size {
    /// The name of the type. The part before the dot is the name of the family.
    pub(crate) name: &'static str,
    pub(crate) vcpus: i64,
    pub(crate) memory_gib: i64,
    pub(crate) gpus: i64,
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
        self.zones.is_empty() || self.zones.contains(&zone.number)
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
    pub(crate) fn packets_10k(self) -> i64 {
        15 + 10 * self.size.vcpus
    }

    /// Whether it is smaller than these resources: fewer vCPUs, or as many with less memory.
    pub(crate) fn has_less_than(self, vcpus: i64, memory_gib: i64) -> bool {
        (self.size.vcpus, self.size.memory_gib) < (vcpus, memory_gib)
    }

    /// Whether it is only for clusters for high-performance computing.
    pub(crate) fn is_high_performance(self) -> bool {
        HIGH_PERFORMANCE_FAMILIES.contains(&self.family.name)
    }

    /// Whether it supports jumbo frames.
    pub(crate) fn has_jumbo_frames(self) -> bool {
        JUMBO_FAMILIES.contains(&self.family.name)
    }
}

/// Families for high-performance computing, whose instances are connected over RDMA.
const HIGH_PERFORMANCE_FAMILIES: &[&str] = &["HCCIC5"];

/// Families with jumbo frames; assumed.
const JUMBO_FAMILIES: &[&str] = &["S5", "M5"];

/// The documented default, from before the service chose by stock.
pub(crate) const DEFAULT_TYPE: &str = "S1.SMALL1";

/// All families.
pub(crate) fn families() -> impl Iterator<Item = &'static Family> {
    FAMILIES.iter()
}

/// All instance types, by family.
pub(crate) fn instance_types() -> impl Iterator<Item = InstanceType> {
    FAMILIES
        .iter()
        .flat_map(|family| family.sizes.iter().map(move |size| InstanceType { family, size }))
}

/// The instance type with this name.
pub(crate) fn instance_type(name: &str) -> Option<InstanceType> {
    instance_types().find(|one| one.size.name == name)
}

/// Whether a text has the form of a type name, such as `S5.MEDIUM4`.
pub(crate) fn is_type_name(text: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.split_once('.').is_some_and(|(family, size)| is_word(family) && is_word(size))
}

const fn size(name: &'static str, vcpus: i64, memory_gib: i64) -> Size {
    Size { name, vcpus, memory_gib, gpus: 0 }
}

const fn gpu_size(name: &'static str, vcpus: i64, memory_gib: i64, gpus: i64) -> Size {
    Size { name, vcpus, memory_gib, gpus }
}

const fn family(
    name: &'static str,
    title: &'static str,
    hardware: &'static Hardware,
    sizes: &'static [Size],
) -> Family {
    Family { name, title, hardware, zones: &[], gpu: None, sizes }
}

const fn hardware(processor: &'static str, clock: &'static str, network_card: i64) -> Hardware {
    Hardware { processor, clock, network_card }
}

const HASWELL: Hardware = hardware("Intel Xeon E5-2670 v3", "2.3GHz/3.1GHz", 10);
const BROADWELL: Hardware = hardware("Intel Xeon E5-2680 v4", "2.4GHz/3.3GHz", 10);
const SKYLAKE: Hardware = hardware("Intel Xeon Skylake 6133", "2.5GHz/3.0GHz", 25);
const SKYLAKE_FAST: Hardware = hardware("Intel Xeon Skylake 6146", "3.2GHz/4.2GHz", 25);
const CASCADE_LAKE: Hardware = hardware("Intel Xeon Cascade Lake 8255C", "2.5GHz/3.1GHz", 25);
const ROME: Hardware = hardware("AMD EPYC Rome 7K62", "2.6GHz/3.3GHz", 25);

const FAMILIES: &[Family] = &[
    Family {
        name: "S1",
        title: "标准型S1",
        hardware: &HASWELL,
        zones: &[1, 2, 3, 4],
        gpu: None,
        sizes: &[
            size("S1.SMALL1", 1, 1),
            size("S1.SMALL2", 1, 2),
            size("S1.SMALL4", 1, 4),
            size("S1.MEDIUM2", 2, 2),
            size("S1.MEDIUM4", 2, 4),
            size("S1.MEDIUM8", 2, 8),
            size("S1.LARGE8", 4, 8),
            size("S1.LARGE16", 4, 16),
            size("S1.2XLARGE16", 8, 16),
        ],
    },
    Family {
        name: "S2",
        title: "标准型S2",
        hardware: &BROADWELL,
        zones: &[1, 2, 3, 4],
        gpu: None,
        sizes: &[
            size("S2.SMALL1", 1, 1),
            size("S2.SMALL2", 1, 2),
            size("S2.SMALL4", 1, 4),
            size("S2.MEDIUM2", 2, 2),
            size("S2.MEDIUM4", 2, 4),
            size("S2.MEDIUM8", 2, 8),
            size("S2.LARGE8", 4, 8),
            size("S2.LARGE16", 4, 16),
            size("S2.2XLARGE16", 8, 16),
            size("S2.2XLARGE32", 8, 32),
        ],
    },
    family(
        "S3",
        "标准型S3",
        &SKYLAKE,
        &[
            size("S3.SMALL1", 1, 1),
            size("S3.SMALL2", 1, 2),
            size("S3.MEDIUM4", 2, 4),
            size("S3.MEDIUM8", 2, 8),
            size("S3.LARGE8", 4, 8),
            size("S3.LARGE16", 4, 16),
            size("S3.2XLARGE16", 8, 16),
            size("S3.2XLARGE32", 8, 32),
        ],
    ),
    family(
        "S5",
        "标准型S5",
        &CASCADE_LAKE,
        &[
            size("S5.SMALL1", 1, 1),
            size("S5.SMALL2", 1, 2),
            size("S5.SMALL4", 1, 4),
            size("S5.MEDIUM2", 2, 2),
            size("S5.MEDIUM4", 2, 4),
            size("S5.MEDIUM8", 2, 8),
            size("S5.LARGE8", 4, 8),
            size("S5.LARGE16", 4, 16),
            size("S5.2XLARGE16", 8, 16),
            size("S5.2XLARGE32", 8, 32),
            size("S5.4XLARGE32", 16, 32),
            size("S5.4XLARGE64", 16, 64),
        ],
    ),
    family(
        "SA2",
        "标准型SA2",
        &ROME,
        &[
            size("SA2.SMALL1", 1, 1),
            size("SA2.SMALL2", 1, 2),
            size("SA2.MEDIUM4", 2, 4),
            size("SA2.LARGE8", 4, 8),
            size("SA2.2XLARGE16", 8, 16),
        ],
    ),
    family(
        "C3",
        "计算型C3",
        &SKYLAKE_FAST,
        &[
            size("C3.LARGE8", 4, 8),
            size("C3.LARGE16", 4, 16),
            size("C3.2XLARGE16", 8, 16),
            size("C3.4XLARGE32", 16, 32),
        ],
    ),
    family(
        "M5",
        "内存型M5",
        &CASCADE_LAKE,
        &[
            size("M5.SMALL8", 1, 8),
            size("M5.MEDIUM16", 2, 16),
            size("M5.LARGE32", 4, 32),
            size("M5.2XLARGE64", 8, 64),
        ],
    ),
    Family {
        name: "GN7",
        title: "GPU计算型GN7",
        hardware: &CASCADE_LAKE,
        zones: &[2, 3, 6],
        gpu: Some(Gpu { model: "NVIDIA T4", memory_gib: 16.0 }),
        sizes: &[
            gpu_size("GN7.2XLARGE32", 8, 32, 1),
            gpu_size("GN7.5XLARGE80", 20, 80, 1),
            gpu_size("GN7.10XLARGE160", 40, 160, 2),
        ],
    },
    // Whole servers only; the size is assumed.
    Family {
        name: "HCCIC5",
        title: "高性能计算集群HCCIC5",
        hardware: &CASCADE_LAKE,
        zones: &[5, 6],
        gpu: None,
        sizes: &[size("HCCIC5.24XLARGE384", 96, 384)],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::region;

    fn zone(name: &str) -> Zone {
        region("ap-guangzhou", false).unwrap().zone(name).unwrap()
    }

    #[test]
    fn documented_types_are_offered_in_their_zone() {
        let zone = zone("ap-guangzhou-2");
        let offered = |name: &str| {
            let one = instance_type(name).filter(|one| one.is_offered_in(zone));
            one.map(|one| (one.size.vcpus, one.size.memory_gib))
        };
        assert_eq!(offered("S1.SMALL1"), Some((1, 1)));
        assert_eq!(offered("S2.MEDIUM4"), Some((2, 4)));
        assert_eq!(offered("S9.MEDIUM4"), None);
    }

    #[test]
    fn instance_types_are_unique_and_belong_to_their_family() {
        let mut names = Vec::new();
        for InstanceType { family, size } in instance_types() {
            assert_eq!(size.name.split('.').next(), Some(family.name));
            assert!(is_type_name(size.name), "{}", size.name);
            assert_eq!(size.gpus > 0, family.gpu.is_some(), "{}", size.name);
            names.push(size.name);
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
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
