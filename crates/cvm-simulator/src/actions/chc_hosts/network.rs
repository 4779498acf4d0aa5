//! The networks of CHC hosts: where hosts are connected, and which addresses they get.

use std::net::Ipv4Addr;

use cvm_models::types::{ChcHost, VirtualPrivateCloud};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{Region, Zone};
use crate::chc_host::{no_network, provided_installer};
use crate::launch::network::check_is_private;
use crate::state::{Addresses, KnownNetworks, StoredChcHost, SubnetUse, zone_id};

/// The value of both ids for the default network of the account.
const DEFAULT: &str = "DEFAULT";

/// The network for hosts of one zone.
#[derive(Debug)]
pub(crate) struct Network {
    /// The network without the addresses of a host.
    api: VirtualPrivateCloud,
    zone: Zone,
    /// The requested addresses, one for each host.
    chosen: Vec<Ipv4Addr>,
}

impl Network {
    /// Checks the network of a request for this many hosts.
    pub(crate) fn plan(
        codes: DocumentedCodes,
        requested: &VirtualPrivateCloud,
        zone: Zone,
        count: usize,
        (known, addresses): (KnownNetworks<'_>, &Addresses),
    ) -> Result<Self, ApiError> {
        let (vpc_id, subnet_id) = match (requested.vpc_id.as_str(), requested.subnet_id.as_str()) {
            (DEFAULT, DEFAULT) => known.ids.default_network(zone_id(zone)),
            (DEFAULT, _) | (_, DEFAULT) => {
                let message = "Either both `VpcId` and `SubnetId` are `DEFAULT`, or none of them.";
                return Err(codes.error(["InvalidParameterValue"], message));
            }
            (vpc, subnet) => (vpc.to_owned(), subnet.to_owned()),
        };
        let chosen = parse_addresses(codes, &requested.private_ip_addresses, count)?;
        let api = VirtualPrivateCloud { vpc_id, subnet_id, ..no_network() };
        let network = Self { api, zone, chosen };
        network.check(known, addresses, count)?;
        Ok(network)
    }

    fn check(
        &self,
        known: KnownNetworks<'_>,
        addresses: &Addresses,
        count: usize,
    ) -> Result<(), ApiError> {
        let created = known.subnet(self.ids(), self.zone, None)?;
        let needed = u32::try_from(count).unwrap_or(u32::MAX);
        let subnet = &self.api.subnet_id;
        let created = created.as_deref();
        let used = addresses.check_subnet_use(self.index(), created, &self.chosen, needed);
        let (code, message) = match used {
            SubnetUse::Free => return Ok(()),
            SubnetUse::InOtherVpc | SubnetUse::InOtherZone => (
                "InvalidParameterValue",
                format!("The subnet `{subnet}` is in another network or zone."),
            ),
            SubnetUse::Full => (
                "LimitExceeded.VpcSubnetNum",
                format!("The subnet `{subnet}` has no room for {count} more addresses."),
            ),
            SubnetUse::AddressTaken(address) => {
                ("VpcIpIsUsed", format!("The private address {address} is in use or reserved."))
            }
            SubnetUse::AddressOutside(address) => (
                "VpcAddrNotInSubNet",
                format!("The private address {address} is not in the range of `{subnet}`."),
            ),
        };
        Err(known.codes.error([code], message))
    }

    /// Checks that no address is for two networks, no subnet in two networks, and that one subnet has room for both.
    pub(crate) fn check_apart_from(
        &self,
        other: &Self,
        (known, addresses): (KnownNetworks<'_>, &Addresses),
        count: usize,
    ) -> Result<(), ApiError> {
        let codes = known.codes;
        let subnet = &self.api.subnet_id;
        if *subnet != other.api.subnet_id {
            return Ok(());
        }
        if self.api.vpc_id != other.api.vpc_id {
            let message = format!("The request names two networks for the subnet `{subnet}`.");
            return Err(codes.error(["InvalidParameterValue"], message));
        }
        match self.chosen.iter().find(|address| other.chosen.contains(address)) {
            None => self.check(known, addresses, count.saturating_mul(2)),
            Some(address) => {
                let message = format!("The request contains the private address {address} twice.");
                Err(codes.error(["VpcIpIsUsed"], message))
            }
        }
    }

    /// Takes the requested addresses before others are assigned from the same subnet.
    pub(crate) fn reserve(&self, addresses: &mut Addresses) {
        for address in &self.chosen {
            addresses.take(self.index(), Some(*address));
        }
    }

    /// The network of the host at an index of the request, and its address there.
    pub(crate) fn take(
        &self,
        index: usize,
        addresses: &mut Addresses,
    ) -> (VirtualPrivateCloud, String) {
        let address = addresses.take(self.index(), self.chosen.get(index).copied()).to_string();
        let private_ip_addresses = vec![address.clone()];
        (VirtualPrivateCloud { private_ip_addresses, ..self.api.clone() }, address)
    }

    /// The ids of the network and of the subnet.
    pub(crate) fn ids(&self) -> (&str, &str) {
        (&self.api.vpc_id, &self.api.subnet_id)
    }

    fn index(&self) -> (&str, &str, &str) {
        (&self.api.vpc_id, &self.api.subnet_id, self.zone.as_str())
    }
}

/// Releases the address of a host in a network.
pub(crate) fn give_back(network: &VirtualPrivateCloud, address: &str, addresses: &mut Addresses) {
    if let Ok(address) = address.parse() {
        addresses.give_back(&network.subnet_id, address);
    }
}

/// The host without its deploy network, whose address is released. The caller sets the state.
pub(crate) fn without_deploy_network(host: &ChcHost, addresses: &mut Addresses) -> ChcHost {
    give_back(&host.deploy_virtual_private_cloud, &host.deploy_ip, addresses);
    ChcHost {
        deploy_virtual_private_cloud: no_network(),
        deploy_ip: String::new(),
        deploy_security_group_ids: Vec::new(),
        deploy_extra_config: provided_installer(),
        network_mode: None,
        ..host.clone()
    }
}

/// The zone of all hosts of a request: they must be in one zone, because a subnet is.
pub(crate) fn common_zone(
    codes: DocumentedCodes,
    region: &'static Region,
    hosts: &[&mut StoredChcHost],
) -> Result<Zone, ApiError> {
    let zone_of = |host: &StoredChcHost| region.zone(&host.api.placement.zone);
    let zone = hosts
        .first()
        .and_then(|host| zone_of(host))
        .filter(|zone| hosts.iter().all(|host| host.api.placement.zone == zone.name()));
    zone.ok_or_else(|| {
        let message = "The CHC hosts are in several zones, but a subnet is in one zone.";
        codes.error(["InvalidParameterValue"], message)
    })
}

fn parse_addresses(
    codes: DocumentedCodes,
    requested: &[String],
    count: usize,
) -> Result<Vec<Ipv4Addr>, ApiError> {
    if !requested.is_empty() && requested.len() != count {
        let message = "The number of `PrivateIpAddresses` differs from the number of CHC hosts.";
        return Err(codes.error(["InvalidParameterValue.AmountNotEqual"], message));
    }
    let mut chosen = Vec::with_capacity(requested.len());
    for text in requested {
        let address: Ipv4Addr = text.parse().map_err(|_| {
            let message = format!("The private address `{text}` is not an IPv4 address.");
            let candidates = [
                "InvalidParameterValue.IPAddressMalformed",
                "InvalidParameterValue.IncorrectFormat",
            ];
            codes.error(candidates, message)
        })?;
        check_is_private(codes, address)?;
        if chosen.contains(&address) {
            let message = format!("The request contains the private address `{text}` twice.");
            return Err(codes.error(["VpcIpIsUsed"], message));
        }
        chosen.push(address);
    }
    Ok(chosen)
}
