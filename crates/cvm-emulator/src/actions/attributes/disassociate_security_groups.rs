//! DisassociateSecurityGroups: a security group less.

use cvm_models::actions::{DisassociateSecurityGroups, DisassociateSecurityGroupsResponse};

use super::SETTLED_OR_RESCUED;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{Attribute, Effect, MODIFY, RequestContext};

impl ActionHandler for DisassociateSecurityGroups {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&self.instance_ids)?;
        let lost = &self.security_group_ids;
        for machine in scene.instances(&serials) {
            let shown = &machine.api;
            if let Some(group) = lost.iter().find(|id| !shown.security_group_ids.contains(id)) {
                let id = &shown.instance_id;
                let message = format!("The instance `{id}` does not have the group `{group}`.");
                return Err(scene.codes.error(["UnsupportedOperation"], message));
            }
        }
        scene.check_state(&serials, SETTLED_OR_RESCUED)?;
        for serial in serials {
            let Some(machine) = scene.instances.get(serial) else { continue };
            let kept = machine.api.security_group_ids.iter().filter(|id| !lost.contains(id));
            let groups = Attribute::SecurityGroups(kept.cloned().collect());
            scene.begin(serial, &MODIFY, Effect::Attribute(groups));
        }
        Ok(Outcome::Response(DisassociateSecurityGroupsResponse::default()))
    }
}
