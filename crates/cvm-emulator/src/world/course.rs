//! Operations as data: through which states one leads, how long each lasts, and where it ends.
//!
//! The states are the service's; the times are assumed, typical for small instances.

use std::time::Duration;

use cvm_models::enums::{InstanceState, StopChargingMode};

use crate::catalogue::InstanceType;

/// The states that an operation leads through.
#[derive(Debug)]
pub(crate) struct Course {
    pub(crate) steps: &'static [Step],
    pub(crate) end: End,
}

/// One state on the way.
#[derive(Debug)]
pub(crate) struct Step {
    /// What the instance shows meanwhile; `None` leaves it as it is.
    pub(crate) state: Option<InstanceState>,
    pub(crate) lasts: Duration,
}

/// Where an operation ends.
#[derive(Debug)]
pub(crate) enum End {
    /// In this state.
    In(InstanceState),
    /// In the recycle bin.
    Isolated,
    /// Nowhere: the instance is no more.
    Gone,
}

/// What an operation changes when it ends.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Nothing but the state.
    None,
    /// The instance type.
    Type(InstanceType),
    /// How the stopped instance is charged.
    StopCharging(StopChargingMode),
}

const fn step(state: InstanceState, seconds: u64) -> Step {
    Step { state: Some(state), lasts: Duration::from_secs(seconds) }
}

/// RunInstances.
pub(crate) static LAUNCH: Course =
    Course { steps: &[step(InstanceState::Pending, 20)], end: End::In(InstanceState::Running) };

/// StartInstances.
pub(crate) static START: Course =
    Course { steps: &[step(InstanceState::Starting, 10)], end: End::In(InstanceState::Running) };

/// StopInstances that asks the guest first.
pub(crate) static STOP: Course =
    Course { steps: &[step(InstanceState::Stopping, 15)], end: End::In(InstanceState::Stopped) };

/// StopInstances that cuts the power.
pub(crate) static STOP_HARD: Course =
    Course { steps: &[step(InstanceState::Stopping, 5)], end: End::In(InstanceState::Stopped) };

/// RebootInstances that asks the guest first.
pub(crate) static REBOOT: Course =
    Course { steps: &[step(InstanceState::Rebooting, 20)], end: End::In(InstanceState::Running) };

/// RebootInstances that cuts the power.
pub(crate) static REBOOT_HARD: Course =
    Course { steps: &[step(InstanceState::Rebooting, 10)], end: End::In(InstanceState::Running) };

/// ResetInstancesType of a stopped instance.
pub(crate) static RESET_TYPE: Course = Course {
    steps: &[step(InstanceState::Stopped, 10), step(InstanceState::Starting, 10)],
    end: End::In(InstanceState::Running),
};

/// ResetInstancesType of a running instance that may be stopped for it.
pub(crate) static RESET_TYPE_FORCED: Course = Course {
    steps: &[
        step(InstanceState::Stopping, 5),
        step(InstanceState::Stopped, 10),
        step(InstanceState::Starting, 10),
    ],
    end: End::In(InstanceState::Running),
};

/// TerminateInstances of a prepaid instance. No state is listed for being isolated.
pub(crate) static ISOLATE: Course =
    Course { steps: &[Step { state: None, lasts: Duration::from_secs(10) }], end: End::Isolated };

/// TerminateInstances of any other, or of one in the recycle bin.
pub(crate) static TERMINATE: Course =
    Course { steps: &[step(InstanceState::Terminating, 10)], end: End::Gone };
