//! DescribeHosts: the newest first, filtered, page by page, with what is free on each.

use crate::api_error::ApiError;
use crate::filter::{self, CheckedFilter};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags;
use crate::page::Page;
use crate::state::{DedicatedHost, RequestContext};
use crate::timestamp::Timestamp;
use cvm_models::actions::{DescribeHosts, DescribeHostsResponse};

impl ActionHandler for DescribeHosts {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let now = scene.now;
        let filters = filter::check(scene.codes, &self.filters)?;
        scene.check_zones(&filters)?;
        let page = Page::of(scene.codes.0, self.offset, self.limit);
        let holdings = scene.regions.entry(scene.region.name).or_default();
        let hosts = holdings.dedicated_hosts.at(now).list.iter().rev();
        let passing = hosts.filter(|host| filters.iter().all(|filter| holds(filter, host, now)));
        let on_hosts = scene.instances.on_hosts();
        let (host_set, total) = page.cut(passing, |host| host.shown(&on_hosts, now));
        Ok(Outcome::Response(DescribeHostsResponse {
            total_count: total.unsigned_abs(),
            host_set,
            ..Self::Response::default()
        }))
    }
}

fn holds(filter: &CheckedFilter<'_>, host: &DedicatedHost, now: Timestamp) -> bool {
    let bought = &host.bought;
    match filter.name {
        "zone" => filter.is(&bought.placement.zone),
        "project-id" => filter.is(&bought.placement.project_id.unwrap_or(0).to_string()),
        "host-id" => filter.is(&bought.host_id),
        "host-name" => filter.is(&bought.host_name),
        "host-state" => filter.is(host.state(now).as_str()),
        "host-type" => filter.is(&bought.host_type),
        _ => tags::pass(filter, &bought.tags),
    }
}
