//! Checks of disks that several actions share.

use std::ops::RangeInclusive;

use cvm_models::enums::DiskType;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{self, Catalog};
use crate::state::StoredDisk;

/// Whether a disk is in the physical server. Local types that a request cannot choose count too.
pub(crate) fn is_local(kind: &DiskType) -> bool {
    catalog::is_local(kind.as_str())
}

/// Checks the new size of a system disk.
pub(crate) fn check_system_can_grow(
    codes: DocumentedCodes,
    catalog: Catalog,
    disk: &StoredDisk,
    gib: i64,
) -> Result<(), ApiError> {
    if is_local(&disk.kind) {
        let message = "A local system disk cannot be enlarged.";
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    let known = catalog.disk_type(disk.kind.as_str());
    check_can_grow(codes, disk.gib, gib, known.map(|known| &known.system_gib))
}

/// Checks that a new size is larger than the present one and within the limits of the disk type.
pub(crate) fn check_can_grow(
    codes: DocumentedCodes,
    now: i64,
    gib: i64,
    limits: Option<&RangeInclusive<i64>>,
) -> Result<(), ApiError> {
    let message = if gib <= now {
        format!("The disk has {now} GiB and can only be enlarged, so {gib} GiB is invalid.")
    } else if !limits.is_some_and(|limits| limits.contains(&gib)) {
        format!("A disk of this type cannot have {gib} GiB.")
    } else {
        return Ok(());
    };
    Err(codes.error(["InvalidParameterValue"], message))
}
