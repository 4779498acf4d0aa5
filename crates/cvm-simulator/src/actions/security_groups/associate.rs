//! AssociateSecurityGroups and DisassociateSecurityGroups.

use cvm_models::actions::{
    AssociateSecurityGroups, AssociateSecurityGroupsResponse, DisassociateSecurityGroups,
    DisassociateSecurityGroupsResponse,
};

use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::network::check_security_groups;
use crate::parameters::distinct;
use crate::state::{Attribute, RequestContext, SETTLED_OR_RESCUED};

/// Adds a security group to instances, with the lowest priority.
impl ActionHandler for AssociateSecurityGroups {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = context.find(&self.instance_ids)?;
        context.check_security_groups_exist(&self.security_group_ids)?;
        context.check_state_for_change_at_once(&serials, SETTLED_OR_RESCUED)?;
        let mut planned = Vec::with_capacity(serials.len());
        for serial in serials {
            let Some(instance) = context.instances.get(serial) else { continue };
            let bound = instance.security_groups.iter().map(|id| id.to_string());
            let groups = distinct(bound.chain(self.security_group_ids.iter().cloned()));
            check_security_groups(context.codes, "SecurityGroupIds", &groups)?;
            planned.push((serial, groups));
        }
        for (serial, groups) in planned {
            context.change_at_once(serial, Attribute::SecurityGroups(groups));
        }
        Ok(Outcome::Response(AssociateSecurityGroupsResponse::default()))
    }
}

/// Removes a security group from instances.
impl ActionHandler for DisassociateSecurityGroups {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = context.find(&self.instance_ids)?;
        let lost = &self.security_group_ids;
        for instance in context.instances(&serials) {
            let has = |group: &str| instance.security_groups.iter().any(|id| **id == *group);
            if let Some(group) = lost.iter().find(|group| !has(group)) {
                let id = &instance.id;
                let message = format!("The instance `{id}` does not have the group `{group}`.");
                return Err(context.codes.error(["UnsupportedOperation"], message));
            }
        }
        context.check_state_for_change_at_once(&serials, SETTLED_OR_RESCUED)?;
        for serial in serials {
            let Some(instance) = context.instances.get(serial) else { continue };
            let bound = instance.security_groups.iter().map(|id| id.to_string());
            let groups = Attribute::SecurityGroups(bound.filter(|id| !lost.contains(id)).collect());
            context.change_at_once(serial, groups);
        }
        Ok(Outcome::Response(DisassociateSecurityGroupsResponse::default()))
    }
}
