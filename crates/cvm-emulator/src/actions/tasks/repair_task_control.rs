//! RepairTaskControl: approves maintenance, which begins at once or at a planned time.

use std::time::Duration;

use cvm_models::actions::{RepairTaskControl, RepairTaskControlResponse};

use super::time;
use crate::Timestamp;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{RepairTask, RequestContext};

/// How far ahead the work can be planned.
const LEAST_AHEAD: Duration = Duration::from_secs(5 * 60);
const MOST_AHEAD: Duration = Duration::from_secs(48 * 3600);

impl ActionHandler for RepairTaskControl {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (scene.codes, scene.now);
        let planned = time::read(codes, "OrderAuthTime", self.order_auth_time.as_ref())?;
        let bounds = now.after(LEAST_AHEAD)..=now.after(MOST_AHEAD);
        if planned.is_some_and(|planned| !bounds.contains(&planned)) {
            let message = "`OrderAuthTime` has to lie between 5 minutes and 48 hours ahead.";
            return Err(codes.error(["InvalidParameter"], message));
        }
        let tasks = &mut scene.resources().repair_tasks;
        let task = tasks.find(&self.task_id).ok_or_else(|| {
            let message = format!("The task `{}` does not exist.", self.task_id);
            codes.error(["InvalidParameter"], message)
        })?;
        can_be_approved(codes, &self, task, planned)?;
        tasks.authorise(&self.task_id, planned.unwrap_or(now), now);
        Ok(Outcome::Response(RepairTaskControlResponse {
            task_id: self.task_id,
            ..Self::Response::default()
        }))
    }
}

fn can_be_approved(
    codes: DocumentedCodes,
    request: &RepairTaskControl,
    task: &RepairTask,
    planned: Option<Timestamp>,
) -> Result<(), ApiError> {
    let why = if request.product != task.shown.product {
        "is one of another product"
    } else if !request.instance_ids.contains(&task.shown.instance_id) {
        "is about another instance"
    } else if !task.is_waiting() {
        "does not wait for an approval"
    } else if planned.zip(task.deadline).is_some_and(|(planned, deadline)| planned >= deadline) {
        "has a deadline before the planned time"
    } else {
        return Ok(());
    };
    let message = format!("The task `{}` {why}.", request.task_id);
    Err(codes.error(["InvalidParameter"], message))
}
