//! A credential from environment variables, with the names that the official tools use.

use std::sync::Arc;

use cvm_signer::Credential;

use super::client_transport::{ClientTransport, LentTransport};
use super::document;
use super::provider::{CredentialProvider, CredentialProviderError, CredentialSnapshot};
use super::static_credentials::StaticCredentials;
use super::sts::{AssumeRole, SESSION_NAME};
use crate::config::environment::Environment;
use crate::http::client::BoxFuture;

const ID: &str = "TENCENTCLOUD_SECRET_ID";
const KEY: &str = "TENCENTCLOUD_SECRET_KEY";
const TOKEN: &str = "TENCENTCLOUD_TOKEN";
const SESSION_TOKEN: &str = "TENCENTCLOUD_SESSION_TOKEN";
const ROLE: &str = "TENCENTCLOUD_ROLE_ARN";
const SESSION: &str = "TENCENTCLOUD_ROLE_SESSION_NAME";

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

    pub(crate) fn read(
        environment: &Environment,
    ) -> Result<CredentialSnapshot, CredentialProviderError> {
        let token = match (text(environment, TOKEN)?, text(environment, SESSION_TOKEN)?) {
            (Some(one), Some(other)) if one != other => {
                let text =
                    format!("{TOKEN} and {SESSION_TOKEN} are set and differ; unset one of them");
                return Err(CredentialProviderError::broken(text));
            }
            (one, other) => one.or(other),
        };
        let (id, key) = (text(environment, ID)?, text(environment, KEY)?);
        let (Some(id), Some(key)) = (id, key) else {
            return Err(incomplete(&[ID, KEY, TOKEN, SESSION_TOKEN], environment, &[ID, KEY]));
        };
        document::reject_quotes(&id, &key, token.as_deref())
            .map_err(|why| CredentialProviderError::broken(format!("{ID} and {KEY}: {why}")))?;
        let credential = match token {
            Some(token) => Credential::temporary(id, key, token),
            None => Credential::new(id, key),
        };
        credential
            .map(CredentialSnapshot::new)
            .map_err(|error| CredentialProviderError::broken(format!("{ID} and {KEY}: {error}")))
    }
}

impl CredentialProvider for EnvironmentCredentials {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(async { Self::read(&self.0).map(Arc::new) })
    }
}

/// The value of a variable; `None` if it is unset or empty.
pub(super) fn text(
    environment: &Environment,
    name: &str,
) -> Result<Option<String>, CredentialProviderError> {
    environment.text(name).map_err(CredentialProviderError::broken)
}

/// The error if not all `needed` variables of a group are set: missing if none of the group is set, otherwise broken.
pub(super) fn incomplete(
    group: &[&str],
    environment: &Environment,
    needed: &[&str],
) -> CredentialProviderError {
    let is_set = |name: &&str| environment.path(name).is_some();
    let set: Vec<&str> = group.iter().copied().filter(is_set).collect();
    let unset: Vec<&str> = needed.iter().copied().filter(|name| !is_set(name)).collect();
    let verb = |names: &[&str]| if names.len() == 1 { "is" } else { "are" };
    let not = format!("{} {} not", unset.join(" and "), verb(&unset));
    if set.is_empty() {
        return CredentialProviderError::missing(format!("{not} set"));
    }
    let set = format!("{} {} set", set.join(" and "), verb(&set));
    CredentialProviderError::broken(format!("{set}, but {not}"))
}

/// The keys of [`EnvironmentCredentials`], or the role in `TENCENTCLOUD_ROLE_ARN`, assumed with them.
#[derive(Clone, Debug)]
pub(super) struct EnvironmentOrRole {
    environment: Environment,
    transport: LentTransport,
}

impl EnvironmentOrRole {
    pub(super) fn new(environment: &Environment) -> Self {
        Self { environment: environment.clone(), transport: LentTransport::default() }
    }

    async fn read(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let environment = &self.environment;
        let (role, session) = (text(environment, ROLE)?, text(environment, SESSION)?);
        let keys = EnvironmentCredentials::read(environment);
        let Some(role) = role else {
            return match session {
                Some(_) => Err(incomplete(&[SESSION], environment, &[ROLE])),
                None => keys.map(Arc::new),
            };
        };
        let keys = keys.map_err(|error| match error.is_missing() {
            true => incomplete(&[ROLE], environment, &[ID, KEY]),
            false => error,
        })?;
        let session = session.as_deref().unwrap_or(SESSION_NAME);
        let keys = StaticCredentials::new(keys.credential().clone());
        AssumeRole::new(keys, &role, session)
            .with_environment(environment, &self.transport)
            .read()
            .await
            .map(|snapshot| snapshot.with_setting(ROLE))
            .map_err(|error| error.chosen_by(ROLE))
    }
}

impl CredentialProvider for EnvironmentOrRole {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(self.read())
    }

    fn invalidate(&self, _: &CredentialSnapshot) -> bool {
        self.environment.path(ROLE).is_some()
    }

    fn use_transport(&self, transport: &ClientTransport) {
        self.transport.set(transport);
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
    fn both_token_variables_are_read() {
        assert_eq!(read(&PAIR).unwrap().credential().token(), None);
        for name in ["TENCENTCLOUD_TOKEN", "TENCENTCLOUD_SESSION_TOKEN"] {
            let snapshot = read(&[PAIR[0], PAIR[1], (name, "tok")]).unwrap();
            assert_eq!(snapshot.credential().token(), Some("tok"));
        }
        let both = |other| {
            read(&[
                PAIR[0],
                PAIR[1],
                ("TENCENTCLOUD_TOKEN", "tok"),
                ("TENCENTCLOUD_SESSION_TOKEN", other),
            ])
        };
        assert_eq!(both("tok").unwrap().credential().token(), Some("tok"));
        let error = both("canary").unwrap_err();
        assert!(error.to_string().contains("differ") && !error.is_missing(), "{error}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }

    #[test]
    fn empty_variable_counts_as_unset() {
        let error = read(&[PAIR[0], ("TENCENTCLOUD_SECRET_KEY", "")]).unwrap_err();
        let expected = "TENCENTCLOUD_SECRET_ID is set, but TENCENTCLOUD_SECRET_KEY is not";
        assert!(error.to_string() == expected && !error.is_missing(), "{error}");
        let empty = [(PAIR[0].0, ""), (PAIR[1].0, "")];
        assert!(read(&empty).unwrap_err().is_missing());
    }

    #[test]
    fn quotes_in_variables_are_rejected() {
        for (id, key, name) in [
            ("\"AKIDx\"", "k", "secret id"),
            ("AKIDx", "'canary'", "secret key"),
            ("AKIDx", "canary\"", "secret key"),
        ] {
            let error = read(&[(ID, id), (KEY, key)]).unwrap_err();
            assert!(error.to_string().contains(name) && !error.is_missing(), "{error}");
            assert!(error.to_string().contains("quote"), "{error}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    fn invalid_credential_error_hides_the_value() {
        let error = read(&[PAIR[0], ("TENCENTCLOUD_SECRET_KEY", "canary\n")]).unwrap_err();
        assert!(error.to_string().contains("TENCENTCLOUD_SECRET_KEY"), "{error}");
        assert!(!format!("{error:?}").contains("canary"));
    }
}
