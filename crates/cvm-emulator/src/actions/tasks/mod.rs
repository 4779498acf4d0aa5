//! Timers and maintenance tasks.

mod delete_instances_action_timer;
mod describe_instances_action_timer;
mod describe_task_info;
mod import_instances_action_timer;
pub(super) mod planned_end;
mod repair_task_control;
mod time;

use cvm_models::actions::{
    DeleteInstancesActionTimer, DescribeInstancesActionTimer, DescribeTaskInfo,
    ImportInstancesActionTimer, RepairTaskControl,
};

use super::Family;
use crate::decision::{Decision, assumed, documented};
use crate::dispatch::Handler;

pub(super) const FAMILY: Family = Family {
    modelled: &[
        Handler::of::<DeleteInstancesActionTimer>(),
        Handler::of::<DescribeInstancesActionTimer>(),
        Handler::of::<DescribeTaskInfo>(),
        Handler::of::<ImportInstancesActionTimer>(),
        Handler::of::<RepairTaskControl>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    documented("action timers", "more than five minutes ahead, one of a kind for an instance, UNDO → DOING → DONE; only UNDO can be cancelled"),
    assumed("action timers", "a time too near is InvalidParameter; ids begin with `at-`"),
    assumed("action timers", "for hourly and spot instances that are not protected, being terminated or in the recycle bin; others are UnsupportedOperation.NotSupportImportInstancesActionTimer"),
    assumed("action timers", "DOING from their time on until the instance is gone; one with an operation in progress is terminated when that ends, one that has been protected meanwhile is left alone and the timer DONE"),
    assumed("action timers", "a timer that waits goes with its instance; the newest 1000 that are DONE stay listed"),
    assumed("action timers", "public addresses are released with the instance, which Externals says; DescribeInstancesActionTimer without conditions lists all, the newest first"),
    assumed("DeleteInstancesActionTimer", "an unknown id is InvalidParameterValue, a timer that has begun UnsupportedOperation; all are cancelled or none"),
    documented("maintenance tasks", "1 waiting → 4 booked → 2 in progress → 3 ended; the three states of a task agree; without StartDate those of today"),
    assumed("maintenance tasks", "the test announces them; 60 s in REBOOTING for methods that need a shutdown if the instance runs, 60 s without any trace otherwise; an operation in progress is waited for"),
    assumed("maintenance tasks", "at its deadline the platform approves a task itself; one whose instance is gone is cancelled"),
    assumed("maintenance tasks", "the newest 1000 that have ended stay listed"),
    assumed("maintenance tasks", "times are UTC; times that a task does not have yet sort as the earliest"),
    assumed("RepairTaskControl", "an unknown task, one of another product or machine, and one that does not wait are InvalidParameter, as is a planned time outside its bounds"),
];
