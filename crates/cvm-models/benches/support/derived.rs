//! Hand-written structs for comparison: only the members used here, with serde derive and closed value sets.

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope {
    pub response: DescribeInstancesResponse,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeInstancesResponse {
    pub total_count: i64,
    pub instance_set: Vec<Instance>,
    pub request_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Instance {
    pub placement: Placement,
    pub instance_id: String,
    pub instance_type: String,
    #[serde(rename = "CPU")]
    pub cpu: i64,
    pub memory: i64,
    pub restrict_state: RestrictState,
    pub instance_name: String,
    pub instance_charge_type: InstanceChargeType,
    pub system_disk: SystemDisk,
    pub data_disks: Vec<DataDisk>,
    pub private_ip_addresses: Vec<String>,
    pub public_ip_addresses: Option<Vec<String>>,
    pub internet_accessible: InternetAccessible,
    pub virtual_private_cloud: VirtualPrivateCloud,
    pub image_id: String,
    pub renew_flag: Option<RenewFlag>,
    pub created_time: String,
    pub expired_time: Option<String>,
    pub os_name: String,
    pub security_group_ids: Vec<String>,
    pub login_settings: LoginSettings,
    pub instance_state: InstanceState,
    pub tags: Vec<Tag>,
    pub stop_charging_mode: StopChargingMode,
    pub uuid: String,
    pub latest_operation: Option<String>,
    pub latest_operation_state: Option<LatestOperationState>,
    pub latest_operation_request_id: Option<String>,
    pub disaster_recover_group_id: String,
    #[serde(rename = "IPv6Addresses")]
    pub ipv6_addresses: Option<Vec<String>>,
    pub cam_role_name: Option<String>,
    pub hpc_cluster_id: String,
    pub rdma_ip_addresses: Option<Vec<String>>,
    pub dedicated_cluster_id: String,
    pub isolated_source: IsolatedSource,
    pub disaster_recover_group_ids: Vec<String>,
    #[serde(rename = "GPUInfo")]
    pub gpu_info: Option<GpuInfo>,
    pub license_type: LicenseType,
    pub disable_api_termination: bool,
    pub host_name: String,
    pub default_login_user: String,
    pub default_login_port: i64,
    pub latest_operation_error_msg: Option<String>,
    pub enable_jumbo_frame: Option<bool>,
    pub metadata: Option<Metadata>,
    #[serde(rename = "PublicIPv6Addresses")]
    pub public_ipv6_addresses: Option<Vec<String>>,
    pub cpu_topology: Option<CpuTopology>,
    pub partition_number: Option<i64>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Placement {
    pub zone: String,
    pub project_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_ids: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rack_id: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SystemDisk {
    pub disk_type: Option<DiskType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_id: Option<String>,
    pub disk_size: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cdc_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_name: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DataDisk {
    pub disk_size: Option<i64>,
    pub disk_type: Option<DiskType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_id: Option<String>,
    pub delete_with_instance: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypt: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput_performance: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cdc_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burst_performance: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_name: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct InternetAccessible {
    pub internet_charge_type: Option<InternetChargeType>,
    pub internet_max_bandwidth_out: Option<i64>,
    pub public_ip_assigned: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth_package_id: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct VirtualPrivateCloud {
    pub vpc_id: String,
    pub subnet_id: String,
    pub as_vpc_gateway: Option<bool>,
    pub private_ip_addresses: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_address_count: Option<u64>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LoginSettings {
    pub key_ids: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_image_login: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub key: String,
    pub value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GpuInfo {
    #[serde(rename = "GPUCount")]
    pub gpu_count: f64,
    #[serde(rename = "GPUId")]
    pub gpu_id: Vec<String>,
    #[serde(rename = "GPUType")]
    pub gpu_type: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Metadata {
    pub items: Vec<Tag>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CpuTopology {
    pub core_count: Option<i64>,
    pub thread_per_core: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RestrictState {
    Normal,
    Expired,
    ProtectivelyIsolated,
}

#[derive(Deserialize, Serialize)]
pub enum InstanceChargeType {
    #[serde(rename = "PREPAID")]
    Prepaid,
    #[serde(rename = "POSTPAID_BY_HOUR")]
    PostpaidByHour,
    #[serde(rename = "CDHPAID")]
    CdhPaid,
    #[serde(rename = "SPOTPAID")]
    SpotPaid,
    #[serde(rename = "CDCPAID")]
    CdcPaid,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DiskType {
    LocalBasic,
    LocalSsd,
    LocalNvme,
    LocalPro,
    CloudBasic,
    CloudPremium,
    CloudSsd,
    CloudHssd,
    CloudTssd,
    CloudBssd,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InternetChargeType {
    BandwidthPrepaid,
    TrafficPostpaidByHour,
    BandwidthPostpaidByHour,
    BandwidthPackage,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(clippy::enum_variant_names, reason = "these are the service's words")]
pub enum RenewFlag {
    NotifyAndManualRenew,
    NotifyAndAutoRenew,
    DisableNotifyAndManualRenew,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InstanceState {
    Pending,
    LaunchFailed,
    Running,
    Stopped,
    Starting,
    Stopping,
    Rebooting,
    Shutdown,
    Terminating,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StopChargingMode {
    KeepCharging,
    StopCharging,
    NotApplicable,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LatestOperationState {
    Success,
    Operating,
    Failed,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum IsolatedSource {
    Arrear,
    Expire,
    Manmade,
    NotIsolated,
}

#[derive(Deserialize)]
pub enum LicenseType {
    TencentCloud,
    #[serde(rename = "BYOL")]
    Byol,
}

/// A launch, with the members that the bench gives.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RunInstances {
    pub instance_charge_type: Option<InstanceChargeType>,
    pub instance_charge_prepaid: Option<InstanceChargePrepaid>,
    pub placement: Option<Placement>,
    pub instance_type: Option<String>,
    pub image_id: Option<String>,
    pub system_disk: Option<SystemDisk>,
    pub data_disks: Option<Vec<DataDisk>>,
    pub virtual_private_cloud: Option<VirtualPrivateCloud>,
    pub internet_accessible: Option<InternetAccessible>,
    pub instance_count: Option<i64>,
    pub min_count: Option<i64>,
    pub instance_name: Option<String>,
    pub login_settings: Option<LoginSettings>,
    pub security_group_ids: Option<Vec<String>>,
    pub enhanced_service: Option<EnhancedService>,
    pub client_token: Option<String>,
    pub host_name: Option<String>,
    pub disaster_recover_group_ids: Option<Vec<String>>,
    pub tag_specification: Option<Vec<TagSpecification>>,
    pub user_data: Option<String>,
    pub metadata: Option<Metadata>,
    pub dry_run: Option<bool>,
    pub cpu_topology: Option<CpuTopology>,
    pub cam_role_name: Option<String>,
    pub disable_api_termination: Option<bool>,
    pub enable_jumbo_frame: Option<bool>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceChargePrepaid {
    pub period: Option<i64>,
    pub renew_flag: Option<RenewFlag>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EnhancedService {
    pub security_service: Option<Enabled>,
    pub monitor_service: Option<Enabled>,
    pub automation_service: Option<Enabled>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Enabled {
    pub enabled: Option<bool>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagSpecification {
    pub resource_type: Option<String>,
    pub tags: Vec<Tag>,
}
