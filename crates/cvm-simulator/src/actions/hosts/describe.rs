//! DescribeHosts: lists hosts with their free resources, filtered, the newest first, in pages.

use cvm_models::actions::{DescribeHosts, DescribeHostsResponse};

use crate::api_error::ApiError;
use crate::filter::{self, CheckedFilter};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags;
use crate::page::Page;
use crate::state::{DedicatedHost, RequestContext};
use crate::timestamp::Timestamp;

impl ActionHandler for DescribeHosts {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let now = context.now;
        let filters = filter::check(context.codes, &self.filters)?;
        context.check_zones(&filters)?;
        let page = Page::of(context.codes.0, self.offset, self.limit);
        let hosts = context.dedicated_hosts().rev();
        let passing = hosts.filter(|host| filters.iter().all(|filter| holds(filter, host, now)));
        let on_hosts = context.instances.on_hosts();
        let (host_set, total) = page.cut(passing, |host| host.api(&on_hosts, now));
        Ok(Outcome::Response(DescribeHostsResponse {
            total_count: total.unsigned_abs(),
            host_set,
            ..Self::Response::default()
        }))
    }
}

fn holds(filter: &CheckedFilter<'_>, host: &DedicatedHost, now: Timestamp) -> bool {
    let item = &host.item;
    match filter.name {
        "zone" => filter.is(&item.placement.zone),
        "project-id" => filter.is(&item.placement.project_id.unwrap_or(0).to_string()),
        "host-id" => filter.is(&item.host_id),
        "host-name" => filter.is(&item.host_name),
        "host-state" => filter.is(host.state(now).as_str()),
        "host-type" => filter.is(&item.host_type),
        _ => tags::api_tags_match(filter, &item.tags),
    }
}
