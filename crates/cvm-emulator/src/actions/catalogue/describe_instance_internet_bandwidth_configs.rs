//! DescribeInstanceInternetBandwidthConfigs: for which times which bandwidth of an instance was paid in
//! advance, the latest first.

use std::cmp::Reverse;

use cvm_models::actions::{
    DescribeInstanceInternetBandwidthConfigs, DescribeInstanceInternetBandwidthConfigsResponse,
};
use cvm_models::enums::InternetChargeType;
use cvm_models::types::{InternetAccessible, InternetBandwidthConfig};

use crate::Timestamp;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{Period, RequestContext, StoredInstance};

impl ActionHandler for DescribeInstanceInternetBandwidthConfigs {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&[self.instance_id])?;
        let mut internet_bandwidth_config_set = Vec::new();
        for machine in scene.instances(&serials) {
            if machine.api.public_ip_addresses.is_empty() {
                let id = &machine.api.instance_id;
                let message = format!("The instance `{id}` has no public address.");
                return Err(scene.codes.error(["FailedOperation.NotFoundEIP"], message));
            }
            internet_bandwidth_config_set.extend(configs(machine));
        }
        Ok(Outcome::Response(DescribeInstanceInternetBandwidthConfigsResponse {
            internet_bandwidth_config_set,
            ..Self::Response::default()
        }))
    }
}

fn configs(machine: &StoredInstance) -> impl Iterator<Item = InternetBandwidthConfig> {
    // What an instance has by itself lasts as long as its term.
    let dated = |period: &Period| Some((*period, period.ends.or(machine.expires)?));
    let mut periods: Vec<_> = machine.bandwidth.iter().filter_map(dated).collect();
    periods.sort_by_key(|(period, _)| Reverse(period.begins));
    periods.into_iter().map(|(period, ends)| config(period, ends))
}

fn config(period: Period, ends: Timestamp) -> InternetBandwidthConfig {
    InternetBandwidthConfig {
        start_time: period.begins.to_string(),
        end_time: ends.to_string(),
        internet_accessible: InternetAccessible {
            internet_charge_type: Some(InternetChargeType::BandwidthPrepaid),
            internet_max_bandwidth_out: Some(period.mbps),
            ..InternetAccessible::default()
        },
    }
}
