//! Maintenance that the operator of the cloud announces; in the emulator, that is the test.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::account::AccountId;

/// Maintenance of an instance that is to be announced with
/// [`Command::ScheduleRepair`](crate::Command::ScheduleRepair).
///
/// ```
/// use std::time::Duration;
///
/// use cvm_simulator::{Repair, RepairMethod, RepairReason};
///
/// let repair = Repair::new("ap-guangzhou", "ins-12345678")
///     .reason(RepairReason::DiskFault)
///     .method(RepairMethod::Shutdown)
///     .deadline(Duration::from_secs(3 * 86_400));
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[must_use = "maintenance is announced only by a cloud"]
pub struct Repair {
    pub(crate) account: AccountId,
    pub(crate) region: String,
    pub(crate) instance_id: String,
    pub(crate) reason: RepairReason,
    pub(crate) method: RepairMethod,
    pub(crate) detail: Option<String>,
    pub(crate) deadline: Option<Duration>,
}

impl Repair {
    /// Maintenance because of a risk, with a shutdown, which waits for approval without a deadline.
    pub fn new(region: impl Into<String>, instance_id: impl Into<String>) -> Self {
        Self {
            account: AccountId::FIRST,
            region: region.into(),
            instance_id: instance_id.into(),
            reason: RepairReason::Risk,
            method: RepairMethod::Shutdown,
            detail: None,
            deadline: None,
        }
    }

    /// The account of the instance. Default: the first one.
    pub const fn account(mut self, account: AccountId) -> Self {
        self.account = account;
        self
    }

    /// The reason.
    pub const fn reason(mut self, reason: RepairReason) -> Self {
        self.reason = reason;
        self
    }

    /// What the approval allows.
    pub const fn method(mut self, method: RepairMethod) -> Self {
        self.method = method;
        self
    }

    /// The description for people.
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = Some(text.into());
        self
    }

    /// How long it waits for approval. Then the platform starts without it.
    pub const fn deadline(mut self, span: Duration) -> Self {
        self.deadline = Some(span);
        self
    }
}

/// The reason for maintenance: the `TaskTypeId` of its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RepairReason {
    /// 101: the instance is at risk.
    Risk = 101,
    /// 102: the instance is faulty.
    InstanceFault = 102,
    /// 103: a disk is faulty.
    DiskFault = 103,
    /// 104: the network is faulty.
    NetworkFault = 104,
    /// 105: the instance is about to fail.
    InstanceWarning = 105,
    /// 106: a disk is about to fail.
    DiskWarning = 106,
    /// 107: the hardware is upgraded.
    Upgrade = 107,
}

impl RepairReason {
    pub(crate) const fn id(self) -> u64 {
        self as u64
    }

    /// The title that the service shows to people.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Risk => "实例运行隐患",
            Self::InstanceFault => "实例运行异常",
            Self::DiskFault => "实例硬盘异常",
            Self::NetworkFault => "实例网络连接异常",
            Self::InstanceWarning => "实例运行预警",
            Self::DiskWarning => "实例硬盘预警",
            Self::Upgrade => "实例维护升级",
        }
    }
}

/// What the approval of maintenance allows: the `AuthType` of its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RepairMethod {
    /// 1: live migration of the instance.
    LiveMigration = 1,
    /// 2: the instance is shut down.
    Shutdown = 2,
    /// 3: a disk is replaced while the instance runs.
    LiveDiskSwap = 3,
    /// 4: a disk is replaced during a shutdown, or the instance moves without its local disks.
    DiskSwapOrLossyMigration = 4,
    /// 5: the instance is shut down, or moves without its local disks.
    ShutdownOrLossyMigration = 5,
    /// 6: work while the instance runs.
    LiveWork = 6,
    /// 7: work while the instance runs, or in a shutdown.
    LiveWorkOrShutdown = 7,
    /// 8: the instance moves without its local disks.
    LossyMigration = 8,
}

impl RepairMethod {
    pub(crate) const fn id(self) -> u64 {
        self as u64
    }

    /// Whether it interrupts a running instance. If both are allowed, it does not.
    pub(crate) const fn interrupts(self) -> bool {
        match self {
            Self::LiveMigration
            | Self::LiveDiskSwap
            | Self::LiveWork
            | Self::LiveWorkOrShutdown => false,
            Self::Shutdown
            | Self::DiskSwapOrLossyMigration
            | Self::ShutdownOrLossyMigration
            | Self::LossyMigration => true,
        }
    }
}
