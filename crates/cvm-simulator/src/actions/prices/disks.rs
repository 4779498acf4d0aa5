//! InquiryPriceResizeInstanceDisks, and the checks of disks that other price actions share.

use std::ops::RangeInclusive;

use cvm_models::actions::{
    InquiryPriceResizeInstanceDisks, InquiryPriceResizeInstanceDisksResponse,
};
use cvm_models::enums::{DiskType, InstanceState};
use cvm_models::types::{DataDisk, Instance, Price, SystemDisk};

use crate::actions::prices::subscription::Subscription;
use crate::actions::prices::{lookup, quote};
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{Tariff, disk_type};
use crate::handler::{ActionHandler, Outcome};
use crate::state::RequestContext;

/// Sizes of data disks are multiples of this.
const DATA_STEP_GIB: i64 = 10;

/// The present type and size of a disk.
struct CurrentDisk<'a> {
    kind: Option<&'a DiskType>,
    now_gib: i64,
}

/// The price of a larger disk: for a prepaid instance the difference until its end, otherwise the new rate of the
/// disk.
impl ActionHandler for InquiryPriceResizeInstanceDisks {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
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
        let api = &instance.api;
        let CurrentDisk { kind, now_gib } = match self.data_disks.first() {
            Some(disk) => of_data(codes, api, disk, wanted_gib)?,
            None => of_system(codes, api, self.system_disk.as_ref(), wanted_gib)?,
        };
        if wanted_gib == now_gib {
            let message = format!("The disk already has {now_gib} GiB.");
            return Err(codes.error(["InvalidParameterValue"], message));
        }
        if self.resize_online == Some(true) && api.instance_state == InstanceState::Stopped {
            let message = format!("The instance `{}` is STOPPED.", api.instance_id);
            return Err(codes.error(["UnsupportedOperation.InstanceStateStopped"], message));
        }
        let kind = kind.map_or("", |kind| kind.as_str());
        let tariff = Tariff::of(context.region);
        let then = tariff.disk(kind, wanted_gib);
        let price = match Subscription::of(instance, context.now) {
            Some(subscription) => subscription.difference(then - tariff.disk(kind, now_gib)),
            None => quote::by_hour(then, then),
        };
        Ok(Outcome::Response(InquiryPriceResizeInstanceDisksResponse {
            price: Price { instance_price: Some(price), bandwidth_price: None },
            ..Self::Response::default()
        }))
    }
}

fn of_system<'a>(
    codes: DocumentedCodes,
    api: &'a Instance,
    requested: Option<&SystemDisk>,
    wanted_gib: i64,
) -> Result<CurrentDisk<'a>, ApiError> {
    let kind = api.system_disk.disk_type.as_ref();
    keeps_type(codes, kind, requested.and_then(|requested| requested.disk_type.as_ref()))?;
    is_in_the_cloud(codes, kind)?;
    let now_gib = api.system_disk.disk_size.unwrap_or_default();
    let known = kind.and_then(|kind| disk_type(kind.as_str()));
    can_grow(codes, now_gib, wanted_gib, known.map(|it| &it.system_gib))?;
    Ok(CurrentDisk { kind, now_gib })
}

fn of_data<'a>(
    codes: DocumentedCodes,
    api: &'a Instance,
    requested: &DataDisk,
    wanted_gib: i64,
) -> Result<CurrentDisk<'a>, ApiError> {
    // The documented example contains only a size.
    let is_meant =
        |disk: &&DataDisk| requested.disk_id.is_none() || disk.disk_id == requested.disk_id;
    let disk = api.data_disks.iter().find(is_meant).ok_or_else(|| {
        let id = requested.disk_id.as_deref().map(|id| format!(" `{id}`")).unwrap_or_default();
        let message = format!("The instance `{}` has no data disk{id}.", api.instance_id);
        codes.error(["InvalidParameterValue"], message)
    })?;
    let kind = disk.disk_type.as_ref();
    keeps_type(codes, kind, requested.disk_type.as_ref())?;
    is_in_the_cloud(codes, kind)?;
    if wanted_gib % DATA_STEP_GIB != 0 {
        let message =
            format!("The size of a data disk must be a multiple of 10 GiB, not {wanted_gib}.");
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    let now_gib = disk.disk_size.unwrap_or_default();
    let known = kind.and_then(|kind| disk_type(kind.as_str()));
    can_grow(codes, now_gib, wanted_gib, known.map(|it| &it.data_gib))?;
    Ok(CurrentDisk { kind, now_gib })
}

fn is_in_the_cloud(codes: DocumentedCodes, kind: Option<&DiskType>) -> Result<(), ApiError> {
    let name = kind.map_or("", |kind| kind.as_str());
    if disk_type(name).is_some_and(|known| !known.is_local()) {
        return Ok(());
    }
    let message = format!("A disk of type {name} cannot be enlarged.");
    Err(codes.error(["UnsupportedOperation.InvalidDisk"], message))
}

/// System disks that allow another instance type or platform, as the documentation of the price actions lists them.
/// The documentation of the changes themselves also lists CLOUD_BASIC.
const CHANGEABLE: &[DiskType] = &[DiskType::CloudBssd, DiskType::CloudPremium, DiskType::CloudSsd];

pub(crate) fn is_changeable(disk: &SystemDisk) -> bool {
    disk.disk_type.as_ref().is_some_and(|kind| CHANGEABLE.contains(kind))
}

/// Checks the requested size of a disk with this many GiB: disks never shrink.
pub(crate) fn can_grow(
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
pub(crate) fn keeps_type(
    codes: DocumentedCodes,
    now: Option<&DiskType>,
    requested: Option<&DiskType>,
) -> Result<(), ApiError> {
    match requested.filter(|requested| now.is_some_and(|now| now != *requested)) {
        None => Ok(()),
        Some(requested) => {
            let message = format!("The type of the disk cannot be changed to {requested}.");
            Err(codes.error(["InvalidParameterValue"], message))
        }
    }
}
