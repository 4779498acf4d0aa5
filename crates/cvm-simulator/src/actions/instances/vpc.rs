//! ModifyInstancesVpcAttribute: other private addresses, in the same subnet or another one. The new
//! address is kept from the beginning; the old one is free when the operation ends.

use crate::api_error::ApiError;
use crate::catalog::Zone;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::network;
use crate::state::{Attribute, Effect, MOVE, MOVE_FORCED, NewNetwork, RequestContext, SETTLED};
use cvm_models::actions::{ModifyInstancesVpcAttribute, ModifyInstancesVpcAttributeResponse};
use cvm_models::enums::InstanceState;
use std::collections::BTreeSet;

const STOPPED: &[InstanceState] = &[InstanceState::Stopped];

impl ActionHandler for ModifyInstancesVpcAttribute {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let wanted = &self.virtual_private_cloud;
        if wanted.ipv6_address_count.is_some_and(|count| count > 0) {
            return Err(ApiError::not_supported("`VirtualPrivateCloud.Ipv6AddressCount`"));
        }
        let count = self.instance_ids.iter().collect::<BTreeSet<_>>().len() as u64;
        let chosen = network::chosen(scene.codes, &wanted.private_ip_addresses, count)?;
        let serials = scene.find(&self.instance_ids)?;
        let zone = the_zone(scene, &serials)?;
        let (vpc, subnet) = network::named(scene, zone, wanted)?;
        let place = (vpc, subnet, zone.name());
        network::check_subnet(scene, &place, &chosen, count)?;
        let may_stop = self.force_stop.unwrap_or(true);
        scene.check_state(&serials, if may_stop { SETTLED } else { STOPPED })?;
        let (vpc_id, subnet_id, zone) = place;
        for (place, serial) in serials.into_iter().enumerate() {
            let Some(machine) = scene.instances.get(serial) else { continue };
            let runs = machine.api.instance_state == InstanceState::Running;
            let address = chosen.get(place).copied();
            let address = scene.instances.addresses.take((&vpc_id, &subnet_id, &zone), address);
            let network = NewNetwork {
                vpc_id: vpc_id.clone(),
                subnet_id: subnet_id.clone(),
                address,
                is_gateway: wanted.as_vpc_gateway,
                renames_host: self.reserve_host_name == Some(false),
            };
            let course = if runs { &MOVE_FORCED } else { &MOVE };
            scene.begin(serial, course, Effect::Attribute(Attribute::Network(network)));
        }
        Ok(Outcome::Response(ModifyInstancesVpcAttributeResponse::default()))
    }
}

/// The zone of instances that are all in a private network of one: a subnet lies in one zone.
fn the_zone(scene: &RequestContext<'_>, serials: &[u64]) -> Result<Zone, ApiError> {
    let codes = scene.codes;
    let mut zone: Option<Zone> = None;
    for machine in scene.instances(serials) {
        let shown = &machine.api;
        let id = &shown.instance_id;
        if shown.virtual_private_cloud.vpc_id.is_empty() {
            let message = format!("The instance `{id}` is in the basic network.");
            return Err(codes.error(["UnsupportedOperation.NoVpcNetwork"], message));
        }
        let own = scene.region.zone(&shown.placement.zone);
        if zone.is_some_and(|zone| zone.name() != shown.placement.zone) {
            let message = format!("The instance `{id}` is in another zone than the others.");
            return Err(codes.error(["InvalidParameterValue"], message));
        }
        zone = own;
    }
    // The tables require an instance, and each was made in a zone of its region.
    zone.ok_or_else(|| {
        codes.error(["InvalidInstanceId.NotFound"], "The request names no instance.")
    })
}
