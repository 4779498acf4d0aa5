//! ExitRescueMode: EXIT_RESCUE_MODE, and then the state before.

use cvm_models::actions::{ExitRescueMode, ExitRescueModeResponse};
use cvm_models::enums::InstanceState;

use super::one_instance;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{EXIT_RESCUE, EXIT_RESCUE_STOPPED, Effect, RequestContext};

const ALLOWED: &[InstanceState] = &[InstanceState::RescueMode];

impl ActionHandler for ExitRescueMode {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (serial, machine) = one_instance::find(scene, &self.instance_id)?;
        let was_stopped = machine.rescued_from == Some(InstanceState::Stopped);
        scene.check_state(&[serial], ALLOWED)?;
        let course = if was_stopped { &EXIT_RESCUE_STOPPED } else { &EXIT_RESCUE };
        scene.begin(serial, course, Effect::None);
        Ok(Outcome::Response(ExitRescueModeResponse::default()))
    }
}
