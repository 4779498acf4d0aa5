//! ImportInstancesActionTimer: plans the end of instances, each with a timer of its own.

use cvm_models::actions::{ImportInstancesActionTimer, ImportInstancesActionTimerResponse};

use super::planned_end::PlannedEnd;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for ImportInstancesActionTimer {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let end = PlannedEnd::of(codes, &self.action_timer, scene.now)?;
        let serials = scene.find(&self.instance_ids)?;
        for machine in scene.instances(&serials) {
            PlannedEnd::check(codes, &machine.api)?;
        }
        let instance_ids: Vec<_> =
            scene.instances(&serials).map(|machine| machine.api.instance_id.clone()).collect();
        is_free(scene, &instance_ids)?;
        let ids = instance_ids.into_iter().map(|instance_id| end.set(scene, instance_id));
        let action_timer_ids = ids.collect();
        Ok(Outcome::Response(ImportInstancesActionTimerResponse {
            action_timer_ids,
            ..Self::Response::default()
        }))
    }
}

fn is_free(scene: &RequestContext<'_>, instance_ids: &[String]) -> Result<(), ApiError> {
    match instance_ids.iter().find_map(|id| scene.timer_of(id)) {
        None => Ok(()),
        Some(timer) => {
            let id = &timer.instance_id;
            let message = format!("The instance `{id}` has a timer of this kind already.");
            Err(scene.codes.error(["FailedOperation.MutActionTimerExist"], message))
        }
    }
}
