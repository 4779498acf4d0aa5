//! DescribeInstancesActionTimer: the newest first, all that fit, in one answer.

use cvm_models::actions::{DescribeInstancesActionTimer, DescribeInstancesActionTimerResponse};

use super::time;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::filter::IdFilter;
use crate::state::{RequestContext, Timer};

impl ActionHandler for DescribeInstancesActionTimer {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let first = time::read(codes, "StartActionTime", self.start_action_time.as_ref())?;
        let last = time::read(codes, "EndActionTime", self.end_action_time.as_ref())?;
        let ids = IdFilter::new(&self.action_timer_ids);
        let instance_ids = IdFilter::new(&self.instance_ids);
        let fits = |timer: &&Timer| {
            ids.includes(&timer.id)
                && instance_ids.includes(&timer.instance_id)
                && (self.timer_action.is_none() || self.timer_action == timer.shown.timer_action)
                && first.is_none_or(|first| timer.at >= first)
                && last.is_none_or(|last| timer.at <= last)
                && (self.status_list.is_empty()
                    || timer.shown.status.as_ref().is_some_and(|it| self.status_list.contains(it)))
        };
        let timers = scene.resources().action_timers.newest_first().filter(fits);
        let action_timers = timers.map(|timer| timer.shown.clone()).collect();
        Ok(Outcome::Response(DescribeInstancesActionTimerResponse {
            action_timers,
            ..Self::Response::default()
        }))
    }
}
