//! Identifies the program that writes a log: only the same one certainly gives the same state again.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::sync::OnceLock;

use cvm_signer::HexDigest;

/// The version of this crate.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A hash of the running program. Two programs of the same version can differ while it is being developed.
pub(super) fn identity() -> io::Result<String> {
    static IDENTITY: OnceLock<String> = OnceLock::new();
    if let Some(identity) = IDENTITY.get() {
        return Ok(identity.clone());
    }
    let mut program = Vec::new();
    File::open(program_path()?)?.read_to_end(&mut program)?;
    let identity = HexDigest::sha256(&program).to_string();
    Ok(IDENTITY.get_or_init(|| identity).clone())
}

/// On Linux, this path works even after another version has taken the place of the running program.
fn program_path() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    std::env::current_exe()
}
