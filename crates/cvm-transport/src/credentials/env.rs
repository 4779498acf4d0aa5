//! A credential from environment variables, in the spellings that the official tools use.

use std::sync::Arc;

use cvm_signer::Credential;

use super::{CredentialProvider, CredentialProviderError, CredentialSnapshot};
use crate::environment::Environment;
use crate::http::BoxFuture;

/// Reads `TENCENTCLOUD_SECRET_ID`, `TENCENTCLOUD_SECRET_KEY` and, for a temporary credential,
/// `TENCENTCLOUD_TOKEN` or `TENCENTCLOUD_SESSION_TOKEN`.
///
/// The variables are read at every attempt, so a long-running program sees a replaced credential.
#[derive(Clone, Debug, Default)]
pub struct EnvironmentCredentials(Environment);

impl EnvironmentCredentials {
    /// Reads the environment of this process.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn of(environment: &Environment) -> Self {
        Self(environment.clone())
    }

    pub(crate) fn read(
        environment: &Environment,
    ) -> Result<CredentialSnapshot, CredentialProviderError> {
        let id = environment.get("TENCENTCLOUD_SECRET_ID");
        let key = environment.get("TENCENTCLOUD_SECRET_KEY");
        let token = environment
            .get("TENCENTCLOUD_TOKEN")
            .or_else(|| environment.get("TENCENTCLOUD_SESSION_TOKEN"));
        let (id, key) = match (id, key) {
            (Some(id), Some(key)) => (id, key),
            (None, None) => {
                return Err(CredentialProviderError::missing(
                    "TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY are not set",
                ));
            }
            _ => {
                return Err(CredentialProviderError::broken(
                    "TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY are not both set",
                ));
            }
        };
        let credential = match token {
            Some(token) => Credential::temporary(id, key, token),
            None => Credential::new(id, key),
        };
        credential.map(CredentialSnapshot::new).map_err(|error| {
            CredentialProviderError::broken(format!("credential in the environment: {error}"))
        })
    }
}

impl CredentialProvider for EnvironmentCredentials {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(async { Self::read(&self.0).map(Arc::new) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<CredentialSnapshot, CredentialProviderError> {
        EnvironmentCredentials::read(&Environment::of(variables))
    }

    const PAIR: [(&str, &str); 2] =
        [("TENCENTCLOUD_SECRET_ID", "AKIDEXAMPLE"), ("TENCENTCLOUD_SECRET_KEY", "key")];

    #[test]
    fn both_spellings_of_the_token_are_read() {
        assert_eq!(read(&PAIR).unwrap().credential().token(), None);
        for name in ["TENCENTCLOUD_TOKEN", "TENCENTCLOUD_SESSION_TOKEN"] {
            let snapshot = read(&[PAIR[0], PAIR[1], (name, "tok")]).unwrap();
            assert_eq!(snapshot.credential().token(), Some("tok"));
        }
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let error = read(&[PAIR[0], ("TENCENTCLOUD_SECRET_KEY", "")]).unwrap_err();
        assert!(error.to_string().contains("not both set") && !error.is_missing(), "{error}");
        let empty = [(PAIR[0].0, ""), (PAIR[1].0, "")];
        assert!(read(&empty).unwrap_err().is_missing());
    }

    #[test]
    fn a_broken_credential_is_named_without_its_text() {
        let error = read(&[PAIR[0], ("TENCENTCLOUD_SECRET_KEY", "canary\n")]).unwrap_err();
        assert!(error.to_string().contains("secret key"), "{error}");
        assert!(!format!("{error:?}").contains("canary"));
    }
}
