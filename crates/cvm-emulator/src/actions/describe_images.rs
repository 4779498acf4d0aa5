//! DescribeImages: the public images; an account has no others yet.

use cvm_models::actions::{DescribeImages, DescribeImagesResponse};
use cvm_models::enums::{Architecture, ImageSource, ImageState, ImageType, LicenseType};
use cvm_models::types::Image;

use crate::catalogue::{IMAGES, PublicImage, instance_type, is_type_name};
use crate::dispatch::{Behaviour, Outcome};
use crate::filter::{self, Wanted};
use crate::page::Page;
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for DescribeImages {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let codes = scene.codes;
        let filters = filter::check(codes, &self.filters)?;
        // Every image here runs on every type, so the type is only checked.
        if let Some(name) = &self.instance_type {
            if !is_type_name(name) {
                let message = format!("The instance type `{name}` is malformed.");
                return Err(codes.refuse(["InvalidInstanceType.Malformed"], message));
            }
            if instance_type(name).is_none() {
                let message = format!("The instance type `{name}` does not exist.");
                return Err(codes.refuse(["InvalidParameterValue.InstanceTypeNotFound"], message));
            }
        }
        let is_asked_for = |image: &&PublicImage| {
            self.image_ids.is_empty() || self.image_ids.iter().any(|id| id == image.id)
        };
        let passes = |image: &&PublicImage| filters.iter().all(|filter| holds(filter, image));
        let images = IMAGES.iter().filter(is_asked_for).filter(passes);
        let page = Page::of(codes.0, self.offset, self.limit);
        let (image_set, total_count) = page.cut(images, shown);
        Ok(Outcome::Done(DescribeImagesResponse {
            image_set,
            total_count,
            ..Self::Response::default()
        }))
    }
}

fn holds(filter: &Wanted<'_>, image: &PublicImage) -> bool {
    match filter.name {
        "image-id" => filter.is(image.id),
        "image-type" => filter.is(ImageType::PublicImage.as_str()),
        "image-name" => filter.is(image.name),
        "platform" => filter.is(image.platform),
        // Public images have no tags and are cached in no dedicated cluster.
        _ => false,
    }
}

fn shown(image: &PublicImage) -> Image {
    Image {
        image_id: image.id.to_owned(),
        os_name: image.name.to_owned(),
        image_type: ImageType::PublicImage,
        created_time: image.created.to_owned(),
        image_name: image.name.to_owned(),
        image_description: image.name.to_owned(),
        image_size: image.size_gib,
        architecture: Architecture::X86_64,
        image_state: ImageState::Normal,
        platform: image.platform.to_owned(),
        image_creator: String::new(),
        image_source: ImageSource::Official,
        is_support_cloudinit: true,
        license_type: LicenseType::TencentCloud,
        image_family: Some(image.family.to_owned()),
        image_deprecated: Some(false),
        ..Image::default()
    }
}
