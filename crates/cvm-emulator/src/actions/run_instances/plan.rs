//! What a launch will make, once everything about it is checked.

use cvm_models::actions::RunInstances;
use cvm_models::enums::{
    InstanceChargeType, InstanceState, IsolatedSource, LicenseType, RenewFlag, RestrictState,
    StopChargingMode, TagResourceType,
};
use cvm_models::types::{Instance, LoginSettings, Placement, Tag};

use super::names::Pattern;
use super::network::{self, Network};
use super::{disks, elsewhere, login};
use crate::Moment;
use crate::catalogue::{
    DEFAULT_TYPE, InstanceType, PublicImage, Zone, image, instance_type, instance_types,
    is_type_name,
};
use crate::refusal::{Codes, Refusal};
use crate::world::{Machine, Scene};

/// What a launch will make.
pub(super) struct Plan<'a> {
    pub(super) count: u64,
    /// What all the instances have in common.
    pub(super) template: Instance,
    pub(super) name: Pattern<'a>,
    pub(super) host_name: Pattern<'a>,
    pub(super) network: Network,
    pub(super) expires: Option<Moment>,
}

/// Shown for an instance without a name.
const UNNAMED: &str = "未命名";

/// Most characters of a name, its number included.
const MAX_NAME: usize = 128;

impl<'a> Plan<'a> {
    pub(super) fn of(request: &'a RunInstances, scene: &Scene<'_>) -> Result<Self, Refusal> {
        let codes = scene.codes;
        elsewhere::check(codes, request)?;
        let count = count(codes, request)?;
        let placement = request.placement.clone().unwrap_or_default();
        let zone = scene.region.zone(&placement.zone).ok_or_else(|| {
            let (zone, region) = (&placement.zone, scene.region.name);
            let message = format!("The zone `{zone}` is not in the region {region}.");
            codes.refuse(["InvalidZone.MismatchRegion"], message)
        })?;
        let image = find_image(codes, request.image_id.as_deref().unwrap_or_default())?;
        let kind = find_type(codes, request.instance_type.as_deref(), zone)?;
        let charge_type =
            request.instance_charge_type.clone().unwrap_or(InstanceChargeType::PostpaidByHour);
        let (renew_flag, expires) = term(request, &charge_type, scene.now);
        login::check(codes, request.login_settings.as_ref(), image)?;
        let wanted = request.internet_accessible.as_ref();
        let (internet_accessible, is_public) = network::internet(codes, wanted, &charge_type)?;
        let wanted = request.virtual_private_cloud.as_ref();
        let (network, virtual_private_cloud) =
            network::plan(scene, zone, wanted, is_public, count)?;
        let (name, host_name) = names(codes, request, image, count)?;
        check_user_data(codes, request)?;
        let (default_login_user, default_login_port) = image.login();
        let template = Instance {
            placement: Placement {
                zone: zone.name(),
                project_id: Some(placement.project_id.unwrap_or(0)),
                ..Placement::default()
            },
            restrict_state: RestrictState::Normal,
            instance_charge_type: charge_type,
            system_disk: disks::system(codes, request.system_disk.as_ref(), image)?,
            data_disks: disks::data(codes, &request.data_disks)?,
            internet_accessible,
            virtual_private_cloud,
            image_id: image.id.to_owned(),
            renew_flag,
            created_time: scene.now.to_string(),
            expired_time: expires.map(|moment| moment.to_string()),
            os_name: image.name.to_owned(),
            security_group_ids: request.security_group_ids.clone(),
            login_settings: LoginSettings::default(),
            instance_state: InstanceState::Pending,
            tags: tags(codes, request)?,
            stop_charging_mode: StopChargingMode::NotApplicable,
            cam_role_name: request.cam_role_name.clone().filter(|name| !name.is_empty()),
            isolated_source: IsolatedSource::NotIsolated,
            license_type: LicenseType::TencentCloud,
            disable_api_termination: request.disable_api_termination.unwrap_or(false),
            default_login_user: default_login_user.to_owned(),
            default_login_port,
            enable_jumbo_frame: request.enable_jumbo_frame,
            metadata: request.metadata.clone(),
            cpu_topology: request.cpu_topology.clone(),
            ..Instance::default()
        };
        // The type fills in what depends on it, as when it is changed later.
        let mut machine = Machine { shown: template, underway: None, expires: None };
        machine.set_type(kind);
        Ok(Self { count, template: machine.shown, name, host_name, network, expires })
    }
}

fn count(codes: Codes, request: &RunInstances) -> Result<u64, Refusal> {
    let count = request.instance_count.unwrap_or(1);
    if request.min_count.is_some_and(|least| least > count) {
        let message = format!("`MinCount` is larger than `InstanceCount`, which is {count}.");
        let code = "InvalidParameterValue.InvalidParameterMinCount";
        return Err(codes.refuse([code], message));
    }
    Ok(u64::try_from(count).unwrap_or(1))
}

fn find_image(codes: Codes, id: &str) -> Result<&'static PublicImage, Refusal> {
    image(id).ok_or_else(|| {
        let message = format!("The image `{id}` does not exist.");
        codes.refuse(["InvalidImageId.NotFound"], message)
    })
}

fn find_type(codes: Codes, name: Option<&str>, zone: Zone) -> Result<InstanceType, Refusal> {
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        let offered = || instance_types().filter(|one| one.is_offered_in(zone));
        let default = offered().find(|one| one.size.name == DEFAULT_TYPE).or(offered().next());
        return default.ok_or_else(|| not_offered(codes, DEFAULT_TYPE, zone));
    };
    if !is_type_name(name) {
        let message = format!("The instance type `{name}` is malformed.");
        return Err(codes.refuse(["InvalidInstanceType.Malformed"], message));
    }
    let found = instance_type(name).ok_or_else(|| {
        let message = format!("The instance type `{name}` does not exist.");
        codes.refuse(["InvalidParameterValue.InstanceTypeNotFound"], message)
    })?;
    if found.is_offered_in(zone) { Ok(found) } else { Err(not_offered(codes, name, zone)) }
}

fn not_offered(codes: Codes, name: &str, zone: Zone) -> Refusal {
    let message = format!("The zone `{}` does not offer the instance type `{name}`.", zone.name());
    codes.refuse(["ResourceUnavailable.InstanceType"], message)
}

/// How a prepaid instance is renewed, and when it ends. That a prepaid one has a period is in the
/// tables.
fn term(
    request: &RunInstances,
    charge_type: &InstanceChargeType,
    now: Moment,
) -> (Option<RenewFlag>, Option<Moment>) {
    if *charge_type != InstanceChargeType::Prepaid {
        return (None, None);
    }
    let prepaid = request.instance_charge_prepaid.clone().unwrap_or_default();
    let months = prepaid.period.and_then(|period| u32::try_from(period).ok()).unwrap_or(1);
    let flag = prepaid.renew_flag.unwrap_or(RenewFlag::NotifyAndManualRenew);
    (Some(flag), Some(now.months_later(months)))
}

fn names<'a>(
    codes: Codes,
    request: &'a RunInstances,
    image: &PublicImage,
    count: u64,
) -> Result<(Pattern<'a>, Pattern<'a>), Refusal> {
    let given = |name: &'a Option<String>| name.as_deref().filter(|name| !name.is_empty());
    let name = match given(&request.instance_name) {
        Some(text) => Pattern::new(text, count),
        None => Pattern::fixed(UNNAMED),
    };
    let last = count.saturating_sub(1);
    if name.spell(last, "").chars().count() > MAX_NAME {
        let message = format!("With its number, a name is longer than {MAX_NAME} characters.");
        return Err(codes.refuse(["InvalidInstanceName.TooLong"], message));
    }
    let host_name = match given(&request.host_name) {
        Some(text) => {
            let pattern = Pattern::new(text, count);
            // The longest address stands for the one that is not given yet.
            login::check_host_name(codes, &pattern.spell(last, "100.100.100.100"), image)?;
            pattern
        }
        None => Pattern::of_address("VM-"),
    };
    Ok((name, host_name))
}

fn tags(codes: Codes, request: &RunInstances) -> Result<Vec<Tag>, Refusal> {
    let mut tags: Vec<Tag> = Vec::new();
    for specification in &request.tag_specification {
        if specification.resource_type != Some(TagResourceType::Instance) {
            let message = "`TagSpecification.ResourceType` can only be `instance` here.";
            return Err(codes.refuse(["InvalidParameterValue"], message));
        }
        for tag in &specification.tags {
            if tags.iter().any(|known| known.key == tag.key) {
                let message = format!("The tag `{}` is given twice.", tag.key);
                return Err(codes.refuse(["InvalidParameterValue.DuplicateTags"], message));
            }
            tags.push(tag.clone());
        }
    }
    Ok(tags)
}

/// User data is checked and not kept: nothing shows it, and no guest runs it.
fn check_user_data(codes: Codes, request: &RunInstances) -> Result<(), Refusal> {
    let Some(data) = &request.user_data else { return Ok(()) };
    let text = data.expose();
    let body = text.trim_end_matches('=');
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    if text.len() % 4 == 0 && text.len() - body.len() <= 2 && body.bytes().all(is_letter) {
        return Ok(());
    }
    let message = "The parameter `UserData` is not base64 text.";
    Err(codes.refuse(["InvalidParameterValue.InvalidUserDataFormat"], message))
}
