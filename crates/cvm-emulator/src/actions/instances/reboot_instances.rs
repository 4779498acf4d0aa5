//! RebootInstances: RUNNING → REBOOTING → RUNNING.

use cvm_models::actions::{RebootInstances, RebootInstancesResponse};
use cvm_models::enums::{InstanceState, StopType};

use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::{Change, REBOOT, REBOOT_HARD, Scene};

const ALLOWED: &[InstanceState] = &[InstanceState::Running];

impl Behaviour for RebootInstances {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let serials = scene.find(&self.instance_ids)?;
        scene.admit(&serials, ALLOWED)?;
        let is_hard = self.stop_type == Some(StopType::Hard) || self.force_reboot == Some(true);
        let course = if is_hard { &REBOOT_HARD } else { &REBOOT };
        for serial in serials {
            scene.begin(serial, course, Change::None);
        }
        Ok(Outcome::Done(RebootInstancesResponse::default()))
    }
}
