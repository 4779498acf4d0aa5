//! A launch from a template: what the request leaves out comes from a version of the template.

use std::borrow::Cow;
use std::collections::HashSet;

use cvm_models::actions::RunInstances;
use cvm_models::enums::TemplateDataModifyAction;
use cvm_models::types::Metadata;

use crate::actions::launch_templates::over;
use crate::api_error::ApiError;
use crate::state::RequestContext;

/// The request with everything that its template adds; without a template, as it is.
pub(in crate::actions) fn filled_in<'a>(
    request: &'a RunInstances,
    scene: &RequestContext<'_>,
) -> Result<Cow<'a, RunInstances>, ApiError> {
    let Some(named) = &request.launch_template else { return Ok(Cow::Borrowed(request)) };
    let id = named.launch_template_id.as_deref().unwrap_or_default();
    if id.is_empty() {
        let message = "The parameter `LaunchTemplate.LaunchTemplateId` is required.";
        return Err(scene.codes.error(["MissingParameter"], message));
    }
    let template = scene.template(id)?;
    let number = named.launch_template_version.unwrap_or_else(|| template.default_version());
    let version = template.version(scene.codes, number)?;
    let mut launch: RunInstances = over(request, &version.launch)?;
    launch.launch_template = None;
    // A stored token would turn every later launch into the first one.
    launch.client_token.clone_from(&request.client_token);
    if version.metadata_meet == TemplateDataModifyAction::Update {
        launch.metadata = together(request.metadata.as_ref(), version.launch.metadata.clone());
    }
    Ok(Cow::Owned(launch))
}

/// The pairs of both; the upper ones win.
fn together(upper: Option<&Metadata>, lower: Option<Metadata>) -> Option<Metadata> {
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
