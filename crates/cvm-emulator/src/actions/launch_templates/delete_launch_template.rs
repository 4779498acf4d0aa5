//! DeleteLaunchTemplate: a template with all its versions.

use cvm_models::actions::{DeleteLaunchTemplate, DeleteLaunchTemplateResponse};

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for DeleteLaunchTemplate {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        scene.template(&self.launch_template_id)?;
        scene.resources().launch_templates.remove(&self.launch_template_id);
        Ok(Outcome::Response(DeleteLaunchTemplateResponse::default()))
    }
}
