//! The directory of the journal: finds, lists, reads and removes its entries.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::entry::Entry;
use super::entry_id;
use super::lock::Lock;
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::private_file;

/// The environment variable that names the directory.
pub const VARIABLE: &str = "CVM_JOURNAL";

/// How the names of lock files for client tokens begin.
const TOKEN_LOCK: &str = "token-";

/// Temporary files older than this are removed.
const STALE_AFTER: Duration = Duration::from_secs(60 * 60);

/// The directory that holds the entries.
#[derive(Clone, Debug)]
pub struct Journal {
    directory: PathBuf,
}

/// One file of the journal.
pub struct ListedEntry {
    /// The id of the entry.
    pub id: String,
    /// The entry, or why it cannot be used.
    pub entry: std::result::Result<Entry, String>,
    /// Whether the command that wrote it, or one that settles it, is still running.
    pub running: bool,
}

impl Journal {
    /// The journal of this user.
    pub fn of_user() -> Result<Self> {
        let set = |name| env::var_os(name).filter(|value: &OsString| !value.is_empty());
        let directory = set(VARIABLE).map(|directory| (VARIABLE, PathBuf::from(directory)));
        let Some((variable, directory)) = directory.or_else(|| default_directory(set)) else {
            return Err(CliError::local(format!(
                "no directory for the journal: neither {VARIABLE} nor a home directory is set"
            )));
        };
        // From another current directory it would be another journal, without these entries.
        if !directory.is_absolute() {
            return Err(CliError::local(format!(
                "the journal directory `{}` is relative, so it depends on the current directory",
                directory.display()
            ))
            .hint(format!("set {variable} to an absolute path")));
        }
        Ok(Self { directory })
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> Result<Vec<ListedEntry>> {
        let ids = match private_file::check_directory(&self.directory).and_then(|_| self.ids()) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            ids => ids.map_err(|error| self.unusable("read", &error))?,
        };
        let listed = |id: String| {
            let running = Lock::is_held(&self.lock_path(&id));
            let entry = self.load(&id);
            // An entry that was settled since the directory was read is not listed.
            let exists = entry.is_ok() || !is_missing(&self.path(&id));
            exists.then_some(ListedEntry { id, entry, running })
        };
        Ok(ids.into_iter().filter_map(listed).collect())
    }

    /// The entry with this client token, else the first one that cannot be read: whatever its text still
    /// contains, it may have had this token.
    pub fn with_token(&self, token: &str) -> Result<Option<ListedEntry>> {
        let mut unreadable = None;
        for listed in self.entries()? {
            match &listed.entry {
                Ok(entry) if entry.client_token.as_deref() == Some(token) => {
                    return Ok(Some(listed));
                }
                Ok(_) => {}
                Err(_) => unreadable = unreadable.or(Some(listed)),
            }
        }
        Ok(unreadable)
    }

    /// Removes an entry.
    pub fn forget(&self, id: &str) -> Result<()> {
        self.check_exists(id)?;
        let _lock = self.lock(id)?;
        self.check_exists(id)?;
        fs::remove_file(self.path(id))
            .map_err(|error| CliError::local(format!("cannot remove entry `{id}`: {error}")))
    }

    /// Creates the directory if it is missing, for files that nobody else may read.
    pub fn create_directory(&self) -> io::Result<&Path> {
        private_file::create_directory(&self.directory)?;
        private_file::check_directory(&self.directory)?;
        Ok(&self.directory)
    }

    pub(super) fn write(&self, entry: &Entry) -> io::Result<()> {
        private_file::write_durably(&self.path(&entry.id), entry.to_text().as_bytes())
    }

    /// Locks an entry. Only the holder of the lock may change or remove the entry.
    pub(super) fn lock(&self, id: &str) -> Result<Lock> {
        let path = self.lock_path(id);
        let taken = Lock::take(path).map_err(|error| {
            let directory = self.directory.display();
            CliError::local(format!(
                "cannot lock the journal in `{directory}`: `{id}.lock`: {error}"
            ))
        })?;
        taken.ok_or_else(|| {
            CliError::new(
                ExitStatus::Unknown,
                format!("another command that uses entry `{id}` is still running"),
            )
            .hint("wait until it ends; it then reports the outcome or leaves the entry")
        })
    }

    pub(super) fn check_exists(&self, id: &str) -> Result<()> {
        match private_file::check_directory(&self.directory) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(self.unusable("read", &error));
            }
            _ => {}
        }
        // A link counts as existing; reading it is then rejected.
        if entry_id::is_valid(id) && fs::symlink_metadata(self.path(id)).is_ok() {
            return Ok(());
        }
        Err(CliError::usage(format!("the journal has no entry `{id}`"))
            .hint("`cvm resume` lists the entries"))
    }

    pub(super) fn load(&self, id: &str) -> std::result::Result<Entry, String> {
        let text = private_file::read(&self.path(id)).map_err(|error| error.to_string())?;
        let entry = Entry::parse(&text)?;
        if entry.id != id {
            return Err(format!("its `id` is `{}`, which differs from its file name", entry.id));
        }
        Ok(entry)
    }

    pub(super) fn path(&self, id: &str) -> PathBuf {
        self.directory.join(format!("{id}.json"))
    }

    fn lock_path(&self, id: &str) -> PathBuf {
        self.directory.join(format!("{id}.lock"))
    }

    /// The lock file of a client token. `token_hash` is a hash of the token.
    pub(super) fn token_lock_path(&self, token_hash: &str) -> PathBuf {
        self.directory.join(format!("{TOKEN_LOCK}{token_hash}.lock"))
    }

    /// The ids of all entries, in order. Removes temporary files that a killed process left.
    fn ids(&self) -> io::Result<Vec<String>> {
        let mut ids = Vec::new();
        for file in fs::read_dir(&self.directory)? {
            let file = file?;
            let name = file.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.starts_with('.') && is_temporary(name) && is_old(&file.path()) {
                let _ = fs::remove_file(file.path());
            } else if let Some(id) = name.strip_suffix(".json").filter(|id| entry_id::is_valid(id))
            {
                ids.push(id.to_owned());
            } else if let Some(id) = name.strip_suffix(".lock")
                && (id.starts_with(TOKEN_LOCK) || entry_id::is_valid(id) && !self.path(id).exists())
                && !Lock::is_held(&file.path())
            {
                // A killed process left it. Dropping the lock removes its file, unless another process took it
                // meanwhile.
                drop(Lock::take(file.path()));
            }
        }
        ids.sort_unstable();
        Ok(ids)
    }

    /// The error when the journal cannot be read, written or locked.
    pub(super) fn unusable(&self, what: &str, error: &io::Error) -> CliError {
        CliError::local(format!(
            "cannot {what} the journal in `{}`: {error}",
            self.directory.display()
        ))
    }
}

/// The directory for the state of the user's programs.
#[cfg(not(windows))]
fn default_directory(
    set: impl Fn(&'static str) -> Option<OsString>,
) -> Option<(&'static str, PathBuf)> {
    const STATE: &str = "XDG_STATE_HOME";
    let state = set(STATE).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || set("HOME").map(|home| ("HOME", Path::new(&home).join(".local/state")));
    let (variable, directory) = state.map(|path| (STATE, path)).or_else(home)?;
    Some((variable, directory.join("cvm/journal")))
}

/// The directory for the state of the user's programs.
#[cfg(windows)]
fn default_directory(
    set: impl Fn(&'static str) -> Option<OsString>,
) -> Option<(&'static str, PathBuf)> {
    const DATA: &str = "LOCALAPPDATA";
    Some((DATA, Path::new(&set(DATA)?).join("cvm").join("journal")))
}

/// Whether a name is that of a temporary file, which is renamed when it is complete: `.ID.json.PID.N`.
fn is_temporary(name: &str) -> bool {
    let id = name.get(1..).and_then(|rest| rest.split_once(".json."));
    id.is_some_and(|(id, _)| entry_id::is_valid(id))
}

fn is_missing(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

fn is_old(path: &Path) -> bool {
    let written = fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
    written.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > STALE_AFTER))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::super::JournalGuard;
    use super::*;

    #[test]
    fn path_traversal_in_ids_is_rejected() {
        let journal = Journal { directory: PathBuf::from("/no/such/folder") };
        for id in ["", "../../etc/passwd", "1jd7k2m9wx4q2/..", "1JD7K2M9WX4Q2", "1jd7k2m9wx4q2"] {
            let error = JournalGuard::open(&journal, id).unwrap_err().to_string();
            assert!(error.contains("has no entry"), "{error}");
            assert!(journal.forget(id).is_err());
        }
        assert!(journal.entries().unwrap().is_empty());
    }

    #[test]
    fn broken_entry_is_listed_and_can_be_removed() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = temporary.path().join("journal");
        private_file::create_directory(&directory).unwrap();
        let journal = Journal { directory: directory.clone() };
        let id = entry_id::new(SystemTime::now()).unwrap();
        for (name, text) in [
            (format!("{id}.json"), "{"),
            (format!(".{id}.json.7.0"), "half"),
            ("notes.txt".to_owned(), "an unrelated file"),
        ] {
            private_file::write(&directory.join(name), text.as_bytes()).unwrap();
        }
        let listed = journal.entries().unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].id, id);
        assert!(listed[0].entry.as_ref().unwrap_err().contains("not JSON"));
        let error = JournalGuard::open(&journal, &id).unwrap_err().to_string();
        assert!(error.contains("not JSON"), "{error}");
        journal.forget(&id).unwrap();
        assert!(journal.entries().unwrap().is_empty());
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 2, "new and unrelated files stay");
    }
}
