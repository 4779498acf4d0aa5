//! DescribeImageFromFamily: the newest image of a family that can be used and is not marked as outdated.

use cvm_models::actions::{DescribeImageFromFamily, DescribeImageFromFamilyResponse};
use cvm_models::enums::ImageState;
use cvm_models::types::Image;

use crate::catalogue::IMAGES;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for DescribeImageFromFamily {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let now = scene.now;
        let family = self.image_family.filter(|family| !family.is_empty());
        let is_current = |image: &Image| {
            family.is_some()
                && image.image_family == family
                && image.image_state == ImageState::Normal
                && image.image_deprecated != Some(true)
        };
        let own = scene.here().images.newest_first().map(|own| own.shown_at(now));
        let mut all = own.chain(IMAGES.iter().map(|public| public.shown()));
        let image = all.find(is_current);
        Ok(Outcome::Done(DescribeImageFromFamilyResponse { image, ..Self::Response::default() }))
    }
}
