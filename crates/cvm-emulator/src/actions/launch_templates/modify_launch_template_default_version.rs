//! ModifyLaunchTemplateDefaultVersion: which version counts when a launch names none.

use cvm_models::actions::{
    ModifyLaunchTemplateDefaultVersion, ModifyLaunchTemplateDefaultVersionResponse,
};

use super::version_number::version_number;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for ModifyLaunchTemplateDefaultVersion {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        // That it is given is in the tables.
        let number = version_number(codes, self.default_version.unwrap_or_default())?;
        let template = scene.template_mut(&self.launch_template_id)?;
        template.version(codes, number)?;
        if template.default_version() == number {
            let message = format!("Version {number} is the default already.");
            let wanted = ["InvalidParameterValue.LaunchTemplateIdVerSetAlready"];
            return Err(codes.error(wanted, message));
        }
        template.set_default_version(number);
        Ok(Outcome::Response(ModifyLaunchTemplateDefaultVersionResponse::default()))
    }
}
