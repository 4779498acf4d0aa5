//! ResetInstance and ResetInstancesPassword.

use cvm_models::actions::{
    ResetInstance, ResetInstanceResponse, ResetInstancesPassword, ResetInstancesPasswordResponse,
};
use cvm_models::enums::InstanceState;

use crate::actions::disks::checks;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::Catalog;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::login;
use crate::launch::login::Strength;
use crate::launch::plan::installs_agent;
use crate::state::{
    Effect, LaunchImage, REINSTALL, REINSTALL_FORCED, Reinstallation, RequestContext, SET_PASSWORD,
    SET_PASSWORD_FORCED, StoredDisk, StoredInstance,
};

const STATES_TO_REINSTALL: &[InstanceState] = &[InstanceState::Running, InstanceState::Stopped];

/// System disks that allow another operating system, as the documentation of the action lists them.
const CHANGEABLE_DISKS: &[&str] = &["CLOUD_BASIC", "CLOUD_PREMIUM", "CLOUD_SSD", "CLOUD_BSSD"];

const UNFIT_IMAGE: &str = "InvalidParameterValue.InvalidImageIdForRetsetInstance";

/// Reinstalls the system, or installs another one, on the system disk.
impl ActionHandler for ResetInstance {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (serial, instance) = context.find_instance(&self.instance_id)?;
        let system = system(context, &self, instance)?;
        let runs = instance.is_running();
        context.check_state(&[serial], STATES_TO_REINSTALL)?;
        let operation = if runs { &REINSTALL_FORCED } else { &REINSTALL };
        context.begin(serial, operation, Effect::System(Box::new(system)));
        Ok(Outcome::Response(ResetInstanceResponse::default()))
    }
}

/// The new system, after all checks.
fn system(
    context: &RequestContext<'_>,
    request: &ResetInstance,
    instance: &StoredInstance,
) -> Result<Reinstallation, ApiError> {
    let codes = context.codes;
    let id = request.image_id.as_deref().unwrap_or(&instance.image_id);
    let image = context.launch_image(id)?;
    let host_name = request.host_name.as_deref();
    if let Some(name) = host_name {
        login::check_host_name(codes, name, image.system.is_windows())?;
    }
    let requested = request.login_settings.as_ref();
    login::check(codes, requested, &image)?;
    let key_ids = login::key_ids(context, requested, &image.system)?;
    check_can_change(codes, instance, &image)?;
    Ok(Reinstallation {
        gib: size(codes, context.catalog, request, &instance.system_disk, &image)?,
        has_agent: installs_agent(request.enhanced_service.as_ref(), &image),
        image,
        host_name: host_name.map(str::to_owned),
        key_ids,
        user_data: request.user_data.clone(),
    })
}

/// Checks that the platform can change to that of the image.
fn check_can_change(
    codes: DocumentedCodes,
    instance: &StoredInstance,
    image: &LaunchImage,
) -> Result<(), ApiError> {
    let disk = instance.system_disk.kind.as_str();
    if instance.is_windows() == image.system.is_windows() || CHANGEABLE_DISKS.contains(&disk) {
        return Ok(());
    }
    let (id, name) = (&instance.id, &image.system.os_name);
    let message = format!("{name} cannot be installed on `{id}`, whose system disk is {disk}.");
    Err(codes.error([UNFIT_IMAGE], message))
}

/// The new size of the system disk, which can grow.
fn size(
    codes: DocumentedCodes,
    catalog: Catalog,
    request: &ResetInstance,
    disk: &StoredDisk,
    image: &LaunchImage,
) -> Result<i64, ApiError> {
    let requested = request.system_disk.as_ref();
    let kind = requested.and_then(|requested| requested.disk_type.as_ref());
    if kind.is_some_and(|kind| *kind != disk.kind) {
        let message = "The type of a system disk cannot be changed by a reinstallation.";
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    let now = disk.gib;
    let gib = requested.and_then(|requested| requested.disk_size).unwrap_or(now);
    if gib != now {
        checks::check_system_can_grow(codes, catalog, disk, gib)?;
    }
    if gib < image.size_gib {
        let (id, min) = (&image.id, image.size_gib);
        let message = format!("The image `{id}` needs a system disk of at least {min} GiB.");
        return Err(codes.error([UNFIT_IMAGE], message));
    }
    Ok(gib)
}

const STATES_TO_SET_PASSWORD: &[InstanceState] = &[InstanceState::Stopped];
const ALLOWED_FORCED: &[InstanceState] = &[InstanceState::Stopped, InstanceState::Running];

/// The default user whose password is set.
const WINDOWS_USER: &str = "Administrator";

/// Sets a password inside the guests. It is checked and not stored.
impl ActionHandler for ResetInstancesPassword {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = context.find(&self.instance_ids)?;
        let any_windows = context.instances(&serials).any(StoredInstance::is_windows);
        check(context.codes, &self, any_windows)?;
        let is_forced = self.force_stop == Some(true);
        context.check_state(
            &serials,
            if is_forced { ALLOWED_FORCED } else { STATES_TO_SET_PASSWORD },
        )?;
        for serial in serials {
            let Some(instance) = context.instances.get(serial) else { continue };
            let runs = instance.is_running();
            let operation = if runs { &SET_PASSWORD_FORCED } else { &SET_PASSWORD };
            context.begin(serial, operation, Effect::None);
        }
        Ok(Outcome::Response(ResetInstancesPasswordResponse::default()))
    }
}

/// Stricter than at a launch: three kinds of characters on every platform.
fn check(
    codes: DocumentedCodes,
    request: &ResetInstancesPassword,
    windows: bool,
) -> Result<(), ApiError> {
    Strength { kinds: 3, ..Strength::of(windows) }.check(codes, &request.password)?;
    let password = request.password.expose().to_ascii_lowercase();
    let user = request.user_name.as_deref().unwrap_or(WINDOWS_USER).to_ascii_lowercase();
    if password.starts_with('/') || windows && password.contains(&user) {
        let message =
            "A password must not start with `/`, and on Windows must not contain the user name.";
        return Err(codes.error(["InvalidParameterValue.InvalidPassword"], message));
    }
    Ok(())
}
