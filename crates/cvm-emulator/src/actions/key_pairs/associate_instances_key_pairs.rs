//! AssociateInstancesKeyPairs: other key pairs for instances, in place of those that they have.

use cvm_models::actions::{AssociateInstancesKeyPairs, AssociateInstancesKeyPairsResponse};

use super::writing;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for AssociateInstancesKeyPairs {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let request = writing::Request {
            instance_ids: &self.instance_ids,
            key_ids: &self.key_ids,
            force_stop: self.force_stop,
        };
        writing::begin(scene, &request, |_, named| named.to_vec())?;
        Ok(Outcome::Response(AssociateInstancesKeyPairsResponse::default()))
    }
}
