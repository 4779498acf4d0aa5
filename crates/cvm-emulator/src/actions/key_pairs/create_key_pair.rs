//! CreateKeyPair: a pair that is made here; its private half is in this answer and nowhere else.

use cvm_models::actions::{CreateKeyPair, CreateKeyPairResponse};
use cvm_models::types::KeyPair;

use super::{newcomer, open_ssh};
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::seeded_rng::Stream;
use crate::state::RequestContext;

impl ActionHandler for CreateKeyPair {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let tags = newcomer::tags(codes, &self.tag_specification)?;
        let project_id = newcomer::project(codes, self.project_id)?;
        newcomer::name_is_free(scene, &self.key_name, None)?;
        newcomer::has_room(scene)?;
        let key_id = scene.ids.id("skey-", Stream::KeyPairId);
        let draw = || scene.ids.number(Stream::KeyMaterial);
        let made = open_ssh::pair(draw, &key_id)
            .map_err(|why| codes.error(["InternalServerError"], format!("No key: {why}.")))?;
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
        scene.resources().key_pairs.insert(kept.clone());
        let key_pair = KeyPair { private_key: Some(made.private), ..kept };
        Ok(Outcome::Response(CreateKeyPairResponse { key_pair, ..Self::Response::default() }))
    }
}
