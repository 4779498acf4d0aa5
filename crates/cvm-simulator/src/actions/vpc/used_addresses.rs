//! DescribeUsedIpAddress.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use vpc_models::actions::{DescribeUsedIpAddress, DescribeUsedIpAddressResponse};
use vpc_models::types::IpAddressStates;

use crate::api_error::ApiError;
use crate::filter::{self, Filters, Test};
use crate::handler::{ActionHandler, Outcome};
use crate::page::Page;
use crate::state::{RequestContext, StoredInstance};

/// Lists the private addresses in use in a network or subnet.
impl ActionHandler for DescribeUsedIpAddress {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let filters = self.filters.into_iter().map(|filter| (filter.name, filter.values));
        let filters = filter::of_service(filters);
        let filters = Filters::of((codes, context.now), &filters, &UsedAddress::filters())?;
        let addresses: HashSet<&str> = self.ip_addresses.iter().map(String::as_str).collect();
        let subnet = self.subnet_id.as_deref().filter(|id| !id.is_empty());
        let used = context
            .instances
            .newest_first()
            .filter(|instance| *instance.vpc_id == *self.vpc_id)
            .filter(|instance| subnet.is_none_or(|id| *instance.subnet_id == *id))
            .filter_map(|instance| {
                Some(UsedAddress { address: instance.private_address?, instance })
            })
            .filter(|used| addresses.is_empty() || addresses.contains(&*used.address.to_string()))
            .filter(|used| filters.match_item(used));
        let page = Page::of(codes.0, self.offset, self.limit);
        let (ip_address_states, total) = page.cut(used, |used| used.api());
        Ok(Outcome::Response(DescribeUsedIpAddressResponse {
            ip_address_states,
            total_count: u64::try_from(total).unwrap_or(0),
            ..Self::Response::default()
        }))
    }
}

/// A private address and its instance.
struct UsedAddress<'a> {
    address: Ipv4Addr,
    instance: &'a StoredInstance,
}

impl<'a> UsedAddress<'a> {
    fn filters() -> [(&'static str, Test<Self>); 2] {
        [
            ("ip-addresses", |filter, used, _| filter.is(&used.address.to_string())),
            ("resource-id", |filter, used, _| filter.is(&used.interface_id())),
        ]
    }

    /// The id of the network interface.
    fn interface_id(&self) -> String {
        self.instance.id.replacen("ins-", "eni-", 1)
    }

    fn api(&self) -> IpAddressStates {
        IpAddressStates {
            vpc_id: Some(self.instance.vpc_id.to_string()),
            subnet_id: Some(self.instance.subnet_id.to_string()),
            ip_address: Some(self.address.to_string()),
            resource_type: Some("ENI".to_owned()),
            resource_id: Some(self.interface_id()),
            ..Default::default()
        }
    }
}
