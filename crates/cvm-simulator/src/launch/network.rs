//! The networks of a new instance: its private address, its public address, and the charge type of the latter.

use std::net::Ipv4Addr;

use cvm_models::enums::{InstanceChargeType, InternetChargeType, Ipv4AddressType, Ipv6AddressType};
use cvm_models::types::{InternetAccessible, VirtualPrivateCloud};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{Region, Zone};
use crate::error_codes::TOO_MANY_GROUPS;
use crate::parameters::has_layout;
use crate::state::{Addresses, RequestContext, StoredInstance, SubnetUse, zone_id};

/// Network, subnet and zone.
pub(crate) type Location = (String, String, String);

/// The value of both ids for the default network of the account.
const DEFAULT: &str = "DEFAULT";

/// Maximum number of private addresses in a request.
const MAX_CHOSEN: usize = 20;

/// The networks of new instances.
#[derive(Debug, Default)]
pub(crate) struct Network {
    /// Network, subnet and zone.
    subnet: Location,
    is_gateway: bool,
    /// The requested private addresses, one for each instance.
    chosen: Vec<Ipv4Addr>,
    is_public: bool,
    /// The number of further private addresses of the primary interface.
    more_addresses: u32,
    /// The number of IPv6 addresses, and whether the instance gets a public one.
    ipv6_addresses: u64,
    has_public_ipv6: bool,
    secondary: Vec<Secondary>,
}

/// A secondary network interface.
#[derive(Debug)]
pub(crate) struct Secondary {
    pub(crate) location: Location,
    /// The number of its addresses.
    pub(crate) addresses: u32,
    /// Whether it is deleted with its instance.
    pub(crate) is_deleted: bool,
}

impl Network {
    /// Sets what the instances have in common.
    pub(crate) fn apply_to(&self, template: &mut StoredInstance) {
        let (vpc_id, subnet_id, _) = &self.subnet;
        template.vpc_id = vpc_id.as_str().into();
        template.subnet_id = subnet_id.as_str().into();
        template.is_gateway = self.is_gateway;
    }

    /// Assigns addresses to an instance.
    pub(crate) fn connect(
        &self,
        index: u64,
        instance: &mut StoredInstance,
        addresses: &mut Addresses,
    ) {
        let (vpc, subnet, zone) = &self.subnet;
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let private = addresses.take((vpc, subnet, zone), self.chosen.get(index).copied());
        instance.private_address = Some(private);
        instance.public_address = self.is_public.then(|| addresses.next_public());
        self.connect_extras(instance, addresses);
    }

    /// Assigns the addresses that few instances have.
    fn connect_extras(&self, instance: &mut StoredInstance, addresses: &mut Addresses) {
        let (vpc, subnet, zone) = &self.subnet;
        for _ in 0..self.more_addresses {
            let address = addresses.take((vpc, subnet, zone), None);
            instance.extras_mut().more_private_addresses.push(address);
        }
        for interface in &self.secondary {
            let (vpc, subnet, zone) = &interface.location;
            for _ in 0..interface.addresses {
                let address = addresses.take((vpc, subnet, zone), None);
                if interface.is_deleted {
                    let address = (subnet.as_str().into(), address);
                    instance.extras_mut().secondary_addresses.push(address);
                }
            }
        }
        for _ in 0..self.ipv6_addresses {
            instance.extras_mut().ipv6_addresses.push(addresses.next_ipv6());
        }
        if self.has_public_ipv6 {
            instance.extras_mut().public_ipv6_address = Some(addresses.next_ipv6());
        }
    }

    /// The same with more addresses of the primary interface, which has this many in total, and other interfaces.
    pub(crate) fn with_interfaces(self, total: u32, secondary: Vec<Secondary>) -> Self {
        Self { more_addresses: total.saturating_sub(1), secondary, ..self }
    }

    /// The subnets that an instance needs addresses of, and how many.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = (&Location, u32)> {
        let count = 1 + self.more_addresses;
        let primary = std::iter::once((&self.subnet, count));
        primary.chain(self.secondary.iter().map(|it| (&it.location, it.addresses)))
    }
}

/// Checks the networks of a request. Without any, the default network of the zone is used.
pub(crate) fn plan(
    context: &RequestContext<'_>,
    zone: Zone,
    requested: Option<&VirtualPrivateCloud>,
    internet: &Internet,
    count: u64,
) -> Result<Network, ApiError> {
    let codes = context.codes;
    let Internet { is_public, has_public_ipv6, .. } = *internet;
    let ipv6_addresses = ipv6_count(codes, requested)?;
    if has_public_ipv6 && ipv6_addresses == 0 {
        let message = "`InternetAccessible.IPv6AddressType` needs \
                       `VirtualPrivateCloud.Ipv6AddressCount`.";
        return Err(codes.error(["InvalidParameterCombination"], message));
    }
    let default = VirtualPrivateCloud {
        vpc_id: DEFAULT.to_owned(),
        subnet_id: DEFAULT.to_owned(),
        ..VirtualPrivateCloud::default()
    };
    let requested = requested.unwrap_or(&default);
    let (vpc, subnet) = find_subnet(context, zone, requested)?;
    let chosen = parse_addresses(codes, &requested.private_ip_addresses, count)?;
    check_ipv6(context, zone, (&vpc, &subnet), ipv6_addresses)?;
    let subnet = (vpc, subnet, zone.name());
    check_subnet(context, &subnet, &chosen, count)?;
    let is_gateway = requested.as_vpc_gateway.unwrap_or(false);
    let network =
        Network { subnet, is_gateway, chosen, is_public, ipv6_addresses, ..Network::default() };
    Ok(Network { has_public_ipv6, ..network })
}

/// Maximum number of IPv6 addresses of an instance; the service's limit depends on the instance type.
const MAX_IPV6_ADDRESSES: u64 = 10;

/// The requested number of IPv6 addresses.
pub(crate) fn ipv6_count(
    codes: DocumentedCodes,
    requested: Option<&VirtualPrivateCloud>,
) -> Result<u64, ApiError> {
    let count = requested.and_then(|requested| requested.ipv6_address_count).unwrap_or(0);
    if count <= MAX_IPV6_ADDRESSES {
        return Ok(count);
    }
    let message = format!("An instance has at most {MAX_IPV6_ADDRESSES} IPv6 addresses.");
    Err(codes.error(["LimitExceeded.IPv6AddressNum"], message))
}

/// Checks that a subnet has an IPv6 range, if a request needs one. Created subnets have none, all others have one.
pub(crate) fn check_ipv6(
    context: &RequestContext<'_>,
    zone: Zone,
    network: (&str, &str),
    count: u64,
) -> Result<(), ApiError> {
    if count == 0 || context.known_networks().subnet(network, zone, None)?.is_none() {
        return Ok(());
    }
    let (vpc, _) = network;
    let message = format!("The network `{vpc}` has no IPv6 range; leave out `Ipv6AddressCount`.");
    Err(context.codes.error(["InvalidParameterValue.VpcNotSupportIpv6Address"], message))
}

/// The network and the subnet of a request.
pub(crate) fn find_subnet(
    context: &RequestContext<'_>,
    zone: Zone,
    requested: &VirtualPrivateCloud,
) -> Result<(String, String), ApiError> {
    match (requested.vpc_id.as_str(), requested.subnet_id.as_str()) {
        (DEFAULT, DEFAULT) => Ok(context.ids.default_network(zone_id(zone))),
        (DEFAULT, _) | (_, DEFAULT) => {
            let message = "Either both `VpcId` and `SubnetId` are `DEFAULT`, or none of them.";
            Err(context.codes.error(["InvalidParameterValue.VpcIdSubnetIdNotMatch"], message))
        }
        (vpc, subnet) => Ok((vpc.to_owned(), subnet.to_owned())),
    }
}

/// Parses the requested private addresses, one for each instance.
pub(crate) fn parse_addresses(
    codes: DocumentedCodes,
    requested: &[String],
    count: u64,
) -> Result<Vec<Ipv4Addr>, ApiError> {
    if requested.is_empty() {
        return Ok(Vec::new());
    }
    if requested.len() as u64 != count || requested.len() > MAX_CHOSEN {
        let message =
            "The number of `PrivateIpAddresses` must be the number of instances, and at most 20.";
        return Err(codes.error(["InvalidParameterCombination"], message));
    }
    let mut chosen = Vec::with_capacity(requested.len());
    for text in requested {
        let address: Ipv4Addr = text.parse().map_err(|_| {
            let message = format!("The private address `{text}` is not an IPv4 address.");
            codes.error(["InvalidParameterValue.IPAddressMalformed"], message)
        })?;
        check_is_private(codes, address)?;
        if chosen.contains(&address) {
            let message = format!("The request contains the private address `{text}` twice.");
            return Err(codes.error(["InvalidParameterValue.Duplicate"], message));
        }
        chosen.push(address);
    }
    Ok(chosen)
}

/// Checks that a chosen address is in a range that a network can have.
pub(crate) fn check_is_private(codes: DocumentedCodes, address: Ipv4Addr) -> Result<(), ApiError> {
    if address.is_private() {
        return Ok(());
    }
    let message = format!(
        "The private address {address} is not in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16."
    );
    let candidates =
        ["InvalidParameterValue.InvalidIpFormat", "InvalidParameterValue.IncorrectFormat"];
    Err(codes.error(candidates, message))
}

/// Checks that a subnet, given with its network and zone, has these addresses.
pub(crate) fn check_subnet(
    context: &RequestContext<'_>,
    (vpc, subnet, zone): &Location,
    chosen: &[Ipv4Addr],
    count: u64,
) -> Result<(), ApiError> {
    let needed = u32::try_from(count).unwrap_or(u32::MAX);
    let created = context
        .zone(zone)
        .and_then(|zone| context.known_networks().subnet((vpc, subnet), zone, None))?;
    let addresses = &context.instances.addresses;
    let (code, message) =
        match addresses.check_subnet_use((vpc, subnet, zone), created.as_deref(), chosen, needed) {
            SubnetUse::Free => return Ok(()),
            SubnetUse::InOtherVpc => (
                "InvalidParameterValue.VpcIdSubnetIdNotMatch",
                format!("The subnet `{subnet}` is not in the network `{vpc}`."),
            ),
            SubnetUse::InOtherZone => (
                "InvalidParameterValue.SubnetIdZoneIdNotMatch",
                format!("The subnet `{subnet}` is not in the zone `{zone}`."),
            ),
            SubnetUse::Full => (
                "FailedOperation.NoAvailableIpAddressCountInSubnet",
                format!("The subnet `{subnet}` does not have {count} free addresses."),
            ),
            SubnetUse::AddressTaken(address) => {
                ("VpcIpIsUsed", format!("The private address {address} is in use or reserved."))
            }
            SubnetUse::AddressOutside(address) => (
                "VpcAddrNotInSubNet",
                format!("The private address {address} is not in the range of `{subnet}`."),
            ),
        };
    Err(context.codes.error([code], message))
}

/// The internet access of an instance.
#[derive(Debug)]
pub(crate) struct Internet {
    pub(crate) charge_type: InternetChargeType,
    pub(crate) mbps: i64,
    /// Whether the instance gets a public address.
    pub(crate) is_public: bool,
    /// Whether the instance gets a public IPv6 address.
    pub(crate) has_public_ipv6: bool,
}

/// Checks the internet access of a request.
pub(crate) fn internet(
    codes: DocumentedCodes,
    region: &Region,
    requested: Option<&InternetAccessible>,
    charge_type: &InstanceChargeType,
) -> Result<Internet, ApiError> {
    let requested = requested.cloned().unwrap_or_default();
    let bandwidth = requested.internet_max_bandwidth_out.unwrap_or(0);
    if bandwidth < 0 {
        let message = format!("The bandwidth {bandwidth} Mbps is negative.");
        return Err(codes.error(["InvalidParameterValue.Range"], message));
    }
    if bandwidth == 0 && requested.public_ip_assigned == Some(true) {
        let message = "A public address needs `InternetMaxBandwidthOut`.";
        return Err(codes.error(["InvalidParameterCombination"], message));
    }
    if requested.internet_charge_type == Some(InternetChargeType::BandwidthPostpaidByMonth) {
        let message = "No instance can be created with bandwidth that is charged by the month.";
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    let default = match charge_type {
        InstanceChargeType::Prepaid => InternetChargeType::BandwidthPrepaid,
        _ => InternetChargeType::TrafficPostpaidByHour,
    };
    check_address_types(codes, region, &requested)?;
    let charge_type = requested.internet_charge_type.unwrap_or(default);
    check_package(codes, requested.bandwidth_package_id.as_deref(), &charge_type)?;
    Ok(Internet {
        charge_type,
        mbps: bandwidth,
        is_public: bandwidth > 0 && requested.public_ip_assigned.unwrap_or(true),
        has_public_ipv6: requested.ipv6_address_type.is_some(),
    })
}

/// The regions that offer IPv4 addresses with premium routes.
pub(crate) const PREMIUM_REGIONS: &[&str] = &["ap-hongkong", "ap-singapore"];

/// The regions that offer IPv6 addresses with premium routes.
const PREMIUM_IPV6_REGIONS: &[&str] = &["ap-hongkong"];

/// Checks that the region has addresses of the requested types.
fn check_address_types(
    codes: DocumentedCodes,
    region: &Region,
    requested: &InternetAccessible,
) -> Result<(), ApiError> {
    let is_ipv4 = requested.ipv4_address_type == Some(Ipv4AddressType::HighQualityEip);
    let is_ipv6 = requested.ipv6_address_type == Some(Ipv6AddressType::HighQualityEipV6);
    for (is_premium, member, name, regions) in [
        (is_ipv4, "IPv4AddressType", "HighQualityEIP", PREMIUM_REGIONS),
        (is_ipv6, "IPv6AddressType", "HighQualityEIPv6", PREMIUM_IPV6_REGIONS),
    ] {
        if is_premium && !regions.contains(&region.name) {
            let (found, regions) = (region.name, regions.join(" and "));
            let message = format!(
                "`InternetAccessible.{member}` is {name}, which {found} does not have; only {regions} have it."
            );
            let candidates =
                ["InvalidParameter.InternetAccessibleNotSupported", "InvalidParameterValue"];
            return Err(codes.error(candidates, message));
        }
    }
    Ok(())
}

/// Checks a bandwidth package. Packages belong to another service, so every well-formed id exists. An account can also
/// have a default package, so the charge type needs no id.
fn check_package(
    codes: DocumentedCodes,
    id: Option<&str>,
    charge_type: &InternetChargeType,
) -> Result<(), ApiError> {
    let Some(id) = id else { return Ok(()) };
    if !has_layout(id, "bwp-x") {
        let message =
            format!("The id `{id}` of the bandwidth package is malformed: `bwp-` is missing.");
        return Err(codes.error(["InvalidParameterValue.BandwidthPackageIdMalformed"], message));
    }
    if *charge_type == InternetChargeType::BandwidthPackage {
        return Ok(());
    }
    let message = format!("`BandwidthPackageId` needs BANDWIDTH_PACKAGE, not {charge_type}.");
    Err(codes.error(["UnsupportedOperation.BandwidthPackageIdNotSupported"], message))
}

/// Maximum number of security groups of an instance, as the text of the error code says.
const MAX_GROUPS: usize = 5;

/// Checks the list of security groups that an instance gets from a member.
pub(crate) fn check_security_groups(
    codes: DocumentedCodes,
    member: &str,
    groups: &[String],
) -> Result<(), ApiError> {
    if groups.len() <= MAX_GROUPS {
        return Ok(());
    }
    let count = groups.len();
    let message = format!(
        "`{member}` gives an instance {count} security groups, but it can have at most {MAX_GROUPS}."
    );
    Err(codes.error(TOO_MANY_GROUPS, message))
}

#[cfg(test)]
mod tests {
    use cvm_models::actions::RunInstances;
    use cvm_protocol::Action;

    use super::*;
    use crate::catalog::Catalog;

    const CODES: DocumentedCodes = DocumentedCodes(RunInstances::INFO);

    fn region() -> &'static Region {
        Catalog::builtin().region("ap-guangzhou", false).unwrap()
    }

    #[test]
    fn public_address_needs_bandwidth() {
        let internet = |bandwidth, assigned| {
            let requested = InternetAccessible {
                internet_max_bandwidth_out: bandwidth,
                public_ip_assigned: assigned,
                ..InternetAccessible::default()
            };
            super::internet(CODES, region(), Some(&requested), &InstanceChargeType::PostpaidByHour)
                .map(|internet| internet.is_public)
                .map_err(|error| error.code)
        };
        assert_eq!(internet(Some(10), Some(true)), Ok(true));
        assert_eq!(internet(Some(10), None), Ok(true));
        assert_eq!(internet(Some(10), Some(false)), Ok(false));
        assert_eq!(internet(None, None), Ok(false));
        assert_eq!(internet(Some(0), Some(true)), Err("InvalidParameterCombination"));
        assert_eq!(internet(Some(-1), None), Err("InvalidParameterValue.Range"));
    }

    #[test]
    fn internet_charge_type_follows_the_instance() {
        let charged = |charge| super::internet(CODES, region(), None, &charge).unwrap().charge_type;
        let prepaid = charged(InstanceChargeType::Prepaid);
        assert_eq!(prepaid, InternetChargeType::BandwidthPrepaid);
        let hourly = charged(InstanceChargeType::PostpaidByHour);
        assert_eq!(hourly, InternetChargeType::TrafficPostpaidByHour);
    }

    #[test]
    fn chosen_addresses_are_one_an_instance() {
        let parsed = |list: &[&str], count| {
            let list: Vec<_> = list.iter().map(|text| (*text).to_owned()).collect();
            super::parse_addresses(CODES, &list, count).map(|list| list.len()).map_err(|it| it.code)
        };
        assert_eq!(parsed(&["10.0.0.1", "10.0.0.2"], 2), Ok(2));
        assert_eq!(parsed(&[], 2), Ok(0));
        assert_eq!(parsed(&["10.0.0.1"], 2), Err("InvalidParameterCombination"));
        assert_eq!(parsed(&["10.0.0"], 1), Err("InvalidParameterValue.IPAddressMalformed"));
        let twice = parsed(&["10.0.0.1", "10.0.0.1"], 2);
        assert_eq!(twice, Err("InvalidParameterValue.Duplicate"));
    }
}
