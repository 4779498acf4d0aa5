//! ConfigureChcAssistVpc, ConfigureChcDeployVpc, RemoveChcAssistVpc and RemoveChcDeployVpc.

use std::time::Duration;

use cvm_models::actions::{
    ConfigureChcAssistVpc, ConfigureChcAssistVpcResponse, ConfigureChcDeployVpc,
    ConfigureChcDeployVpcResponse, RemoveChcAssistVpc, RemoveChcAssistVpcResponse,
    RemoveChcDeployVpc, RemoveChcDeployVpcResponse,
};
use cvm_models::enums::ChcHostState;
use cvm_models::types::{ChcDeployExtraConfig, ChcHost, VirtualPrivateCloud};

use crate::actions::chc_hosts::network::{Network, common_zone, give_back, without_deploy_network};
use crate::actions::chc_hosts::state_check::{check_host_states, find_hosts};
use crate::api_error::{ApiError, DocumentedCodes};
use crate::chc_host::{BOOT_FILE, PROVIDED, no_network, provided_installer};
use crate::handler::{ActionHandler, Outcome};
use crate::state::{Addresses, KnownNetworks, RequestContext, StoredChcHost, has_deploy_network};

const ASSIST_SETUP_TIME: Duration = Duration::from_secs(60);
const DEPLOY_SETUP_TIME: Duration = Duration::from_secs(60);
const ASSIST_REMOVAL_TIME: Duration = Duration::from_secs(30);
const DEPLOY_REMOVAL_TIME: Duration = Duration::from_secs(30);

/// Sets up the management network of hosts, and their deploy network if the request has one. INIT → OPERATING →
/// READY.
impl ActionHandler for ConfigureChcAssistVpc {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let has_settings =
            !self.deploy_security_group_ids.is_empty() || self.chc_deploy_extra_config.is_some();
        if has_settings && self.deploy_virtual_private_cloud.is_none() {
            let message = "Settings for `DeployVirtualPrivateCloud` need that parameter.";
            return Err(context.codes.error(["InvalidParameter"], message));
        }
        let deploy = self.deploy_virtual_private_cloud.as_ref().map(|network| DeployNetwork {
            network,
            security_group_ids: &self.deploy_security_group_ids,
            config: installer_settings(self.chc_deploy_extra_config),
        });
        let bmc = Some((&self.bmc_virtual_private_cloud, &*self.bmc_security_group_ids));
        set_up(context, &self.chc_ids, &Setup { bmc, deploy, lasts: ASSIST_SETUP_TIME })?;
        Ok(Outcome::Response(ConfigureChcAssistVpcResponse::default()))
    }
}

/// Sets up the network over which systems are installed. READY → OPERATING → READY, and PREPARED some time later.
impl ActionHandler for ConfigureChcDeployVpc {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let deploy = Some(DeployNetwork {
            network: &self.deploy_virtual_private_cloud,
            security_group_ids: &self.deploy_security_group_ids,
            config: installer_settings(self.chc_deploy_extra_config),
        });
        set_up(context, &self.chc_ids, &Setup { bmc: None, deploy, lasts: DEPLOY_SETUP_TIME })?;
        Ok(Outcome::Response(ConfigureChcDeployVpcResponse::default()))
    }
}

/// The networks that a request sets up.
struct Setup<'a> {
    /// The management network and its security groups.
    bmc: Option<(&'a VirtualPrivateCloud, &'a [String])>,
    deploy: Option<DeployNetwork<'a>>,
    lasts: Duration,
}

struct DeployNetwork<'a> {
    network: &'a VirtualPrivateCloud,
    security_group_ids: &'a [String],
    config: ChcDeployExtraConfig,
}

/// Starts to set up networks of hosts, which must be in one zone.
fn set_up(
    context: &mut RequestContext<'_>,
    chc_ids: &[String],
    setup: &Setup<'_>,
) -> Result<(), ApiError> {
    let (codes, now) = (context.codes, context.now);
    let groups = setup.bmc.iter().map(|(_, groups)| *groups);
    let mut groups = groups.chain(setup.deploy.iter().map(|deploy| deploy.security_group_ids));
    groups.try_for_each(|groups| context.check_security_groups_exist(groups))?;
    let resources = context.regions.entry(context.region.name).or_default();
    let hosts = find_hosts(codes, resources.chc_hosts.at(now), chc_ids)?;
    let zone = common_zone(codes, context.region, &hosts)?;
    if setup.bmc.is_none() {
        check_no_deploy_network(codes, &hosts)?;
    }
    check_host_states(codes, &hosts)?;
    let addresses = &mut context.instances.addresses;
    let known = KnownNetworks {
        codes,
        region: context.region,
        is_strict: context.is_network_strict,
        networks: &addresses.networks,
        elsewhere: &context.elsewhere,
        ids: &*context.ids,
        now,
    };
    let plan = |requested| Network::plan(codes, requested, zone, hosts.len(), (known, addresses));
    let bmc = setup.bmc.map(|(network, _)| plan(network)).transpose()?;
    let deploy = setup.deploy.as_ref().map(|deploy| plan(deploy.network)).transpose()?;
    if let (Some(bmc), Some(deploy)) = (&bmc, &deploy) {
        bmc.check_apart_from(deploy, (known, addresses), hosts.len())?;
    }
    let planned = [&deploy, &bmc];
    for network in planned.into_iter().flatten() {
        if addresses.networks.lacks_default(network.ids(), zone, context.ids) {
            addresses.networks.create_default(zone, context.ids, now);
        }
    }
    planned.into_iter().flatten().for_each(|network| network.reserve(addresses));
    for (index, host) in hosts.into_iter().enumerate() {
        let mut end = ChcHost { instance_state: ChcHostState::Ready, ..host.api.clone() };
        if let (Some(bmc), Some((_, groups))) = (&bmc, setup.bmc) {
            (end.bmc_virtual_private_cloud, end.bmc_ip) = bmc.take(index, addresses);
            end.bmc_security_group_ids = groups.to_vec();
        }
        if let (Some(deploy), Some(requested)) = (&deploy, &setup.deploy) {
            (end.deploy_virtual_private_cloud, end.deploy_ip) = deploy.take(index, addresses);
            end.deploy_security_group_ids = requested.security_group_ids.to_vec();
            end.deploy_extra_config = requested.config.clone();
        }
        host.begin(codes.0.name, end, setup.lasts, (context.clock, now));
    }
    Ok(())
}

fn check_no_deploy_network(
    codes: DocumentedCodes,
    hosts: &[&mut StoredChcHost],
) -> Result<(), ApiError> {
    let mut api = hosts.iter().map(|host| &host.api);
    let Some(host) = api.find(|host| has_deploy_network(host)) else { return Ok(()) };
    let message = format!("The CHC host `{}` already has a deploy network.", host.chc_id);
    Err(codes.error(["InvalidParameterValue.DeployVpcAlreadyExists"], message))
}

/// Removes the management network and the deploy network. OPERATING → INIT.
impl ActionHandler for RemoveChcAssistVpc {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        remove(context, &self.chc_ids, ASSIST_REMOVAL_TIME, |before, addresses| {
            give_back(&before.bmc_virtual_private_cloud, &before.bmc_ip, addresses);
            ChcHost {
                instance_state: ChcHostState::Init,
                bmc_virtual_private_cloud: no_network(),
                bmc_ip: String::new(),
                bmc_security_group_ids: Vec::new(),
                ..without_deploy_network(before, addresses)
            }
        })?;
        Ok(Outcome::Response(RemoveChcAssistVpcResponse::default()))
    }
}

/// Removes the deploy network. OPERATING → READY.
impl ActionHandler for RemoveChcDeployVpc {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        remove(context, &self.chc_ids, DEPLOY_REMOVAL_TIME, |before, addresses| ChcHost {
            instance_state: ChcHostState::Ready,
            ..without_deploy_network(before, addresses)
        })?;
        Ok(Outcome::Response(RemoveChcDeployVpcResponse::default()))
    }
}

/// Starts to remove networks of hosts. `end` releases the addresses of a host, and returns its state afterwards.
fn remove(
    context: &mut RequestContext<'_>,
    chc_ids: &[String],
    lasts: Duration,
    end: fn(&ChcHost, &mut Addresses) -> ChcHost,
) -> Result<(), ApiError> {
    let (codes, now) = (context.codes, context.now);
    let resources = context.regions.entry(context.region.name).or_default();
    let hosts = find_hosts(codes, resources.chc_hosts.at(now), chc_ids)?;
    check_host_states(codes, &hosts)?;
    for host in hosts {
        let end = end(&host.api, &mut context.instances.addresses);
        host.begin(codes.0.name, end, lasts, (context.clock, now));
    }
    Ok(())
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
