//! DescribeTaskInfo and RepairTaskControl.

use std::time::Duration;

use cvm_models::actions::{
    DescribeTaskInfo, DescribeTaskInfoResponse, RepairTaskControl, RepairTaskControlResponse,
};
use cvm_models::enums::RepairTaskOrderField;
use cvm_models::types::RepairTaskInfo;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::filter::IdFilter;
use crate::handler::{ActionHandler, Outcome};
use crate::page::Page;
use crate::parameters::read_time;
use crate::state::{RepairTask, RequestContext};
use crate::timestamp::Timestamp;

const DAY: u64 = 86_400;

/// The value of `Order` that reverses the sort order.
const DESCENDING: i64 = 1;

/// Lists maintenance tasks of a time span, filtered and sorted, in pages.
impl ActionHandler for DescribeTaskInfo {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let first = read_time(codes, "StartDate", self.start_date.as_ref())?;
        let last = read_time(codes, "EndDate", self.end_date.as_ref())?;
        let first = first.unwrap_or(Timestamp::from_unix(now.unix() / DAY * DAY)).unix();
        let last = last.unwrap_or(now).unix();
        let tasks = context.resources().repair_tasks.oldest_first();
        let tasks = tasks.filter(|task| (first..=last).contains(&task.announced.unix()));
        let ids = IdFilter::new(&self.task_ids);
        let instance_ids = IdFilter::new(&self.instance_ids);
        let aliases = IdFilter::new(&self.aliases);
        let is_named = |task: &&RepairTaskInfo| {
            ids.includes(&task.task_id)
                && instance_ids.includes(&task.instance_id)
                && (self.aliases.is_empty()
                    || task.alias.as_deref().is_some_and(|alias| aliases.includes(alias)))
        };
        let tasks = tasks.map(|task| &task.api).filter(is_named);
        let mut found: Vec<_> = tasks.filter(|task| is_asked_for(&self, task)).collect();
        let by = self.order_field.clone().unwrap_or(RepairTaskOrderField::CreateTime);
        // Times in one layout sort like text.
        found.sort_by_key(|task| match by {
            RepairTaskOrderField::AuthTime => task.auth_time.as_deref(),
            RepairTaskOrderField::EndTime => task.end_time.as_deref(),
            _ => Some(task.create_time.as_str()),
        });
        if self.order == Some(DESCENDING) {
            found.reverse();
        }
        let page = Page::of(codes.0, self.offset, self.limit);
        let (repair_task_info_set, total_count) =
            page.cut(found.into_iter(), RepairTaskInfo::clone);
        Ok(Outcome::Response(DescribeTaskInfoResponse {
            total_count,
            repair_task_info_set,
            ..Self::Response::default()
        }))
    }
}

fn is_asked_for(request: &DescribeTaskInfo, task: &RepairTaskInfo) -> bool {
    let counted = |requested: &[i64], number: u64| {
        requested.is_empty() || requested.iter().any(|one| u64::try_from(*one) == Ok(number))
    };
    request.product.as_ref().is_none_or(|product| task.product.as_ref() == Some(product))
        && counted(&request.task_status, task.task_status)
        && counted(&request.task_type_ids, task.task_type_id)
}

/// How far ahead work can be planned.
const MIN_AHEAD: Duration = Duration::from_secs(5 * 60);
const MAX_AHEAD: Duration = Duration::from_secs(48 * 3600);

/// Approves maintenance, which starts at once or at a planned time.
impl ActionHandler for RepairTaskControl {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let planned = read_time(codes, "OrderAuthTime", self.order_auth_time.as_ref())?;
        let bounds = now.after(MIN_AHEAD)..=now.after(MAX_AHEAD);
        if planned.is_some_and(|planned| !bounds.contains(&planned)) {
            let message = "`OrderAuthTime` must be between 5 minutes and 48 hours ahead.";
            return Err(codes.error(["InvalidParameter"], message));
        }
        let tasks = &mut context.resources().repair_tasks;
        let task = tasks.find(&self.task_id).ok_or_else(|| {
            let message = format!("The task `{}` does not exist.", self.task_id);
            codes.error(["InvalidParameter"], message)
        })?;
        check_can_approve(codes, &self, task, planned)?;
        tasks.authorize(&self.task_id, planned.unwrap_or(now), now);
        Ok(Outcome::Response(RepairTaskControlResponse {
            task_id: self.task_id,
            ..Self::Response::default()
        }))
    }
}

fn check_can_approve(
    codes: DocumentedCodes,
    request: &RepairTaskControl,
    task: &RepairTask,
    planned: Option<Timestamp>,
) -> Result<(), ApiError> {
    let why = if request.product != task.api.product {
        "belongs to another product"
    } else if !request.instance_ids.contains(&task.api.instance_id) {
        "is about another instance"
    } else if !task.is_waiting() {
        "is not waiting for approval"
    } else if planned.zip(task.deadline).is_some_and(|(planned, deadline)| planned >= deadline) {
        "has a deadline before the planned time"
    } else {
        return Ok(());
    };
    let message = format!("The task `{}` {why}.", request.task_id);
    Err(codes.error(["InvalidParameter"], message))
}
