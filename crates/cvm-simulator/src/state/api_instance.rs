//! The form of a stored instance in the API.

use std::net::Ipv4Addr;
use std::sync::Arc;

use cvm_models::types::{
    CpuTopology, GPUInfo, Instance, InternetAccessible, LoginSettings, Metadata, MetadataItem,
    Placement, Tag, VirtualPrivateCloud,
};

use crate::state::stored_instance::{Gpus, Topology};
use crate::state::{PackPlacement, Pairs, StoredInstance, Texts};

impl StoredInstance {
    /// The instance as responses show it.
    pub(crate) fn api(&self) -> Instance {
        let latest = self.latest_operation.as_ref();
        let extras = self.extras.as_deref();
        let address =
            |address: Option<Ipv4Addr>| address.iter().map(ToString::to_string).collect::<Vec<_>>();
        Instance {
            placement: self.placement(),
            instance_id: self.id.to_string(),
            instance_type: self.instance_type.to_string(),
            cpu: self.vcpus,
            memory: self.memory_gib,
            restrict_state: self.restrict_state.clone(),
            instance_name: self.name.to_string(),
            instance_charge_type: self.charge_type.clone(),
            system_disk: self.system_disk.system_disk(),
            data_disks: self.data_disks.iter().map(|disk| self.api_data_disk(disk)).collect(),
            private_ip_addresses: self.private_addresses().map(|it| it.to_string()).collect(),
            public_ip_addresses: self.public_addresses().map(|it| it.to_string()).collect(),
            internet_accessible: InternetAccessible {
                public_ip_assigned: Some(self.public_address.is_some()),
                ..self.internet_accessible()
            },
            virtual_private_cloud: VirtualPrivateCloud {
                private_ip_addresses: address(self.private_address),
                ..self.network()
            },
            image_id: self.image_id.to_string(),
            renew_flag: self.renew_flag.clone(),
            created_time: self.created.to_string(),
            expired_time: self.expires.map(|time| time.to_string()),
            os_name: self.os_name.to_string(),
            security_group_ids: list(&self.security_groups),
            login_settings: LoginSettings {
                key_ids: list(&self.key_ids),
                ..LoginSettings::default()
            },
            instance_state: self.state.clone(),
            tags: self
                .tags
                .iter()
                .map(|(key, value)| Tag {
                    key: key.to_string(),
                    value: value.to_string(),
                    ..Default::default()
                })
                .collect(),
            stop_charging_mode: self.stop_charging_mode.clone(),
            uuid: self.uuid.to_string(),
            latest_operation: latest.map(|latest| latest.action.to_string()),
            latest_operation_state: latest.map(|latest| latest.state.clone()),
            latest_operation_request_id: latest.map(|latest| latest.request_id.to_string()),
            latest_operation_error_msg: Some(
                latest.and_then(|latest| optional(latest.error.as_ref())).unwrap_or_default(),
            ),
            disaster_recover_group_id: optional(self.placement_group.as_ref()).unwrap_or_default(),
            disaster_recover_group_ids: self.placement_group.iter().map(text).collect(),
            partition_number: self.partition,
            cam_role_name: Some(optional(self.role.as_ref()).unwrap_or_default()),
            ipv6_addresses: extras
                .iter()
                .flat_map(|it| &it.ipv6_addresses)
                .map(ToString::to_string)
                .collect(),
            public_ipv6_addresses: extras
                .and_then(|it| it.public_ipv6_address)
                .iter()
                .map(ToString::to_string)
                .collect(),
            dedicated_cluster_id: optional(extras.and_then(|it| it.dedicated_cluster_id.as_ref()))
                .unwrap_or_default(),
            hpc_cluster_id: optional(self.hpc_cluster_id.as_ref()).unwrap_or_default(),
            isolated_source: self.isolated_source.clone(),
            gpu_info: self.gpus.as_ref().map(gpu_info),
            license_type: self.license_type.clone(),
            disable_api_termination: self.is_protected,
            host_name: Some(self.host_name.to_string()),
            default_login_user: self.login_user.to_string(),
            default_login_port: self.login_port,
            enable_jumbo_frame: self.jumbo_frames,
            metadata: self.metadata.as_ref().map(metadata),
            cpu_topology: self.cpu_topology.map(cpu_topology),
            ..Instance::default()
        }
    }

    fn placement(&self) -> Placement {
        let pack = self.pack();
        Placement {
            zone: self.zone.to_string(),
            project_id: Some(self.project_id),
            host_id: self.host_id().map(str::to_owned),
            dedicated_resource_pack_tenancy: pack.map(|pack| pack.tenancy.clone()),
            dedicated_resource_pack_ids: pack.map(|pack| text(&pack.pack_id)).into_iter().collect(),
            rack_id: pack.map(|PackPlacement { rack_id, .. }| text(rack_id)),
            ..Placement::default()
        }
    }

    /// Its network, without the private addresses.
    pub(crate) fn network(&self) -> VirtualPrivateCloud {
        VirtualPrivateCloud {
            vpc_id: self.vpc_id.to_string(),
            subnet_id: self.subnet_id.to_string(),
            as_vpc_gateway: Some(self.is_gateway),
            ipv6_address_count: Some(
                self.extras.iter().flat_map(|it| &it.ipv6_addresses).count() as u64
            ),
            ..VirtualPrivateCloud::default()
        }
    }

    /// Its public bandwidth, without the public address.
    pub(crate) fn internet_accessible(&self) -> InternetAccessible {
        InternetAccessible {
            internet_charge_type: Some(self.internet_charge_type.clone()),
            internet_max_bandwidth_out: Some(self.bandwidth_mbps),
            ..InternetAccessible::default()
        }
    }
}

fn gpu_info(gpus: &Gpus) -> GPUInfo {
    GPUInfo {
        gpu_count: gpus.count as f64,
        gpu_id: (0..gpus.count).map(|card| format!("gpu-{card}")).collect(),
        gpu_type: text(&gpus.model),
        ..Default::default()
    }
}

fn metadata(items: &Pairs) -> Metadata {
    let item = |(key, value): &(_, _)| MetadataItem {
        key: text(key),
        value: text(value),
        ..Default::default()
    };
    Metadata { items: items.iter().map(item).collect(), ..Default::default() }
}

fn cpu_topology(topology: Topology) -> CpuTopology {
    CpuTopology {
        core_count: topology.cores,
        thread_per_core: topology.threads_per_core,
        ..Default::default()
    }
}

fn text(shared: &Arc<str>) -> String {
    shared.to_string()
}

fn optional(shared: Option<&Arc<str>>) -> Option<String> {
    shared.map(text)
}

fn list(texts: &Texts) -> Vec<String> {
    texts.iter().map(text).collect()
}
