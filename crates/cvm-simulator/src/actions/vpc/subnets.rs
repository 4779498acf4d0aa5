//! CreateSubnet, DescribeSubnets, ModifySubnetAttribute and DeleteSubnet.

use vpc_models::actions::{
    CreateSubnet, CreateSubnetResponse, DeleteSubnet, DeleteSubnetResponse, DescribeSubnets,
    DescribeSubnetsResponse, ModifySubnetAttribute, ModifySubnetAttributeResponse,
};

use super::{page_token, range, vpcs};
use crate::api_error::ApiError;
use crate::cidr::Cidr;
use crate::filter::{self, Filters, IdFilter, Test};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags;
use crate::page::Page;
use crate::state::{NewSubnet, RequestContext, StoredSubnet};
use crate::unsupported::IPV6_RANGE;

impl ActionHandler for CreateSubnet {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let has_ipv6 = self.stack_type.is_some() || self.ipv6_cidr_block.is_some();
        if has_ipv6 {
            return Err(IPV6_RANGE.error());
        }
        let vpc = vpcs::find(context, &self.vpc_id)?;
        let vpc_id = vpc.api.vpc_id.clone();
        let zone = context.zone(&self.zone)?;
        let range = range::of_subnet(codes, self.cidr_block.as_deref(), (&vpc_id, vpc.range))?;
        check_is_free(context, &vpc_id, range)?;
        tags::check_all(context, "Tags", "", &self.tags)?;
        let quota = context.quotas.subnets;
        if context.networks().subnets_of(&vpc_id).count() >= quota {
            let message = format!("The VPC `{vpc_id}` has {quota} subnets, the maximum.");
            return Err(codes.error(["LimitExceeded"], message));
        }
        let chosen = NewSubnet {
            vpc_id,
            zone: zone.name(),
            range,
            name: self.subnet_name,
            cluster_id: self.cdc_id,
            tags: self.tags,
        };
        context.record_tags(&chosen.tags);
        let networks = &mut context.instances.addresses.networks;
        let subnet = networks.create_subnet(chosen, context.ids, context.now).api(0);
        Ok(Outcome::Response(CreateSubnetResponse { subnet, ..Self::Response::default() }))
    }
}

impl ActionHandler for DescribeSubnets {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let filters = self.filters.into_iter().map(|filter| (filter.name, filter.values));
        let filters = filter::of_service(filters);
        let filters = Filters::of((codes, now), &filters, &FILTERS)?;
        let ids = IdFilter::new(&self.subnet_ids);
        let subnets = context.networks().subnets();
        let subnets = subnets.filter(|it| ids.includes(&it.id) && filters.match_item(it));
        let has_token = self.max_results.is_some() || self.next_token.is_some();
        let offset =
            self.next_token.map(|token| page_token::parse(codes, &token, now)).transpose()?;
        let page = if has_token {
            Page::of(codes.0, offset, self.max_results.filter(|max| *max > 0))
        } else {
            Page::of_texts(codes.0, self.offset.as_deref(), self.limit.as_deref())
        };
        let addresses = &context.instances.addresses;
        let (subnet_set, total) =
            page.cut(subnets, |subnet| subnet.api(addresses.used_by(&subnet.id)));
        let total_count = u64::try_from(total).unwrap_or(0);
        let next = offset.unwrap_or(0).saturating_add(subnet_set.len() as u64);
        let has_more = next < total_count && !subnet_set.is_empty();
        let token = || if has_more { page_token::of(next, now) } else { String::new() };
        let next_token = has_token.then(token);
        Ok(Outcome::Response(DescribeSubnetsResponse {
            subnet_set,
            total_count,
            next_token,
            ..Self::Response::default()
        }))
    }
}

const FILTERS: [(&str, Test<StoredSubnet>); 14] = [
    ("subnet-id", |filter, subnet, _| filter.is(&subnet.id)),
    ("vpc-id", |filter, subnet, _| filter.is(&subnet.vpc_id)),
    ("cidr-block", |filter, subnet, _| vpcs::is_range(filter, &subnet.range.to_string())),
    ("is-default", |filter, subnet, _| vpcs::is_flag(filter, subnet.is_default)),
    ("is-remote-vpc-snat", |filter, _, _| vpcs::is_flag(filter, false)),
    ("subnet-name", |filter, subnet, _| filter.is(&subnet.name)),
    ("zone", |filter, subnet, _| filter.is(&subnet.zone)),
    ("tag-key", |filter, subnet, _| vpcs::match_tags(filter, &subnet.tags)),
    ("tag:tag-key", |filter, subnet, _| vpcs::match_tags(filter, &subnet.tags)),
    ("cdc-id", |filter, subnet, _| subnet.cluster_id.as_ref().is_some_and(|id| filter.is(id))),
    ("is-cdc-subnet", |filter, subnet, _| {
        filter.is(if subnet.cluster_id.is_some() { "1" } else { "0" })
    }),
    // No subnet has an IPv6 range.
    ("ipv6-cidr-block", |_, _, _| false),
    ("isp-type", |_, _, _| false),
    ("address-type", |_, _, _| false),
];

impl ActionHandler for ModifySubnetAttribute {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let id = find(context, &self.subnet_id)?.id.clone();
        if let Some(subnet) = context.instances.addresses.networks.subnet_mut(&id) {
            if let Some(name) = self.subnet_name {
                subnet.name = name;
            }
            if let Some(has_broadcast) = self.enable_broadcast {
                subnet.has_broadcast = has_broadcast == "true";
            }
        }
        Ok(Outcome::Response(ModifySubnetAttributeResponse::default()))
    }
}

impl ActionHandler for DeleteSubnet {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let id = find(context, &self.subnet_id)?.id.clone();
        let used = context.instances.addresses.used_by(&id);
        if used > 0 {
            let message = format!(
                "{used} addresses of the subnet `{id}` are in use; see DescribeUsedIpAddress."
            );
            return Err(context.codes.error(["ResourceInUse"], message));
        }
        context.instances.addresses.delete_subnet(&id);
        Ok(Outcome::Response(DeleteSubnetResponse::default()))
    }
}

/// Checks that a range overlaps no subnet of a VPC.
fn check_is_free(context: &RequestContext<'_>, vpc_id: &str, range: Cidr) -> Result<(), ApiError> {
    let mut subnets = context.networks().subnets_of(vpc_id);
    match subnets.find(|subnet| subnet.range.overlaps(range)) {
        None => Ok(()),
        Some(other) => {
            let message = format!(
                "The range {range} overlaps {} of the subnet `{}`; choose a free range.",
                other.range, other.id
            );
            Err(context.codes.error(["InvalidParameterValue.SubnetOverlap"], message))
        }
    }
}

/// The subnet with this id, which must exist.
fn find<'a>(context: &'a RequestContext<'_>, id: &str) -> Result<&'a StoredSubnet, ApiError> {
    context.networks().subnet(id).ok_or_else(|| {
        let message = format!("The subnet `{id}` does not exist in {}.", context.region.name);
        context.codes.error(["ResourceNotFound"], message)
    })
}
