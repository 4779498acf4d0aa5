//! ModifyHostsAttribute: another name, renewal or project for dedicated hosts.

use cvm_models::actions::{ModifyHostsAttribute, ModifyHostsAttributeResponse};
use cvm_models::enums::HostState;

use super::named::named;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for ModifyHostsAttribute {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let now = scene.now;
        let project_id = self.project_id.map(|number| {
            let message = format!("The project {number} does not exist.");
            i64::try_from(number)
                .map_err(|_| scene.codes.refuse(["InvalidProjectId.NotFound"], message))
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
        Ok(Outcome::Done(ModifyHostsAttributeResponse::default()))
    }
}
