//! ExitRescueMode: EXIT_RESCUE_MODE, and then the state before.

use cvm_models::actions::{ExitRescueMode, ExitRescueModeResponse};
use cvm_models::enums::InstanceState;

use super::one_instance;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::{Change, EXIT_RESCUE, EXIT_RESCUE_STOPPED, Scene};

const ALLOWED: &[InstanceState] = &[InstanceState::RescueMode];

impl Behaviour for ExitRescueMode {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let (serial, machine) = one_instance::find(scene, &self.instance_id)?;
        let was_stopped = machine.rescued_from == Some(InstanceState::Stopped);
        scene.admit(&[serial], ALLOWED)?;
        let course = if was_stopped { &EXIT_RESCUE_STOPPED } else { &EXIT_RESCUE };
        scene.begin(serial, course, Change::None);
        Ok(Outcome::Done(ExitRescueModeResponse::default()))
    }
}
