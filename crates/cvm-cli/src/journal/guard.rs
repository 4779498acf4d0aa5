//! The entry of a call, locked from before it is written until the call ends.

use std::fs;
use std::io::ErrorKind;
use std::time::SystemTime;

use super::clocks::Clocks;
use super::directory::Journal;
use super::entry::{self, Entry, State};
use super::entry_id;
use super::lock::Lock;
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::output;

/// A locked id without an entry yet, in a journal that proved to be writable.
pub struct ReservedEntry {
    journal: Journal,
    id: String,
    lock: Lock,
}

impl ReservedEntry {
    /// Reserves a new id. Fails if the journal cannot be written.
    pub fn new(journal: Journal, now: SystemTime) -> Result<Self> {
        let id = entry_id::new(now)?;
        journal.create_directory().map_err(|error| journal.unusable("write to", &error))?;
        let lock = journal.lock(&id)?;
        Ok(Self { journal, id, lock })
    }

    /// The id of the entry.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The journal.
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Locks a client token until the lock is dropped, so that of two commands with one token the second finds
    /// the entry of the first. `token_hash` names the lock file.
    pub fn lock_token(&self, token_hash: &str) -> Result<Lock> {
        let path = self.journal.token_lock_path(token_hash);
        let taken = Lock::take(path).map_err(|error| self.journal.unusable("lock", &error))?;
        taken.ok_or_else(|| {
            CliError::new(
                ExitStatus::Unknown,
                "another command is starting with this client token; nothing was sent",
            )
            .hint("wait until it ends; it then reports the outcome or leaves an entry")
        })
    }

    /// Writes the entry. When this returns, the entry is on the disk.
    pub fn write(self, entry: Entry) -> Result<JournalGuard> {
        let Self { journal, lock, .. } = self;
        journal.write(&entry).map_err(|error| journal.unusable("write to", &error))?;
        Ok(JournalGuard { journal, entry, _lock: lock })
    }
}

/// An entry in the journal, locked until its call has ended.
#[derive(Debug)]
pub struct JournalGuard {
    journal: Journal,
    entry: Entry,
    _lock: Lock,
}

impl JournalGuard {
    /// Locks and reads the entry with this id.
    pub fn open(journal: &Journal, id: &str) -> Result<Self> {
        journal.check_exists(id)?;
        let lock = journal.lock(id)?;
        // It may have been settled before the lock was free.
        journal.check_exists(id)?;
        let entry = journal.load(id).map_err(|why| {
            entry::unusable(id, &why).hint(format!("its file is {}", journal.path(id).display()))
        })?;
        Ok(Self { journal: journal.clone(), entry, _lock: lock })
    }

    /// The entry.
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The call ended and its outcome is unknown; `skew` is the clock difference that the client measured, and
    /// `forbids_retry` tells whether the service's error forbids another attempt. If this cannot be written, the
    /// entry still means that the outcome is unknown.
    pub fn mark_unknown(&mut self, skew: i64, forbids_retry: bool) {
        let state = match self.entry.state {
            State::NoRetry => State::NoRetry,
            _ if forbids_retry => State::NoRetry,
            _ => State::Unknown,
        };
        self.entry.end(&Clocks::now());
        self.write(state, skew);
    }

    /// The call ended, but its response may still fail to be printed; `skew` is the clock difference that the
    /// client measured.
    pub fn keep_skew(&mut self, skew: i64) {
        if entry::safer_skew(self.entry.skew, skew) != self.entry.skew {
            self.write(self.entry.state, skew);
        }
    }

    fn write(&mut self, state: State, skew: i64) {
        self.entry.skew = entry::safer_skew(self.entry.skew, skew);
        self.entry.state = state;
        // An entry that was removed by hand is settled, so it is not created again.
        if self.journal.path(&self.entry.id).exists() {
            let _ = self.journal.write(&self.entry);
        }
    }

    /// The call ended and its outcome is known: removes the entry. An entry that cannot be removed does no
    /// harm if the user knows about it.
    pub fn settle(self) {
        let path = self.journal.path(&self.entry.id);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => output::eprint_note(&format!(
                "the outcome is known, but the journal entry cannot be removed: {}: {error}",
                path.display()
            )),
            _ => {}
        }
    }
}
