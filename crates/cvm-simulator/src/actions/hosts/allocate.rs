//! AllocateHosts: buys all of the requested dedicated hosts or none. PENDING → RUNNING.

use cvm_models::actions::{AllocateHosts, AllocateHostsResponse};
use cvm_models::enums::{HostChargeType, RenewFlag, TagResourceType};
use cvm_models::types::{HostItem, HostResource, Placement};

use crate::api_error::ApiError;
use crate::catalog::{DEFAULT_HOST_TYPE, HostType, Zone};
use crate::handler::{ActionHandler, Outcome};
use crate::ids::Stream;
use crate::launch::project::project;
use crate::launch::tags;
use crate::state::{DedicatedHost, RequestContext, Term};

/// Maximum number of hosts of one order.
const MAX_COUNT: u64 = 100;

/// The name of a host without a name.
const UNNAMED: &str = "未命名";

impl ActionHandler for AllocateHosts {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (now, clock) = (context.now, context.clock);
        let token = self.client_token.as_deref().filter(|text| !text.is_empty());
        let parameters = context.fingerprint();
        if let Some(token) = token {
            let codes = context.codes;
            let tokens = &context.resources().dedicated_hosts.tokens;
            if let Some(ids) = tokens.find_repeated(codes, token, &parameters)? {
                return Ok(done(ids));
            }
        }
        let (count, template, term) = parse_order(&self, context)?;
        context.record_tags(&template.tags);
        let ids: Vec<_> = (0..count).map(|_| context.ids.id("host-", Stream::HostId)).collect();
        let hosts = &mut context.resources().dedicated_hosts;
        for id in &ids {
            let item = HostItem { host_id: id.clone(), ..template.clone() };
            hosts.hosts.push(DedicatedHost::new(item, term.clone(), clock, now));
        }
        if let Some(token) = token {
            hosts.tokens.keep(token, &parameters, &ids);
        }
        Ok(done(ids))
    }
}

fn done(host_id_set: Vec<String>) -> Outcome<AllocateHostsResponse> {
    Outcome::Response(AllocateHostsResponse { host_id_set, ..AllocateHostsResponse::default() })
}

/// The number of hosts, their common attributes, and their term.
fn parse_order(
    request: &AllocateHosts,
    context: &RequestContext<'_>,
) -> Result<(u64, HostItem, Term), ApiError> {
    let codes = context.codes;
    // There is only one charge type, so the term is required even without the charge type.
    let months = request.host_charge_prepaid.as_ref().and_then(|prepaid| prepaid.period);
    let months = months.ok_or_else(|| {
        let message = "The request is missing the parameter `HostChargePrepaid.Period`.";
        codes.error(["MissingParameter"], message)
    })?;
    let count = request.host_count.unwrap_or(1);
    if !(1..=MAX_COUNT).contains(&count) {
        let message = format!("`HostCount` is {count}, but must be from 1 to {MAX_COUNT}.");
        return Err(codes.error(["InvalidParameterValue.Range"], message));
    }
    let tags = tags::tags(context, &request.tag_specification, &[TagResourceType::Host])?;
    let zone = context.zone(&request.placement.zone)?;
    let project_id = project(codes, request.placement.project_id)?;
    let name = request.host_type.as_deref().filter(|name| !name.is_empty());
    let kind = find_type(context, name.unwrap_or(DEFAULT_HOST_TYPE), zone)?;
    let flag = request.host_charge_prepaid.as_ref().and_then(|it| it.renew_flag.clone());
    let term = Term::new(context.now, months, flag.unwrap_or(RenewFlag::NotifyAndAutoRenew));
    let item = HostItem {
        placement: Placement {
            zone: zone.name(),
            project_id: Some(project_id),
            ..Placement::default()
        },
        host_type: kind.name.to_owned(),
        host_name: UNNAMED.to_owned(),
        host_charge_type: HostChargeType::Prepaid,
        created_time: context.now.to_string(),
        host_resource: resource(kind),
        tags,
        ..HostItem::default()
    };
    Ok((count, item, term))
}

fn find_type(
    context: &RequestContext<'_>,
    name: &str,
    zone: Zone,
) -> Result<&'static HostType, ApiError> {
    let codes = context.codes;
    let kind = context.catalog.host_type(name).ok_or_else(|| {
        let message = format!("The host type `{name}` does not exist.");
        codes.error(["InvalidParameterValue"], message)
    })?;
    if kind.is_offered_in(zone) {
        return Ok(kind);
    }
    let zone_name = zone.name();
    if context.catalog.has_hosts(zone) {
        let message = format!("The zone `{zone_name}` has no dedicated host of the type `{name}`.");
        Err(codes.error(["ResourceInsufficient.ZoneSoldOutForSpecifiedInstance"], message))
    } else {
        let message = format!("The zone `{zone_name}` offers no dedicated hosts.");
        Err(codes.error(["InvalidParameterValue.ZoneNotSupported"], message))
    }
}

fn resource(kind: &HostType) -> HostResource {
    let (vcpus, disk_gib) = (u64::from(kind.vcpus), u64::from(kind.disk_gib));
    HostResource {
        cpu_total: vcpus,
        cpu_available: vcpus,
        mem_total: f64::from(kind.memory_gib),
        mem_available: f64::from(kind.memory_gib),
        disk_total: disk_gib,
        disk_available: disk_gib,
        disk_type: kind.disk_type.to_owned(),
        ..HostResource::default()
    }
}
