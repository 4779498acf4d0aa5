//! DeleteKeyPairs: pairs that open no instance.

use cvm_models::actions::{DeleteKeyPairs, DeleteKeyPairsResponse};

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for DeleteKeyPairs {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let key_ids = scene.find_key_pairs(&self.key_ids)?;
        if let Some(machine) = scene.instances.user_of_key_pairs(&key_ids) {
            let id = &machine.api.instance_id;
            let message =
                format!("The instance `{id}` uses one of the key pairs; unbind it first.");
            let code = "InvalidParameterValue.KeyPairNotSupported";
            return Err(scene.codes.error([code], message));
        }
        scene.resources().key_pairs.remove(&key_ids);
        Ok(Outcome::Response(DeleteKeyPairsResponse::default()))
    }
}
