//! Client tokens: minted once per call, and bound to the parameters that they first went out with.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cvm_protocol::{ActionInfo, Model, RetryClass, Slot, json, member_named};
use cvm_signer::HexDigest;
use tokio::time::Instant;

use crate::entropy::{self, Entropy};
use crate::{Error, mask};

/// Most tokens whose parameters are remembered.
const REMEMBERED: usize = 4_096;

/// How long the service surely knows a token. It may be longer, but nobody published how long.
pub(crate) const KNOWN_FOR: Duration = Duration::from_secs(180);

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

/// A hash of action and parameters, secrets left out: it may be shown. It is the one that
/// [`OutcomeUnknown::fingerprint`](crate::OutcomeUnknown::fingerprint) gives, for a caller who writes it
/// down before the request leaves.
#[must_use]
pub fn fingerprint(info: &ActionInfo, request: &dyn Model) -> String {
    let mut value = json::to_value(request);
    mask::mask_json(&mut value, info.request);
    HexDigest::sha256(format!("{}\n{value}", info.name).as_bytes()).to_string()
}

/// The tokens that went out, each with a hash of everything it went out with.
///
/// A token belongs to one request for ever, whatever became of it: with other parameters the service would
/// answer with what the first ones made, or refuse, and nobody published which. And it belongs to a few
/// minutes: nobody published either for how long the service knows it.
#[derive(Debug, Default)]
pub(crate) struct TokensInDoubt(Mutex<InDoubt>);

#[derive(Debug, Default)]
struct InDoubt {
    sent: HashMap<String, Sent>,
    order: VecDeque<String>,
}

#[derive(Debug)]
struct Sent {
    hash: HexDigest,
    /// When it first went out with an outcome that is not a plain refusal.
    since: Option<Instant>,
}

impl TokensInDoubt {
    fn open(&self) -> MutexGuard<'_, InDoubt> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses a token that went out with other parameters, or too long ago.
    pub(crate) fn admit(
        &self,
        token: &str,
        info: &ActionInfo,
        request: &dyn Model,
    ) -> Result<(), Error> {
        let in_doubt = self.open();
        let Some(sent) = in_doubt.sent.get(token) else { return Ok(()) };
        sent.admit(&whole_hash(info, request))
    }

    /// Notes that a token is about to go out, so that it is known whatever becomes of the call. Returns
    /// whether its time begins now.
    pub(crate) fn remember(
        &self,
        token: &str,
        info: &ActionInfo,
        request: &dyn Model,
    ) -> Result<bool, Error> {
        let hash = whole_hash(info, request);
        let mut in_doubt = self.open();
        if let Some(sent) = in_doubt.sent.get_mut(token) {
            sent.admit(&hash)?;
            let begins = sent.since.is_none();
            sent.since.get_or_insert_with(Instant::now);
            return Ok(begins);
        }
        let since = Some(Instant::now());
        in_doubt.sent.insert(token.to_owned(), Sent { hash, since });
        in_doubt.order.push_back(token.to_owned());
        if in_doubt.order.len() > REMEMBERED
            && let Some(oldest) = in_doubt.order.pop_front()
        {
            in_doubt.sent.remove(&oldest);
        }
        Ok(true)
    }

    /// Notes that the call with which the token's time began failed for certain. What was refused keeps
    /// its parameters; what never left is as if it had not been.
    pub(crate) fn failed(&self, token: &str, has_left: bool) {
        let mut in_doubt = self.open();
        if has_left {
            if let Some(sent) = in_doubt.sent.get_mut(token) {
                sent.since = None;
            }
        } else if in_doubt.sent.remove(token).is_some() {
            in_doubt.order.retain(|own| own != token);
        }
    }
}

impl Sent {
    fn admit(&self, hash: &HexDigest) -> Result<(), Error> {
        if self.hash != *hash {
            return Err(Error::usage(
                "this client token already went out with other parameters; \
                 leave it empty for a new one, or send the same parameters again",
            ));
        }
        if self.since.is_some_and(|since| since.elapsed() > KNOWN_FOR) {
            return Err(Error::usage(
                "this client token went out more than 180 s ago, and the service may have forgotten it; \
                 look for what it made, with `reconcile_creation`, before you decide on a new request",
            ));
        }
        Ok(())
    }
}

fn whole_hash(info: &ActionInfo, request: &dyn Model) -> HexDigest {
    let mut text = format!("{}\n", info.name).into_bytes();
    text.extend(json::to_vec(request).unwrap_or_default());
    HexDigest::sha256(&text)
}
