//! Client tokens: made once per call, and the hashes that bind them to their parameters.

use std::time::Duration;

use cvm_protocol::{ActionInfo, Model, RetryClass, Slot, json, member_named};
use cvm_signer::HexDigest;

use crate::Error;
use crate::entropy::{
    Entropy, {self},
};
use crate::observe::mask;

/// How long after its first request the service surely knows a client token. It may be longer, but nobody
/// published how long, so nothing is sent with the token after that.
pub const CLIENT_TOKEN_WINDOW: Duration = Duration::from_secs(180);

/// Fills the token of an action that has one, and returns the token that goes out.
///
/// A dry run gets none: it launches nothing, and a token of its own would be one that the service
/// could confuse with the launch's.
pub(crate) fn mint(
    info: &ActionInfo,
    request: &mut dyn Model,
    entropy: &dyn Entropy,
) -> Result<Option<String>, Error> {
    let Some(name) = info.idempotency_token else { return Ok(None) };
    if let Some(given) = member_named(request, name).as_str().filter(|token| !token.is_empty()) {
        check(given)?;
        return Ok(Some(given.to_owned()));
    }
    if info.generated_token().is_none() || info.retry_class(request) == RetryClass::Read {
        return Ok(None);
    }
    let token = entropy::uuid_v4(entropy)
        .map_err(|error| Error::usage("no client token could be made").with_source(error))?;
    let written = request.table().find(name.as_bytes()).is_some_and(|index| {
        let mut slot = request.member_mut(index);
        if let Slot::Optional(option) = slot {
            slot = option.get_or_insert_default();
        }
        match slot {
            Slot::Str(member) => member.clone_from(&token),
            _ => return false,
        }
        true
    });
    Ok(written.then_some(token))
}

fn check(token: &str) -> Result<(), Error> {
    if token.len() <= 64 && token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Error::usage("client token must have 1 to 64 visible ASCII characters"))
}

/// A hash of action and parameters, secrets left out: it may be shown. It is the one that
/// [`OutcomeUnknown::fingerprint`](crate::OutcomeUnknown::fingerprint) gives, for a caller who writes it
/// down before the request leaves.
#[must_use]
pub fn fingerprint(info: &ActionInfo, request: &dyn Model) -> String {
    let mut value = json::to_value(request);
    mask::mask_json(&mut value, info.request);
    HexDigest::sha256(format!("{}\n{value}", info.name).as_bytes()).to_string()
}

/// A hash of everything that a token goes out with, secrets included: it never leaves this process.
pub(crate) fn whole_hash(info: &ActionInfo, request: &dyn Model) -> HexDigest {
    let mut text = format!("{}\n", info.name).into_bytes();
    text.extend(json::to_vec(request).unwrap_or_default());
    HexDigest::sha256(&text)
}
