//! Operations as data: through which states one leads, how long each lasts, and where it ends.
//!
//! The states are the service's; the times are assumed, typical for small instances.

use std::time::Duration;

use cvm_models::enums::InstanceState;

/// The states that an operation leads through.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) phases: &'static [Phase],
    pub(crate) end: FinalState,
}

/// One state on the way.
#[derive(Debug)]
pub(crate) struct Phase {
    /// What the instance shows meanwhile; `None` leaves it as it is.
    pub(crate) state: Option<InstanceState>,
    pub(crate) duration: Duration,
}

/// Where an operation ends.
#[derive(Debug)]
pub(crate) enum FinalState {
    /// In this state.
    In(InstanceState),
    /// In the state in which it began.
    AsBefore,
    /// Out of the recycle bin.
    Recovered,
    /// In the recycle bin.
    Isolated,
    /// Nowhere: the instance is no more.
    Removed,
}

const fn step(state: InstanceState, seconds: u64) -> Phase {
    Phase { state: Some(state), duration: Duration::from_secs(seconds) }
}

/// Work that does not show in the state.
const fn quiet(seconds: u64) -> Phase {
    Phase { state: None, duration: Duration::from_secs(seconds) }
}

/// RunInstances.
pub(crate) static LAUNCH: Operation = Operation {
    phases: &[step(InstanceState::Pending, 20)],
    end: FinalState::In(InstanceState::Running),
};

/// StartInstances.
pub(crate) static START: Operation = Operation {
    phases: &[step(InstanceState::Starting, 10)],
    end: FinalState::In(InstanceState::Running),
};

/// StopInstances that asks the guest first.
pub(crate) static STOP: Operation = Operation {
    phases: &[step(InstanceState::Stopping, 15)],
    end: FinalState::In(InstanceState::Stopped),
};

/// StopInstances that cuts the power.
pub(crate) static STOP_HARD: Operation = Operation {
    phases: &[step(InstanceState::Stopping, 5)],
    end: FinalState::In(InstanceState::Stopped),
};

/// RebootInstances that asks the guest first.
pub(crate) static REBOOT: Operation = Operation {
    phases: &[step(InstanceState::Rebooting, 20)],
    end: FinalState::In(InstanceState::Running),
};

/// RebootInstances that cuts the power.
pub(crate) static REBOOT_HARD: Operation = Operation {
    phases: &[step(InstanceState::Rebooting, 10)],
    end: FinalState::In(InstanceState::Running),
};

/// ResetInstancesType of a stopped instance.
pub(crate) static RESET_TYPE: Operation = Operation {
    phases: &[step(InstanceState::Stopped, 10), step(InstanceState::Starting, 10)],
    end: FinalState::In(InstanceState::Running),
};

/// ResetInstancesType of a running instance that may be stopped for it.
pub(crate) static RESET_TYPE_FORCED: Operation = Operation {
    phases: &[
        step(InstanceState::Stopping, 5),
        step(InstanceState::Stopped, 10),
        step(InstanceState::Starting, 10),
    ],
    end: FinalState::In(InstanceState::Running),
};

/// AssociateInstancesKeyPairs and DisassociateInstancesKeyPairs of a stopped instance, which stays so.
pub(crate) static WRITE_KEYS: Operation = Operation {
    phases: &[step(InstanceState::Stopped, 5)],
    end: FinalState::In(InstanceState::Stopped),
};

/// The same of a running instance that may be stopped for it.
pub(crate) static WRITE_KEYS_FORCED: Operation = Operation {
    phases: &[
        step(InstanceState::Stopping, 5),
        step(InstanceState::Stopped, 5),
        step(InstanceState::Starting, 10),
    ],
    end: FinalState::In(InstanceState::Running),
};

/// The Modify actions and others that leave the instance as it is: running or not.
pub(crate) static MODIFY: Operation = Operation { phases: &[quiet(2)], end: FinalState::AsBefore };

/// ModifyInstancesVpcAttribute of a stopped instance.
pub(crate) static MOVE: Operation = Operation {
    phases: &[step(InstanceState::Stopped, 5), step(InstanceState::Starting, 10)],
    end: FinalState::In(InstanceState::Running),
};

/// ModifyInstancesVpcAttribute of a running instance, which is stopped for it.
pub(crate) static MOVE_FORCED: Operation = Operation {
    phases: &[
        step(InstanceState::Stopping, 5),
        step(InstanceState::Stopped, 5),
        step(InstanceState::Starting, 10),
    ],
    end: FinalState::In(InstanceState::Running),
};

/// RenewInstances of an instance in the recycle bin.
pub(crate) static RECOVER: Operation =
    Operation { phases: &[quiet(5)], end: FinalState::Recovered };

/// TerminateInstances of a prepaid instance. No state is listed for being isolated.
pub(crate) static ISOLATE: Operation =
    Operation { phases: &[quiet(10)], end: FinalState::Isolated };

/// TerminateInstances of any other, or of one in the recycle bin.
pub(crate) static TERMINATE: Operation =
    Operation { phases: &[step(InstanceState::Terminating, 10)], end: FinalState::Removed };

/// ResetInstance of a stopped instance.
pub(crate) static REINSTALL: Operation = Operation {
    phases: &[step(InstanceState::Stopped, 60), step(InstanceState::Starting, 10)],
    end: FinalState::In(InstanceState::Running),
};

/// ResetInstance of a running instance.
pub(crate) static REINSTALL_FORCED: Operation = Operation {
    phases: &[
        step(InstanceState::Stopping, 5),
        step(InstanceState::Stopped, 60),
        step(InstanceState::Starting, 10),
    ],
    end: FinalState::In(InstanceState::Running),
};

/// ResetInstancesPassword of a stopped instance.
pub(crate) static SET_PASSWORD: Operation = Operation {
    phases: &[step(InstanceState::Stopped, 5)],
    end: FinalState::In(InstanceState::Stopped),
};

/// ResetInstancesPassword of a running instance that may be stopped for it.
pub(crate) static SET_PASSWORD_FORCED: Operation = Operation {
    phases: &[
        step(InstanceState::Stopping, 5),
        step(InstanceState::Stopped, 5),
        step(InstanceState::Starting, 10),
    ],
    end: FinalState::In(InstanceState::Running),
};

/// ResizeInstanceDisks of a stopped instance.
pub(crate) static GROW_DISK: Operation = Operation {
    phases: &[step(InstanceState::Stopped, 10)],
    end: FinalState::In(InstanceState::Stopped),
};

/// ResizeInstanceDisks of a running instance that may be stopped for it.
pub(crate) static GROW_DISK_FORCED: Operation = Operation {
    phases: &[
        step(InstanceState::Stopping, 5),
        step(InstanceState::Stopped, 10),
        step(InstanceState::Starting, 10),
    ],
    end: FinalState::In(InstanceState::Running),
};

/// ResizeInstanceDisks of an instance that runs on meanwhile.
pub(crate) static GROW_DISK_ONLINE: Operation =
    Operation { phases: &[quiet(10)], end: FinalState::In(InstanceState::Running) };

/// ModifyInstanceDiskType.
pub(crate) static MOVE_DISKS: Operation = Operation {
    phases: &[step(InstanceState::Stopped, 60)],
    end: FinalState::In(InstanceState::Stopped),
};

/// EnterRescueMode that asks the guest to shut down first.
pub(crate) static ENTER_RESCUE: Operation = Operation {
    phases: &[step(InstanceState::EnterRescueMode, 30)],
    end: FinalState::In(InstanceState::RescueMode),
};

/// EnterRescueMode that cuts the power, or of an instance that is stopped already.
pub(crate) static ENTER_RESCUE_HARD: Operation = Operation {
    phases: &[step(InstanceState::EnterRescueMode, 20)],
    end: FinalState::In(InstanceState::RescueMode),
};

/// ExitRescueMode of an instance that was running before.
pub(crate) static EXIT_RESCUE: Operation = Operation {
    phases: &[step(InstanceState::ExitRescueMode, 20)],
    end: FinalState::In(InstanceState::Running),
};

/// ExitRescueMode of an instance that was stopped before.
pub(crate) static EXIT_RESCUE_STOPPED: Operation = Operation {
    phases: &[step(InstanceState::ExitRescueMode, 20)],
    end: FinalState::In(InstanceState::Stopped),
};

/// ConvertOperatingSystems: packages are replaced while the old system runs, then the new one boots.
pub(crate) static CONVERT_SYSTEM: Operation = Operation {
    phases: &[quiet(300), step(InstanceState::Rebooting, 20)],
    end: FinalState::In(InstanceState::Running),
};

/// Maintenance that interrupts a running instance.
pub(crate) static REPAIR: Operation = Operation {
    phases: &[step(InstanceState::Rebooting, 60)],
    end: FinalState::In(InstanceState::Running),
};
