//! ModifyHostsAttribute: another name, renewal or project for dedicated hosts.

use cvm_models::actions::{ModifyHostsAttribute, ModifyHostsAttributeResponse};
use cvm_models::enums::HostState;

use super::named::named;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for ModifyHostsAttribute {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let now = scene.now;
        let project_id = self.project_id.map(|number| {
            let message = format!("The project {number} does not exist.");
            i64::try_from(number)
                .map_err(|_| scene.codes.error(["InvalidProjectId.NotFound"], message))
        });
        let project_id = project_id.transpose()?;
        for host in named(scene, &self.host_ids, |host| host.state(now) == HostState::Expired)? {
            if let Some(name) = self.host_name.as_ref().filter(|name| !name.is_empty()) {
                host.bought.host_name.clone_from(name);
            }
            if let Some(flag) = &self.renew_flag {
                host.term.renewal = flag.clone();
            }
            if project_id.is_some() {
                host.bought.placement.project_id = project_id;
            }
        }
        Ok(Outcome::Response(ModifyHostsAttributeResponse::default()))
    }
}
