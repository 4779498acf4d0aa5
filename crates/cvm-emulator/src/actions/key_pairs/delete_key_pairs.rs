//! DeleteKeyPairs: pairs that open no instance.

use cvm_models::actions::{DeleteKeyPairs, DeleteKeyPairsResponse};

use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for DeleteKeyPairs {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let key_ids = scene.find_key_pairs(&self.key_ids)?;
        if let Some(machine) = scene.store.user_of_key_pairs(&key_ids) {
            let id = &machine.shown.instance_id;
            let message =
                format!("The instance `{id}` uses one of the key pairs; unbind it first.");
            let code = "InvalidParameterValue.KeyPairNotSupported";
            return Err(scene.codes.refuse([code], message));
        }
        scene.here().key_pairs.remove(&key_ids);
        Ok(Outcome::Done(DeleteKeyPairsResponse::default()))
    }
}
