//! What an operation changes of an instance that stays the same machine. It shows when the operation
//! ends, as a new type does.

use std::net::Ipv4Addr;

use cvm_models::enums::{
    InstanceChargeType, InstanceState, InternetChargeType, RenewFlag, StopChargingMode,
};
use cvm_protocol::Sensitive;

use crate::state::StoredInstance;
use crate::timestamp::Timestamp;

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

impl Attribute {
    /// Gives an instance the new value.
    pub(crate) fn set(&self, machine: &mut StoredInstance) {
        let shown = &mut machine.api;
        match self {
            Self::Name(name) => shown.instance_name.clone_from(name),
            Self::HostName(name) => shown.host_name = Some(name.clone()),
            Self::UserData(data) => machine.user_data = Some(data.clone()),
            Self::SecurityGroups(ids) => shown.security_group_ids.clone_from(ids),
            Self::Role(name) => shown.cam_role_name.clone_from(name),
            Self::TerminationProtection(is_on) => shown.disable_api_termination = *is_on,
            Self::JumboFrame(is_on) => shown.enable_jumbo_frame = Some(*is_on),
            Self::Project(id) => shown.placement.project_id = Some(*id),
            Self::RenewFlag(flag) => shown.renew_flag = Some(flag.clone()),
            Self::Hourly(from) => charge_by_the_hour(machine, *from),
            Self::Subscription(bought) => subscribe(machine, bought),
            Self::Bandwidth(mbps) => {
                shown.internet_accessible.internet_max_bandwidth_out = Some(*mbps);
            }
            Self::Network(network) => network.connect(machine),
        }
    }
}

fn charge_by_the_hour(machine: &mut StoredInstance, from: Timestamp) {
    machine.end_prepaid_bandwidth(from);
    machine.expires = None;
    let shown = &mut machine.api;
    shown.instance_charge_type = InstanceChargeType::PostpaidByHour;
    shown.expired_time = None;
    shown.renew_flag = None;
    if shown.instance_state == InstanceState::Stopped {
        shown.stop_charging_mode = StopChargingMode::KeepCharging;
    }
    let bandwidth = &mut shown.internet_accessible.internet_charge_type;
    if *bandwidth == Some(InternetChargeType::BandwidthPrepaid) {
        *bandwidth = Some(InternetChargeType::BandwidthPostpaidByHour);
    }
}

fn subscribe(machine: &mut StoredInstance, bought: &Subscription) {
    machine.set_term(bought.ends, &bought.renew_flag);
    let shown = &mut machine.api;
    shown.instance_charge_type = InstanceChargeType::Prepaid;
    shown.stop_charging_mode = StopChargingMode::NotApplicable;
    let bandwidth = &mut shown.internet_accessible.internet_charge_type;
    if *bandwidth == Some(InternetChargeType::BandwidthPostpaidByHour) {
        *bandwidth = Some(InternetChargeType::BandwidthPrepaid);
        machine.begin_prepaid_bandwidth(bought.begins);
    }
}

impl NewNetwork {
    fn connect(&self, machine: &mut StoredInstance) {
        let shown = &mut machine.api;
        let address = self.address.to_string();
        if self.renames_host {
            shown.host_name = Some(format!("VM-{}", address.replace('.', "-")));
        }
        let network = &mut shown.virtual_private_cloud;
        network.vpc_id.clone_from(&self.vpc_id);
        network.subnet_id.clone_from(&self.subnet_id);
        network.as_vpc_gateway = self.is_gateway.or(network.as_vpc_gateway);
        shown.private_ip_addresses = vec![address];
    }
}
