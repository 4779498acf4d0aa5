//! The log of accepted commands, with group commit.
//!
//! Callers append entries, and wait until they are durable. One thread writes: it takes all entries that came while it made
//! the last batch durable, and makes them durable together. After an error, nothing is accepted any more: what the disk
//! has is known only after a restart.

use std::fmt;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use cvm_signer::Credential;
use cvm_simulator::{AccountId, ApiError, StoredCommand};
use tokio::sync::watch;

use super::directory::{DataDirectory, Entry, StoredCredential};
use super::error::DataDirectoryError;

/// The log of a data directory. Dropping it writes what is left, and releases the directory.
pub(crate) struct Log {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

struct Shared {
    progress: Mutex<Progress>,
    /// Wakes the writer.
    work: Condvar,
    /// Wakes the threads that wait.
    done: Condvar,
    /// Wakes the tasks that wait.
    changes: watch::Sender<()>,
}

#[derive(Default)]
struct Progress {
    waiting: Vec<Entry>,
    /// The number of entries so far.
    appended: u64,
    /// The number of those that are durable.
    durable: u64,
    failure: Option<Arc<str>>,
    is_closed: bool,
}

/// Why a response cannot be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The log has failed before: nothing was done.
    Refused(Arc<str>),
    /// The log failed now: whether the change is stored shows after a restart.
    Unknown(Arc<str>),
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(why) => {
                let message = format!(
                    "The emulator did not carry out the request, because its data directory has \
                     failed: {why}. Restart the emulator."
                );
                Self::new("ResourceUnavailable", message)
            }
            Failure::Unknown(why) => {
                let message = format!(
                    "The data directory of the emulator failed: {why}. After a restart, check \
                     whether the request took effect."
                );
                Self::new("InternalError", message)
            }
        }
    }
}

impl Log {
    /// Starts the thread that writes to the directory.
    pub(super) fn start(directory: DataDirectory) -> Result<Self, DataDirectoryError> {
        let shared = Arc::new(Shared {
            progress: Mutex::default(),
            work: Condvar::new(),
            done: Condvar::new(),
            changes: watch::Sender::new(()),
        });
        let writer = thread::Builder::new().name("log".to_owned());
        let writer = writer.spawn({
            let shared = Arc::clone(&shared);
            move || shared.write(directory)
        })?;
        Ok(Self { shared, writer: Some(writer) })
    }

    /// Checks that the log accepts entries.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.shared.lock().failure.clone().map_or(Ok(()), |why| Err(Failure::Refused(why)))
    }

    /// Appends a command. Returns its position.
    pub(crate) fn append(&self, command: StoredCommand) -> u64 {
        self.shared.append(Entry::Command(Box::new(command)))
    }

    /// Appends a credential of an account. Returns its position.
    pub(crate) fn append_credential(&self, account: AccountId, credential: &Credential) -> u64 {
        self.shared.append(Entry::Credential(StoredCredential::new(account, credential)))
    }

    /// Blocks the thread until all entries up to this position are durable.
    pub(crate) fn wait(&self, position: u64) -> Result<(), Failure> {
        let mut progress = self.shared.lock();
        loop {
            if let Some(result) = progress.result(position) {
                return result;
            }
            let waited = self.shared.done.wait(progress);
            progress = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until all entries up to this position are durable.
    pub(crate) async fn durable(&self, position: u64) -> Result<(), Failure> {
        if let Some(result) = self.shared.lock().result(position) {
            return result;
        }
        let mut changes = self.shared.changes.subscribe();
        loop {
            if let Some(result) = self.shared.lock().result(position) {
                return result;
            }
            // The sender lives as long as `self`.
            let _ = changes.changed().await;
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.work.notify_all();
        if let Some(writer) = self.writer.take() {
            // A panic of the writer was recorded as a failure.
            let _ = writer.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, entry: Entry) -> u64 {
        let mut progress = self.lock();
        progress.waiting.push(entry);
        progress.appended = progress.appended.saturating_add(1);
        self.work.notify_one();
        progress.appended
    }

    /// Makes entries durable until the log is closed. After an error, keeps the directory locked and writes no more.
    fn write(&self, mut directory: DataDirectory) {
        while let Some(batch) = self.next_batch() {
            let written = directory.write(&batch);
            let mut progress = self.lock();
            match written {
                Ok(()) => {
                    let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
                    progress.durable = progress.durable.saturating_add(count);
                }
                Err(error) => progress.failure = Some(error.to_string().into()),
            }
            drop(progress);
            self.done.notify_all();
            self.changes.send_replace(());
        }
    }

    /// The entries to be written next; `None` when the log is closed.
    fn next_batch(&self) -> Option<Vec<Entry>> {
        let mut progress = self.lock();
        loop {
            let has_failed = progress.failure.is_some();
            if !progress.waiting.is_empty() && !has_failed {
                return Some(mem::take(&mut progress.waiting));
            }
            if progress.is_closed {
                return None;
            }
            let waited = self.work.wait(progress);
            progress = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Progress {
    /// Whether all entries up to this position are durable; `None` if that is not known yet.
    fn result(&self, position: u64) -> Option<Result<(), Failure>> {
        if self.durable >= position {
            return Some(Ok(()));
        }
        self.failure.clone().map(|why| Err(Failure::Unknown(why)))
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let progress = self.shared.lock();
        f.debug_struct("Log")
            .field("appended", &progress.appended)
            .field("durable", &progress.durable)
            .field("failure", &progress.failure)
            .finish_non_exhaustive()
    }
}
