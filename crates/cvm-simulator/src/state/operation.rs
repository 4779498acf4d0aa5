//! Operations as data: their phases, how long each lasts, and the final state.
//!
//! The states are the service's. The times are assumed, typical for small instances.

use std::time::Duration;

use cvm_models::enums::InstanceState;

/// An operation on an instance.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) phases: &'static [Phase],
    pub(crate) end: FinalState,
}

/// A phase of an operation.
#[derive(Debug)]
pub(crate) struct Phase {
    /// The state during the phase; `None` leaves it unchanged.
    pub(crate) state: Option<InstanceState>,
    pub(crate) duration: Duration,
}

/// The state after an operation.
#[derive(Debug)]
pub(crate) enum FinalState {
    /// This state.
    In(InstanceState),
    /// This state, because the operation failed.
    Failed(InstanceState),
    /// The state before the operation.
    AsBefore,
    /// Out of the recycle bin.
    Recovered,
    /// In the recycle bin.
    Isolated,
    /// The instance is removed.
    Removed,
}

const fn phase(state: InstanceState, seconds: u64) -> Phase {
    Phase { state: Some(state), duration: Duration::from_secs(seconds) }
}

/// Work that the state does not show.
const fn quiet(seconds: u64) -> Phase {
    Phase { state: None, duration: Duration::from_secs(seconds) }
}

/// RunInstances.
pub(crate) static LAUNCH: Operation = Operation {
    phases: &[phase(InstanceState::Pending, 20)],
    end: FinalState::In(InstanceState::Running),
};

/// RunInstances with a fault of the cloud.
pub(crate) static FAILED_LAUNCH: Operation = Operation {
    phases: &[phase(InstanceState::Pending, 20)],
    end: FinalState::Failed(InstanceState::LaunchFailed),
};

/// StartInstances.
pub(crate) static START: Operation = Operation {
    phases: &[phase(InstanceState::Starting, 10)],
    end: FinalState::In(InstanceState::Running),
};

/// StopInstances with a shutdown of the guest.
pub(crate) static STOP: Operation = Operation {
    phases: &[phase(InstanceState::Stopping, 15)],
    end: FinalState::In(InstanceState::Stopped),
};

/// StopInstances with a power-off.
pub(crate) static STOP_HARD: Operation = Operation {
    phases: &[phase(InstanceState::Stopping, 5)],
    end: FinalState::In(InstanceState::Stopped),
};

/// RebootInstances with a shutdown of the guest.
pub(crate) static REBOOT: Operation = Operation {
    phases: &[phase(InstanceState::Rebooting, 20)],
    end: FinalState::In(InstanceState::Running),
};

/// RebootInstances with a power-off.
pub(crate) static REBOOT_HARD: Operation = Operation {
    phases: &[phase(InstanceState::Rebooting, 10)],
    end: FinalState::In(InstanceState::Running),
};

/// The restart after ModifyInstancesAttribute gave a running instance another host name.
pub(crate) static RENAME_HOST: Operation = Operation {
    phases: &[phase(InstanceState::Rebooting, 20)],
    end: FinalState::In(InstanceState::Running),
};

/// ResetInstancesType of a stopped instance.
pub(crate) static RESET_TYPE: Operation = Operation {
    phases: &[phase(InstanceState::Stopped, 10), phase(InstanceState::Starting, 10)],
    end: FinalState::In(InstanceState::Running),
};

/// ResetInstancesType of a running instance, whose guest is shut down for it.
pub(crate) static RESET_TYPE_FORCED: Operation = Operation {
    phases: &[
        phase(InstanceState::Stopping, 15),
        phase(InstanceState::Stopped, 10),
        phase(InstanceState::Starting, 10),
    ],
    end: FinalState::In(InstanceState::Running),
};

/// AssociateInstancesKeyPairs and DisassociateInstancesKeyPairs of a stopped instance, which stays stopped.
pub(crate) static WRITE_KEYS: Operation = Operation {
    phases: &[phase(InstanceState::Stopped, 5)],
    end: FinalState::In(InstanceState::Stopped),
};

/// The same for a running instance, whose power is cut for it.
pub(crate) static WRITE_KEYS_FORCED: Operation = Operation {
    phases: &[
        phase(InstanceState::Stopping, 5),
        phase(InstanceState::Stopped, 5),
        phase(InstanceState::Starting, 10),
    ],
    end: FinalState::In(InstanceState::Running),
};

/// Modify actions that take time without another state.
pub(crate) static MODIFY: Operation = Operation { phases: &[quiet(2)], end: FinalState::AsBefore };

/// ModifyInstancesVpcAttribute of a stopped instance.
pub(crate) static MOVE: Operation = Operation {
    phases: &[phase(InstanceState::Stopped, 5), phase(InstanceState::Starting, 10)],
    end: FinalState::In(InstanceState::Running),
};

/// ModifyInstancesVpcAttribute of a running instance, which is stopped for it.
pub(crate) static MOVE_FORCED: Operation = Operation {
    phases: &[
        phase(InstanceState::Stopping, 5),
        phase(InstanceState::Stopped, 5),
        phase(InstanceState::Starting, 10),
    ],
    end: FinalState::In(InstanceState::Running),
};

/// RenewInstances of an instance in the recycle bin.
pub(crate) static RECOVER: Operation =
    Operation { phases: &[quiet(5)], end: FinalState::Recovered };

/// TerminateInstances of a prepaid instance. There is no state for this phase.
pub(crate) static ISOLATE: Operation =
    Operation { phases: &[quiet(10)], end: FinalState::Isolated };

/// TerminateInstances of any other instance, or of one in the recycle bin.
pub(crate) static TERMINATE: Operation =
    Operation { phases: &[phase(InstanceState::Terminating, 10)], end: FinalState::Removed };

/// ResetInstance of a stopped instance.
pub(crate) static REINSTALL: Operation = Operation {
    phases: &[phase(InstanceState::Stopped, 60), phase(InstanceState::Starting, 10)],
    end: FinalState::In(InstanceState::Running),
};

/// ResetInstance of a running instance.
pub(crate) static REINSTALL_FORCED: Operation = Operation {
    phases: &[
        phase(InstanceState::Stopping, 5),
        phase(InstanceState::Stopped, 60),
        phase(InstanceState::Starting, 10),
    ],
    end: FinalState::In(InstanceState::Running),
};

/// ResetInstancesPassword of a stopped instance.
pub(crate) static SET_PASSWORD: Operation = Operation {
    phases: &[phase(InstanceState::Stopped, 5)],
    end: FinalState::In(InstanceState::Stopped),
};

/// ResetInstancesPassword of a running instance, whose guest is shut down for it.
pub(crate) static SET_PASSWORD_FORCED: Operation = Operation {
    phases: &[
        phase(InstanceState::Stopping, 15),
        phase(InstanceState::Stopped, 5),
        phase(InstanceState::Starting, 10),
    ],
    end: FinalState::In(InstanceState::Running),
};

/// ResizeInstanceDisks of a stopped instance.
pub(crate) static GROW_DISK: Operation = Operation {
    phases: &[phase(InstanceState::Stopped, 10)],
    end: FinalState::In(InstanceState::Stopped),
};

/// ResizeInstanceDisks of a running instance, whose guest is shut down for it.
pub(crate) static GROW_DISK_FORCED: Operation = Operation {
    phases: &[
        phase(InstanceState::Stopping, 15),
        phase(InstanceState::Stopped, 10),
        phase(InstanceState::Starting, 10),
    ],
    end: FinalState::In(InstanceState::Running),
};

/// ResizeInstanceDisks of an instance that keeps running.
pub(crate) static GROW_DISK_ONLINE: Operation =
    Operation { phases: &[quiet(10)], end: FinalState::In(InstanceState::Running) };

/// ModifyInstanceDiskType.
pub(crate) static MOVE_DISKS: Operation = Operation {
    phases: &[phase(InstanceState::Stopped, 60)],
    end: FinalState::In(InstanceState::Stopped),
};

/// EnterRescueMode with a shutdown of the guest.
pub(crate) static ENTER_RESCUE: Operation = Operation {
    phases: &[phase(InstanceState::EnterRescueMode, 30)],
    end: FinalState::In(InstanceState::RescueMode),
};

/// EnterRescueMode with a power-off, or of a stopped instance.
pub(crate) static ENTER_RESCUE_HARD: Operation = Operation {
    phases: &[phase(InstanceState::EnterRescueMode, 20)],
    end: FinalState::In(InstanceState::RescueMode),
};

/// ExitRescueMode of an instance that was running before.
pub(crate) static EXIT_RESCUE: Operation = Operation {
    phases: &[phase(InstanceState::ExitRescueMode, 20)],
    end: FinalState::In(InstanceState::Running),
};

/// ExitRescueMode of an instance that was stopped before.
pub(crate) static EXIT_RESCUE_STOPPED: Operation = Operation {
    phases: &[phase(InstanceState::ExitRescueMode, 20)],
    end: FinalState::In(InstanceState::Stopped),
};

/// ConvertOperatingSystems: packages are replaced while the old system runs, then the new one boots.
pub(crate) static CONVERT_SYSTEM: Operation = Operation {
    phases: &[quiet(300), phase(InstanceState::Rebooting, 20)],
    end: FinalState::In(InstanceState::Running),
};

/// Maintenance that interrupts a running instance.
pub(crate) static REPAIR: Operation = Operation {
    phases: &[phase(InstanceState::Rebooting, 60)],
    end: FinalState::In(InstanceState::Running),
};
