//! ResetInstance: another system, or the same one anew, on the system disk.

use cvm_models::actions::{ResetInstance, ResetInstanceResponse};
use cvm_models::enums::InstanceState;
use cvm_models::types::Instance;

use super::{disk, one_instance};
use crate::actions::instances::run_instances::agent::wants_agent;
use crate::actions::instances::run_instances::login;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalogue;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{
    Effect, LaunchImage, REINSTALL, REINSTALL_FORCED, Reinstallation, RequestContext,
    StoredInstance,
};

const ALLOWED: &[InstanceState] = &[InstanceState::Running, InstanceState::Stopped];

/// System disks on which another operating system can be installed, by the action's own text.
const CHANGEABLE_DISKS: &[&str] = &["CLOUD_BASIC", "CLOUD_PREMIUM", "CLOUD_SSD", "CLOUD_BSSD"];

const UNFIT_IMAGE: &str = "InvalidParameterValue.InvalidImageIdForRetsetInstance";

impl ActionHandler for ResetInstance {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (serial, machine) = one_instance::find(scene, &self.instance_id)?;
        let system = system(scene, &self, machine)?;
        let runs = machine.api.instance_state == InstanceState::Running;
        scene.check_state(&[serial], ALLOWED)?;
        let course = if runs { &REINSTALL_FORCED } else { &REINSTALL };
        scene.begin(serial, course, Effect::System(Box::new(system)));
        Ok(Outcome::Response(ResetInstanceResponse::default()))
    }
}

/// The system that there will be, once everything about it is checked.
fn system(
    scene: &RequestContext<'_>,
    request: &ResetInstance,
    machine: &StoredInstance,
) -> Result<Reinstallation, ApiError> {
    let codes = scene.codes;
    let shown = &machine.api;
    let id = request.image_id.as_deref().filter(|id| !id.is_empty()).unwrap_or(&shown.image_id);
    let image = scene.bootable(id)?;
    let host_name = request.host_name.as_deref().filter(|name| !name.is_empty());
    if let Some(name) = host_name {
        login::check_host_name(codes, name, image.system.is_windows())?;
    }
    let wanted = request.login_settings.as_ref();
    login::check(codes, wanted, &image.system)?;
    let key_ids = login::key_ids(scene, wanted, &image.system)?;
    let keeps = wanted.and_then(|wanted| wanted.keep_image_login.as_deref());
    let keeps_image_login = keeps.is_some_and(|text| text.eq_ignore_ascii_case("true"));
    if keeps_image_login && catalogue::image(&image.id).is_some() {
        let message = "A public image holds no login that could be kept.";
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    can_change(codes, machine, &image)?;
    Ok(Reinstallation {
        gib: size(codes, request, shown, &image)?,
        image,
        host_name: host_name.map(str::to_owned),
        has_agent: wants_agent(request.enhanced_service.as_ref()),
        key_ids,
        user_data: request.user_data.clone(),
    })
}

/// Whether the operating system may become that of the image.
fn can_change(
    codes: DocumentedCodes,
    machine: &StoredInstance,
    image: &LaunchImage,
) -> Result<(), ApiError> {
    let disk = machine.api.system_disk.disk_type.as_ref().map_or("", |kind| kind.as_str());
    if machine.is_windows() == image.system.is_windows() || CHANGEABLE_DISKS.contains(&disk) {
        return Ok(());
    }
    let (id, name) = (&machine.api.instance_id, &image.system.os_name);
    let message = format!("{name} cannot be installed on `{id}`, whose system disk is {disk}.");
    Err(codes.error([UNFIT_IMAGE], message))
}

/// The size of the system disk, which can grow on this occasion.
fn size(
    codes: DocumentedCodes,
    request: &ResetInstance,
    shown: &Instance,
    image: &LaunchImage,
) -> Result<i64, ApiError> {
    let disk = &shown.system_disk;
    let wanted = request.system_disk.as_ref();
    let kind = wanted.and_then(|wanted| wanted.disk_type.as_ref());
    if kind.is_some() && kind != disk.disk_type.as_ref() {
        let message = "The type of a system disk cannot be changed by a reinstallation.";
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    let now = disk.disk_size.unwrap_or_default();
    let gib = wanted.and_then(|wanted| wanted.disk_size).unwrap_or(now);
    if gib != now {
        disk::system_can_grow(codes, disk, gib)?;
    }
    if gib < image.size_gib {
        let (id, least) = (&image.id, image.size_gib);
        let message = format!("The image `{id}` needs a system disk of at least {least} GiB.");
        return Err(codes.error([UNFIT_IMAGE], message));
    }
    Ok(gib)
}
