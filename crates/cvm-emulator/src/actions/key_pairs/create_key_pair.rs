//! CreateKeyPair: a pair that is made here; its private half is in this answer and nowhere else.

use cvm_models::actions::{CreateKeyPair, CreateKeyPairResponse};
use cvm_models::types::KeyPair;

use super::{newcomer, open_ssh};
use crate::dice::Purpose;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for CreateKeyPair {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let codes = scene.codes;
        let tags = newcomer::tags(codes, &self.tag_specification)?;
        let project_id = newcomer::project(codes, self.project_id)?;
        newcomer::name_is_free(scene, &self.key_name, None)?;
        newcomer::has_room(scene)?;
        let key_id = scene.mint.id("skey-", Purpose::KeyPairId);
        let draw = || scene.mint.number(Purpose::KeyMaterial);
        let made = open_ssh::pair(draw, &key_id)
            .map_err(|why| codes.refuse(["InternalServerError"], format!("No key: {why}.")))?;
        let kept = KeyPair {
            key_id,
            key_name: self.key_name,
            project_id,
            description: Some(String::new()),
            public_key: Some(made.public),
            created_time: Some(scene.now.to_string()),
            tags,
            ..KeyPair::default()
        };
        scene.here().key_pairs.insert(kept.clone());
        let key_pair = KeyPair { private_key: Some(made.private), ..kept };
        Ok(Outcome::Done(CreateKeyPairResponse { key_pair, ..Self::Response::default() }))
    }
}
