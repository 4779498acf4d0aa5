//! Checks before every attempt of a retried request whether the service certainly still knows its token.
//!
//! The machine may sleep between two attempts, and a response may show that its clock is wrong. So the age of
//! the token is checked again for each attempt.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cvm_models::observe::{AttemptEnd, Exchange, HeaderMapMut, Interceptor};

use super::clocks::Clocks;
use super::entry::{Entry, TOKEN_WINDOW};

/// Stops the request of an entry unless its token is proved to be recent.
#[derive(Clone, Debug)]
pub struct TokenAgeGuard {
    entry: Arc<Entry>,
    /// Seconds by which the service's clock is ahead of this machine's: the largest difference that a
    /// response showed, and `None` before the first response.
    ahead: Arc<Mutex<Option<i64>>>,
}

impl TokenAgeGuard {
    /// The guard for this entry.
    pub fn new(entry: &Entry) -> Self {
        Self { entry: Arc::new(entry.clone()), ahead: Arc::default() }
    }

    /// How much longer the request may be sent, or why it may not.
    pub fn left(&self) -> Result<Duration, String> {
        self.left_at(&Clocks::now())
    }

    fn left_at(&self, now: &Clocks) -> Result<Duration, String> {
        let Some(ahead) = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) else {
            return Err(
                "the service does not report its time, so the age of the client token is unknown"
                    .to_owned(),
            );
        };
        self.entry.window_by_service(now, ahead).ok_or_else(|| {
            let window = TOKEN_WINDOW.as_secs();
            let side = if ahead < 0 { "behind" } else { "ahead of" };
            format!(
                "it is not certain that it was first sent less than {window} s ago; the service's clock \
                 is {} s {side} this machine's",
                ahead.unsigned_abs()
            )
        })
    }

    fn record_difference(&self, difference: i64) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let known = ahead.unwrap_or(0);
        *ahead =
            Some(if difference.unsigned_abs() > known.unsigned_abs() { difference } else { known });
    }
}

impl Interceptor for TokenAgeGuard {
    fn before_signing(
        &self,
        exchange: &Exchange<'_>,
        _headers: &mut HeaderMapMut,
    ) -> Result<(), String> {
        if exchange.action == self.entry.action { self.left().map(drop) } else { Ok(()) }
    }

    fn after_response(&self, _exchange: &Exchange<'_>, ended: &AttemptEnd<'_>) {
        ended
            .clock_difference
            .into_iter()
            .for_each(|difference| self.record_difference(difference));
    }
}
