//! Secret members of an answer: hidden unless asked for, and never lost.

use std::fs;
use std::path::{Path, PathBuf};

use cvm_models::protocol::{Kind, Table};

use crate::journal::Journal;
use crate::json::Json;
use crate::{describe, private_file};

/// What stands in the place of a secret.
const MASK: &str = "***";

/// Most files for one request id.
const MOST_OF_ONE_ID: usize = 100;

/// Masks the secret members of an answer by its table; says how many had a value.
pub fn hide(answer: &mut Json, table: &'static Table) -> usize {
    let Json::Object(members) = answer else { return 0 };
    let mut hidden = 0;
    for (name, value) in members {
        let Some(field) = table.field(name) else { continue };
        if field.secret {
            let blank = matches!(value, Json::Null) || value.as_text() == Some("");
            if !blank {
                *value = Json::Text(MASK.to_owned());
                hidden += 1;
            }
        } else if let Kind::Object(inner) = field.kind.innermost() {
            hidden += match value {
                // Nobody can see which part of it is the secret.
                Json::Raw(_) if are_in(inner) => {
                    *value = Json::Text(MASK.to_owned());
                    1
                }
                Json::List(items) => items.iter_mut().map(|item| hide(item, inner)).sum(),
                single => hide(single, inner),
            };
        }
    }
    hidden
}

/// Whether a response of this table has a secret member.
pub fn are_in(table: &'static Table) -> bool {
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
        let folders = [std::env::current_dir().ok(), Some(std::env::temp_dir())];
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
        (1..=MOST_OF_ONE_ID)
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
    fn secrets_are_hidden_wherever_the_table_has_them() {
        let info = cvm_models::action("DescribeInstances").unwrap();
        let mut answer = Json::parse(
            br#"{"InstanceSet":[{"InstanceId":"i","LoginSettings":{"Password":"canary","KeyIds":[]}},{"LoginSettings":{"Password":null}}]}"#,
        )
        .unwrap();
        assert_eq!(hide(&mut answer, info.response), 1);
        let shown = answer.pretty();
        assert!(!shown.contains("canary") && shown.contains(MASK), "{shown}");
    }

    #[test]
    fn what_cannot_be_taken_apart_is_hidden_whole_where_a_secret_may_be_in_it() {
        let info = cvm_models::action("CreateKeyPair").unwrap();
        for odd in [
            r#""\ud800":0"#.to_owned(),
            format!(r#""New":{}{}"#, "[".repeat(5000), "]".repeat(5000)),
        ] {
            let text = format!(r#"{{"KeyPair":{{"PrivateKey":"canary",{odd}}},"RequestId":"r"}}"#);
            let mut answer = Json::parse_lenient(text.as_bytes()).unwrap();
            assert_eq!(hide(&mut answer, info.response), 1);
            assert!(!answer.pretty().contains("canary"), "{:.200}", answer.pretty());
        }
    }

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
