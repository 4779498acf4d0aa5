//! The network interfaces of a new instance: one primary interface, and secondary ones with addresses of their own.

use std::collections::BTreeMap;

use cvm_models::actions::RunInstances;
use cvm_models::enums::InterfaceType;
use cvm_models::types::{NetworkInterfaces, VirtualPrivateCloud};

use crate::api_error::ApiError;
use crate::catalog::Zone;
use crate::launch::network::{self, Internet, Location, Network, Secondary};
use crate::state::RequestContext;

/// Maximum number of interfaces; the service's limit depends on the instance type.
const MAX_INTERFACES: usize = 8;

/// Checks the networks of a launch: `NetworkInterfaces`, or `VirtualPrivateCloud`.
pub(crate) fn plan(
    context: &RequestContext<'_>,
    zone: Zone,
    request: &RunInstances,
    internet: &Internet,
    count: u64,
) -> Result<Network, ApiError> {
    let codes = context.codes;
    let interfaces = &request.network_interfaces;
    let vpc = request.virtual_private_cloud.as_ref();
    if interfaces.is_empty() {
        return network::plan(context, zone, vpc, internet, count);
    }
    if vpc.is_some() {
        let message = "Either `VirtualPrivateCloud` or `NetworkInterfaces` can be given.";
        return Err(codes.error(["InvalidParameterCombination"], message));
    }
    if interfaces.len() > MAX_INTERFACES {
        let message = format!("An instance has at most {MAX_INTERFACES} network interfaces.");
        return Err(codes.error(["LimitExceeded.InstanceEniNumLimit"], message));
    }
    let is_primary = |one: &&NetworkInterfaces| one.interface_type == Some(InterfaceType::Primary);
    let mut primaries = interfaces.iter().filter(is_primary);
    let (Some(primary), None) = (primaries.next(), primaries.next()) else {
        let message = "`NetworkInterfaces` must have exactly one interface of the type PRIMARY.";
        return Err(codes.error(["InvalidParameterValue"], message));
    };
    if is_present(primary) {
        let message = "Only a SECONDARY interface can have a `NetworkInterfaceId`.";
        return Err(codes.error(["InvalidParameterCombination"], message));
    }
    let mut secondary = Vec::new();
    for interface in interfaces.iter().filter(|one| !is_primary(one)) {
        secondary.extend(secondary_interface(context, zone, interface, count)?);
    }
    let requested = VirtualPrivateCloud {
        vpc_id: primary.vpc_id.clone(),
        subnet_id: primary.subnet_id.clone(),
        ..VirtualPrivateCloud::default()
    };
    check_exists(context, zone, &network::find_subnet(context, zone, &requested)?)?;
    let network = network::plan(context, zone, Some(&requested), internet, count)?;
    let network = network.with_interfaces(addresses_of(primary), secondary);
    check_rooms(context, &network, count)?;
    Ok(network)
}

/// The security groups of the primary interface: those of the request, otherwise its own.
pub(crate) fn security_groups(request: &RunInstances) -> &[String] {
    if !request.security_group_ids.is_empty() {
        return &request.security_group_ids;
    }
    let mut interfaces = request.network_interfaces.iter();
    let primary = interfaces.find(|one| one.interface_type == Some(InterfaceType::Primary));
    primary.map(|one| one.security_group_ids.as_slice()).unwrap_or_default()
}

/// A secondary interface to create. One that exists already has its addresses.
fn secondary_interface(
    context: &RequestContext<'_>,
    zone: Zone,
    interface: &NetworkInterfaces,
    count: u64,
) -> Result<Option<Secondary>, ApiError> {
    let codes = context.codes;
    let requested = VirtualPrivateCloud {
        vpc_id: interface.vpc_id.clone(),
        subnet_id: interface.subnet_id.clone(),
        ..VirtualPrivateCloud::default()
    };
    let (vpc, subnet) = network::find_subnet(context, zone, &requested)?;
    check_exists(context, zone, &(vpc.clone(), subnet.clone()))?;
    if is_present(interface) && count != 1 {
        let message = "With `NetworkInterfaceId`, `InstanceCount` must be 1.";
        return Err(codes.error(["InvalidParameterCombination"], message));
    }
    Ok((!is_present(interface)).then(|| Secondary {
        location: (vpc, subnet, zone.name()),
        addresses: addresses_of(interface),
        is_deleted: interface.delete_with_instance.unwrap_or(false),
    }))
}

/// Checks that the network and the subnet of an interface exist.
fn check_exists(
    context: &RequestContext<'_>,
    zone: Zone,
    (vpc, subnet): &(String, String),
) -> Result<(), ApiError> {
    let code = Some("InvalidParameterValue.InvalidVpcIdSubnetIdNotFound");
    context.known_networks().subnet((vpc, subnet), zone, code).map(drop)
}

/// Whether the request names an interface that exists already.
fn is_present(interface: &NetworkInterfaces) -> bool {
    interface.network_interface_id.is_some()
}

/// The number of private addresses of an interface. The model info requires it.
fn addresses_of(interface: &NetworkInterfaces) -> u32 {
    interface.private_ipv4_address_count.and_then(|count| u32::try_from(count).ok()).unwrap_or(1)
}

/// Checks that each subnet has room for the addresses of all interfaces in it.
fn check_rooms(
    context: &RequestContext<'_>,
    network: &Network,
    count: u64,
) -> Result<(), ApiError> {
    let mut needed: BTreeMap<&Location, u64> = BTreeMap::new();
    for (location, addresses) in network.rooms() {
        *needed.entry(location).or_default() += u64::from(addresses) * count;
    }
    needed
        .into_iter()
        .try_for_each(|(location, needed)| network::check_subnet(context, location, &[], needed))
}
