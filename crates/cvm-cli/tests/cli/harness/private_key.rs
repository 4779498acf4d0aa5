//! The private key of `CreateKeyPair`, which must not be printed and must not be lost.

use std::fs;
use std::path::Path;

/// The private key in a response.
pub const KEY: &str = "Canary-private-key";

/// Whether exactly one file of the directory contains the private key.
pub fn keeps_key(folder: &Path) -> bool {
    let files = fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()));
    files.filter(|text| text.as_ref().is_ok_and(|text| text.contains(KEY))).count() == 1
}
