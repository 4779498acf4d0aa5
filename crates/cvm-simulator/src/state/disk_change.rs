//! What an operation makes of a disk.

use cvm_models::enums::DiskType;

use crate::state::StoredInstance;

/// What becomes of one disk.
#[derive(Clone, Debug)]
pub(crate) struct DiskChange {
    pub(crate) disk_id: Option<String>,
    pub(crate) effect: DiskEffect,
}

/// Another size or another type.
#[derive(Clone, Debug)]
pub(crate) enum DiskEffect {
    Large(i64),
    Of(DiskType),
}

impl DiskChange {
    pub(crate) fn apply(&self, machine: &mut StoredInstance) {
        let shown = &mut machine.api;
        let system = &mut shown.system_disk;
        let (size, kind) = if system.disk_id == self.disk_id {
            (&mut system.disk_size, &mut system.disk_type)
        } else {
            let mut data = shown.data_disks.iter_mut();
            let Some(disk) = data.find(|disk| disk.disk_id == self.disk_id) else { return };
            (&mut disk.disk_size, &mut disk.disk_type)
        };
        match &self.effect {
            DiskEffect::Large(gib) => *size = Some(*gib),
            DiskEffect::Of(other) => *kind = Some(other.clone()),
        }
    }
}
