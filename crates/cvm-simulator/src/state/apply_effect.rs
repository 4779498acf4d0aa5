//! Applies the effect of an operation to an instance when the operation ends.

use std::sync::Arc;

use cvm_models::enums::{InstanceChargeType, InstanceState, InternetChargeType, StopChargingMode};

use crate::state::effect::{
    Attribute, DiskChange, DiskEffect, Effect, NewNetwork, Reinstallation, Subscription,
};
use crate::state::{StoredInstance, texts};
use crate::timestamp::Timestamp;

impl StoredInstance {
    pub(crate) fn apply_effect(&mut self, effect: &Effect) {
        match effect {
            Effect::None => {}
            Effect::Type(one) => self.set_type(*one),
            Effect::KeyPairs(key_ids) => self.key_ids = texts(key_ids.iter().cloned()),
            Effect::Attribute(attribute) => attribute.set(self),
            Effect::StopCharging(mode) => self.stop_charging_mode = mode.clone(),
            Effect::System(system) => system.install(self),
            Effect::Disks(changes) => changes.iter().for_each(|change| change.apply(self)),
            Effect::OsName(name) => self.os_name = (*name).into(),
            Effect::RescuedFrom(state) => self.rescued_from = Some(state.clone()),
        }
    }
}

impl Attribute {
    /// Sets the new value.
    fn set(&self, instance: &mut StoredInstance) {
        match self {
            Self::Name(name) => instance.name = name.as_str().into(),
            Self::HostName(name) => instance.host_name = name.as_str().into(),
            Self::UserData(data) => instance.user_data = Some(Arc::new(data.clone())),
            Self::SecurityGroups(ids) => instance.security_groups = texts(ids.iter().cloned()),
            Self::Role(name) => instance.role = name.as_deref().map(Arc::from),
            Self::TerminationProtection(is_on) => instance.is_protected = *is_on,
            Self::JumboFrame(is_on) => instance.jumbo_frames = Some(*is_on),
            Self::Project(id) => instance.project_id = *id,
            Self::RenewFlag(flag) => instance.renew_flag = Some(flag.clone()),
            Self::Hourly(from) => charge_by_the_hour(instance, *from),
            Self::Subscription(item) => subscribe(instance, item),
            Self::Bandwidth(mbps) => instance.bandwidth_mbps = *mbps,
            Self::Network(network) => network.connect(instance),
        }
    }
}

fn charge_by_the_hour(instance: &mut StoredInstance, from: Timestamp) {
    instance.end_prepaid_bandwidth(from);
    instance.expires = None;
    instance.charge_type = InstanceChargeType::PostpaidByHour;
    instance.renew_flag = None;
    if instance.state == InstanceState::Stopped {
        instance.stop_charging_mode = StopChargingMode::KeepCharging;
    }
    let bandwidth = &mut instance.internet_charge_type;
    if *bandwidth == InternetChargeType::BandwidthPrepaid {
        *bandwidth = InternetChargeType::BandwidthPostpaidByHour;
    }
}

fn subscribe(instance: &mut StoredInstance, item: &Subscription) {
    instance.set_term(item.ends, &item.renew_flag);
    instance.charge_type = InstanceChargeType::Prepaid;
    instance.stop_charging_mode = StopChargingMode::NotApplicable;
    let bandwidth = &mut instance.internet_charge_type;
    if *bandwidth == InternetChargeType::BandwidthPostpaidByHour {
        *bandwidth = InternetChargeType::BandwidthPrepaid;
        instance.begin_prepaid_bandwidth(item.begins);
    }
}

impl NewNetwork {
    fn connect(&self, instance: &mut StoredInstance) {
        if self.renames_host {
            let address = self.address.to_string().replace('.', "-");
            instance.host_name = format!("VM-{address}").into();
        }
        instance.vpc_id = self.vpc_id.as_str().into();
        instance.subnet_id = self.subnet_id.as_str().into();
        instance.is_gateway = self.is_gateway.unwrap_or(instance.is_gateway);
        instance.private_address = Some(self.address);
        if instance.extras.is_some() || !self.ipv6_addresses.is_empty() {
            let extras = instance.extras_mut();
            extras.more_private_addresses.clear();
            extras.ipv6_addresses.clone_from(&self.ipv6_addresses);
        }
    }
}

impl DiskChange {
    fn apply(&self, instance: &mut StoredInstance) {
        let Some(disk) = instance.disk_mut(&self.disk_id) else { return };
        match &self.effect {
            DiskEffect::Large(gib) => disk.gib = *gib,
            DiskEffect::Cloud { kind, id } => {
                disk.kind = kind.clone();
                disk.id = Arc::clone(id);
            }
        }
    }
}

impl Reinstallation {
    /// Replaces the previous system and its login.
    fn install(&self, instance: &mut StoredInstance) {
        let (user, port) = self.image.system.login();
        instance.image_id = self.image.id.as_str().into();
        instance.os_name = self.image.system.os_name.as_str().into();
        instance.license_type = self.image.system.license_type.clone();
        instance.system_disk.gib = self.gib;
        instance.key_ids = texts(self.key_ids.iter().cloned());
        instance.login_user = user.into();
        instance.login_port = port;
        if let Some(name) = &self.host_name {
            instance.host_name = name.as_str().into();
        }
        instance.has_agent = self.has_agent;
        instance.user_data = self.user_data.clone().map(Arc::new);
    }
}
