//! ModifyChcNetworkMode: hosts are switched between the deploy network and the business network.

use std::time::Duration;

use cvm_models::actions::{ModifyChcNetworkMode, ModifyChcNetworkModeResponse};
use cvm_models::enums::{ChcHostState, ChcNetworkMode};
use cvm_models::types::ChcHost;

use super::admission::{allows, named};
use super::installer;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{RequestContext, has_deploy_network};

const LASTS: Duration = Duration::from_secs(30);

impl ActionHandler for ModifyChcNetworkMode {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now, clock) = (scene.codes, scene.now, scene.clock);
        let is_business = self.network_mode == Some(ChcNetworkMode::Business);
        let hosts = named(codes, scene.resources().chc_hosts.at(now), &self.chc_ids)?;
        for host in hosts.iter().map(|host| &host.shown) {
            let (id, state) = (&host.chc_id, &host.instance_state);
            let needs_instance = is_business && *state != ChcHostState::Online;
            if needs_instance || !allows(host, codes.0.name) {
                let message = format!("The CHC host `{id}` is {state} and cannot be switched.");
                return Err(codes.error(["OperationDenied.ChcHostStateNotSupported"], message));
            }
            let is_installable =
                has_deploy_network(host) && installer::is_usable(&host.deploy_extra_config);
            if !is_business && !is_installable {
                let message = format!("The CHC host `{id}` has no boot server to install from.");
                return Err(codes.error(["OperationDenied.ChcDeployConfigInvalid"], message));
            }
        }
        let operation =
            if is_business { "SwitchChcBusinessNetwork" } else { "SwitchChcDeployNetwork" };
        for host in hosts {
            let end = ChcHost { network_mode: self.network_mode.clone(), ..host.shown.clone() };
            host.begin(operation, end, LASTS, (clock, now));
        }
        Ok(Outcome::Response(ModifyChcNetworkModeResponse::default()))
    }
}
