//! ModifyLaunchTemplateDefaultVersion, DeleteLaunchTemplateVersions and DeleteLaunchTemplate.

use cvm_models::actions::{
    DeleteLaunchTemplate, DeleteLaunchTemplateResponse, DeleteLaunchTemplateVersions,
    DeleteLaunchTemplateVersionsResponse, ModifyLaunchTemplateDefaultVersion,
    ModifyLaunchTemplateDefaultVersionResponse,
};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::state::RequestContext;

/// Sets the version that launches use by default.
impl ActionHandler for ModifyLaunchTemplateDefaultVersion {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        // The model info requires the version.
        let number = version_number(codes, self.default_version.unwrap_or_default())?;
        let template = context.template_mut(&self.launch_template_id)?;
        template.version(codes, number)?;
        if template.default_version() == number {
            // Tools match on this text.
            let message = format!(
                "The specified launch template version had been set to default: version {number}."
            );
            let candidates = ["InvalidParameterValue.LaunchTemplateIdVerSetAlready"];
            return Err(codes.error(candidates, message));
        }
        template.set_default_version(number);
        Ok(Outcome::Response(ModifyLaunchTemplateDefaultVersionResponse::default()))
    }
}

/// Deletes versions, all or none. The default version cannot be deleted.
impl ActionHandler for DeleteLaunchTemplateVersions {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let sent = self.launch_template_versions.iter();
        let numbers: Vec<_> =
            sent.map(|sent| version_number(codes, *sent)).collect::<Result<_, _>>()?;
        let template = context.template_mut(&self.launch_template_id)?;
        for number in &numbers {
            template.version(codes, *number)?;
        }
        if numbers.contains(&template.default_version()) {
            let number = template.default_version();
            let message = format!("Version {number} is the default and cannot be deleted.");
            let candidates = ["InvalidParameterValue.LaunchTemplateDefaultVersion"];
            return Err(codes.error(candidates, message));
        }
        numbers.into_iter().for_each(|number| template.remove(number));
        Ok(Outcome::Response(DeleteLaunchTemplateVersionsResponse::default()))
    }
}

/// Deletes a template with all its versions.
impl ActionHandler for DeleteLaunchTemplate {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        context.template(&self.launch_template_id)?;
        context.resources().launch_templates.remove(&self.launch_template_id);
        Ok(Outcome::Response(DeleteLaunchTemplateResponse::default()))
    }
}

/// Checks that a number can be a version number.
pub(crate) fn version_number(codes: DocumentedCodes, sent: i64) -> Result<u64, ApiError> {
    u64::try_from(sent).ok().filter(|number| *number > 0).ok_or_else(|| {
        let message = format!("No version of a launch template has the number {sent}.");
        codes.error(["InvalidParameterValue.LaunchTemplateVersion"], message)
    })
}
