//! ImportKeyPair: the public half of a pair that was made elsewhere.

use cvm_models::actions::{ImportKeyPair, ImportKeyPairResponse};
use cvm_models::types::KeyPair;

use super::{newcomer, open_ssh};
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::seeded_rng::Stream;
use crate::state::RequestContext;

impl ActionHandler for ImportKeyPair {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        if !open_ssh::is_rsa(&self.public_key) {
            let message = "The public key is not a line of `ssh-rsa`, the key in base64 and perhaps \
                           a comment.";
            return Err(codes.error(["InvalidPublicKey.Malformed"], message));
        }
        let tags = newcomer::tags(codes, &self.tag_specification)?;
        let project_id = newcomer::project(codes, self.project_id)?;
        newcomer::name_is_free(scene, &self.key_name, None)?;
        key_is_new(scene, &self.public_key)?;
        newcomer::has_room(scene)?;
        let key_id = scene.ids.id("skey-", Stream::KeyPairId);
        let kept = KeyPair {
            key_id: key_id.clone(),
            key_name: self.key_name,
            project_id,
            description: Some(String::new()),
            public_key: Some(self.public_key),
            created_time: Some(scene.now.to_string()),
            tags,
            ..KeyPair::default()
        };
        scene.resources().key_pairs.insert(kept);
        Ok(Outcome::Response(ImportKeyPairResponse { key_id, ..Self::Response::default() }))
    }
}

fn key_is_new(scene: &RequestContext<'_>, public_key: &str) -> Result<(), ApiError> {
    let key = open_ssh::key_of(public_key);
    let is_same = |pair: &&KeyPair| pair.public_key.as_deref().and_then(open_ssh::key_of) == key;
    match newcomer::all(scene).find(is_same) {
        None => Ok(()),
        Some(pair) => {
            let message = format!("The key pair `{}` has the same public key.", pair.key_id);
            Err(scene.codes.error(["InvalidPublicKey.Duplicate"], message))
        }
    }
}
