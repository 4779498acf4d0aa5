//! ModifyInstanceDiskType: turns the local disks of a stopped instance into cloud disks.

use std::ops::RangeInclusive;
use std::sync::Arc;

use cvm_models::actions::{ModifyInstanceDiskType, ModifyInstanceDiskTypeResponse};
use cvm_models::enums::{DiskType, InstanceChargeType, InstanceState};

use crate::actions::disks::checks;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog;
use crate::handler::{ActionHandler, Outcome};
use crate::state::{
    DiskChange, DiskEffect, Effect, MOVE_DISKS, RequestContext, StoredDisk, StoredInstance,
};

const ALLOWED: &[InstanceState] = &[InstanceState::Stopped];

impl ActionHandler for ModifyInstanceDiskType {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let data = self.data_disks.first();
        if data.is_none() && self.system_disk.is_none() {
            let message = "The request names no disk.";
            return Err(codes.error(["MissingParameter"], message));
        }
        let system =
            self.system_disk.as_ref().map(|requested| target_type(context, &requested.disk_type));
        let data = data.map(|requested| target_type(context, &requested.disk_type));
        let (system, data) = (system.transpose()?, data.transpose()?);
        let (serial, instance) = context.find_instance(&self.instance_id)?;
        let mut moves = disk_changes(codes, instance, system, data)?;
        context.check_state(&[serial], ALLOWED)?;
        for change in &mut moves {
            if let DiskEffect::Cloud { id, .. } = &mut change.effect {
                *id = context.ids.disk(false).into();
            }
        }
        context.begin(serial, &MOVE_DISKS, Effect::Disks(moves));
        Ok(Outcome::Response(ModifyInstanceDiskTypeResponse::default()))
    }
}

/// The requested cloud disk type.
fn target_type(
    context: &RequestContext<'_>,
    requested: &Option<DiskType>,
) -> Result<&'static catalog::DiskType, ApiError> {
    let codes = context.codes;
    let Some(requested) = requested else {
        return Err(codes.error(["MissingParameter"], "`DiskType` is missing."));
    };
    let known = context.catalog.disk_type(requested.as_str()).filter(|known| !known.is_local());
    known.ok_or_else(|| {
        let message =
            format!("A local disk can only be changed to a cloud disk, not to {requested}.");
        codes.error(["InvalidParameterValue"], message)
    })
}

type Target = Option<&'static catalog::DiskType>;

/// The changes of the disks, after all of them are checked. The ids of the cloud disks are still empty.
fn disk_changes(
    codes: DocumentedCodes,
    instance: &StoredInstance,
    system: Target,
    data: Target,
) -> Result<Vec<DiskChange>, ApiError> {
    let id = &instance.id;
    let local_system = Some(&instance.system_disk).filter(|disk| checks::is_local(&disk.kind));
    let local_data = instance.data_disks.iter().find(|disk| checks::is_local(&disk.kind));
    let is_spot = instance.charge_type == InstanceChargeType::SpotPaid;
    if is_spot || local_system.is_none() && local_data.is_none() {
        let message = format!("The instance `{id}` is a spot instance, or has no local disk.");
        return Err(codes.error(["InvalidParameter.InvalidInstanceNotSupported"], message));
    }
    let is_missing = |target: Target, has_local: bool| target.is_some() && !has_local;
    if is_missing(system, local_system.is_some()) || is_missing(data, local_data.is_some()) {
        let message = format!("The instance `{id}` does not have this local disk.");
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    let has_both = local_system.is_some() && local_data.is_some();
    if has_both && (system.is_none() || data.is_none()) {
        let message =
            format!("The local disks of the instance `{id}` can only be changed together.");
        return Err(codes.error(["InvalidParameter"], message));
    }
    let mut moves = Vec::new();
    if let Some((disk, kind)) = local_system.zip(system) {
        check_size(codes, disk, kind, &kind.system_gib)?;
        moves.push(disk_change(disk, kind));
    }
    if let Some((disk, kind)) = local_data.zip(data) {
        check_size(codes, disk, kind, &kind.data_gib)?;
        moves.push(disk_change(disk, kind));
    }
    Ok(moves)
}

fn disk_change(disk: &StoredDisk, kind: &catalog::DiskType) -> DiskChange {
    let effect = DiskEffect::Cloud { kind: kind.name.into(), id: Arc::default() };
    DiskChange { disk_id: disk.id.clone(), effect }
}

fn check_size(
    codes: DocumentedCodes,
    disk: &StoredDisk,
    kind: &catalog::DiskType,
    sizes: &RangeInclusive<i64>,
) -> Result<(), ApiError> {
    if sizes.contains(&disk.gib) {
        return Ok(());
    }
    let (gib, name) = (disk.gib, kind.name);
    let message = format!("A disk of type {name} cannot have the {gib} GiB of the local disk.");
    Err(codes.error(["InvalidParameterValue.LocalDiskSizeRange"], message))
}
