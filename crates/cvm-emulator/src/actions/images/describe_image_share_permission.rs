//! DescribeImageSharePermission: the accounts that an image is shared with, the newest share first.

use cvm_models::actions::{DescribeImageSharePermission, DescribeImageSharePermissionResponse};

use super::own;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for DescribeImageSharePermission {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let own = own::find(scene, &self.image_id)?;
        Ok(Outcome::Done(DescribeImageSharePermissionResponse {
            share_permission_set: own.shares.iter().rev().cloned().collect(),
            ..Self::Response::default()
        }))
    }
}
