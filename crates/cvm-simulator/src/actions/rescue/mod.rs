//! Rescue mode.

mod rescue_mode;

use cvm_models::actions::{EnterRescueMode, ExitRescueMode};

use super::Group;
use crate::decision::{Decision, assumed};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[Handler::of::<EnterRescueMode>(), Handler::of::<ExitRescueMode>()],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("rescue mode", "ENTER_RESCUE_MODE for 30 s, or 20 s without a shutdown of the guest; EXIT_RESCUE_MODE for 20 s, back to RUNNING or STOPPED as before"),
    assumed("rescue mode", "SOFT_FIRST takes as long as SOFT, because every guest shuts down on request"),
];
