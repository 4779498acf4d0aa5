//! The elastic disks of a region that are attached to no instance, and the operations on all disks of the region.
//!
//! An attached disk is stored at its instance, so that all that concerns an instance finds it there. It moves when an
//! attachment or a detachment ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use cbs_models::enums::RenewFlag;
use cvm_models::enums::DiskType;

use crate::clock::VirtualClock;
use crate::state::{DetachedDisk, Instances, StoredDisk, Tokens};
use crate::timestamp::Timestamp;
use crate::visits::count_one;

/// How long the recycle bin keeps a disk.
pub(crate) const RETENTION: Duration = Duration::from_secs(7 * 86_400);

/// The disks of a region that are attached to no instance, and what happens to all disks of the region.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disks {
    detached: BTreeMap<Arc<str>, DetachedDisk>,
    /// The running operation of each disk that has one.
    operations: BTreeMap<Arc<str>, DiskOperation>,
    due: BTreeSet<(Timestamp, Arc<str>, Event)>,
    created: u64,
    /// Disks that events destroyed together with their snapshots, since the last call of
    /// [`Self::take_destroyed`].
    destroyed: Vec<Arc<str>>,
    pub(crate) tokens: Tokens,
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// An operation ends.
    Operation,
    /// The prepaid term of a disk with terms of its own ends.
    Expiry,
    /// The recycle bin destroys the disk.
    Destruction,
}

/// A running operation.
#[derive(Clone, Debug)]
pub(crate) struct DiskOperation {
    pub(crate) work: DiskWork,
    pub(crate) began: Timestamp,
    pub(crate) ends: Timestamp,
    /// The serial of the instance that has the disk, or is to have it.
    serial: Option<u64>,
}

/// What an operation does when it ends.
#[derive(Clone, Debug)]
pub(crate) enum DiskWork {
    Create,
    Attach {
        instance_id: Arc<str>,
        /// `None` leaves it unchanged.
        delete_with_instance: Option<bool>,
    },
    Detach,
    /// The new size in GiB.
    Expand(i64),
    /// The new storage medium.
    ChangeType(DiskType),
    /// The content becomes that of a snapshot. Nothing else of the disk changes.
    Rollback,
}

impl DiskWork {
    /// How long it takes; assumed.
    const fn duration(&self) -> Duration {
        Duration::from_secs(match self {
            Self::Create | Self::Attach { .. } | Self::Detach => 5,
            Self::Expand(_) => 10,
            Self::ChangeType(_) | Self::Rollback => 60,
        })
    }
}

impl Disks {
    /// The disks that are attached to no instance.
    pub(crate) fn detached(&self) -> impl Iterator<Item = &DetachedDisk> {
        self.detached.values().inspect(|_| count_one())
    }

    /// The disk with this id, if it is attached to no instance.
    pub(crate) fn get(&self, disk_id: &str) -> Option<&DetachedDisk> {
        self.detached.get(disk_id)
    }

    /// The disk with this id, if it is attached to no instance, to change it.
    pub(crate) fn get_mut(&mut self, disk_id: &str) -> Option<&mut DetachedDisk> {
        self.detached.get_mut(disk_id)
    }

    /// The number of disks that are attached to no instance.
    pub(crate) fn count_detached(&self) -> usize {
        self.detached.len()
    }

    /// The running operation of a disk.
    pub(crate) fn operation(&self, disk_id: &str) -> Option<&DiskOperation> {
        self.operations.get(disk_id)
    }

    /// The number of disks that are being attached to an instance.
    pub(crate) fn count_attaching(&self, instance_id: &str) -> usize {
        let is_meant = |operation: &&DiskOperation| match &operation.work {
            DiskWork::Attach { instance_id: target, .. } => **target == *instance_id,
            _ => false,
        };
        self.operations.values().filter(is_meant).count()
    }

    /// Adds a new disk, and starts its creation.
    pub(crate) fn create(&mut self, mut disk: DetachedDisk, clock: &VirtualClock, now: Timestamp) {
        self.created += 1;
        disk.terms.number = self.created;
        let id = Arc::clone(&disk.disk.id);
        self.insert(disk);
        self.begin(&id, DiskWork::Create, None, (clock, now));
    }

    /// Starts an operation. `serial` is that of the instance that has the disk, or is to have it.
    pub(crate) fn begin(
        &mut self,
        disk_id: &Arc<str>,
        work: DiskWork,
        serial: Option<u64>,
        (clock, now): (&VirtualClock, Timestamp),
    ) {
        let ends = now.after(clock.delay(work.duration()));
        self.due.insert((ends, Arc::clone(disk_id), Event::Operation));
        let operation = DiskOperation { work, began: now, ends, serial };
        self.operations.insert(Arc::clone(disk_id), operation);
    }

    /// Moves a disk to the recycle bin.
    pub(crate) fn recycle(&mut self, disk_id: &Arc<str>, now: Timestamp) {
        self.cancel_operation(disk_id);
        let until = now.after(RETENTION);
        let Some(disk) = self.detached.get_mut(disk_id) else { return };
        disk.kept_until = Some(until);
        self.due.insert((until, Arc::clone(disk_id), Event::Destruction));
    }

    /// Removes a disk that is attached to no instance, with all that was to happen to it.
    pub(crate) fn remove(&mut self, disk_id: &str) -> Option<DetachedDisk> {
        self.cancel_operation(disk_id);
        let disk = self.detached.remove(disk_id)?;
        self.cancel_event(&disk.disk.id, disk.terms.expires, Event::Expiry);
        self.cancel_event(&disk.disk.id, disk.kept_until, Event::Destruction);
        Some(disk)
    }

    /// Schedules the end of the term of a disk, in place of an earlier one.
    pub(crate) fn schedule_expiry(
        &mut self,
        disk_id: &Arc<str>,
        before: Option<Timestamp>,
        expires: Option<Timestamp>,
    ) {
        self.cancel_event(disk_id, before, Event::Expiry);
        self.due.extend(expires.map(|expires| (expires, Arc::clone(disk_id), Event::Expiry)));
    }

    /// Whether the removal of an instance without remaining disks concerns anything here.
    pub(crate) fn has_operations(&self) -> bool {
        !self.operations.is_empty()
    }

    /// Ends the operations on the disks of a removed instance, and takes the disks that remain.
    pub(crate) fn forget_instance(&mut self, serial: u64, remaining: Vec<DetachedDisk>) {
        let is_with_it = |operation: &DiskOperation| {
            let is_attached = !matches!(operation.work, DiskWork::Attach { .. });
            is_attached && operation.serial == Some(serial)
        };
        let ended = self.operations.iter().filter(|(_, operation)| is_with_it(operation));
        let ended: Vec<_> = ended.map(|(id, _)| Arc::clone(id)).collect();
        ended.iter().for_each(|id| self.cancel_operation(id));
        remaining.into_iter().for_each(|disk| self.insert(disk));
    }

    /// When the next event is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(time, ..)| *time)
    }

    /// Applies all due events in order, each at its time.
    pub(crate) fn act(&mut self, instances: &mut Instances, now: Timestamp) {
        while let Some((time, id, event)) = self.due.first().cloned() {
            if time > now {
                break;
            }
            self.due.pop_first();
            match event {
                Event::Operation => self.end_operation(&id, instances, time),
                Event::Expiry => self.expire(&id, instances, time),
                Event::Destruction => self.destroy(&id, time),
            }
        }
    }

    /// The disks that events destroyed together with their snapshots, since the last call.
    pub(crate) fn take_destroyed(&mut self) -> Vec<Arc<str>> {
        std::mem::take(&mut self.destroyed)
    }

    fn insert(&mut self, disk: DetachedDisk) {
        let id = Arc::clone(&disk.disk.id);
        self.schedule_expiry(&id, disk.terms.expires, disk.terms.expires);
        self.detached.insert(id, disk);
    }

    fn end_operation(&mut self, id: &Arc<str>, instances: &mut Instances, time: Timestamp) {
        // A canceled operation leaves no event behind, but a later one can end at the same time.
        if self.operations.get(id).is_none_or(|operation| operation.ends != time) {
            return;
        }
        let Some(DiskOperation { work, serial, .. }) = self.operations.remove(id) else { return };
        match work {
            DiskWork::Create | DiskWork::Rollback => {}
            DiskWork::Attach { delete_with_instance, .. } => {
                let instance = serial.and_then(|serial| instances.get_mut(serial));
                let (Some(mut instance), Some(disk)) = (instance, self.detached.get_mut(id)) else {
                    return self.fail(id, "The instance does not exist any more.");
                };
                if let Some(is_deleted) = delete_with_instance {
                    disk.disk.delete_with_instance = is_deleted && !disk.terms.is_prepaid();
                }
                disk.disk.extras_mut().error = None;
                if let Some(disk) = self.detached.remove(id) {
                    instance.attach(disk);
                }
            }
            DiskWork::Detach => {
                let instance = serial.and_then(|serial| instances.get_mut(serial));
                if let Some(disk) = instance.and_then(|mut instance| instance.detach(id)) {
                    self.insert(disk);
                }
            }
            DiskWork::Expand(gib) => self.change(id, serial, instances, |disk| disk.gib = gib),
            DiskWork::ChangeType(kind) => {
                self.change(id, serial, instances, |disk| disk.kind = kind);
            }
        }
    }

    /// Changes a disk where it is.
    fn change(
        &mut self,
        id: &str,
        serial: Option<u64>,
        instances: &mut Instances,
        change: impl FnOnce(&mut StoredDisk),
    ) {
        if let Some(detached) = self.detached.get_mut(id) {
            change(&mut detached.disk);
        } else if let Some(mut instance) = serial.and_then(|serial| instances.get_mut(serial))
            && let Some(disk) = instance.disk_mut(id)
        {
            change(disk);
        }
    }

    fn fail(&mut self, id: &str, why: &str) {
        if let Some(disk) = self.detached.get_mut(id) {
            disk.disk.extras_mut().error = Some(why.into());
        }
    }

    /// The end of a prepaid term: renewal for a month, or the recycle bin, without the instance.
    fn expire(&mut self, id: &Arc<str>, instances: &mut Instances, time: Timestamp) {
        let serial = match self.detached.get(id) {
            Some(_) => None,
            None => match instances.serial_with_disk(id) {
                Some(serial) => Some(serial),
                None => return,
            },
        };
        let mut attached = serial.and_then(|serial| instances.get_mut(serial));
        let terms = match &mut attached {
            Some(instance) => instance
                .disk_mut(id)
                .and_then(|disk| disk.extras.as_mut())
                .and_then(|extras| extras.terms.as_mut()),
            None => self.detached.get_mut(id).map(|detached| &mut detached.terms),
        };
        // A changed term has an event of its own.
        let Some(terms) = terms.filter(|terms| terms.expires == Some(time)) else { return };
        if terms.renew_flag == RenewFlag::NotifyAndAutoRenew
            && let Some(next) = time.next_month()
        {
            terms.expires = Some(next);
            self.due.insert((next, Arc::clone(id), Event::Expiry));
            return;
        }
        drop(attached);
        if self.detached.get(id).is_some_and(|detached| detached.kept_until.is_some()) {
            return;
        }
        let instance = serial.and_then(|serial| instances.get_mut(serial));
        if let Some(disk) = instance.and_then(|mut instance| instance.detach(id)) {
            self.detached.insert(Arc::clone(id), disk);
        }
        self.fail(id, "The term of the disk ended.");
        self.recycle(id, time);
    }

    fn destroy(&mut self, id: &Arc<str>, time: Timestamp) {
        if self.detached.get(id).is_none_or(|detached| detached.kept_until != Some(time)) {
            return;
        }
        let extras = self.remove(id).and_then(|detached| detached.disk.extras);
        if extras.is_some_and(|extras| extras.deletes_snapshots) {
            self.destroyed.push(Arc::clone(id));
        }
    }

    fn cancel_operation(&mut self, id: &str) {
        if let Some((id, operation)) = self.operations.remove_entry(id) {
            self.cancel_event(&id, Some(operation.ends), Event::Operation);
        }
    }

    fn cancel_event(&mut self, id: &Arc<str>, time: Option<Timestamp>, event: Event) {
        if let Some(time) = time {
            self.due.remove(&(time, Arc::clone(id), event));
        }
    }
}

#[cfg(test)]
mod tests {
    use cbs_models::enums::DiskChargeType;

    use super::*;
    use crate::clock::TimeMode;
    use crate::state::{DiskTerms, StoredInstance};

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    fn clock() -> VirtualClock {
        VirtualClock::new(TimeMode::Manual, at(0))
    }

    fn disk(id: &str, expires: Option<u64>, renew_flag: RenewFlag) -> DetachedDisk {
        let is_prepaid = expires.is_some();
        DetachedDisk {
            disk: StoredDisk { id: id.into(), gib: 10, ..StoredDisk::default() },
            zone: "ap-guangzhou-3".into(),
            terms: DiskTerms {
                created: at(0),
                number: 0,
                charge_type: if is_prepaid {
                    DiskChargeType::Prepaid
                } else {
                    DiskChargeType::PostpaidByHour
                },
                expires: expires.map(at),
                renew_flag,
                project_id: 0,
                dedicated_cluster_id: None,
            },
            kept_until: None,
        }
    }

    fn attach(disks: &mut Disks, id: &Arc<str>, serial: u64, now: u64) {
        let instance_id = "ins-00000001".into();
        let work = DiskWork::Attach { instance_id, delete_with_instance: None };
        disks.begin(id, work, Some(serial), (&clock(), at(now)));
    }

    fn instance() -> StoredInstance {
        StoredInstance { id: "ins-00000001".into(), ..StoredInstance::default() }
    }

    #[test]
    fn disk_is_always_in_one_place() {
        let (mut disks, mut instances) = (Disks::default(), Instances::default());
        let serial = instances.insert(instance());
        let id: Arc<str> = "disk-1".into();
        disks.create(disk(&id, None, RenewFlag::NotifyAndManualRenew), &clock(), at(0));
        disks.act(&mut instances, at(5));
        attach(&mut disks, &id, serial, 5);
        assert_eq!(disks.count_attaching("ins-00000001"), 1);
        disks.act(&mut instances, at(9));
        let places = |disks: &Disks, instances: &Instances| {
            let attached = instances.get(serial).unwrap().data_disks.len();
            (disks.count_detached(), attached)
        };
        assert_eq!(places(&disks, &instances), (1, 0));
        disks.act(&mut instances, at(10));
        assert_eq!(places(&disks, &instances), (0, 1));
        disks.begin(&id, DiskWork::Expand(20), Some(serial), (&clock(), at(10)));
        disks.act(&mut instances, at(20));
        assert_eq!(instances.get(serial).unwrap().data_disks[0].gib, 20);
        disks.begin(&id, DiskWork::Detach, Some(serial), (&clock(), at(20)));
        disks.act(&mut instances, at(25));
        assert_eq!(places(&disks, &instances), (1, 0));
        assert_eq!(disks.next_due(), None);
    }

    #[test]
    fn attachment_to_a_removed_instance_fails() {
        let (mut disks, mut instances) = (Disks::default(), Instances::default());
        let id: Arc<str> = "disk-1".into();
        disks.create(disk(&id, None, RenewFlag::NotifyAndManualRenew), &clock(), at(0));
        disks.act(&mut instances, at(5));
        attach(&mut disks, &id, 9, 5);
        disks.forget_instance(9, Vec::new());
        disks.act(&mut instances, at(10));
        assert!(disks.operation(&id).is_none());
        assert!(disks.get(&id).unwrap().disk.extras.as_ref().unwrap().error.is_some());
    }

    #[test]
    fn prepaid_disk_is_renewed_or_recycled_at_the_end_of_its_term() {
        let (mut disks, mut instances) = (Disks::default(), Instances::default());
        let serial = instances.insert(instance());
        let ends = 40 * 86_400;
        for (id, flag) in [
            ("disk-1", RenewFlag::NotifyAndAutoRenew),
            ("disk-2", RenewFlag::NotifyAndManualRenew),
            ("disk-3", RenewFlag::NotifyAndManualRenew),
        ] {
            disks.create(disk(id, Some(ends), flag), &clock(), at(0));
        }
        disks.act(&mut instances, at(5));
        attach(&mut disks, &"disk-3".into(), serial, 5);
        disks.act(&mut instances, at(ends));
        assert_eq!(instances.get(serial).unwrap().data_disks.len(), 0, "it is detached");
        let kept = |disks: &Disks, id: &str| disks.get(id).map(|it| it.kept_until.is_some());
        let all = |disks: &Disks| ["disk-1", "disk-2", "disk-3"].map(|id| kept(disks, id));
        assert_eq!(all(&disks), [Some(false), Some(true), Some(true)]);
        disks.act(&mut instances, at(ends).after(RETENTION));
        assert_eq!(all(&disks), [Some(false), None, None]);
        assert!(disks.remove("disk-1").is_some());
        assert_eq!(disks.next_due(), None, "a removed disk leaves no event");
    }
}
