//! The ready file of `cvm emulator`: where it listens and who may call, for its owner's eyes only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;

use crate::exit::{Exit, Failure, Result};
use crate::json::Json;
use crate::source;

/// What a ready file tells.
pub struct Ready {
    /// The endpoint.
    pub url: String,
    /// The secret id to sign with.
    pub secret_id: String,
    /// The secret key to sign with.
    pub secret_key: String,
}

impl Ready {
    /// Reads the file of a running emulator.
    pub fn read(path: &str) -> Result<Self> {
        let text = source::file(path)?;
        let broken = || {
            Failure::new(Exit::Config, format!("`{path}` is no ready file of `cvm emulator`"))
                .hint("start one: cvm emulator --ready-file FILE")
        };
        let json = Json::parse(text.as_bytes()).map_err(|_| broken())?;
        let member = |name| json.member(name).and_then(Json::as_text).map(str::to_owned);
        let ready = (member("url"), member("secret_id"), member("secret_key"));
        let (Some(url), Some(secret_id), Some(secret_key)) = ready else { return Err(broken()) };
        Ok(Self { url, secret_id, secret_key })
    }

    /// Writes the file whole or not at all, for its owner only.
    pub fn write(&self, path: &Path) -> Result<ReadyFile> {
        let text = |value: &str| Json::Text(value.to_owned());
        let content = Json::Object(vec![
            ("url".to_owned(), text(&self.url)),
            ("secret_id".to_owned(), text(&self.secret_id)),
            ("secret_key".to_owned(), text(&self.secret_key)),
            ("pid".to_owned(), Json::Number(process::id().into())),
        ]);
        let content = format!("{}\n", content.pretty());
        let identity = write_private(path, content.as_bytes()).map_err(|error| {
            Failure::local(format!("cannot write `{}`: {error}", path.display()))
        })?;
        Ok(ReadyFile { path: path.to_owned(), identity })
    }
}

/// A ready file that was written, to be removed when the emulator stops.
pub struct ReadyFile {
    path: PathBuf,
    identity: Option<Identity>,
}

impl ReadyFile {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ReadyFile {
    /// Removes the file, unless another emulator has put its own in its place.
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path)
            .is_ok_and(|metadata| identity(&metadata) == self.identity)
        {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Device and inode, where files have them.
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(metadata: &fs::Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_metadata: &fs::Metadata) -> Option<Identity> {
    None
}

/// Writes a file that only its owner can read. It appears under its name when it is complete: a new
/// file beside it, which nobody can have prepared, is renamed over whatever was there.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<Option<Identity>> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no file"))?;
    let (beside, mut file) = (0..100)
        .map(|attempt| {
            let mut fresh = std::ffi::OsString::from(".");
            fresh.push(name);
            fresh.push(format!(".{}.{attempt}", process::id()));
            let beside = path.with_file_name(fresh);
            create_private(&beside).map(|file| (beside, file))
        })
        .find(|made| !matches!(made, Err(error) if error.kind() == io::ErrorKind::AlreadyExists))
        .unwrap_or_else(|| Err(io::Error::from(io::ErrorKind::AlreadyExists)))?;
    let written = file
        .write_all(content)
        .and_then(|()| file.sync_all())
        .and_then(|()| file.metadata())
        .and_then(|metadata| fs::rename(&beside, path).map(|()| identity(&metadata)));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Creates a file that must not exist; a link prepared under its name is not followed.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(url: &str) -> Ready {
        Ready { url: url.into(), secret_id: "AKIDx".into(), secret_key: "canary".into() }
    }

    #[test]
    fn what_is_written_is_read_back_and_removed_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready.json");
        let file = ready("http://127.0.0.1:1").write(&path).unwrap();
        let read = Ready::read(path.to_str().unwrap()).unwrap();
        assert_eq!((read.url.as_str(), read.secret_key.as_str()), ("http://127.0.0.1:1", "canary"));
        assert_eq!(file.path(), path);
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_it_and_a_link_in_its_place_is_not_followed() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let victim = folder.path().join("victim");
        fs::write(&victim, "mine").unwrap();
        let path = folder.path().join("ready.json");
        symlink(&victim, &path).unwrap();
        let file = ready("http://127.0.0.1:1").write(&path).unwrap();
        let metadata = fs::symlink_metadata(&path).unwrap();
        assert!(metadata.is_file());
        assert_eq!(metadata.permissions().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
        drop(file);
    }

    #[test]
    fn another_emulator_keeps_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready.json");
        let first = ready("http://127.0.0.1:1").write(&path).unwrap();
        let second = ready("http://127.0.0.1:2").write(&path).unwrap();
        drop(first);
        assert_eq!(Ready::read(path.to_str().unwrap()).unwrap().url, "http://127.0.0.1:2");
        drop(second);
        assert!(!path.exists());
    }

    #[test]
    fn what_is_no_ready_file_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, "canary").unwrap();
        let failure = Ready::read(path.to_str().unwrap()).err().unwrap().to_string();
        assert!(!failure.contains("canary") && failure.contains("no ready file"), "{failure}");
        assert!(ready("u").write(&folder.path().join("no/such/folder")).is_err());
        assert!(ready("u").write(folder.path()).is_err());
    }
}
