//! ImportImage and DescribeImportImageOs.

use std::time::Duration;

use cvm_models::actions::{
    DescribeImportImageOs, DescribeImportImageOsResponse, ImportImage, ImportImageResponse,
};
use cvm_models::enums::{
    Architecture, BootMode, DiskUsage, ImageSource, ImageState, LicenseType, TagResourceType,
};
use cvm_models::types::{Image, ImageOsList, OsVersion, Snapshot};

use crate::actions::images::{names, owned_image};
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{ImportSystem, Zone};
use crate::handler::{ActionHandler, Outcome};
use crate::ids::Stream;
use crate::launch::tags::tags;
use crate::state::{Creation, DiskSnapshot, OwnedImage, RequestContext, SnapshotDetails, System};

/// Duration of an import.
const IMPORT_TIME: Duration = Duration::from_secs(600);

/// The files are not read, so their disks have these sizes.
const LINUX_GIB: i64 = 20;
const WINDOWS_GIB: i64 = 50;
const DATA_GIB: i64 = 20;

/// Extensions of the supported file formats.
const READABLE: &[&str] = &["raw", "img", "qcow2", "vhd", "vmdk", ISO];
const ISO: &str = "iso";

/// Creates an image from a disk file. IMPORTING → NORMAL, or IMPORTFAILED if its format is not supported.
impl ActionHandler for ImportImage {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, region) = (context.codes, context.region.name);
        let is_forced = self.force == Some(true);
        names::check(codes, &self.image_name)?;
        let image_family = names::family(codes, self.image_family.as_deref())?;
        let tags = tags(context, &self.tag_specification, &[TagResourceType::Image])?;
        let architecture = self.architecture.clone().unwrap_or(Architecture::X86_64);
        let known = find_system(context, &self, &architecture)?;
        let is_readable = check_files(codes, &self)?;
        if architecture == Architecture::Arm64 && self.boot_mode == Some(BootMode::LegacyBios) {
            let message = "ARM images can only boot with UEFI.";
            return Err(codes.error(["InvalidParameterValue.InvalidBootMode"], message));
        }
        names::check_name_is_free(codes, &context.resources().images, &self.image_name, None)?;
        let quota = context.quotas.images;
        owned_image::check_room(codes, (&context.resources().images, quota), region)?;
        if self.dry_run == Some(true) {
            return Ok(Outcome::DryRun);
        }
        let system = System {
            os_name: known.os_name(&self.os_version, architecture.as_str()),
            platform: known.platform.to_owned(),
            // Responses spell this value differently from requests.
            architecture: match architecture {
                Architecture::Arm64 => Architecture::Arm,
                other => other,
            },
            license_type: self.license_type.unwrap_or(LicenseType::TencentCloud),
            has_cloudinit: !is_forced,
        };
        let ends = context.now.after(context.clock.delay(IMPORT_TIME));
        let details = SnapshotDetails {
            name: self.image_name.clone(),
            created: context.now,
            zone: context.region.zones().next().map(Zone::name).unwrap_or_default(),
            ..SnapshotDetails::default()
        };
        let mut disk = |usage, size, system| {
            let snapshot_id = context.ids.id("snap-", Stream::SnapshotId);
            let api =
                Snapshot { snapshot_id, disk_usage: usage, disk_size: size, ..Default::default() };
            let details = details.clone();
            DiskSnapshot { api, system, is_encrypted: false, ready_at: ends, details }
        };
        let size = if known.is_windows() { WINDOWS_GIB } else { LINUX_GIB };
        let mut disks = vec![disk(DiskUsage::SystemDisk, size, Some(system.clone()))];
        for _ in &self.import_image_data_disk_list {
            disks.push(disk(DiskUsage::DataDisk, DATA_GIB, None));
        }
        let image_id = context.ids.id("img-", Stream::ImageId);
        context.record_tags(&tags);
        let api = Image {
            image_id: image_id.clone(),
            image_name: self.image_name,
            image_description: self.image_description.unwrap_or_default(),
            image_state: if is_readable { ImageState::Normal } else { ImageState::ImportFailed },
            image_source: ImageSource::ExternalImport,
            image_family,
            image_creator: context.account.uin().to_string(),
            tags,
            ..system.image()
        };
        let creation = Creation { state: ImageState::Importing, began: context.now, ends };
        // A failed import leaves no snapshots.
        let disks = if is_readable { disks } else { Vec::new() };
        let image = OwnedImage::new(api, creation, &disks);
        context.resources().images.insert(image, disks);
        let image_id = Some(image_id);
        Ok(Outcome::Response(ImportImageResponse { image_id, ..Self::Response::default() }))
    }
}

fn find_system(
    context: &RequestContext<'_>,
    request: &ImportImage,
    architecture: &Architecture,
) -> Result<&'static ImportSystem, ApiError> {
    let codes = context.codes;
    let (name, version) = (&request.os_type, &request.os_version);
    let mut systems = context.catalog.import_systems().iter();
    let Some(known) = systems.find(|known| known.name == name) else {
        let message = format!("The operating system `{name}` cannot be imported.");
        return Err(codes.error(["InvalidImageOsType.Unsupported"], message));
    };
    if !known.versions.contains(&version.as_str()) && request.force != Some(true) {
        let message = format!("The version `{version}` of {name} cannot be imported.");
        return Err(codes.error(["InvalidImageOsVersion.Unsupported"], message));
    }
    if !known.architectures.contains(&architecture.as_str()) {
        let message = format!("{name} for {architecture} cannot be imported.");
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    Ok(known)
}

/// Checks the URLs of all files. Returns `false` if a file has an unsupported format, which only the import itself
/// reports.
fn check_files(codes: DocumentedCodes, request: &ImportImage) -> Result<bool, ApiError> {
    let disks = request.import_image_data_disk_list.iter().map(|disk| &disk.image_url);
    let mut are_readable = true;
    for url in [&request.image_url].into_iter().chain(disks) {
        let Some(file) = file(url) else {
            let message = format!("`{url}` is not the URL of a file.");
            return Err(codes.error(["InvalidParameter.InvalidParameterUrlError"], message));
        };
        let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
        if ending == ISO && request.force != Some(true) {
            let message = "An ISO file can only be imported with `Force`.";
            return Err(codes.error(["InvalidParameterValue.ISOMustImportByForce"], message));
        }
        are_readable &= READABLE.contains(&ending.as_str());
    }
    Ok(are_readable)
}

/// The path of a file on a web server.
fn file(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let address = rest.split(['?', '#']).next()?;
    let (host, path) = address.split_once('/')?;
    (host.contains('.') && !path.is_empty() && !path.ends_with('/')).then_some(path)
}

/// Lists the operating systems that ImportImage supports.
impl ActionHandler for DescribeImportImageOs {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let known = context.catalog.import_systems();
        let names = |of_windows| {
            let systems = known.iter().filter(|it| it.is_windows() == of_windows);
            systems.map(|system| system.name.to_owned()).collect()
        };
        Ok(Outcome::Response(DescribeImportImageOsResponse {
            import_image_os_list_supported: ImageOsList {
                windows: names(true),
                linux: names(false),
                ..Default::default()
            },
            import_image_os_version_set: known.iter().map(versions).collect(),
            ..Self::Response::default()
        }))
    }
}

fn versions(system: &ImportSystem) -> OsVersion {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    OsVersion {
        os_name: system.name.to_owned(),
        os_versions: texts(system.versions),
        architecture: texts(system.architectures),
        ..Default::default()
    }
}
