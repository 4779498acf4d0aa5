//! ModifyInstancesProject: instances move to another project.

use cvm_models::actions::{ModifyInstancesProject, ModifyInstancesProjectResponse};

use super::SETTLED_OR_RESCUED;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::{Attribute, Change, MODIFY, Scene};

impl Behaviour for ModifyInstancesProject {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let serials = scene.find(&self.instance_ids)?;
        let project = self.project_id.unwrap_or(0);
        if project < 0 {
            let message = format!("The project {project} does not exist.");
            return Err(scene.codes.refuse(["InvalidProjectId.NotFound"], message));
        }
        scene.admit(&serials, SETTLED_OR_RESCUED)?;
        for serial in serials {
            scene.begin(serial, &MODIFY, Change::Attribute(Attribute::Project(project)));
        }
        Ok(Outcome::Done(ModifyInstancesProjectResponse::default()))
    }
}
