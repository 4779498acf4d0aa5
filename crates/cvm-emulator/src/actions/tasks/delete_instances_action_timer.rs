//! DeleteInstancesActionTimer: takes back timers that have not begun.

use cvm_models::actions::{DeleteInstancesActionTimer, DeleteInstancesActionTimerResponse};

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for DeleteInstancesActionTimer {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let timers = &mut scene.resources().action_timers;
        let mut late = None;
        for id in &self.action_timer_ids {
            let Some(timer) = timers.find(id) else {
                let message = format!("The timer `{id}` does not exist.");
                return Err(codes.error(["InvalidParameterValue"], message));
            };
            if !timer.is_waiting() {
                late = Some(id);
            }
        }
        if let Some(id) = late {
            let message = format!("The timer `{id}` has begun and cannot be cancelled.");
            return Err(codes.error(["UnsupportedOperation"], message));
        }
        timers.cancel(&self.action_timer_ids);
        Ok(Outcome::Response(DeleteInstancesActionTimerResponse::default()))
    }
}
