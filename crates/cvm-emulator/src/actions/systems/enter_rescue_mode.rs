//! EnterRescueMode: ENTER_RESCUE_MODE → RESCUE_MODE.

use cvm_models::actions::{EnterRescueMode, EnterRescueModeResponse};
use cvm_models::enums::{InstanceState, StopType};

use super::one_instance;
use crate::actions::instances::run_instances::login::Strength;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{ENTER_RESCUE, ENTER_RESCUE_HARD, Effect, RequestContext};

const ALLOWED: &[InstanceState] = &[InstanceState::Running, InstanceState::Stopped];

impl ActionHandler for EnterRescueMode {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (serial, machine) = one_instance::find(scene, &self.instance_id)?;
        // The password is that of the rescue system, and kept nowhere.
        Strength::of(machine.is_windows()).check(scene.codes, &self.password)?;
        let state = machine.api.instance_state.clone();
        scene.check_state(&[serial], ALLOWED)?;
        let is_hard = self.stop_type == Some(StopType::Hard) || self.force_stop == Some(true);
        let is_down = state == InstanceState::Stopped;
        let course = if is_hard || is_down { &ENTER_RESCUE_HARD } else { &ENTER_RESCUE };
        scene.begin(serial, course, Effect::RescuedFrom(state));
        Ok(Outcome::Response(EnterRescueModeResponse::default()))
    }
}
