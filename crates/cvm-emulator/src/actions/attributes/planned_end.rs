//! The planned end of an instance, which stands against some changes.

use crate::api_error::ApiError;
use crate::state::RequestContext;

/// Passes instances that no timer is to end; refuses others with this code.
pub(super) fn is_open(
    scene: &RequestContext<'_>,
    serials: &[u64],
    code: &str,
) -> Result<(), ApiError> {
    let mut ids = scene.instances(serials).map(|machine| &machine.api.instance_id);
    let Some(timer) = ids.find_map(|id| scene.timer_of(id)) else { return Ok(()) };
    let message = format!(
        "The timer `{}` is to terminate the instance `{}` at {}; cancel it first.",
        timer.id, timer.instance_id, timer.at
    );
    Err(scene.codes.error([code], message))
}
