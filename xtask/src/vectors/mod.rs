//! Runs signing and serialization vectors from other implementations against our signer and our encodings.

mod serialization;
mod signing;

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use crate::error::{Error, at};

#[derive(Debug, Deserialize)]
struct File {
    #[serde(default)]
    signing: Vec<signing::Vector>,
    #[serde(default)]
    serialization: Vec<serialization::Vector>,
}

/// Runs every vector of every file. The last line counts them; any failure is an error.
pub fn run(paths: &[PathBuf]) -> Result<String, Error> {
    if paths.is_empty() {
        return Err("vectors: expected one or more files".into());
    }
    let mut text = String::new();
    let (mut passed, mut failed) = (0, 0);
    for path in paths {
        let content = fs::read_to_string(path).map_err(|error| at(path, &error))?;
        let file: File = serde_json::from_str(&content)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let signing = file.signing.iter().map(|vector| (&vector.id, vector.run()));
        let serialization = file.serialization.iter().map(|vector| (&vector.id, vector.run()));
        for (id, result) in signing.chain(serialization) {
            match result {
                Ok(()) => passed += 1,
                Err(failure) => {
                    failed += 1;
                    text.push_str(&format!("{id}: {failure}\n"));
                }
            }
        }
    }
    text.push_str(&format!("{passed} passed, {failed} failed\n"));
    if failed == 0 && passed > 0 { Ok(text) } else { Err(text.into()) }
}

/// Compares one stage. The error names it.
fn same(stage: &str, ours: &str, theirs: &str) -> Result<(), String> {
    if ours == theirs {
        return Ok(());
    }
    Err(format!("{stage}: expected {theirs:?}, got {ours:?}"))
}
