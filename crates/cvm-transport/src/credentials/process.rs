//! A credential that another program prints.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::task::ready;
use std::time::Duration;

use cvm_protocol::member_named;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::process::Command;
use zeroize::Zeroizing;

use super::{CredentialProvider, CredentialProviderError, CredentialSnapshot, reply};
use crate::http::BoxFuture;

/// How long the program may run.
const LONGEST: Duration = Duration::from_secs(30);
/// Longer outputs are no credentials.
const LARGEST: usize = 64 * 1024;

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
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                CredentialProviderError::broken("credential program cannot be run")
                    .with_source(error)
            })?;
        let ended = async {
            let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
            let printed = read(output).await?;
            Ok::<_, io::Error>((printed, child.wait().await?))
        };
        let (printed, status) = tokio::time::timeout(LONGEST, ended)
            .await
            .map_err(|_| transient("credential program did not end in time".into()))?
            .map_err(|error| {
                transient("credential program cannot be read".into()).with_source(error)
            })?;
        if printed.len() > LARGEST {
            return Err(CredentialProviderError::broken(format!("{WHAT} is too long")));
        }
        if !status.success() {
            return Err(transient(format!("credential program failed: {status}")));
        }
        let record = reply::read(&reply::PROCESS_REPLY, &printed, WHAT)?;
        let member = |name| reply::text(&record, name);
        let expires_at = member_named(&record, "ExpiredTime").as_i64();
        let (id, key) = (member("SecretId"), member("SecretKey"));
        reply::snapshot(id, key, member("Token"), expires_at, WHAT).map(Arc::new)
    }
}

/// Reads to the end, or one byte beyond the largest length, into memory that is wiped. It is sized once,
/// because a buffer that grows leaves unwiped copies behind.
async fn read(mut output: impl AsyncRead + Unpin) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(vec![0; LARGEST + 1]);
    let mut length = 0;
    while let Some(space) = text.get_mut(length..).filter(|space| !space.is_empty()) {
        let read = poll_fn(|context| {
            let mut buffer = ReadBuf::new(space);
            ready!(Pin::new(&mut output).poll_read(context, &mut buffer))?;
            io::Result::Ok(buffer.filled().len()).into()
        });
        match read.await? {
            0 => break,
            read => length += read,
        }
    }
    text.truncate(length);
    Ok(text)
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
        let error = run("exec yes AKIDx").await.unwrap_err();
        assert!(error.to_string().contains("too long") && !error.is_transient(), "{error:?}");
        let error = ProcessCredentials::new("/does/not/exist", []).credential().await.unwrap_err();
        assert!(!error.is_missing(), "a program that was named has to exist");
    }
}
