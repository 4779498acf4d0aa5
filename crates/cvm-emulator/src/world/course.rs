//! Operations as data: through which states one leads, how long each lasts, and where it ends.
//!
//! The states are the service's; the times are assumed, typical for small instances.

use std::time::Duration;

use cvm_models::enums::{InstanceState, StopChargingMode};

use super::Attribute;
use super::disk_change::DiskChange;
use super::reinstallation::Reinstallation;
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
    /// In the state in which it began.
    AsBefore,
    /// Out of the recycle bin.
    Recovered,
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
    /// An attribute.
    Attribute(Attribute),
    /// Which key pairs open the instance, in place of those before.
    KeyPairs(Vec<String>),
    /// How the stopped instance is charged.
    StopCharging(StopChargingMode),
    /// The system that was installed.
    System(Box<Reinstallation>),
    /// What became of disks.
    Disks(Vec<DiskChange>),
    /// The name of the system that the old one was converted to.
    OsName(&'static str),
    /// The state to which rescue mode leads back.
    RescuedFrom(InstanceState),
}

const fn step(state: InstanceState, seconds: u64) -> Step {
    Step { state: Some(state), lasts: Duration::from_secs(seconds) }
}

/// Work that does not show in the state.
const fn quiet(seconds: u64) -> Step {
    Step { state: None, lasts: Duration::from_secs(seconds) }
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

/// AssociateInstancesKeyPairs and DisassociateInstancesKeyPairs of a stopped instance, which stays so.
pub(crate) static WRITE_KEYS: Course =
    Course { steps: &[step(InstanceState::Stopped, 5)], end: End::In(InstanceState::Stopped) };

/// The same of a running instance that may be stopped for it.
pub(crate) static WRITE_KEYS_FORCED: Course = Course {
    steps: &[
        step(InstanceState::Stopping, 5),
        step(InstanceState::Stopped, 5),
        step(InstanceState::Starting, 10),
    ],
    end: End::In(InstanceState::Running),
};

/// The Modify actions and others that leave the instance as it is: running or not.
pub(crate) static MODIFY: Course = Course { steps: &[quiet(2)], end: End::AsBefore };

/// ModifyInstancesVpcAttribute of a stopped instance.
pub(crate) static MOVE: Course = Course {
    steps: &[step(InstanceState::Stopped, 5), step(InstanceState::Starting, 10)],
    end: End::In(InstanceState::Running),
};

/// ModifyInstancesVpcAttribute of a running instance, which is stopped for it.
pub(crate) static MOVE_FORCED: Course = Course {
    steps: &[
        step(InstanceState::Stopping, 5),
        step(InstanceState::Stopped, 5),
        step(InstanceState::Starting, 10),
    ],
    end: End::In(InstanceState::Running),
};

/// RenewInstances of an instance in the recycle bin.
pub(crate) static RECOVER: Course = Course { steps: &[quiet(5)], end: End::Recovered };

/// TerminateInstances of a prepaid instance. No state is listed for being isolated.
pub(crate) static ISOLATE: Course = Course { steps: &[quiet(10)], end: End::Isolated };

/// TerminateInstances of any other, or of one in the recycle bin.
pub(crate) static TERMINATE: Course =
    Course { steps: &[step(InstanceState::Terminating, 10)], end: End::Gone };

/// ResetInstance of a stopped instance.
pub(crate) static REINSTALL: Course = Course {
    steps: &[step(InstanceState::Stopped, 60), step(InstanceState::Starting, 10)],
    end: End::In(InstanceState::Running),
};

/// ResetInstance of a running instance.
pub(crate) static REINSTALL_FORCED: Course = Course {
    steps: &[
        step(InstanceState::Stopping, 5),
        step(InstanceState::Stopped, 60),
        step(InstanceState::Starting, 10),
    ],
    end: End::In(InstanceState::Running),
};

/// ResetInstancesPassword of a stopped instance.
pub(crate) static SET_PASSWORD: Course =
    Course { steps: &[step(InstanceState::Stopped, 5)], end: End::In(InstanceState::Stopped) };

/// ResetInstancesPassword of a running instance that may be stopped for it.
pub(crate) static SET_PASSWORD_FORCED: Course = Course {
    steps: &[
        step(InstanceState::Stopping, 5),
        step(InstanceState::Stopped, 5),
        step(InstanceState::Starting, 10),
    ],
    end: End::In(InstanceState::Running),
};

/// ResizeInstanceDisks of a stopped instance.
pub(crate) static GROW_DISK: Course =
    Course { steps: &[step(InstanceState::Stopped, 10)], end: End::In(InstanceState::Stopped) };

/// ResizeInstanceDisks of a running instance that may be stopped for it.
pub(crate) static GROW_DISK_FORCED: Course = Course {
    steps: &[
        step(InstanceState::Stopping, 5),
        step(InstanceState::Stopped, 10),
        step(InstanceState::Starting, 10),
    ],
    end: End::In(InstanceState::Running),
};

/// ResizeInstanceDisks of an instance that runs on meanwhile.
pub(crate) static GROW_DISK_ONLINE: Course =
    Course { steps: &[quiet(10)], end: End::In(InstanceState::Running) };

/// ModifyInstanceDiskType.
pub(crate) static MOVE_DISKS: Course =
    Course { steps: &[step(InstanceState::Stopped, 60)], end: End::In(InstanceState::Stopped) };

/// EnterRescueMode that asks the guest to shut down first.
pub(crate) static ENTER_RESCUE: Course = Course {
    steps: &[step(InstanceState::EnterRescueMode, 30)],
    end: End::In(InstanceState::RescueMode),
};

/// EnterRescueMode that cuts the power, or of an instance that is stopped already.
pub(crate) static ENTER_RESCUE_HARD: Course = Course {
    steps: &[step(InstanceState::EnterRescueMode, 20)],
    end: End::In(InstanceState::RescueMode),
};

/// ExitRescueMode of an instance that was running before.
pub(crate) static EXIT_RESCUE: Course = Course {
    steps: &[step(InstanceState::ExitRescueMode, 20)],
    end: End::In(InstanceState::Running),
};

/// ExitRescueMode of an instance that was stopped before.
pub(crate) static EXIT_RESCUE_STOPPED: Course = Course {
    steps: &[step(InstanceState::ExitRescueMode, 20)],
    end: End::In(InstanceState::Stopped),
};

/// ConvertOperatingSystems: packages are replaced while the old system runs, then the new one boots.
pub(crate) static CONVERT_SYSTEM: Course = Course {
    steps: &[quiet(300), step(InstanceState::Rebooting, 20)],
    end: End::In(InstanceState::Running),
};

/// Maintenance that interrupts a running instance.
pub(crate) static REPAIR: Course =
    Course { steps: &[step(InstanceState::Rebooting, 60)], end: End::In(InstanceState::Running) };
