//! Reads and edits journal entries.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The ids of the entries in a journal.
pub fn entries(journal: &Path) -> Vec<String> {
    let Ok(files) = fs::read_dir(journal) else { return Vec::new() };
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut ids: Vec<String> =
        names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect();
    ids.sort();
    ids
}

/// The id of the only entry in a journal.
pub fn only_entry(journal: &Path) -> String {
    let mut ids = entries(journal);
    assert_eq!(ids.len(), 1, "{ids:?}");
    ids.remove(0)
}

/// The file of an entry.
pub fn entry_file(journal: &Path, id: &str) -> PathBuf {
    journal.join(format!("{id}.json"))
}

/// The content of an entry.
pub fn read_entry(journal: &Path, id: &str) -> Value {
    serde_json::from_slice(&fs::read(entry_file(journal, id)).unwrap()).unwrap()
}

/// Changes an entry, with a valid checksum.
pub fn edit(journal: &Path, id: &str, change: impl FnOnce(&mut Value)) {
    let mut entry = read_entry(journal, id);
    change(&mut entry);
    entry.as_object_mut().unwrap().shift_remove("checksum");
    let checksum = Sha256::digest(entry.to_string());
    let checksum: String = checksum.iter().map(|byte| format!("{byte:02x}")).collect();
    entry["checksum"] = json!(checksum);
    fs::write(entry_file(journal, id), entry.to_string()).unwrap();
}

/// Moves the start of a request back by these seconds.
pub fn make_old(journal: &Path, id: &str, seconds: u64) {
    edit(journal, id, |entry| {
        entry["started"] = json!(entry["started"].as_u64().unwrap() - seconds * 1000);
        // Without the time since boot, the time of day decides.
        if let Some(wall) = entry["ended"]["wall"].as_u64() {
            entry["ended"] = json!({ "wall": wall - seconds * 1000, "boot": null });
        }
    });
}

/// Records these ids as listed before the request.
pub fn listed_before(journal: &Path, id: &str, ids: &[impl AsRef<str>]) {
    edit(journal, id, |entry| {
        let seen = |id: &str| json!({ "id": id, "own": id, "from": true });
        entry["before"] = ids.iter().map(|id| seen(id.as_ref())).collect();
    });
}
