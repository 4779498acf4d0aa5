//! DescribeDisasterRecoverGroupQuota: how many groups there may be, and how many fit into one.

use cvm_models::actions::{
    DescribeDisasterRecoverGroupQuota, DescribeDisasterRecoverGroupQuotaResponse,
};
use cvm_models::enums::DisasterRecoverGroupType;

use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::{GROUP_QUOTA, Scene, room};

impl Behaviour for DescribeDisasterRecoverGroupQuota {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let current = scene.here().placement_groups.count();
        Ok(Outcome::Done(DescribeDisasterRecoverGroupQuotaResponse {
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
