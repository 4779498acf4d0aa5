//! Client tokens: minted once per call, and bound to the parameters that they first went out with.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use cvm_protocol::{ActionInfo, Model, RetryClass, Slot, json, member_named};
use cvm_signer::HexDigest;

use crate::entropy::{self, Entropy};
use crate::{Error, mask};

/// Most tokens whose parameters are remembered.
const REMEMBERED: usize = 4_096;

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
    if info.minted_token().is_none() || info.retry_class(request) == RetryClass::Read {
        return Ok(None);
    }
    let token = entropy::uuid_v4(entropy)
        .map_err(|error| Error::usage("no client token could be made").with_source(error))?;
    let written = request.table().find(name.as_bytes()).is_some_and(|index| {
        let mut slot = request.member_mut(index);
        if let Slot::Optional(option) = slot {
            slot = option.insert();
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

/// A hash of action and parameters, secrets left out: it may be shown.
pub(crate) fn fingerprint(info: &ActionInfo, request: &dyn Model) -> String {
    let mut value = json::to_value(request);
    mask::mask_json(&mut value, info.request);
    HexDigest::sha256(format!("{}\n{value}", info.name).as_bytes()).to_string()
}

/// The tokens of calls whose outcome is unknown, each with a hash of everything it went out with.
#[derive(Debug, Default)]
pub(crate) struct TokensInDoubt(Mutex<InDoubt>);

#[derive(Debug, Default)]
struct InDoubt {
    hashes: HashMap<String, HexDigest>,
    order: VecDeque<String>,
}

impl TokensInDoubt {
    pub(crate) fn remember(&self, token: &str, info: &ActionInfo, request: &dyn Model) {
        let mut in_doubt = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if in_doubt.hashes.insert(token.to_owned(), whole_hash(info, request)).is_none() {
            in_doubt.order.push_back(token.to_owned());
        }
        if in_doubt.order.len() > REMEMBERED
            && let Some(oldest) = in_doubt.order.pop_front()
        {
            in_doubt.hashes.remove(&oldest);
        }
    }

    /// Refuses a token that went out with other parameters: the service would answer with what those
    /// made, or refuse, and nobody published which.
    pub(crate) fn admit(
        &self,
        token: &str,
        info: &ActionInfo,
        request: &dyn Model,
    ) -> Result<(), Error> {
        let in_doubt = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match in_doubt.hashes.get(token) {
            Some(hash) if *hash != whole_hash(info, request) => Err(Error::usage(
                "this client token already went out with other parameters; \
                 leave it empty for a new one, or send the same parameters again",
            )),
            _ => Ok(()),
        }
    }
}

fn whole_hash(info: &ActionInfo, request: &dyn Model) -> HexDigest {
    let mut text = format!("{}\n", info.name).into_bytes();
    text.extend(json::to_vec(request).unwrap_or_default());
    HexDigest::sha256(&text)
}
