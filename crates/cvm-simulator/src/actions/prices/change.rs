//! InquiryPriceResetInstancesType and InquiryPriceResetInstance.

use cvm_models::actions::{
    InquiryPriceResetInstance, InquiryPriceResetInstanceResponse, InquiryPriceResetInstancesType,
    InquiryPriceResetInstancesTypeResponse,
};
use cvm_models::enums::StopChargingMode;
use cvm_models::types::{Instance, Price};

use crate::actions::prices::hourly_rate::Rates;
use crate::actions::prices::subscription::Subscription;
use crate::actions::prices::{disks, lookup, quote};
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{InstanceType, Tariff, disk_type, instance_type};
use crate::error_codes;
use crate::handler::{ActionHandler, Outcome};
use crate::state::{LaunchImage, RequestContext, StoredInstance};

/// The price of another type: for a prepaid instance the difference until its end, otherwise the new rate.
impl ActionHandler for InquiryPriceResetInstancesType {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let name = &self.instance_type;
        error_codes::type_name(codes, name)?;
        let id = self.instance_ids.first().map_or("", String::as_str);
        let instance = lookup::find_one(context, id)?;
        lookup::check_charged_itself(codes, instance)?;
        if !disks::is_changeable(&instance.api.system_disk) {
            let why = "its system disk cannot be moved to another host";
            return Err(lookup::not_supported(codes, instance, why));
        }
        let zone = context.region.zone(&instance.api.placement.zone);
        let offered = instance_type(name);
        let Some(requested) = offered.filter(|it| zone.is_some_and(|zone| it.is_offered_in(zone)))
        else {
            let zone = &instance.api.placement.zone;
            let message = format!("The zone `{zone}` does not offer the type `{name}`.");
            return Err(codes.error(["ResourceUnavailable.InstanceType"], message));
        };
        can_become(codes, &instance.api, requested)?;
        let tariff = Tariff::of(context.region);
        let now = Rates::of(tariff, &instance.api);
        let then = Rates::of(tariff, &changed(&instance.api, requested));
        let price = match Subscription::of(instance, context.now) {
            Some(subscription) => subscription.difference(then.hour() - now.hour()),
            None => then.quote(1, None),
        };
        Ok(Outcome::Response(InquiryPriceResetInstancesTypeResponse {
            price: Price { instance_price: Some(price), bandwidth_price: None },
            ..Self::Response::default()
        }))
    }
}

/// The instance after the change.
fn changed(api: &Instance, requested: InstanceType) -> Instance {
    let mut instance = StoredInstance::new(api.clone());
    instance.set_type(requested);
    instance.api
}

fn can_become(
    codes: DocumentedCodes,
    api: &Instance,
    requested: InstanceType,
) -> Result<(), ApiError> {
    let now = instance_type(&api.instance_type);
    let is_same_family = now.is_some_and(|now| now.family.name == requested.family.name);
    let has_gpu = now.is_some_and(|now| now.family.gpu.is_some());
    let mut kinds = api.data_disks.iter().filter_map(|disk| disk.disk_type.as_ref());
    let is_uncharged = api.stop_charging_mode == StopChargingMode::StopCharging;
    let (code, why) = if has_gpu && !is_same_family {
        ("UnsupportedOperation.HeterogeneousChangeInstanceFamily", "it has a GPU")
    } else if !has_gpu && requested.family.gpu.is_some() {
        ("InvalidParameterValue.GPUInstanceFamily", "it has no GPU")
    } else if !is_same_family
        && kinds.any(|kind| disk_type(kind.as_str()).is_some_and(|known| known.is_local()))
    {
        ("UnsupportedOperation.LocalDataDiskChangeInstanceFamily", "it has a local data disk")
    } else if is_uncharged && is_same_family {
        ("UnsupportedOperation.StoppedModeStopChargingSameFamily", "it is stopped and not charged")
    } else if is_uncharged {
        ("UnsupportedOperation.StoppedModeStopCharging", "it is stopped and not charged")
    } else {
        return Ok(());
    };
    let (id, name) = (&api.instance_id, requested.size.name);
    let message =
        format!("The type of the instance `{id}` cannot be changed to {name}, because {why}.");
    Err(codes.error([code], message))
}

/// The price of a reinstallation. Images are free, so it is the price of the larger system disk.
impl ActionHandler for InquiryPriceResetInstance {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let instance = lookup::find_one(context, &self.instance_id)?;
        let image = self.image_id.filter(|id| !id.is_empty());
        let image = image.map(|id| context.launch_image(&id)).transpose()?;
        let disk = &instance.api.system_disk;
        let kind = disk.disk_type.as_ref();
        let now_gib = disk.disk_size.unwrap_or_default();
        let requested = self.system_disk.unwrap_or_default();
        disks::keeps_type(codes, kind, requested.disk_type.as_ref())?;
        if requested.encrypt.is_some_and(|encrypt| encrypt != disk.encrypt.unwrap_or(false)) {
            let message = "A reinstallation cannot change the encryption of the system disk.";
            let code = "UnsupportedOperation.ModifyEncryptionNotSupported";
            return Err(codes.error([code], message));
        }
        let kind = kind.map_or("", |kind| kind.as_str());
        let allowed = disk_type(kind).map(|known| &known.system_gib);
        let gib = requested.disk_size.unwrap_or(now_gib);
        disks::can_grow(codes, now_gib, gib, allowed)?;
        if let Some(image) = &image {
            check_image(context, instance, image, gib)?;
        }
        let tariff = Tariff::of(context.region);
        let more = tariff.disk(kind, gib) - tariff.disk(kind, now_gib);
        let price = match Subscription::of(instance, context.now) {
            Some(subscription) => subscription.difference(more),
            None => quote::by_hour(more, more),
        };
        Ok(Outcome::Response(InquiryPriceResetInstanceResponse {
            price: Price { instance_price: Some(price), bandwidth_price: None },
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
    let api = &instance.api;
    let is_other_platform = api.os_name.starts_with("Windows") != image.system.is_windows();
    if is_other_platform
        && !(context.region.is_mainland() && disks::is_changeable(&api.system_disk))
    {
        let (image, id) = (&image.id, &api.instance_id);
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
