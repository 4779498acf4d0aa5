//! ConfigureChcAssistVpc, ConfigureChcDeployVpc, RemoveChcAssistVpc and RemoveChcDeployVpc.

use std::time::Duration;

use cvm_models::actions::{
    ConfigureChcAssistVpc, ConfigureChcAssistVpcResponse, ConfigureChcDeployVpc,
    ConfigureChcDeployVpcResponse, RemoveChcAssistVpc, RemoveChcAssistVpcResponse,
    RemoveChcDeployVpc, RemoveChcDeployVpcResponse,
};
use cvm_models::enums::ChcHostState;
use cvm_models::types::{ChcDeployExtraConfig, ChcHost};

use crate::actions::chc_hosts::network::{Network, common_zone, give_back, without_deploy_network};
use crate::actions::chc_hosts::state_check::{check_host_states, find_hosts};
use crate::api_error::ApiError;
use crate::chc_host::{BOOT_FILE, PROVIDED, no_network, provided_installer};
use crate::handler::{ActionHandler, Outcome};
use crate::state::{RequestContext, has_deploy_network};

const ASSIST_SETUP_TIME: Duration = Duration::from_secs(60);

/// Sets up the management network of hosts, and their deploy network if the request has one. INIT → OPERATING →
/// READY.
impl ActionHandler for ConfigureChcAssistVpc {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let has_settings =
            !self.deploy_security_group_ids.is_empty() || self.chc_deploy_extra_config.is_some();
        if has_settings && self.deploy_virtual_private_cloud.is_none() {
            let message = "Settings for `DeployVirtualPrivateCloud` need that parameter.";
            return Err(codes.error(["InvalidParameter"], message));
        }
        let resources = context.regions.entry(context.region.name).or_default();
        let hosts = find_hosts(codes, resources.chc_hosts.at(now), &self.chc_ids)?;
        let zone = common_zone(codes, context.region, &hosts)?;
        check_host_states(codes, &hosts)?;
        let addresses = &mut context.instances.addresses;
        let plan = |requested| {
            Network::plan(codes, requested, zone, hosts.len(), (context.ids, addresses))
        };
        let bmc = plan(&self.bmc_virtual_private_cloud)?;
        let deploy = self.deploy_virtual_private_cloud.as_ref().map(plan).transpose()?;
        if let Some(deploy) = &deploy {
            bmc.is_apart_from(codes, deploy)?;
            deploy.reserve(addresses);
        }
        bmc.reserve(addresses);
        for (index, host) in hosts.into_iter().enumerate() {
            let mut end = ChcHost {
                instance_state: ChcHostState::Ready,
                bmc_virtual_private_cloud: bmc.api.clone(),
                bmc_ip: bmc.take(index, addresses),
                bmc_security_group_ids: self.bmc_security_group_ids.clone(),
                ..host.api.clone()
            };
            if let Some(deploy) = &deploy {
                end.deploy_virtual_private_cloud = deploy.api.clone();
                end.deploy_ip = deploy.take(index, addresses);
                end.deploy_security_group_ids.clone_from(&self.deploy_security_group_ids);
                end.deploy_extra_config = installer_settings(self.chc_deploy_extra_config.clone());
            }
            host.begin(codes.0.name, end, ASSIST_SETUP_TIME, (context.clock, now));
        }
        Ok(Outcome::Response(ConfigureChcAssistVpcResponse::default()))
    }
}

const DEPLOY_SETUP_TIME: Duration = Duration::from_secs(60);

/// Sets up the network over which systems are installed. READY → OPERATING → READY, and PREPARED some time later.
impl ActionHandler for ConfigureChcDeployVpc {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let resources = context.regions.entry(context.region.name).or_default();
        let hosts = find_hosts(codes, resources.chc_hosts.at(now), &self.chc_ids)?;
        let zone = common_zone(codes, context.region, &hosts)?;
        let mut api = hosts.iter().map(|host| &host.api);
        if let Some(host) = api.find(|host| has_deploy_network(host)) {
            let message = format!("The CHC host `{}` already has a deploy network.", host.chc_id);
            let code = "InvalidParameterValue.DeployVpcAlreadyExists";
            return Err(codes.error([code], message));
        }
        check_host_states(codes, &hosts)?;
        let addresses = &mut context.instances.addresses;
        let requested = &self.deploy_virtual_private_cloud;
        let network = Network::plan(codes, requested, zone, hosts.len(), (context.ids, addresses))?;
        let config = installer_settings(self.chc_deploy_extra_config);
        for (index, host) in hosts.into_iter().enumerate() {
            let end = ChcHost {
                instance_state: ChcHostState::Ready,
                deploy_virtual_private_cloud: network.api.clone(),
                deploy_ip: network.take(index, addresses),
                deploy_security_group_ids: self.deploy_security_group_ids.clone(),
                deploy_extra_config: config.clone(),
                ..host.api.clone()
            };
            host.begin(codes.0.name, end, DEPLOY_SETUP_TIME, (context.clock, now));
        }
        Ok(Outcome::Response(ConfigureChcDeployVpcResponse::default()))
    }
}

const ASSIST_REMOVAL_TIME: Duration = Duration::from_secs(30);

/// Removes the management network and the deploy network. OPERATING → INIT.
impl ActionHandler for RemoveChcAssistVpc {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let resources = context.regions.entry(context.region.name).or_default();
        let hosts = find_hosts(codes, resources.chc_hosts.at(now), &self.chc_ids)?;
        check_host_states(codes, &hosts)?;
        let addresses = &mut context.instances.addresses;
        for host in hosts {
            let before = &host.api;
            give_back(&before.bmc_virtual_private_cloud, &before.bmc_ip, addresses);
            let end = ChcHost {
                instance_state: ChcHostState::Init,
                bmc_virtual_private_cloud: no_network(),
                bmc_ip: String::new(),
                bmc_security_group_ids: Vec::new(),
                ..without_deploy_network(before, addresses)
            };
            host.begin(codes.0.name, end, ASSIST_REMOVAL_TIME, (context.clock, now));
        }
        Ok(Outcome::Response(RemoveChcAssistVpcResponse::default()))
    }
}

const DEPLOY_REMOVAL_TIME: Duration = Duration::from_secs(30);

/// Removes the deploy network. OPERATING → READY.
impl ActionHandler for RemoveChcDeployVpc {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let resources = context.regions.entry(context.region.name).or_default();
        let hosts = find_hosts(codes, resources.chc_hosts.at(now), &self.chc_ids)?;
        check_host_states(codes, &hosts)?;
        let addresses = &mut context.instances.addresses;
        for host in hosts {
            let end = ChcHost {
                instance_state: ChcHostState::Ready,
                ..without_deploy_network(&host.api, addresses)
            };
            host.begin(codes.0.name, end, DEPLOY_REMOVAL_TIME, (context.clock, now));
        }
        Ok(Outcome::Response(RemoveChcDeployVpcResponse::default()))
    }
}

/// The installer settings of a request, with the documented defaults.
fn installer_settings(requested: Option<ChcDeployExtraConfig>) -> ChcDeployExtraConfig {
    requested.map_or_else(provided_installer, |requested| ChcDeployExtraConfig {
        boot_file: requested.boot_file.or_else(|| Some(BOOT_FILE.to_owned())),
        next_server_address: requested.next_server_address.or_else(|| Some(String::new())),
        ..requested
    })
}

/// Whether these settings name an installer that can be reached.
pub(crate) fn is_installer_usable(config: &ChcDeployExtraConfig) -> bool {
    let has_server = config.next_server_address.as_ref().is_some_and(|text| !text.is_empty());
    config.mini_os_type == PROVIDED || has_server
}
