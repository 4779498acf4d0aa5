//! What a new key pair has to satisfy, made here or brought along.

use cvm_models::enums::TagResourceType;
use cvm_models::types::{KeyPair, Tag, TagSpecification};

use crate::actions::tags;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::state::RequestContext;

/// How many key pairs an account may have.
const QUOTA: usize = 100;

/// How tag keys begin that the platform keeps for itself.
const RESERVED: &str = "qcs:";

/// Every key pair of the account, wherever it is.
pub(super) fn all<'a>(scene: &'a RequestContext<'_>) -> impl Iterator<Item = &'a KeyPair> {
    scene.regions.values().flat_map(|there| there.key_pairs.newest_first())
}

/// The tags of a request.
pub(super) fn tags(
    codes: DocumentedCodes,
    given: &[TagSpecification],
) -> Result<Vec<Tag>, ApiError> {
    let tags = tags::tags(codes, given, &[TagResourceType::Keypair])?;
    if let Some(tag) = tags.iter().find(|tag| tag.key.starts_with(RESERVED)) {
        let message = format!("The tag key `{}` is the platform's.", tag.key);
        let wanted = ["FailedOperation.TagKeyReserved", "InvalidParameterValue"];
        return Err(codes.error(wanted, message));
    }
    Ok(tags)
}

/// The project of a request. Projects are another service's: any of them may exist.
pub(super) fn project(codes: DocumentedCodes, given: Option<i64>) -> Result<i64, ApiError> {
    let id = given.unwrap_or(0);
    if id >= 0 {
        return Ok(id);
    }
    let message = format!("The project {id} does not exist.");
    Err(codes.error(["InvalidProjectId.NotFound"], message))
}

/// Passes when no key pair has the name, but perhaps the one that is to get it.
pub(super) fn name_is_free(
    scene: &RequestContext<'_>,
    name: &str,
    own_id: Option<&str>,
) -> Result<(), ApiError> {
    let is_other = |pair: &&KeyPair| own_id != Some(pair.key_id.as_str());
    match all(scene).filter(is_other).find(|pair| pair.key_name == name) {
        None => Ok(()),
        Some(pair) => {
            let message = format!("The key pair `{}` has the name `{name}`.", pair.key_id);
            Err(scene.codes.error(["InvalidKeyPairName.Duplicate"], message))
        }
    }
}

/// Passes when the account may have one more.
pub(super) fn has_room(scene: &RequestContext<'_>) -> Result<(), ApiError> {
    if all(scene).count() < QUOTA {
        return Ok(());
    }
    let message = format!("The account has {QUOTA} key pairs, and may not have more.");
    Err(scene.codes.error(["InvalidKeyPair.LimitExceeded"], message))
}
