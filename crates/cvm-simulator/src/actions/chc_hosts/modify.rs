//! ModifyChcAttribute and ModifyChcNetworkMode.

use std::time::Duration;

use cvm_models::actions::{
    ModifyChcAttribute, ModifyChcAttributeResponse, ModifyChcNetworkMode,
    ModifyChcNetworkModeResponse,
};
use cvm_models::enums::{ChcHostState, ChcNetworkMode};
use cvm_models::types::ChcHost;

use crate::actions::chc_hosts::configure;
use crate::actions::chc_hosts::state_check::{allows, check_host_states, find_hosts};
use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::state::{RequestContext, has_deploy_network};

/// Changes the name, the device type, the login or the security groups of hosts.
impl ActionHandler for ModifyChcAttribute {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        if let Some(password) = &self.password {
            check_password(codes, password.expose())?;
        }
        context.check_security_groups_exist(&self.bmc_security_group_ids)?;
        let hosts = find_hosts(codes, context.resources().chc_hosts.at(now), &self.chc_ids)?;
        let mut api = hosts.iter().map(|host| &host.api);
        let groups = &self.bmc_security_group_ids;
        let lacks_network = api.find(|host| host.bmc_virtual_private_cloud.subnet_id.is_empty());
        if let Some(host) = lacks_network.filter(|_| !groups.is_empty()) {
            let message = format!("The CHC host `{}` has no management network.", host.chc_id);
            return Err(codes.error(["InvalidParameterValue.ChcNetworkEmpty"], message));
        }
        check_host_states(codes, &hosts)?;
        for host in hosts {
            host.change(|look| {
                if let Some(name) = &self.instance_name {
                    look.instance_name.clone_from(name);
                }
                if let Some(kind) = &self.device_type {
                    look.device_type.clone_from(kind);
                }
                if !groups.is_empty() {
                    look.bmc_security_group_ids.clone_from(groups);
                }
            });
        }
        Ok(Outcome::Response(ModifyChcAttributeResponse::default()))
    }
}

/// The login is checked and not stored: no response shows it, and there is no controller that needs it.
fn check_password(codes: DocumentedCodes, password: &str) -> Result<(), ApiError> {
    if password.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let message =
        "The parameter `Password` can contain only letters, digits and ASCII punctuation.";
    Err(codes.error(["InvalidPassword"], message))
}

const DURATION: Duration = Duration::from_secs(30);

/// Switches hosts between the deploy network and the business network.
impl ActionHandler for ModifyChcNetworkMode {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now, clock) = (context.codes, context.now, context.clock);
        let is_business = self.network_mode == Some(ChcNetworkMode::Business);
        let hosts = find_hosts(codes, context.resources().chc_hosts.at(now), &self.chc_ids)?;
        for host in hosts.iter().map(|host| &host.api) {
            let (id, state) = (&host.chc_id, &host.instance_state);
            let needs_instance = is_business && *state != ChcHostState::Online;
            if needs_instance || !allows(host, codes.0.name) {
                let message = format!("The CHC host `{id}` is {state} and cannot be switched.");
                return Err(codes.error(["OperationDenied.ChcHostStateNotSupported"], message));
            }
            let is_installable = has_deploy_network(host)
                && configure::is_installer_usable(&host.deploy_extra_config);
            if !is_business && !is_installable {
                let message =
                    format!("The CHC host `{id}` has no boot server for the installation.");
                return Err(codes.error(["OperationDenied.ChcDeployConfigInvalid"], message));
            }
        }
        let operation =
            if is_business { "SwitchChcBusinessNetwork" } else { "SwitchChcDeployNetwork" };
        for host in hosts {
            let end = ChcHost { network_mode: self.network_mode.clone(), ..host.api.clone() };
            host.begin(operation, end, DURATION, (clock, now));
        }
        Ok(Outcome::Response(ModifyChcNetworkModeResponse::default()))
    }
}
