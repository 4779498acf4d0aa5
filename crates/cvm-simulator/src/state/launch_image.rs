//! Images for launches, and the operating systems on them.

use cvm_models::enums::{Architecture, ImageType, LicenseType};
use cvm_models::types::Image;

/// An image that instances can start from.
#[derive(Clone, Debug)]
pub(crate) struct LaunchImage {
    pub(crate) id: String,
    /// The minimum size of the system disk in GiB.
    pub(crate) size_gib: i64,
    pub(crate) system: System,
    pub(crate) is_encrypted: bool,
    /// Whether the platform offers it to every account.
    pub(crate) is_public: bool,
}

impl LaunchImage {
    /// The image, which is not encrypted.
    pub(crate) fn of(image: &Image) -> Self {
        Self {
            id: image.image_id.clone(),
            size_gib: image.image_size,
            system: System::of(image),
            is_encrypted: false,
            is_public: image.image_type == ImageType::PublicImage,
        }
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
    /// The system of an image.
    pub(crate) fn of(image: &Image) -> Self {
        Self {
            os_name: image.os_name.clone(),
            platform: image.platform.clone(),
            architecture: image.architecture.clone(),
            license_type: image.license_type.clone(),
            has_cloudinit: image.is_support_cloudinit,
        }
    }

    /// An image of this system, which the caller completes.
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

    /// Whether it runs on x86, like every instance type of the catalog.
    pub(crate) fn is_x86(&self) -> bool {
        matches!(self.architecture, Architecture::X86_64 | Architecture::I386)
    }

    /// The default user and port of the login.
    pub(crate) fn login(&self) -> (&'static str, i64) {
        match self.platform.as_str() {
            "Windows" => ("Administrator", 3389),
            "Ubuntu" => ("ubuntu", 22),
            _ => ("root", 22),
        }
    }
}
