//! Models of dedicated hosts. The names are the service's; sizes and zones are assumed.

use crate::catalog::Zone;

/// A model of dedicated hosts.
#[derive(Debug)]
pub(crate) struct HostType {
    pub(crate) name: &'static str,
    pub(crate) vcpus: u32,
    pub(crate) memory_gib: u32,
    pub(crate) disk_gib: u32,
    /// The type of its local disks; empty without any.
    pub(crate) disk_type: &'static str,
    /// Numbers of the zones, in every region, that offer it.
    zones: &'static [u32],
}

impl HostType {
    /// Whether a zone offers it.
    pub(crate) fn is_offered_in(&self, zone: Zone) -> bool {
        self.zones.contains(&zone.number)
    }
}

/// The default model.
pub(crate) const DEFAULT_HOST_TYPE: &str = "HS1";

/// The model with this name.
pub(crate) fn host_type(name: &str) -> Option<&'static HostType> {
    HOST_TYPES.iter().find(|one| one.name == name)
}

/// Whether a zone offers any dedicated hosts.
pub(crate) fn has_hosts(zone: Zone) -> bool {
    HOST_TYPES.iter().any(|one| one.is_offered_in(zone))
}

const fn row(
    name: &'static str,
    vcpus: u32,
    memory_gib: u32,
    (disk_gib, disk_type): (u32, &'static str),
    zones: &'static [u32],
) -> HostType {
    HostType { name, vcpus, memory_gib, disk_gib, disk_type, zones }
}

/// The newest zones have none.
const HOST_TYPES: &[HostType] = &[
    row("HS1", 40, 224, (12_000, "LOCAL_BASIC"), &[1, 2, 3, 4]),
    row("HM1", 40, 448, (12_000, "LOCAL_BASIC"), &[2, 3, 4]),
    row("HS20", 72, 324, (0, ""), &[1, 2, 3, 4, 5]),
    row("HM20", 72, 648, (0, ""), &[2, 3, 4]),
    row("HI20", 72, 324, (14_000, "LOCAL_SSD"), &[2, 3]),
    row("HS50", 116, 448, (0, ""), &[3, 4, 5, 6]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{disk_type, region};

    #[test]
    fn host_models_are_unique_and_have_local_disks() {
        for one in HOST_TYPES {
            assert_eq!(host_type(one.name).map(|found| found.vcpus), Some(one.vcpus));
            assert_eq!(one.disk_gib > 0, !one.disk_type.is_empty(), "{}", one.name);
            let is_local = disk_type(one.disk_type).is_none_or(|kind| kind.is_local());
            assert!(is_local, "{}", one.name);
        }
        assert!(host_type(DEFAULT_HOST_TYPE).is_some());
    }

    #[test]
    fn some_zones_have_no_dedicated_hosts() {
        let zone = |name| region("ap-guangzhou", false).unwrap().zone(name).unwrap();
        assert!(has_hosts(zone("ap-guangzhou-1")) && !has_hosts(zone("ap-guangzhou-7")));
    }
}
