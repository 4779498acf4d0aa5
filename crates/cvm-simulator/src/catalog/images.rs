//! Public images. `img-pmqg1cw7` is in the documentation; the others are typical, with assumed ids.

use cvm_models::enums::{Architecture, ImageSource, ImageState, ImageType, LicenseType};
use cvm_models::types::Image;

/// A public image, the same in every region.
#[derive(Debug)]
pub(crate) struct PublicImage {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) platform: &'static str,
    /// The family for DescribeImageFromFamily.
    pub(crate) family: &'static str,
    pub(crate) size_gib: i64,
    pub(crate) created: &'static str,
}

impl PublicImage {
    /// The image in the form of the API.
    pub(crate) fn api(&self) -> Image {
        Image {
            image_id: self.id.to_owned(),
            os_name: self.name.to_owned(),
            image_type: ImageType::PublicImage,
            created_time: self.created.to_owned(),
            image_name: self.name.to_owned(),
            image_description: self.name.to_owned(),
            image_size: self.size_gib,
            architecture: Architecture::X86_64,
            image_state: ImageState::Normal,
            platform: self.platform.to_owned(),
            image_creator: String::new(),
            image_source: ImageSource::Official,
            is_support_cloudinit: true,
            license_type: LicenseType::TencentCloud,
            image_family: Some(self.family.to_owned()),
            image_deprecated: Some(false),
            ..Image::default()
        }
    }
}

/// The public image with this id.
pub(crate) fn image(id: &str) -> Option<&'static PublicImage> {
    IMAGES.iter().find(|image| image.id == id)
}

const fn row(
    id: &'static str,
    platform: &'static str,
    family: &'static str,
    name: &'static str,
    size_gib: i64,
    created: &'static str,
) -> PublicImage {
    PublicImage { id, name, platform, family, size_gib, created }
}

/// The newest first, like the service.
#[rustfmt::skip]
pub(crate) const IMAGES: &[PublicImage] = &[
    row("img-mmytdhbn", "Ubuntu", "Ubuntu", "Ubuntu Server 24.04 LTS 64bit", 20, "2024-05-20T08:00:00Z"),
    row("img-l8og963d", "Debian", "Debian", "Debian 12.0 64bit", 20, "2023-07-25T08:00:00Z"),
    row("img-487zeit5", "Ubuntu", "Ubuntu", "Ubuntu Server 22.04 LTS 64bit", 20, "2022-07-05T08:00:00Z"),
    row("img-9qrfy1xt", "TencentOS", "TencentOS", "TencentOS Server 3.1 (TK4)", 20, "2022-03-01T08:00:00Z"),
    row("img-2lr9q49h", "Windows", "Windows", "Windows Server 2019 Datacenter 64bit EN", 50, "2020-11-10T08:00:00Z"),
    row("img-9id7emv7", "Windows", "Windows", "Windows Server 2016 Datacenter 64bit EN", 50, "2019-06-11T08:00:00Z"),
    row("img-hdt9xxkt", "TencentOS", "TencentOS", "TencentOS Server 2.4", 20, "2019-04-02T08:00:00Z"),
    row("img-9qabwvbn", "CentOS", "CentOS", "CentOS 7.6 64bit", 20, "2019-01-15T08:00:00Z"),
    row("img-pmqg1cw7", "CentOS", "CentOS", "CentOS 7.2 64bit", 20, "2017-03-12T08:00:00Z"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::has_layout;

    #[test]
    fn public_images_have_valid_ids_and_times() {
        for image in IMAGES {
            assert!(has_layout(image.id, "img-xxxxxxxx"), "{}", image.id);
            assert!(crate::Timestamp::parse(image.created).is_some(), "{}", image.id);
            assert_eq!(super::image(image.id).map(|found| found.name), Some(image.name));
        }
    }

    #[test]
    fn documented_image_exists() {
        assert!(image("img-pmqg1cw7").is_some_and(|image| image.platform == "CentOS"));
    }
}
