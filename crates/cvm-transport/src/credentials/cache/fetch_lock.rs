//! Lets one caller fetch at a time, without waiting for a blocked runtime.
//!
//! A caller may be a task of a runtime that is no longer polled, and it keeps the lock for as long. So callers on
//! other runtimes wait only for a limited time.

use std::sync::{Mutex as StdMutex, MutexGuard as StdMutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tokio::sync::{Mutex, MutexGuard};

use crate::credentials::provider::CredentialProviderError;

/// How long a caller waits for a fetch on another runtime.
const PATIENCE: Duration = Duration::from_secs(2);

/// Lets one fetch run at a time.
#[derive(Default)]
pub(super) struct FetchLock {
    /// The error of the latest fetch, if it failed.
    latest: Mutex<Option<CredentialProviderError>>,
    /// The runtime of the current fetch.
    runtime: StdMutex<Option<Id>>,
}

/// The held lock.
pub(super) struct FetchGuard<'a> {
    pub(super) latest: MutexGuard<'a, Option<CredentialProviderError>>,
    lock: &'a FetchLock,
}

impl FetchLock {
    /// Waits for the lock. `None` if its holder may never continue: then every caller fetches alone.
    pub(super) async fn lock(&self) -> Option<FetchGuard<'_>> {
        let Ok(here) = Handle::try_current().map(|handle| handle.id()) else {
            // Without a runtime there is no timer.
            return Some(self.guard(self.latest.lock().await, None));
        };
        if let Ok(latest) = self.latest.try_lock() {
            return Some(self.guard(latest, Some(here)));
        }
        loop {
            if let Ok(latest) = tokio::time::timeout(PATIENCE, self.latest.lock()).await {
                return Some(self.guard(latest, Some(here)));
            }
            if *self.runtime() != Some(here) {
                return None;
            }
        }
    }

    fn guard<'a>(
        &'a self,
        latest: MutexGuard<'a, Option<CredentialProviderError>>,
        runtime: Option<Id>,
    ) -> FetchGuard<'a> {
        *self.runtime() = runtime;
        FetchGuard { latest, lock: self }
    }

    fn runtime(&self) -> StdMutexGuard<'_, Option<Id>> {
        self.runtime.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FetchGuard<'_> {
    fn drop(&mut self) {
        *self.lock.runtime() = None;
    }
}
