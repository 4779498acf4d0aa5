//! A cloud disk wherever it is, as the disk service sees it.

use std::collections::HashMap;
use std::sync::Arc;

use cbs_models::enums::{AttachMode, AttachedInstanceType, DiskState, DiskUsage, RenewFlag};
use cbs_models::types::{Disk, Placement, Tag};
use cvm_models::enums::{InstanceChargeType, InstanceState};

use crate::api_error::ApiError;
use crate::parameters::distinct;
use crate::state::{
    DetachedDisk, DiskOperation, DiskTerms, DiskWork, RequestContext, StoredDisk, StoredInstance,
};
use crate::timestamp::Timestamp;

/// The service's word for "unnamed".
pub(super) const UNNAMED: &str = "未命名";

/// Why a prepaid disk cannot be returned: it already was.
const RETURNED: i64 = 1;
/// Its term has ended.
const EXPIRED: i64 = 2;
/// It does not support it.
const NOT_SUPPORTED: i64 = 3;
/// It is not an elastic prepaid data disk.
const NOT_RETURNABLE: i64 = 10;

/// A cloud disk.
#[derive(Clone, Copy)]
pub(super) struct DiskView<'a> {
    pub(super) stored: &'a StoredDisk,
    pub(super) place: Place<'a>,
    pub(super) operation: Option<&'a DiskOperation>,
}

/// Where a disk is.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// It is the system disk of an instance.
    System(&'a StoredInstance),
    /// It is a data disk of an instance.
    Data(&'a StoredInstance),
    Detached(&'a DetachedDisk),
}

/// The number and the total size in MiB of the snapshots of each disk.
pub(super) type SnapshotTally<'a> = HashMap<&'a str, (i64, u64)>;

impl<'a> DiskView<'a> {
    /// All cloud disks of the region, in no particular order. One in creation is not listed yet.
    pub(super) fn all<'c>(context: &'c RequestContext<'_>) -> impl Iterator<Item = DiskView<'c>> {
        let disks = context.regions.get(context.region.name).map(|resources| &*resources.disks);
        let operation = move |id: &str| disks.and_then(|disks| disks.operation(id));
        let detached = disks.into_iter().flat_map(|disks| disks.detached());
        let detached = detached.map(Place::Detached).filter_map(move |place| {
            let Place::Detached(detached) = place else { return None };
            let operation = operation(&detached.disk.id);
            Some(DiskView { stored: &detached.disk, place, operation })
        });
        let attached = context.instances.newest_first().flat_map(Self::of);
        let attached =
            attached.map(move |disk| DiskView { operation: operation(&disk.stored.id), ..disk });
        attached.chain(detached).filter(|disk| !disk.is_in_creation())
    }

    /// The cloud disks of an instance without their operations: the system disk, then the data disks.
    fn of<'c>(instance: &'c StoredInstance) -> impl Iterator<Item = DiskView<'c>> {
        let of = move |(index, stored)| {
            let place = if index == 0 { Place::System(instance) } else { Place::Data(instance) };
            DiskView { stored, place, operation: None }
        };
        let disks = instance.disks().enumerate().map(of);
        disks.filter(|disk| !disk.stored.id.is_empty() && !disk.stored.is_local())
    }

    /// The disks with these ids, each once. All of them must exist.
    pub(super) fn find(
        context: &'a RequestContext<'_>,
        disk_ids: &[String],
    ) -> Result<Vec<Self>, ApiError> {
        let ids = distinct(disk_ids.iter().map(String::as_str));
        let disks = context.regions.get(context.region.name).map(|resources| &*resources.disks);
        let detached = |id: &str| disks.and_then(|disks| disks.get(id));
        let find = |id: &str| {
            let place = match detached(id) {
                Some(detached) => {
                    let place = Place::Detached(detached);
                    Some(DiskView { stored: &detached.disk, place, operation: None })
                }
                None => {
                    let instance =
                        context.instances.get(context.instances.serial_with_disk(id)?)?;
                    Self::of(instance).find(|disk| *disk.stored.id == *id)
                }
            };
            let operation = disks.and_then(|disks| disks.operation(id));
            place.map(|disk| DiskView { operation, ..disk })
        };
        let found: Vec<_> = ids.iter().filter_map(|id| find(id)).collect();
        if found.len() == ids.len() {
            return Ok(found);
        }
        let unknown = ids.iter().find(|id| find(id).is_none()).copied().unwrap_or_default();
        let message = format!("The disk `{unknown}` does not exist in {}.", context.region.name);
        let codes =
            ["InvalidDiskId.NotFound", "ResourceNotFound.NotFound", "InvalidParameterValue"];
        Err(context.codes.error(codes, message))
    }

    /// The disk with this id. It must exist.
    pub(super) fn find_one(
        context: &'a RequestContext<'_>,
        disk_id: &String,
    ) -> Result<Self, ApiError> {
        let disks = Self::find(context, std::slice::from_ref(disk_id))?;
        disks
            .into_iter()
            .next()
            .ok_or_else(|| context.codes.error(["MissingParameter"], "The request names no disk."))
    }

    pub(super) fn id(&self) -> &'a str {
        &self.stored.id
    }

    pub(super) fn name(&self) -> &'a str {
        self.stored.name.as_deref().unwrap_or_default()
    }

    /// The instance that has it.
    pub(super) fn instance(&self) -> Option<&'a StoredInstance> {
        match self.place {
            Place::System(instance) | Place::Data(instance) => Some(instance),
            Place::Detached(_) => None,
        }
    }

    /// The instance that has it or is to have it.
    pub(super) fn instance_id(&self) -> &'a str {
        match (self.instance(), self.operation.map(|operation| &operation.work)) {
            (Some(instance), _) => &instance.id,
            (None, Some(DiskWork::Attach { instance_id, .. })) => instance_id,
            (None, _) => "",
        }
    }

    pub(super) fn is_system(&self) -> bool {
        matches!(self.place, Place::System(_))
    }

    /// Whether it is elastic.
    pub(super) fn is_elastic(&self) -> bool {
        !self.is_system()
    }

    /// Whether it is in the recycle bin, alone or with its instance.
    pub(super) fn is_in_bin(&self) -> bool {
        match self.place {
            Place::Detached(detached) => detached.kept_until.is_some(),
            Place::System(instance) | Place::Data(instance) => {
                self.stored.is_released() && instance.state == InstanceState::Shutdown
            }
        }
    }

    fn is_in_creation(&self) -> bool {
        self.operation.is_some_and(|operation| matches!(operation.work, DiskWork::Create))
    }

    pub(super) fn zone(&self) -> &'a str {
        match self.place {
            Place::System(instance) | Place::Data(instance) => &instance.zone,
            Place::Detached(detached) => &detached.zone,
        }
    }

    pub(super) fn terms(&self) -> DiskTerms {
        match self.place {
            Place::System(instance) | Place::Data(instance) => instance.terms_of(self.stored),
            Place::Detached(detached) => detached.terms.clone(),
        }
    }

    /// Sorts the newest first.
    pub(super) fn age(&self) -> std::cmp::Reverse<(Timestamp, u64)> {
        let terms = match self.place {
            Place::Detached(detached) => Some(&detached.terms),
            Place::System(_) | Place::Data(_) => self.stored.terms(),
        };
        let created = self.instance().map(|instance| instance.created).unwrap_or_default();
        std::cmp::Reverse(terms.map_or((created, 0), |terms| (terms.created, terms.number)))
    }

    pub(super) fn usage(&self) -> DiskUsage {
        if self.is_system() { DiskUsage::SystemDisk } else { DiskUsage::DataDisk }
    }

    pub(super) fn state(&self) -> DiskState {
        match self.operation.map(|operation| &operation.work) {
            Some(DiskWork::Attach { .. }) => DiskState::Attaching,
            Some(DiskWork::Detach) => DiskState::Detaching,
            Some(DiskWork::Expand(_)) => DiskState::Expanding,
            Some(DiskWork::Rollback) => DiskState::Rollbacking,
            _ if self.is_in_bin() => DiskState::Torecycle,
            _ if self.instance().is_some() => DiskState::Attached,
            _ => DiskState::Unattached,
        }
    }

    /// Checks that no other operation on the disk or its instance is in progress.
    pub(super) fn check_idle(&self, context: &RequestContext<'_>) -> Result<(), ApiError> {
        let (codes, id) = (context.codes, self.id());
        if let Some(operation) = self.operation {
            let special = match operation.work {
                DiskWork::ChangeType(_) => Some("ResourceInUse.DiskMigrating"),
                DiskWork::Rollback => Some("ResourceInUse.DiskRollbacking"),
                _ => None,
            };
            let message = format!("The disk `{id}` has an operation in progress.");
            let busy = ["InvalidDisk.Busy", "ResourceBusy", "ResourceInUse.DiskMigrating"];
            return Err(codes.error(special.into_iter().chain(busy), message));
        }
        match self.instance().filter(|instance| instance.operation.is_some()) {
            Some(instance) => {
                let message = format!(
                    "The instance `{}` of the disk `{id}` has an operation in progress.",
                    instance.id
                );
                Err(codes.error(["ResourceBusy", "InvalidDisk.Busy", "ResourceInUse"], message))
            }
            None => Ok(()),
        }
    }

    /// Checks that the disk is not in the recycle bin.
    pub(super) fn check_not_in_bin(&self, context: &RequestContext<'_>) -> Result<(), ApiError> {
        if !self.is_in_bin() {
            return Ok(());
        }
        let message = format!("The disk `{}` is TORECYCLE.", self.id());
        let is_over = self.terms().expires.is_some_and(|expires| expires <= context.now);
        let expired = is_over.then_some(["InvalidDisk.Expire", "ResourceUnavailable.Expire"]);
        let others = ["InvalidDisk.NotSupported", "ResourceUnavailable.NotSupported"];
        let candidates = expired.into_iter().flatten().chain(others);
        Err(context.codes.error(candidates, message))
    }

    /// The disk as responses show it.
    pub(super) fn api(&self, now: Timestamp, tally: &SnapshotTally<'_>) -> Disk {
        let (terms, stored) = (self.terms(), self.stored);
        let extras = stored.extras.as_deref();
        let expires = terms.expires.filter(|_| terms.is_prepaid());
        let days = |expires: Timestamp| expires.unix().saturating_sub(now.unix()) / 86_400;
        let (is_returnable, return_fail_code) = self.returnable(&terms, now);
        let (snapshot_count, snapshot_size) = tally.get(self.id()).copied().unwrap_or_default();
        let with_prepaid = self.instance().filter(|instance| {
            terms.is_prepaid() && instance.charge_type == InstanceChargeType::Prepaid
        });
        let renews = |flag: Option<&str>| flag == Some(RenewFlag::NotifyAndAutoRenew.as_str());
        let moved = self.percent(now, |work| matches!(work, DiskWork::ChangeType(_)));
        let rolled_back = self.percent(now, |work| matches!(work, DiskWork::Rollback));
        let last = extras.and_then(|extras| extras.last_instance_id.as_deref());
        let last = self.instance().map(|instance| &*instance.id).or(last);
        Disk {
            delete_with_instance: self
                .instance()
                .map_or(stored.delete_with_instance, |instance| instance.deletes(stored)),
            renew_flag: terms.renew_flag.clone(),
            disk_type: stored.kind.as_str().into(),
            disk_state: self.state(),
            snapshot_count,
            auto_renew_flag_error: with_prepaid.is_some_and(|instance| {
                renews(instance.renew_flag.as_ref().map(|flag| flag.as_str()))
                    && !renews(Some(terms.renew_flag.as_str()))
            }),
            encrypt: stored.is_encrypted,
            disk_name: self.name().to_owned(),
            tags: stored.tags.iter().map(tag).collect(),
            instance_id: self.instance_id().to_owned(),
            attach_mode: AttachMode::Pf,
            throughput_performance: number(stored.throughput_performance.unwrap_or(0)),
            migrating: moved.is_some(),
            disk_id: self.id().to_owned(),
            snapshot_size,
            placement: placement(
                self.zone(),
                terms.project_id,
                terms.dedicated_cluster_id.as_deref(),
            ),
            is_returnable: Some(is_returnable),
            deadline_time: expires.map(with_space).unwrap_or_default(),
            attached: self.instance().is_some(),
            disk_size: number(stored.gib),
            migrate_percent: moved.unwrap_or(100),
            disk_usage: self.usage(),
            disk_charge_type: terms.charge_type.clone(),
            portable: self.is_elastic(),
            snapshot_ability: true,
            deadline_error: with_prepaid.is_some_and(|instance| instance.expires > expires),
            rollbacking: rolled_back.is_some(),
            rollback_percent: rolled_back.unwrap_or(100),
            differ_days_of_deadline: expires.and_then(|time| i64::try_from(days(time)).ok()),
            return_fail_code,
            create_time: with_space(terms.created),
            delete_snapshot: extras.map_or(0, |extras| i64::from(extras.deletes_snapshots)),
            disk_backup_quota: extras.map_or(0, |extras| extras.backup_quota),
            instance_type: AttachedInstanceType::Cvm,
            last_attach_ins_id: last.map(str::to_owned),
            error_prompt: extras
                .and_then(|extras| extras.error.as_deref())
                .unwrap_or_default()
                .to_owned(),
            burst_performance: stored.burst_performance.unwrap_or(false),
            encrypt_type: extras.and_then(|extras| extras.encrypt_type.clone()),
            kms_key_id: stored.kms_key_id.as_ref().map(|id| id.to_string()),
            ..Default::default()
        }
    }

    /// Whether the disk can be returned before its term ends, and the code of the reason if not.
    pub(super) fn returnable(&self, terms: &DiskTerms, now: Timestamp) -> (bool, i64) {
        let code = if !terms.is_prepaid() || self.is_system() {
            NOT_RETURNABLE
        } else if terms.expires.is_some_and(|expires| expires <= now) {
            EXPIRED
        } else if self.is_in_bin() {
            RETURNED
        } else if self.instance().is_some() {
            NOT_SUPPORTED
        } else {
            return (true, 0);
        };
        (false, code)
    }

    /// The progress in percent of an operation of this kind, if there is one.
    fn percent(&self, now: Timestamp, is_meant: impl FnOnce(&DiskWork) -> bool) -> Option<u64> {
        let operation = self.operation.filter(|operation| is_meant(&operation.work))?;
        let span = operation.ends.unix().saturating_sub(operation.began.unix()).max(1);
        let done = now.unix().saturating_sub(operation.began.unix());
        Some((done.saturating_mul(100) / span).min(99))
    }
}

/// A placement, with empty texts for what it does not have, as in the samples.
pub(super) fn placement(zone: &str, project_id: i64, cluster_id: Option<&str>) -> Placement {
    Placement {
        zone: zone.to_owned(),
        cage_id: Some(String::new()),
        cdc_id: Some(String::new()),
        cdc_name: Some(String::new()),
        dedicated_cluster_id: Some(cluster_id.unwrap_or_default().to_owned()),
        project_id: Some(number(project_id)),
        project_name: Some(String::new()),
        ..Default::default()
    }
}

fn tag((key, value): &(Arc<str>, Arc<str>)) -> Tag {
    Tag { key: key.to_string(), value: value.to_string(), ..Default::default() }
}

/// A number that is never negative.
pub(super) fn number(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A time in the layout of the disk service.
pub(super) fn with_space(time: Timestamp) -> String {
    time.to_string().replace('T', " ").trim_end_matches('Z').to_owned()
}
