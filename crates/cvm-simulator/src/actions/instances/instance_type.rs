//! ResetInstancesType, and the actions that list possible types and remaining changes.

use cvm_models::actions::{
    DescribeInstancesModification, DescribeInstancesModificationResponse,
    DescribeInstancesOperationLimit, DescribeInstancesOperationLimitResponse, ResetInstancesType,
    ResetInstancesTypeResponse,
};
use cvm_models::enums::{InstanceState, InstanceTypeSaleStatus, LimitedOperation};
use cvm_models::types::{InstanceTypeConfigStatus, OperationCountLimit};
use cvm_protocol::Action;

use crate::actions::instances::type_offers::config;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{Catalog, InstanceType, Zone};
use crate::error_codes;
use crate::filter::{Filters, Tests};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::instance_type::{check_standard, check_stock};
use crate::state::{
    Effect, RESET_TYPE, RESET_TYPE_FORCED, RequestContext, StoredDisk, StoredInstance,
};

const ALLOWED: &[InstanceState] = &[InstanceState::Stopped];
const ALLOWED_FORCED: &[InstanceState] = &[InstanceState::Stopped, InstanceState::Running];

/// System disks that allow another instance type, as the documentation of the action lists them.
const MOVABLE_DISKS: &[&str] = &["CLOUD_BASIC", "CLOUD_PREMIUM", "CLOUD_SSD", "CLOUD_BSSD"];

/// Changes the instance type. The operation ends in RUNNING. Checks that no state could fix come first: an instance
/// with a local system disk can never change its type, so this error comes even while it runs.
impl ActionHandler for ResetInstancesType {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, catalog) = (context.codes, context.catalog);
        let name = &self.instance_type;
        error_codes::type_name(codes, name)?;
        let serials = context.find(&self.instance_ids)?;
        let mut requested = None;
        for instance in context.instances(&serials) {
            check_can_move(codes, instance)?;
            check_standard(codes, name)?;
            let zone = context.region.zone(&instance.zone);
            let offered = catalog
                .instance_type(name)
                .filter(|one| zone.is_some_and(|zone| one.is_offered_in(zone)));
            let Some(offered) = offered else {
                let zone = &instance.zone;
                let message = format!("The zone `{zone}` does not offer the type `{name}`.");
                return Err(codes.error(["ResourceNotFound.InvalidZoneInstanceType"], message));
            };
            check_can_become(codes, catalog, instance, offered)?;
            if let Some(zone) = zone {
                check_stock(codes, catalog, zone, offered)?;
            }
            requested = Some(offered);
        }
        let is_forced = self.force_stop == Some(true);
        context.check_state(&serials, if is_forced { ALLOWED_FORCED } else { ALLOWED })?;
        for serial in serials {
            let Some((instance, requested)) = context.instances.get(serial).zip(requested) else {
                continue;
            };
            let runs = instance.is_running();
            let operation = if runs { &RESET_TYPE_FORCED } else { &RESET_TYPE };
            context.begin(serial, operation, Effect::Type(requested));
        }
        Ok(Outcome::Response(ResetInstancesTypeResponse::default()))
    }
}

/// Checks that the instance can change its type at all.
pub(crate) fn check_can_move(
    codes: DocumentedCodes,
    instance: &StoredInstance,
) -> Result<(), ApiError> {
    if instance.host_id().is_some() {
        let message = format!(
            "The size of the instance `{}` cannot be changed, because it is on a dedicated host.",
            instance.id
        );
        return Err(codes.error(["UnsupportedOperation.OriginalInstanceTypeInvalid"], message));
    }
    let disk = instance.system_disk.kind.as_str();
    if MOVABLE_DISKS.contains(&disk) {
        return Ok(());
    }
    let id = &instance.id;
    let message = format!(
        "The type of the instance `{id}` cannot be changed, because its system disk is {disk}."
    );
    Err(codes.error(["UnsupportedOperation.SystemDiskType"], message))
}

/// Checks that the instance can change to this type.
pub(crate) fn check_can_become(
    codes: DocumentedCodes,
    catalog: Catalog,
    instance: &StoredInstance,
    requested: InstanceType,
) -> Result<(), ApiError> {
    let is_used_up = instance.degrade_limit().is_some_and(|limit| instance.degrades >= limit);
    if is_used_up && requested.has_less_than(instance.vcpus, instance.memory_gib) {
        let id = &instance.id;
        let message = format!("The instance `{id}` cannot be downsized again.");
        return Err(codes.error(["LimitExceeded"], message));
    }
    let Some(now) = catalog.instance_type(&instance.instance_type) else { return Ok(()) };
    if now.family.name == requested.family.name {
        return Ok(());
    }
    let reject = |code: &str, why: &str| {
        let (from, to) = (now.size.name, requested.size.name);
        let message = format!("The instance type {from} cannot be changed to {to}, because {why}.");
        Err(codes.error([code], message))
    };
    if instance.data_disks.iter().any(StoredDisk::is_local) {
        let code = "UnsupportedOperation.LocalDataDiskChangeInstanceFamily";
        return reject(code, "the instance has a local data disk");
    }
    if now.family.gpu.is_some() != requested.family.gpu.is_some() {
        let code = "InvalidParameterValue.InvalidGPUFamilyChange";
        return reject(code, "only one of the two has a GPU");
    }
    Ok(())
}

/// Lists the types that instances can change to. The reason against a type is the error of ResetInstancesType.
impl ActionHandler for DescribeInstancesModification {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let at = (context.codes, context.now);
        let filters = Filters::of(at, &self.filters, MODIFICATION_FILTERS)?;
        let serials = context.find(&self.instance_ids)?;
        let instances: Vec<_> = context.instances(&serials).collect();
        let zone = find_common_zone(context, &instances)?;
        let others = context.catalog.instance_types().filter(|one| {
            let is_had = |instance: &&StoredInstance| *instance.instance_type == *one.size.name;
            one.is_offered_in(zone) && !instances.iter().all(is_had)
        });
        let listed = others.map(|one| status(context.catalog, one, zone, &instances));
        let listed = listed.filter(|status| filters.match_item(status));
        let instance_type_config_status_set: Vec<_> = listed.collect();
        Ok(Outcome::Response(DescribeInstancesModificationResponse {
            total_count: i64::try_from(instance_type_config_status_set.len()).unwrap_or(i64::MAX),
            instance_type_config_status_set,
            ..Self::Response::default()
        }))
    }
}

const MODIFICATION_FILTERS: &Tests<InstanceTypeConfigStatus> =
    &[("status", |filter, item, _| filter.is(item.status.as_str()))];

fn find_common_zone(
    context: &RequestContext<'_>,
    instances: &[&StoredInstance],
) -> Result<Zone, ApiError> {
    let mut names = instances.iter().map(|instance| &instance.zone);
    let first = names.next();
    let zone = first.and_then(|name| context.region.zone(name));
    zone.filter(|_| names.all(|name| Some(name) == first)).ok_or_else(|| {
        let message = "The instances are in different zones, which offer different types.";
        context.codes.error(["FailedOperation.ZoneInconsistent"], message)
    })
}

/// A type is available if every instance can change to it.
fn status(
    catalog: Catalog,
    one: InstanceType,
    zone: Zone,
    instances: &[&StoredInstance],
) -> InstanceTypeConfigStatus {
    let codes = DocumentedCodes(ResetInstancesType::INFO);
    let obstacle = instances.iter().find_map(|instance| {
        check_can_move(codes, instance)
            .and_then(|()| check_can_become(codes, catalog, instance, one))
            .and_then(|()| check_stock(codes, catalog, zone, one))
            .err()
    });
    InstanceTypeConfigStatus {
        status: match obstacle {
            None => InstanceTypeSaleStatus::Sell,
            Some(_) => InstanceTypeSaleStatus::Unavailable,
        },
        message: obstacle.map(|error| error.message).unwrap_or_default(),
        instance_type_config: config(zone, one),
        ..Default::default()
    }
}

/// The value of both counts if there is no limit.
const UNLIMITED: i64 = -1;

/// Lists how often instances were downsized, and how often they can be.
impl ActionHandler for DescribeInstancesOperationLimit {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = context.find(&self.instance_ids)?;
        let operation = self.operation.unwrap_or_default();
        let entries = context.instances(&serials).map(|instance| {
            let (current_count, limit_count) = counts(instance, &operation);
            OperationCountLimit {
                operation: operation.clone(),
                instance_id: instance.id.to_string(),
                current_count,
                limit_count,
                ..Default::default()
            }
        });
        Ok(Outcome::Response(DescribeInstancesOperationLimitResponse {
            instance_operation_limit_set: entries.collect(),
            ..Self::Response::default()
        }))
    }
}

fn counts(instance: &StoredInstance, operation: &LimitedOperation) -> (i64, i64) {
    match (operation, instance.degrade_limit()) {
        (LimitedOperation::InstanceDegrade, Some(limit)) => (instance.degrades, limit),
        _ => (UNLIMITED, UNLIMITED),
    }
}
