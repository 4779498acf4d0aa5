//! ResizeInstanceDisks: enlarges one disk of a running or stopped instance.

use cvm_models::actions::{ResizeInstanceDisks, ResizeInstanceDisksResponse};
use cvm_models::enums::{InstanceChargeType, InstanceState};
use cvm_models::types::{DataDisk, SystemDisk};

use crate::actions::disks::checks;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::Catalog;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::disks::DATA_STEP_GIB;
use crate::state::{
    DiskChange, DiskEffect, Effect, GROW_DISK, GROW_DISK_FORCED, GROW_DISK_ONLINE, RequestContext,
    StoredDisk, StoredInstance,
};

const ALLOWED: &[InstanceState] = &[InstanceState::Stopped];
const ALLOWED_RUNNING: &[InstanceState] = &[InstanceState::Stopped, InstanceState::Running];

impl ActionHandler for ResizeInstanceDisks {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, catalog) = (context.codes, context.catalog);
        let (serial, instance) = context.find_instance(&self.instance_id)?;
        let growth = match (&self.system_disk, self.data_disks.first()) {
            (Some(requested), _) => grown_system(codes, catalog, requested, instance)?,
            (None, Some(requested)) => grown_data(codes, catalog, requested, instance)?,
            (None, None) => {
                let message = "The request names no disk.";
                return Err(codes.error(["MissingParameter.AtLeastOne"], message));
            }
        };
        let is_online = self.resize_online == Some(true) && growth.in_the_cloud;
        let may_run = is_online || self.force_stop == Some(true);
        let operation = match instance.state {
            InstanceState::Running if is_online => &GROW_DISK_ONLINE,
            InstanceState::Running => &GROW_DISK_FORCED,
            _ => &GROW_DISK,
        };
        context.check_state(&[serial], if may_run { ALLOWED_RUNNING } else { ALLOWED })?;
        check_no_operation(context, &growth.change.disk_id)?;
        context.begin(serial, operation, Effect::Disks(vec![growth.change]));
        Ok(Outcome::Response(ResizeInstanceDisksResponse::default()))
    }
}

/// Checks that the disk service has no operation on the disk in progress.
fn check_no_operation(context: &RequestContext<'_>, disk_id: &str) -> Result<(), ApiError> {
    if context.disks().is_none_or(|disks| disks.operation(disk_id).is_none()) {
        return Ok(());
    }
    let message = format!("The disk `{disk_id}` has an operation in progress.");
    Err(context.codes.error(["OperationDenied.InstanceOperationInProgress"], message))
}

/// The change of a disk, and whether it is possible while the instance runs.
struct Growth {
    change: DiskChange,
    in_the_cloud: bool,
}

fn grown_system(
    codes: DocumentedCodes,
    catalog: Catalog,
    requested: &SystemDisk,
    instance: &StoredInstance,
) -> Result<Growth, ApiError> {
    let disk = &instance.system_disk;
    check_only_local_on_host(codes, instance, checks::is_local(&disk.kind))?;
    let Some(gib) = requested.disk_size else {
        let message = "`SystemDisk.DiskSize` is missing.";
        return Err(codes.error(["MissingParameter"], message));
    };
    if requested.disk_type.as_ref().is_some_and(|kind| *kind != disk.kind) {
        let message = "The type of a disk cannot be changed by a resize.";
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    checks::check_system_can_grow(codes, catalog, disk, gib)?;
    let change = DiskChange { disk_id: disk.id.clone(), effect: DiskEffect::Large(gib) };
    Ok(Growth { change, in_the_cloud: true })
}

fn grown_data(
    codes: DocumentedCodes,
    catalog: Catalog,
    requested: &DataDisk,
    instance: &StoredInstance,
) -> Result<Growth, ApiError> {
    let Some(gib) = requested.disk_size else {
        let message = "`DataDisks.DiskSize` is missing.";
        return Err(codes.error(["MissingParameter"], message));
    };
    if gib % DATA_STEP_GIB != 0 {
        let message = format!("The size of a data disk must be a multiple of 10 GiB, not {gib}.");
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    let disk = find_data_disk(codes, requested, instance)?;
    let is_local = checks::is_local(&disk.kind);
    check_only_local_on_host(codes, instance, is_local)?;
    if is_local && !is_on_host(instance) {
        let message = "A local data disk can only be enlarged on a dedicated host.";
        return Err(codes.error(["UnsupportedOperation.InvalidDataDisk"], message));
    }
    let known = catalog.disk_type(disk.kind.as_str());
    checks::check_can_grow(codes, disk.gib, gib, known.map(|known| &known.data_gib))?;
    let change = DiskChange { disk_id: disk.id.clone(), effect: DiskEffect::Large(gib) };
    Ok(Growth { change, in_the_cloud: !is_local })
}

/// The only data disk that the request can mean.
fn find_data_disk<'a>(
    codes: DocumentedCodes,
    requested: &DataDisk,
    instance: &'a StoredInstance,
) -> Result<&'a StoredDisk, ApiError> {
    let fits = |disk: &&StoredDisk| {
        requested.disk_id.as_deref().is_none_or(|id| *id == *disk.id)
            && requested.disk_type.as_ref().is_none_or(|kind| *kind == disk.kind)
    };
    let mut fitting = instance.data_disks.iter().filter(fits);
    let how_many = match (fitting.next(), fitting.next()) {
        (Some(disk), None) => return Ok(disk),
        (None, _) => "no",
        (Some(_), Some(_)) => "more than one",
    };
    let id = &instance.id;
    let message = format!("The instance `{id}` has {how_many} data disk that matches the request.");
    Err(codes.error(["InvalidParameterValue"], message))
}

fn is_on_host(instance: &StoredInstance) -> bool {
    instance.charge_type == InstanceChargeType::CdhPaid
}

fn check_only_local_on_host(
    codes: DocumentedCodes,
    instance: &StoredInstance,
    is_local: bool,
) -> Result<(), ApiError> {
    if is_local || !is_on_host(instance) {
        return Ok(());
    }
    let message = "On a dedicated host, only local data disks can be enlarged.";
    Err(codes.error(["InvalidParameterValue.CdhOnlyLocalDataDiskResize"], message))
}
