//! The instance that an action on a single one names.

use crate::api_error::ApiError;
use crate::parameters::has_layout;
use crate::state::{RequestContext, StoredInstance};

/// Its place and itself. Not every table states the layout of the id, so it is looked at here.
pub(super) fn find<'a>(
    scene: &'a RequestContext<'_>,
    instance_id: &str,
) -> Result<(u64, &'a StoredInstance), ApiError> {
    if !has_layout(instance_id, "ins-xxxxxxxx") {
        let message = format!("The instance id `{instance_id}` is malformed.");
        return Err(scene.codes.error(["InvalidInstanceId.Malformed"], message));
    }
    let serial = scene.instances.serial(instance_id);
    let found = serial.and_then(|serial| Some((serial, scene.instances.get(serial)?)));
    found.ok_or_else(|| {
        let message =
            format!("The instance `{instance_id}` does not exist in {}.", scene.region.name);
        scene.codes.error(["InvalidInstanceId.NotFound"], message)
    })
}
