//! DescribeImageFromFamily: the newest image of a family that can be used and is not marked as outdated.

use cvm_models::actions::{DescribeImageFromFamily, DescribeImageFromFamilyResponse};
use cvm_models::enums::ImageState;
use cvm_models::types::Image;

use crate::api_error::ApiError;
use crate::catalogue::IMAGES;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for DescribeImageFromFamily {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let now = scene.now;
        let family = self.image_family.filter(|family| !family.is_empty());
        let is_current = |image: &Image| {
            family.is_some()
                && image.image_family == family
                && image.image_state == ImageState::Normal
                && image.image_deprecated != Some(true)
        };
        let own = scene.resources().images.newest_first().map(|own| own.shown_at(now));
        let mut all = own.chain(IMAGES.iter().map(|public| public.shown()));
        let image = all.find(is_current);
        Ok(Outcome::Response(DescribeImageFromFamilyResponse {
            image,
            ..Self::Response::default()
        }))
    }
}
