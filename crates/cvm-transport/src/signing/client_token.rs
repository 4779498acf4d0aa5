//! Client tokens: generated once per call, and the hashes that bind them to their parameters.

use std::time::Duration;

use cvm_protocol::{ActionInfo, Model, RetryClass, json, member_named, set_text};
use cvm_signer::HexDigest;

use crate::Error;
use crate::client::extra::ExtraMembers;
use crate::entropy::{
    Entropy, {self},
};

/// How long after its first request a client token is used: 180 s. The service may know it for longer, but does not
/// document how long, so nothing is sent with the token after that.
pub const CLIENT_TOKEN_WINDOW: Duration = Duration::from_secs(180);

/// Sets the client token of an action that has one, and returns the token that will be sent.
///
/// A dry run gets none: it creates nothing, and the service could confuse its token with that of the real request.
pub(crate) fn fill_token(
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
        .map_err(|error| Error::usage("cannot generate a client token").with_source(error))?;
    let is_set = set_text(request, name, &token);
    Ok(is_set.then_some(token))
}

fn check(token: &str) -> Result<(), Error> {
    if token.len() <= 64 && token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Error::usage("client token must have 1 to 64 visible ASCII characters"))
}

/// A hash of everything that a token is sent with, including secrets: it never leaves this process. It is the same for every way to
/// send the same members, because only what is sent counts.
pub(crate) fn hash_with_secrets(
    info: &ActionInfo,
    request: &dyn Model,
    extra: Option<&ExtraMembers>,
) -> HexDigest {
    // A request that cannot be encoded is rejected later, when it is encoded in its dialect.
    let mut members = json::to_value(request);
    if let Some(extra) = extra {
        extra.add_to_value(&mut members);
    }
    // Members of JSON objects have no order.
    members.sort_all_objects();
    let text = format!("{} {}\n{members}", info.service.version, info.name);
    HexDigest::sha256(text.as_bytes())
}
