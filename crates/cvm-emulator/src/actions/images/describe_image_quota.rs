//! DescribeImageQuota: how many images of its own an account may have in a region.

use cvm_models::actions::{DescribeImageQuota, DescribeImageQuotaResponse};

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{IMAGE_QUOTA, RequestContext};

impl ActionHandler for DescribeImageQuota {
    fn handle(self, _: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        Ok(Outcome::Response(DescribeImageQuotaResponse {
            image_num_quota: i64::try_from(IMAGE_QUOTA).unwrap_or(i64::MAX),
            ..Self::Response::default()
        }))
    }
}
