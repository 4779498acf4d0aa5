//! The content of a template version, and how responses show it.

use cvm_models::actions::RunInstances;
use cvm_models::enums::{InstanceChargeType, MarketType, RenewFlag, TemplateDataModifyAction};
use cvm_models::types::{
    EnhancedService, InstanceChargePrepaid, InstanceMarketOptionsRequest, InternetAccessible,
    LaunchTemplateVersionData, LaunchTemplateVersionInfo, LoginSettings, Placement,
    RunAutomationServiceEnabled, RunMonitorServiceEnabled, RunSecurityServiceEnabled, SystemDisk,
    VirtualPrivateCloud,
};
use cvm_protocol::Action;

use crate::api_error::ApiError;
use crate::launch::action_timer::without_instance;
use crate::launch::plan::Plan;
use crate::launch::template::overlay;
use crate::state::{RequestContext, StoredDisk, StoredInstance, Version};

/// Creates the version for this launch, if the launch would be possible now. A password is checked and not stored.
pub(crate) fn version(
    mut launch: RunInstances,
    description: Option<String>,
    metadata_meet: TemplateDataModifyAction,
    context: &RequestContext<'_>,
) -> Result<Version, ApiError> {
    let made = Plan::of(&launch, context)?.template;
    let api = LaunchTemplateVersionInfo {
        launch_template_version_data: data(&launch, &made)?,
        creation_time: context.now.to_string(),
        launch_template_version_description: description.unwrap_or_default(),
        created_by: context.account.app_id().to_string(),
        ..LaunchTemplateVersionInfo::default()
    };
    if let Some(login) = &mut launch.login_settings {
        login.password = None;
    }
    Ok(Version { api, launch, metadata_meet })
}

/// What a response shows of the launch: its own members, and computed values where a member is always present. Of the
/// login, only the key pairs are shown.
fn data(
    launch: &RunInstances,
    made: &StoredInstance,
) -> Result<LaunchTemplateVersionData, ApiError> {
    let login = launch
        .login_settings
        .as_ref()
        .map(|login| LoginSettings { key_ids: login.key_ids.clone(), ..LoginSettings::default() });
    let prepaid = launch.instance_charge_prepaid.as_ref();
    let market = launch.instance_market_options.as_ref();
    Ok(LaunchTemplateVersionData {
        placement: filled(
            launch.placement.as_ref(),
            &Placement { project_id: Some(0), ..Placement::default() },
        )?,
        instance_name: launch.instance_name.clone().unwrap_or_else(unnamed),
        instance_charge_type: charge_type(launch),
        system_disk: filled::<SystemDisk>(
            launch.system_disk.as_ref(),
            &made.system_disk.system_disk(),
        )?,
        data_disks: made.data_disks.iter().map(StoredDisk::data_disk).collect(),
        internet_accessible: filled::<InternetAccessible>(
            launch.internet_accessible.as_ref(),
            &made.internet_accessible(),
        )?,
        virtual_private_cloud: filled::<VirtualPrivateCloud>(
            launch.virtual_private_cloud.as_ref(),
            &made.network(),
        )?,
        login_settings: login,
        instance_count: u64::try_from(launch.instance_count.unwrap_or(1)).unwrap_or(1),
        enhanced_service: filled(launch.enhanced_service.as_ref(), &all_agents())?,
        instance_charge_prepaid: prepaid
            .map(|prepaid| {
                let flag = Some(RenewFlag::NotifyAndManualRenew);
                let lower = InstanceChargePrepaid { renew_flag: flag, ..Default::default() };
                filled(Some(prepaid), &lower)
            })
            .transpose()?,
        instance_market_options: market
            .map(|market| {
                let kind = Some(MarketType::Spot);
                let lower =
                    InstanceMarketOptionsRequest { market_type: kind, ..Default::default() };
                filled(Some(market), &lower)
            })
            .transpose()?,
        action_timer: launch.action_timer.as_ref().map(without_instance),
        ..overlay(launch, &LaunchTemplateVersionData::default())?
    })
}

/// The members of the launch over the defaults.
fn filled<M: cvm_protocol::Model + Clone + Default>(
    said: Option<&M>,
    lower: &M,
) -> Result<M, ApiError> {
    said.map_or_else(|| Ok(lower.clone()), |said| overlay(said, lower))
}

fn charge_type(launch: &RunInstances) -> InstanceChargeType {
    launch.instance_charge_type.clone().unwrap_or(InstanceChargeType::PostpaidByHour)
}

fn unnamed() -> String {
    let field = RunInstances::INFO.request.field("InstanceName");
    field.and_then(|field| field.default).unwrap_or_default().to_owned()
}

/// The default services of a public image.
fn all_agents() -> EnhancedService {
    EnhancedService {
        security_service: Some(RunSecurityServiceEnabled {
            enabled: Some(true),
            ..Default::default()
        }),
        monitor_service: Some(RunMonitorServiceEnabled {
            enabled: Some(true),
            ..Default::default()
        }),
        automation_service: Some(RunAutomationServiceEnabled {
            enabled: Some(true),
            ..Default::default()
        }),
        ..Default::default()
    }
}
