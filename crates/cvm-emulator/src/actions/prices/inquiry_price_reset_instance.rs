//! InquiryPriceResetInstance: what a reinstallation would add to the cost of an instance. No image
//! here costs anything, so that is what the larger system disk adds.

use cvm_models::actions::{InquiryPriceResetInstance, InquiryPriceResetInstanceResponse};
use cvm_models::types::Price;

use super::subscription::Subscription;
use super::{disks, quote, subjects};
use crate::api_error::ApiError;
use crate::catalogue::{Tariff, disk_type};
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{LaunchImage, RequestContext, StoredInstance};

impl ActionHandler for InquiryPriceResetInstance {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let machine = subjects::find_one(scene, &self.instance_id)?;
        let image = self.image_id.filter(|id| !id.is_empty());
        let image = image.map(|id| scene.bootable(&id)).transpose()?;
        let disk = &machine.api.system_disk;
        let kind = disk.disk_type.as_ref();
        let now_gib = disk.disk_size.unwrap_or_default();
        let wanted = self.system_disk.unwrap_or_default();
        disks::keeps_type(codes, kind, wanted.disk_type.as_ref())?;
        if wanted.encrypt.is_some_and(|encrypt| encrypt != disk.encrypt.unwrap_or(false)) {
            let message = "A reinstallation does not switch the encryption of the system disk.";
            let code = "UnsupportedOperation.ModifyEncryptionNotSupported";
            return Err(codes.error([code], message));
        }
        let kind = kind.map_or("", |kind| kind.as_str());
        let allowed = disk_type(kind).map(|known| &known.system_gib);
        let gib = wanted.disk_size.unwrap_or(now_gib);
        disks::can_grow(codes, now_gib, gib, allowed)?;
        if let Some(image) = &image {
            fits(scene, machine, image, gib)?;
        }
        let tariff = Tariff::of(scene.region);
        let more = tariff.disk(kind, gib) - tariff.disk(kind, now_gib);
        let price = match Subscription::of(machine, scene.now) {
            Some(subscription) => subscription.difference(more),
            None => quote::by_hour(more, more),
        };
        Ok(Outcome::Response(InquiryPriceResetInstanceResponse {
            price: Price { instance_price: Some(price), bandwidth_price: None },
            ..Self::Response::default()
        }))
    }
}

/// Whether an image can be installed on the instance, with so large a system disk.
fn fits(
    scene: &RequestContext<'_>,
    machine: &StoredInstance,
    image: &LaunchImage,
    gib: i64,
) -> Result<(), ApiError> {
    let codes = scene.codes;
    let shown = &machine.api;
    let is_other_platform = shown.os_name.starts_with("Windows") != image.system.is_windows();
    if is_other_platform
        && !(scene.region.is_mainland() && disks::is_changeable(&shown.system_disk))
    {
        let (image, id) = (&image.id, &shown.instance_id);
        let message = format!("The image `{image}` changes the platform, which `{id}` cannot.");
        let code = "InvalidParameterValue.InvalidImageIdForRetsetInstance";
        return Err(codes.error([code], message));
    }
    if gib < image.size_gib {
        let (image, least) = (&image.id, image.size_gib);
        let message = format!("The image `{image}` needs a system disk of {least} GiB.");
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    Ok(())
}
