//! DescribeChcDeniedActions: what hosts do not allow now.

use cvm_models::actions::{DescribeChcDeniedActions, DescribeChcDeniedActionsResponse};
use cvm_models::types::{ChcHost, ChcHostDeniedActions};

use super::admission::{ACTIONS, allows, named};
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for DescribeChcDeniedActions {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (scene.codes, scene.now);
        let hosts = named(codes, scene.resources().chc_hosts.at(now), &self.chc_ids)?;
        Ok(Outcome::Response(DescribeChcDeniedActionsResponse {
            chc_host_denied_action_set: hosts.iter().map(|host| denied(&host.shown)).collect(),
            ..Self::Response::default()
        }))
    }
}

fn denied(host: &ChcHost) -> ChcHostDeniedActions {
    let denied = ACTIONS.iter().filter(|action| !allows(host, action));
    ChcHostDeniedActions {
        chc_id: Some(host.chc_id.clone()),
        state: Some(host.instance_state.to_string()),
        deny_actions: denied.map(|action| (*action).to_owned()).collect(),
    }
}
