//! The disks of a new instance: types, sizes and number.

use std::ops::RangeInclusive;
use std::sync::Arc;

use cvm_models::enums::DiskType;
use cvm_models::types::{DataDisk, SystemDisk};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::Catalog;
use crate::launch::disk_performance;
use crate::state::{LaunchImage, RequestContext, StoredDisk};

/// The defaults of the emulator where the service chooses by stock.
const DEFAULT_SYSTEM_DISK: DiskType = DiskType::CloudPremium;
const DEFAULT_SYSTEM_GIB: i64 = 50;
const DEFAULT_DATA_DISK: DiskType = DiskType::LocalBasic;

const MAX_LOCAL_DATA_DISKS: usize = 1;
pub(crate) const MAX_CLOUD_DATA_DISKS: usize = 20;

/// Sizes of data disks are multiples of this.
pub(crate) const DATA_STEP_GIB: i64 = 10;

pub(crate) fn system(
    codes: DocumentedCodes,
    catalog: Catalog,
    requested: Option<&SystemDisk>,
    image: &LaunchImage,
) -> Result<StoredDisk, ApiError> {
    let requested = requested.cloned().unwrap_or_default();
    let kind = requested.disk_type.unwrap_or_else(|| default_system_disk(catalog));
    let sizes = catalog.disk_type(kind.as_str()).map(|known| &known.system_gib);
    let default_size = || {
        let wanted = DEFAULT_SYSTEM_GIB.max(image.size_gib);
        sizes.map_or(wanted, |sizes| wanted.clamp(*sizes.start(), *sizes.end()))
    };
    let size = requested.disk_size.unwrap_or_else(default_size);
    if !sizes.is_some_and(|sizes| sizes.contains(&size)) {
        let message = wrong_size("SystemDisk", &kind, size, sizes);
        return Err(codes.error(["InvalidParameterValue.Range"], message));
    }
    if size < image.size_gib {
        let (id, min) = (&image.id, image.size_gib);
        let message = format!("The image `{id}` needs a system disk of at least {min} GiB.");
        return Err(codes.error(["InvalidParameterValue.Range"], message));
    }
    Ok(StoredDisk {
        kind,
        gib: size,
        is_encrypted: requested.encrypt.unwrap_or(false) || image.is_encrypted,
        kms_key_id: requested.kms_key_id.map(Arc::from),
        name: requested.disk_name.map(Arc::from),
        ..StoredDisk::default()
    })
}

/// The type of a system disk if the request has none. A catalog may not have the usual one.
fn default_system_disk(catalog: Catalog) -> DiskType {
    let first = || catalog.disk_types().first().map(|first| first.name.into());
    match catalog.disk_type(DEFAULT_SYSTEM_DISK.as_str()) {
        Some(_) => DEFAULT_SYSTEM_DISK,
        None => first().unwrap_or(DEFAULT_SYSTEM_DISK),
    }
}

/// The message for a size that disks of a type do not have.
fn wrong_size(
    member: &str,
    kind: &DiskType,
    size: i64,
    sizes: Option<&RangeInclusive<i64>>,
) -> String {
    match sizes {
        Some(sizes) => {
            let (min, max) = (sizes.start(), sizes.end());
            format!("`{member}.DiskSize` is {size}, but {kind} here can have {min} to {max} GiB.")
        }
        None => format!("`{member}.DiskType` is {kind}, which a request cannot choose."),
    }
}

pub(crate) fn data(
    codes: DocumentedCodes,
    catalog: Catalog,
    requested: &[DataDisk],
) -> Result<Vec<StoredDisk>, ApiError> {
    if let Some(index) = requested.iter().position(|disk| disk.disk_size.is_none()) {
        let message = format!("`DataDisks.{index}.DiskSize` is missing.");
        return Err(codes.error(["MissingParameter"], message));
    }
    // A size of 0 means no disk, as documented.
    let real = requested.iter().enumerate().filter(|(_, disk)| disk.disk_size != Some(0));
    let disks: Vec<_> = real
        .map(|(index, disk)| data_disk(codes, catalog, index, disk))
        .collect::<Result<_, _>>()?;
    let local = disks.iter().filter(|disk| disk.is_local()).count();
    let cloud = disks.len() - local;
    if local > MAX_LOCAL_DATA_DISKS || cloud > MAX_CLOUD_DATA_DISKS {
        let message = format!(
            "`DataDisks` has {local} local and {cloud} cloud disks, but an instance can have at \
             most {MAX_LOCAL_DATA_DISKS} and {MAX_CLOUD_DATA_DISKS}."
        );
        return Err(codes.error(["InvalidParameterValue.LimitExceeded"], message));
    }
    Ok(disks)
}

fn data_disk(
    codes: DocumentedCodes,
    catalog: Catalog,
    index: usize,
    requested: &DataDisk,
) -> Result<StoredDisk, ApiError> {
    let member = format!("DataDisks.{index}");
    let kind = requested.disk_type.clone().unwrap_or(DEFAULT_DATA_DISK);
    let size = requested.disk_size.unwrap_or_default();
    let sizes = catalog.disk_type(kind.as_str()).map(|known| &known.data_gib);
    if !sizes.is_some_and(|sizes| sizes.contains(&size)) {
        let too_small = sizes.is_some_and(|sizes| size < *sizes.start());
        let ssd = (kind == DiskType::CloudSsd && too_small)
            .then_some("InvalidParameterValue.CloudSsdDataDiskSizeTooSmall");
        let message = wrong_size(&member, &kind, size, sizes);
        return Err(codes.error(ssd.into_iter().chain(["InvalidParameterValue.Range"]), message));
    }
    if size % DATA_STEP_GIB != 0 {
        let message = format!("`{member}.DiskSize` is {size}, but must be a multiple of 10 GiB.");
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    check_performance(codes, &member, &kind, requested)?;
    let text = |text: &Option<String>| text.as_deref().map(Arc::from);
    Ok(StoredDisk {
        kind,
        gib: size,
        delete_with_instance: requested.delete_with_instance.unwrap_or(true),
        is_encrypted: requested.encrypt.unwrap_or(false),
        kms_key_id: text(&requested.kms_key_id),
        snapshot_id: text(&requested.snapshot_id),
        throughput_performance: requested.throughput_performance,
        burst_performance: requested.burst_performance,
        name: text(&requested.disk_name),
        ..StoredDisk::default()
    })
}

/// Checks the extra throughput and the burst performance of a data disk.
fn check_performance(
    codes: DocumentedCodes,
    member: &str,
    kind: &DiskType,
    requested: &DataDisk,
) -> Result<(), ApiError> {
    let gib = requested.disk_size.unwrap_or_default();
    let throughput = requested.throughput_performance.unwrap_or(0);
    let name = format!("{member}.ThroughputPerformance");
    let has_burst = requested.burst_performance == Some(true);
    disk_performance::check_throughput(&name, (kind.as_str(), gib), throughput)
        .and_then(|()| match has_burst {
            true => disk_performance::check_burst(kind.as_str(), gib),
            false => Ok(()),
        })
        .map_err(|message| codes.error(["InvalidParameterValue"], message))
}

/// Only hourly cloud disks can be deleted with their instance.
pub(crate) fn keep_prepaid(disks: &mut [StoredDisk]) {
    for disk in disks.iter_mut().filter(|disk| !disk.is_local()) {
        disk.delete_with_instance = false;
    }
}

/// Checks the snapshots of data disks. A disk of an encrypted snapshot is encrypted, too.
pub(crate) fn check_snapshots(
    context: &RequestContext<'_>,
    disks: &mut [StoredDisk],
) -> Result<(), ApiError> {
    for disk in disks {
        let Some(id) = disk.snapshot_id.as_deref() else { continue };
        let snapshot = context.snapshot(id).filter(|snapshot| snapshot.ready_at <= context.now);
        let snapshot = snapshot.ok_or_else(|| {
            let message = format!("The snapshot `{id}` does not exist, or is not complete.");
            context.codes.error(["InvalidParameter.SnapshotNotFound"], message)
        })?;
        let min = snapshot.api.disk_size;
        if disk.gib < min {
            let message = format!("The snapshot `{id}` needs a disk of at least {min} GiB.");
            let code = "FailedOperation.SnapshotSizeLargerThanDataSize";
            return Err(context.codes.error([code], message));
        }
        if snapshot.is_encrypted {
            disk.is_encrypted = true;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use cvm_models::actions::RunInstances;
    use cvm_protocol::Action;

    use super::*;
    const CODES: DocumentedCodes = DocumentedCodes(RunInstances::INFO);

    fn disk(kind: &str, size: i64) -> DataDisk {
        DataDisk { disk_type: Some(kind.into()), disk_size: Some(size), ..DataDisk::default() }
    }

    fn code(disks: &[DataDisk]) -> Option<&'static str> {
        data(CODES, Catalog::builtin(), disks).err().map(|error| error.code)
    }

    #[test]
    fn instance_has_at_most_1_local_and_20_cloud_data_disks() {
        assert_eq!(code(&[disk("LOCAL_BASIC", 100), disk("CLOUD_PREMIUM", 100)]), None);
        let expected = Some("InvalidParameterValue.LimitExceeded");
        assert_eq!(code(&[disk("LOCAL_BASIC", 100), disk("LOCAL_SSD", 100)]), expected);
        let many = vec![disk("CLOUD_PREMIUM", 50); 21];
        assert_eq!(code(&many[..20]), None);
        assert_eq!(code(&many), expected);
    }

    #[test]
    fn data_disk_of_size_0_is_not_created() {
        assert_eq!(data(CODES, Catalog::builtin(), &[disk("LOCAL_BASIC", 0)]).unwrap(), []);
    }

    #[test]
    fn data_disk_sizes_have_limits_and_steps() {
        assert_eq!(code(&[disk("CLOUD_PREMIUM", 15)]), Some("InvalidParameterValue"));
        assert_eq!(code(&[disk("CLOUD_PREMIUM", 1_000_000)]), Some("InvalidParameterValue.Range"));
        assert_eq!(code(&[disk("CLOUD_PREMIUM", -10)]), Some("InvalidParameterValue.Range"));
        let expected = Some("InvalidParameterValue.CloudSsdDataDiskSizeTooSmall");
        assert_eq!(code(&[disk("CLOUD_SSD", 10)]), expected);
        // A disk type that comes with an instance type cannot be chosen.
        assert_eq!(code(&[disk("LOCAL_NVME", 100)]), Some("InvalidParameterValue.Range"));
    }

    #[test]
    fn only_the_fastest_disks_have_additional_throughput() {
        let code = |kind: &str, throughput: i64| {
            let throughput_performance = Some(throughput);
            super::tests::code(&[DataDisk { throughput_performance, ..disk(kind, 470) }])
        };
        for kind in ["CLOUD_TSSD", "CLOUD_HSSD"] {
            assert_eq!(code(kind, 1), None, "{kind}");
            assert_eq!(code(kind, -1), Some("InvalidParameterValue"), "{kind}");
        }
        assert_eq!(code("CLOUD_PREMIUM", 0), None);
        assert_eq!(code("CLOUD_PREMIUM", 1), Some("InvalidParameterValue"));
    }

    #[test]
    fn default_system_disk_is_one_that_the_catalog_has() {
        let image = &LaunchImage::of(&Catalog::builtin().image("img-pmqg1cw7").unwrap().api());
        let default = |disks: &str| {
            let text = format!(r#"{{ "replace": ["disks"], "disks": [{disks}] }}"#);
            let catalog = Catalog::builtin().with_json(&text).unwrap();
            let disk = system(CODES, catalog, None, image).unwrap();
            (disk.gib, disk.kind)
        };
        let ssd = r#"{ "name": "CLOUD_SSD", "system_gib": [100, 200], "data_gib": [10, 20] }"#;
        assert_eq!(default(ssd), (100, DiskType::CloudSsd));
        let premium =
            r#"{ "name": "CLOUD_PREMIUM", "system_gib": [20, 60], "data_gib": [10, 20] }"#;
        assert_eq!(default(&format!("{ssd}, {premium}")), (50, DiskType::CloudPremium));
    }

    #[test]
    fn system_disk_is_at_least_as_large_as_its_image() {
        let catalog = Catalog::builtin();
        let windows = &LaunchImage::of(&catalog.image("img-9id7emv7").unwrap().api());
        let of = |size| SystemDisk { disk_size: Some(size), ..SystemDisk::default() };
        let code = |size| system(CODES, catalog, Some(&of(size)), windows).err().map(|it| it.code);
        assert_eq!(code(50), None);
        assert_eq!(code(40), Some("InvalidParameterValue.Range"));
        assert_eq!(code(2000), Some("InvalidParameterValue.Range"));
        let default = system(CODES, catalog, None, windows).unwrap();
        assert_eq!((default.gib, default.kind), (50, DiskType::CloudPremium));
        let large = &LaunchImage { size_gib: 80, ..windows.clone() };
        assert_eq!(system(CODES, catalog, None, large).unwrap().gib, 80);
    }
}
