//! One request laid over another: the members that the upper one gives, and the lower one's for the
//! rest. Members are taken as a whole: half of one placement and half of another would be a third.

use cvm_protocol::{Model, json};

use crate::api_error::ApiError;

/// The upper model over the lower one, as a third. What that one has no member for is left out.
pub(in crate::actions) fn over<M: Model + Default>(
    upper: &dyn Model,
    lower: &dyn Model,
) -> Result<M, ApiError> {
    let mut both = json::to_value(lower);
    if let (Some(lower), Some(upper)) = (both.as_object_mut(), json::to_value(upper).as_object()) {
        lower.extend(upper.clone());
    }
    let mut model = M::default();
    // Members of one name are of one kind in all of them, so this does not happen.
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
    fn what_is_given_above_wins_as_a_whole() {
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
        let both: RunInstances = over(&upper, &lower).unwrap();
        assert_eq!(both.placement, Some(upper.placement));
        assert_eq!(both.image_id.as_deref(), Some("img-upper"));
        assert_eq!(both.security_group_ids, lower.security_group_ids);
        assert_eq!(both.login_settings, lower.login_settings);
    }
}
