//! Which disks can change, and to which sizes.

use std::ops::RangeInclusive;

use cvm_models::enums::DiskType;
use cvm_models::types::SystemDisk;

use crate::api_error::{ApiError, DocumentedCodes};

/// System disks with which an instance can change its type or its platform, by the texts of the
/// queries; those of the changes themselves have CLOUD_BASIC too.
const CHANGEABLE: &[DiskType] = &[DiskType::CloudBssd, DiskType::CloudPremium, DiskType::CloudSsd];

pub(super) fn is_changeable(disk: &SystemDisk) -> bool {
    disk.disk_type.as_ref().is_some_and(|kind| CHANGEABLE.contains(kind))
}

/// Checks the wanted size of a disk that has so many GiB now: disks grow and never shrink.
pub(super) fn can_grow(
    codes: DocumentedCodes,
    now_gib: i64,
    wanted_gib: i64,
    allowed: Option<&RangeInclusive<i64>>,
) -> Result<(), ApiError> {
    if wanted_gib < now_gib {
        let message = format!("A disk of {now_gib} GiB cannot shrink to {wanted_gib} GiB.");
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    if wanted_gib != now_gib && !allowed.is_some_and(|range| range.contains(&wanted_gib)) {
        let message = format!("A disk of this type cannot have {wanted_gib} GiB.");
        return Err(codes.error(["ResourceInsufficient.CloudDiskUnavailable"], message));
    }
    Ok(())
}

/// Checks that a request does not name another type for a disk: the type stays.
pub(super) fn keeps_type(
    codes: DocumentedCodes,
    now: Option<&DiskType>,
    wanted: Option<&DiskType>,
) -> Result<(), ApiError> {
    match wanted.filter(|wanted| now.is_some_and(|now| now != *wanted)) {
        None => Ok(()),
        Some(wanted) => {
            let message = format!("The type of the disk cannot become {wanted}.");
            Err(codes.error(["InvalidParameterValue"], message))
        }
    }
}
