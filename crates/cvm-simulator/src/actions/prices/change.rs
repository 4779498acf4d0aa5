//! InquiryPriceResetInstancesType and InquiryPriceResetInstance.

use cvm_models::actions::{
    InquiryPriceResetInstance, InquiryPriceResetInstanceResponse, InquiryPriceResetInstancesType,
    InquiryPriceResetInstancesTypeResponse,
};
use cvm_models::enums::StopChargingMode;
use cvm_models::types::Price;

use crate::actions::prices::hourly_rate::Rates;
use crate::actions::prices::subscription::Subscription;
use crate::actions::prices::{disks, lookup, quote};
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{Catalog, InstanceType};
use crate::error_codes;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::instance_type::check_standard;
use crate::launch::login;
use crate::state::{LaunchImage, RequestContext, StoredDisk, StoredInstance};

/// The price of another type: for a prepaid instance the difference until its end, otherwise the new rate.
impl ActionHandler for InquiryPriceResetInstancesType {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let name = &self.instance_type;
        error_codes::type_name(codes, name)?;
        let id = self.instance_ids.first().map_or("", String::as_str);
        let instance = lookup::find_one(context, id)?;
        lookup::check_charged_itself(codes, instance)?;
        check_standard(codes, name)?;
        if !disks::is_changeable(&instance.system_disk) {
            let why = "its system disk cannot be moved to another host";
            return Err(lookup::not_supported(codes, instance, why));
        }
        let zone = context.region.zone(&instance.zone);
        let offered = context.catalog.instance_type(name);
        let Some(requested) = offered.filter(|it| zone.is_some_and(|zone| it.is_offered_in(zone)))
        else {
            let zone = &instance.zone;
            let message = format!("The zone `{zone}` does not offer the type `{name}`.");
            return Err(codes.error(["ResourceUnavailable.InstanceType"], message));
        };
        check_can_become(codes, context.catalog, instance, requested)?;
        let tariff = context.catalog.tariff(context.region);
        let now = Rates::of(tariff, instance);
        let then = Rates::of(tariff, &changed(instance, requested));
        let price = match Subscription::of(tariff, instance, context.now) {
            Some(subscription) => subscription.difference(then.hour() - now.hour()),
            None => then.quote(1, None),
        };
        Ok(Outcome::Response(InquiryPriceResetInstancesTypeResponse {
            price: Price {
                instance_price: Some(price),
                bandwidth_price: None,
                ..Default::default()
            },
            ..Self::Response::default()
        }))
    }
}

/// The instance after the change.
fn changed(instance: &StoredInstance, requested: InstanceType) -> StoredInstance {
    let mut changed = instance.clone();
    changed.set_type(requested);
    changed
}

fn check_can_become(
    codes: DocumentedCodes,
    catalog: Catalog,
    instance: &StoredInstance,
    requested: InstanceType,
) -> Result<(), ApiError> {
    let now = catalog.instance_type(&instance.instance_type);
    let is_same_family = now.is_some_and(|now| now.family.name == requested.family.name);
    let has_gpu = now.is_some_and(|now| now.family.gpu.is_some());
    let has_local_disk = instance.data_disks.iter().any(StoredDisk::is_local);
    let is_uncharged = instance.stop_charging_mode == StopChargingMode::StopCharging;
    let (code, why) = if has_gpu && !is_same_family {
        ("UnsupportedOperation.HeterogeneousChangeInstanceFamily", "it has a GPU")
    } else if !has_gpu && requested.family.gpu.is_some() {
        ("InvalidParameterValue.GPUInstanceFamily", "it has no GPU")
    } else if !is_same_family && has_local_disk {
        ("UnsupportedOperation.LocalDataDiskChangeInstanceFamily", "it has a local data disk")
    } else if is_uncharged && is_same_family {
        ("UnsupportedOperation.StoppedModeStopChargingSameFamily", "it is stopped and not charged")
    } else if is_uncharged {
        ("UnsupportedOperation.StoppedModeStopCharging", "it is stopped and not charged")
    } else {
        return Ok(());
    };
    let (id, name) = (&instance.id, requested.size.name);
    let message =
        format!("The type of the instance `{id}` cannot be changed to {name}, because {why}.");
    Err(codes.error([code], message))
}

/// The price of a reinstallation. Images are free, so it is the price of the larger system disk.
impl ActionHandler for InquiryPriceResetInstance {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let instance = lookup::find_one(context, &self.instance_id)?;
        let image = self.image_id.map(|id| context.launch_image(&id)).transpose()?;
        let disk = &instance.system_disk;
        let now_gib = disk.gib;
        let requested = self.system_disk.unwrap_or_default();
        disks::check_keeps_type(codes, &disk.kind, requested.disk_type.as_ref())?;
        if requested.encrypt.is_some_and(|encrypt| encrypt != disk.is_encrypted) {
            let message = "A reinstallation cannot change the encryption of the system disk.";
            let code = "UnsupportedOperation.ModifyEncryptionNotSupported";
            return Err(codes.error([code], message));
        }
        let kind = disk.kind.as_str();
        let allowed = context.catalog.disk_type(kind).map(|known| &known.system_gib);
        let gib = requested.disk_size.unwrap_or(now_gib);
        disks::check_can_grow(codes, now_gib, gib, allowed)?;
        if let Some(image) = &image {
            check_image(context, instance, image, gib)?;
            login::check(codes, self.login_settings.as_ref(), image)?;
        }
        let tariff = context.catalog.tariff(context.region);
        let more = tariff.disk(kind, gib) - tariff.disk(kind, now_gib);
        let price = match Subscription::of(tariff, instance, context.now) {
            Some(subscription) => subscription.difference(more),
            None => quote::by_hour(more, more),
        };
        Ok(Outcome::Response(InquiryPriceResetInstanceResponse {
            price: Price {
                instance_price: Some(price),
                bandwidth_price: None,
                ..Default::default()
            },
            ..Self::Response::default()
        }))
    }
}

/// Checks that an image can be installed on the instance with a system disk of this size.
fn check_image(
    context: &RequestContext<'_>,
    instance: &StoredInstance,
    image: &LaunchImage,
    gib: i64,
) -> Result<(), ApiError> {
    let codes = context.codes;
    let is_other_platform = instance.is_windows() != image.system.is_windows();
    if is_other_platform
        && !(context.region.is_mainland() && disks::is_changeable(&instance.system_disk))
    {
        let (image, id) = (&image.id, &instance.id);
        let message =
            format!("The image `{image}` has another platform, which is not possible for `{id}`.");
        let code = "InvalidParameterValue.InvalidImageIdForRetsetInstance";
        return Err(codes.error([code], message));
    }
    if gib < image.size_gib {
        let (image, min) = (&image.id, image.size_gib);
        let message = format!("The image `{image}` needs a system disk of {min} GiB.");
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    Ok(())
}
