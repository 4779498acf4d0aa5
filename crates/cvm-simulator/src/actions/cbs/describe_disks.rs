//! DescribeDisks.

use cbs_models::actions::{DescribeDisks, DescribeDisksResponse};
use cbs_models::enums::{
    AttachMode, AttachedInstanceType, DiskChargeType, DiskState, DiskUsage, RenewFlag,
};
use cbs_models::types::{Disk, Placement};
use cvm_models::enums::InstanceChargeType;

use crate::api_error::ApiError;
use crate::filter::{self, Filters, IdFilter, Test, fits};
use crate::handler::{ActionHandler, Outcome};
use crate::page::Page;
use crate::state::{RequestContext, StoredDisk, StoredInstance};
use crate::timestamp::Timestamp;

/// Why a disk of an instance cannot be returned: it is not an elastic prepaid data disk.
const NOT_RETURNABLE: i64 = 10;

/// Lists the cloud disks of the instances of a region.
impl ActionHandler for DescribeDisks {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let filters = self.filters.into_iter().map(|filter| (filter.name, filter.values));
        let filters = filter::of_service(filters);
        let filters = Filters::of((codes, now), &filters, &AttachedDisk::filters())?;
        let ids = IdFilter::new(&self.disk_ids);
        let mut disks: Vec<AttachedDisk<'_>> = context
            .instances
            .newest_first()
            .flat_map(AttachedDisk::of)
            .filter(|disk| ids.includes(&disk.stored.id))
            .filter(|disk| filters.match_item(disk))
            .collect();
        let is_ascending = self.order.as_deref() == Some("ASC");
        if self.order_field.as_deref() == Some("DEADLINE") {
            disks.sort_by_key(|disk| std::cmp::Reverse(disk.instance.expires));
        }
        if is_ascending {
            disks.reverse();
        }
        let page = Page::of(codes.0, self.offset, self.limit);
        let (disk_set, total) = page.cut(disks.into_iter(), |disk| disk.api(now));
        Ok(Outcome::Response(DescribeDisksResponse {
            disk_set,
            total_count: u64::try_from(total).unwrap_or(0),
            ..Self::Response::default()
        }))
    }
}

/// A cloud disk and its instance.
#[derive(Clone, Copy)]
struct AttachedDisk<'a> {
    stored: &'a StoredDisk,
    instance: &'a StoredInstance,
    is_system: bool,
}

impl<'a> AttachedDisk<'a> {
    /// The cloud disks of an instance: the system disk, then the data disks.
    fn of(instance: &'a StoredInstance) -> impl Iterator<Item = Self> {
        let of = move |(index, stored)| Self { stored, instance, is_system: index == 0 };
        let disks = instance.disks().enumerate().map(of);
        disks.filter(|disk| !disk.stored.id.is_empty() && !disk.stored.is_local())
    }

    /// Filters for tags and dedicated clusters, which such disks do not have, are not supported.
    fn filters() -> [(&'static str, Test<Self>); 12] {
        [
            ("disk-usage", |filter, disk, _| filter.is(disk.usage().as_str())),
            ("disk-charge-type", |filter, disk, _| filter.is(disk.charge_type().as_str())),
            ("portable", |filter, _, _| filter.is("FALSE")),
            ("project-id", |filter, disk, _| filter.is(&disk.instance.project_id.to_string())),
            ("disk-id", |filter, disk, _| filter.is(&disk.stored.id)),
            ("disk-name", |filter, disk, _| filter.any(|pattern| fits(disk.name(), pattern))),
            ("disk-type", |filter, disk, _| filter.is(disk.stored.kind.as_str())),
            ("disk-state", |filter, _, _| filter.is(DiskState::Attached.as_str())),
            ("instance-id", |filter, disk, _| filter.is(&disk.instance.id)),
            ("zone", |filter, disk, _| filter.is(&disk.instance.zone)),
            ("instance-ip-address", |filter, disk, _| {
                let AttachedDisk { instance, .. } = disk;
                let mut addresses =
                    [instance.private_address, instance.public_address].into_iter().flatten();
                addresses.any(|address| filter.is(&address.to_string()))
            }),
            ("instance-name", |filter, disk, _| {
                filter.any(|pattern| fits(&disk.instance.name, pattern))
            }),
        ]
    }

    fn usage(&self) -> DiskUsage {
        if self.is_system { DiskUsage::SystemDisk } else { DiskUsage::DataDisk }
    }

    fn is_prepaid(&self) -> bool {
        self.instance.charge_type == InstanceChargeType::Prepaid
    }

    fn charge_type(&self) -> DiskChargeType {
        if self.is_prepaid() { DiskChargeType::Prepaid } else { DiskChargeType::PostpaidByHour }
    }

    fn name(&self) -> &'a str {
        self.stored.name.as_deref().unwrap_or_default()
    }

    /// The disk as responses show it.
    fn api(self, now: Timestamp) -> Disk {
        let Self { stored, instance, is_system } = self;
        let expires = instance.expires.filter(|_| self.is_prepaid());
        let days = |expires: Timestamp| expires.unix().saturating_sub(now.unix()) / 86_400;
        Disk {
            // A system disk always goes with its instance.
            delete_with_instance: is_system || stored.delete_with_instance,
            renew_flag: match &instance.renew_flag {
                Some(flag) => RenewFlag::from(flag.as_str()),
                None => RenewFlag::NotifyAndManualRenew,
            },
            disk_type: stored.kind.as_str().into(),
            disk_state: DiskState::Attached,
            encrypt: stored.is_encrypted,
            disk_name: self.name().to_owned(),
            instance_id: instance.id.to_string(),
            attach_mode: AttachMode::Pf,
            throughput_performance: number(stored.throughput_performance.unwrap_or(0)),
            disk_id: stored.id.to_string(),
            placement: Placement {
                zone: instance.zone.to_string(),
                dedicated_cluster_id: Some(String::new()),
                project_id: Some(number(instance.project_id)),
                ..Default::default()
            },
            is_returnable: Some(false),
            deadline_time: expires.map(with_space).unwrap_or_default(),
            attached: true,
            disk_size: number(stored.gib),
            migrate_percent: 100,
            disk_usage: self.usage(),
            disk_charge_type: self.charge_type(),
            snapshot_ability: true,
            rollback_percent: 100,
            differ_days_of_deadline: expires.and_then(|time| i64::try_from(days(time)).ok()),
            return_fail_code: NOT_RETURNABLE,
            create_time: with_space(instance.created),
            instance_type: AttachedInstanceType::Cvm,
            last_attach_ins_id: Some(instance.id.to_string()),
            burst_performance: stored.burst_performance.unwrap_or(false),
            kms_key_id: stored.kms_key_id.as_ref().map(|id| id.to_string()),
            ..Default::default()
        }
    }
}

/// A number that is never negative.
fn number(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A time in the layout of the disk service.
fn with_space(time: Timestamp) -> String {
    time.to_string().replace('T', " ").trim_end_matches('Z').to_owned()
}
