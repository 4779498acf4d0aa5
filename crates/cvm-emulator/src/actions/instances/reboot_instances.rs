//! RebootInstances: RUNNING → REBOOTING → RUNNING.

use cvm_models::actions::{RebootInstances, RebootInstancesResponse};
use cvm_models::enums::{InstanceState, StopType};

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{Effect, REBOOT, REBOOT_HARD, RequestContext};

const ALLOWED: &[InstanceState] = &[InstanceState::Running];

impl ActionHandler for RebootInstances {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&self.instance_ids)?;
        scene.check_state(&serials, ALLOWED)?;
        let is_hard = self.stop_type == Some(StopType::Hard) || self.force_reboot == Some(true);
        let course = if is_hard { &REBOOT_HARD } else { &REBOOT };
        for serial in serials {
            scene.begin(serial, course, Effect::None);
        }
        Ok(Outcome::Response(RebootInstancesResponse::default()))
    }
}
