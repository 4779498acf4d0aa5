//! CreateLaunchTemplate and CreateLaunchTemplateVersion.

use cvm_models::actions::{
    CreateLaunchTemplate, CreateLaunchTemplateResponse, CreateLaunchTemplateVersion,
    CreateLaunchTemplateVersionResponse, RunInstances,
};
use cvm_models::enums::TemplateDataModifyAction;
use cvm_models::types::LaunchTemplateInfo;

use crate::actions::launch_templates::content;
use crate::actions::launch_templates::manage::version_number;
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::ids::Stream;
use crate::launch::tags::tags_of;
use crate::launch::template::overlay;
use crate::state::{RequestContext, Template};

/// Stores the settings of a launch as version 1 of a new template.
impl ActionHandler for CreateLaunchTemplate {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let is_dry = self.dry_run == Some(true);
        let request = Self { dry_run: None, ..self };
        let token = request.client_token.as_deref().filter(|_| !is_dry);
        let parameters = context.fingerprint();
        if let Some(token) = token {
            let tokens = &context.resources().launch_templates.tokens;
            if let Some(ids) = tokens.find_repeated(codes, token, &parameters)? {
                return Ok(template_created(ids.into_iter().next().unwrap_or_default()));
            }
        }
        let member = "LaunchTemplateTagSpecification";
        let tags = tags_of(context, member, &request.launch_template_tag_specification, &[])?;
        let launch = overlay(&request, &RunInstances::default())?;
        let version = content::version(
            launch,
            request.launch_template_version_description.clone(),
            request
                .template_data_modify_action
                .clone()
                .unwrap_or(TemplateDataModifyAction::Replace),
            context,
        )?;
        let quota = context.quotas.launch_templates;
        if context.resources().launch_templates.count() >= quota {
            let message = format!("There are already {quota} launch templates, the maximum.");
            return Err(codes.error(["LimitExceeded.LaunchTemplateQuota"], message));
        }
        if is_dry {
            return Ok(Outcome::DryRun);
        }
        let id = context.ids.id("lt-", Stream::LaunchTemplateId);
        let api = LaunchTemplateInfo {
            launch_template_id: id.clone(),
            launch_template_name: request.launch_template_name.clone(),
            created_by: context.account.uin().to_string(),
            creation_time: now.to_string(),
            ..LaunchTemplateInfo::default()
        };
        context.record_tags(&tags);
        let mut template = Template::new(api, tags);
        let first = template.add(version);
        template.set_default_version(first);
        let templates = &mut context.resources().launch_templates;
        templates.add(template);
        if let Some(token) = token {
            templates.tokens.keep(token, &parameters, std::slice::from_ref(&id));
        }
        Ok(template_created(id))
    }
}

fn template_created(launch_template_id: String) -> Outcome<CreateLaunchTemplateResponse> {
    let answer = CreateLaunchTemplateResponse { launch_template_id, ..Default::default() };
    Outcome::Response(answer)
}

/// Creates the next version of a template from another version and the members of the request.
impl ActionHandler for CreateLaunchTemplateVersion {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let is_dry = self.dry_run == Some(true);
        let request = Self { dry_run: None, ..self };
        let id = &request.launch_template_id;
        let token = request.client_token.as_deref().filter(|_| !is_dry);
        // The same token for another template is a different token.
        let token = token.map(|token| format!("{id} {token}"));
        let parameters = context.fingerprint();
        if let Some(token) = &token {
            context.template(id)?;
            let tokens = &context.resources().launch_templates.version_tokens;
            if let Some(made) = tokens.find_repeated(codes, token, &parameters)? {
                let number = made.first().and_then(|number| number.parse().ok());
                return Ok(version_created(number.unwrap_or_default()));
            }
        }
        let template = context.template(id)?;
        let base = match request.launch_template_version {
            Some(asked) => version_number(codes, asked)?,
            None => template.default_version(),
        };
        let base = template.version(codes, base)?;
        let mut launch: RunInstances = overlay(&request, &base.launch)?;
        launch.client_token = request.client_token.clone();
        let meet = request.template_data_modify_action.as_ref().unwrap_or(&base.metadata_meet);
        let description = request.launch_template_version_description.clone();
        let version = content::version(launch, description, meet.clone(), context)?;
        template.check_room(codes)?;
        if is_dry {
            return Ok(Outcome::DryRun);
        }
        let number = context.template_mut(id)?.add(version);
        if let Some(token) = &token {
            let tokens = &mut context.resources().launch_templates.version_tokens;
            tokens.keep(token, &parameters, &[number.to_string()]);
        }
        Ok(version_created(number))
    }
}

fn version_created(number: u64) -> Outcome<CreateLaunchTemplateVersionResponse> {
    Outcome::Response(CreateLaunchTemplateVersionResponse {
        launch_template_version_number: i64::try_from(number).unwrap_or(i64::MAX),
        ..CreateLaunchTemplateVersionResponse::default()
    })
}
