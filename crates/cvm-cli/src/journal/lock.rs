//! One lock for each journal entry: only its holder may change or remove the entry.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::private_file::{identity, open_plain};

/// A command that lists the journal holds a lock for a moment, so a lock that is held is tried again.
const MAX_ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// A held lock. The operating system releases it when this process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock; `None` if another process holds it.
    pub fn take(path: PathBuf) -> io::Result<Option<Self>> {
        for _ in 0..MAX_ATTEMPTS {
            let file = open(&path)?;
            match file.try_lock() {
                // The previous holder may have removed the file after it was opened here.
                Ok(()) if is_at(&file, &path) => return Ok(Some(Self { path, _file: file })),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Whether a running process holds the lock.
    pub fn is_held(path: &Path) -> bool {
        let Ok(file) = open_plain(path, OpenOptions::new().read(true)) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }
}

/// Removes the file before the lock is released: a process that opened it in between notices that it is gone.
impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    open_plain(path, &mut options)
}

fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(opened), Ok(named)) = (file.metadata(), fs::symlink_metadata(path)) else {
        return false;
    };
    named.is_file() && identity(&opened) == identity(&named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_is_exclusive_and_removes_its_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        assert!(!Lock::is_held(&path));
        let lock = Lock::take(path.clone()).unwrap().unwrap();
        assert!(Lock::is_held(&path));
        assert!(Lock::take(path.clone()).unwrap().is_none());
        drop(lock);
        assert!(!path.exists() && !Lock::is_held(&path));
        assert!(Lock::take(path).unwrap().is_some());
    }

    #[test]
    fn stale_lock_file_can_be_locked_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        fs::write(&path, "").unwrap();
        assert!(!Lock::is_held(&path));
        assert!(Lock::take(path).unwrap().is_some());
    }

    #[test]
    fn removed_lock_file_differs_from_its_replacement() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let file = open(&path).unwrap();
        assert!(is_at(&file, &path));
        fs::remove_file(&path).unwrap();
        assert!(!is_at(&file, &path));
        let _new = open(&path).unwrap();
        assert!(!is_at(&file, &path));
    }
}
