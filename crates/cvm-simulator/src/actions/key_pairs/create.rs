//! CreateKeyPair and ImportKeyPair.

use cvm_models::actions::{
    CreateKeyPair, CreateKeyPairResponse, ImportKeyPair, ImportKeyPairResponse,
};
use cvm_models::enums::TagResourceType;
use cvm_models::types::{KeyPair, Tag, TagSpecification};

use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::ids::Stream;
use crate::launch::project::project;
use crate::launch::tags;
use crate::public_key;
use crate::state::RequestContext;

/// Creates a key pair. Its private key is in this response and nowhere else.
impl ActionHandler for CreateKeyPair {
    const NEEDS_KEY_PAIR: bool = true;

    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let tags = tags(context, &self.tag_specification)?;
        let project_id = project(codes, self.project_id)?;
        check_name_is_free(context, &self.key_name, None)?;
        check_room(context)?;
        let new = context.take_key_pair()?;
        let key_id = context.ids.id("skey-", Stream::KeyPairId);
        let public_key = new.public_key(&key_id);
        // The documented sample has these members and no others.
        let key_pair = KeyPair {
            key_id,
            key_name: self.key_name,
            project_id,
            public_key: Some(public_key),
            private_key: Some(new.into_private_key()),
            ..KeyPair::default()
        };
        let created_time = Some(context.now.to_string());
        context.record_tags(&tags);
        context.key_pairs.insert(KeyPair {
            private_key: None,
            description: Some(String::new()),
            created_time,
            tags,
            ..key_pair.clone()
        });
        Ok(Outcome::Response(CreateKeyPairResponse { key_pair, ..Self::Response::default() }))
    }
}

/// Imports the public key of an existing key pair.
impl ActionHandler for ImportKeyPair {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        if !public_key::is_rsa(&self.public_key) {
            let message = "The public key must be one line: `ssh-rsa`, the key in base64, and an \
                           optional comment.";
            return Err(codes.error(["InvalidPublicKey.Malformed"], message));
        }
        let tags = tags(context, &self.tag_specification)?;
        let project_id = project(codes, self.project_id)?;
        check_name_is_free(context, &self.key_name, None)?;
        key_is_new(context, &self.public_key)?;
        check_room(context)?;
        let key_id = context.ids.id("skey-", Stream::KeyPairId);
        context.record_tags(&tags);
        let kept = KeyPair {
            key_id: key_id.clone(),
            key_name: self.key_name,
            project_id,
            description: Some(String::new()),
            public_key: public_key::with_comment(&self.public_key, &key_id),
            created_time: Some(context.now.to_string()),
            tags,
            ..KeyPair::default()
        };
        context.key_pairs.insert(kept);
        Ok(Outcome::Response(ImportKeyPairResponse { key_id, ..Self::Response::default() }))
    }
}

fn key_is_new(context: &RequestContext<'_>, public_key: &str) -> Result<(), ApiError> {
    let key = public_key::without_comment(public_key);
    let is_same =
        |pair: &&KeyPair| pair.public_key.as_deref().and_then(public_key::without_comment) == key;
    match all(context).find(is_same) {
        None => Ok(()),
        Some(pair) => {
            let message = format!("The key pair `{}` has the same public key.", pair.key_id);
            Err(context.codes.error(["InvalidPublicKey.Duplicate"], message))
        }
    }
}

/// All key pairs of the account.
pub(crate) fn all<'a>(context: &'a RequestContext<'_>) -> impl Iterator<Item = &'a KeyPair> {
    context.key_pairs.newest_first()
}

/// The tags of a request.
pub(crate) fn tags(
    context: &RequestContext<'_>,
    given: &[TagSpecification],
) -> Result<Vec<Tag>, ApiError> {
    tags::tags(context, given, &[TagResourceType::Keypair])
}

/// Checks that no other key pair has this name.
pub(crate) fn check_name_is_free(
    context: &RequestContext<'_>,
    name: &str,
    own_id: Option<&str>,
) -> Result<(), ApiError> {
    let is_other = |pair: &&KeyPair| own_id != Some(pair.key_id.as_str());
    match all(context).filter(is_other).find(|pair| pair.key_name == name) {
        None => Ok(()),
        Some(pair) => {
            let message = format!("The key pair `{}` has the name `{name}`.", pair.key_id);
            Err(context.codes.error(["InvalidKeyPairName.Duplicate"], message))
        }
    }
}

/// Checks that the quota allows one more key pair.
pub(crate) fn check_room(context: &RequestContext<'_>) -> Result<(), ApiError> {
    let quota = context.quotas.key_pairs;
    if all(context).count() < quota {
        return Ok(());
    }
    let message = format!("The account already has {quota} key pairs, the maximum.");
    Err(context.codes.error(["InvalidKeyPair.LimitExceeded"], message))
}
