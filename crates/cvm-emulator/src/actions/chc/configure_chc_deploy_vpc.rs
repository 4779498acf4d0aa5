//! ConfigureChcDeployVpc: the network over which systems are installed. READY → OPERATING → READY, and
//! PREPARED some time later.

use std::time::Duration;

use cvm_models::actions::{ConfigureChcDeployVpc, ConfigureChcDeployVpcResponse};
use cvm_models::enums::ChcHostState;
use cvm_models::types::ChcHost;

use super::admission::{admit, named};
use super::installer;
use super::network::{Network, common_zone};
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{RequestContext, has_deploy_network};

const LASTS: Duration = Duration::from_secs(60);

impl ActionHandler for ConfigureChcDeployVpc {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (scene.codes, scene.now);
        let holdings = scene.regions.entry(scene.region.name).or_default();
        let hosts = named(codes, holdings.chc_hosts.at(now), &self.chc_ids)?;
        let zone = common_zone(codes, scene.region, &hosts)?;
        let mut shown = hosts.iter().map(|host| &host.shown);
        if let Some(host) = shown.find(|host| has_deploy_network(host)) {
            let message = format!("The CHC host `{}` has a deploy network.", host.chc_id);
            let code = "InvalidParameterValue.DeployVpcAlreadyExists";
            return Err(codes.error([code], message));
        }
        admit(codes, &hosts)?;
        let addresses = &mut scene.instances.addresses;
        let wanted = &self.deploy_virtual_private_cloud;
        let network = Network::plan(codes, wanted, zone, hosts.len(), (scene.ids, addresses))?;
        let config = installer::shown(self.chc_deploy_extra_config);
        for (place, host) in hosts.into_iter().enumerate() {
            let end = ChcHost {
                instance_state: ChcHostState::Ready,
                deploy_virtual_private_cloud: network.shown.clone(),
                deploy_ip: network.take(place, addresses),
                deploy_security_group_ids: self.deploy_security_group_ids.clone(),
                deploy_extra_config: config.clone(),
                ..host.shown.clone()
            };
            host.begin(codes.0.name, end, LASTS, (scene.clock, now));
        }
        Ok(Outcome::Response(ConfigureChcDeployVpcResponse::default()))
    }
}
