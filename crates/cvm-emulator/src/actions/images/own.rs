//! The account's own images: found by id, and how many more fit in.

use cvm_models::enums::ImageState;

use crate::catalogue::image;
use crate::refusal::{Codes, Refusal};
use crate::world::{IMAGE_QUOTA, Images, OwnImage, Scene};

/// Codes for a public image where it must be an own one; the first fits best.
const NOT_OWN: &[&str] = &[
    "UnsupportedOperation.PublicImageExportUnsupported",
    "UnauthorizedOperation.ImageNotBelongToAccount",
    "InvalidParameterValue.InvalidImageId",
    "InvalidImageId.NotFound",
];

/// The account's own image of an id, in the region of the request.
pub(super) fn find<'a>(scene: &'a mut Scene<'_>, id: &str) -> Result<&'a mut OwnImage, Refusal> {
    let (codes, region) = (scene.codes, scene.region.name);
    if image(id).is_some() {
        let message = format!("The image `{id}` is a public one, not one of the account.");
        return Err(codes.refuse(NOT_OWN, message));
    }
    scene.here().images.get_mut(id).ok_or_else(|| {
        let message = format!("The image `{id}` does not exist in {region}.");
        codes.refuse(["InvalidImageId.NotFound"], message)
    })
}

/// Refuses an image for its state, with the code that the action has for that.
pub(super) fn wrong_state(codes: Codes, id: &str, state: &ImageState) -> Refusal {
    let message = format!("The image `{id}` is {state}, which {} does not allow.", codes.0.name);
    codes.refuse(
        ["InvalidImageId.IncorrectState", "InvalidParameterValue.InvalidImageState"],
        message,
    )
}

/// Passes when a region takes one more image.
pub(super) fn has_room(codes: Codes, images: &Images, region: &str) -> Result<(), Refusal> {
    if images.is_full() {
        let message =
            format!("The account has {IMAGE_QUOTA} images in {region}, and may have no more.");
        return Err(codes.refuse(["ImageQuotaLimitExceeded"], message));
    }
    Ok(())
}
