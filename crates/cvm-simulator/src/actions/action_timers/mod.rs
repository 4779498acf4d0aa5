//! Timers that terminate instances.

mod timers;

use cvm_models::actions::{
    DeleteInstancesActionTimer, DescribeInstancesActionTimer, ImportInstancesActionTimer,
};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<DeleteInstancesActionTimer>(),
        Handler::of::<DescribeInstancesActionTimer>(),
        Handler::of::<ImportInstancesActionTimer>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    documented("action timers", "more than five minutes ahead, one of each kind for an instance, UNDO → DOING → DONE; only UNDO timers can be canceled"),
    documented("action timers", "ids are UUIDs, as in the samples"),
    assumed("action timers", "a time that is too near is InvalidParameter"),
    assumed("action timers", "only for hourly and spot instances that are not protected, terminating or in the recycle bin; others are UnsupportedOperation.NotSupportImportInstancesActionTimer"),
    assumed("action timers", "DOING from the due time until the instance is removed; a running operation ends before the termination"),
    assumed("action timers", "a waiting timer is removed with its instance; the newest 1000 DONE timers stay listed"),
    assumed("action timers", "public addresses are released with the instance; DescribeInstancesActionTimer without conditions lists all timers, the newest first"),
    documented("action timers", "Externals of a request is ignored, and that of a response is empty, as in the sample"),
    assumed("DeleteInstancesActionTimer", "an unknown id is InvalidParameterValue, a timer that has started is UnsupportedOperation; all timers are canceled or none"),
];
