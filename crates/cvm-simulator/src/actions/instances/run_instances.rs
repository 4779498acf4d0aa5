//! RunInstances: checks everything, then creates all instances or none.

use std::sync::Arc;

use cvm_models::actions::{RunInstances, RunInstancesResponse};
use cvm_models::enums::InstanceChargeType;

use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::plan::Plan;
use crate::launch::{chc_hosts, template};
use crate::state::{Effect, IndexKey, LAUNCH, RequestContext, StoredInstance};

impl ActionHandler for RunInstances {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let is_dry = self.dry_run == Some(true);
        let token = self.client_token.as_deref().filter(|_| !is_dry);
        let parameters = context.fingerprint();
        // The request as sent is compared: the default version of its template can have changed.
        if let Some(token) = token
            && let Some(ids) =
                context.instances.tokens.find_repeated(context.codes, token, &parameters)?
        {
            return Ok(done(ids));
        }
        let request = template::apply_template(&self, context)?;
        let plan = Plan::of(&request, context)?;
        check_quota(&plan, context)?;
        if is_dry {
            return Ok(Outcome::DryRun);
        }
        // Of a launch template, only the instances get the tags.
        let tags_disks = !self.tag_specification.is_empty();
        let ids = launch(&plan, tags_disks, context);
        if let Some(token) = token {
            context.instances.tokens.keep(token, &parameters, &ids);
        }
        Ok(done(ids))
    }
}

/// Checks the quota of a zone, which only a scenario sets.
fn check_quota(plan: &Plan<'_>, context: &RequestContext<'_>) -> Result<(), ApiError> {
    let hourly = InstanceChargeType::PostpaidByHour;
    let quota = context.quotas.hourly_instances;
    let Some(quota) = quota.filter(|_| plan.template.charge_type == hourly) else {
        return Ok(());
    };
    let zone = &plan.template.zone;
    let same =
        [IndexKey::Zone(Arc::clone(zone)), IndexKey::ChargeType(hourly)].map(|key| vec![key]);
    let total = context.instances.count(&same).saturating_add(plan.count);
    if total <= u64::try_from(quota).unwrap_or(u64::MAX) {
        return Ok(());
    }
    let message = format!(
        "The zone `{zone}` would have {total} instances that are charged by the hour, of at most {quota}."
    );
    Err(context.codes.error(["LimitExceeded.InstanceQuota"], message))
}

fn done(instance_id_set: Vec<String>) -> Outcome<RunInstancesResponse> {
    Outcome::Response(RunInstancesResponse { instance_id_set, ..RunInstancesResponse::default() })
}

/// Gives the cloud disks the tags of their instance.
fn tag_disks(instance: &mut StoredInstance) {
    let disks = std::iter::once(&mut instance.system_disk).chain(&mut instance.data_disks);
    for disk in disks.filter(|disk| !disk.is_local()) {
        disk.tags = Arc::clone(&instance.tags);
    }
}

/// Creates the instances. All checks are done: nothing in here can fail.
fn launch(plan: &Plan<'_>, tags_disks: bool, context: &mut RequestContext<'_>) -> Vec<String> {
    let mut ids = Vec::new();
    let mut template = plan.template.clone();
    if template.security_groups.is_empty() {
        template.security_groups = [context.default_security_group(template.project_id)].into();
    }
    if tags_disks {
        tag_disks(&mut template);
    }
    context.record_tags(&template.tags);
    for ((vpc_id, subnet_id, zone), _) in plan.network.rooms() {
        context.ensure_default_subnet((vpc_id, subnet_id), zone);
    }
    for index in 0..plan.count {
        let (instance_id, uuid) = context.ids.instance();
        let mut instance = template.clone();
        instance.uuid = uuid.into();
        instance.id = instance_id.as_str().into();
        instance.name = plan.name.format(index, "").into();
        let pools = plan.pools.as_deref().unwrap_or_default();
        if let Some(pool) = usize::try_from(index).ok().and_then(|index| pools.get(index)) {
            instance.pool = pool.clone();
        }
        plan.network.connect(index, &mut instance, &mut context.instances.addresses);
        let address = instance.private_address.map(|address| address.to_string());
        instance.host_name = plan.host_name.format(index, &address.unwrap_or_default()).into();
        let data_disks = instance.data_disks.iter_mut();
        for disk in std::iter::once(&mut instance.system_disk).chain(data_disks) {
            disk.id = context.ids.disk(disk.is_local()).into();
        }
        if let Some(slot) = &plan.slot {
            slot.take(&mut instance, context.ids);
        }
        let serial = context.instances.insert(instance);
        context.begin(serial, &LAUNCH, Effect::None);
        if let Some(chc_id) = usize::try_from(index).ok().and_then(|index| plan.chc_ids.get(index))
        {
            chc_hosts::install(context, chc_id, &instance_id);
        }
        if let Some(end) = &plan.planned_termination {
            end.set(context, instance_id.clone());
        }
        ids.push(instance_id);
    }
    ids
}
