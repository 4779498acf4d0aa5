//! ConfigureChcAssistVpc: the management network of hosts, and their deploy network if it is given.
//! INIT → OPERATING → READY.

use std::time::Duration;

use cvm_models::actions::{ConfigureChcAssistVpc, ConfigureChcAssistVpcResponse};
use cvm_models::enums::ChcHostState;
use cvm_models::types::ChcHost;

use super::admission::{admit, named};
use super::installer;
use super::network::{Network, common_zone};
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

const LASTS: Duration = Duration::from_secs(60);

impl ActionHandler for ConfigureChcAssistVpc {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (scene.codes, scene.now);
        let has_settings =
            !self.deploy_security_group_ids.is_empty() || self.chc_deploy_extra_config.is_some();
        if has_settings && self.deploy_virtual_private_cloud.is_none() {
            let message = "There are settings for `DeployVirtualPrivateCloud`, which is not given.";
            return Err(codes.error(["InvalidParameter"], message));
        }
        let holdings = scene.regions.entry(scene.region.name).or_default();
        let hosts = named(codes, holdings.chc_hosts.at(now), &self.chc_ids)?;
        let zone = common_zone(codes, scene.region, &hosts)?;
        admit(codes, &hosts)?;
        let addresses = &mut scene.instances.addresses;
        let plan = |wanted| Network::plan(codes, wanted, zone, hosts.len(), (scene.ids, addresses));
        let bmc = plan(&self.bmc_virtual_private_cloud)?;
        let deploy = self.deploy_virtual_private_cloud.as_ref().map(plan).transpose()?;
        if let Some(deploy) = &deploy {
            bmc.is_apart_from(codes, deploy)?;
            deploy.reserve(addresses);
        }
        bmc.reserve(addresses);
        for (place, host) in hosts.into_iter().enumerate() {
            let mut end = ChcHost {
                instance_state: ChcHostState::Ready,
                bmc_virtual_private_cloud: bmc.shown.clone(),
                bmc_ip: bmc.take(place, addresses),
                bmc_security_group_ids: self.bmc_security_group_ids.clone(),
                ..host.shown.clone()
            };
            if let Some(deploy) = &deploy {
                end.deploy_virtual_private_cloud = deploy.shown.clone();
                end.deploy_ip = deploy.take(place, addresses);
                end.deploy_security_group_ids.clone_from(&self.deploy_security_group_ids);
                end.deploy_extra_config = installer::shown(self.chc_deploy_extra_config.clone());
            }
            host.begin(codes.0.name, end, LASTS, (scene.clock, now));
        }
        Ok(Outcome::Response(ConfigureChcAssistVpcResponse::default()))
    }
}
