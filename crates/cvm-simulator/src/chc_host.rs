//! Servers that a customer owns. They are installed by the operator, so the API has no action for that.

use cvm_models::enums::{ChcBootType, ChcHostState, ChcSaleStatus, ChcTenantType};
use cvm_models::types::{ChcDeployExtraConfig, ChcHost, Placement, VirtualPrivateCloud};
use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::timestamp::Timestamp;

/// A physical server that a customer gives into the care of the cloud.
///
/// ```
/// let mut server = cvm_simulator::ChcServer::new("ap-guangzhou-3", "SN-0001");
/// server.vcpus = 64;
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChcServer {
    /// The account of the customer.
    pub account: AccountId,
    /// The zone in which it is installed.
    pub zone: String,
    /// Its serial number.
    pub serial_number: String,
    /// Its hardware model.
    pub device_type: String,
    /// Its number of vCPUs.
    pub vcpus: u32,
    /// Its memory in GB.
    pub memory_gb: u32,
    /// A description of its disks.
    pub disk: String,
}

impl ChcServer {
    /// A server of typical size, of the first account.
    pub fn new(zone: impl Into<String>, serial_number: impl Into<String>) -> Self {
        Self {
            account: AccountId::FIRST,
            zone: zone.into(),
            serial_number: serial_number.into(),
            device_type: "CHC_HS1".to_owned(),
            vcpus: 128,
            memory_gb: 384,
            disk: "10T".to_owned(),
        }
    }
}

pub(crate) fn api(server: &ChcServer, id: &str, mac: u64, now: Timestamp) -> ChcHost {
    let (vcpus, memory_gb, disk) = (server.vcpus, server.memory_gb, &server.disk);
    ChcHost {
        chc_id: id.to_owned(),
        instance_name: server.serial_number.clone(),
        serial_number: server.serial_number.clone(),
        instance_state: ChcHostState::Init,
        device_type: server.device_type.clone(),
        placement: Placement {
            zone: server.zone.clone(),
            project_id: Some(0),
            ..Placement::default()
        },
        bmc_virtual_private_cloud: no_network(),
        deploy_virtual_private_cloud: no_network(),
        created_time: now.to_string(),
        hardware_description: format!("{vcpus}C {memory_gb}GB {disk} Disk"),
        cpu: i64::from(vcpus),
        memory: i64::from(memory_gb),
        disk: disk.clone(),
        bmc_mac: mac_address(mac),
        deploy_mac: mac_address(mac ^ 1),
        tenant_type: ChcTenantType::Hosting,
        deploy_extra_config: provided_installer(),
        is_predefined_type: Some(false),
        chc_instance_type: Some(format!("CHCS5.{vcpus}C{memory_gb}M")),
        chc_instance_family: Some("CHCS5".to_owned()),
        chc_instance_family_name: Some("CHCS5".to_owned()),
        sale_status: Some(ChcSaleStatus::NotForSale),
        gpu: Some(String::new()),
        network_card: Some(String::new()),
        resale_account_id: Some(String::new()),
        resale_app_id: Some(String::new()),
        ..ChcHost::default()
    }
}

/// The response value of a network that is not set up.
pub(crate) fn no_network() -> VirtualPrivateCloud {
    VirtualPrivateCloud {
        as_vpc_gateway: Some(false),
        ipv6_address_count: Some(0),
        ..VirtualPrivateCloud::default()
    }
}

/// The default installer settings.
pub(crate) fn provided_installer() -> ChcDeployExtraConfig {
    ChcDeployExtraConfig {
        mini_os_type: PROVIDED.to_owned(),
        boot_type: Some(ChcBootType::X86Legacy),
        boot_file: Some(BOOT_FILE.to_owned()),
        next_server_address: Some(String::new()),
        ..Default::default()
    }
}

/// The installer of the service.
pub(crate) const PROVIDED: &str = "public";

/// The documented default of the boot file.
pub(crate) const BOOT_FILE: &str = "pxelinux.0";

/// A MAC address from a range that is not assigned, in capitals as in the samples.
pub(crate) fn mac_address(number: u64) -> String {
    let [a, b, c, ..] = number.to_le_bytes();
    format!("52:54:00:{a:02X}:{b:02X}:{c:02X}")
}
