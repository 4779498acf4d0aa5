//! The effect of an operation on its instance, as data.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use cvm_models::enums::{DiskType, InstanceState, RenewFlag, StopChargingMode};
use cvm_protocol::Sensitive;

use crate::catalog::InstanceType;
use crate::state::LaunchImage;
use crate::timestamp::Timestamp;

/// The effect of an operation when it ends.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// Only the state.
    None,
    /// The instance type.
    Type(InstanceType),
    /// An attribute.
    Attribute(Attribute),
    /// The key pairs that open the instance. They replace all others.
    KeyPairs(Vec<String>),
    /// The charge mode of the stopped instance.
    StopCharging(StopChargingMode),
    /// The installed system.
    System(Box<Reinstallation>),
    /// Changes of disks.
    Disks(Vec<DiskChange>),
    /// The name of the converted system.
    OsName(&'static str),
    /// The state before rescue mode.
    RescuedFrom(InstanceState),
}

/// An attribute and its new value.
#[derive(Clone, Debug)]
pub(crate) enum Attribute {
    Name(String),
    HostName(String),
    UserData(Sensitive),
    /// All security groups, in the order of priority.
    SecurityGroups(Vec<String>),
    Role(Option<String>),
    TerminationProtection(bool),
    JumboFrame(bool),
    Project(i64),
    RenewFlag(RenewFlag),
    /// Charged by the hour from this time on.
    Hourly(Timestamp),
    Subscription(Subscription),
    Bandwidth(i64),
    Network(NewNetwork),
}

/// A bought subscription.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) begins: Timestamp,
    pub(crate) ends: Timestamp,
    pub(crate) renew_flag: RenewFlag,
}

/// The network that an instance moves to, with its reserved address there.
#[derive(Clone, Debug)]
pub(crate) struct NewNetwork {
    pub(crate) vpc_id: String,
    pub(crate) subnet_id: String,
    pub(crate) address: Ipv4Addr,
    pub(crate) ipv6_addresses: Vec<Ipv6Addr>,
    /// `None` leaves it unchanged.
    pub(crate) is_gateway: Option<bool>,
    /// Whether the host name is derived from the address.
    pub(crate) renames_host: bool,
}

/// The change of one disk.
#[derive(Clone, Debug)]
pub(crate) struct DiskChange {
    pub(crate) disk_id: Arc<str>,
    pub(crate) effect: DiskEffect,
}

/// A new size, or a cloud disk in place of the local disk.
#[derive(Clone, Debug)]
pub(crate) enum DiskEffect {
    Large(i64),
    Cloud { kind: DiskType, id: Arc<str> },
}

/// A system to install.
#[derive(Clone, Debug)]
pub(crate) struct Reinstallation {
    pub(crate) image: LaunchImage,
    /// The size of its disk in GiB.
    pub(crate) gib: i64,
    /// The new host name; `None` keeps the old one.
    pub(crate) host_name: Option<String>,
    pub(crate) has_agent: bool,
    /// The key pairs that open it.
    pub(crate) key_ids: Vec<String>,
    /// The user data for the first boot.
    pub(crate) user_data: Option<Sensitive>,
}
