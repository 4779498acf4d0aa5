//! Maintenance tasks of instances.

mod repair_tasks;

use cvm_models::actions::{DescribeTaskInfo, RepairTaskControl};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[Handler::of::<DescribeTaskInfo>(), Handler::of::<RepairTaskControl>()],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    documented("maintenance tasks", "1 waiting → 4 booked → 2 in progress → 3 ended; the three states of a task agree; without StartDate those of today"),
    assumed("maintenance tasks", "the test announces them; 60 s in REBOOTING for methods that need a shutdown if the instance runs, 60 s without any trace otherwise; an operation in progress is waited for"),
    assumed("maintenance tasks", "at its deadline the platform approves a task itself; one whose instance is gone is cancelled"),
    assumed("maintenance tasks", "the newest 1000 that have ended stay listed"),
    assumed("maintenance tasks", "times are UTC; times that a task does not have yet sort as the earliest"),
    assumed("RepairTaskControl", "an unknown task, one of another product or machine, and one that does not wait are InvalidParameter, as is a planned time outside its bounds"),
];
