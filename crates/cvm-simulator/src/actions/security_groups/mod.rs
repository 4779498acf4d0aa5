//! Security groups of instances.

mod associate;

use cvm_models::actions::{AssociateSecurityGroups, DisassociateSecurityGroups};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<AssociateSecurityGroups>(),
        Handler::of::<DisassociateSecurityGroups>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    documented("security groups", "an instance has at most five; a new one has the lowest priority"),
    assumed("security groups", "a group that is already associated keeps its priority; the last group can be removed; a group that is not associated is UnsupportedOperation"),
];
