//! DeleteInstancesActionTimer: takes back timers that have not begun.

use cvm_models::actions::{DeleteInstancesActionTimer, DeleteInstancesActionTimerResponse};

use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for DeleteInstancesActionTimer {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let codes = scene.codes;
        let timers = &mut scene.here().action_timers;
        let mut late = None;
        for id in &self.action_timer_ids {
            let Some(timer) = timers.find(id) else {
                let message = format!("The timer `{id}` does not exist.");
                return Err(codes.refuse(["InvalidParameterValue"], message));
            };
            if !timer.is_waiting() {
                late = Some(id);
            }
        }
        if let Some(id) = late {
            let message = format!("The timer `{id}` has begun and cannot be cancelled.");
            return Err(codes.refuse(["UnsupportedOperation"], message));
        }
        timers.cancel(&self.action_timer_ids);
        Ok(Outcome::Done(DeleteInstancesActionTimerResponse::default()))
    }
}
