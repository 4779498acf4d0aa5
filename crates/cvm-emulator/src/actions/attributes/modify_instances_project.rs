//! ModifyInstancesProject: instances move to another project.

use cvm_models::actions::{ModifyInstancesProject, ModifyInstancesProjectResponse};

use super::SETTLED_OR_RESCUED;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{Attribute, Effect, MODIFY, RequestContext};

impl ActionHandler for ModifyInstancesProject {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&self.instance_ids)?;
        let project = self.project_id.unwrap_or(0);
        if project < 0 {
            let message = format!("The project {project} does not exist.");
            return Err(scene.codes.error(["InvalidProjectId.NotFound"], message));
        }
        scene.check_state(&serials, SETTLED_OR_RESCUED)?;
        for serial in serials {
            scene.begin(serial, &MODIFY, Effect::Attribute(Attribute::Project(project)));
        }
        Ok(Outcome::Response(ModifyInstancesProjectResponse::default()))
    }
}
