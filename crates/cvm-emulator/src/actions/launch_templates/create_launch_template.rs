//! CreateLaunchTemplate: the settings of a launch, as version 1 of a new template.

use cvm_models::actions::{CreateLaunchTemplate, CreateLaunchTemplateResponse, RunInstances};
use cvm_models::enums::TemplateDataModifyAction;
use cvm_models::types::LaunchTemplateInfo;
use cvm_protocol::json;

use super::{content, over};
use crate::account::UIN;
use crate::actions::tags::tags;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::seeded_rng::Stream;
use crate::state::{RequestContext, TEMPLATE_QUOTA, Template};

impl ActionHandler for CreateLaunchTemplate {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (scene.codes, scene.now);
        let is_dry = self.dry_run == Some(true);
        let request = Self { dry_run: None, ..self };
        let token = request.client_token.as_deref().filter(|text| !text.is_empty() && !is_dry);
        // A request that was read can be written.
        let parameters = json::to_vec(&request).unwrap_or_default();
        if let Some(token) = token {
            let tokens = &mut scene.resources().launch_templates.tokens;
            tokens.forget(now);
            if let Some(ids) = tokens.repeated(codes, token, &parameters)? {
                return Ok(done(ids.into_iter().next().unwrap_or_default()));
            }
        }
        let tags = tags(codes, &request.launch_template_tag_specification, &[])?;
        let launch = over(&request, &RunInstances::default())?;
        let version = content::version(
            launch,
            request.launch_template_version_description.clone(),
            request
                .template_data_modify_action
                .clone()
                .unwrap_or(TemplateDataModifyAction::Replace),
            scene,
        )?;
        if scene.resources().launch_templates.count() >= TEMPLATE_QUOTA {
            let message =
                format!("There are {TEMPLATE_QUOTA} launch templates, and no more may be.");
            return Err(codes.error(["LimitExceeded.LaunchTemplateQuota"], message));
        }
        if is_dry {
            return Ok(Outcome::DryRun);
        }
        let id = scene.ids.id("lt-", Stream::LaunchTemplateId);
        let shown = LaunchTemplateInfo {
            launch_template_id: id.clone(),
            launch_template_name: request.launch_template_name.clone(),
            created_by: UIN.to_owned(),
            creation_time: now.to_string(),
            ..LaunchTemplateInfo::default()
        };
        let mut template = Template::new(shown, tags);
        let first = template.add(version);
        template.set_default_version(first);
        let templates = &mut scene.resources().launch_templates;
        templates.add(template);
        if let Some(token) = token {
            templates.tokens.keep(token, &parameters, std::slice::from_ref(&id), now);
        }
        Ok(done(id))
    }
}

fn done(launch_template_id: String) -> Outcome<CreateLaunchTemplateResponse> {
    let answer = CreateLaunchTemplateResponse { launch_template_id, ..Default::default() };
    Outcome::Response(answer)
}
