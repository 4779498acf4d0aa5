//! Launch templates in a launch: members that the request leaves out come from a version of the template.

use std::borrow::Cow;
use std::collections::HashSet;

use cvm_models::actions::RunInstances;
use cvm_models::enums::TemplateDataModifyAction;
use cvm_models::types::Metadata;
use cvm_protocol::{Model, json};

use crate::api_error::ApiError;
use crate::state::RequestContext;

/// The request with the members of its template; without a template, the request itself.
pub(crate) fn apply_template<'a>(
    request: &'a RunInstances,
    context: &RequestContext<'_>,
) -> Result<Cow<'a, RunInstances>, ApiError> {
    let Some(named) = &request.launch_template else { return Ok(Cow::Borrowed(request)) };
    let id = named.launch_template_id.as_deref().unwrap_or_default();
    if id.is_empty() {
        let message = "The parameter `LaunchTemplate.LaunchTemplateId` is required.";
        return Err(context.codes.error(["MissingParameter"], message));
    }
    let template = context.template(id)?;
    let number = named.launch_template_version.unwrap_or_else(|| template.default_version());
    let version = template.version(context.codes, number)?;
    let mut launch: RunInstances = overlay(request, &version.launch)?;
    launch.launch_template = None;
    // A stored token would make every later launch a repetition of the first one.
    launch.client_token.clone_from(&request.client_token);
    if version.metadata_meet == TemplateDataModifyAction::Update {
        launch.metadata =
            merge_metadata(request.metadata.as_ref(), version.launch.metadata.clone());
    }
    Ok(Cow::Owned(launch))
}

/// The metadata of both; those of the request win.
fn merge_metadata(upper: Option<&Metadata>, lower: Option<Metadata>) -> Option<Metadata> {
    match (upper, lower) {
        (Some(upper), Some(mut both)) => {
            let above: HashSet<&str> = upper.items.iter().map(|item| item.key.as_str()).collect();
            both.items.retain(|item| !above.contains(item.key.as_str()));
            both.items.extend(upper.items.iter().cloned());
            Some(both)
        }
        (upper, lower) => upper.cloned().or(lower),
    }
}

/// Combines two models in a third: the upper one wins. Members that the third does not have are dropped.
pub(crate) fn overlay<M: Model + Default>(
    upper: &dyn Model,
    lower: &dyn Model,
) -> Result<M, ApiError> {
    let mut both = json::to_value(lower);
    if let (Some(lower), Some(upper)) = (both.as_object_mut(), json::to_value(upper).as_object()) {
        lower.extend(upper.clone());
    }
    let mut model = M::default();
    // Members with the same name have the same type in all models, so this cannot happen.
    json::from_value(&mut model, &both)
        .map_err(|error| ApiError::new("InternalError", error.to_string()))?;
    Ok(model)
}

#[cfg(test)]
mod tests {
    use cvm_models::actions::{CreateLaunchTemplate, RunInstances};
    use cvm_models::types::{LoginSettings, Placement};

    use super::*;

    #[test]
    fn given_members_replace_the_others_as_a_whole() {
        let lower = RunInstances {
            placement: Some(Placement { project_id: Some(7), ..Placement::default() }),
            image_id: Some("img-lower".into()),
            security_group_ids: vec!["sg-lower".into()],
            login_settings: Some(LoginSettings {
                password: Some("Secret-1".into()),
                ..LoginSettings::default()
            }),
            ..RunInstances::default()
        };
        let upper = CreateLaunchTemplate {
            launch_template_name: "no member of a launch".into(),
            placement: Placement { zone: "ap-guangzhou-3".into(), ..Placement::default() },
            image_id: "img-upper".into(),
            ..CreateLaunchTemplate::default()
        };
        let both: RunInstances = overlay(&upper, &lower).unwrap();
        assert_eq!(both.placement, Some(upper.placement));
        assert_eq!(both.image_id.as_deref(), Some("img-upper"));
        assert_eq!(both.security_group_ids, lower.security_group_ids);
        assert_eq!(both.login_settings, lower.login_settings);
    }
}
