//! The placement of new instances: on dedicated hosts, in resource packs, or in the public pool, whose stock is
//! unlimited.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use cvm_models::actions::RunInstances;
use cvm_models::enums::{
    DedicatedResourcePackTenancy, HostState, InstanceChargeType, ResourcePoolPackStatus,
};

use crate::api_error::ApiError;
use crate::state::{
    DedicatedHost, PackPlacement, Pool, RequestContext, ResourcePack, StoredInstance,
};

/// A pool, and how many instances still fit there.
type Room = (Pool, u64);

/// The pools of this many instances with this template; with `MinCount`, possibly of fewer. `None` for the public pool.
pub(crate) fn choose(
    context: &RequestContext<'_>,
    request: &RunInstances,
    instance: &StoredInstance,
    count: u64,
) -> Result<Option<Vec<Pool>>, ApiError> {
    let codes = context.codes;
    let requested = request.placement.clone().unwrap_or_default();
    let is_on_host = instance.charge_type == InstanceChargeType::CdhPaid;
    let packs = &requested.dedicated_resource_pack_ids;
    let tenancy = requested.dedicated_resource_pack_tenancy.as_ref();
    if !is_on_host && !requested.host_ids.is_empty() {
        let message = "`Placement.HostIds` needs the charge type CDHPAID.";
        return Err(codes.error(["InvalidParameterCombination"], message));
    }
    if is_on_host && (tenancy.is_some() || !packs.is_empty()) {
        let message = "An instance can be on a dedicated host or in a resource pack, but not both.";
        return Err(codes.error(["InvalidParameterCombination"], message));
    }
    let rooms = if is_on_host {
        on_hosts(context, &requested.host_ids, instance, count)?
    } else if tenancy.is_some() || !packs.is_empty() {
        in_packs(context, packs, tenancy, instance, count)?
    } else {
        return Ok(None);
    };
    let pools = spread(&rooms, count);
    let found = pools.len() as u64;
    let min = request.min_count.and_then(|min| u64::try_from(min).ok());
    if found >= min.unwrap_or(count) {
        return Ok(Some(pools));
    }
    let message = format!("There is room for {found} of {count} instances.");
    let short = min.map(|_| "ResourceInsufficient.InsufficientOfferingMinimum");
    Err(codes
        .error(short.into_iter().chain(["ResourceInsufficient.SpecifiedInstanceType"]), message))
}

/// The requested hosts, or else all hosts in the zone of the instance that can carry it.
fn on_hosts(
    context: &RequestContext<'_>,
    ids: &[String],
    instance: &StoredInstance,
    count: u64,
) -> Result<Vec<Room>, ApiError> {
    let (codes, now) = (context.codes, context.now);
    let (zone, kind) = (&instance.zone, &instance.instance_type);
    let mut hosts = context.find_dedicated_hosts(ids)?;
    for host in &hosts {
        let (id, state) = (&host.item.host_id, host.state(now));
        if *host.item.placement.zone != **zone {
            let message = format!("The dedicated host `{id}` is not in the zone `{zone}`.");
            return Err(codes.error(["InvalidParameterCombination"], message));
        }
        if state != HostState::Running {
            let message = format!("The dedicated host `{id}` is {state}.");
            return Err(codes.error(["InvalidParameter.HostIdStatusNotSupport"], message));
        }
        if !host.can_carry(instance) {
            let message = format!("The dedicated host `{id}` is too small for {kind}.");
            return Err(codes.error(["InvalidParameter.HostIdInstanceTypeNotSupport"], message));
        }
    }
    if ids.is_empty() {
        let is_fit = |host: &&DedicatedHost| {
            *host.item.placement.zone == **zone
                && host.state(now) == HostState::Running
                && host.can_carry(instance)
        };
        hosts.extend(context.dedicated_hosts().filter(is_fit));
    }
    if hosts.is_empty() {
        let message = format!("No dedicated host in the zone `{zone}` can carry {kind}.");
        let code = "InvalidParameter.InstanceTypeSupportedHostNotFound";
        return Err(codes.error([code], message));
    }
    let on_hosts = context.instances.on_hosts();
    let room = |host: &DedicatedHost| {
        let pool = Pool::DedicatedHost(host.item.host_id.as_str().into());
        (pool, host.room_for(instance, count, (&on_hosts, now)))
    };
    Ok(hosts.into_iter().map(room).collect())
}

/// The requested packs, or else all packs with automatic placement in the zone of the instance.
fn in_packs(
    context: &RequestContext<'_>,
    ids: &[String],
    tenancy: Option<&DedicatedResourcePackTenancy>,
    instance: &StoredInstance,
    count: u64,
) -> Result<Vec<Room>, ApiError> {
    let (codes, now) = (context.codes, context.now);
    let zone = &instance.zone;
    let Some(tenancy) = tenancy else {
        let message = "`DedicatedResourcePackIds` needs the tenancy `ResourcePool`.";
        let code = "InvalidParameterValue.DedicatedResourcePackTenancyMismatch";
        return Err(codes.error([code], message));
    };
    let is_usable = |pack: &&ResourcePack| {
        pack.status(now) == ResourcePoolPackStatus::Active && *pack.item.zone == **zone
    };
    let mut packs = context.find_resource_packs(ids)?;
    let unusable = packs.iter().find(|pack| !is_usable(pack));
    if let Some(pack) = unusable {
        let message =
            format!("The resource pack `{}` is not active in the zone `{zone}`.", pack.id());
        let code = "InvalidParameterValue.DedicatedResourcePackNotValid";
        return Err(codes.error([code], message));
    }
    if ids.is_empty() {
        let open = context.resource_packs().filter(|pack| pack.item.auto_placement);
        packs.extend(open.filter(is_usable));
    }
    if packs.is_empty() {
        let message =
            format!("No active resource pack in the zone `{zone}` has automatic placement.");
        let code = "InvalidParameterValue.DedicatedResourcePackNotValid";
        return Err(codes.error([code], message));
    }
    let in_packs = context.instances.in_packs();
    let room = |pack: &ResourcePack| {
        let placement = PackPlacement {
            pack_id: pack.id().into(),
            tenancy: tenancy.clone(),
            rack_id: pack.item.rack_id.as_str().into(),
        };
        (Pool::ResourcePack(Arc::new(placement)), pack.room_for(instance, count, (&in_packs, now)))
    };
    Ok(packs.into_iter().map(room).collect())
}

/// Places each instance where most room is left, until there is no room.
fn spread(rooms: &[Room], count: u64) -> Vec<Pool> {
    // Of placements with equal room, the first is taken.
    let heap = rooms.iter().enumerate().map(|(index, (_, room))| (*room, Reverse(index)));
    let mut heap: BinaryHeap<_> = heap.collect();
    let mut pools = Vec::new();
    for _ in 0..count {
        let Some((room, Reverse(index))) = heap.pop().filter(|(room, _)| *room > 0) else { break };
        heap.push((room - 1, Reverse(index)));
        pools.extend(rooms.get(index).map(|(pool, _)| pool.clone()));
    }
    pools
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_placed_where_most_room_is_left() {
        let pool = |id: &str| Pool::DedicatedHost(id.into());
        let spread =
            |count| super::spread(&[(pool("a"), 1), (pool("b"), 3), (pool("c"), 1)], count);
        assert_eq!(spread(3), ["b", "b", "a"].map(pool));
        assert_eq!(spread(9), ["b", "b", "a", "b", "c"].map(pool));
    }
}
