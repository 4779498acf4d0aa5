//! ResetInstancesType, and the actions that tell which types an instance can get and how often.

use crate::actions::instances::type_offers::config;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{InstanceType, Zone, disk_type, instance_type, instance_types};
use crate::handler::{ActionHandler, Outcome};
use crate::state::{Effect, RESET_TYPE, RESET_TYPE_FORCED, RequestContext, StoredInstance};
use crate::{error_codes, filter};
use cvm_models::actions::{
    DescribeInstancesModification, DescribeInstancesModificationResponse,
    DescribeInstancesOperationLimit, DescribeInstancesOperationLimitResponse, ResetInstancesType,
    ResetInstancesTypeResponse,
};
use cvm_models::enums::{InstanceState, InstanceTypeSaleStatus, LimitedOperation};
use cvm_models::types::{InstanceTypeConfigStatus, OperationCountLimit};
use cvm_protocol::Action;

const ALLOWED: &[InstanceState] = &[InstanceState::Stopped];
const ALLOWED_FORCED: &[InstanceState] = &[InstanceState::Stopped, InstanceState::Running];

/// System disks that can follow an instance to another host, by the action's own text.
const MOVABLE_DISKS: &[&str] = &["CLOUD_BASIC", "CLOUD_PREMIUM", "CLOUD_SSD", "CLOUD_BSSD"];

/// Another type for an instance, which ends in RUNNING.  What can never be is told before what cannot be now: the type of an instance with a local system disk cannot be changed in any state, so that is said even while it runs.
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
pub(crate) fn can_move(codes: DocumentedCodes, machine: &StoredInstance) -> Result<(), ApiError> {
    if machine.api.placement.host_id.is_some() {
        return Err(ApiError::not_supported("other sizes of instances on dedicated hosts"));
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
pub(crate) fn can_become(
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

/// The types that instances can become. What stands in the way is what ResetInstancesType would answer.
impl ActionHandler for DescribeInstancesModification {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let filters = filter::check(scene.codes, &self.filters)?;
        let serials = scene.find(&self.instance_ids)?;
        let machines: Vec<_> = scene.instances(&serials).collect();
        let zone = the_zone(scene, &machines)?;
        let others = instance_types().filter(|one| {
            let is_had = |machine: &&StoredInstance| machine.api.instance_type == one.size.name;
            one.is_offered_in(zone) && !machines.iter().all(is_had)
        });
        let listed = others.map(|one| status(one, zone, &machines)).filter(|status| {
            filters.iter().all(|filter| match filter.name {
                "status" => filter.is(status.status.as_str()),
                _ => false,
            })
        });
        let instance_type_config_status_set: Vec<_> = listed.collect();
        Ok(Outcome::Response(DescribeInstancesModificationResponse {
            total_count: i64::try_from(instance_type_config_status_set.len()).unwrap_or(i64::MAX),
            instance_type_config_status_set,
            ..Self::Response::default()
        }))
    }
}

fn the_zone(scene: &RequestContext<'_>, machines: &[&StoredInstance]) -> Result<Zone, ApiError> {
    let mut names = machines.iter().map(|machine| &machine.api.placement.zone);
    let first = names.next();
    let zone = first.and_then(|name| scene.region.zone(name));
    zone.filter(|_| names.all(|name| Some(name) == first)).ok_or_else(|| {
        let message = "The instances are in different zones, which offer different types.";
        scene.codes.error(["FailedOperation.ZoneInconsistent"], message)
    })
}

/// A type is to be had when every one of the instances can become it.
fn status(one: InstanceType, zone: Zone, machines: &[&StoredInstance]) -> InstanceTypeConfigStatus {
    let codes = DocumentedCodes(ResetInstancesType::INFO);
    let obstacle = machines.iter().find_map(|machine| {
        can_move(codes, machine).and_then(|()| can_become(codes, machine, one)).err()
    });
    InstanceTypeConfigStatus {
        status: match obstacle {
            None => InstanceTypeSaleStatus::Sell,
            Some(_) => InstanceTypeSaleStatus::Unavailable,
        },
        message: obstacle.map(|refusal| refusal.message).unwrap_or_default(),
        instance_type_config: config(zone, one),
    }
}

/// Stands for both counts of what is not limited.
const UNLIMITED: i64 = -1;

/// How often instances became smaller, and how often they may.
impl ActionHandler for DescribeInstancesOperationLimit {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&self.instance_ids)?;
        let operation = self.operation.unwrap_or_default();
        let entries = scene.instances(&serials).map(|machine| {
            let (current_count, limit_count) = counts(machine, &operation);
            OperationCountLimit {
                operation: operation.clone(),
                instance_id: machine.api.instance_id.clone(),
                current_count,
                limit_count,
            }
        });
        Ok(Outcome::Response(DescribeInstancesOperationLimitResponse {
            instance_operation_limit_set: entries.collect(),
            ..Self::Response::default()
        }))
    }
}

fn counts(machine: &StoredInstance, operation: &LimitedOperation) -> (i64, i64) {
    match (operation, machine.degrade_limit()) {
        (LimitedOperation::InstanceDegrade, Some(limit)) => (machine.degrades, limit),
        _ => (UNLIMITED, UNLIMITED),
    }
}
