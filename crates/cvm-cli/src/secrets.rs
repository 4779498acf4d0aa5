//! Keeps responses whose secret members exist nowhere else, so that they are never lost.

use std::fs;
use std::path::{Path, PathBuf};

use cvm_models::protocol::ModelInfo;

use crate::journal::Journal;
use crate::{describe, private_file};

/// Most files for one request id.
const MAX_ID: usize = 100;

/// Whether a response of this table has a secret member.
pub fn are_in(table: &'static ModelInfo) -> bool {
    let mut found = false;
    describe::walk(table, "N", &mut |_, field, _| found |= field.secret);
    found
}

/// A response on the disk: for its owner only, as the service sent it.
#[derive(Debug)]
pub struct Saved {
    path: PathBuf,
}

impl Saved {
    /// Saves the bytes of a response, before anything reads them: what exists nowhere else must survive
    /// whatever fails later. `None` if no folder takes the file.
    pub fn write(action: &str, request_id: &str, body: &[u8]) -> Option<Self> {
        // Absolute, so that the message names the file correctly in every directory.
        let temporary = std::path::absolute(std::env::temp_dir()).ok();
        let folders = [std::env::current_dir().ok(), temporary];
        let written = folders
            .into_iter()
            .flatten()
            .find_map(|folder| Self::write_in(&folder, action, request_id, body));
        // The journal was just proved to be writable.
        written.or_else(|| {
            let journal = Journal::of_user().ok()?;
            Self::write_in(journal.private_folder().ok()?, action, request_id, body)
        })
    }

    fn write_in(folder: &Path, action: &str, request_id: &str, body: &[u8]) -> Option<Self> {
        let id: String = request_id.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
        // The request id is the service's: it must not choose a file that is there already.
        (1..=MAX_ID)
            .map(|count| {
                let more = if count == 1 { String::new() } else { format!("-{count}") };
                folder.join(format!("cvm-{action}-{id}{more}.json"))
            })
            .find(|path| path.symlink_metadata().is_err())
            .filter(|path| private_file::write(path, body).is_ok())
            .map(|path| Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it: what it held was shown, or there was no secret in it.
    pub fn remove(self) {
        let _ = fs::remove_file(self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cvm_models::protocol::RetryClass;

    #[test]
    fn the_tables_tell_which_responses_hold_secrets() {
        let holding: Vec<&str> = cvm_models::ACTIONS
            .iter()
            .filter(|info| info.retry != RetryClass::Read && are_in(info.response))
            .map(|info| info.name)
            .collect();
        assert_eq!(holding, ["CreateKeyPair"]);
    }

    #[test]
    fn a_saved_response_replaces_no_other_and_is_the_same_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        let mut paths = Vec::new();
        for body in [&b"{\"a\":1e999}"[..], b"\xff half", b""] {
            let saved = Saved::write_in(folder.path(), "CreateKeyPair", "../..", body).unwrap();
            assert_eq!(fs::read(saved.path()).unwrap(), body);
            paths.push(saved);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
        paths.into_iter().for_each(Saved::remove);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(Saved::write_in(Path::new("/no/such/folder"), "A", "r", b"x").is_none());
    }
}
