//! DescribeInternetChargeTypeConfigs: how public bandwidth can be paid for.

use cvm_models::actions::{
    DescribeInternetChargeTypeConfigs, DescribeInternetChargeTypeConfigsResponse,
};
use cvm_models::enums::InternetChargeType;
use cvm_models::types::InternetChargeTypeConfig;

use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

const MODES: &[(InternetChargeType, &str)] = &[
    (InternetChargeType::BandwidthPrepaid, "Bandwidth, paid in advance"),
    (InternetChargeType::TrafficPostpaidByHour, "Traffic, paid by the hour"),
    (InternetChargeType::BandwidthPostpaidByHour, "Bandwidth, paid by the hour"),
    (InternetChargeType::BandwidthPackage, "A shared bandwidth package"),
];

impl Behaviour for DescribeInternetChargeTypeConfigs {
    fn apply(self, _: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let configs = MODES.iter().map(|(mode, description)| InternetChargeTypeConfig {
            internet_charge_type: Some(mode.clone()),
            description: Some((*description).to_owned()),
        });
        Ok(Outcome::Done(DescribeInternetChargeTypeConfigsResponse {
            internet_charge_type_config_set: configs.collect(),
            ..Self::Response::default()
        }))
    }
}
