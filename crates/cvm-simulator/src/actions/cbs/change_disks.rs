//! ModifyDiskAttributes and ResizeDisk.

use cbs_models::actions::{
    ModifyDiskAttributes, ModifyDiskAttributesResponse, ResizeDisk, ResizeDiskResponse,
};
use cvm_models::enums::InstanceState;

use crate::actions::cbs::configuration;
use crate::actions::cbs::disk_view::{DiskView, Place};
use crate::actions::cbs::snapshots;
use crate::actions::cbs::target::{Start, Target};
use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::project::unsigned_project;
use crate::state::{DiskWork, RequestContext};

pub(super) const NOT_SUPPORTED: [&str; 2] =
    ["InvalidDisk.NotSupported", "ResourceUnavailable.NotSupported"];

/// Changes attributes at once, or moves one disk to another storage medium, which takes time.
impl ActionHandler for ModifyDiskAttributes {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        if self.portable == Some(false) {
            let message = "`Portable` can only be true: an elastic disk stays elastic.";
            return Err(codes.error(["InvalidParameterValue"], message));
        }
        let disks = DiskView::find(context, &self.disk_ids)?;
        for disk in &disks {
            disk.check_not_in_bin(context)?;
        }
        if let Some(kind) = &self.disk_type {
            let target = begin_move(context, &disks, kind.as_str())?;
            target.begin(context);
            return Ok(Outcome::Response(ModifyDiskAttributesResponse::default()));
        }
        let burst = self.burst_performance_operation.as_deref().map(|text| text == "CREATE");
        let is_empty = self.disk_name.is_none() && self.portable.is_none() && burst.is_none();
        if is_empty && self.project_id.is_none() && self.delete_with_instance.is_none() {
            return Err(codes.error(["MissingParameter"], "An attribute to change is missing."));
        }
        let project_id = unsigned_project(codes, self.project_id)?;
        for disk in &disks {
            check(&self, context, disk, burst)?;
        }
        let targets: Vec<Target> = disks.iter().map(|disk| Target::of(context, disk)).collect();
        for target in targets {
            apply(&self, context, &target, burst, project_id);
        }
        Ok(Outcome::Response(ModifyDiskAttributesResponse::default()))
    }
}

/// Checks a change at once of one disk.
fn check(
    request: &ModifyDiskAttributes,
    context: &RequestContext<'_>,
    disk: &DiskView<'_>,
    burst: Option<bool>,
) -> Result<(), ApiError> {
    let (codes, id) = (context.codes, disk.id());
    if disk.is_system() && (request.portable.is_some() || request.project_id.is_some()) {
        let message = format!("The disk `{id}` is a system disk, so it is not elastic.");
        return Err(codes.error(NOT_SUPPORTED, message));
    }
    let terms = disk.terms();
    if request.delete_with_instance.is_some() && (disk.is_system() || terms.is_prepaid()) {
        let message = format!(
            "`DeleteWithInstance` is for data disks billed by the hour, but `{id}` is a {} with \
             the charge type {}.",
            disk.usage(),
            terms.charge_type
        );
        return Err(codes.error(NOT_SUPPORTED, message));
    }
    if burst == Some(true) {
        configuration::check_burst(codes, disk.stored.kind.as_str(), disk.stored.gib)?;
    }
    Ok(())
}

/// Changes one disk at once. All checks are done: nothing in here can fail.
fn apply(
    request: &ModifyDiskAttributes,
    context: &mut RequestContext<'_>,
    target: &Target,
    burst: Option<bool>,
    project_id: Option<i64>,
) {
    target.change(context, |disk| {
        if let Some(name) = &request.disk_name {
            disk.name = Some(name.as_str().into());
        }
        if let Some(is_deleted) = request.delete_with_instance {
            disk.delete_with_instance = is_deleted;
        }
        disk.burst_performance = burst.or(disk.burst_performance);
    });
    if let Some(id) = project_id {
        target.change_terms(context, |terms| terms.project_id = id);
    }
}

/// Checks a change of the storage medium.
fn begin_move(
    context: &RequestContext<'_>,
    disks: &[DiskView<'_>],
    kind: &str,
) -> Result<Start, ApiError> {
    let codes = context.codes;
    let [disk] = disks else {
        let message = "With `DiskType`, the request must name exactly one disk.";
        return Err(codes.error(["InvalidParameterValue"], message));
    };
    let known = configuration::cloud_disk_type(codes, context.catalog, kind)?;
    if disk.stored.kind.as_str() == kind {
        let message = format!("The disk `{}` already has the type {kind}.", disk.id());
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    if disk.is_system() {
        let message = format!("The disk `{}` is a system disk, so its type is fixed.", disk.id());
        return Err(codes.error(NOT_SUPPORTED, message));
    }
    configuration::check_size(codes, known, disk.stored.gib)?;
    disk.check_idle(context)?;
    Ok(Start { target: Target::of(context, disk), work: DiskWork::ChangeType(kind.into()) })
}

/// UNATTACHED or ATTACHED → EXPANDING → the state before.
impl ActionHandler for ResizeDisk {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let start = resize(context, &self)?;
        start.begin(context);
        Ok(Outcome::Response(ResizeDiskResponse::default()))
    }
}

fn resize(context: &RequestContext<'_>, request: &ResizeDisk) -> Result<Start, ApiError> {
    let codes = context.codes;
    // The model info requires it. A size that is too large for the type is refused below.
    let gib = request.disk_size.map_or(0, |gib| i64::try_from(gib).unwrap_or(i64::MAX));
    let disk = DiskView::find_one(context, &request.disk_id)?;
    check_elastic(codes, &disk)?;
    disk.check_not_in_bin(context)?;
    let (id, now) = (disk.id(), disk.stored.gib);
    if gib <= now {
        let message =
            format!("The disk `{id}` has {now} GiB and can only be enlarged, not to {gib} GiB.");
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    let kind = configuration::cloud_disk_type(codes, context.catalog, disk.stored.kind.as_str())?;
    configuration::check_size(codes, kind, gib)?;
    disk.check_idle(context)?;
    if let Place::Data(instance) = disk.place
        && !matches!(instance.state, InstanceState::Running | InstanceState::Stopped)
    {
        let message = format!("The instance `{}` is {}.", instance.id, instance.state);
        return Err(codes.error(NOT_SUPPORTED, message));
    }
    snapshots::check_none_in_creation(context, id)?;
    Ok(Start { target: Target::of(context, &disk), work: DiskWork::Expand(gib) })
}

fn check_elastic(codes: DocumentedCodes, disk: &DiskView<'_>) -> Result<(), ApiError> {
    if disk.is_elastic() {
        return Ok(());
    }
    let message = format!(
        "The disk `{}` is not elastic; enlarge it with ResizeInstanceDisks of CVM.",
        disk.id()
    );
    Err(codes.error(NOT_SUPPORTED, message))
}
