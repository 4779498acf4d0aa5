//! Tracks the client tokens that went out: with which parameters, to which service, region and host, since
//! when, and for which calls.
//!
//! Several calls of one client may use the same token, one after the other or at the same time. What one of
//! them learns counts for all: a request that may have been carried out under a token leaves the token in
//! doubt for good, whatever becomes of the other calls.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use cvm_signer::HexDigest;
use tokio::time::Instant;

use crate::signing::client_token::CLIENT_TOKEN_WINDOW;
use crate::{Error, Outcome};

/// How many tokens are remembered at least. More are, as long as requests with them may still be sent.
const REMEMBERED: usize = 16_384;

/// The tokens of a client and its clones.
///
/// A token belongs to one request for ever, whatever became of it: with other parameters the service would
/// answer with what the first ones made, or refuse, and nobody published which. Another region or endpoint
/// does not know the token, and would carry the request out a second time. And a token belongs to a few
/// minutes: nobody published either for how long the service knows it.
#[derive(Debug, Default)]
pub(crate) struct SentTokens(Mutex<Records>);

#[derive(Debug, Default)]
struct Records {
    by_token: HashMap<String, Record>,
    /// The tokens from the oldest on.
    order: VecDeque<String>,
}

/// What a token went out with, and where to.
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
    /// What differs from the first use of the token, and what to do about it.
    fn conflict(&self, first: &Self) -> Option<String> {
        if self.hash != first.hash {
            let text = "this client token already went out with other parameters; leave it empty for a new \
                        one, or send the same parameters again";
            return Some(text.to_owned());
        }
        if self == first {
            return None;
        }
        Some(format!(
            "this client token already went out to {first}, and this call would go to {self}, which does not \
             know the token and would carry the request out again; call the first place again, or leave the \
             token empty for a new request"
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
struct Record {
    first: TokenUse,
    /// Calls that hold the token now.
    holders: usize,
    /// Attempts with the token that are on their way now.
    in_flight: usize,
    /// A request with the token reached somebody.
    has_left: bool,
    /// A request with the token was carried out, or may have been.
    may_have_acted: bool,
    /// Time since the first request that was carried out, may have been, or still may be.
    age: Option<Age>,
}

/// A point in time, on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) monotonic: Instant,
    pub(crate) wall: SystemTime,
}

/// Time since a point in time, by the clock that counts more.
///
/// On Linux the monotonic clock stands still while the machine sleeps, and the wall clock may be set back
/// at any time. So the age grows by the larger of the two steps between one look and the next, and what
/// was once counted stays.
#[derive(Clone, Copy, Debug)]
struct Age {
    age: Duration,
    looked: Moment,
}

impl Age {
    const fn since(now: Moment) -> Self {
        Self { age: Duration::ZERO, looked: now }
    }

    fn at(&mut self, now: Moment) -> Duration {
        let monotonic = now.monotonic.saturating_duration_since(self.looked.monotonic);
        let wall = now.wall.duration_since(self.looked.wall).unwrap_or_default();
        self.age = self.age.saturating_add(monotonic.max(wall));
        self.looked =
            Moment { monotonic: now.monotonic.max(self.looked.monotonic), wall: now.wall };
        self.age
    }
}

impl SentTokens {
    fn open(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses a token that went out with other parameters, to another place, or too long ago.
    pub(crate) fn admit(&self, token: &str, used: &TokenUse, now: Moment) -> Result<(), Error> {
        match self.open().by_token.get_mut(token) {
            Some(record) => record.admit(used, now),
            None => Ok(()),
        }
    }

    /// As [`admit`](Self::admit), for a call that is about to send: the token is bound to this use
    /// as long as the call holds it, and afterwards if anything left.
    pub(crate) fn hold<'a>(
        &'a self,
        token: &'a str,
        used: &TokenUse,
        now: Moment,
    ) -> Result<TokenHold<'a>, Error> {
        let mut records = self.open();
        if let Some(record) = records.by_token.get_mut(token) {
            record.admit(used, now)?;
            record.holders += 1;
        } else {
            records.by_token.insert(token.to_owned(), Record::new(used.clone()));
            records.order.push_back(token.to_owned());
            records.forget_the_oldest(now);
        }
        Ok(TokenHold { tokens: self, token, is_in_flight: false })
    }
}

impl Records {
    /// Keeps the memory bounded. What may still be sent is kept however much it is.
    fn forget_the_oldest(&mut self, now: Moment) {
        while self.order.len() > REMEMBERED {
            let Some(oldest) = self.order.front() else { return };
            if self.by_token.get_mut(oldest).is_some_and(|record| !record.is_over(now)) {
                return;
            }
            self.by_token.remove(oldest);
            self.order.pop_front();
        }
    }
}

impl Record {
    fn new(first: TokenUse) -> Self {
        Self { first, holders: 1, in_flight: 0, has_left: false, may_have_acted: false, age: None }
    }

    fn admit(&mut self, used: &TokenUse, now: Moment) -> Result<(), Error> {
        if let Some(text) = used.conflict(&self.first) {
            return Err(Error::usage(text));
        }
        if self.left(now).is_none() {
            return Err(Error::usage(too_late()));
        }
        Ok(())
    }

    /// How long requests with this token may still leave: `None` when the window is over.
    fn left(&mut self, now: Moment) -> Option<Duration> {
        let age = self.age.as_mut().map_or(Duration::ZERO, |age| age.at(now));
        CLIENT_TOKEN_WINDOW.checked_sub(age)
    }

    /// Whether nothing can be sent with this token any more, or could be sent as if it were new.
    fn is_over(&mut self, now: Moment) -> bool {
        self.holders == 0 && (self.age.is_none() || self.left(now).is_none())
    }

    fn landed(&mut self, has_left: bool, may_have_acted: bool) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.has_left |= has_left;
        self.may_have_acted |= may_have_acted;
        if self.in_flight == 0 && !self.may_have_acted {
            // Whatever left was refused for certain: the service has nothing under this token.
            self.age = None;
        }
    }
}

fn too_late() -> String {
    format!(
        "this client token went out more than {} s ago, and the service may have forgotten it; \
         look for what it made, with `reconcile_creation`, before you decide on a new request",
        CLIENT_TOKEN_WINDOW.as_secs()
    )
}

/// The use of a token by one call. Dropped while an attempt is on its way, the token stays in doubt.
#[derive(Debug)]
pub(crate) struct TokenHold<'a> {
    tokens: &'a SentTokens,
    token: &'a str,
    is_in_flight: bool,
}

impl TokenHold<'_> {
    /// Asked right before each attempt leaves: refuses when the window is over, whoever began it.
    pub(crate) fn leave(&mut self, now: Moment) -> Result<(), String> {
        let mut records = self.tokens.open();
        let Some(record) = records.by_token.get_mut(self.token) else { return Ok(()) };
        if record.left(now).is_none() {
            return Err(too_late());
        }
        record.age.get_or_insert(Age::since(now));
        record.in_flight += 1;
        self.is_in_flight = true;
        Ok(())
    }

    /// Notes what became of the attempt that left last.
    pub(crate) fn landed(&mut self, outcome: Outcome) {
        let has_left = !matches!(outcome, Outcome::NotSent | Outcome::Untrusted);
        let may_have_acted = outcome.may_have_acted() || outcome == Outcome::Success;
        self.land(has_left, may_have_acted);
    }

    /// Notes that the attempt that was about to leave could not be sent at all.
    pub(crate) fn stayed(&mut self) {
        self.land(false, false);
    }

    fn land(&mut self, has_left: bool, may_have_acted: bool) {
        if std::mem::take(&mut self.is_in_flight)
            && let Some(record) = self.tokens.open().by_token.get_mut(self.token)
        {
            record.landed(has_left, may_have_acted);
        }
    }

    /// How long attempts may still leave; zero when the window is over.
    pub(crate) fn left(&self, now: Moment) -> Duration {
        let mut records = self.tokens.open();
        let record = records.by_token.get_mut(self.token);
        record.map_or(CLIENT_TOKEN_WINDOW, |record| record.left(now).unwrap_or_default())
    }
}

impl Drop for TokenHold<'_> {
    fn drop(&mut self) {
        // Nobody waits for the response of an attempt that is still on its way.
        self.land(true, true);
        let mut records = self.tokens.open();
        let Some(record) = records.by_token.get_mut(self.token) else { return };
        record.holders = record.holders.saturating_sub(1);
        if record.holders == 0 && !record.has_left && !record.may_have_acted {
            records.by_token.remove(self.token);
            records.order.retain(|own| own != self.token);
        }
    }
}

#[cfg(test)]
mod tests;
