//! CreateVpc, DescribeVpcs, ModifyVpcAttribute and DeleteVpc.

use std::net::IpAddr;

use vpc_models::actions::{
    CreateVpc, CreateVpcResponse, DeleteVpc, DeleteVpcResponse, DescribeVpcs, DescribeVpcsResponse,
    ModifyVpcAttribute, ModifyVpcAttributeResponse,
};
use vpc_models::types::Vpc;

use super::range;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::filter::{self, CheckedFilter, Filters, IdFilter, Test, fits};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags;
use crate::page::Page;
use crate::state::{RequestContext, StoredVpc, TagList};
use crate::unsupported::IPV6_RANGE;

impl ActionHandler for CreateVpc {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let has_ipv6 = self.stack_type.is_some()
            || self.address_type.is_some()
            || self.ipv6_cidr_block.is_some();
        if has_ipv6 {
            return Err(IPV6_RANGE.error());
        }
        let range = range::of_vpc(codes, self.cidr_block.as_deref())?;
        check_name_servers(codes, &self.dns_servers)?;
        let publishes = [self.enable_route_vpc_publish, self.enable_route_vpc_publish_ipv6];
        check_publishing(codes, publishes)?;
        tags::check_all(context, "Tags", "", &self.tags)?;
        let quota = context.quotas.vpcs;
        if context.networks().vpcs().filter(|vpc| !vpc.api.is_default).count() >= quota {
            let region = context.region.name;
            let message = format!("The account has {quota} VPCs in {region}, the maximum.");
            return Err(codes.error(["LimitExceeded"], message));
        }
        let chosen = Vpc {
            vpc_name: self.vpc_name,
            enable_multicast: is_true(self.enable_multicast.as_deref()),
            dns_server_set: self.dns_servers,
            domain_name: self.domain_name.unwrap_or_default(),
            tag_set: self.tags,
            ..Vpc::default()
        };
        context.record_tags(&chosen.tag_set);
        let networks = &mut context.instances.addresses.networks;
        let vpc = networks.create_vpc(chosen, range, context.ids, context.now);
        Ok(Outcome::Response(CreateVpcResponse { vpc, ..Self::Response::default() }))
    }
}

impl ActionHandler for DescribeVpcs {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let filters = self.filters.into_iter().map(|filter| (filter.name, filter.values));
        let filters = filter::of_service(filters);
        let filters = Filters::of((codes, context.now), &filters, &FILTERS)?;
        let ids = IdFilter::new(&self.vpc_ids);
        let vpcs = context.networks().vpcs();
        let vpcs = vpcs.filter(|vpc| ids.includes(&vpc.api.vpc_id) && filters.match_item(vpc));
        let page = Page::of_texts(codes.0, self.offset.as_deref(), self.limit.as_deref());
        let (vpc_set, total) = page.cut(vpcs, |vpc| vpc.api.clone());
        Ok(Outcome::Response(DescribeVpcsResponse {
            vpc_set,
            total_count: u64::try_from(total).unwrap_or(0),
            ..Self::Response::default()
        }))
    }
}

const FILTERS: [(&str, Test<StoredVpc>); 9] = [
    ("vpc-name", |filter, vpc, _| filter.any(|pattern| fits(&vpc.api.vpc_name, pattern))),
    ("is-default", |filter, vpc, _| is_flag(filter, vpc.api.is_default)),
    ("vpc-id", |filter, vpc, _| filter.is(&vpc.api.vpc_id)),
    ("cidr-block", |filter, vpc, _| is_range(filter, &vpc.api.cidr_block)),
    ("tag-key", |filter, vpc, _| match_tags(filter, &vpc.api.tag_set)),
    ("tag:tag-key", |filter, vpc, _| match_tags(filter, &vpc.api.tag_set)),
    ("ipv6-cidr-block", |filter, vpc, _| filter.is(&vpc.api.ipv6_cidr_block)),
    // No VPC has an IPv6 range.
    ("isp-type", |_, _, _| false),
    ("address-type", |_, _, _| false),
];

impl ActionHandler for ModifyVpcAttribute {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let id = find(context, &self.vpc_id)?.api.vpc_id.clone();
        check_name_servers(codes, &self.dns_servers)?;
        let publishes = [self.enable_route_vpc_publish, self.enable_route_vpc_publish_ipv6];
        check_publishing(codes, publishes)?;
        if self.enable_cdc_publish == Some(true) {
            let message = format!("The VPC `{id}` does not belong to a dedicated cluster.");
            return Err(codes.error(["UnsupportedOperation.CdcPublishNeedCdcId"], message));
        }
        let networks = &mut context.instances.addresses.networks;
        if let Some(vpc) = networks.vpc_mut(&id) {
            let api = &mut vpc.api;
            if let Some(name) = self.vpc_name {
                api.vpc_name = name;
            }
            if self.enable_multicast.is_some() {
                api.enable_multicast = is_true(self.enable_multicast.as_deref());
            }
            if !self.dns_servers.is_empty() {
                api.dns_server_set = self.dns_servers;
            }
            if let Some(domain) = self.domain_name {
                api.domain_name = domain;
            }
        }
        Ok(Outcome::Response(ModifyVpcAttributeResponse::default()))
    }
}

impl ActionHandler for DeleteVpc {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let id = find(context, &self.vpc_id)?.api.vpc_id.clone();
        if let Some(subnet) = context.networks().subnets_of(&id).next() {
            let subnet = &subnet.id;
            let message = format!("The VPC `{id}` has the subnet `{subnet}`; delete it first.");
            return Err(codes.error(["ResourceInUse"], message));
        }
        if let Some((address, _)) = context.instances.addresses.used_in(&id).next() {
            let message = format!(
                "The address {address} of the VPC `{id}` is in use; see DescribeUsedIpAddress."
            );
            return Err(codes.error(["ResourceInUse"], message));
        }
        context.instances.addresses.delete_vpc(&id);
        Ok(Outcome::Response(DeleteVpcResponse::default()))
    }
}

/// The VPC with this id, which must exist.
pub(super) fn find<'a>(
    context: &'a RequestContext<'_>,
    id: &str,
) -> Result<&'a StoredVpc, ApiError> {
    context.networks().vpc(id).ok_or_else(|| {
        let message = format!("The VPC `{id}` does not exist in {}.", context.region.name);
        context.codes.error(["ResourceNotFound"], message)
    })
}

fn check_name_servers(codes: DocumentedCodes, servers: &[String]) -> Result<(), ApiError> {
    match servers.iter().find(|server| server.parse::<IpAddr>().is_err()) {
        None => Ok(()),
        Some(server) => {
            let message = format!("The name server `{server}` is not an IP address.");
            Err(codes.error(["InvalidParameterValue.Malformed"], message))
        }
    }
}

/// Publishing the routes of whole VPCs is for accounts on an allowlist, and no account is on it.
fn check_publishing(codes: DocumentedCodes, publishes: [Option<bool>; 2]) -> Result<(), ApiError> {
    if !publishes.contains(&Some(true)) {
        return Ok(());
    }
    let message = "The account may not publish the routes of a whole VPC; leave out \
                   `EnableRouteVpcPublish` and `EnableRouteVpcPublishIpv6`.";
    let candidates =
        ["UnsupportedOperation.NotSupportedUpdateCcnRoutePublish", "UnsupportedOperation"];
    Err(codes.error(candidates, message))
}

fn is_true(text: Option<&str>) -> bool {
    text == Some("true")
}

/// Whether tags match a filter.
pub(super) fn match_tags(filter: &CheckedFilter<'_>, tags: &dyn TagList) -> bool {
    tags::matches(filter, tags.iter())
}

/// Whether a filter asks for this value of a flag. Documents write the value in capitals, samples do not.
pub(super) fn is_flag(filter: &CheckedFilter<'_>, flag: bool) -> bool {
    filter.any(|value| value.eq_ignore_ascii_case(if flag { "true" } else { "false" }))
}

/// Whether a filter asks for a range, by its first address or with its mask.
pub(super) fn is_range(filter: &CheckedFilter<'_>, range: &str) -> bool {
    filter.is(range) || range.split_once('/').is_some_and(|(first, _)| filter.is(first))
}
