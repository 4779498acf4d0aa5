//! CreateLaunchTemplate: the settings of a launch, as version 1 of a new template.

use cvm_models::actions::{CreateLaunchTemplate, CreateLaunchTemplateResponse, RunInstances};
use cvm_models::enums::TemplateDataModifyAction;
use cvm_models::types::LaunchTemplateInfo;
use cvm_protocol::json;

use super::{content, over};
use crate::account::UIN;
use crate::actions::tags::tags;
use crate::dice::Purpose;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::{Scene, TEMPLATE_QUOTA, Template};

impl Behaviour for CreateLaunchTemplate {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let (codes, now) = (scene.codes, scene.now);
        let is_dry = self.dry_run == Some(true);
        let request = Self { dry_run: None, ..self };
        let token = request.client_token.as_deref().filter(|text| !text.is_empty() && !is_dry);
        // A request that was read can be written.
        let parameters = json::to_vec(&request).unwrap_or_default();
        if let Some(token) = token {
            let tokens = &mut scene.here().launch_templates.tokens;
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
        if scene.here().launch_templates.count() >= TEMPLATE_QUOTA {
            let message =
                format!("There are {TEMPLATE_QUOTA} launch templates, and no more may be.");
            return Err(codes.refuse(["LimitExceeded.LaunchTemplateQuota"], message));
        }
        if is_dry {
            return Ok(Outcome::DryRun);
        }
        let id = scene.mint.id("lt-", Purpose::LaunchTemplateId);
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
        let templates = &mut scene.here().launch_templates;
        templates.add(template);
        if let Some(token) = token {
            templates.tokens.keep(token, &parameters, std::slice::from_ref(&id), now);
        }
        Ok(done(id))
    }
}

fn done(launch_template_id: String) -> Outcome<CreateLaunchTemplateResponse> {
    let answer = CreateLaunchTemplateResponse { launch_template_id, ..Default::default() };
    Outcome::Done(answer)
}
