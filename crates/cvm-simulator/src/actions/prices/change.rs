//! InquiryPriceResetInstancesType and InquiryPriceResetInstance.

use crate::actions::prices::hourly_rate::Rates;
use crate::actions::prices::subscription::Subscription;
use crate::actions::prices::{disks, lookup, quote};
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{InstanceType, Tariff, disk_type, instance_type};
use crate::error_codes;
use crate::handler::{ActionHandler, Outcome};
use crate::state::{LaunchImage, RequestContext, StoredInstance};
use cvm_models::actions::{
    InquiryPriceResetInstance, InquiryPriceResetInstanceResponse, InquiryPriceResetInstancesType,
    InquiryPriceResetInstancesTypeResponse,
};
use cvm_models::enums::StopChargingMode;
use cvm_models::types::{Instance, Price};

/// What another type would cost: on a subscription the difference until it ends, else the new rate.
impl ActionHandler for InquiryPriceResetInstancesType {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let name = &self.instance_type;
        error_codes::type_name(codes, name)?;
        let id = self.instance_ids.first().map_or("", String::as_str);
        let machine = lookup::find_one(scene, id)?;
        lookup::is_charged_itself(codes, machine)?;
        if !disks::is_changeable(&machine.api.system_disk) {
            let why = "the type of its system disk cannot follow it to another host";
            return Err(lookup::not_supported(codes, machine, why));
        }
        let zone = scene.region.zone(&machine.api.placement.zone);
        let offered = instance_type(name);
        let Some(wanted) = offered.filter(|it| zone.is_some_and(|zone| it.is_offered_in(zone)))
        else {
            let zone = &machine.api.placement.zone;
            let message = format!("The zone `{zone}` does not offer the type `{name}`.");
            return Err(codes.error(["ResourceUnavailable.InstanceType"], message));
        };
        can_become(codes, &machine.api, wanted)?;
        let tariff = Tariff::of(scene.region);
        let now = Rates::of(tariff, &machine.api);
        let then = Rates::of(tariff, &changed(&machine.api, wanted));
        let price = match Subscription::of(machine, scene.now) {
            Some(subscription) => subscription.difference(then.hour() - now.hour()),
            None => then.quote(1, None),
        };
        Ok(Outcome::Response(InquiryPriceResetInstancesTypeResponse {
            price: Price { instance_price: Some(price), bandwidth_price: None },
            ..Self::Response::default()
        }))
    }
}

/// The instance as it would be.
fn changed(shown: &Instance, wanted: InstanceType) -> Instance {
    let mut machine = StoredInstance::new(shown.clone());
    machine.set_type(wanted);
    machine.api
}

fn can_become(
    codes: DocumentedCodes,
    shown: &Instance,
    wanted: InstanceType,
) -> Result<(), ApiError> {
    let now = instance_type(&shown.instance_type);
    let is_same_family = now.is_some_and(|now| now.family.name == wanted.family.name);
    let has_gpu = now.is_some_and(|now| now.family.gpu.is_some());
    let mut kinds = shown.data_disks.iter().filter_map(|disk| disk.disk_type.as_ref());
    let is_uncharged = shown.stop_charging_mode == StopChargingMode::StopCharging;
    let (code, why) = if has_gpu && !is_same_family {
        ("UnsupportedOperation.HeterogeneousChangeInstanceFamily", "it has a GPU")
    } else if !has_gpu && wanted.family.gpu.is_some() {
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
    let (id, name) = (&shown.instance_id, wanted.size.name);
    let message = format!("The instance `{id}` cannot become {name}, because {why}.");
    Err(codes.error([code], message))
}

/// What a reinstallation would add to the cost of an instance. No image here costs anything, so that is what the larger system disk adds.
impl ActionHandler for InquiryPriceResetInstance {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let machine = lookup::find_one(scene, &self.instance_id)?;
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
