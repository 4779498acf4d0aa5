//! Reads files that hold secrets: only those that nobody else can read.

use std::fs::{self, Metadata};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::CredentialProviderError;
use crate::environment::Environment;

/// Larger files are no credential files.
const LARGEST: u64 = 64 * 1024;

/// The caller's home directory.
pub(super) fn home(environment: &Environment) -> Option<PathBuf> {
    environment.get("HOME").or_else(|| environment.get("USERPROFILE")).map(PathBuf::from)
}

/// Reads a file into memory that is wiped; `None` when there is no such file.
///
/// `what` names the file in errors, which show no path: paths hold user names.
pub(super) fn read_secret(
    path: &Path,
    what: &str,
) -> Result<Option<Zeroizing<Vec<u8>>>, CredentialProviderError> {
    let broken = |why: String| CredentialProviderError::broken(format!("{what} {why}"));
    let mut file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(broken(format!("cannot be opened: {error}"))),
    };
    // Asked of the open file, so that nobody can put another in its place in between.
    let metadata =
        file.metadata().map_err(|error| broken(format!("cannot be examined: {error}")))?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(broken("is no plain file of a sensible size".into()));
    }
    if is_readable_by_others(path, &metadata) {
        return Err(broken("can be read by other users; run `chmod 600` on it".into()));
    }
    // Sized once: a buffer that grew would leave unwiped copies behind.
    let size = usize::try_from(metadata.len()).unwrap_or_default();
    let mut text = Zeroizing::new(Vec::with_capacity(size + 1));
    file.by_ref()
        .take(LARGEST)
        .read_to_end(&mut text)
        .map_err(|error| broken(format!("cannot be read: {error}")))?;
    Ok(Some(text))
}

/// A file whose mode lets others read it, in a directory that lets them in.
#[cfg(unix)]
fn is_readable_by_others(path: &Path, metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    const OTHERS: u32 = 0o077;
    let open = metadata.permissions().mode() & OTHERS != 0;
    // tccli writes its files with the default mode into a directory that is closed to others.
    let closed_directory = || {
        let directory = path.parent().and_then(|parent| fs::metadata(parent).ok());
        directory.is_some_and(|directory| directory.permissions().mode() & OTHERS == 0)
    };
    open && !closed_directory()
}

#[cfg(not(unix))]
fn is_readable_by_others(_: &Path, _: &Metadata) -> bool {
    false
}

/// A directory of its own for a test, removed when it is dropped.
#[cfg(test)]
pub(super) mod test_directory {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicU32, Ordering};

    use crate::environment::Environment;

    pub(crate) struct TestDirectory(pub(crate) PathBuf);

    impl TestDirectory {
        pub(crate) fn new() -> Self {
            static NUMBER: AtomicU32 = AtomicU32::new(0);
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let name = format!("cvm-transport-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        pub(crate) fn write(&self, name: &str, text: &str, mode: u32) -> PathBuf {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            set_mode(&path, mode);
            path
        }

        pub(crate) fn home(&self, more: &[(&str, &str)]) -> Environment {
            let home = self.0.to_str().unwrap();
            let mut variables = vec![("HOME", home)];
            variables.extend(more);
            Environment::of(&variables)
        }
    }

    #[cfg(unix)]
    pub(crate) fn set_mode(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[cfg(not(unix))]
    pub(crate) fn set_mode(_: &Path, _: u32) {}

    impl Drop for TestDirectory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::test_directory::{TestDirectory, set_mode};
    use super::*;

    #[test]
    fn files_that_others_can_read_are_refused() {
        let directory = TestDirectory::new();
        set_mode(&directory.0, 0o755);
        for (mode, passes) in
            [(0o600, true), (0o400, true), (0o644, false), (0o640, false), (0o604, false)]
        {
            let path = directory.write("secret", "text", mode);
            let read = read_secret(&path, "file");
            assert_eq!(read.is_ok(), passes, "{mode:o}");
            if let Err(error) = read {
                assert!(error.to_string().contains("chmod 600") && !error.is_missing());
            }
            set_mode(&path, 0o600);
        }
        set_mode(&directory.0, 0o700);
        let path = directory.write("secret", "text", 0o644);
        assert!(read_secret(&path, "file").unwrap().is_some(), "nobody else gets to it");
        assert!(read_secret(&directory.0.join("none"), "file").unwrap().is_none());
        assert!(read_secret(&directory.0, "file").is_err(), "a directory is no file");
        let large = directory.write("large", &"x".repeat(70_000), 0o600);
        assert!(read_secret(&large, "file").is_err());
    }
}
