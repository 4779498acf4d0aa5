//! InquiryPriceResizeInstanceDisks, and the checks of disks that other price actions share.

use std::ops::RangeInclusive;

use cvm_models::actions::{
    InquiryPriceResizeInstanceDisks, InquiryPriceResizeInstanceDisksResponse,
};
use cvm_models::enums::{DiskType, InstanceState};
use cvm_models::types::{DataDisk, Price, SystemDisk};

use crate::actions::prices::subscription::Subscription;
use crate::actions::prices::{lookup, quote};
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::Catalog;
use crate::handler::{ActionHandler, Outcome};
use crate::state::{RequestContext, StoredDisk, StoredInstance};

/// Sizes of data disks are multiples of this.
const DATA_STEP_GIB: i64 = 10;

/// The present type and size of a disk.
struct CurrentDisk<'a> {
    kind: &'a DiskType,
    now_gib: i64,
}

/// The price of a larger disk: for a prepaid instance the difference until its end, otherwise the new rate of the
/// disk.
impl ActionHandler for InquiryPriceResizeInstanceDisks {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, catalog) = (context.codes, context.catalog);
        let wanted_gib = match (self.data_disks.first(), &self.system_disk) {
            (Some(disk), _) => disk.disk_size,
            (None, Some(disk)) => disk.disk_size,
            (None, None) => {
                return Err(
                    codes.error(["MissingParameter.AtLeastOne"], "The request names no disk.")
                );
            }
        };
        let wanted_gib = wanted_gib.ok_or_else(|| {
            codes.error(["MissingParameter"], "The parameter `DiskSize` is required here.")
        })?;
        let instance = lookup::find_one(context, &self.instance_id)?;
        lookup::check_charged_itself(codes, instance)?;
        let CurrentDisk { kind, now_gib } = match self.data_disks.first() {
            Some(disk) => of_data(codes, catalog, instance, disk, wanted_gib)?,
            None => of_system(codes, catalog, instance, self.system_disk.as_ref(), wanted_gib)?,
        };
        if wanted_gib == now_gib {
            let message = format!("The disk already has {now_gib} GiB.");
            return Err(codes.error(["InvalidParameterValue"], message));
        }
        if self.resize_online == Some(true) && instance.state == InstanceState::Stopped {
            let message = format!("The instance `{}` is STOPPED.", instance.id);
            return Err(codes.error(["UnsupportedOperation.InstanceStateStopped"], message));
        }
        let kind = kind.as_str();
        let tariff = context.catalog.tariff(context.region);
        let then = tariff.disk(kind, wanted_gib);
        let price = match Subscription::of(tariff, instance, context.now) {
            Some(subscription) => subscription.difference(then - tariff.disk(kind, now_gib)),
            None => quote::by_hour(then, then),
        };
        Ok(Outcome::Response(InquiryPriceResizeInstanceDisksResponse {
            price: Price {
                instance_price: Some(price),
                bandwidth_price: Some(quote::nothing()),
                ..Default::default()
            },
            ..Self::Response::default()
        }))
    }
}

fn of_system<'a>(
    codes: DocumentedCodes,
    catalog: Catalog,
    instance: &'a StoredInstance,
    requested: Option<&SystemDisk>,
    wanted_gib: i64,
) -> Result<CurrentDisk<'a>, ApiError> {
    let (kind, now_gib) = (&instance.system_disk.kind, instance.system_disk.gib);
    check_keeps_type(codes, kind, requested.and_then(|requested| requested.disk_type.as_ref()))?;
    check_cloud_disk(codes, catalog, kind)?;
    let known = catalog.disk_type(kind.as_str());
    check_can_grow(codes, now_gib, wanted_gib, known.map(|it| &it.system_gib))?;
    Ok(CurrentDisk { kind, now_gib })
}

fn of_data<'a>(
    codes: DocumentedCodes,
    catalog: Catalog,
    instance: &'a StoredInstance,
    requested: &DataDisk,
    wanted_gib: i64,
) -> Result<CurrentDisk<'a>, ApiError> {
    // The documented example contains only a size.
    let is_meant =
        |disk: &&StoredDisk| requested.disk_id.as_deref().is_none_or(|id| *id == *disk.id);
    let disk = instance.data_disks.iter().find(is_meant).ok_or_else(|| {
        let id = requested.disk_id.as_deref().map(|id| format!(" `{id}`")).unwrap_or_default();
        let message = format!("The instance `{}` has no data disk{id}.", instance.id);
        codes.error(["InvalidParameterValue"], message)
    })?;
    let (kind, now_gib) = (&disk.kind, disk.gib);
    check_keeps_type(codes, kind, requested.disk_type.as_ref())?;
    check_cloud_disk(codes, catalog, kind)?;
    if wanted_gib % DATA_STEP_GIB != 0 {
        let message =
            format!("The size of a data disk must be a multiple of 10 GiB, not {wanted_gib}.");
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    let known = catalog.disk_type(kind.as_str());
    check_can_grow(codes, now_gib, wanted_gib, known.map(|it| &it.data_gib))?;
    Ok(CurrentDisk { kind, now_gib })
}

fn check_cloud_disk(
    codes: DocumentedCodes,
    catalog: Catalog,
    kind: &DiskType,
) -> Result<(), ApiError> {
    let name = kind.as_str();
    if catalog.disk_type(name).is_some_and(|known| !known.is_local()) {
        return Ok(());
    }
    let message = format!("A disk of type {name} cannot be enlarged.");
    Err(codes.error(["UnsupportedOperation.InvalidDisk"], message))
}

/// System disks that allow another instance type or platform, as the documentation of the price actions lists them.
/// The documentation of the changes themselves also lists CLOUD_BASIC.
const CHANGEABLE: &[DiskType] = &[DiskType::CloudBssd, DiskType::CloudPremium, DiskType::CloudSsd];

pub(crate) fn is_changeable(disk: &StoredDisk) -> bool {
    CHANGEABLE.contains(&disk.kind)
}

/// Checks the requested size of a disk with this many GiB: disks never shrink.
pub(crate) fn check_can_grow(
    codes: DocumentedCodes,
    now_gib: i64,
    wanted_gib: i64,
    allowed: Option<&RangeInclusive<i64>>,
) -> Result<(), ApiError> {
    if wanted_gib < now_gib {
        let message = format!("A disk of {now_gib} GiB cannot shrink to {wanted_gib} GiB.");
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    if wanted_gib != now_gib && !allowed.is_some_and(|range| range.contains(&wanted_gib)) {
        let message = format!("A disk of this type cannot have {wanted_gib} GiB.");
        return Err(codes.error(["ResourceInsufficient.CloudDiskUnavailable"], message));
    }
    Ok(())
}

/// Checks that a request does not change the type of a disk.
pub(crate) fn check_keeps_type(
    codes: DocumentedCodes,
    now: &DiskType,
    requested: Option<&DiskType>,
) -> Result<(), ApiError> {
    match requested.filter(|requested| *requested != now) {
        None => Ok(()),
        Some(requested) => {
            let message = format!("The type of the disk cannot be changed to {requested}.");
            Err(codes.error(["InvalidParameterValue"], message))
        }
    }
}
