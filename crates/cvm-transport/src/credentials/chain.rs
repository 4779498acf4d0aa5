//! The places where a credential may be, in the order in which they are looked at.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use super::env::EnvironmentOrRole;
use super::{
    CredentialProvider, CredentialProviderError, CredentialSnapshot, ProfileCredentials,
    RoleCredentials, TccliCredentials, WebIdentityCredentials, env, profile, tccli,
};
use crate::Region;
use crate::config::environment::Environment;
use crate::http::client::BoxFuture;

/// Looks for a credential where the official tools keep it.
///
/// | # | source | is configured by | complete when |
/// |--:|---|---|---|
/// | 1 | environment | `TENCENTCLOUD_SECRET_ID`, `…_SECRET_KEY`, `…_TOKEN` or `…_SESSION_TOKEN` | id and key are set |
/// | 2 | role of the environment | `TENCENTCLOUD_ROLE_ARN`, `…_ROLE_SESSION_NAME` | the role and the id and key to assume it with are set |
/// | 3 | workload identity | `TKE_REGION`, `TKE_PROVIDER_ID`, `TKE_WEB_IDENTITY_TOKEN_FILE`, `TKE_ROLE_ARN` | all four are set, and the file holds a token |
/// | 4 | credential file that is named | `TENCENTCLOUD_CREDENTIALS_FILE`, `TENCENTCLOUD_PROFILE` | the file has the section (`default`), and that has `secret_id` and `secret_key`, with `role_arn` and `role_session_name` or without, or `credential_process` |
/// | 5 | tccli profile that is named | `TCCLI_PROFILE` | `~/.tccli/NAME.credential` has keys, keys and a role with its session name, a login, or the type `cvm-role` |
/// | 6 | credential file | `~/.tencentcloud/credentials`, else `/etc/tencentcloud/credentials` | as 4 |
/// | 7 | tccli profile | `~/.tccli/default.credential` | as 5 |
/// | 8 | role of the instance | the metadata service of a CVM instance | it names a role and gives its credential |
///
/// One rule holds for all of them. A source that is *absent* (no variable of it is set, its file does not
/// exist, no role is bound) is passed over. The first that is *complete* serves, and keeps serving. One that is
/// *half* there, *unreadable* or *malformed* ends the search with an error that names the variable, file and
/// line: to go on would mean to call as somebody else. The same holds for a setting about the identity that would
/// be ignored, such as `role_arn` where `role-arn` is read. What a variable names has to exist. An empty variable
/// counts as one that is not set. A link to nothing is *unreadable*, not absent.
pub struct CredentialChain {
    places: Vec<Place>,
    chosen: RwLock<Option<usize>>,
}

struct Place {
    name: &'static str,
    provider: Arc<dyn CredentialProvider>,
}

impl Default for CredentialChain {
    fn default() -> Self {
        Self::new()
    }
}

impl CredentialChain {
    /// Looks in the places that this process can see.
    #[must_use]
    pub fn new() -> Self {
        Self::of(&Environment::default())
    }

    pub(crate) fn of(environment: &Environment) -> Self {
        Self::with(environment, profile::OF_MACHINE, RoleCredentials::new())
    }

    fn with(environment: &Environment, of_machine: &str, role: RoleCredentials) -> Self {
        let mut places: Vec<Place> = Vec::new();
        let mut place = |name, provider| places.push(Place { name, provider });
        place("environment", Arc::new(EnvironmentOrRole(environment.clone())));
        place("workload identity", Arc::new(WorkloadIdentity(environment.clone())));
        let of_tccli = || Arc::new(TccliCredentials::of(environment));
        // What the user names comes before what is just there.
        let tccli_is_first = tccli::is_chosen(environment) && !profile::is_chosen(environment);
        if tccli_is_first {
            place("tccli profile", of_tccli());
        }
        place("SDK profile", Arc::new(ProfileCredentials::of_user(environment)));
        if !profile::names_file(environment) {
            let machine = ProfileCredentials::of_machine(environment, of_machine);
            place("SDK profile of the machine", Arc::new(machine));
        }
        if !tccli_is_first {
            place("tccli profile", of_tccli());
        }
        place("instance role", Arc::new(role));
        Self { places, chosen: RwLock::new(None) }
    }

    /// Looks everywhere and tells what was found and what was not.
    pub async fn explain(&self) -> ChainReport {
        self.search().await.1
    }

    async fn search(
        &self,
    ) -> (Result<Arc<CredentialSnapshot>, CredentialProviderError>, ChainReport) {
        let mut report = ChainReport { tried: Vec::new(), chosen: None };
        for (index, Place { name, provider }) in self.places.iter().enumerate() {
            match provider.credential().await {
                Ok(snapshot) => {
                    report.chosen = Some(*name);
                    *self.chosen.write().unwrap_or_else(PoisonError::into_inner) = Some(index);
                    return (Ok(snapshot), report);
                }
                Err(error) => {
                    report.tried.push(ChainAttempt { place: name, reason: error.to_string() });
                    if !error.is_absent() {
                        return (Err(error), report);
                    }
                }
            }
        }
        let text = format!(
            "no credential found; set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY. Tried: {report}"
        );
        (Err(CredentialProviderError::missing(text)), report)
    }

    fn chosen(&self) -> Option<&dyn CredentialProvider> {
        let chosen = *self.chosen.read().unwrap_or_else(PoisonError::into_inner);
        Some(&*self.places.get(chosen?)?.provider)
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

/// The identity of a cluster's workload, from the variables that the cluster sets.
#[derive(Clone, Debug)]
struct WorkloadIdentity(Environment);

impl WorkloadIdentity {
    async fn read(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let environment = &self.0;
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
        WebIdentityCredentials::new(provider_id, role, path)
            .region(region)
            .environment(environment)
            .credential()
            .await
            .map(|snapshot| snapshot.named(token_file))
            .map_err(|error| error.of_chosen(token_file))
    }
}

super::fetches_anew!(WorkloadIdentity);

impl CredentialProvider for CredentialChain {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(self.get())
    }

    fn refused(&self, snapshot: &CredentialSnapshot) -> bool {
        self.chosen().is_some_and(|provider| provider.refused(snapshot))
    }
}

impl fmt::Debug for CredentialChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.places.iter().map(|place| place.name);
        f.debug_list().entries(names).finish()
    }
}

/// What a [`CredentialChain`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// The places that did not serve, in order.
    pub tried: Vec<ChainAttempt>,
    /// The place that did.
    pub chosen: Option<&'static str>,
}

/// A place without a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainAttempt {
    /// The place.
    pub place: &'static str,
    /// Why it did not serve.
    pub reason: String,
}

impl fmt::Display for ChainReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ChainAttempt { place, reason }) in self.tried.iter().enumerate() {
            let separator = if index > 0 { "; " } else { "" };
            write!(f, "{separator}{place} ({reason})")?;
        }
        match self.chosen {
            Some(place) if self.tried.is_empty() => write!(f, "found in {place}"),
            Some(place) => write!(f, "; found in {place}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
