//! RemoveChcDeployVpc: no deploy network any more. OPERATING → READY.

use std::time::Duration;

use cvm_models::actions::{RemoveChcDeployVpc, RemoveChcDeployVpcResponse};
use cvm_models::enums::ChcHostState;
use cvm_models::types::ChcHost;

use super::admission::{admit, named};
use super::network::without_deploy_network;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

const LASTS: Duration = Duration::from_secs(30);

impl ActionHandler for RemoveChcDeployVpc {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (scene.codes, scene.now);
        let holdings = scene.regions.entry(scene.region.name).or_default();
        let hosts = named(codes, holdings.chc_hosts.at(now), &self.chc_ids)?;
        admit(codes, &hosts)?;
        let addresses = &mut scene.instances.addresses;
        for host in hosts {
            let end = ChcHost {
                instance_state: ChcHostState::Ready,
                ..without_deploy_network(&host.shown, addresses)
            };
            host.begin(codes.0.name, end, LASTS, (scene.clock, now));
        }
        Ok(Outcome::Response(RemoveChcDeployVpcResponse::default()))
    }
}
