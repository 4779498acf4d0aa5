//! DescribeInternetChargeTypeConfigs: how public bandwidth can be paid for.

use cvm_models::actions::{
    DescribeInternetChargeTypeConfigs, DescribeInternetChargeTypeConfigsResponse,
};
use cvm_models::enums::InternetChargeType;
use cvm_models::types::InternetChargeTypeConfig;

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

const MODES: &[(InternetChargeType, &str)] = &[
    (InternetChargeType::BandwidthPrepaid, "Bandwidth, paid in advance"),
    (InternetChargeType::TrafficPostpaidByHour, "Traffic, paid by the hour"),
    (InternetChargeType::BandwidthPostpaidByHour, "Bandwidth, paid by the hour"),
    (InternetChargeType::BandwidthPackage, "A shared bandwidth package"),
];

impl ActionHandler for DescribeInternetChargeTypeConfigs {
    fn handle(self, _: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let configs = MODES.iter().map(|(mode, description)| InternetChargeTypeConfig {
            internet_charge_type: Some(mode.clone()),
            description: Some((*description).to_owned()),
        });
        Ok(Outcome::Response(DescribeInternetChargeTypeConfigsResponse {
            internet_charge_type_config_set: configs.collect(),
            ..Self::Response::default()
        }))
    }
}
