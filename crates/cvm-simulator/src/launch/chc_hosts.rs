//! The CHC hosts that new instances are installed on, one each.

use std::collections::BTreeSet;

use cvm_models::actions::RunInstances;
use cvm_models::enums::ChcHostState;
use cvm_models::types::ChcHost;

use crate::api_error::ApiError;
use crate::catalog::Zone;
use crate::launch::instance_type::Kind;
use crate::state::{RequestContext, has_deploy_network};

/// Checks the hosts of a launch. Returns the type of the instances, which is that of the hosts; `None` without hosts.
pub(crate) fn check(
    context: &RequestContext<'_>,
    request: &RunInstances,
    zone: Zone,
    count: u64,
) -> Result<Option<Kind>, ApiError> {
    let codes = context.codes;
    let ids = &request.chc_ids;
    if ids.is_empty() {
        return Ok(None);
    }
    let hosts: Vec<&ChcHost> =
        ids.iter().map(|id| find(context, id)).collect::<Result<_, ApiError>>()?;
    if hosts.len() as u64 != count || ids.iter().collect::<BTreeSet<_>>().len() != ids.len() {
        let message = "`ChcIds` must name a different host for each instance.";
        return Err(codes.error(["InvalidParameterCombination"], message));
    }
    for host in &hosts {
        check_host(context, host, zone)?;
    }
    let kind = |host: &ChcHost| Kind::Custom {
        name: host.chc_instance_type.clone().unwrap_or_default(),
        vcpus: host.cpu,
        memory_gib: host.memory,
    };
    let Some(first) = hosts.first().copied() else { return Ok(None) };
    let name = first.chc_instance_type.as_deref();
    let asked = request.instance_type.as_deref();
    let others = hosts.iter().map(|host| host.chc_instance_type.as_deref());
    if let Some(other) = others.chain(asked.map(Some)).find(|other| *other != name) {
        let (other, name) = (other.unwrap_or_default(), name.unwrap_or_default());
        let message = format!("The hosts have the instance type {name}, not `{other}`.");
        return Err(codes.error(["InvalidParameterCombination"], message));
    }
    Ok(Some(kind(first)))
}

fn find<'a>(context: &'a RequestContext<'_>, id: &str) -> Result<&'a ChcHost, ApiError> {
    let resources = context.regions.get(context.region.name);
    let mut hosts = resources.into_iter().flat_map(|resources| &resources.chc_hosts.list);
    let host = hosts.find(|host| host.is(id)).ok_or_else(|| {
        let message = format!("The CHC host `{id}` does not exist.");
        context.codes.error(["InvalidParameterValue.ChcHostsNotFound"], message)
    })?;
    Ok(host.api_at(context.now))
}

fn check_host(context: &RequestContext<'_>, host: &ChcHost, zone: Zone) -> Result<(), ApiError> {
    let (codes, id, state) = (context.codes, &host.chc_id, &host.instance_state);
    if host.placement.zone != zone.name() {
        let message = format!("The CHC host `{id}` is not in the zone `{}`.", zone.name());
        return Err(codes.error(["InvalidParameterCombination"], message));
    }
    if *state == ChcHostState::Prepared {
        return Ok(());
    }
    if !has_deploy_network(host) {
        let message = format!("The CHC host `{id}` has no deploy network; configure one first.");
        let code = "OperationDenied.ChcInstallCloudImageWithoutDeployNetwork";
        return Err(codes.error([code], message));
    }
    let message = format!("The CHC host `{id}` is {state}, not PREPARED.");
    Err(codes.error(["UnsupportedOperation"], message))
}

/// Shows a new instance on its host.
pub(crate) fn install(context: &mut RequestContext<'_>, chc_id: &str, instance_id: &str) {
    let now = context.now;
    let hosts = context.resources().chc_hosts.at(now);
    if let Some(host) = hosts.list.iter_mut().find(|host| host.is(chc_id)) {
        host.install(instance_id);
    }
}
