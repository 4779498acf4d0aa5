//! The one place where the image of a launch is looked up, whether it is public or the account's own.

use crate::api_error::ApiError;
use crate::catalog::image;
use crate::state::{DiskSnapshot, Images, RequestContext};
use cvm_models::enums::{Architecture, ImageState, LicenseType};
use cvm_models::types::Image;

/// An image that instances can start from.
#[derive(Clone, Debug)]
pub(crate) struct LaunchImage {
    pub(crate) id: String,
    /// What a system disk must hold at least.
    pub(crate) size_gib: i64,
    pub(crate) system: System,
    pub(crate) is_encrypted: bool,
}

impl LaunchImage {
    /// What a launch needs to know of an image that is not encrypted.
    pub(crate) fn of(image: &Image) -> Self {
        Self {
            id: image.image_id.clone(),
            size_gib: image.image_size,
            system: System::of(image),
            is_encrypted: false,
        }
    }
}

impl RequestContext<'_> {
    /// The image of an id, if instances of this region can start from it now.
    pub(crate) fn bootable(&self, image_id: &str) -> Result<LaunchImage, ApiError> {
        if let Some(public) = image(image_id) {
            return Ok(LaunchImage::of(&public.shown()));
        }
        let own = self.images().and_then(|images| images.get(image_id)).ok_or_else(|| {
            let message = format!("The image `{image_id}` does not exist in {}.", self.region.name);
            self.codes.error(["InvalidImageId.NotFound"], message)
        })?;
        let state = own.state(self.now);
        if *state != ImageState::Normal {
            let message = format!("The image `{image_id}` is {state}, not NORMAL.");
            let wanted =
                ["InvalidParameterValue.InvalidImageState", "InvalidImageId.IncorrectState"];
            return Err(self.codes.error(wanted, message));
        }
        Ok(LaunchImage { is_encrypted: own.is_encrypted, ..LaunchImage::of(&own.shown) })
    }

    /// The operating system that instances made from an image have, even when the image is no more.
    pub(crate) fn system_of(&self, image_id: &str) -> Option<System> {
        match image(image_id) {
            Some(public) => Some(System::of(&public.shown())),
            None => self.images()?.system(image_id),
        }
    }

    /// A snapshot of this region.
    pub(crate) fn snapshot(&self, snapshot_id: &str) -> Option<&DiskSnapshot> {
        self.images()?.snapshots.get(snapshot_id)
    }

    fn images(&self) -> Option<&Images> {
        self.regions.get(self.region.name).map(|resources| &*resources.images)
    }
}

/// An operating system. It stays the same when an image becomes a disk, a snapshot or another image.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct System {
    pub(crate) os_name: String,
    pub(crate) platform: String,
    pub(crate) architecture: Architecture,
    pub(crate) license_type: LicenseType,
    pub(crate) has_cloudinit: bool,
}

impl System {
    /// That of an image.
    pub(crate) fn of(image: &Image) -> Self {
        Self {
            os_name: image.os_name.clone(),
            platform: image.platform.clone(),
            architecture: image.architecture.clone(),
            license_type: image.license_type.clone(),
            has_cloudinit: image.is_support_cloudinit,
        }
    }

    /// An image that holds it, for the caller to complete.
    pub(crate) fn image(&self) -> Image {
        Image {
            os_name: self.os_name.clone(),
            platform: self.platform.clone(),
            architecture: self.architecture.clone(),
            license_type: self.license_type.clone(),
            is_support_cloudinit: self.has_cloudinit,
            ..Image::default()
        }
    }

    pub(crate) fn is_windows(&self) -> bool {
        self.platform == "Windows"
    }

    /// Whether it runs on x86, as every instance type of the catalogue is.
    pub(crate) fn is_x86(&self) -> bool {
        matches!(self.architecture, Architecture::X86_64 | Architecture::I386)
    }

    /// Who logs in, and at which port.
    pub(crate) fn login(&self) -> (&'static str, i64) {
        match self.platform.as_str() {
            "Windows" => ("Administrator", 3389),
            "Ubuntu" => ("ubuntu", 22),
            _ => ("root", 22),
        }
    }
}
