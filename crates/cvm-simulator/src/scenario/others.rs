//! What belongs to the instances of a scenario: disks, elastic IPs and maintenance; and the servers of the account.

use cbs_models::actions::{AttachDisks, CreateDisks};
use serde_json::{Value, json};
use vpc_models::actions::{AllocateAddresses, AssociateAddress};

use super::cloud::RequestTime;
use super::content::{ScenarioChcHost, ScenarioDisk, ScenarioElasticIp, ScenarioRepair};
use super::error::ScenarioError;
use super::names::Names;
use super::run::{Result, Run, Scope, item, tags, text};
use crate::chc_host::ChcServer;
use crate::repair::Repair;

impl<'a> Run<'a> {
    /// Creates everything that can refer to instances.
    pub(super) fn create_others(&mut self, scope: &mut Scope<'a>) -> Result<()> {
        let content = scope.content;
        let mut names = Names::new("disk", "disk-");
        for (index, disk) in content.disks.iter().enumerate() {
            let created = self.create_disk(scope, disk, &mut names);
            created.map_err(|error| error.at(&item("disks", index)))?;
        }
        let mut names = Names::new("elastic IP", "eip-");
        for (index, address) in content.elastic_ips.iter().enumerate() {
            let created = self.create_elastic_ip(scope, address, &mut names);
            created.map_err(|error| error.at(&item("elastic_ips", index)))?;
        }
        for (index, repair) in content.maintenance.iter().enumerate() {
            let announced = self.announce(scope, repair);
            announced.map_err(|error| error.at(&item("maintenance", index)))?;
        }
        for (index, host) in content.chc_hosts.iter().enumerate() {
            let added = self.add_chc_host(scope, host);
            added.map_err(|error| error.at(&item("chc_hosts", index)))?;
        }
        Ok(())
    }

    fn create_disk(
        &mut self,
        scope: &Scope<'a>,
        disk: &ScenarioDisk,
        names: &mut Names,
    ) -> Result<()> {
        let who = (scope.account, scope.region);
        let time = RequestTime::Done(self.cloud.now());
        let instance = instance_id(scope, disk.instance.as_deref())?;
        self.choose_id(scope.account, "disk-", disk.id.as_deref())?;
        let first_zone = scope.region.zones().next().map(|zone| zone.as_str());
        let zone = disk.zone.as_deref().or(first_zone).unwrap_or_default();
        let mut parameters = json!({"Placement": {"Zone": zone}, "DiskName": disk.name,
            "DiskChargeType": "POSTPAID_BY_HOUR", "DiskType": disk.disk_type,
            "DiskSize": disk.size_gib});
        set_tags(&mut parameters, tags(&disk.tags));
        let made = self.request::<CreateDisks>(who, parameters, time)?;
        let disk_id = text(&made, "/DiskIdSet/0");
        names.add(&disk.name, Some(&disk_id))?;
        if let Some(instance) = instance {
            let parameters = json!({"InstanceId": instance, "DiskIds": [disk_id]});
            let attached = self.request::<AttachDisks>(who, parameters, time);
            attached.map_err(|error| error.at("instance"))?;
        }
        self.record(who, "disks", &disk.name, disk_id, 1);
        Ok(())
    }

    fn create_elastic_ip(
        &mut self,
        scope: &Scope<'a>,
        address: &ScenarioElasticIp,
        names: &mut Names,
    ) -> Result<()> {
        let who = (scope.account, scope.region);
        let time = RequestTime::Done(self.cloud.now());
        let instance = instance_id(scope, address.instance.as_deref())?;
        self.choose_id(scope.account, "eip-", address.id.as_deref())?;
        let mut parameters = json!({"AddressName": address.name});
        if let (Some(mbps), Some(members)) = (address.bandwidth_mbps, parameters.as_object_mut()) {
            members.insert("InternetMaxBandwidthOut".to_owned(), json!(mbps));
        }
        set_tags(&mut parameters, tags(&address.tags));
        let made = self.request::<AllocateAddresses>(who, parameters, time)?;
        let address_id = text(&made, "/AddressSet/0");
        names.add(&address.name, Some(&address_id))?;
        if let Some(instance) = instance {
            let parameters = json!({"AddressId": address_id, "InstanceId": instance});
            let bound = self.request::<AssociateAddress>(who, parameters, time);
            bound.map_err(|error| error.at("instance"))?;
        }
        self.record(who, "elastic_ips", &address.name, address_id, 1);
        Ok(())
    }

    fn announce(&mut self, scope: &Scope<'a>, repair: &ScenarioRepair) -> Result<()> {
        let instance = scope.instances.find_or_id(&repair.instance);
        let instance = instance.map_err(|error| error.at("instance"))?;
        let mut announced = Repair::new(scope.region.name, instance)
            .account(scope.account)
            .reason(repair.reason)
            .method(repair.method);
        if let Some(detail) = &repair.detail {
            announced = announced.detail(detail);
        }
        if let Some(deadline) = repair.deadline {
            announced = announced.deadline(deadline.0);
        }
        let task_id = self.cloud.schedule_repair(&announced).ok_or_else(|| {
            let message = format!("there is no instance `{instance}`; define it in the scenario");
            ScenarioError::new(message).at("instance")
        })?;
        let who = (scope.account, scope.region);
        self.record(who, "maintenance", &repair.instance, task_id, 1);
        Ok(())
    }

    fn add_chc_host(&mut self, scope: &Scope<'a>, host: &ScenarioChcHost) -> Result<()> {
        if scope.region.zone(&host.zone).is_none() {
            let (zone, region) = (&host.zone, scope.region.name);
            let zones: Vec<_> = scope.region.zones().map(|zone| zone.as_str()).collect();
            let message =
                format!("there is no zone `{zone}` in {region}; give one of {}", zones.join(", "));
            return Err(ScenarioError::new(message).at("zone"));
        }
        self.choose_id(scope.account, "chc-", host.id.as_deref())?;
        let mut server = ChcServer::new(host.zone.as_str(), host.serial_number.as_str());
        server.account = scope.account;
        server.device_type = host.device_type.clone().unwrap_or(server.device_type);
        server.vcpus = host.vcpus.unwrap_or(server.vcpus);
        server.memory_gb = host.memory_gb.unwrap_or(server.memory_gb);
        server.disk = host.disk.clone().unwrap_or(server.disk);
        let chc_id = self.cloud.add_chc_host(&server).unwrap_or_default();
        let who = (scope.account, scope.region);
        self.record(who, "chc_hosts", &host.serial_number, chc_id, 1);
        Ok(())
    }
}

/// The id of an instance that is given by its name or id.
fn instance_id(scope: &Scope<'_>, name: Option<&str>) -> Result<Option<String>> {
    let found = name.map(|name| scope.instances.find_or_id(name).map(str::to_owned));
    found.transpose().map_err(|error| error.at("instance"))
}

fn set_tags(parameters: &mut Value, tags: Value) {
    let is_empty = tags.as_array().is_none_or(Vec::is_empty);
    if let (false, Some(members)) = (is_empty, parameters.as_object_mut()) {
        members.insert("Tags".to_owned(), tags);
    }
}
