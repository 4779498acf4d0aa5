//! Reads files of other tools that contain secrets or settings for endpoints.
//!
//! - A file that other users can read is used, with a warning, unless a directory above it keeps them out: tccli writes
//!   its files with the default mode into a directory of mode 0700.
//! - A file that every user can write, or that belongs to another user, is rejected: its author could choose the
//!   identity of our calls, and a program that we run. Files of root are accepted, because root can do all that
//!   anyway. Root itself gets no exception: it has more to lose than others.
//! - A symbolic link is followed, because mounted secrets and collections of settings are links. The rules apply to
//!   the target, and the link must not belong to another user either. A dangling link is not an absent file: it was
//!   configured, and its target is missing.

use std::fs::{
    Metadata, {self},
};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cvm_protocol::utf8_text;
use zeroize::Zeroizing;

use super::provider::CredentialProviderError;
use crate::config::environment::Environment;
use crate::observe::trace;

/// Larger files are no credential files.
const MAX_SIZE: u64 = 64 * 1024;

/// The caller's home directory; `None` if no variable sets it.
///
/// # Errors
///
/// If its path is relative: then the current directory would determine the identity and the endpoint of calls.
pub(super) fn home(environment: &Environment) -> Result<Option<PathBuf>, CredentialProviderError> {
    let named = ["HOME", "USERPROFILE"]
        .into_iter()
        .find_map(|name| environment.path(name).map(|path| (name, path)));
    match named {
        Some((name, path)) if !path.is_absolute() => Err(CredentialProviderError::broken(format!(
            "{name} is `{}`, which depends on the current directory: set it to an absolute path",
            path.display()
        ))),
        named => Ok(named.map(|(_, path)| path)),
    }
}

/// A file that was read into memory that is wiped.
pub(super) struct SecretFile {
    /// The name in messages: what it is, and its path.
    pub(super) name: String,
    bytes: Zeroizing<Vec<u8>>,
    /// Set if other users can read the file.
    pub(super) warning: Option<Arc<str>>,
}

impl SecretFile {
    /// The text of the file without a byte order mark.
    pub(super) fn text(&self) -> Result<&str, CredentialProviderError> {
        utf8_text(&self.bytes)
            .map_err(|why| CredentialProviderError::broken(format!("{} {why}", self.name)))
    }
}

/// Reads a file with a secret; `None` if it does not exist.
///
/// `what` describes the kind of file in messages.
pub(super) fn read_secret(
    path: &Path,
    what: &str,
) -> Result<Option<SecretFile>, CredentialProviderError> {
    let Some((mut file, metadata)) = read_owned(path, what, MAX_SIZE)? else { return Ok(None) };
    if is_readable_by_others(path, &metadata) {
        let warning = format!("{} can be read by other users; run `chmod 600` on it", file.name);
        trace::credential_file_is_readable(&warning);
        file.warning = Some(warning.into());
    }
    Ok(Some(file))
}

/// Reads a file that only this user or root can have written; `None` if it does not exist.
pub(super) fn read_owned(
    path: &Path,
    what: &str,
    max_size: u64,
) -> Result<Option<(SecretFile, Metadata)>, CredentialProviderError> {
    let name = format!("{what} `{}`", path.display());
    let broken = |why: String| CredentialProviderError::broken(format!("{name} {why}"));
    let Some((bytes, metadata)) = read_plain(path, max_size).map_err(broken)? else {
        return Ok(None);
    };
    if belongs_to_other_user(path, &metadata) {
        return Err(broken("belongs to another user; make a copy that is yours".into()));
    }
    if is_writable_by_all(path, &metadata) {
        return Err(broken("can be written by every user; run `chmod 600` on it".into()));
    }
    Ok(Some((SecretFile { name, bytes, warning: None }, metadata)))
}

/// The content and the metadata of a regular file.
pub(super) type PlainFile = (Zeroizing<Vec<u8>>, Metadata);

/// Reads a regular file of limited size into memory that is wiped; `None` if it does not exist.
pub(super) fn read_plain(path: &Path, max_size: u64) -> Result<Option<PlainFile>, String> {
    let is_plain = |metadata: &Metadata| metadata.is_file() && metadata.len() <= max_size;
    let not_plain = || format!("is not a regular file of at most {max_size} bytes");
    // Checked before opening, because opening a pipe waits for a writer.
    match fs::metadata(path) {
        Ok(metadata) if !is_plain(&metadata) => return Err(not_plain()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return match dangling_link(path) {
                Some(link) => {
                    Err(format!("does not exist: `{}` is a dangling symbolic link", link.display()))
                }
                None => Ok(None),
            };
        }
        Ok(_) | Err(_) => {}
    }
    let mut file = open(path).map_err(|error| format!("cannot be opened: {error}"))?;
    // Checked on the open file, because it may have been replaced in the meantime.
    let metadata = file.metadata().map_err(|error| format!("cannot be examined: {error}"))?;
    if !is_plain(&metadata) {
        return Err(not_plain());
    }
    // Allocated once: a buffer that grows would leave unwiped copies behind.
    let size = usize::try_from(metadata.len()).unwrap_or_default();
    let mut bytes = Zeroizing::new(Vec::with_capacity(size));
    file.by_ref()
        .take(metadata.len())
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be read: {error}"))?;
    Ok(Some((bytes, metadata)))
}

/// Opens a file without blocking, in case it was just replaced by a pipe.
fn open(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options.open(path)
}

/// The dangling link at this path or above it: its target was configured, but may not be mounted.
fn dangling_link(path: &Path) -> Option<&Path> {
    path.ancestors().find(|path| {
        let is_missing = || fs::metadata(path).is_err_and(|why| why.kind() == ErrorKind::NotFound);
        fs::symlink_metadata(path).is_ok_and(|link| link.is_symlink()) && is_missing()
    })
}

/// Whether other users can read or write a file, and access its directory.
#[cfg(unix)]
fn is_readable_by_others(path: &Path, metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0 && !is_in_private_directory(path)
}

/// Whether every user can write a file, and access its directory.
#[cfg(unix)]
fn is_writable_by_all(path: &Path, metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o002 != 0 && !is_in_private_directory(path)
}

/// Whether a directory above the file, of this user or of root, keeps other users out.
#[cfg(unix)]
fn is_in_private_directory(path: &Path) -> bool {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    const PASS: u32 = 0o011;
    let Ok(path) = fs::canonicalize(path) else { return false };
    let own = own_uid();
    path.ancestors().skip(1).filter_map(|directory| fs::metadata(directory).ok()).any(|directory| {
        directory.permissions().mode() & PASS == 0 && is_trusted(directory.uid(), own)
    })
}

/// Whether a file, or a link to it, belongs neither to this user nor to root.
#[cfg(unix)]
fn belongs_to_other_user(path: &Path, metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let own = own_uid();
    let link = fs::symlink_metadata(path).map_or(own, |link| link.uid());
    [metadata.uid(), link].into_iter().any(|owner| !is_trusted(owner, own))
}

#[cfg(unix)]
const fn is_trusted(owner: u32, own: u32) -> bool {
    owner == own || owner == 0
}

/// The effective user of this process.
#[cfg(unix)]
fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn is_readable_by_others(_: &Path, _: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn is_writable_by_all(_: &Path, _: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn belongs_to_other_user(_: &Path, _: &Metadata) -> bool {
    false
}

/// A temporary directory for a test, removed when it is dropped.
#[cfg(test)]
pub(super) mod test_directory {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicU32, Ordering};

    use crate::config::environment::Environment;

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
            self.write_bytes(name, text.as_bytes(), mode)
        }

        pub(crate) fn write_bytes(&self, name: &str, bytes: &[u8], mode: u32) -> PathBuf {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
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

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::test_directory::{TestDirectory, set_mode};
    use super::*;

    /// A user id that nobody has.
    const STRANGER: u32 = 54_321;

    fn read_file(path: &Path) -> Result<SecretFile, String> {
        let file = read_secret(path, "file").map_err(|error| {
            assert!(!error.is_missing() && !error.is_transient(), "{error}");
            error.to_string()
        })?;
        Ok(file.expect("a file"))
    }

    fn read(path: &Path) -> Result<String, String> {
        Ok(read_file(path)?.text().unwrap().to_owned())
    }

    /// File modes with every usual umask, below directories that are open, or closed next to the file or further up,
    /// directly and through a link.
    #[test]
    fn files_readable_by_others_are_used_with_a_warning() {
        for (closed, link) in [
            (None, false),
            (None, true),
            (Some(""), false),
            (Some(""), true),
            (Some("inner"), false),
            (Some("inner"), true),
        ] {
            let directory = TestDirectory::new();
            set_mode(&directory.0, 0o755);
            assert!(
                !is_in_private_directory(&directory.0.join("x")),
                "the directory of tests must be open"
            );
            directory.write("inner/secret", "text", 0o600);
            set_mode(&directory.0.join("inner"), 0o755);
            if let Some(closed) = closed {
                set_mode(&directory.0.join(closed), 0o700);
            }
            let is_closed = closed.is_some();
            for mode in (0..=0o777).filter(|mode| mode & 0o400 != 0) {
                let path = directory.write("inner/secret", "text", mode);
                let path = if link {
                    let link = directory.0.join(format!("link-{mode:o}"));
                    std::os::unix::fs::symlink(&path, &link).unwrap();
                    link
                } else {
                    path
                };
                match read_file(&path) {
                    Ok(file) => {
                        assert_eq!(file.text().unwrap(), "text");
                        let is_open = mode & 0o077 != 0 && !is_closed;
                        assert_eq!(file.warning.is_some(), is_open, "{mode:o} {closed:?} {link}");
                        assert!(is_closed || mode & 0o002 == 0, "{mode:o}");
                        let warning = file.warning.unwrap_or_default();
                        assert!(warning.is_empty() || warning.contains("chmod 600"), "{warning}");
                    }
                    Err(error) => {
                        assert!(!is_closed && mode & 0o002 != 0, "{mode:o} {closed:?} {link}");
                        assert!(error.contains("written by every user"), "{error}");
                    }
                }
                set_mode(&directory.0.join("inner/secret"), 0o600);
            }
        }
    }

    #[test]
    fn relative_home_directory_is_rejected() {
        for name in ["HOME", "USERPROFILE"] {
            for path in [".", "..", "rel", "./home/me", "~", "~/x"] {
                let error = home(&Environment::of(&[(name, path)])).unwrap_err();
                assert!(!error.is_missing() && !error.is_transient(), "{error}");
                let expected =
                    format!("{name} is `{path}`, which depends on the current directory");
                assert!(error.to_string().starts_with(&expected), "{error}");
            }
            let absolute = home(&Environment::of(&[(name, "/srv/me")])).unwrap();
            assert_eq!(absolute.as_deref(), Some(Path::new("/srv/me")));
            assert_eq!(home(&Environment::of(&[(name, "")])).unwrap(), None);
        }
    }

    #[test]
    fn files_of_other_users_are_rejected() {
        for (owner, own, trusted) in [
            (1_000, 1_000, true),
            (0, 1_000, true),
            (0, 0, true),
            (1_001, 1_000, false),
            (1_000, 0, false),
            (65_534, 1_000, false),
        ] {
            assert_eq!(is_trusted(owner, own), trusted, "{owner} {own}");
        }
        let directory = TestDirectory::new();
        let path = directory.write("secret", "text", 0o600);
        use std::os::unix::fs::MetadataExt;
        assert_eq!(own_uid(), fs::metadata(&path).unwrap().uid(), "we created the file");
        assert_eq!(read(&path).unwrap(), "text");
        // Only root can change the owner of files.
        if std::os::unix::fs::chown(&path, Some(STRANGER), None).is_ok() {
            for mode in [0o600, 0o400, 0o644] {
                set_mode(&path, mode);
                set_mode(&directory.0, 0o700);
                let error = read(&path).unwrap_err();
                assert!(error.contains("another user"), "{mode:o}: {error}");
            }
            // A link of another user may be changed to another target.
            let ours = directory.write("ours", "text", 0o600);
            let link = directory.0.join("link");
            std::os::unix::fs::symlink(&ours, &link).unwrap();
            assert_eq!(read(&link).unwrap(), "text");
            std::os::unix::fs::lchown(&link, Some(STRANGER), None).unwrap();
            assert!(read(&link).unwrap_err().contains("another user"));
        }
    }

    #[test]
    fn irregular_files_are_rejected_without_blocking() {
        let directory = TestDirectory::new();
        assert!(read_secret(&directory.0.join("none"), "file").unwrap().is_none());
        assert!(read(&directory.0).unwrap_err().contains("not a regular file"));
        let large = directory.write("large", &"x".repeat(64 * 1024 + 1), 0o600);
        assert!(read(&large).unwrap_err().contains("not a regular file"));
        let max_size = directory.write("largest", &"x".repeat(64 * 1024), 0o600);
        assert_eq!(read(&max_size).unwrap().len(), 64 * 1024);
        let dangling = directory.0.join("dangling");
        std::os::unix::fs::symlink(directory.0.join("none"), &dangling).unwrap();
        assert!(read(&dangling).unwrap_err().contains("is a dangling symbolic link"));
        // Nothing ever writes to this pipe, so opening it would block forever.
        let pipe = directory.0.join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        if made.is_ok_and(|status| status.success()) {
            assert!(read(&pipe).unwrap_err().contains("not a regular file"));
        }
        assert!(read(Path::new("/dev/null")).unwrap_err().contains("not a regular file"));
    }

    /// A key that is being replaced is read in its old or new form, never mixed.
    #[test]
    fn replaced_file_is_never_read_in_part() {
        let directory = TestDirectory::new();
        let path = directory.write("secret", "start", 0o600);
        let text = |number: usize| format!("{number:04}").repeat(4_000);
        directory.write("secret", &text(0), 0o600);
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            for writer in 0..2 {
                let (directory, path, done) = (&directory, &path, &done);
                scope.spawn(move || {
                    for number in 0..150 {
                        let name = format!("new-{writer}");
                        let new = directory.write(&name, &text(number * 2 + writer), 0o600);
                        fs::rename(new, path).unwrap();
                    }
                    done.store(true, std::sync::atomic::Ordering::Release);
                });
            }
            let mut reads = 0;
            while !done.load(std::sync::atomic::Ordering::Acquire) || reads < 100 {
                let read = read(&path).unwrap();
                assert_eq!(read, read.get(..4).unwrap().repeat(4_000));
                reads += 1;
            }
        });
    }
}
