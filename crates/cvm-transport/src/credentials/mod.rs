//! Credential providers: sources of the secrets that sign requests.

mod cache;
mod cached_provider;
mod chain;
mod client_transport;
mod document;
mod env;
mod files;
mod identity;
mod ini;
mod process;
mod profile;
pub(crate) mod provider;
mod rfc3339;
mod role;
mod static_credentials;
mod sts;
mod tccli;

pub use cvm_signer::CredentialError;

pub use cache::CachedCredentials;
pub use chain::{ChainAttempt, ChainReport, CredentialChain};
pub use client_transport::ClientTransport;
pub use env::EnvironmentCredentials;
#[cfg(test)]
pub(crate) use files::test_directory::TestDirectory;
pub use process::ProcessCredentials;
pub use profile::ProfileCredentials;
pub use provider::{CredentialProvider, CredentialProviderError, CredentialSnapshot};
pub use role::RoleCredentials;
pub(crate) use static_credentials::NoCredentials;
pub use static_credentials::StaticCredentials;
pub use sts::{AssumeRoleCredentials, WebIdentityCredentials};
pub(crate) use tccli::Settings as TccliSettings;
pub use tccli::TccliCredentials;
