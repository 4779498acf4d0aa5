//! Data directories of earlier builds: see `tests/fixtures`. Add one of each released format, and never change it.

use std::fs;
use std::path::{Path, PathBuf};

use cvm_emulator::{Builder, DataDirectoryError, Emulator, StartError};
use serde_json::json;
use tempfile::TempDir;

use crate::support::*;

/// The database of a data directory with one launch, by a build of version 0.1.0.
const WITH_COMMANDS: &str = "data-directory-1-with-commands.redb";

/// The database of a data directory without commands, by the same build.
const NEW: &str = "data-directory-1-new.redb";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A data directory with a copy of a database.
fn directory(name: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("emulator.redb");
    fs::copy(fixture(name), &database).unwrap();
    // Without it, other users could read the secret keys, which an emulator refuses.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&database, fs::Permissions::from_mode(0o600)).unwrap();
    }
    directory
}

/// An emulator with the options of those that wrote the databases.
fn builder() -> Builder {
    Emulator::builder().seed(1).instant().wall_clock(|| NOW).credential(credential())
}

#[test]
fn log_of_an_earlier_build_is_refused_and_kept() {
    let directory = directory(WITH_COMMANDS);
    let Err(StartError::DataDirectory(path, error)) = builder().data_dir(directory.path()).build()
    else {
        panic!("the log of another build was replayed");
    };
    assert_eq!(path, directory.path());
    assert!(matches!(&error, DataDirectoryError::OtherBuild { version, .. } if version == "0.1.0"));
    let message = error.to_string();
    assert!(message.contains("start it with the build of version 0.1.0"), "{message}");
    let kept = fs::read(directory.path().join("emulator.redb")).unwrap();
    assert_eq!(kept.len(), fs::read(fixture(WITH_COMMANDS)).unwrap().len());
    // A second attempt says the same: the first one has not changed what the directory says about itself.
    let again = builder().data_dir(directory.path()).build();
    assert!(matches!(
        again,
        Err(StartError::DataDirectory(_, DataDirectoryError::OtherBuild { .. }))
    ));
}

#[test]
fn directory_of_an_earlier_build_without_commands_is_used() {
    let directory = directory(NEW);
    let launched = {
        let cloud = builder().data_dir(directory.path()).build().unwrap();
        launch(&cloud, json!({}))
    };
    let cloud = builder().data_dir(directory.path()).build().unwrap();
    assert_eq!(describe(&cloud, &launched[0])["InstanceId"], launched[0].as_str());
}
