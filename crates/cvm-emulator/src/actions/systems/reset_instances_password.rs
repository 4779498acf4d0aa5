//! ResetInstancesPassword: a new password inside the guests, which is checked and kept nowhere.

use cvm_models::actions::{ResetInstancesPassword, ResetInstancesPasswordResponse};
use cvm_models::enums::InstanceState;

use crate::actions::instances::run_instances::login::Strength;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{Effect, RequestContext, SET_PASSWORD, SET_PASSWORD_FORCED, StoredInstance};

const ALLOWED: &[InstanceState] = &[InstanceState::Stopped];
const ALLOWED_FORCED: &[InstanceState] = &[InstanceState::Stopped, InstanceState::Running];

/// Whose password is set unless another user is named.
const WINDOWS_USER: &str = "Administrator";

impl ActionHandler for ResetInstancesPassword {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&self.instance_ids)?;
        let any_windows = scene.instances(&serials).any(StoredInstance::is_windows);
        check(scene.codes, &self, any_windows)?;
        let is_forced = self.force_stop == Some(true);
        scene.check_state(&serials, if is_forced { ALLOWED_FORCED } else { ALLOWED })?;
        for serial in serials {
            let Some(machine) = scene.instances.get(serial) else { continue };
            let runs = machine.api.instance_state == InstanceState::Running;
            let course = if runs { &SET_PASSWORD_FORCED } else { &SET_PASSWORD };
            scene.begin(serial, course, Effect::None);
        }
        Ok(Outcome::Response(ResetInstancesPasswordResponse::default()))
    }
}

/// Stricter than at a launch: three kinds of characters everywhere.
fn check(
    codes: DocumentedCodes,
    request: &ResetInstancesPassword,
    windows: bool,
) -> Result<(), ApiError> {
    Strength { kinds: 3, ..Strength::of(windows) }.check(codes, &request.password)?;
    let password = request.password.expose().to_ascii_lowercase();
    let user = request.user_name.as_deref().filter(|name| !name.is_empty());
    let user = user.unwrap_or(WINDOWS_USER).to_ascii_lowercase();
    if password.starts_with('/') || windows && password.contains(&user) {
        let message = "A password does not begin with `/`, nor hold the user name on Windows.";
        return Err(codes.error(["InvalidParameterValue.InvalidPassword"], message));
    }
    Ok(())
}
