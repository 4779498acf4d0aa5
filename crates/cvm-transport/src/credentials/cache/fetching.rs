//! Lets one caller fetch at a time, and none wait for a runtime that stands still.
//!
//! A caller may be a task of a runtime that nobody drives any more, and it holds its turn for as long. Whoever
//! waits on another runtime therefore waits only for a while.

use std::sync::{Mutex as StdMutex, MutexGuard as StdMutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tokio::sync::{Mutex, MutexGuard};

use crate::credentials::CredentialProviderError;

/// How long a caller waits for a fetch on another runtime.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whose turn it is to fetch.
#[derive(Default)]
pub(super) struct Fetching {
    /// The error of the last fetch, if it failed.
    latest: Mutex<Option<CredentialProviderError>>,
    /// Where the fetch runs.
    runtime: StdMutex<Option<Id>>,
}

/// The turn of the caller who fetches.
pub(super) struct Turn<'a> {
    pub(super) latest: MutexGuard<'a, Option<CredentialProviderError>>,
    fetching: &'a Fetching,
}

impl Fetching {
    /// Waits for a turn. `None` when the one who has it may never go on: then everybody fetches alone.
    pub(super) async fn turn(&self) -> Option<Turn<'_>> {
        let Ok(here) = Handle::try_current().map(|handle| handle.id()) else {
            // Without a runtime there is no timer.
            return Some(self.taken(self.latest.lock().await, None));
        };
        if let Ok(latest) = self.latest.try_lock() {
            return Some(self.taken(latest, Some(here)));
        }
        loop {
            if let Ok(latest) = tokio::time::timeout(PATIENCE, self.latest.lock()).await {
                return Some(self.taken(latest, Some(here)));
            }
            if *self.runtime() != Some(here) {
                return None;
            }
        }
    }

    fn taken<'a>(
        &'a self,
        latest: MutexGuard<'a, Option<CredentialProviderError>>,
        runtime: Option<Id>,
    ) -> Turn<'a> {
        *self.runtime() = runtime;
        Turn { latest, fetching: self }
    }

    fn runtime(&self) -> StdMutexGuard<'_, Option<Id>> {
        self.runtime.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.fetching.runtime() = None;
    }
}
