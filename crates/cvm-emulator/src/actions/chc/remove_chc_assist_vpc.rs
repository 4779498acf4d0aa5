//! RemoveChcAssistVpc: no management network and no deploy network any more. OPERATING → INIT.

use std::time::Duration;

use cvm_models::actions::{RemoveChcAssistVpc, RemoveChcAssistVpcResponse};
use cvm_models::enums::ChcHostState;
use cvm_models::types::ChcHost;

use super::admission::{admit, named};
use super::network::{give_back, without_deploy_network};
use crate::api_error::ApiError;
use crate::chc_host::no_network;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

const LASTS: Duration = Duration::from_secs(30);

impl ActionHandler for RemoveChcAssistVpc {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (scene.codes, scene.now);
        let holdings = scene.regions.entry(scene.region.name).or_default();
        let hosts = named(codes, holdings.chc_hosts.at(now), &self.chc_ids)?;
        admit(codes, &hosts)?;
        let addresses = &mut scene.instances.addresses;
        for host in hosts {
            let before = &host.shown;
            give_back(&before.bmc_virtual_private_cloud, &before.bmc_ip, addresses);
            let end = ChcHost {
                instance_state: ChcHostState::Init,
                bmc_virtual_private_cloud: no_network(),
                bmc_ip: String::new(),
                bmc_security_group_ids: Vec::new(),
                ..without_deploy_network(before, addresses)
            };
            host.begin(codes.0.name, end, LASTS, (scene.clock, now));
        }
        Ok(Outcome::Response(RemoveChcAssistVpcResponse::default()))
    }
}
