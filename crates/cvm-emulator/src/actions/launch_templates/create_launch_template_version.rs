//! CreateLaunchTemplateVersion: the next version of a template, made of another one and what the
//! request gives.

use cvm_models::actions::{
    CreateLaunchTemplateVersion, CreateLaunchTemplateVersionResponse, RunInstances,
};
use cvm_protocol::json;

use super::version_number::version_number;
use super::{content, over};
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for CreateLaunchTemplateVersion {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (scene.codes, scene.now);
        let is_dry = self.dry_run == Some(true);
        let request = Self { dry_run: None, ..self };
        let id = &request.launch_template_id;
        let token = request.client_token.as_deref().filter(|text| !text.is_empty() && !is_dry);
        // The same token at another template is another one.
        let token = token.map(|token| format!("{id} {token}"));
        // A request that was read can be written.
        let parameters = json::to_vec(&request).unwrap_or_default();
        if let Some(token) = &token {
            scene.template(id)?;
            let tokens = &mut scene.resources().launch_templates.version_tokens;
            tokens.forget(now);
            if let Some(made) = tokens.repeated(codes, token, &parameters)? {
                let number = made.first().and_then(|number| number.parse().ok());
                return Ok(done(number.unwrap_or_default()));
            }
        }
        let template = scene.template(id)?;
        let base = match request.launch_template_version {
            Some(asked) => version_number(codes, asked)?,
            None => template.default_version(),
        };
        let base = template.version(codes, base)?;
        let mut launch: RunInstances = over(&request, &base.launch)?;
        launch.client_token = request.client_token.clone();
        let meet = request.template_data_modify_action.as_ref().unwrap_or(&base.metadata_meet);
        let description = request.launch_template_version_description.clone();
        let version = content::version(launch, description, meet.clone(), scene)?;
        template.check_room(codes)?;
        if is_dry {
            return Ok(Outcome::DryRun);
        }
        let number = scene.template_mut(id)?.add(version);
        if let Some(token) = &token {
            let tokens = &mut scene.resources().launch_templates.version_tokens;
            tokens.keep(token, &parameters, &[number.to_string()], now);
        }
        Ok(done(number))
    }
}

fn done(number: u64) -> Outcome<CreateLaunchTemplateVersionResponse> {
    Outcome::Response(CreateLaunchTemplateVersionResponse {
        launch_template_version_number: i64::try_from(number).unwrap_or(i64::MAX),
        ..CreateLaunchTemplateVersionResponse::default()
    })
}
