//! ImportInstancesActionTimer, DeleteInstancesActionTimer and DescribeInstancesActionTimer.

use cvm_models::actions::{
    DeleteInstancesActionTimer, DeleteInstancesActionTimerResponse, DescribeInstancesActionTimer,
    DescribeInstancesActionTimerResponse, ImportInstancesActionTimer,
    ImportInstancesActionTimerResponse,
};

use crate::api_error::ApiError;
use crate::filter::IdFilter;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::action_timer::PlannedTermination;
use crate::parameters::read_time;
use crate::state::{RequestContext, Timer};

/// Creates a timer for each instance, which terminates it.
impl ActionHandler for ImportInstancesActionTimer {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let end = PlannedTermination::of(codes, &self.action_timer, context.now)?;
        let serials = context.find(&self.instance_ids)?;
        for instance in context.instances(&serials) {
            PlannedTermination::check(codes, instance)?;
        }
        let instance_ids: Vec<_> =
            context.instances(&serials).map(|instance| instance.id.to_string()).collect();
        check_no_open_timer(context, &instance_ids)?;
        let ids = instance_ids.into_iter().map(|instance_id| end.set(context, instance_id));
        let action_timer_ids = ids.collect();
        Ok(Outcome::Response(ImportInstancesActionTimerResponse {
            action_timer_ids,
            ..Self::Response::default()
        }))
    }
}

fn check_no_open_timer(
    context: &RequestContext<'_>,
    instance_ids: &[String],
) -> Result<(), ApiError> {
    match instance_ids.iter().find_map(|id| context.timer_of(id)) {
        None => Ok(()),
        Some(timer) => {
            let id = &timer.instance_id;
            let message = format!("The instance `{id}` already has a timer of this kind.");
            Err(context.codes.error(["FailedOperation.MutActionTimerExist"], message))
        }
    }
}

/// Cancels timers that have not started.
impl ActionHandler for DeleteInstancesActionTimer {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let timers = &mut context.resources().action_timers;
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
            let message = format!("The timer `{id}` has started and cannot be canceled.");
            return Err(codes.error(["UnsupportedOperation"], message));
        }
        timers.cancel(&self.action_timer_ids);
        Ok(Outcome::Response(DeleteInstancesActionTimerResponse::default()))
    }
}

/// Lists all matching timers in one response, the newest first.
impl ActionHandler for DescribeInstancesActionTimer {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let first = read_time(codes, "StartActionTime", self.start_action_time.as_ref())?;
        let last = read_time(codes, "EndActionTime", self.end_action_time.as_ref())?;
        let ids = IdFilter::new(&self.action_timer_ids);
        let instance_ids = IdFilter::new(&self.instance_ids);
        let fits = |timer: &&Timer| {
            ids.includes(&timer.id)
                && instance_ids.includes(&timer.instance_id)
                && (self.timer_action.is_none() || self.timer_action == timer.api.timer_action)
                && first.is_none_or(|first| timer.at >= first)
                && last.is_none_or(|last| timer.at <= last)
                && (self.status_list.is_empty()
                    || timer.api.status.as_ref().is_some_and(|it| self.status_list.contains(it)))
        };
        let timers = context.resources().action_timers.newest_first().filter(fits);
        let action_timers = timers.map(|timer| timer.api.clone()).collect();
        Ok(Outcome::Response(DescribeInstancesActionTimerResponse {
            action_timers,
            ..Self::Response::default()
        }))
    }
}
