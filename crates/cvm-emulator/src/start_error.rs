//! Why an emulator does not start.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use cvm_signer::CredentialError;
use cvm_simulator::{ApiError, ScenarioError};

use crate::durability::{DataDirectoryError, Failure};
use crate::faults::FaultError;

/// Why an emulator did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The address is not available.
    Listen(SocketAddr, io::Error),
    /// Other machines could reach the address, and [`Builder::allow_remote`](crate::Builder::allow_remote) was not called.
    RemoteNotAllowed(SocketAddr),
    /// The system provides no random bytes for a credential. Pass a credential to the builder.
    Randomness,
    /// A fault rule is invalid.
    Fault(FaultError),
    /// Another credential has the same secret id.
    SecretIdInUse(String),
    /// A certificate cannot be for this name of [`Tls::name`](crate::Tls::name).
    TlsName(String),
    /// The CA in the directory of [`Tls::directory`](crate::Tls::directory) cannot be used.
    TlsDirectory(PathBuf, io::Error),
    /// The certificate for HTTPS cannot be made.
    Certificate(String),
    /// The data directory of [`Builder::data_dir`](crate::Builder::data_dir) cannot be used.
    DataDirectory(PathBuf, DataDirectoryError),
    /// The data directory failed while the emulator was running.
    Storage(String),
    /// The scenario of [`Builder::scenario`](crate::Builder::scenario) cannot be applied.
    Scenario(ScenarioError),
    /// The generated credential is invalid.
    Credential(CredentialError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::RemoteNotAllowed(address) => write!(
                f,
                "cannot listen on {address}: other machines could send requests to it, without \
                 encryption unless by HTTPS; allow remote clients or listen on 127.0.0.1"
            ),
            Self::Randomness => {
                f.write_str("cannot create a credential: no random bytes from the system; pass one")
            }
            Self::Fault(error) => error.fmt(f),
            Self::SecretIdInUse(id) => {
                write!(f, "two credentials have the secret id `{id}`; give each its own")
            }
            Self::TlsName(name) => write!(
                f,
                "no certificate can be for `{name}`; give a DNS name, `*.` before a DNS name, or an IP \
                 address without a port"
            ),
            Self::TlsDirectory(directory, error) => {
                write!(f, "cannot use the TLS directory `{}`: {error}", directory.display())
            }
            Self::Certificate(why) => write!(f, "cannot make the certificate for HTTPS: {why}"),
            Self::DataDirectory(path, error) => {
                write!(f, "cannot use the data directory `{}`: {error}", path.display())
            }
            Self::Storage(why) => f.write_str(why),
            Self::Scenario(error) => write!(f, "cannot apply the scenario: {error}"),
            Self::Credential(error) => error.fmt(f),
        }
    }
}

impl From<Failure> for StartError {
    fn from(failure: Failure) -> Self {
        Self::Storage(ApiError::from(failure).message)
    }
}

impl From<ScenarioError> for StartError {
    fn from(error: ScenarioError) -> Self {
        Self::Scenario(error)
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Listen(_, error) | Self::TlsDirectory(_, error) => Some(error),
            Self::Credential(error) => Some(error),
            Self::Scenario(error) => Some(error),
            Self::Fault(error) => Some(error),
            Self::DataDirectory(_, error) => Some(error),
            Self::Storage(_)
            | Self::Certificate(_)
            | Self::Randomness
            | Self::RemoteNotAllowed(_)
            | Self::SecretIdInUse(_)
            | Self::TlsName(_) => None,
        }
    }
}
