//! DescribeHosts: the newest first, filtered, page by page, with what is free on each.

use cvm_models::actions::{DescribeHosts, DescribeHostsResponse};

use crate::Moment;
use crate::actions::tags;
use crate::dispatch::{Behaviour, Outcome};
use crate::filter::{self, Wanted};
use crate::page::Page;
use crate::refusal::Refusal;
use crate::world::{DedicatedHost, Scene};

impl Behaviour for DescribeHosts {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let now = scene.now;
        let filters = filter::check(scene.codes, &self.filters)?;
        scene.check_zones(&filters)?;
        let page = Page::of(scene.codes.0, self.offset, self.limit);
        let holdings = scene.holdings.entry(scene.region.name).or_default();
        let hosts = holdings.dedicated_hosts.at(now).list.iter().rev();
        let passing = hosts.filter(|host| filters.iter().all(|filter| holds(filter, host, now)));
        let on_hosts = scene.store.on_hosts();
        let (host_set, total) = page.cut(passing, |host| host.shown(&on_hosts, now));
        Ok(Outcome::Done(DescribeHostsResponse {
            total_count: total.unsigned_abs(),
            host_set,
            ..Self::Response::default()
        }))
    }
}

fn holds(filter: &Wanted<'_>, host: &DedicatedHost, now: Moment) -> bool {
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
