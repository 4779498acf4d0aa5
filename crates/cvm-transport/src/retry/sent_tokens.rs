//! Tracks the client tokens that were sent: with which parameters, to which service, region and host, since when, and
//! for which calls.
//!
//! Several calls of one client may use the same token, one after the other or at the same time. What one of them
//! learns counts for all: if a request with a token may have taken effect, the token stays bound to that request,
//! whatever happens to the other calls.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use cvm_signer::HexDigest;
use tokio::time::Instant;

use crate::Error;
use crate::retry::Outcome;
use crate::signing::client_token::CLIENT_TOKEN_WINDOW;

/// The number of tokens that are always remembered. More are kept as long as requests with them may still be sent.
const MIN_REMEMBERED: usize = 16_384;

/// The client tokens of a client and its clones.
///
/// A token belongs to one request forever. With other parameters the service would return the resources of the first
/// request, or an error; which of the two is not documented. Another region or endpoint does not know the token and
/// would execute the request a second time. And a token is valid only for a few minutes: how long the service knows
/// it is not documented either.
#[derive(Debug, Default)]
pub(crate) struct SentTokens(Mutex<TokenRecords>);

#[derive(Debug, Default)]
struct TokenRecords {
    by_token: HashMap<String, TokenRecord>,
    /// The tokens, oldest first.
    order: VecDeque<String>,
}

/// What a token was sent with, and to where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenUse {
    /// A hash of action and parameters.
    pub(crate) hash: HexDigest,
    pub(crate) service: &'static str,
    pub(crate) region: Option<String>,
    /// Host and port of the endpoint.
    pub(crate) authority: Arc<str>,
}

impl TokenUse {
    /// How this use differs from the first use of the token, and what to do about it.
    fn conflict(&self, first: &Self) -> Option<String> {
        if self.hash != first.hash {
            let text = "this client token was already sent with other parameters; leave it empty to get a new \
                        one, or send the same parameters again";
            return Some(text.to_owned());
        }
        if self == first {
            return None;
        }
        Some(format!(
            "this client token was already sent to {first}, but this call would go to {self}, which does not know \
             the token and would execute the request again; call the first endpoint again, or leave the token \
             empty for a new request"
        ))
    }
}

impl fmt::Display for TokenUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` at {}", self.service, self.authority)?;
        match &self.region {
            Some(region) => write!(f, " in region `{region}`"),
            None => Ok(()),
        }
    }
}

#[derive(Debug)]
struct TokenRecord {
    first: TokenUse,
    /// Calls that hold the token now.
    holders: usize,
    /// Attempts with the token that are in progress now.
    in_flight: usize,
    /// A request with the token reached a server.
    was_sent: bool,
    /// A request with the token took effect, or may have taken effect.
    may_have_acted: bool,
    /// Time since the first request that took effect, may have, or still may.
    age: Option<Age>,
}

/// One instant, on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClockReading {
    pub(crate) monotonic: Instant,
    pub(crate) wall: SystemTime,
}

/// Time since an instant, by whichever clock shows more.
///
/// On Linux the monotonic clock stops while the machine sleeps, and the wall clock may be set back at any time. So the
/// age grows by the larger of the two steps between consecutive readings, and never shrinks.
#[derive(Clone, Copy, Debug)]
struct Age {
    age: Duration,
    last_reading: ClockReading,
}

impl Age {
    const fn since(now: ClockReading) -> Self {
        Self { age: Duration::ZERO, last_reading: now }
    }

    fn at(&mut self, now: ClockReading) -> Duration {
        let monotonic = now.monotonic.saturating_duration_since(self.last_reading.monotonic);
        let wall = now.wall.duration_since(self.last_reading.wall).unwrap_or_default();
        self.age = self.age.saturating_add(monotonic.max(wall));
        self.last_reading = ClockReading {
            monotonic: now.monotonic.max(self.last_reading.monotonic),
            wall: now.wall,
        };
        self.age
    }
}

impl SentTokens {
    fn lock_records(&self) -> MutexGuard<'_, TokenRecords> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rejects a token that was sent with other parameters, to another endpoint, or too long ago.
    pub(crate) fn admit(
        &self,
        token: &str,
        used: &TokenUse,
        now: ClockReading,
    ) -> Result<(), Error> {
        match self.lock_records().by_token.get_mut(token) {
            Some(record) => record.admit(used, now),
            None => Ok(()),
        }
    }

    /// Like [`admit`](Self::admit), for a call that is about to send: binds the token to this use as long as the call
    /// holds it, and afterwards if anything was sent.
    pub(crate) fn hold<'a>(
        &'a self,
        token: &'a str,
        used: &TokenUse,
        now: ClockReading,
    ) -> Result<TokenHold<'a>, Error> {
        let mut records = self.lock_records();
        if let Some(record) = records.by_token.get_mut(token) {
            record.admit(used, now)?;
            record.holders += 1;
        } else {
            records.by_token.insert(token.to_owned(), TokenRecord::new(used.clone()));
            records.order.push_back(token.to_owned());
            records.drop_oldest(now);
        }
        Ok(TokenHold { tokens: self, token, is_in_flight: false })
    }
}

impl TokenRecords {
    /// Keeps the memory bounded. Tokens that may still be sent are always kept.
    fn drop_oldest(&mut self, now: ClockReading) {
        while self.order.len() > MIN_REMEMBERED {
            let Some(oldest) = self.order.front() else { return };
            if self.by_token.get_mut(oldest).is_some_and(|record| !record.is_expired(now)) {
                return;
            }
            self.by_token.remove(oldest);
            self.order.pop_front();
        }
    }
}

impl TokenRecord {
    fn new(first: TokenUse) -> Self {
        Self { first, holders: 1, in_flight: 0, was_sent: false, may_have_acted: false, age: None }
    }

    fn admit(&mut self, used: &TokenUse, now: ClockReading) -> Result<(), Error> {
        if let Some(text) = used.conflict(&self.first) {
            return Err(Error::usage(text));
        }
        if self.time_left(now).is_none() {
            return Err(Error::usage(window_is_over()));
        }
        Ok(())
    }

    /// How long requests with this token may still be sent; `None` after the window.
    fn time_left(&mut self, now: ClockReading) -> Option<Duration> {
        let age = self.age.as_mut().map_or(Duration::ZERO, |age| age.at(now));
        CLIENT_TOKEN_WINDOW.checked_sub(age)
    }

    /// Whether no request with this token can be sent any more, so that forgetting it does no harm.
    fn is_expired(&mut self, now: ClockReading) -> bool {
        self.holders == 0 && (self.age.is_none() || self.time_left(now).is_none())
    }

    fn end_attempt(&mut self, was_sent: bool, may_have_acted: bool) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.was_sent |= was_sent;
        self.may_have_acted |= may_have_acted;
        if self.in_flight == 0 && !self.may_have_acted {
            // The service certainly rejected everything that was sent: it has nothing under this token.
            self.age = None;
        }
    }
}

fn window_is_over() -> String {
    format!(
        "this client token was first sent more than {} s ago, and the service may have forgotten it; look for what \
         it created, with `reconcile_creation`, before you decide on a new request",
        CLIENT_TOKEN_WINDOW.as_secs()
    )
}

/// The use of a token by one call. If it is dropped while an attempt is in progress, the token stays bound.
#[derive(Debug)]
pub(crate) struct TokenHold<'a> {
    tokens: &'a SentTokens,
    token: &'a str,
    is_in_flight: bool,
}

impl TokenHold<'_> {
    /// Checked right before each attempt is sent: fails after the window, whichever call began it.
    pub(crate) fn begin_attempt(&mut self, now: ClockReading) -> Result<(), String> {
        let mut records = self.tokens.lock_records();
        let Some(record) = records.by_token.get_mut(self.token) else { return Ok(()) };
        if record.time_left(now).is_none() {
            return Err(window_is_over());
        }
        record.age.get_or_insert(Age::since(now));
        record.in_flight += 1;
        self.is_in_flight = true;
        Ok(())
    }

    /// Records the outcome of the attempt that was sent last.
    pub(crate) fn end_attempt(&mut self, outcome: Outcome) {
        let was_sent = !matches!(outcome, Outcome::NotSent | Outcome::Untrusted);
        let may_have_acted = outcome.may_have_acted() || outcome == Outcome::Success;
        self.finish_attempt(was_sent, may_have_acted);
    }

    /// Records that the attempt that was about to be sent could not be sent at all.
    pub(crate) fn record_not_sent(&mut self) {
        self.finish_attempt(false, false);
    }

    fn finish_attempt(&mut self, was_sent: bool, may_have_acted: bool) {
        if std::mem::take(&mut self.is_in_flight)
            && let Some(record) = self.tokens.lock_records().by_token.get_mut(self.token)
        {
            record.end_attempt(was_sent, may_have_acted);
        }
    }

    /// How long attempts may still be sent; zero after the window.
    pub(crate) fn time_left(&self, now: ClockReading) -> Duration {
        let mut records = self.tokens.lock_records();
        let record = records.by_token.get_mut(self.token);
        record.map_or(CLIENT_TOKEN_WINDOW, |record| record.time_left(now).unwrap_or_default())
    }
}

impl Drop for TokenHold<'_> {
    fn drop(&mut self) {
        // Nothing waits for the response of an attempt that is still in progress.
        self.finish_attempt(true, true);
        let mut records = self.tokens.lock_records();
        let Some(record) = records.by_token.get_mut(self.token) else { return };
        record.holders = record.holders.saturating_sub(1);
        if record.holders == 0 && !record.was_sent && !record.may_have_acted {
            records.by_token.remove(self.token);
            records.order.retain(|own| own != self.token);
        }
    }
}

#[cfg(test)]
mod tests;
