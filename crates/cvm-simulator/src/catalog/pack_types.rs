//! Types of resource pool packs: whole and half physical servers. SA9.96XLARGE1152 is in the documentation; the
//! others and the zones are assumed.

use crate::catalog::Zone;

/// A whole or half server.
#[derive(Debug)]
pub(crate) struct PackType {
    pub(crate) name: &'static str,
    pub(crate) family: &'static str,
    pub(crate) vcpus: u32,
    pub(crate) memory_gib: u32,
    /// Numbers of the zones, in every region, that offer it.
    zones: &'static [u32],
}

impl PackType {
    /// Whether a zone offers it.
    pub(crate) fn is_offered_in(&self, zone: Zone) -> bool {
        self.zones.contains(&zone.number)
    }
}

/// All types of packs.
pub(crate) fn pack_types() -> impl Iterator<Item = &'static PackType> {
    PACK_TYPES.iter()
}

/// The pack type with this name.
pub(crate) fn pack_type(name: &str) -> Option<&'static PackType> {
    pack_types().find(|one| one.name == name)
}

const fn row(
    name: &'static str,
    family: &'static str,
    (vcpus, memory_gib): (u32, u32),
    zones: &'static [u32],
) -> PackType {
    PackType { name, family, vcpus, memory_gib, zones }
}

const PACK_TYPES: &[PackType] = &[
    row("SA9.96XLARGE1152", "SA9", (384, 1152), &[1, 2, 3, 6]),
    row("SA9.48XLARGE576", "SA9", (192, 576), &[1, 2, 3, 6]),
    row("S9.72XLARGE1152", "S9", (288, 1152), &[2, 3]),
    row("S9.36XLARGE576", "S9", (144, 576), &[2, 3]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{instance_type, is_type_name};

    #[test]
    fn pack_type_names_contain_family_and_size() {
        for one in pack_types() {
            assert!(is_type_name(one.name) && instance_type(one.name).is_none(), "{}", one.name);
            let size = format!("{}.{}XLARGE{}", one.family, one.vcpus / 4, one.memory_gib);
            assert_eq!(one.name, size);
            assert_eq!(pack_type(one.name).map(|found| found.vcpus), Some(one.vcpus));
        }
    }
}
