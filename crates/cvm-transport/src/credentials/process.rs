//! A credential that another program prints.

use std::future::{Future, poll_fn};
use std::io::{self, Write};
use std::pin::{Pin, pin};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use cvm_protocol::member_named;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use super::{CredentialProvider, CredentialProviderError, CredentialSnapshot, reply};
use crate::http::BoxFuture;

/// How long the program may run.
const LONGEST: Duration = Duration::from_secs(30);
/// Longer outputs are no credentials.
const LARGEST: usize = 64 * 1024;
/// How long a pipe is read on after the program has ended. What it wrote is there at once; a process that
/// it left behind may keep the pipe open for ever.
const AFTER_END: Duration = Duration::from_millis(200);
/// How much of the error output an error shows.
const SHOWN: usize = 1024;

/// Runs a program and reads `{"SecretId": …, "SecretKey": …, "Token": …, "ExpiredTime": …}` from what
/// it prints. `Token` and `ExpiredTime` (seconds since 1970) are for temporary credentials.
///
/// No shell is involved. What the program says on its error output goes to ours, as it may ask for a
/// second factor there, and when it fails the end of it is in the error. The program's own end counts: a
/// process that it leaves in the background, such as an agent, is not waited for.
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

    /// Runs a command line, which is split into words as a shell splits it.
    pub(super) fn parse(command: &str) -> Result<Self, &'static str> {
        let words = shell_words::split(command).map_err(|_| "has a quote that is not closed")?;
        let mut words = words.into_iter();
        let program = words.next().filter(|program| !program.is_empty());
        Ok(Self::new(program.ok_or("names no program")?, words))
    }

    async fn run(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        const WHAT: &str = "output of the credential program";
        let transient = |text: String| CredentialProviderError::transient(text);
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                let text = format!("credential program `{}` cannot be run: {error}", self.program);
                CredentialProviderError::broken(text).with_source(error)
            })?;
        let ended = tokio::time::timeout(LONGEST, end_of(&mut child))
            .await
            .map_err(|_| transient("credential program did not end in time".into()))?
            .map_err(|error| {
                transient("credential program cannot be read".into()).with_source(error)
            })?;
        let Some(Ended { status, printed, said }) = ended else {
            return Err(CredentialProviderError::broken(format!("{WHAT} is too long")));
        };
        if !status.success() {
            return Err(transient(format!("credential program failed: {status}{}", shown(&said))));
        }
        let record = reply::read(&reply::PROCESS_REPLY, &printed, WHAT)?;
        let member = |name| reply::text(&record, name);
        let expires_at = member_named(&record, "ExpiredTime").as_i64();
        let (id, key) = (member("SecretId"), member("SecretKey"));
        reply::snapshot(id, key, member("Token"), expires_at, WHAT).map(Arc::new)
    }
}

struct Ended {
    status: ExitStatus,
    printed: Zeroizing<Vec<u8>>,
    /// The end of its error output.
    said: Vec<u8>,
}

/// Runs a program to its end; `None` when it prints too much.
async fn end_of(child: &mut Child) -> io::Result<Option<Ended>> {
    let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let errors = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let mut printed = Printed::new(output);
    let mut said = Said { pipe: errors, end: Vec::new() };
    let status = {
        let mut output = pin!(printed.read());
        let mut errors = pin!(said.forward());
        let mut ending = pin!(child.wait());
        let (mut is_read, mut is_forwarded, mut status) = (false, false, None);
        let mut patience = pin!(None);
        poll_fn(|context| {
            is_forwarded = is_forwarded || errors.as_mut().poll(context).is_ready();
            if !is_read && let Poll::Ready(read) = output.as_mut().poll(context) {
                match read? {
                    Read::All => is_read = true,
                    // It has not ended, and never may: it waits for somebody to take the rest.
                    Read::TooMuch => return Poll::Ready(io::Result::Ok(None)),
                }
            }
            if status.is_none()
                && let Poll::Ready(ended) = ending.as_mut().poll(context)
            {
                status = Some(ended?);
                patience.set(Some(tokio::time::sleep(AFTER_END)));
            }
            // Asked last: what the program wrote comes before the end of our patience.
            let patience = patience.as_mut().as_pin_mut();
            let is_over = patience.is_some_and(|patience| patience.poll(context).is_ready());
            match status {
                Some(status) if is_over || (is_read && is_forwarded) => {
                    Poll::Ready(Ok(Some(status)))
                }
                _ => Poll::Pending,
            }
        })
        .await?
    };
    Ok(status.map(|status| Ended { status, printed: printed.into_text(), said: said.end }))
}

/// What a program has printed so far, in memory that is wiped. It is sized once, because a buffer that
/// grows leaves unwiped copies behind.
struct Printed<R> {
    pipe: R,
    text: Zeroizing<Vec<u8>>,
    length: usize,
}

enum Read {
    All,
    TooMuch,
}

impl<R: AsyncRead + Unpin> Printed<R> {
    fn new(pipe: R) -> Self {
        Self { pipe, text: Zeroizing::new(vec![0; LARGEST + 1]), length: 0 }
    }

    /// Reads to the end, or one byte beyond the largest length.
    async fn read(&mut self) -> io::Result<Read> {
        while let Some(space) = self.text.get_mut(self.length..).filter(|space| !space.is_empty()) {
            match read(&mut self.pipe, space).await? {
                0 => return Ok(Read::All),
                read => self.length += read,
            }
        }
        Ok(Read::TooMuch)
    }

    fn into_text(mut self) -> Zeroizing<Vec<u8>> {
        self.text.truncate(self.length);
        self.text
    }
}

/// The error output of a program.
struct Said<R> {
    pipe: R,
    end: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Said<R> {
    /// Passes everything on as it comes, and keeps the end of it.
    async fn forward(&mut self) {
        let mut space = [0; SHOWN];
        while let Ok(length @ 1..) = read(&mut self.pipe, &mut space).await {
            let new = space.get(..length).unwrap_or_default();
            // Whoever closed our error output does not want to hear it.
            let _ = io::stderr().write_all(new);
            self.end.extend_from_slice(new);
            self.end.drain(..self.end.len().saturating_sub(SHOWN));
        }
    }
}

async fn read(pipe: &mut (impl AsyncRead + Unpin), space: &mut [u8]) -> io::Result<usize> {
    poll_fn(|context| {
        let mut buffer = ReadBuf::new(space);
        ready!(Pin::new(&mut *pipe).poll_read(context, &mut buffer))?;
        io::Result::Ok(buffer.filled().len()).into()
    })
    .await
}

/// `: ` and what a program said, in one line; nothing if it said nothing.
fn shown(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return String::new();
    }
    let line = lines.join(" / ");
    format!(": {}", line.replace(|character: char| character.is_control(), "\u{fffd}"))
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
        let error = run("echo 'no such\x1bkey' >&2; echo '  twice' >&2; exit 3").await.unwrap_err();
        assert!(error.to_string().ends_with(": no such\u{fffd}key / twice"), "{error}");
        let error = run("echo canary").await.unwrap_err();
        assert!(!error.is_transient() && !format!("{error:?}").contains("canary"), "{error:?}");
        let error = run("exec yes AKIDx").await.unwrap_err();
        assert!(error.to_string().contains("too long") && !error.is_transient(), "{error:?}");
        let error = ProcessCredentials::new("/does/not/exist", []).credential().await.unwrap_err();
        assert!(!error.is_missing(), "a program that was named has to exist");
    }

    /// An agent that the program starts keeps its standard output and error open. The limit is so wide that
    /// only waiting for the agent's end breaks it.
    #[tokio::test]
    async fn a_process_left_in_the_background_is_not_waited_for() {
        let script = r#"sleep 25 & echo '{"SecretId":"AKIDx","SecretKey":"k"}'"#;
        let asked = tokio::time::timeout(Duration::from_secs(20), run(script));
        let snapshot = asked.await.expect("the program has ended").unwrap();
        assert_eq!(snapshot.credential().secret_id(), "AKIDx");
        let failed =
            tokio::time::timeout(Duration::from_secs(20), run("sleep 25 & echo no >&2; exit 3"));
        assert!(failed.await.expect("it has ended").unwrap_err().to_string().ends_with(": no"));
    }

    #[tokio::test]
    async fn a_byte_order_mark_is_accepted_and_utf16_is_named() {
        let script = r#"printf '\357\273\277{"SecretId":"AKIDx","SecretKey":"k"}'"#;
        assert_eq!(run(script).await.unwrap().credential().secret_id(), "AKIDx");
        let error = run(r#"printf '\377\376{\000'"#).await.unwrap_err();
        assert!(error.to_string().contains("UTF-16") && !error.is_transient(), "{error}");
    }
}
