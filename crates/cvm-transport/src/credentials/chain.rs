//! The places where a credential may be, in the order in which they are looked at.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use super::{
    AssumeRoleCredentials, CredentialProvider, CredentialProviderError, CredentialSnapshot,
    EnvironmentCredentials, ProfileCredentials, RoleCredentials, TccliCredentials,
    WebIdentityCredentials,
};
use crate::environment::Environment;
use crate::http::BoxFuture;

/// Looks for a credential where the official tools keep it:
///
/// 1. environment variables, and the role that they name, if they name one;
/// 2. the cluster's workload identity (`TKE_…`);
/// 3. `~/.tencentcloud/credentials`, which may name a program;
/// 4. `~/.tccli/<profile>.credential`;
/// 5. the role of the CVM instance.
///
/// The first place that is set up serves, and keeps serving. A place that is set up wrongly ends the
/// search: going on would mean to call as somebody else.
pub struct CredentialChain {
    places: Vec<Place>,
    chosen: RwLock<Option<usize>>,
}

struct Place {
    name: &'static str,
    provider: Result<Arc<dyn CredentialProvider>, &'static str>,
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
        let place = |name, provider| Place { name, provider };
        let places = vec![
            place("environment", Ok(environment_place(environment))),
            place("workload identity", web_identity(environment)),
            place("SDK profile", Ok(Arc::new(ProfileCredentials::of(environment)) as _)),
            place("tccli profile", Ok(Arc::new(TccliCredentials::of(environment)) as _)),
            place("instance role", Ok(Arc::new(RoleCredentials::new()) as _)),
        ];
        Self { places, chosen: RwLock::new(None) }
    }

    /// Looks everywhere and tells what was found and what was not.
    pub async fn explain(&self) -> ChainReport {
        self.search().await.1
    }

    async fn search(&self) -> (Option<Arc<CredentialSnapshot>>, ChainReport) {
        let mut report = ChainReport { tried: Vec::new(), chosen: None };
        for (index, place) in self.places.iter().enumerate() {
            let found = match &place.provider {
                Ok(provider) => provider.credential().await,
                Err(why) => Err(CredentialProviderError::missing(*why)),
            };
            match found {
                Ok(snapshot) => {
                    report.chosen = Some(place.name);
                    *self.chosen.write().unwrap_or_else(PoisonError::into_inner) = Some(index);
                    return (Some(snapshot), report);
                }
                Err(error) => {
                    let ends = !error.is_missing();
                    report.tried.push(Tried { place: place.name, reason: error.to_string() });
                    if ends {
                        break;
                    }
                }
            }
        }
        (None, report)
    }

    async fn get(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let chosen = *self.chosen.read().unwrap_or_else(PoisonError::into_inner);
        let provider = chosen.and_then(|index| self.places.get(index)?.provider.as_ref().ok());
        if let Some(provider) = provider {
            return provider.credential().await;
        }
        let (found, report) = self.search().await;
        found.ok_or_else(|| {
            CredentialProviderError::missing(format!(
                "no credential found; set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY. Tried: {report}"
            ))
        })
    }
}

fn environment_place(environment: &Environment) -> Arc<dyn CredentialProvider> {
    let keys = EnvironmentCredentials::of(environment);
    let role = environment.get("TENCENTCLOUD_ROLE_ARN");
    let session = environment.get("TENCENTCLOUD_ROLE_SESSION_NAME");
    match role {
        Some(role) => {
            let session = session.unwrap_or_else(|| "cvm-sdk-rust".to_owned());
            Arc::new(AssumeRoleCredentials::new(keys, role, session))
        }
        None => Arc::new(keys),
    }
}

fn web_identity(environment: &Environment) -> Result<Arc<dyn CredentialProvider>, &'static str> {
    let get = |name| environment.get(name).ok_or("the TKE_ variables are not all set");
    let provider = WebIdentityCredentials::new(
        get("TKE_PROVIDER_ID")?,
        get("TKE_ROLE_ARN")?,
        get("TKE_WEB_IDENTITY_TOKEN_FILE")?,
    );
    Ok(Arc::new(provider.region(get("TKE_REGION")?)))
}

impl CredentialProvider for CredentialChain {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(self.get())
    }

    fn refused(&self, snapshot: &CredentialSnapshot) -> bool {
        let chosen = *self.chosen.read().unwrap_or_else(PoisonError::into_inner);
        let provider = chosen.and_then(|index| self.places.get(index)?.provider.as_ref().ok());
        provider.is_some_and(|provider| provider.refused(snapshot))
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
    pub tried: Vec<Tried>,
    /// The place that did.
    pub chosen: Option<&'static str>,
}

/// A place without a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The place.
    pub place: &'static str,
    /// Why it did not serve.
    pub reason: String,
}

impl fmt::Display for ChainReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Tried { place, reason }) in self.tried.iter().enumerate() {
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
mod tests {
    use super::super::files::test_directory::TestDirectory;
    use super::*;

    const KEYS: [(&str, &str); 2] =
        [("TENCENTCLOUD_SECRET_ID", "AKIDenv"), ("TENCENTCLOUD_SECRET_KEY", "k")];

    /// A chain that does not look for an instance's role, which a test must not reach.
    fn chain(environment: &Environment) -> CredentialChain {
        let mut chain = CredentialChain::of(environment);
        chain.places.pop();
        chain
    }

    async fn id(chain: &CredentialChain) -> Result<String, CredentialProviderError> {
        Ok(chain.credential().await?.credential().secret_id().to_owned())
    }

    #[tokio::test]
    async fn the_first_place_that_is_set_up_serves() {
        let directory = TestDirectory::new();
        let empty = chain(&directory.home(&[]));
        let error = id(&empty).await.unwrap_err();
        for place in ["environment", "workload identity", "SDK profile", "tccli profile"] {
            assert!(error.to_string().contains(place), "{error}");
        }
        let tccli = r#"{"secretId":"AKIDtccli","secretKey":"k"}"#;
        directory.write(".tccli/default.credential", tccli, 0o600);
        assert_eq!(id(&chain(&directory.home(&[]))).await.unwrap(), "AKIDtccli");
        let profile = "[default]\nsecret_id=AKIDsdk\nsecret_key=k\n";
        directory.write(".tencentcloud/credentials", profile, 0o600);
        assert_eq!(id(&chain(&directory.home(&[]))).await.unwrap(), "AKIDsdk");
        let all = chain(&directory.home(&KEYS));
        assert_eq!(id(&all).await.unwrap(), "AKIDenv");
        assert_eq!(all.explain().await.to_string(), "found in environment");
        let explained = chain(&directory.home(&[])).explain().await;
        assert_eq!(explained.chosen, Some("SDK profile"));
        assert_eq!(explained.tried.len(), 2);
    }

    #[tokio::test]
    async fn a_broken_place_ends_the_search() {
        let directory = TestDirectory::new();
        directory.write(
            ".tencentcloud/credentials",
            "[default]\nsecret_id=AKIDsdk\nsecret_key=k\n",
            0o600,
        );
        let error = id(&chain(&directory.home(&KEYS[..1]))).await.unwrap_err();
        assert!(error.to_string().contains("not both set"), "{error}");
        assert!(!error.to_string().contains("SDK profile"), "{error}");
    }
}
