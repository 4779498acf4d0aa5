//! Applies the effect of an operation to an instance when the operation ends.

use cvm_models::enums::{InstanceChargeType, InstanceState, InternetChargeType, StopChargingMode};
use cvm_models::types::LoginSettings;

use crate::state::StoredInstance;
use crate::state::effect::{
    Attribute, DiskChange, DiskEffect, Effect, NewNetwork, Reinstallation, Subscription,
};
use crate::timestamp::Timestamp;

impl StoredInstance {
    pub(crate) fn apply_effect(&mut self, effect: &Effect) {
        match effect {
            Effect::None => {}
            Effect::Type(one) => self.set_type(*one),
            Effect::KeyPairs(key_ids) => self.api.login_settings.key_ids.clone_from(key_ids),
            Effect::Attribute(attribute) => attribute.set(self),
            Effect::StopCharging(mode) => self.api.stop_charging_mode = mode.clone(),
            Effect::System(system) => system.install(self),
            Effect::Disks(changes) => changes.iter().for_each(|change| change.apply(self)),
            Effect::OsName(name) => self.api.os_name = (*name).to_owned(),
            Effect::RescuedFrom(state) => self.rescued_from = Some(state.clone()),
        }
    }
}

impl Attribute {
    /// Gives an instance the new value.
    fn set(&self, machine: &mut StoredInstance) {
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

impl DiskChange {
    fn apply(&self, machine: &mut StoredInstance) {
        let shown = &mut machine.api;
        let system = &mut shown.system_disk;
        let (size, kind) = if system.disk_id == self.disk_id {
            (&mut system.disk_size, &mut system.disk_type)
        } else {
            let mut data = shown.data_disks.iter_mut();
            let Some(disk) = data.find(|disk| disk.disk_id == self.disk_id) else { return };
            (&mut disk.disk_size, &mut disk.disk_type)
        };
        match &self.effect {
            DiskEffect::Large(gib) => *size = Some(*gib),
            DiskEffect::Of(other) => *kind = Some(other.clone()),
        }
    }
}

impl Reinstallation {
    /// Takes the place of the system before. Nothing is left of the login of that one.
    fn install(&self, machine: &mut StoredInstance) {
        let (user, port) = self.image.system.login();
        let shown = &mut machine.api;
        shown.image_id = self.image.id.clone();
        shown.os_name = self.image.system.os_name.clone();
        shown.license_type = self.image.system.license_type.clone();
        shown.system_disk.disk_size = Some(self.gib);
        shown.login_settings =
            LoginSettings { key_ids: self.key_ids.clone(), ..LoginSettings::default() };
        shown.default_login_user = user.to_owned();
        shown.default_login_port = port;
        if let Some(name) = &self.host_name {
            shown.host_name = Some(name.clone());
        }
        machine.has_agent = self.has_agent;
        machine.user_data.clone_from(&self.user_data);
    }
}
