//! Searches for a credential in the sources of the official tools, in a fixed order.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use super::client_transport::{ClientTransport, LentTransport};
use super::env::EnvironmentOrRole;
use super::profile::ProfileFile;
use super::provider::{
    CredentialProvider, CredentialProviderError, CredentialSnapshot, provider_by_read,
};
use super::role::InstanceRole;
use super::sts::WebIdentity;
use super::tccli::TccliProfile;
use super::{env, profile, tccli};
use crate::Region;
use crate::config::environment::Environment;
use crate::http::client::BoxFuture;

/// Searches for a credential in the sources of the official tools.
///
/// | # | source | configured by | complete if |
/// |--:|---|---|---|
/// | 1 | environment | `TENCENTCLOUD_SECRET_ID`, `…_SECRET_KEY`, `…_TOKEN` or `…_SESSION_TOKEN` | id and key are set |
/// | 2 | role of the environment | `TENCENTCLOUD_ROLE_ARN`, `…_ROLE_SESSION_NAME` | the role is set, and id and key to assume it with |
/// | 3 | workload identity | `TKE_REGION`, `TKE_PROVIDER_ID`, `TKE_WEB_IDENTITY_TOKEN_FILE`, `TKE_ROLE_ARN` | all four are set, and the file contains a token |
/// | 4 | named credential file | `TENCENTCLOUD_CREDENTIALS_FILE`, `TENCENTCLOUD_PROFILE` | the file has the section (`default`) with `secret_id` and `secret_key`, optionally with `role_arn` and `role_session_name`; or with `credential_process` |
/// | 5 | named tccli profile | `TCCLI_PROFILE` | `~/.tccli/NAME.credential` has keys, keys and a role with its session name, a login, or the type `cvm-role` |
/// | 6 | credential file | `~/.tencentcloud/credentials`, otherwise `/etc/tencentcloud/credentials` | as 4 |
/// | 7 | tccli profile | `~/.tccli/default.credential` | as 5 |
/// | 8 | role of the instance | the metadata service of a CVM instance, or the one that `CVM_METADATA_ENDPOINT` names | it returns a role and its credential |
///
/// The same rule holds for all sources. An *absent* source (none of its variables is set, its file does not exist, no
/// role is bound) is skipped. The first *complete* source is used, and stays in use. A source that is *incomplete*,
/// *unreadable* or *malformed* ends the search with an error that names the variable, file and line: continuing could
/// use the identity of somebody else. The same holds for an identity setting that would be ignored, such as `role_arn`
/// where `role-arn` is read. A file or profile that a variable names must exist. An empty variable counts as not set.
/// A dangling symbolic link is *unreadable*, not absent.
pub struct CredentialChain {
    sources: Vec<Source>,
    chosen: RwLock<Option<usize>>,
}

struct Source {
    name: &'static str,
    provider: Arc<dyn CredentialProvider>,
}

impl Default for CredentialChain {
    fn default() -> Self {
        Self::new()
    }
}

impl CredentialChain {
    /// Searches the sources that this process can access.
    #[must_use]
    pub fn new() -> Self {
        Self::of(&Environment::default())
    }

    pub(crate) fn of(environment: &Environment) -> Self {
        Self::with(environment, profile::OF_MACHINE, InstanceRole::new(environment))
    }

    fn with(environment: &Environment, of_machine: &str, role: InstanceRole) -> Self {
        let mut sources: Vec<Source> = Vec::new();
        let mut source = |name, provider| sources.push(Source { name, provider });
        source("environment", Arc::new(EnvironmentOrRole::new(environment)));
        source("workload identity", Arc::new(WorkloadIdentity::new(environment)));
        let of_tccli = || Arc::new(TccliProfile::of(environment));
        // A source that the user named comes before the default ones.
        let tccli_is_first = tccli::is_chosen(environment) && !profile::is_chosen(environment);
        if tccli_is_first {
            source("tccli profile", of_tccli());
        }
        source("SDK profile", Arc::new(ProfileFile::of_user(environment)));
        if !profile::names_file(environment) {
            let machine = ProfileFile::of_machine(environment, of_machine);
            source("SDK profile of the machine", Arc::new(machine));
        }
        if !tccli_is_first {
            source("tccli profile", of_tccli());
        }
        source("instance role", Arc::new(role));
        Self { sources, chosen: RwLock::new(None) }
    }

    /// Searches, and reports what was found and what was not.
    pub async fn explain(&self) -> ChainReport {
        self.search().await.1
    }

    async fn search(
        &self,
    ) -> (Result<Arc<CredentialSnapshot>, CredentialProviderError>, ChainReport) {
        let mut report = ChainReport { tried: Vec::new(), chosen: None };
        for (index, Source { name, provider }) in self.sources.iter().enumerate() {
            match provider.credential().await {
                Ok(snapshot) => {
                    report.chosen = Some(*name);
                    *self.chosen.write().unwrap_or_else(PoisonError::into_inner) = Some(index);
                    return (Ok(snapshot), report);
                }
                Err(error) => {
                    report.tried.push(ChainAttempt { source: name, reason: error.to_string() });
                    if !error.is_absent() {
                        return (Err(error), report);
                    }
                }
            }
        }
        let text = format!(
            "no credential found; set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY. Sources: {report}"
        );
        (Err(CredentialProviderError::missing(text)), report)
    }

    fn chosen(&self) -> Option<&dyn CredentialProvider> {
        let chosen = *self.chosen.read().unwrap_or_else(PoisonError::into_inner);
        Some(&*self.sources.get(chosen?)?.provider)
    }

    async fn get(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        match self.chosen() {
            Some(provider) => provider.credential().await,
            None => self.search().await.0,
        }
    }
}

const TKE: [&str; 4] =
    ["TKE_REGION", "TKE_PROVIDER_ID", "TKE_WEB_IDENTITY_TOKEN_FILE", "TKE_ROLE_ARN"];

/// The identity of a workload in a cluster, from the variables that the cluster sets.
#[derive(Clone, Debug)]
struct WorkloadIdentity {
    environment: Environment,
    transport: LentTransport,
}

impl WorkloadIdentity {
    fn new(environment: &Environment) -> Self {
        Self { environment: environment.clone(), transport: LentTransport::default() }
    }

    async fn read(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let environment = &self.environment;
        let [_, _, token_file, _] = TKE;
        let (Some(region), Some(provider_id), Some(path), Some(role)) = (
            env::text(environment, TKE[0])?,
            env::text(environment, TKE[1])?,
            environment.path(token_file),
            env::text(environment, TKE[3])?,
        ) else {
            return Err(env::incomplete(&TKE, environment, &TKE));
        };
        Region::new(&region)
            .map_err(|error| CredentialProviderError::broken(format!("TKE_REGION: {error}")))?;
        WebIdentity::new(&provider_id, &role, path)
            .with_environment(environment, &self.transport, region)
            .read()
            .await
            .map(|snapshot| snapshot.with_setting(token_file))
            .map_err(|error| error.chosen_by(token_file))
    }
}

provider_by_read!(WorkloadIdentity, using transport);

impl CredentialProvider for CredentialChain {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(self.get())
    }

    fn invalidate(&self, snapshot: &CredentialSnapshot) -> bool {
        self.chosen().is_some_and(|provider| provider.invalidate(snapshot))
    }

    fn use_transport(&self, transport: &ClientTransport) {
        for source in &self.sources {
            source.provider.use_transport(transport);
        }
    }
}

impl fmt::Debug for CredentialChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.sources.iter().map(|source| source.name);
        f.debug_list().entries(names).finish()
    }
}

/// The result of a search by a [`CredentialChain`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChainReport {
    /// The sources that were not used, in order.
    pub tried: Vec<ChainAttempt>,
    /// The source that was used.
    pub chosen: Option<&'static str>,
}

/// A source that was not used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChainAttempt {
    /// The source.
    pub source: &'static str,
    /// Why it was not used.
    pub reason: String,
}

impl fmt::Display for ChainReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ChainAttempt { source, reason }) in self.tried.iter().enumerate() {
            let separator = if index > 0 { "; " } else { "" };
            write!(f, "{separator}{source} ({reason})")?;
        }
        match self.chosen {
            Some(source) if self.tried.is_empty() => write!(f, "found in {source}"),
            Some(source) => write!(f, "; found in {source}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
