//! The one place where the image of a launch is looked up, whether it is public or the account's own.

use cvm_models::enums::ImageState;
use cvm_models::types::Image;

use super::{DiskSnapshot, Images, RequestContext, System};
use crate::api_error::ApiError;
use crate::catalogue::image;

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
        self.regions.get(self.region.name).map(|holdings| &holdings.images)
    }
}
