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
    documented("action timers", "more than five minutes ahead, one of a kind for an instance, UNDO → DOING → DONE; only UNDO can be cancelled"),
    assumed("action timers", "a time too near is InvalidParameter; ids begin with `at-`"),
    assumed("action timers", "for hourly and spot instances that are not protected, being terminated or in the recycle bin; others are UnsupportedOperation.NotSupportImportInstancesActionTimer"),
    assumed("action timers", "DOING from their time on until the instance is gone; one with an operation in progress is terminated when that ends, one that has been protected meanwhile is left alone and the timer DONE"),
    assumed("action timers", "a timer that waits goes with its instance; the newest 1000 that are DONE stay listed"),
    assumed("action timers", "public addresses are released with the instance, which Externals says; DescribeInstancesActionTimer without conditions lists all, the newest first"),
    assumed("DeleteInstancesActionTimer", "an unknown id is InvalidParameterValue, a timer that has begun UnsupportedOperation; all are cancelled or none"),
];
