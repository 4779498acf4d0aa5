//! DescribeImageSharePermission: the accounts that an image is shared with, the newest share first.

use cvm_models::actions::{DescribeImageSharePermission, DescribeImageSharePermissionResponse};

use super::own;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for DescribeImageSharePermission {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let own = own::find(scene, &self.image_id)?;
        Ok(Outcome::Response(DescribeImageSharePermissionResponse {
            share_permission_set: own.shares.iter().rev().cloned().collect(),
            ..Self::Response::default()
        }))
    }
}
