//! ImportInstancesActionTimer: plans the end of instances, each with a timer of its own.

use cvm_models::actions::{ImportInstancesActionTimer, ImportInstancesActionTimerResponse};

use super::planned_end::PlannedEnd;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for ImportInstancesActionTimer {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let codes = scene.codes;
        let end = PlannedEnd::of(codes, &self.action_timer, scene.now)?;
        let serials = scene.find(&self.instance_ids)?;
        for machine in scene.machines(&serials) {
            PlannedEnd::check(codes, &machine.shown)?;
        }
        let instance_ids: Vec<_> =
            scene.machines(&serials).map(|machine| machine.shown.instance_id.clone()).collect();
        is_free(scene, &instance_ids)?;
        let ids = instance_ids.into_iter().map(|instance_id| end.set(scene, instance_id));
        let action_timer_ids = ids.collect();
        Ok(Outcome::Done(ImportInstancesActionTimerResponse {
            action_timer_ids,
            ..Self::Response::default()
        }))
    }
}

fn is_free(scene: &Scene<'_>, instance_ids: &[String]) -> Result<(), Refusal> {
    match instance_ids.iter().find_map(|id| scene.timer_of(id)) {
        None => Ok(()),
        Some(timer) => {
            let id = &timer.instance_id;
            let message = format!("The instance `{id}` has a timer of this kind already.");
            Err(scene.codes.refuse(["FailedOperation.MutActionTimerExist"], message))
        }
    }
}
