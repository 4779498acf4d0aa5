//! AssociateSecurityGroups: one more security group, the last in priority.

use cvm_models::actions::{AssociateSecurityGroups, AssociateSecurityGroupsResponse};

use super::{SETTLED_OR_RESCUED, security_groups};
use crate::dispatch::{Behaviour, Outcome};
use crate::distinct::distinct;
use crate::refusal::Refusal;
use crate::world::{Attribute, Change, MODIFY, Scene};

impl Behaviour for AssociateSecurityGroups {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let serials = scene.find(&self.instance_ids)?;
        scene.admit(&serials, SETTLED_OR_RESCUED)?;
        let mut planned = Vec::with_capacity(serials.len());
        for serial in serials {
            let Some(machine) = scene.store.machine(serial) else { continue };
            let bound = machine.shown.security_group_ids.iter().chain(&self.security_group_ids);
            let groups = distinct(bound.cloned());
            security_groups::check(scene.codes, &groups)?;
            planned.push((serial, groups));
        }
        for (serial, groups) in planned {
            scene.begin(serial, &MODIFY, Change::Attribute(Attribute::SecurityGroups(groups)));
        }
        Ok(Outcome::Done(AssociateSecurityGroupsResponse::default()))
    }
}
