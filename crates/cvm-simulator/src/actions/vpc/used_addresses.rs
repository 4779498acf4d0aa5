//! DescribeUsedIpAddress.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use vpc_models::actions::{DescribeUsedIpAddress, DescribeUsedIpAddressResponse};
use vpc_models::types::IpAddressStates;

use crate::api_error::ApiError;
use crate::filter::{self, Filters, Test};
use crate::handler::{ActionHandler, Outcome};
use crate::page::Page;
use crate::state::{IndexKey, RequestContext};

/// Lists the private addresses in use in a network or subnet: those of the primary interfaces of instances, the newest
/// instance first, and then all others.
impl ActionHandler for DescribeUsedIpAddress {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let subnet = self.subnet_id.as_deref();
        let created = subnet.and_then(|id| context.networks().subnet(id));
        if let Some(other) = created.filter(|subnet| subnet.vpc_id != self.vpc_id) {
            let message = format!("The subnet `{}` is not in `{}`.", other.id, self.vpc_id);
            return Err(codes.error(["InvalidParameterValue.ParameterMismatch"], message));
        }
        let filters = self.filters.into_iter().map(|filter| (filter.name, filter.values));
        let filters = filter::of_service(filters);
        let filters = Filters::of((codes, context.now), &filters, &UsedAddress::filters())?;
        let addresses: HashSet<&str> = self.ip_addresses.iter().map(String::as_str).collect();
        let used = used_addresses(context, &self.vpc_id)
            .filter(|used| subnet.is_none_or(|id| used.subnet_id == id))
            .filter(|used| addresses.is_empty() || addresses.contains(&*used.address.to_string()))
            .filter(|used| filters.match_item(used));
        let page = Page::of(codes.0, self.offset, self.limit);
        let (ip_address_states, total) = page.cut(used, |used| used.api(&self.vpc_id));
        Ok(Outcome::Response(DescribeUsedIpAddressResponse {
            ip_address_states,
            total_count: u64::try_from(total).unwrap_or(0),
            ..Self::Response::default()
        }))
    }
}

/// A private address in use.
struct UsedAddress<'a> {
    address: Ipv4Addr,
    subnet_id: &'a str,
    /// The id of its network interface.
    interface_id: String,
}

impl UsedAddress<'_> {
    fn filters() -> [(&'static str, Test<Self>); 2] {
        [
            ("ip-addresses", |filter, used, _| filter.is(&used.address.to_string())),
            ("resource-id", |filter, used, _| filter.is(&used.interface_id)),
        ]
    }

    fn api(&self, vpc_id: &str) -> IpAddressStates {
        IpAddressStates {
            vpc_id: Some(vpc_id.to_owned()),
            subnet_id: Some(self.subnet_id.to_owned()),
            ip_address: Some(self.address.to_string()),
            resource_type: Some("ENI".to_owned()),
            resource_id: Some(self.interface_id.clone()),
            ..Default::default()
        }
    }
}

/// The addresses of a network that are in use.
fn used_addresses<'a>(
    context: &'a RequestContext<'_>,
    vpc_id: &'a str,
) -> impl Iterator<Item = UsedAddress<'a>> {
    let instances = context.instances.with_key(IndexKey::Vpc(vpc_id.into()));
    let of_instances: Vec<UsedAddress<'a>> = instances
        .flat_map(|instance| {
            instance.private_addresses().map(|address| UsedAddress {
                address,
                subnet_id: &instance.subnet_id,
                interface_id: instance.id.replacen("ins-", "eni-", 1),
            })
        })
        .collect();
    let known: HashSet<Ipv4Addr> = of_instances.iter().map(|used| used.address).collect();
    let used = context.instances.addresses.used_in(vpc_id);
    let mut others: Vec<_> = used.filter(|(address, _)| !known.contains(address)).collect();
    others.sort_unstable();
    let others = others.into_iter().map(|(address, subnet_id)| UsedAddress {
        address,
        subnet_id,
        // Of secondary interfaces, CHC hosts and moves that are not complete.
        interface_id: format!("eni-{:08x}", address.to_bits()),
    });
    of_instances.into_iter().chain(others)
}
