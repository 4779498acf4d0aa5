//! AssociateSecurityGroups and DisassociateSecurityGroups.

use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::network::check_security_groups;
use crate::parameters::distinct;
use crate::state::{Attribute, Effect, MODIFY, RequestContext, SETTLED_OR_RESCUED};
use cvm_models::actions::{
    AssociateSecurityGroups, AssociateSecurityGroupsResponse, DisassociateSecurityGroups,
    DisassociateSecurityGroupsResponse,
};

/// One more security group, the last in priority.
impl ActionHandler for AssociateSecurityGroups {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&self.instance_ids)?;
        scene.check_state(&serials, SETTLED_OR_RESCUED)?;
        let mut planned = Vec::with_capacity(serials.len());
        for serial in serials {
            let Some(machine) = scene.instances.get(serial) else { continue };
            let bound = machine.api.security_group_ids.iter().chain(&self.security_group_ids);
            let groups = distinct(bound.cloned());
            check_security_groups(scene.codes, &groups)?;
            planned.push((serial, groups));
        }
        for (serial, groups) in planned {
            scene.begin(serial, &MODIFY, Effect::Attribute(Attribute::SecurityGroups(groups)));
        }
        Ok(Outcome::Response(AssociateSecurityGroupsResponse::default()))
    }
}

/// A security group less.
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
