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
    documented("security groups", "at most five an instance; a new one is the last in priority"),
    assumed("security groups", "one that is bound already stays in its place; the last may be taken off; one that is not bound is UnsupportedOperation"),
];
