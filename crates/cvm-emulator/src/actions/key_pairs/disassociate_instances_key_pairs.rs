//! DisassociateInstancesKeyPairs: fewer key pairs for instances; the pairs themselves stay.

use cvm_models::actions::{DisassociateInstancesKeyPairs, DisassociateInstancesKeyPairsResponse};

use super::writing;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for DisassociateInstancesKeyPairs {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let request = writing::Request {
            instance_ids: &self.instance_ids,
            key_ids: &self.key_ids,
            force_stop: self.force_stop,
        };
        writing::begin(scene, &request, |bound, named| {
            bound.iter().filter(|key_id| !named.contains(key_id)).cloned().collect()
        })?;
        Ok(Outcome::Response(DisassociateInstancesKeyPairsResponse::default()))
    }
}
