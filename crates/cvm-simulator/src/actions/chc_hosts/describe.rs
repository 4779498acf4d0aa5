//! DescribeChcHosts and DescribeChcDeniedActions.

use cvm_models::actions::{
    DescribeChcDeniedActions, DescribeChcDeniedActionsResponse, DescribeChcHosts,
    DescribeChcHostsResponse,
};
use cvm_models::types::{ChcHost, ChcHostDeniedActions, VirtualPrivateCloud};

use crate::actions::chc_hosts::state_check::{ACTIONS, allows, find_hosts};
use crate::api_error::ApiError;
use crate::error_codes;
use crate::filter::{Filters, IdFilter, Tests};
use crate::handler::{ActionHandler, Outcome};
use crate::page::Page;
use crate::state::RequestContext;

/// Lists hosts by id or filter, the newest first, in pages.
impl ActionHandler for DescribeChcHosts {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let filters = Filters::of((codes, now), &self.filters, FILTERS)?;
        for (name, prefix) in [("vpc-id", "vpc-"), ("subnet-id", "subnet-")] {
            let is_malformed = |value: &str| !value.starts_with(prefix);
            if filters.iter().any(|filter| filter.name == name && filter.any(is_malformed)) {
                let message = format!("Values of the filter `{name}` must start with `{prefix}`.");
                return Err(codes.error(error_codes::malformed(prefix), message));
            }
        }
        context.check_zones(filters.iter())?;
        let hosts = context.resources().chc_hosts.at(now);
        find_hosts(codes, hosts, &self.chc_ids)?;
        let ids = IdFilter::new(&self.chc_ids);
        let hosts = hosts.list.iter().rev().map(|host| &host.api);
        let passing = hosts.filter(|host| ids.includes(&host.chc_id) && filters.match_item(host));
        let page = Page::of(codes.0, self.offset, self.limit);
        let (chc_host_set, total_count) = page.cut(passing, ChcHost::clone);
        Ok(Outcome::Response(DescribeChcHostsResponse {
            total_count,
            chc_host_set,
            ..Self::Response::default()
        }))
    }
}

const FILTERS: &Tests<ChcHost> = &[
    ("zone", |filter, host, _| filter.is(&host.placement.zone)),
    ("instance-name", |filter, host, _| filter.is(&host.instance_name)),
    ("instance-state", |filter, host, _| filter.is(host.instance_state.as_str())),
    ("device-type", |filter, host, _| filter.is(&host.device_type)),
    ("vpc-id", |filter, host, _| filter.is_any(networks(host).map(|it| it.vpc_id.as_str()))),
    ("subnet-id", |filter, host, _| filter.is_any(networks(host).map(|it| it.subnet_id.as_str()))),
    ("sn", |filter, host, _| filter.is(&host.serial_number)),
];

fn networks(host: &ChcHost) -> [&VirtualPrivateCloud; 2] {
    [&host.bmc_virtual_private_cloud, &host.deploy_virtual_private_cloud]
}

/// Lists the actions that each host denies in its state.
impl ActionHandler for DescribeChcDeniedActions {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let hosts = find_hosts(codes, context.resources().chc_hosts.at(now), &self.chc_ids)?;
        Ok(Outcome::Response(DescribeChcDeniedActionsResponse {
            chc_host_denied_action_set: hosts.iter().map(|host| denied(&host.api)).collect(),
            ..Self::Response::default()
        }))
    }
}

fn denied(host: &ChcHost) -> ChcHostDeniedActions {
    let denied = ACTIONS.iter().filter(|action| !allows(host, action));
    ChcHostDeniedActions {
        chc_id: Some(host.chc_id.clone()),
        state: Some(host.instance_state.to_string()),
        deny_actions: denied.map(|action| (*action).to_owned()).collect(),
        ..Default::default()
    }
}
