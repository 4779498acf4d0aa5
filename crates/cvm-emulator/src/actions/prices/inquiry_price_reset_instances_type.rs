//! InquiryPriceResetInstancesType: what another type would cost: on a subscription the difference
//! until it ends, else the new rate.

use cvm_models::actions::{InquiryPriceResetInstancesType, InquiryPriceResetInstancesTypeResponse};
use cvm_models::enums::StopChargingMode;
use cvm_models::types::{Instance, Price};

use super::rates::Rates;
use super::subscription::Subscription;
use super::{disks, subjects};
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalogue::{InstanceType, Tariff, disk_type, instance_type};
use crate::dispatch::{ActionHandler, Outcome};
use crate::error_codes;
use crate::state::{RequestContext, StoredInstance};

impl ActionHandler for InquiryPriceResetInstancesType {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let name = &self.instance_type;
        error_codes::type_name(codes, name)?;
        let id = self.instance_ids.first().map_or("", String::as_str);
        let machine = subjects::find_one(scene, id)?;
        subjects::is_charged_itself(codes, machine)?;
        if !disks::is_changeable(&machine.api.system_disk) {
            let why = "the type of its system disk cannot follow it to another host";
            return Err(subjects::not_supported(codes, machine, why));
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
