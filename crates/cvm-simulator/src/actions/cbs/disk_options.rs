//! What is bought in addition to a disk: ModifyDiskExtraPerformance and ModifyDiskBackupQuota.

use cbs_models::actions::{
    ModifyDiskBackupQuota, ModifyDiskBackupQuotaResponse, ModifyDiskExtraPerformance,
    ModifyDiskExtraPerformanceResponse,
};

use crate::actions::cbs::change_disks::NOT_SUPPORTED;
use crate::actions::cbs::disk_view::DiskView;
use crate::actions::cbs::target::Target;
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::disk_performance;
use crate::state::RequestContext;

/// Changes the extra throughput of a disk at once.
impl ActionHandler for ModifyDiskExtraPerformance {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let disk = data_disk(context, &self.disk_id)?;
        disk.check_idle(context)?;
        // The model info requires it. A throughput that is too large is refused below.
        let requested = self.throughput_performance.unwrap_or_default();
        let throughput = i64::try_from(requested).unwrap_or(i64::MAX);
        let configuration = (disk.stored.kind.as_str(), disk.stored.gib);
        disk_performance::check_throughput("ThroughputPerformance", configuration, throughput)
            .map_err(|message| context.codes.error(["InvalidParameter"], message))?;
        let target = Target::of(context, &disk);
        target.change(context, |disk| disk.throughput_performance = Some(throughput));
        Ok(Outcome::Response(ModifyDiskExtraPerformanceResponse::default()))
    }
}

/// Changes at once how many backup points a disk can have.
impl ActionHandler for ModifyDiskBackupQuota {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let disk = data_disk(context, &self.disk_id)?;
        let target = Target::of(context, &disk);
        // The model info requires it.
        let quota = self.disk_backup_quota.unwrap_or_default();
        target.change(context, |disk| disk.extras_mut().backup_quota = quota);
        Ok(Outcome::Response(ModifyDiskBackupQuotaResponse::default()))
    }
}

/// The data disk with this id, which must be in use.
fn data_disk<'a>(
    context: &'a RequestContext<'_>,
    disk_id: &String,
) -> Result<DiskView<'a>, ApiError> {
    let disk = DiskView::find_one(context, disk_id)?;
    disk.check_not_in_bin(context)?;
    if disk.is_system() {
        let message = format!("The disk `{disk_id}` is a system disk, not a data disk.");
        return Err(context.codes.error(NOT_SUPPORTED, message));
    }
    Ok(disk)
}
