//! DescribeImageQuota: how many images of its own an account may have in a region.

use cvm_models::actions::{DescribeImageQuota, DescribeImageQuotaResponse};

use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::{IMAGE_QUOTA, Scene};

impl Behaviour for DescribeImageQuota {
    fn apply(self, _: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        Ok(Outcome::Done(DescribeImageQuotaResponse {
            image_num_quota: i64::try_from(IMAGE_QUOTA).unwrap_or(i64::MAX),
            ..Self::Response::default()
        }))
    }
}
