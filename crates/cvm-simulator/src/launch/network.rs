//! The networks of a new instance: its private address, its public address, and the charge type of the latter.

use std::net::Ipv4Addr;

use cvm_models::enums::{InstanceChargeType, InternetChargeType};
use cvm_models::types::{InternetAccessible, VirtualPrivateCloud};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::Zone;
use crate::error_codes::TOO_MANY_GROUPS;
use crate::state::{Addresses, RequestContext, StoredInstance, SubnetUse};

/// The value of both ids for the default network of the account.
const DEFAULT: &str = "DEFAULT";

/// Maximum number of private addresses in a request.
const MAX_CHOSEN: usize = 20;

/// The networks of new instances.
#[derive(Debug, Default)]
pub(crate) struct Network {
    /// Network, subnet and zone; none for the basic network.
    subnet: Option<(String, String, String)>,
    is_gateway: bool,
    /// The requested private addresses, one for each instance.
    chosen: Vec<Ipv4Addr>,
    is_public: bool,
}

impl Network {
    /// Sets what the instances have in common.
    pub(crate) fn apply_to(&self, template: &mut StoredInstance) {
        if let Some((vpc_id, subnet_id, _)) = &self.subnet {
            template.vpc_id = vpc_id.as_str().into();
            template.subnet_id = subnet_id.as_str().into();
        }
        template.is_gateway = self.is_gateway;
    }

    /// Assigns addresses to an instance.
    pub(crate) fn connect(
        &self,
        index: u64,
        instance: &mut StoredInstance,
        addresses: &mut Addresses,
    ) {
        let private = match &self.subnet {
            None => addresses.next_basic(),
            Some((vpc, subnet, zone)) => {
                let index = usize::try_from(index).unwrap_or(usize::MAX);
                addresses.take((vpc, subnet, zone), self.chosen.get(index).copied())
            }
        };
        instance.private_address = Some(private);
        instance.public_address = self.is_public.then(|| addresses.next_public());
    }
}

/// Checks the networks of a request.
pub(crate) fn plan(
    context: &RequestContext<'_>,
    zone: Zone,
    requested: Option<&VirtualPrivateCloud>,
    is_public: bool,
    count: u64,
) -> Result<Network, ApiError> {
    let Some(requested) = requested else {
        // Documented in the first API version: the basic network is the default.
        return Ok(Network { is_public, ..Network::default() });
    };
    let codes = context.codes;
    let (vpc, subnet) = find_subnet(context, zone, requested)?;
    let chosen = parse_addresses(codes, &requested.private_ip_addresses, count)?;
    let location = (vpc, subnet, zone.name());
    check_subnet(context, &location, &chosen, count)?;
    let is_gateway = requested.as_vpc_gateway.unwrap_or(false);
    Ok(Network { subnet: Some(location), is_gateway, chosen, is_public })
}

/// The network and the subnet of a request.
pub(crate) fn find_subnet(
    context: &RequestContext<'_>,
    zone: Zone,
    requested: &VirtualPrivateCloud,
) -> Result<(String, String), ApiError> {
    match (requested.vpc_id.as_str(), requested.subnet_id.as_str()) {
        (DEFAULT, DEFAULT) => {
            Ok(context.ids.default_network(zone.id().parse().unwrap_or_default()))
        }
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
        let address = text.parse().map_err(|_| {
            let message = format!("The private address `{text}` is not an IPv4 address.");
            codes.error(["InvalidParameterValue.IPAddressMalformed"], message)
        })?;
        if chosen.contains(&address) {
            let message = format!("The request contains the private address `{text}` twice.");
            return Err(codes.error(["InvalidParameterValue.Duplicate"], message));
        }
        chosen.push(address);
    }
    Ok(chosen)
}

/// Checks that a subnet, given with its network and zone, has these addresses.
pub(crate) fn check_subnet(
    context: &RequestContext<'_>,
    (vpc, subnet, zone): &(String, String, String),
    chosen: &[Ipv4Addr],
    count: u64,
) -> Result<(), ApiError> {
    let needed = u32::try_from(count).unwrap_or(u32::MAX);
    let (code, message) =
        match context.instances.addresses.check_subnet_use((vpc, subnet, zone), chosen, needed) {
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
                ("VpcIpIsUsed", format!("The private address {address} is in use."))
            }
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
}

/// Checks the internet access of a request.
pub(crate) fn internet(
    codes: DocumentedCodes,
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
    Ok(Internet {
        charge_type: requested.internet_charge_type.unwrap_or(default),
        mbps: bandwidth,
        is_public: bandwidth > 0 && requested.public_ip_assigned.unwrap_or(true),
    })
}

/// Maximum number of security groups of an instance, as the text of the error code says.
const MAX_GROUPS: usize = 5;

/// Checks the final list of security groups of an instance.
pub(crate) fn check_security_groups(
    codes: DocumentedCodes,
    groups: &[String],
) -> Result<(), ApiError> {
    if groups.len() <= MAX_GROUPS {
        return Ok(());
    }
    let message = format!("An instance has at most {MAX_GROUPS} security groups.");
    Err(codes.error(TOO_MANY_GROUPS, message))
}

#[cfg(test)]
mod tests {
    use cvm_models::actions::RunInstances;
    use cvm_protocol::Action;

    use super::*;

    const CODES: DocumentedCodes = DocumentedCodes(RunInstances::INFO);

    #[test]
    fn public_address_needs_bandwidth() {
        let internet = |bandwidth, assigned| {
            let requested = InternetAccessible {
                internet_max_bandwidth_out: bandwidth,
                public_ip_assigned: assigned,
                ..InternetAccessible::default()
            };
            super::internet(CODES, Some(&requested), &InstanceChargeType::PostpaidByHour)
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
        let charged = |charge| super::internet(CODES, None, &charge).unwrap().charge_type;
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
