//! AssociateSecurityGroups: one more security group, the last in priority.

use cvm_models::actions::{AssociateSecurityGroups, AssociateSecurityGroupsResponse};

use super::{SETTLED_OR_RESCUED, security_groups};
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::distinct::distinct;
use crate::state::{Attribute, Effect, MODIFY, RequestContext};

impl ActionHandler for AssociateSecurityGroups {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&self.instance_ids)?;
        scene.check_state(&serials, SETTLED_OR_RESCUED)?;
        let mut planned = Vec::with_capacity(serials.len());
        for serial in serials {
            let Some(machine) = scene.instances.get(serial) else { continue };
            let bound = machine.api.security_group_ids.iter().chain(&self.security_group_ids);
            let groups = distinct(bound.cloned());
            security_groups::check(scene.codes, &groups)?;
            planned.push((serial, groups));
        }
        for (serial, groups) in planned {
            scene.begin(serial, &MODIFY, Effect::Attribute(Attribute::SecurityGroups(groups)));
        }
        Ok(Outcome::Response(AssociateSecurityGroupsResponse::default()))
    }
}
