//! DeleteLaunchTemplate: a template with all its versions.

use cvm_models::actions::{DeleteLaunchTemplate, DeleteLaunchTemplateResponse};

use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for DeleteLaunchTemplate {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        scene.template(&self.launch_template_id)?;
        scene.here().launch_templates.remove(&self.launch_template_id);
        Ok(Outcome::Done(DeleteLaunchTemplateResponse::default()))
    }
}
