//! EnterRescueMode: ENTER_RESCUE_MODE → RESCUE_MODE.

use cvm_models::actions::{EnterRescueMode, EnterRescueModeResponse};
use cvm_models::enums::{InstanceState, StopType};

use super::one_instance;
use crate::actions::instances::run_instances::login::Strength;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::{Change, ENTER_RESCUE, ENTER_RESCUE_HARD, Scene};

const ALLOWED: &[InstanceState] = &[InstanceState::Running, InstanceState::Stopped];

impl Behaviour for EnterRescueMode {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let (serial, machine) = one_instance::find(scene, &self.instance_id)?;
        // The password is that of the rescue system, and kept nowhere.
        Strength::of(machine.is_windows()).check(scene.codes, &self.password)?;
        let state = machine.shown.instance_state.clone();
        scene.admit(&[serial], ALLOWED)?;
        let is_hard = self.stop_type == Some(StopType::Hard) || self.force_stop == Some(true);
        let is_down = state == InstanceState::Stopped;
        let course = if is_hard || is_down { &ENTER_RESCUE_HARD } else { &ENTER_RESCUE };
        scene.begin(serial, course, Change::RescuedFrom(state));
        Ok(Outcome::Done(EnterRescueModeResponse::default()))
    }
}
