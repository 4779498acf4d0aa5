//! The disks of an instance: elastic ones come and go, and some of them remain when the instance is removed.

use std::sync::Arc;

use cbs_models::enums::{DiskChargeType, RenewFlag};
use cvm_models::enums::InstanceChargeType;
use cvm_models::types::DataDisk;

use crate::state::{DetachedDisk, DiskTerms, StoredDisk, StoredInstance};
use crate::timestamp::Timestamp;

impl StoredInstance {
    /// The terms of the disks that were launched with it.
    pub(crate) fn disk_terms(&self) -> DiskTerms {
        let charge_type = match self.charge_type {
            InstanceChargeType::Prepaid => DiskChargeType::Prepaid,
            InstanceChargeType::CdcPaid => DiskChargeType::Cdcpaid,
            _ => DiskChargeType::PostpaidByHour,
        };
        let is_prepaid = charge_type == DiskChargeType::Prepaid;
        let flag = self.renew_flag.as_ref().map(|flag| RenewFlag::from(flag.as_str()));
        let extras = self.extras.as_ref();
        DiskTerms {
            created: self.created,
            number: 0,
            charge_type,
            expires: self.expires.filter(|_| is_prepaid),
            renew_flag: flag.unwrap_or(RenewFlag::NotifyAndManualRenew),
            project_id: self.project_id,
            dedicated_cluster_id: extras.and_then(|extras| extras.dedicated_cluster_id.clone()),
        }
    }

    /// The terms of one of its disks.
    pub(crate) fn terms_of(&self, disk: &StoredDisk) -> DiskTerms {
        disk.terms().cloned().unwrap_or_else(|| self.disk_terms())
    }

    /// Whether one of its disks is deleted with it. An elastic disk that is prepaid is kept until the end of its term,
    /// whatever the launch asked for.
    pub(crate) fn deletes(&self, disk: &StoredDisk) -> bool {
        // A system disk always goes with its instance.
        disk.id == self.system_disk.id
            || disk.delete_with_instance && !(self.is_elastic(disk) && self.is_prepaid(disk))
    }

    /// One of its data disks in the form of the API.
    pub(crate) fn api_data_disk(&self, disk: &StoredDisk) -> DataDisk {
        DataDisk { delete_with_instance: Some(self.deletes(disk)), ..disk.data_disk() }
    }

    /// Whether one of its disks is prepaid.
    fn is_prepaid(&self, disk: &StoredDisk) -> bool {
        let of_instance = || self.charge_type == InstanceChargeType::Prepaid;
        disk.terms().map_or_else(of_instance, DiskTerms::is_prepaid)
    }

    /// Whether one of its disks is elastic: every cloud disk for data is.
    pub(crate) fn is_elastic(&self, disk: &StoredDisk) -> bool {
        !disk.is_local() && disk.id != self.system_disk.id
    }

    /// Its disk with this id, to change it.
    pub(crate) fn disk_mut(&mut self, disk_id: &str) -> Option<&mut StoredDisk> {
        let mut disks = std::iter::once(&mut self.system_disk).chain(&mut self.data_disks);
        disks.find(|disk| *disk.id == *disk_id)
    }

    /// Its elastic disks.
    pub(crate) fn elastic_disks_mut(&mut self) -> impl Iterator<Item = &mut StoredDisk> {
        self.data_disks.iter_mut().filter(|disk| !disk.is_local())
    }

    /// Attaches a disk.
    pub(crate) fn attach(&mut self, detached: DetachedDisk) {
        let mut disk = detached.disk;
        disk.extras_mut().terms = Some(detached.terms);
        self.data_disks.push(disk);
    }

    /// Detaches a data disk. One that was launched with the instance takes the terms of the instance with it.
    pub(crate) fn detach(&mut self, disk_id: &str) -> Option<DetachedDisk> {
        let index = self.data_disks.iter().position(|disk| *disk.id == *disk_id)?;
        let disk = self.data_disks.remove(index);
        Some(self.detached(disk))
    }

    fn detached(&self, mut disk: StoredDisk) -> DetachedDisk {
        let extras = disk.extras_mut();
        extras.last_instance_id = Some(Arc::clone(&self.id));
        extras.is_released = false;
        let terms = extras.terms.take().unwrap_or_else(|| self.disk_terms());
        DetachedDisk { disk, zone: Arc::clone(&self.zone), terms, kept_until: None }
    }

    /// Gives elastic disks that have the terms of the instance the same terms as their own. Returns the disks whose
    /// terms end, and when.
    pub(crate) fn separate_disks(&mut self) -> Vec<(Arc<str>, Timestamp)> {
        let terms = self.disk_terms();
        let mut ends = Vec::new();
        for disk in self.elastic_disks_mut().filter(|disk| disk.terms().is_none()) {
            disk.extras_mut().terms = Some(terms.clone());
            ends.extend(terms.expires.map(|expires| (Arc::clone(&disk.id), expires)));
        }
        ends
    }

    /// Lets its prepaid elastic disks follow it into the recycle bin, and be destroyed with it.
    pub(crate) fn release_prepaid_disks(&mut self) {
        let is_prepaid = self.charge_type == InstanceChargeType::Prepaid;
        for disk in self.elastic_disks_mut() {
            if disk.terms().map_or(is_prepaid, DiskTerms::is_prepaid) {
                disk.extras_mut().is_released = true;
            }
        }
    }

    /// Keeps the disks that were to be destroyed with it, because it has left the recycle bin.
    pub(crate) fn keep_released_disks(&mut self) {
        for disk in self.elastic_disks_mut().filter(|disk| disk.is_released()) {
            disk.extras_mut().is_released = false;
        }
    }

    /// Takes the disks that remain when it is removed at this time.
    pub(crate) fn take_remaining_disks(&mut self, now: Timestamp) -> Vec<DetachedDisk> {
        if self.data_disks.iter().all(|disk| self.is_destroyed_with(disk, now)) {
            return Vec::new();
        }
        let disks = std::mem::take(&mut self.data_disks).into_iter();
        let remaining = disks.filter(|disk| !self.is_destroyed_with(disk, now));
        remaining.map(|disk| self.detached(disk)).collect()
    }

    /// Whether a data disk is destroyed when the instance is removed at this time. A prepaid disk is kept until the
    /// end of its term.
    fn is_destroyed_with(&self, disk: &StoredDisk, now: Timestamp) -> bool {
        if disk.is_local() || disk.is_released() {
            return true;
        }
        let terms = self.terms_of(disk);
        if terms.is_prepaid() {
            return disk.terms().is_none() && terms.expires.is_some_and(|expires| expires <= now);
        }
        disk.delete_with_instance
    }
}

#[cfg(test)]
mod tests {
    use cvm_models::enums::DiskType;

    use super::*;

    fn disk(id: &str, kind: DiskType, delete_with_instance: bool) -> StoredDisk {
        StoredDisk { id: id.into(), kind, delete_with_instance, ..StoredDisk::default() }
    }

    fn instance(charge_type: InstanceChargeType) -> StoredInstance {
        StoredInstance {
            id: "ins-00000001".into(),
            charge_type,
            expires: Some(Timestamp::from_unix(100)),
            data_disks: vec![
                disk("disk-deleted", DiskType::CloudSsd, true),
                disk("disk-kept", DiskType::CloudSsd, false),
                disk("disk-local", DiskType::LocalSsd, false),
            ],
            ..StoredInstance::default()
        }
    }

    fn remaining(instance: &mut StoredInstance, now: u64) -> Vec<String> {
        let disks = instance.take_remaining_disks(Timestamp::from_unix(now));
        disks.iter().map(|detached| detached.disk.id.to_string()).collect()
    }

    #[test]
    fn disks_remain_as_they_are_charged_and_as_the_launch_asked() {
        use InstanceChargeType::{PostpaidByHour, Prepaid};
        assert_eq!(remaining(&mut instance(PostpaidByHour), 10), ["disk-kept"]);
        assert_eq!(remaining(&mut instance(Prepaid), 10), ["disk-deleted", "disk-kept"]);
        assert_eq!(remaining(&mut instance(Prepaid), 100), [""; 0], "their term has ended too");
        let mut released = instance(Prepaid);
        released.release_prepaid_disks();
        assert_eq!(remaining(&mut released.clone(), 10), [""; 0]);
        released.keep_released_disks();
        assert_eq!(remaining(&mut released, 10), ["disk-deleted", "disk-kept"]);
    }

    #[test]
    fn detached_disk_takes_the_terms_of_its_instance_and_keeps_them() {
        let mut first = instance(InstanceChargeType::Prepaid);
        first.project_id = 7;
        let detached = first.detach("disk-kept").unwrap();
        assert_eq!((detached.terms.project_id, detached.terms.is_prepaid()), (7, true));
        let mut second = instance(InstanceChargeType::PostpaidByHour);
        second.attach(detached);
        let disk = second.data_disks.last().unwrap();
        assert!(second.terms_of(disk).is_prepaid());
        assert_eq!(first.detach("disk-kept").map(|it| it.disk.id), None);
    }
}
