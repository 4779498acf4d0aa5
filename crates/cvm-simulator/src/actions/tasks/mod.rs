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
    documented("maintenance tasks", "1 waiting → 4 scheduled → 2 in progress → 3 ended; the three states of a task agree; without StartDate, those of today"),
    assumed("maintenance tasks", "the test announces them; 60 s in REBOOTING for methods with a shutdown if the instance runs, otherwise 60 s without a visible effect; a running operation ends first"),
    assumed("maintenance tasks", "at its deadline, the platform approves a task itself; the task of a removed instance is canceled"),
    assumed("maintenance tasks", "the newest 1000 ended tasks stay listed"),
    assumed("maintenance tasks", "times are UTC; times that a task does not have yet sort first"),
    assumed("RepairTaskControl", "an unknown task, one of another product or instance, and one that is not waiting are InvalidParameter, like a planned time outside its bounds"),
];
