//! Saves responses whose secret members exist nowhere else, so that they are never lost.

use std::fs;
use std::path::{Path, PathBuf};

use cvm_models::protocol::ModelInfo;

use crate::journal::Journal;
use crate::{describe, private_file};

/// Maximum number of files for one request id.
const MAX_ID: usize = 100;

/// Whether a response of this model has a secret member.
pub fn has_secrets(table: &'static ModelInfo) -> bool {
    let mut found = false;
    describe::walk(table, "N", &mut |_, field, _| found |= field.secret);
    found
}

/// A response in a file that only its owner can read, as the service sent it.
#[derive(Debug)]
pub struct SavedResponse {
    path: PathBuf,
}

impl SavedResponse {
    /// Saves the bytes of a response before anything reads them, so that no later failure can lose them. `None`
    /// if no directory is writable.
    pub fn write(action: &str, request_id: &str, body: &[u8]) -> Option<Self> {
        // Absolute, so that the message names the file correctly in every directory.
        let temporary = std::path::absolute(std::env::temp_dir()).ok();
        let directories = [std::env::current_dir().ok(), temporary];
        let written = directories
            .into_iter()
            .flatten()
            .find_map(|directory| Self::write_in(&directory, action, request_id, body));
        // The journal has just proved to be writable.
        written.or_else(|| {
            let journal = Journal::of_user().ok()?;
            Self::write_in(journal.create_directory().ok()?, action, request_id, body)
        })
    }

    fn write_in(directory: &Path, action: &str, request_id: &str, body: &[u8]) -> Option<Self> {
        let id: String = request_id.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
        // The request id comes from the service: it must not choose an existing file.
        (1..=MAX_ID)
            .map(|count| {
                let more = if count == 1 { String::new() } else { format!("-{count}") };
                directory.join(format!("cvm-{action}-{id}{more}.json"))
            })
            .find(|path| path.symlink_metadata().is_err())
            .filter(|path| private_file::write(path, body).is_ok())
            .map(|path| Self { path })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file: its content was printed, or contains no secret.
    pub fn remove(self) {
        let _ = fs::remove_file(self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cvm_models::protocol::RetryClass;

    #[test]
    fn only_create_key_pair_returns_a_secret() {
        let holding: Vec<&str> = cvm_models::ACTIONS
            .iter()
            .filter(|info| info.retry != RetryClass::Read && has_secrets(info.response))
            .map(|info| info.name)
            .collect();
        assert_eq!(holding, ["CreateKeyPair"]);
    }

    #[test]
    fn saved_response_is_byte_exact_and_replaces_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let mut paths = Vec::new();
        for body in [&b"{\"a\":1e999}"[..], b"\xff half", b""] {
            let saved =
                SavedResponse::write_in(directory.path(), "CreateKeyPair", "../..", body).unwrap();
            assert_eq!(fs::read(saved.path()).unwrap(), body);
            paths.push(saved);
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
        paths.into_iter().for_each(SavedResponse::remove);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        assert!(SavedResponse::write_in(Path::new("/no/such/folder"), "A", "r", b"x").is_none());
    }
}
