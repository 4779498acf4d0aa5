//! The journal: what is on its way stands in a file before its first byte leaves, so that neither a
//! crash of this program nor one of the machine loses the trace of a change.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::clocks::Clocks;
use crate::entry::{self, Entry, State};
use crate::exit::{CliError, ExitStatus, Result};
use crate::lock::Lock;
use crate::{output, private_file};

/// Says where the journal is.
pub const VARIABLE: &str = "CVM_JOURNAL";

/// What was begun and never renamed is swept away after this time.
const STRAY: Duration = Duration::from_secs(60 * 60);

/// How the names of locks for client tokens begin.
const TOKEN_LOCK: &str = "token-";

/// Digits of names: in the order of their codes, and none that looks like another.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Digits of the time in a name, and of what makes it the only one.
const TIME_DIGITS: usize = 9;
const RANDOM_DIGITS: usize = 4;

/// The folder that holds the entries.
#[derive(Clone, Debug)]
pub struct Journal {
    folder: PathBuf,
}

/// What a file of the journal holds.
pub struct Found {
    /// The name of the entry.
    pub id: String,
    /// The entry, or why there is none.
    pub entry: std::result::Result<Entry, String>,
    /// Whether the command that wrote it, or one that settles it, still runs.
    pub running: bool,
}

impl Journal {
    /// The journal of this user.
    pub fn of_user() -> Result<Self> {
        let set = |name| env::var_os(name).filter(|value: &OsString| !value.is_empty());
        let folder = set(VARIABLE).map(|folder| (VARIABLE, PathBuf::from(folder)));
        let Some((variable, folder)) = folder.or_else(|| own_folder(set)) else {
            return Err(CliError::local(format!(
                "there is no place for the journal: neither {VARIABLE} nor a home folder is set"
            )));
        };
        // From another current folder it would be another journal, without the entries of this one.
        if !folder.is_absolute() {
            return Err(CliError::local(format!(
                "the journal would be in `{}`, which depends on the current folder",
                folder.display()
            ))
            .hint(format!("set {variable} to a path that begins at the root")));
        }
        Ok(Self { folder })
    }

    /// A name for an entry that begins now.
    pub fn new_id(now: SystemTime) -> Result<String> {
        let mut bytes = [0; RANDOM_DIGITS];
        getrandom::fill(&mut bytes)
            .map_err(|_| CliError::local("the system gives no randomness to name an entry"))?;
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let digit = |value: u128| {
            let place = usize::try_from(value % 32).unwrap_or_default();
            DIGITS.get(place).map_or('0', |digit| char::from(*digit))
        };
        let time = (0..TIME_DIGITS).rev().map(|place| digit(since >> (5 * place)));
        Ok(time.chain(bytes.iter().map(|byte| digit(u128::from(*byte)))).collect())
    }

    /// Makes a place for an entry that is to be written, and locks it.
    pub fn reserve(self, id: String) -> Result<Place> {
        self.private_folder().map_err(|error| self.unusable("written", &error))?;
        let lock = self.lock(&id)?;
        Ok(Place { journal: self, id, lock })
    }

    fn put(&self, entry: &Entry) -> io::Result<()> {
        private_file::write_durably(&self.path(&entry.id), entry.to_text().as_bytes())
    }

    /// Only who holds the lock of an entry may change or remove it.
    fn lock(&self, id: &str) -> Result<Lock> {
        let path = self.lock_path(id);
        let taken = Lock::take(path).map_err(|error| {
            let folder = self.folder.display();
            CliError::local(format!(
                "the journal in `{folder}` cannot be locked: `{id}.lock`: {error}"
            ))
        })?;
        taken.ok_or_else(|| {
            CliError::new(
                ExitStatus::Unknown,
                format!("a command that is at work on entry `{id}` still runs"),
            )
            .hint("wait until it ends: it says what became of the request, or leaves the entry")
        })
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> Result<Vec<Found>> {
        let names = match private_file::check_folder(&self.folder).and_then(|_| self.names()) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            names => names.map_err(|error| self.unusable("read", &error))?,
        };
        let found = |id: String| {
            let running = Lock::is_held(&self.lock_path(&id));
            let entry = self.load(&id);
            // One that was settled just now is none.
            let is_there = entry.is_ok() || !is_missing(&self.path(&id));
            is_there.then_some(Found { id, entry, running })
        };
        Ok(names.into_iter().filter_map(found).collect())
    }

    /// The entry that has this client token; else the first that cannot be read. Whatever its text still holds,
    /// it may have had this token.
    pub fn with_token(&self, token: &str) -> Result<Option<Found>> {
        let mut unreadable = None;
        for found in self.entries()? {
            match &found.entry {
                Ok(entry) if entry.client_token.as_deref() == Some(token) => {
                    return Ok(Some(found));
                }
                Ok(_) => {}
                Err(_) => unreadable = unreadable.or(Some(found)),
            }
        }
        Ok(unreadable)
    }

    /// The entry of this name, locked.
    pub fn entry(&self, id: &str) -> Result<JournalGuard> {
        self.must_have(id)?;
        let lock = self.lock(id)?;
        // It may have been settled before the lock was free.
        self.must_have(id)?;
        let entry = self.load(id).map_err(|why| {
            entry::unusable(id, &why).hint(format!("it is {}", self.path(id).display()))
        })?;
        Ok(JournalGuard { journal: self.clone(), entry, _lock: lock })
    }

    /// Forgets an entry.
    pub fn forget(&self, id: &str) -> Result<()> {
        self.must_have(id)?;
        let _lock = self.lock(id)?;
        self.must_have(id)?;
        fs::remove_file(self.path(id))
            .map_err(|error| CliError::local(format!("cannot remove entry `{id}`: {error}")))
    }

    fn must_have(&self, id: &str) -> Result<()> {
        match private_file::check_folder(&self.folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(self.unusable("read", &error));
            }
            _ => {}
        }
        // A link counts: it is there, and it will be refused.
        if is_id(id) && fs::symlink_metadata(self.path(id)).is_ok() {
            return Ok(());
        }
        Err(CliError::usage(format!("the journal has no entry `{id}`"))
            .hint("`cvm resume` lists what there is"))
    }

    fn load(&self, id: &str) -> std::result::Result<Entry, String> {
        let text = private_file::read(&self.path(id)).map_err(|error| error.to_string())?;
        let entry = Entry::parse(&text)?;
        if entry.id != id {
            return Err(format!("it says that it is `{}`", entry.id));
        }
        Ok(entry)
    }

    /// The folder, made if it is missing, as a place for files that nobody else may read.
    pub fn private_folder(&self) -> io::Result<&Path> {
        private_file::make_folder(&self.folder)?;
        private_file::check_folder(&self.folder)?;
        Ok(&self.folder)
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    fn lock_path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.lock"))
    }

    /// The names of all entries, in order; what a killed writer left half done is swept away.
    fn names(&self) -> io::Result<Vec<String>> {
        let mut ids = Vec::new();
        for file in fs::read_dir(&self.folder)? {
            let file = file?;
            let name = file.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.starts_with('.') && is_stray(name) && is_old(&file.path()) {
                let _ = fs::remove_file(file.path());
            } else if let Some(id) = name.strip_suffix(".json").filter(|id| is_id(id)) {
                ids.push(id.to_owned());
            } else if let Some(id) = name.strip_suffix(".lock")
                && (id.starts_with(TOKEN_LOCK) || is_id(id) && !self.path(id).exists())
                && !Lock::is_held(&file.path())
            {
                // A killed process left it. Taken and dropped, it goes, unless somebody took it meanwhile.
                drop(Lock::take(file.path()));
            }
        }
        ids.sort_unstable();
        Ok(ids)
    }

    fn unusable(&self, what: &str, error: &io::Error) -> CliError {
        CliError::local(format!(
            "the journal in `{}` cannot be {what}: {error}",
            self.folder.display()
        ))
    }
}

/// A place in the journal that was proved to be writable, and has no entry yet.
pub struct Place {
    journal: Journal,
    id: String,
    lock: Lock,
}

impl Place {
    /// The name of the entry.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Locks a client token until the lock is dropped, so that of two commands with one token the second finds
    /// the entry of the first. `fingerprint` is a hash of the token, for the name of the lock.
    pub fn lock_token(&self, fingerprint: &str) -> Result<Lock> {
        let path = self.journal.folder.join(format!("{TOKEN_LOCK}{fingerprint}.lock"));
        let taken = Lock::take(path).map_err(|error| self.journal.unusable("locked", &error))?;
        taken.ok_or_else(|| {
            CliError::new(
                ExitStatus::Unknown,
                "another command with this client token begins right now; nothing was sent",
            )
            .hint("wait until it ends: it says what became of the request, or leaves an entry")
        })
    }

    /// The journal that it is in.
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Writes the entry: when this returns, it is on the disk.
    pub fn write(self, entry: Entry) -> Result<JournalGuard> {
        let Self { journal, lock, .. } = self;
        journal.put(&entry).map_err(|error| journal.unusable("written", &error))?;
        Ok(JournalGuard { journal, entry, _lock: lock })
    }
}

/// An entry that stands in the journal, locked until its call has ended.
#[derive(Debug)]
pub struct JournalGuard {
    journal: Journal,
    entry: Entry,
    _lock: Lock,
}

impl JournalGuard {
    /// The entry.
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The call ended and its outcome is unknown; `skew` is what the client found out about the clock, and
    /// `forbids_retry` whether the service's error forbids another attempt. When this cannot be written, the entry still says that the outcome is unknown.
    pub fn mark_unknown(&mut self, skew: i64, forbids_retry: bool) {
        let state = match self.entry.state {
            State::NoRetry => State::NoRetry,
            _ if forbids_retry => State::NoRetry,
            _ => State::Unknown,
        };
        self.entry.end(&Clocks::now());
        self.put(state, skew);
    }

    /// The call ended, but its response may still fail to be shown; `skew` is what the client found out
    /// about the clock.
    pub fn keep_skew(&mut self, skew: i64) {
        if entry::safer_skew(self.entry.skew, skew) != self.entry.skew {
            self.put(self.entry.state, skew);
        }
    }

    fn put(&mut self, state: State, skew: i64) {
        self.entry.skew = entry::safer_skew(self.entry.skew, skew);
        self.entry.state = state;
        // An entry that somebody removed is settled, and does not come back.
        if self.journal.path(&self.entry.id).exists() {
            let _ = self.journal.put(&self.entry);
        }
    }

    /// The call ended and its outcome is known. An entry that stays is a nuisance and no danger, as long
    /// as somebody knows.
    pub fn settle(self) {
        let path = self.journal.path(&self.entry.id);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => output::eprint_note(&format!(
                "the outcome is known, but its entry in the journal cannot be removed: {}: {error}",
                path.display()
            )),
            _ => {}
        }
    }
}

/// Where the user's programs keep what outlives them.
#[cfg(not(windows))]
fn own_folder(set: impl Fn(&'static str) -> Option<OsString>) -> Option<(&'static str, PathBuf)> {
    const STATE: &str = "XDG_STATE_HOME";
    let state = set(STATE).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || set("HOME").map(|home| ("HOME", Path::new(&home).join(".local/state")));
    let (variable, folder) = state.map(|path| (STATE, path)).or_else(home)?;
    Some((variable, folder.join("cvm/journal")))
}

/// Where the user's programs keep what outlives them.
#[cfg(windows)]
fn own_folder(set: impl Fn(&'static str) -> Option<OsString>) -> Option<(&'static str, PathBuf)> {
    const DATA: &str = "LOCALAPPDATA";
    Some((DATA, Path::new(&set(DATA)?).join("cvm").join("journal")))
}

fn is_id(name: &str) -> bool {
    name.len() == TIME_DIGITS + RANDOM_DIGITS && name.bytes().all(|byte| DIGITS.contains(&byte))
}

/// What is written beside an entry before it is renamed: `.ID.json.PID.N`.
fn is_stray(name: &str) -> bool {
    let id = name.get(1..).and_then(|rest| rest.split_once(".json."));
    id.is_some_and(|(id, _)| is_id(id))
}

fn is_missing(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

fn is_old(path: &Path) -> bool {
    let written = fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
    written.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > STRAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_by_time_and_differ() {
        let at = |milliseconds| {
            Journal::new_id(UNIX_EPOCH + Duration::from_millis(milliseconds)).unwrap()
        };
        let mut ids: Vec<String> = (0..200).map(|step| at(1_795_247_313_123 + step * 7)).collect();
        let sorted = {
            let mut sorted = ids.clone();
            sorted.sort_unstable();
            sorted
        };
        assert_eq!(ids, sorted);
        ids.extend((0..20).map(|_| at(1_795_247_313_123)));
        assert!(ids.iter().all(|id| is_id(id)), "{ids:?}");
        ids.sort_unstable();
        ids.dedup();
        assert!(ids.len() > 215, "{}", ids.len());
    }

    #[test]
    fn names_that_lead_elsewhere_are_no_entries() {
        let journal = Journal { folder: PathBuf::from("/no/such/folder") };
        for id in ["", "../../etc/passwd", "1jd7k2m9wx4q2/..", "1JD7K2M9WX4Q2", "1jd7k2m9wx4q2"] {
            let failure = journal.entry(id).unwrap_err().to_string();
            assert!(failure.contains("has no entry"), "{failure}");
            assert!(journal.forget(id).is_err());
        }
        assert!(journal.entries().unwrap().is_empty());
    }

    #[test]
    fn what_is_broken_is_listed_and_can_be_forgotten() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("journal");
        private_file::make_folder(&folder).unwrap();
        let journal = Journal { folder: folder.clone() };
        let id = Journal::new_id(SystemTime::now()).unwrap();
        for (name, text) in [
            (format!("{id}.json"), "{"),
            (format!(".{id}.json.7.0"), "half"),
            ("notes.txt".to_owned(), "of somebody"),
        ] {
            private_file::write(&folder.join(name), text.as_bytes()).unwrap();
        }
        let found = journal.entries().unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id, id);
        assert!(found[0].entry.as_ref().unwrap_err().contains("not JSON"));
        assert!(journal.entry(&id).unwrap_err().to_string().contains("not JSON"));
        journal.forget(&id).unwrap();
        assert!(journal.entries().unwrap().is_empty());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "young and strange files stay");
    }
}
