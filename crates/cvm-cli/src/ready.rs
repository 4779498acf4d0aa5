//! The ready file of `cvm emulator`: where it listens and who may call, for its owner's eyes only.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use crate::exit::{Exit, Failure, Result};
use crate::json::Json;
use crate::private_file::{self, Identity};
use crate::source;

/// How long a missing file is waited for: `cvm emulator &` has returned before the server answers.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pause between two looks.
const LOOK: Duration = Duration::from_millis(20);

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
    /// Reads the file of a running emulator, or of one that is about to run.
    pub fn read(path: &str) -> Result<Self> {
        const START: &str = "start one: cvm emulator --ready-file FILE";
        await_file(Path::new(path), PATIENCE);
        let text = source::file(path).map_err(|failure| failure.hint(START))?;
        let broken = || {
            Failure::new(Exit::Config, format!("`{path}` is no ready file of `cvm emulator`"))
                .hint(START)
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
            ("pid".to_owned(), Json::Number(process::id().to_string())),
        ]);
        let content = format!("{}\n", content.pretty());
        let identity = private_file::write(path, content.as_bytes()).map_err(|error| {
            Failure::local(format!("cannot write `{}`: {error}", path.display()))
        })?;
        Ok(ReadyFile { path: path.to_owned(), identity })
    }
}

/// Waits for a file that is missing in a folder that is not.
fn await_file(path: &Path, patience: Duration) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if !folder.unwrap_or(Path::new(".")).is_dir() {
        return;
    }
    let began = Instant::now();
    let is_missing =
        || fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    while is_missing() && began.elapsed() < patience {
        thread::sleep(LOOK);
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
            .is_ok_and(|metadata| private_file::identity(&metadata) == self.identity)
        {
            let _ = fs::remove_file(&self.path);
        }
    }
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

    #[test]
    fn a_missing_file_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready.json");
        let reader = {
            let path = path.clone();
            thread::spawn(move || Ready::read(path.to_str().unwrap()).map(|ready| ready.url))
        };
        thread::sleep(Duration::from_millis(50));
        let file = ready("http://127.0.0.1:1").write(&path).unwrap();
        assert_eq!(reader.join().unwrap().unwrap(), "http://127.0.0.1:1");
        drop(file);
        // What comes never is not waited for without end, and where there is no folder not at all.
        await_file(&path, Duration::from_millis(50));
        let failure = Ready::read("/no/such/folder/x").err().unwrap().to_string();
        assert!(failure.contains("cvm emulator --ready-file"), "{failure}");
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
