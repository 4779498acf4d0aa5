//! DescribeImages, DescribeImageFromFamily and DescribeImageQuota.

use cvm_models::actions::{
    DescribeImageFromFamily, DescribeImageFromFamilyResponse, DescribeImageQuota,
    DescribeImageQuotaResponse, DescribeImages, DescribeImagesResponse,
};
use cvm_models::enums::{ImageState, ImageType};
use cvm_models::types::Image;

use crate::api_error::ApiError;
use crate::catalog::PublicImage;
use crate::error_codes;
use crate::filter::{Filters, IdFilter, Tests, fits};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::custom_size::custom_size;
use crate::launch::tags;
use crate::page::Page;
use crate::state::{OwnedImage, RequestContext, System, api_quota};
use crate::timestamp::Timestamp;

/// Lists the images of the account, the newest first, then those that others share with it, then the public ones.
impl ActionHandler for DescribeImages {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let filters = Filters::of((codes, now), &self.filters, FILTERS)?;
        if let Some(name) = &self.instance_type {
            check_type(context, name)?;
        }
        let ids = IdFilter::new(&self.image_ids);
        // Every instance type of the catalog is x86, so an image runs on all of them or on none.
        let runs = |image: &Image| self.instance_type.is_none() || System::of(image).is_x86();
        let public = context.catalog.images();
        let owned = context.owned_images().map(|owned| owned.shown_at(now));
        let shared = context.shared_images().map(|image| shown_to_others(image, now));
        let listed = owned.chain(shared).chain(public.iter().map(PublicImage::api));
        let listed = listed.filter(|image| {
            ids.includes(&image.image_id) && runs(image) && filters.match_item(image)
        });
        let page = Page::of(codes.0, self.offset, self.limit);
        let (image_set, total_count) = page.cut(listed, |image| image);
        Ok(Outcome::Response(DescribeImagesResponse {
            image_set,
            total_count,
            ..Self::Response::default()
        }))
    }
}

/// An image as the accounts see it that it is shared with. Tags belong to its owner.
fn shown_to_others(image: &OwnedImage, now: Timestamp) -> Image {
    Image { image_type: ImageType::SharedImage, tags: Vec::new(), ..image.shown_at(now) }
}

fn check_type(context: &RequestContext<'_>, name: &str) -> Result<(), ApiError> {
    let codes = context.codes;
    error_codes::type_name(codes, name)?;
    if context.catalog.instance_type(name).is_none() && custom_size(name).is_none() {
        let message = format!("The instance type `{name}` does not exist.");
        return Err(codes.error(["InvalidParameterValue.InstanceTypeNotFound"], message));
    }
    Ok(())
}

/// The filters for images that are cached in a dedicated cluster are not supported: there are no such clusters.
const FILTERS: &Tests<Image> = &[
    ("image-id", |filter, image, _| filter.is(&image.image_id)),
    ("image-type", |filter, image, _| filter.is(image.image_type.as_str())),
    ("image-name", |filter, image, _| filter.any(|pattern| fits(&image.image_name, pattern))),
    ("platform", |filter, image, _| filter.any(|pattern| fits(&image.platform, pattern))),
    ("tag-key", |filter, image, _| tags::api_tags_match(filter, &image.tags)),
    ("tag-value", |filter, image, _| tags::api_tags_match(filter, &image.tags)),
    ("tag:tag-key", |filter, image, _| tags::api_tags_match(filter, &image.tags)),
];

/// Finds the newest image of a family that is NORMAL and not deprecated.
impl ActionHandler for DescribeImageFromFamily {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let now = context.now;
        let family = self.image_family;
        let is_current = |image: &Image| {
            family.is_some()
                && image.image_family == family
                && image.image_state == ImageState::Normal
                && image.image_deprecated != Some(true)
        };
        let public = context.catalog.images();
        let owned = context.resources().images.newest_first().map(|owned| owned.shown_at(now));
        let mut all = owned.chain(public.iter().map(PublicImage::api));
        let image = all.find(is_current);
        Ok(Outcome::Response(DescribeImageFromFamilyResponse {
            image,
            ..Self::Response::default()
        }))
    }
}

/// The maximum number of images of the account in a region.
impl ActionHandler for DescribeImageQuota {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        Ok(Outcome::Response(DescribeImageQuotaResponse {
            image_num_quota: api_quota(context.quotas.images),
            ..Self::Response::default()
        }))
    }
}
