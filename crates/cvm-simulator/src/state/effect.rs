//! What an operation changes of an instance when it ends, as data.

use std::net::Ipv4Addr;

use cvm_models::enums::{DiskType, InstanceState, RenewFlag, StopChargingMode};
use cvm_protocol::Sensitive;

use crate::catalog::InstanceType;
use crate::state::LaunchImage;
use crate::timestamp::Timestamp;

/// What an operation changes when it ends.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
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

/// One attribute and its new value.
#[derive(Clone, Debug)]
pub(crate) enum Attribute {
    Name(String),
    HostName(String),
    UserData(Sensitive),
    /// All of them, in the order of their priority.
    SecurityGroups(Vec<String>),
    Role(Option<String>),
    TerminationProtection(bool),
    JumboFrame(bool),
    Project(i64),
    RenewFlag(RenewFlag),
    /// By the hour from this moment on.
    Hourly(Timestamp),
    Subscription(Subscription),
    Bandwidth(i64),
    Network(NewNetwork),
}

/// A subscription that was bought.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) begins: Timestamp,
    pub(crate) ends: Timestamp,
    pub(crate) renew_flag: RenewFlag,
}

/// The network that an instance moves to, with the address that is kept for it there.
#[derive(Clone, Debug)]
pub(crate) struct NewNetwork {
    pub(crate) vpc_id: String,
    pub(crate) subnet_id: String,
    pub(crate) address: Ipv4Addr,
    /// `None` leaves it as it is.
    pub(crate) is_gateway: Option<bool>,
    /// Whether the name inside the guest follows the address.
    pub(crate) renames_host: bool,
}

/// What becomes of one disk.
#[derive(Clone, Debug)]
pub(crate) struct DiskChange {
    pub(crate) disk_id: Option<String>,
    pub(crate) effect: DiskEffect,
}

/// Another size or another type.
#[derive(Clone, Debug)]
pub(crate) enum DiskEffect {
    Large(i64),
    Of(DiskType),
}

/// A system that is to be installed.
#[derive(Clone, Debug)]
pub(crate) struct Reinstallation {
    pub(crate) image: LaunchImage,
    /// How large its disk will be.
    pub(crate) gib: i64,
    /// Its name for itself, if another than that of the system before.
    pub(crate) host_name: Option<String>,
    pub(crate) has_agent: bool,
    /// The key pairs that open it.
    pub(crate) key_ids: Vec<String>,
    /// What the guest gets when it first starts.
    pub(crate) user_data: Option<Sensitive>,
}
