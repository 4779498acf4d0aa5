//! Finds images of the account by id, and checks the quota.

use cvm_models::enums::ImageState;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::state::{Images, OwnedImage, RequestContext};

/// Codes for a public image where one of the account is required. The first fits best.
const NOT_OWN: &[&str] = &[
    "UnsupportedOperation.PublicImageExportUnsupported",
    "UnauthorizedOperation.ImageNotBelongToAccount",
    "InvalidParameterValue.InvalidImageId",
    "InvalidImageId.NotFound",
];

/// The image of the account with this id, in the region of the request.
pub(crate) fn find<'a>(
    context: &'a mut RequestContext<'_>,
    id: &str,
) -> Result<&'a mut OwnedImage, ApiError> {
    let (codes, region) = (context.codes, context.region.name);
    if context.catalog.image(id).is_some() {
        let code = codes.first_documented(NOT_OWN);
        let message = if code.ends_with("NotFound") {
            format!("The image `{id}` does not exist among those of the account: it is public.")
        } else {
            format!("The image `{id}` is public and does not belong to the account.")
        };
        return Err(ApiError::new(code, message));
    }
    context.resources().images.get_mut(id).ok_or_else(|| {
        let message = format!("The image `{id}` does not exist in {region}.");
        codes.error(["InvalidImageId.NotFound"], message)
    })
}

/// The error for an image whose state does not allow the action.
pub(crate) fn wrong_state(codes: DocumentedCodes, id: &str, state: &ImageState) -> ApiError {
    let message = format!("The image `{id}` is {state}, which {} does not allow.", codes.0.name);
    codes.error(
        [
            "InvalidImageId.IncorrectState",
            "InvalidParameterValue.InvalidImageState",
            "ResourceBusy",
        ],
        message,
    )
}

/// Checks that the quota of the region allows one more image.
pub(crate) fn check_room(
    codes: DocumentedCodes,
    (images, quota): (&Images, usize),
    region: &str,
) -> Result<(), ApiError> {
    if images.count() >= quota {
        let message = format!("The account already has {quota} images in {region}, the maximum.");
        return Err(codes.error(["ImageQuotaLimitExceeded"], message));
    }
    Ok(())
}
