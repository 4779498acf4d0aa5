//! Public images.

use cvm_models::enums::{Architecture, ImageSource, ImageState, ImageType, LicenseType};
use cvm_models::types::Image;

use super::reader::{Reader, Result, suggestion};
use super::row::Row;
use crate::Timestamp;
use crate::parameters::has_layout;

/// A public image, the same in every region.
#[derive(Clone, Debug)]
pub(crate) struct PublicImage {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) platform: &'static str,
    /// The family for DescribeImageFromFamily.
    pub(crate) family: Option<&'static str>,
    architecture: Architecture,
    pub(crate) size_gib: i64,
    pub(crate) created: Timestamp,
}

impl PublicImage {
    /// The image in the form of the API.
    pub(crate) fn api(&self) -> Image {
        Image {
            image_id: self.id.to_owned(),
            os_name: self.name.to_owned(),
            image_type: ImageType::PublicImage,
            created_time: self.created.to_string(),
            image_name: self.name.to_owned(),
            image_description: self.name.to_owned(),
            image_size: self.size_gib,
            architecture: self.architecture.clone(),
            image_state: ImageState::Normal,
            platform: self.platform.to_owned(),
            image_creator: "tencent".to_owned(),
            image_source: ImageSource::Official,
            sync_percent: Some(0),
            is_support_cloudinit: true,
            license_type: LicenseType::TencentCloud,
            image_family: self.family.map(str::to_owned),
            image_deprecated: Some(false),
            ..Image::default()
        }
    }
}

impl Row for PublicImage {
    const SECTION: &'static str = "images";

    fn key(&self) -> &'static str {
        self.id
    }

    fn read(item: &mut Reader) -> Result<Self> {
        let id = item.text("id")?;
        if !has_layout(id, "img-xxxxxxxx") {
            let problem = format!("is \"{id}\": an id is img- and 8 lower-case letters or digits");
            return Err(item.error("id", problem));
        }
        let created = item.text("created")?;
        let architecture = item.optional_text("architecture")?.unwrap_or("x86_64");
        if !Architecture::VALUES.contains(&architecture) {
            let fix = suggestion(architecture, Architecture::VALUES);
            let problem = format!("is \"{architecture}\", no architecture: {fix}");
            return Err(item.error("architecture", problem));
        }
        Ok(Self {
            id,
            name: item.text("name")?,
            platform: item.text("platform")?,
            family: item.optional_text("family")?,
            architecture: architecture.into(),
            size_gib: item.number("size_gib", 1..=1_000_000)?,
            created: Timestamp::parse(created).ok_or_else(|| {
                let problem = format!("is \"{created}\": give a time such as 2024-05-20T08:00:00Z");
                item.error("created", problem)
            })?,
        })
    }
}

/// Sorts the newest first, like the service.
pub(super) fn sort(images: &mut [PublicImage]) {
    images.sort_by_key(|image| std::cmp::Reverse(image.created));
}

#[cfg(test)]
mod tests {
    use crate::catalog::Catalog;

    /// Ids and names that tools have in their examples and tests.
    #[test]
    fn public_images_have_the_ids_of_the_service() {
        for (id, name, platform) in [
            ("img-2lr9q49h", "Tencent Linux", "Tencent Linux"),
            ("img-9qrfy1xt", "TencentOS Server 3.2 (Final)", "TencentOS"),
            ("img-l8og963d", "CentOS 7.9", "CentOS"),
            ("img-9qabwvbn", "CentOS 7.6", "CentOS"),
            ("img-pmqg1cw7", "CentOS", "CentOS"),
            ("img-9id7emv7", "Windows Server 2016 Datacenter 64bit Chinese", "Windows"),
            ("img-1eckhm4t", "Windows Server 2016 Datacenter 64bit English", "Windows"),
            ("img-487zeit5", "Ubuntu Server 22.04", "Ubuntu"),
            ("img-mmytdhbn", "Ubuntu Server 24.04", "Ubuntu"),
        ] {
            let image = Catalog::builtin().image(id).unwrap();
            assert!(image.name.starts_with(name), "{id} is {}", image.name);
            assert_eq!(image.platform, platform, "{id}");
        }
    }

    #[test]
    fn images_are_sorted_from_the_newest() {
        let images = Catalog::builtin().images();
        assert!(images.windows(2).all(|pair| pair[0].created >= pair[1].created));
    }
}
