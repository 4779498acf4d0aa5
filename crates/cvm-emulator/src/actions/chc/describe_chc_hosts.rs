//! DescribeChcHosts: the newest first, by id or filtered, page by page.

use cvm_models::actions::{DescribeChcHosts, DescribeChcHostsResponse};
use cvm_models::types::{ChcHost, VirtualPrivateCloud};

use super::admission::named;
use crate::dispatch::{Behaviour, Outcome};
use crate::filter::{self, IdFilter, Wanted};
use crate::page::Page;
use crate::refusal::Refusal;
use crate::verdict;
use crate::world::Scene;

impl Behaviour for DescribeChcHosts {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let (codes, now) = (scene.codes, scene.now);
        let filters = filter::check(codes, &self.filters)?;
        for (name, prefix) in [("vpc-id", "vpc-"), ("subnet-id", "subnet-")] {
            let is_malformed = |value: &str| !value.starts_with(prefix);
            if filters.iter().any(|filter| filter.name == name && filter.any(is_malformed)) {
                let message = format!("The filter `{name}` takes what begins with `{prefix}`.");
                return Err(codes.refuse(verdict::malformed(prefix), message));
            }
        }
        scene.check_zones(&filters)?;
        let hosts = scene.here().chc_hosts.at(now);
        named(codes, hosts, &self.chc_ids)?;
        let ids = IdFilter::new(&self.chc_ids);
        let passing = hosts.list.iter().rev().map(|host| &host.shown).filter(|host| {
            ids.includes(&host.chc_id) && filters.iter().all(|filter| holds(filter, host))
        });
        let page = Page::of(codes.0, self.offset, self.limit);
        let (chc_host_set, total_count) = page.cut(passing, ChcHost::clone);
        Ok(Outcome::Done(DescribeChcHostsResponse {
            total_count,
            chc_host_set,
            ..Self::Response::default()
        }))
    }
}

fn holds(filter: &Wanted<'_>, host: &ChcHost) -> bool {
    let networks = [&host.bmc_virtual_private_cloud, &host.deploy_virtual_private_cloud];
    let any = |id: fn(&VirtualPrivateCloud) -> &str| filter.is_any(networks.map(id));
    match filter.name {
        "zone" => filter.is(&host.placement.zone),
        "instance-name" => filter.is(&host.instance_name),
        "instance-state" => filter.is(host.instance_state.as_str()),
        "device-type" => filter.is(&host.device_type),
        "vpc-id" => any(|network| &network.vpc_id),
        "subnet-id" => any(|network| &network.subnet_id),
        "sn" => filter.is(&host.serial_number),
        _ => false,
    }
}
