//! A credential that another program prints.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use cvm_protocol::member_named;
use tokio::process::Command;
use zeroize::Zeroizing;

use super::{CredentialProvider, CredentialProviderError, CredentialSnapshot, reply};
use crate::http::BoxFuture;

/// How long the program may run.
const LONGEST: Duration = Duration::from_secs(30);

/// Runs a program and reads `{"SecretId": …, "SecretKey": …, "Token": …, "ExpiredTime": …}` from what
/// it prints. `Token` and `ExpiredTime` (seconds since 1970) are for temporary credentials.
///
/// No shell is involved. What the program says on its error output goes to ours, as it may ask for a
/// second factor there.
#[derive(Clone, Debug)]
pub struct ProcessCredentials {
    program: String,
    arguments: Vec<String>,
}

impl ProcessCredentials {
    /// Runs this program with these arguments.
    pub fn new(program: impl Into<String>, arguments: impl IntoIterator<Item = String>) -> Self {
        Self { program: program.into(), arguments: arguments.into_iter().collect() }
    }

    async fn run(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        const WHAT: &str = "output of the credential program";
        let transient = |text: String| CredentialProviderError::transient(text);
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                CredentialProviderError::broken("credential program cannot be run")
                    .with_source(error)
            })?;
        let output = tokio::time::timeout(LONGEST, child.wait_with_output())
            .await
            .map_err(|_| transient("credential program did not end in time".into()))?
            .map_err(|error| {
                transient("credential program cannot be read".into()).with_source(error)
            })?;
        let printed = Zeroizing::new(output.stdout);
        if !output.status.success() {
            return Err(transient(format!("credential program failed: {}", output.status)));
        }
        let record = reply::read(&reply::PROCESS_REPLY, &printed, WHAT)?;
        let member = |name| reply::text(&record, name);
        let expires_at = member_named(&record, "ExpiredTime").as_i64();
        let (id, key) = (member("SecretId"), member("SecretKey"));
        reply::snapshot(id, key, member("Token"), expires_at, WHAT).map(Arc::new)
    }
}

impl CredentialProvider for ProcessCredentials {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(self.run())
    }

    fn refused(&self, _: &CredentialSnapshot) -> bool {
        true
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    async fn run(script: &str) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let arguments = ["-c".to_owned(), script.to_owned()];
        ProcessCredentials::new("/bin/sh", arguments).credential().await
    }

    #[tokio::test]
    async fn what_the_program_prints_is_the_credential() {
        let script =
            r#"echo '{"SecretId":"AKIDx","SecretKey":"k","Token":"t","ExpiredTime":4000000000}'"#;
        let snapshot = run(script).await.unwrap();
        assert_eq!(snapshot.credential().token(), Some("t"));
        assert!(snapshot.expires_at().is_some());
        assert!(run("exit 3").await.unwrap_err().is_transient());
        let error = run("echo canary").await.unwrap_err();
        assert!(!error.is_transient() && !format!("{error:?}").contains("canary"), "{error:?}");
        let error = ProcessCredentials::new("/does/not/exist", []).credential().await.unwrap_err();
        assert!(!error.is_missing(), "a program that was named has to exist");
    }
}
