//! Why a data directory cannot be used.

use std::fmt;
use std::io;

/// Why a data directory cannot be used. What is stored in it stays.
#[derive(Debug)]
#[non_exhaustive]
pub enum DataDirectoryError {
    /// The system cannot create, read or write it.
    Io(io::Error),
    /// Another emulator is using it.
    InUse,
    /// It has other files, and no data of an emulator.
    Foreign(String),
    /// Other users could change or read its files.
    NotPrivate(&'static str),
    /// Its data are damaged.
    Damaged(String),
    /// It has another format, or a log from another build.
    OtherBuild {
        /// The version that wrote it.
        version: String,
        /// What differs.
        difference: &'static str,
    },
    /// Its log was written with another catalog.
    OtherCatalog {
        /// Whether that catalog was the built-in one.
        is_builtin: bool,
    },
    /// An option differs from that with which it was created.
    OtherOption {
        /// The option.
        name: &'static str,
        /// Its value in the directory.
        stored: String,
    },
    /// It cannot keep this option.
    UnsupportedOption(&'static str),
    /// It does not have this secret id, or has it with another secret key or account.
    OtherCredential(String),
}

impl fmt::Display for DataDirectoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::InUse => f.write_str("another emulator is using it; stop that one"),
            Self::Foreign(name) => write!(
                f,
                "it contains `{name}` and no data of an emulator; use an empty or new directory"
            ),
            Self::NotPrivate(fix) => write!(f, "other users have access to it; {fix}"),
            Self::Damaged(why) => write!(
                f,
                "its data are damaged ({why}); restore it from a backup, or use another directory"
            ),
            Self::OtherBuild { version, difference } => write!(
                f,
                "{difference}; start it with the build of version {version} that wrote it, or use another directory"
            ),
            Self::OtherCatalog { is_builtin: true } => f.write_str(
                "its log was written with the built-in catalog; start it without a catalog file",
            ),
            Self::OtherCatalog { is_builtin: false } => f.write_str(
                "its log was written with another catalog; start it with the unchanged catalog file or scenario",
            ),
            Self::OtherOption { name, stored } => write!(
                f,
                "it was created with another {name}: {stored}; omit that option, or use another directory"
            ),
            Self::UnsupportedOption(why) => f.write_str(why),
            Self::OtherCredential(id) => write!(
                f,
                "it does not have the secret id `{id}` with this key and account; omit the credential"
            ),
        }
    }
}

impl std::error::Error for DataDirectoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for DataDirectoryError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<redb::Error> for DataDirectoryError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                Self::Damaged(error.to_string())
            }
            redb::Error::Io(error) => Self::Io(error),
            redb::Error::DatabaseAlreadyOpen => Self::InUse,
            error => Self::Damaged(error.to_string()),
        }
    }
}
