//! DescribeDisasterRecoverGroupQuota: how many groups there may be, and how many fit into one.

use cvm_models::actions::{
    DescribeDisasterRecoverGroupQuota, DescribeDisasterRecoverGroupQuotaResponse,
};
use cvm_models::enums::DisasterRecoverGroupType;

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{GROUP_QUOTA, RequestContext, room};

impl ActionHandler for DescribeDisasterRecoverGroupQuota {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let current = scene.resources().placement_groups.count();
        Ok(Outcome::Response(DescribeDisasterRecoverGroupQuotaResponse {
            group_quota: i64::try_from(GROUP_QUOTA).unwrap_or(i64::MAX),
            current_num: i64::try_from(current).unwrap_or(i64::MAX),
            cvm_in_host_group_quota: room(&DisasterRecoverGroupType::Host),
            cvm_in_sw_group_quota: Some(room(&DisasterRecoverGroupType::Sw)),
            cvm_in_rack_group_quota: room(&DisasterRecoverGroupType::Rack),
            cvm_in_switch_group_quota: Some(room(&DisasterRecoverGroupType::Sw)),
            ..Self::Response::default()
        }))
    }
}
