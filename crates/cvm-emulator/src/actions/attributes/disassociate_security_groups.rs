//! DisassociateSecurityGroups: a security group less.

use cvm_models::actions::{DisassociateSecurityGroups, DisassociateSecurityGroupsResponse};

use super::SETTLED_OR_RESCUED;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::{Attribute, Change, MODIFY, Scene};

impl Behaviour for DisassociateSecurityGroups {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let serials = scene.find(&self.instance_ids)?;
        let lost = &self.security_group_ids;
        for machine in scene.machines(&serials) {
            let shown = &machine.shown;
            if let Some(group) = lost.iter().find(|id| !shown.security_group_ids.contains(id)) {
                let id = &shown.instance_id;
                let message = format!("The instance `{id}` does not have the group `{group}`.");
                return Err(scene.codes.refuse(["UnsupportedOperation"], message));
            }
        }
        scene.admit(&serials, SETTLED_OR_RESCUED)?;
        for serial in serials {
            let Some(machine) = scene.store.machine(serial) else { continue };
            let kept = machine.shown.security_group_ids.iter().filter(|id| !lost.contains(id));
            let groups = Attribute::SecurityGroups(kept.cloned().collect());
            scene.begin(serial, &MODIFY, Change::Attribute(groups));
        }
        Ok(Outcome::Done(DisassociateSecurityGroupsResponse::default()))
    }
}
