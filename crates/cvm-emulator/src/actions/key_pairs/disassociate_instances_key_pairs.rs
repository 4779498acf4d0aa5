//! DisassociateInstancesKeyPairs: fewer key pairs for instances; the pairs themselves stay.

use cvm_models::actions::{DisassociateInstancesKeyPairs, DisassociateInstancesKeyPairsResponse};

use super::writing;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for DisassociateInstancesKeyPairs {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let request = writing::Request {
            instance_ids: &self.instance_ids,
            key_ids: &self.key_ids,
            force_stop: self.force_stop,
        };
        writing::begin(scene, &request, |bound, named| {
            bound.iter().filter(|key_id| !named.contains(key_id)).cloned().collect()
        })?;
        Ok(Outcome::Done(DisassociateInstancesKeyPairsResponse::default()))
    }
}
