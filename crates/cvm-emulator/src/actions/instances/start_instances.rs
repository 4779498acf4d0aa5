//! StartInstances: STOPPED → STARTING → RUNNING.

use cvm_models::actions::{StartInstances, StartInstancesResponse};
use cvm_models::enums::InstanceState;

use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::{Change, START, Scene};

const ALLOWED: &[InstanceState] = &[InstanceState::Stopped];

impl Behaviour for StartInstances {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let serials = scene.find(&self.instance_ids)?;
        scene.admit(&serials, ALLOWED)?;
        for serial in serials {
            scene.begin(serial, &START, Change::None);
        }
        Ok(Outcome::Done(StartInstancesResponse::default()))
    }
}
