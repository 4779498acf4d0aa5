//! Which disks are sold: types, sizes, extra performance and numbers.

use crate::actions::cbs::snapshots;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{Catalog, DiskType};
use crate::launch::disk_performance;
use crate::state::{DiskSnapshot, RequestContext};

/// Maximum number of disks in one request; assumed.
const MAX_COUNT: u64 = 50;

/// Sizes of disks are multiples of this.
pub(super) const STEP_GIB: u64 = 1;

/// The medium that is sold only together with an instance.
const NOT_ALONE: &str = "CLOUD_TSSD";

/// Whether disks of this medium are sold on their own.
pub(super) fn is_sold_alone(kind: &str) -> bool {
    kind != NOT_ALONE && kind != "CLOUD_BASIC"
}

/// The requested configuration of a data disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Configuration<'a> {
    pub(super) kind: &'a str,
    pub(super) gib: u64,
    pub(super) throughput: Option<u64>,
    pub(super) has_burst: bool,
}

impl Configuration<'_> {
    /// Checks that there are such disks. Returns the size in GiB.
    pub(super) fn check(&self, codes: DocumentedCodes, catalog: Catalog) -> Result<i64, ApiError> {
        let (kind, gib) = (self.kind, i64::try_from(self.gib).unwrap_or(i64::MAX));
        check_size(codes, cloud_disk_type(codes, catalog, kind)?, gib)?;
        let throughput = self.throughput.map_or(0, |it| i64::try_from(it).unwrap_or(i64::MAX));
        disk_performance::check_throughput("ThroughputPerformance", (kind, gib), throughput)
            .map_err(|message| not_offered(codes, message))?;
        if self.has_burst {
            check_burst(codes, kind, gib)?;
        }
        Ok(gib)
    }

    /// Checks that the medium is sold on its own.
    pub(super) fn check_sold_alone(&self, codes: DocumentedCodes) -> Result<(), ApiError> {
        if is_sold_alone(self.kind) {
            return Ok(());
        }
        let message = format!("A disk of type {} is sold only with an instance.", self.kind);
        Err(not_offered(codes, message))
    }
}

fn not_offered(codes: DocumentedCodes, message: String) -> ApiError {
    codes.error(["InvalidParameter.DiskConfigNotSupported", "InvalidParameterValue"], message)
}

/// The type of cloud disk with this name.
pub(super) fn cloud_disk_type(
    codes: DocumentedCodes,
    catalog: Catalog,
    kind: &str,
) -> Result<&'static DiskType, ApiError> {
    let known = catalog.disk_type(kind).filter(|known| !known.is_local());
    known.ok_or_else(|| {
        let message = format!("Disks of type {kind} are not offered.");
        not_offered(codes, message)
    })
}

/// Checks the size of a data disk.
pub(super) fn check_size(
    codes: DocumentedCodes,
    kind: &DiskType,
    gib: i64,
) -> Result<(), ApiError> {
    if kind.data_gib.contains(&gib) {
        return Ok(());
    }
    let (name, min, max) = (kind.name, kind.data_gib.start(), kind.data_gib.end());
    let message = format!("A disk of type {name} can have {min} to {max} GiB, not {gib}.");
    Err(not_offered(codes, message))
}

/// Checks that a disk can exceed its normal speed for short peaks.
pub(super) fn check_burst(codes: DocumentedCodes, kind: &str, gib: i64) -> Result<(), ApiError> {
    disk_performance::check_burst(kind, gib).map_err(|message| not_offered(codes, message))
}

/// The number of disks of a request.
pub(super) fn count(codes: DocumentedCodes, requested: Option<u64>) -> Result<u64, ApiError> {
    let count = requested.unwrap_or(1);
    if (1..=MAX_COUNT).contains(&count) {
        return Ok(count);
    }
    let message =
        format!("`DiskCount` is {count}, but must be at least 1 and at most {MAX_COUNT}.");
    let above = (count > MAX_COUNT).then_some("InvalidParameterValue.LimitExceeded");
    Err(codes.error(above.into_iter().chain(["InvalidParameterValue"]), message))
}

/// The snapshot for a new disk: a complete one of a data disk.
pub(super) fn snapshot<'a>(
    context: &'a RequestContext<'_>,
    id: &str,
) -> Result<&'a DiskSnapshot, ApiError> {
    let snapshot = snapshots::complete(context, id)?;
    if snapshot.is_of_system_disk() {
        let message = format!("The snapshot `{id}` is of a system disk, not of a data disk.");
        return Err(context.codes.error(["InvalidParameterValue"], message));
    }
    Ok(snapshot)
}
