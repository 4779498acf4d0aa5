//! EnterRescueMode and ExitRescueMode.

use cvm_models::actions::{
    EnterRescueMode, EnterRescueModeResponse, ExitRescueMode, ExitRescueModeResponse,
};
use cvm_models::enums::{InstanceState, StopType};

use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::login::Strength;
use crate::state::{
    ENTER_RESCUE, ENTER_RESCUE_HARD, EXIT_RESCUE, EXIT_RESCUE_STOPPED, Effect, RequestContext,
};

const STATES_TO_ENTER: &[InstanceState] = &[InstanceState::Running, InstanceState::Stopped];

/// Starts the rescue system. ENTER_RESCUE_MODE → RESCUE_MODE.
impl ActionHandler for EnterRescueMode {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (serial, instance) = context.find_instance(&self.instance_id)?;
        // The password is for the rescue system and is not stored.
        Strength::of(instance.is_windows()).check(context.codes, &self.password)?;
        let state = instance.state.clone();
        context.check_state(&[serial], STATES_TO_ENTER)?;
        let is_hard = self.stop_type == Some(StopType::Hard);
        let is_down = state == InstanceState::Stopped;
        let operation = if is_hard || is_down { &ENTER_RESCUE_HARD } else { &ENTER_RESCUE };
        context.begin(serial, operation, Effect::RescuedFrom(state));
        Ok(Outcome::Response(EnterRescueModeResponse::default()))
    }
}

const STATES_TO_EXIT: &[InstanceState] = &[InstanceState::RescueMode];

/// Leaves rescue mode. EXIT_RESCUE_MODE, then the state before.
impl ActionHandler for ExitRescueMode {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (serial, instance) = context.find_instance(&self.instance_id)?;
        let was_stopped = instance.rescued_from == Some(InstanceState::Stopped);
        context.check_state(&[serial], STATES_TO_EXIT)?;
        let operation = if was_stopped { &EXIT_RESCUE_STOPPED } else { &EXIT_RESCUE };
        context.begin(serial, operation, Effect::None);
        Ok(Outcome::Response(ExitRescueModeResponse::default()))
    }
}
