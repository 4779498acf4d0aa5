//! ModifyInstancesVpcAttribute: moves instances to other private addresses, in the same subnet or another one. The
//! new address is reserved at the start; the old one is released when the operation ends.

use std::collections::BTreeSet;

use cvm_models::actions::{ModifyInstancesVpcAttribute, ModifyInstancesVpcAttributeResponse};
use cvm_models::enums::InstanceState;

use crate::api_error::ApiError;
use crate::catalog::Zone;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::network;
use crate::state::{Attribute, Effect, MOVE, MOVE_FORCED, NewNetwork, RequestContext, SETTLED};

const STOPPED: &[InstanceState] = &[InstanceState::Stopped];

impl ActionHandler for ModifyInstancesVpcAttribute {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let requested = &self.virtual_private_cloud;
        let ipv6_count = network::ipv6_count(context.codes, Some(requested))?;
        let count = self.instance_ids.iter().collect::<BTreeSet<_>>().len() as u64;
        let chosen =
            network::parse_addresses(context.codes, &requested.private_ip_addresses, count)?;
        let serials = context.find(&self.instance_ids)?;
        let zone = find_common_zone(context, &serials)?;
        let (vpc, subnet) = network::find_subnet(context, zone, requested)?;
        network::check_ipv6(context, zone, (&vpc, &subnet), ipv6_count)?;
        let location = (vpc, subnet, zone.name());
        network::check_subnet(context, &location, &chosen, count)?;
        let may_stop = self.force_stop.unwrap_or(true);
        context.check_state(&serials, if may_stop { SETTLED } else { STOPPED })?;
        let (vpc_id, subnet_id, zone) = location;
        context.ensure_default_subnet((&vpc_id, &subnet_id), &zone);
        for (location, serial) in serials.into_iter().enumerate() {
            let Some(instance) = context.instances.get(serial) else { continue };
            let runs = instance.is_running();
            let address = chosen.get(location).copied();
            let address = context.instances.addresses.take((&vpc_id, &subnet_id, &zone), address);
            let ipv6 = &mut context.instances.addresses;
            let network = NewNetwork {
                ipv6_addresses: (0..ipv6_count).map(|_| ipv6.next_ipv6()).collect(),
                vpc_id: vpc_id.clone(),
                subnet_id: subnet_id.clone(),
                address,
                is_gateway: requested.as_vpc_gateway,
                renames_host: self.reserve_host_name == Some(false),
            };
            let operation = if runs { &MOVE_FORCED } else { &MOVE };
            context.begin(serial, operation, Effect::Attribute(Attribute::Network(network)));
        }
        Ok(Outcome::Response(ModifyInstancesVpcAttributeResponse::default()))
    }
}

/// The common zone of instances: a subnet is in one zone.
fn find_common_zone(context: &RequestContext<'_>, serials: &[u64]) -> Result<Zone, ApiError> {
    let codes = context.codes;
    let mut zone: Option<Zone> = None;
    for instance in context.instances(serials) {
        let id = &instance.id;
        let owned = context.region.zone(&instance.zone);
        if zone.is_some_and(|zone| *zone.name() != *instance.zone) {
            let message = format!("The instance `{id}` is not in the zone of the others.");
            return Err(codes.error(["InvalidParameterValue"], message));
        }
        zone = owned;
    }
    // The model info requires an instance, and each was created in a zone of its region.
    zone.ok_or_else(|| {
        codes.error(["InvalidInstanceId.NotFound"], "The request names no instance.")
    })
}
