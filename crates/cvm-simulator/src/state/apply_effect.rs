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
    /// Sets the new value.
    fn set(&self, instance: &mut StoredInstance) {
        let api = &mut instance.api;
        match self {
            Self::Name(name) => api.instance_name.clone_from(name),
            Self::HostName(name) => api.host_name = Some(name.clone()),
            Self::UserData(data) => instance.user_data = Some(data.clone()),
            Self::SecurityGroups(ids) => api.security_group_ids.clone_from(ids),
            Self::Role(name) => api.cam_role_name.clone_from(name),
            Self::TerminationProtection(is_on) => api.disable_api_termination = *is_on,
            Self::JumboFrame(is_on) => api.enable_jumbo_frame = Some(*is_on),
            Self::Project(id) => api.placement.project_id = Some(*id),
            Self::RenewFlag(flag) => api.renew_flag = Some(flag.clone()),
            Self::Hourly(from) => charge_by_the_hour(instance, *from),
            Self::Subscription(item) => subscribe(instance, item),
            Self::Bandwidth(mbps) => {
                api.internet_accessible.internet_max_bandwidth_out = Some(*mbps);
            }
            Self::Network(network) => network.connect(instance),
        }
    }
}

fn charge_by_the_hour(instance: &mut StoredInstance, from: Timestamp) {
    instance.end_prepaid_bandwidth(from);
    instance.expires = None;
    let api = &mut instance.api;
    api.instance_charge_type = InstanceChargeType::PostpaidByHour;
    api.expired_time = None;
    api.renew_flag = None;
    if api.instance_state == InstanceState::Stopped {
        api.stop_charging_mode = StopChargingMode::KeepCharging;
    }
    let bandwidth = &mut api.internet_accessible.internet_charge_type;
    if *bandwidth == Some(InternetChargeType::BandwidthPrepaid) {
        *bandwidth = Some(InternetChargeType::BandwidthPostpaidByHour);
    }
}

fn subscribe(instance: &mut StoredInstance, item: &Subscription) {
    instance.set_term(item.ends, &item.renew_flag);
    let api = &mut instance.api;
    api.instance_charge_type = InstanceChargeType::Prepaid;
    api.stop_charging_mode = StopChargingMode::NotApplicable;
    let bandwidth = &mut api.internet_accessible.internet_charge_type;
    if *bandwidth == Some(InternetChargeType::BandwidthPostpaidByHour) {
        *bandwidth = Some(InternetChargeType::BandwidthPrepaid);
        instance.begin_prepaid_bandwidth(item.begins);
    }
}

impl NewNetwork {
    fn connect(&self, instance: &mut StoredInstance) {
        let api = &mut instance.api;
        let address = self.address.to_string();
        if self.renames_host {
            api.host_name = Some(format!("VM-{}", address.replace('.', "-")));
        }
        let network = &mut api.virtual_private_cloud;
        network.vpc_id.clone_from(&self.vpc_id);
        network.subnet_id.clone_from(&self.subnet_id);
        network.as_vpc_gateway = self.is_gateway.or(network.as_vpc_gateway);
        api.private_ip_addresses = vec![address];
    }
}

impl DiskChange {
    fn apply(&self, instance: &mut StoredInstance) {
        let api = &mut instance.api;
        let system = &mut api.system_disk;
        let (size, kind) = if system.disk_id == self.disk_id {
            (&mut system.disk_size, &mut system.disk_type)
        } else {
            let mut data = api.data_disks.iter_mut();
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
    /// Replaces the previous system and its login.
    fn install(&self, instance: &mut StoredInstance) {
        let (user, port) = self.image.system.login();
        let api = &mut instance.api;
        api.image_id = self.image.id.clone();
        api.os_name = self.image.system.os_name.clone();
        api.license_type = self.image.system.license_type.clone();
        api.system_disk.disk_size = Some(self.gib);
        api.login_settings =
            LoginSettings { key_ids: self.key_ids.clone(), ..LoginSettings::default() };
        api.default_login_user = user.to_owned();
        api.default_login_port = port;
        if let Some(name) = &self.host_name {
            api.host_name = Some(name.clone());
        }
        instance.has_agent = self.has_agent;
        instance.user_data.clone_from(&self.user_data);
    }
}
