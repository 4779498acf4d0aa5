//! The plan of a launch: what it creates, after all checks.

use std::collections::HashSet;
use std::sync::Arc;

use cvm_models::actions::RunInstances;
use cvm_models::enums::{
    InstanceChargeType, InstanceState, IsolatedSource, RenewFlag, RestrictState, StopChargingMode,
    TagResourceType,
};
use cvm_models::types::{CpuTopology, EnhancedService, Metadata};
use cvm_protocol::Action;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::launch::action_timer::PlannedTermination;
use crate::launch::instance_type::Kind;
use crate::launch::names::Pattern;
use crate::launch::network::{self, Network, check_security_groups};
use crate::launch::project::project;
use crate::launch::role::check_role;
use crate::launch::tags::tags;
use crate::launch::{
    chc_hosts, dedicated_cluster, disks, hpc_cluster, interfaces, login, placement, spot_price,
};
use crate::parameters::distinct;
use crate::state::{
    LaunchImage, Pairs, PlacementSlot, Pool, RequestContext, StoredInstance, System, Topology,
    pairs, texts,
};
use crate::timestamp::Timestamp;

/// The plan of a launch.
pub(crate) struct Plan<'a> {
    pub(crate) count: u64,
    /// What all instances have in common.
    pub(crate) template: StoredInstance,
    pub(crate) name: Pattern<'a>,
    pub(crate) host_name: Pattern<'a>,
    pub(crate) network: Network,
    /// The slot in a placement group.
    pub(crate) slot: Option<PlacementSlot>,
    /// The host or pack of each instance; `None` for the public pool.
    pub(crate) pools: Option<Vec<Pool>>,
    /// The CHC host of each instance; empty for all others.
    pub(crate) chc_ids: &'a [String],
    /// The planned termination of each instance.
    pub(crate) planned_termination: Option<PlannedTermination>,
}

/// The name of an instance without a name.
const UNNAMED: &str = "未命名";

/// Maximum length of a name in characters, with its number.
const MAX_NAME: usize = 128;

impl<'a> Plan<'a> {
    /// Checks a launch. A price request is a launch that does not happen.
    pub(crate) fn of(
        request: &'a RunInstances,
        context: &RequestContext<'_>,
    ) -> Result<Self, ApiError> {
        let (codes, catalog) = (context.codes, context.catalog);
        let asked = count(codes, request)?;
        let requested = request.action_timer.as_ref();
        let planned_termination = requested
            .map(|requested| PlannedTermination::of(codes, requested, context.now))
            .transpose()?;
        let placement = request.placement.clone().unwrap_or_default();
        let zone = context.region.zone(&placement.zone).ok_or_else(|| {
            let (zone, region) = (&placement.zone, context.region.name);
            let message = format!("The zone `{zone}` is not in the region {region}.");
            codes.error(["InvalidZone.MismatchRegion"], message)
        })?;
        let image = context.launch_image(request.image_id.as_deref().unwrap_or_default())?;
        let system = &image.system;
        let charge_type =
            request.instance_charge_type.clone().unwrap_or(InstanceChargeType::PostpaidByHour);
        let dedicated_cluster_id = dedicated_cluster::check(codes, request, &charge_type)?;
        let chc_kind = chc_hosts::check(context, request, zone, asked)?;
        let kind = match chc_kind {
            Some(kind) => kind,
            None => {
                let name = request.instance_type.as_deref();
                Kind::of(codes, catalog, name, &charge_type, zone)?
            }
        };
        kind.check_system(codes, system)?;
        kind.check_jumbo_frames(codes, request.enable_jumbo_frame)?;
        kind.check_topology(codes, request.cpu_topology.as_ref())?;
        if let Kind::Sold(one) = kind {
            spot_price::check(codes, request, catalog.tariff(context.region), one)?;
        }
        let hpc_cluster_id = hpc_cluster::check_cluster(context, request, &kind, zone, asked)?;
        let (renew_flag, expires) = term(request, &charge_type, context.now);
        login::check(codes, request.login_settings.as_ref(), &image)?;
        let key_ids = login::key_ids(context, request.login_settings.as_ref(), system)?;
        let requested = request.internet_accessible.as_ref();
        let internet = network::internet(codes, context.region, requested, &charge_type)?;
        let network = interfaces::plan(context, zone, request, &internet, asked)?;
        dedicated_cluster::check_subnets(context, &network, dedicated_cluster_id.as_deref())?;
        let slot = slot(request, context, asked)?;
        let (login_user, login_port) = system.login();
        let system_disk = disks::system(codes, catalog, request.system_disk.as_ref(), &image)?;
        let mut data_disks = disks::data(codes, catalog, &request.data_disks)?;
        disks::check_snapshots(context, &mut data_disks)?;
        if charge_type == InstanceChargeType::Prepaid {
            disks::keep_prepaid(&mut data_disks);
        }
        let security_group_ids = distinct(interfaces::security_groups(request).iter().cloned());
        check_security_groups(codes, "SecurityGroupIds", &security_group_ids)?;
        context.check_security_groups_exist(&security_group_ids)?;
        let role = request.cam_role_name.as_deref();
        role.map_or(Ok(()), |name| check_role(codes, name))?;
        let tags = tags(context, &request.tag_specification, &[TagResourceType::Instance])?;
        let mut template = StoredInstance {
            zone: zone.name().into(),
            project_id: project(codes, placement.project_id)?,
            restrict_state: RestrictState::Normal,
            charge_type,
            system_disk,
            data_disks,
            internet_charge_type: internet.charge_type,
            bandwidth_mbps: internet.mbps,
            image_id: image.id.as_str().into(),
            renew_flag,
            expires,
            created: context.now,
            os_name: system.os_name.as_str().into(),
            security_groups: texts(security_group_ids),
            key_ids: texts(key_ids),
            state: InstanceState::Pending,
            tags: pairs(tags.into_iter().map(|tag| (tag.key, tag.value))),
            stop_charging_mode: StopChargingMode::NotApplicable,
            role: role.map(Arc::from),
            isolated_source: IsolatedSource::NotIsolated,
            license_type: system.license_type.clone(),
            is_protected: request.disable_api_termination.unwrap_or(false),
            login_user: login_user.into(),
            login_port,
            has_agent: installs_agent(request.enhanced_service.as_ref(), &image),
            user_data: request.user_data.clone().map(Arc::new),
            jumbo_frames: request.enable_jumbo_frame,
            metadata: request.metadata.clone().map(|it| metadata(codes, it)).transpose()?,
            cpu_topology: request.cpu_topology.as_ref().map(topology),
            hpc_cluster_id,
            ..StoredInstance::default()
        };
        network.apply_to(&mut template);
        if dedicated_cluster_id.is_some() {
            template.extras_mut().dedicated_cluster_id = dedicated_cluster_id;
        }
        // The type sets all members that depend on it, as in a later change.
        kind.apply_to(&mut template);
        if planned_termination.is_some() {
            PlannedTermination::check(codes, &template)?;
        }
        let pools = placement::choose(context, request, &template, asked)?;
        let count = pools.as_ref().map_or(asked, |pools| pools.len() as u64);
        let (name, host_name) = names(codes, request, system, count)?;
        let chc_ids = &request.chc_ids;
        Ok(Self {
            count,
            template,
            name,
            host_name,
            network,
            slot,
            pools,
            chc_ids,
            planned_termination,
        })
    }
}

/// The metadata of a request, without repeated keys.
fn metadata(codes: DocumentedCodes, requested: Metadata) -> Result<Pairs, ApiError> {
    let mut keys = HashSet::new();
    if let Some(item) = requested.items.iter().find(|item| !keys.insert(&item.key)) {
        let message = format!("`Metadata.Items` contains the key `{}` twice.", item.key);
        return Err(codes.error(["InvalidParameterValue.Duplicate"], message));
    }
    Ok(pairs(requested.items.into_iter().map(|item| (item.key, item.value))))
}

fn topology(requested: &CpuTopology) -> Topology {
    Topology { cores: requested.core_count, threads_per_core: requested.thread_per_core }
}

fn count(codes: DocumentedCodes, request: &RunInstances) -> Result<u64, ApiError> {
    let count = request.instance_count.unwrap_or(1);
    // A value from a launch template has not been checked against the model info of this action.
    let limits = RunInstances::INFO.request.field("InstanceCount");
    let is_below = limits.and_then(|field| field.min).is_some_and(|min| count < min);
    let is_above = limits.and_then(|field| field.max).is_some_and(|max| count > max);
    if is_below || is_above {
        let message = format!("A launch cannot create {count} instances.");
        return Err(codes.error(["InvalidParameterValue.Range"], message));
    }
    if request.min_count.is_some_and(|min| min > count) {
        let message = format!("`MinCount` is larger than `InstanceCount`, which is {count}.");
        let code = "InvalidParameterValue.InvalidParameterMinCount";
        return Err(codes.error([code], message));
    }
    Ok(u64::try_from(count).unwrap_or(1))
}

/// The requested slot in a placement group, which has room for all instances.
fn slot(
    request: &RunInstances,
    context: &RequestContext<'_>,
    added: u64,
) -> Result<Option<PlacementSlot>, ApiError> {
    let Some(id) = request.disaster_recover_group_ids.first() else {
        if request.partition_number.is_some() {
            let message = "`PartitionNumber` needs `DisasterRecoverGroupIds`.";
            return Err(context.codes.error(["InvalidParameterCombination"], message));
        }
        return Ok(None);
    };
    let group = context.placement_group(id, &["FailedOperation.DisasterRecoverGroupNotFound"])?;
    let slot = PlacementSlot::in_group(context.codes, group, request.partition_number)?;
    context.check_room(group, added)?;
    Ok(Some(slot))
}

/// The renew flag and the end of a prepaid instance. The model info requires its period.
fn term(
    request: &RunInstances,
    charge_type: &InstanceChargeType,
    now: Timestamp,
) -> (Option<RenewFlag>, Option<Timestamp>) {
    if *charge_type != InstanceChargeType::Prepaid {
        return (None, None);
    }
    let prepaid = request.instance_charge_prepaid.clone().unwrap_or_default();
    let months = prepaid.period.and_then(|period| u32::try_from(period).ok()).unwrap_or(1);
    let flag = prepaid.renew_flag.unwrap_or(RenewFlag::NotifyAndManualRenew);
    (Some(flag), Some(now.months_later(months)))
}

fn names<'a>(
    codes: DocumentedCodes,
    request: &'a RunInstances,
    system: &System,
    count: u64,
) -> Result<(Pattern<'a>, Pattern<'a>), ApiError> {
    let name = match &request.instance_name {
        Some(text) => Pattern::of_name(text, count),
        None => Pattern::fixed(UNNAMED),
    };
    let last = count.saturating_sub(1);
    if name.format(last, "").chars().count() > MAX_NAME {
        let message = format!("With its number, the name is longer than {MAX_NAME} characters.");
        return Err(codes.error(["InvalidInstanceName.TooLong"], message));
    }
    let host_name = match &request.host_name {
        Some(text) => {
            let pattern = Pattern::of_host_name(text, count);
            // The longest possible address, because the real one is not assigned yet.
            login::check_host_name(
                codes,
                &pattern.format(last, "100.100.100.100"),
                system.is_windows(),
            )?;
            pattern
        }
        None => Pattern::of_address("VM-"),
    };
    Ok((name, host_name))
}

/// Whether the automation agent is installed. Without the member, it is with a public image, and is not with others; an
/// empty object means no.
pub(crate) fn installs_agent(requested: Option<&EnhancedService>, image: &LaunchImage) -> bool {
    match requested.and_then(|requested| requested.automation_service.as_ref()) {
        Some(service) => service.enabled == Some(true),
        None => image.is_public,
    }
}
