//! The official command line's files: `~/.tccli/<profile>.credential` and `.configure`.

use std::sync::Arc;

use cvm_protocol::member_named;
use cvm_signer::Credential;

use super::{
    AssumeRoleCredentials, CredentialProvider, CredentialProviderError, CredentialSnapshot,
    RoleCredentials, StaticCredentials, files, reply,
};
use crate::environment::Environment;
use crate::http::BoxFuture;

const WHAT: &str = "credential file of tccli";

/// Reads the profile that `TCCLI_PROFILE` names, or `default`: keys, a role to assume, the instance's
/// role, or a login that is still good. The file is read anew each time.
#[derive(Clone, Debug, Default)]
pub struct TccliCredentials {
    environment: Environment,
}

impl TccliCredentials {
    /// Looks where this process's environment says.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn of(environment: &Environment) -> Self {
        Self { environment: environment.clone() }
    }

    async fn read(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let path = path(&self.environment, "credential");
        let text = path.map(|path| files::read_secret(&path, WHAT)).transpose()?.flatten();
        let Some(text) = text else {
            return Err(CredentialProviderError::missing(format!("there is no {WHAT}")));
        };
        let record = reply::read(&reply::TCCLI_FILE, &text, WHAT)?;
        let member = |name| reply::text(&record, name);
        let kind = member("type").unwrap_or("default");
        if kind == "cvm-role" {
            return RoleCredentials::new().credential().await;
        }
        let (id, key, token) = (member("secretId"), member("secretKey"), member("token"));
        if matches!(kind, "oauth" | "sso") && id.is_none() {
            let text = format!("{WHAT} holds a login without credential; log in with tccli again");
            return Err(CredentialProviderError::broken(text));
        }
        let expires_at = member_named(&record, "expiresAt").as_i64();
        let snapshot = reply::snapshot(id, key, token, expires_at, WHAT)?;
        match (member("role-arn"), member("role-session-name")) {
            (Some(role), Some(session)) => {
                let own: Credential = snapshot.credential().clone();
                AssumeRoleCredentials::new(StaticCredentials::new(own), role, session)
                    .credential()
                    .await
            }
            _ => Ok(Arc::new(snapshot)),
        }
    }
}

impl CredentialProvider for TccliCredentials {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(self.read())
    }
}

fn path(environment: &Environment, extension: &str) -> Option<std::path::PathBuf> {
    let profile = environment.get("TCCLI_PROFILE").unwrap_or_else(|| "default".to_owned());
    // The name becomes part of a path, and must not lead anywhere else.
    let is_plain = !profile.contains(['/', '\\', '\0']) && !profile.starts_with('.');
    is_plain.then_some(())?;
    Some(files::home(environment)?.join(".tccli").join(format!("{profile}.{extension}")))
}

/// The region that the profile is configured for.
pub(crate) fn region(environment: &Environment) -> Option<String> {
    let text = std::fs::read(path(environment, "configure")?).ok()?;
    let document: serde_json::Value = serde_json::from_slice(&text).ok()?;
    // Older files keep it at the top.
    let region = document.get("_sys_param").and_then(|inner| inner.get("region"));
    let region = region.or_else(|| document.get("region"))?.as_str()?;
    (!region.is_empty()).then(|| region.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::files::test_directory::TestDirectory;
    use super::*;

    async fn read(text: &str) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let directory = TestDirectory::new();
        directory.write(".tccli/default.credential", text, 0o600);
        TccliCredentials::of(&directory.home(&[])).credential().await
    }

    #[tokio::test]
    async fn keys_and_logins_are_read() {
        let snapshot = read(r#"{"secretId":"AKIDx","secretKey":"k","token":null}"#).await.unwrap();
        assert_eq!(snapshot.credential().secret_id(), "AKIDx");
        assert_eq!(snapshot.expires_at(), None);
        let login = r#"{"type":"oauth","secretId":"AKIDx","secretKey":"k","token":"t","expiresAt":4000000000,
                       "oauth":{"accessToken":"a"}}"#;
        let snapshot = read(login).await.unwrap();
        assert_eq!(snapshot.credential().token(), Some("t"));
        assert!(snapshot.expires_at().is_some());
        let error = read(r#"{"type":"sso","secretId":"","secretKey":""}"#).await.unwrap_err();
        assert!(error.to_string().contains("log in"), "{error}");
        assert!(!read("{").await.unwrap_err().is_missing());
    }

    #[test]
    fn the_region_is_found_in_both_layouts() {
        let directory = TestDirectory::new();
        let environment = directory.home(&[]);
        assert_eq!(region(&environment), None);
        for text in [r#"{"_sys_param":{"region":"ap-tokyo"}}"#, r#"{"region":"ap-tokyo"}"#] {
            directory.write(".tccli/default.configure", text, 0o600);
            assert_eq!(region(&environment).as_deref(), Some("ap-tokyo"));
        }
        let elsewhere = directory.home(&[("TCCLI_PROFILE", "../default")]);
        assert_eq!(region(&elsewhere), None);
    }
}
