//! ResetInstancesType: another type for an instance, which ends in RUNNING.
//!
//! What can never be is told before what cannot be now: the type of an instance with a local system
//! disk cannot be changed in any state, so that is said even while it runs.

use cvm_models::actions::{ResetInstancesType, ResetInstancesTypeResponse};
use cvm_models::enums::InstanceState;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalogue::{InstanceType, disk_type, instance_type};
use crate::dispatch::{ActionHandler, Outcome};
use crate::error_codes;
use crate::state::{Effect, RESET_TYPE, RESET_TYPE_FORCED, RequestContext, StoredInstance};

const ALLOWED: &[InstanceState] = &[InstanceState::Stopped];
const ALLOWED_FORCED: &[InstanceState] = &[InstanceState::Stopped, InstanceState::Running];

/// System disks that can follow an instance to another host, by the action's own text.
const MOVABLE_DISKS: &[&str] = &["CLOUD_BASIC", "CLOUD_PREMIUM", "CLOUD_SSD", "CLOUD_BSSD"];

impl ActionHandler for ResetInstancesType {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let name = &self.instance_type;
        error_codes::type_name(codes, name)?;
        let serials = scene.find(&self.instance_ids)?;
        let mut wanted = None;
        for machine in scene.instances(&serials) {
            can_move(codes, machine)?;
            let zone = scene.region.zone(&machine.api.placement.zone);
            let offered =
                instance_type(name).filter(|one| zone.is_some_and(|zone| one.is_offered_in(zone)));
            let Some(offered) = offered else {
                let zone = &machine.api.placement.zone;
                let message = format!("The zone `{zone}` does not offer the type `{name}`.");
                return Err(codes.error(["ResourceNotFound.InvalidZoneInstanceType"], message));
            };
            can_become(codes, machine, offered)?;
            wanted = Some(offered);
        }
        let is_forced = self.force_stop == Some(true);
        scene.check_state(&serials, if is_forced { ALLOWED_FORCED } else { ALLOWED })?;
        for serial in serials {
            let Some((machine, wanted)) = scene.instances.get(serial).zip(wanted) else { continue };
            let runs = machine.api.instance_state == InstanceState::Running;
            let course = if runs { &RESET_TYPE_FORCED } else { &RESET_TYPE };
            scene.begin(serial, course, Effect::Type(wanted));
        }
        Ok(Outcome::Response(ResetInstancesTypeResponse::default()))
    }
}

/// Whether the instance can have another type at all.
pub(in crate::actions) fn can_move(
    codes: DocumentedCodes,
    machine: &StoredInstance,
) -> Result<(), ApiError> {
    if machine.api.placement.host_id.is_some() {
        return Err(ApiError::not_modelled("other sizes of instances on dedicated hosts"));
    }
    let disk = machine.api.system_disk.disk_type.as_ref().map_or("", |kind| kind.as_str());
    if MOVABLE_DISKS.contains(&disk) {
        return Ok(());
    }
    let id = &machine.api.instance_id;
    let message = format!(
        "The type of the instance `{id}` cannot be changed, because its system disk is {disk}."
    );
    Err(codes.error(["UnsupportedOperation.SystemDiskType"], message))
}

/// Whether the instance can have this type.
pub(in crate::actions) fn can_become(
    codes: DocumentedCodes,
    machine: &StoredInstance,
    wanted: InstanceType,
) -> Result<(), ApiError> {
    let shown = &machine.api;
    let is_used_up = machine.degrade_limit().is_some_and(|limit| machine.degrades >= limit);
    if is_used_up && wanted.has_less_than(shown.cpu, shown.memory) {
        let id = &shown.instance_id;
        let message = format!("The instance `{id}` has become smaller as often as it may.");
        return Err(codes.error(["LimitExceeded"], message));
    }
    let Some(now) = instance_type(&shown.instance_type) else { return Ok(()) };
    if now.family.name == wanted.family.name {
        return Ok(());
    }
    let refuse = |code: &str, why: &str| {
        let (from, to) = (now.size.name, wanted.size.name);
        let message = format!("The instance type {from} cannot become {to}, because {why}.");
        Err(codes.error([code], message))
    };
    let mut kinds = shown.data_disks.iter().filter_map(|disk| disk.disk_type.as_ref());
    if kinds.any(|kind| disk_type(kind.as_str()).is_some_and(|known| known.is_local())) {
        let code = "UnsupportedOperation.LocalDataDiskChangeInstanceFamily";
        return refuse(code, "the instance has a local data disk");
    }
    if now.family.gpu.is_some() != wanted.family.gpu.is_some() {
        let code = "InvalidParameterValue.InvalidGPUFamilyChange";
        return refuse(code, "only one of the two has a GPU");
    }
    Ok(())
}
