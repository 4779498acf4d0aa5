//! AssociateInstancesKeyPairs: other key pairs for instances, in place of those that they have.

use cvm_models::actions::{AssociateInstancesKeyPairs, AssociateInstancesKeyPairsResponse};

use super::writing;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for AssociateInstancesKeyPairs {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let request = writing::Request {
            instance_ids: &self.instance_ids,
            key_ids: &self.key_ids,
            force_stop: self.force_stop,
        };
        writing::begin(scene, &request, |_, named| named.to_vec())?;
        Ok(Outcome::Done(AssociateInstancesKeyPairsResponse::default()))
    }
}
