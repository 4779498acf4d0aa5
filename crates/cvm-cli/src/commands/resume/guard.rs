//! Judges before every attempt of a resend whether the service surely still knows the token.
//!
//! The machine may sleep between two attempts, and a response may show that its clock is wrong. So the age
//! of the token is never judged once for all attempts.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cvm_models::{AttemptEnd, Exchange, HeaderMapMut, Interceptor};

use crate::clocks::Clocks;
use crate::entry::{Entry, TOKEN_WINDOW};

/// Stops the request of an entry when its token is not proved to be young.
#[derive(Clone, Debug)]
pub struct Guard {
    entry: Arc<Entry>,
    /// Seconds by which the service's clock is ahead of this machine's: the largest difference that a
    /// response showed, and `None` before the first.
    ahead: Arc<Mutex<Option<i64>>>,
}

impl Guard {
    /// The guard of this entry.
    pub fn new(entry: &Entry) -> Self {
        Self { entry: Arc::new(entry.clone()), ahead: Arc::default() }
    }

    /// How long the request may still be sent; the reason if it may not.
    pub fn left(&self) -> Result<Duration, String> {
        self.left_at(&Clocks::now())
    }

    fn left_at(&self, now: &Clocks) -> Result<Duration, String> {
        let Some(ahead) = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) else {
            return Err(
                "the service does not tell its time, so the age of the token is unknown".to_owned()
            );
        };
        self.entry.window_by_service(now, ahead).ok_or_else(|| {
            let window = TOKEN_WINDOW.as_secs();
            let side = if ahead < 0 { "behind" } else { "ahead of" };
            format!(
                "it is not proved that less than {window} s have passed since it was first sent; the \
                 service's clock is {} s {side} this machine's",
                ahead.unsigned_abs()
            )
        })
    }

    fn learn(&self, difference: i64) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let known = ahead.unwrap_or(0);
        *ahead =
            Some(if difference.unsigned_abs() > known.unsigned_abs() { difference } else { known });
    }
}

impl Interceptor for Guard {
    fn before_signing(
        &self,
        exchange: &Exchange<'_>,
        _headers: &mut HeaderMapMut,
    ) -> Result<(), String> {
        if exchange.action == self.entry.action { self.left().map(drop) } else { Ok(()) }
    }

    fn after_response(&self, _exchange: &Exchange<'_>, ended: &AttemptEnd<'_>) {
        ended.clock_difference.into_iter().for_each(|difference| self.learn(difference));
    }
}
