//! Counts the requests of each second, for throttling.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

/// What has a rate of its own: an account, a service, an action and a region.
pub(super) type RateKey = (u64, &'static str, &'static str, &'static str);

/// The requests of the current second.
#[derive(Debug)]
pub(super) struct RateWindow {
    since: Instant,
    counts: HashMap<RateKey, u32>,
}

impl RateWindow {
    pub(super) fn new() -> Self {
        Self { since: Instant::now(), counts: HashMap::new() }
    }

    /// Counts a request. Returns its number within the second.
    pub(super) fn count(&mut self, key: RateKey) -> u32 {
        if self.since.elapsed() >= Duration::from_secs(1) {
            *self = Self::new();
        }
        let count = self.counts.entry(key).or_default();
        *count = count.saturating_add(1);
        *count
    }
}
