//! DeleteLaunchTemplateVersions: all of the versions named, or none; the default one stays.

use cvm_models::actions::{DeleteLaunchTemplateVersions, DeleteLaunchTemplateVersionsResponse};

use super::version_number::version_number;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for DeleteLaunchTemplateVersions {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let sent = self.launch_template_versions.iter();
        let numbers: Vec<_> =
            sent.map(|sent| version_number(codes, *sent)).collect::<Result<_, _>>()?;
        let template = scene.template_mut(&self.launch_template_id)?;
        for number in &numbers {
            template.version(codes, *number)?;
        }
        if numbers.contains(&template.default_version()) {
            let number = template.default_version();
            let message = format!("Version {number} is the default and cannot be deleted.");
            let wanted = ["InvalidParameterValue.LaunchTemplateDefaultVersion"];
            return Err(codes.error(wanted, message));
        }
        numbers.into_iter().for_each(|number| template.remove(number));
        Ok(Outcome::Response(DeleteLaunchTemplateVersionsResponse::default()))
    }
}
