//! DescribeHosts: lists hosts with their free resources, filtered, the newest first, in pages.

use cvm_models::actions::{DescribeHosts, DescribeHostsResponse};

use crate::api_error::ApiError;
use crate::filter::{Filters, Tests};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags;
use crate::page::Page;
use crate::state::{DedicatedHost, RequestContext};

impl ActionHandler for DescribeHosts {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let now = context.now;
        let filters = Filters::of((context.codes, now), &self.filters, FILTERS)?;
        context.check_zones(filters.iter())?;
        let page = Page::of(context.codes.0, self.offset, self.limit);
        let hosts = context.dedicated_hosts().rev();
        let passing = hosts.filter(|host| filters.match_item(host));
        let on_hosts = context.instances.on_hosts();
        let (host_set, total) = page.cut(passing, |host| host.api(&on_hosts, now));
        Ok(Outcome::Response(DescribeHostsResponse {
            total_count: total.unsigned_abs(),
            host_set,
            ..Self::Response::default()
        }))
    }
}

const FILTERS: &Tests<DedicatedHost> = &[
    ("zone", |filter, host, _| filter.is(&host.item.placement.zone)),
    ("project-id", |filter, host, _| {
        filter.is(&host.item.placement.project_id.unwrap_or(0).to_string())
    }),
    ("host-id", |filter, host, _| filter.is(&host.item.host_id)),
    ("host-name", |filter, host, _| filter.is(&host.item.host_name)),
    ("host-state", |filter, host, now| filter.is(host.state(now).as_str())),
    ("host-type", |filter, host, _| filter.is(&host.item.host_type)),
    ("tag-key", |filter, host, _| tags::api_tags_match(filter, &host.item.tags)),
    ("tag-value", |filter, host, _| tags::api_tags_match(filter, &host.item.tags)),
    ("tag:tag-key", |filter, host, _| tags::api_tags_match(filter, &host.item.tags)),
];
