//! A credential that another program prints.

use std::future::{Future, poll_fn};
use std::io::{
    IsTerminal, Write, {self},
};
use std::pin::{Pin, pin};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use cvm_protocol::{Record, utf8_text};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use zeroize::Zeroizing;

use super::cached_provider::cached_provider;
use super::provider::{CredentialProviderError, CredentialSnapshot, provider_by_read};
use super::{document, identity, rfc3339};

/// How long the program may run.
const MAX_RUN_TIME: Duration = Duration::from_secs(30);
/// A longer output is not a credential.
const MAX_OUTPUT: usize = 64 * 1024;
/// How long a pipe is read after the program has ended. The program's own output is available at once; a process that
/// it started in the background may keep the pipe open forever.
const PIPE_TIMEOUT: Duration = Duration::from_millis(200);
/// How many bytes of the error output an error contains.
const MAX_SHOWN: usize = 1024;
/// How many bytes of the error output are kept to be forwarded at the end.
const MAX_KEPT: usize = 64 * 1024;

cached_provider! {
    /// Runs a program and reads `{"SecretId": …, "SecretKey": …, "Token": …, "ExpiredTime": …}` from its output. `Token`
    /// and `ExpiredTime` (Unix time in seconds) are for temporary credentials; `Expiration` (RFC 3339, such as
    /// `2026-11-30T08:00:00Z`) may replace `ExpiredTime`.
    ///
    /// No shell is involved. If the program fails, the error contains the end of its error output. If this process's error
    /// output is a terminal, the program's is forwarded to it at once, because the program may ask for a second factor;
    /// otherwise it is forwarded after the program has succeeded. Only the program itself is waited for, not a process that
    /// it starts in the background, such as an agent.
    ///
    /// A program that fails, or does not end within 30 seconds, is not run again for the same call. A program that does not
    /// end is killed together with everything that it started, unless this process has a terminal: there the program must
    /// stay in the foreground process group to read from the terminal, and is killed alone.
    ///
    /// The credential is cached as by [`CachedCredentials`](crate::credentials::CachedCredentials); clones share the cache.
    ProcessCredentials(CredentialProgram)
}

impl ProcessCredentials {
    /// Runs this program with these arguments.
    pub fn new(program: impl Into<String>, arguments: impl IntoIterator<Item = String>) -> Self {
        Self::of(CredentialProgram::new(program, arguments))
    }
}

/// Runs a program at each read.
#[derive(Clone, Debug)]
pub(super) struct CredentialProgram {
    program: String,
    arguments: Vec<String>,
}

impl CredentialProgram {
    fn new(program: impl Into<String>, arguments: impl IntoIterator<Item = String>) -> Self {
        Self { program: program.into(), arguments: arguments.into_iter().collect() }
    }

    /// Parses a command line, which is split into words as a shell splits it.
    pub(super) fn parse(command: &str) -> Result<Self, &'static str> {
        let words = shell_words::split(command).map_err(|_| "has an unclosed quote")?;
        let mut words = words.into_iter();
        let program = words.next().filter(|program| !program.is_empty());
        Ok(Self::new(program.ok_or("has no program")?, words))
    }

    /// The name in messages.
    fn name(&self) -> String {
        format!("credential program `{}`", self.program)
    }

    async fn run(
        &self,
        terminals: Terminals,
    ) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let what = format!("output of the {}", self.name());
        let broken =
            |why: String| CredentialProviderError::broken(format!("{} {why}", self.name()));
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        if !terminals.have_terminal {
            command.process_group(0);
        }
        let mut child = command
            .spawn()
            .map_err(|error| broken(format!("cannot be run: {error}")).with_source(error))?;
        let mut group = ProcessGroup::of(&child, terminals);
        let pipes = child.stdout.take().zip(child.stderr.take());
        let (output, errors) = pipes.ok_or_else(|| broken("cannot be read".into()))?;
        let mut errors = ErrorOutput::new(errors, terminals.stderr_is_terminal);
        let ended =
            tokio::time::timeout(MAX_RUN_TIME, run_to_end(&mut child, output, &mut errors)).await;
        let Ok(ended) = ended else {
            let why = format!("did not exit within {} s", MAX_RUN_TIME.as_secs());
            return Err(broken(format!("{why}{}", errors.shown())));
        };
        let ended = ended.map_err(|error| broken("cannot be read".into()).with_source(error))?;
        let Some((status, printed)) = ended else {
            return Err(CredentialProviderError::broken(format!("{what} is too long")));
        };
        group.release();
        if !status.success() {
            return Err(broken(format!("failed: {status}{}", errors.shown())));
        }
        let record = document::read(&document::PROCESS_OUTPUT, &printed, &what)?;
        if let Some(ignored) =
            utf8_text(&printed).ok().and_then(|text| identity::PROCESS.ignored_in(text))
        {
            return Err(CredentialProviderError::broken(format!("{what} {ignored}")));
        }
        let member = |name| document::text(&record, name);
        let expires_at = expiry_in(&record)
            .map_err(|why| CredentialProviderError::broken(format!("{what} {why}")))?;
        let (id, key) = (member("SecretId"), member("SecretKey"));
        let snapshot = document::snapshot(id, key, member("Token"), expires_at, &what)?;
        Ok(Arc::new(snapshot.with_origin(self.name())))
    }
}

/// The expiry of the credential, as Unix time in seconds.
fn expiry_in(record: &Record) -> Result<Option<i64>, String> {
    let seconds = document::expiry(record, "ExpiredTime")?.filter(|seconds| *seconds != 0);
    let Some(text) = document::text(record, "Expiration") else { return Ok(seconds) };
    let time = rfc3339::parse(text)
        .ok_or("has an `Expiration` that is not an RFC 3339 time, such as 2026-11-30T08:00:00Z")?;
    match seconds {
        Some(seconds) if seconds != time => {
            Err("has an `ExpiredTime` and an `Expiration` that differ: print only one of them"
                .to_owned())
        }
        // Zero would mean no expiry.
        _ => Ok(Some(time.max(1))),
    }
}

/// The terminals of this process.
#[derive(Clone, Copy, Debug)]
struct Terminals {
    /// Whether this process has a controlling terminal, whatever its output is.
    have_terminal: bool,
    stderr_is_terminal: bool,
}

impl Terminals {
    fn look() -> Self {
        Self {
            have_terminal: std::fs::File::open("/dev/tty").is_ok(),
            stderr_is_terminal: io::stderr().is_terminal(),
        }
    }
}

/// The process group of a program. It is killed if this is dropped before the program has ended.
struct ProcessGroup {
    #[cfg(unix)]
    id: Option<rustix::process::Pid>,
}

impl ProcessGroup {
    #[cfg(unix)]
    fn of(child: &Child, terminals: Terminals) -> Self {
        let id = child.id().filter(|_| !terminals.have_terminal);
        let id = id.and_then(|id| i32::try_from(id).ok());
        Self { id: id.and_then(rustix::process::Pid::from_raw) }
    }

    #[cfg(not(unix))]
    fn of(_: &Child, _: Terminals) -> Self {
        Self {}
    }

    /// The program has ended: processes that it left in the background stay.
    fn release(&mut self) {
        #[cfg(unix)]
        {
            self.id = None;
        }
    }
}

#[cfg(unix)]
impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            // The program was not waited for yet, so its process id is still valid.
            let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
        }
    }
}

/// Runs a program to its end and returns its output; `None` if the output is too long.
async fn run_to_end(
    child: &mut Child,
    output: ChildStdout,
    errors: &mut ErrorOutput<ChildStderr>,
) -> io::Result<Option<(ExitStatus, Zeroizing<Vec<u8>>)>> {
    let mut printed = Output::new(output);
    let status = {
        let mut output = pin!(printed.read());
        let mut errors = pin!(errors.forward());
        let mut ending = pin!(child.wait());
        let (mut is_read, mut is_forwarded, mut status) = (false, false, None);
        let mut pipe_timeout = pin!(None);
        poll_fn(|context| {
            is_forwarded = is_forwarded || errors.as_mut().poll(context).is_ready();
            if !is_read && let Poll::Ready(read) = output.as_mut().poll(context) {
                match read? {
                    ReadEnd::All => is_read = true,
                    // It has not ended, and may never: it waits for somebody to read the rest.
                    ReadEnd::TooMuch => return Poll::Ready(io::Result::Ok(None)),
                }
            }
            if status.is_none()
                && let Poll::Ready(ended) = ending.as_mut().poll(context)
            {
                status = Some(ended?);
                pipe_timeout.set(Some(tokio::time::sleep(PIPE_TIMEOUT)));
            }
            // Polled last: output that the program wrote comes before the timeout.
            let pipe_timeout = pipe_timeout.as_mut().as_pin_mut();
            let is_over =
                pipe_timeout.is_some_and(|pipe_timeout| pipe_timeout.poll(context).is_ready());
            match status {
                Some(status) if is_over || (is_read && is_forwarded) => {
                    Poll::Ready(Ok(Some(status)))
                }
                _ => Poll::Pending,
            }
        })
        .await?
    };
    Ok(status.map(|status| (status, printed.into_text())))
}

/// The output of a program so far, in memory that is wiped. It is allocated once, because a buffer that grows would
/// leave unwiped copies behind.
struct Output<R> {
    pipe: R,
    text: Zeroizing<Vec<u8>>,
    length: usize,
}

enum ReadEnd {
    All,
    TooMuch,
}

impl<R: AsyncRead + Unpin> Output<R> {
    fn new(pipe: R) -> Self {
        Self { pipe, text: Zeroizing::new(vec![0; MAX_OUTPUT + 1]), length: 0 }
    }

    /// Reads to the end, or one byte more than the maximum.
    async fn read(&mut self) -> io::Result<ReadEnd> {
        while let Some(space) = self.text.get_mut(self.length..).filter(|space| !space.is_empty()) {
            match read(&mut self.pipe, space).await? {
                0 => return Ok(ReadEnd::All),
                read => self.length += read,
            }
        }
        Ok(ReadEnd::TooMuch)
    }

    fn into_text(mut self) -> Zeroizing<Vec<u8>> {
        self.text.truncate(self.length);
        self.text
    }
}

/// The error output of a program. What was neither forwarded nor shown in an error is forwarded at the end.
struct ErrorOutput<R> {
    pipe: R,
    is_live: bool,
    end: Vec<u8>,
}

impl<R> ErrorOutput<R> {
    const fn new(pipe: R, is_live: bool) -> Self {
        Self { pipe, is_live, end: Vec::new() }
    }

    /// `: ` and the end of the error output in one line; empty if there was none.
    fn shown(&mut self) -> String {
        let errors = std::mem::take(&mut self.end);
        let end = errors.get(errors.len().saturating_sub(MAX_SHOWN)..).unwrap_or_default();
        let text = String::from_utf8_lossy(end);
        let lines: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() {
            return String::new();
        }
        let line = lines.join(" / ");
        format!(": {}", line.replace(|character: char| character.is_control(), "\u{fffd}"))
    }
}

impl<R: AsyncRead + Unpin> ErrorOutput<R> {
    /// Reads everything, forwards it immediately if it is live, and keeps its end.
    async fn forward(&mut self) {
        let mut space = [0; MAX_SHOWN];
        while let Ok(length @ 1..) = read(&mut self.pipe, &mut space).await {
            let new = space.get(..length).unwrap_or_default();
            if self.is_live {
                // An error means that our error output is closed.
                let _ = io::stderr().write_all(new);
            }
            self.end.extend_from_slice(new);
            self.end.drain(..self.end.len().saturating_sub(MAX_KEPT));
        }
    }
}

impl<R> Drop for ErrorOutput<R> {
    fn drop(&mut self) {
        if !self.is_live {
            let _ = io::stderr().write_all(&self.end);
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

impl CredentialProgram {
    async fn read(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        self.run(Terminals::look()).await
    }
}

provider_by_read!(CredentialProgram);

#[cfg(all(test, unix))]
mod tests {
    use super::super::files::test_directory::TestDirectory;
    use super::super::provider::CredentialProvider;
    use super::*;

    async fn run(script: &str) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let arguments = ["-c".to_owned(), script.to_owned()];
        CredentialProgram::new("/bin/sh", arguments).credential().await
    }

    #[tokio::test]
    async fn program_output_is_the_credential() {
        let script =
            r#"echo '{"SecretId":"AKIDx","SecretKey":"k","Token":"t","ExpiredTime":4000000000}'"#;
        let snapshot = run(script).await.unwrap();
        assert_eq!(snapshot.credential().token(), Some("t"));
        assert!(snapshot.expires_at().is_some());
        assert!(!run("exit 3").await.unwrap_err().is_transient(), "a failure is final");
        let error = run("echo 'no such\x1bkey' >&2; echo '  twice' >&2; exit 3").await.unwrap_err();
        assert!(error.to_string().ends_with(": no such\u{fffd}key / twice"), "{error}");
        let error = run("echo canary").await.unwrap_err();
        assert!(!error.is_transient() && !format!("{error:?}").contains("canary"), "{error:?}");
        let error = run("exec yes AKIDx").await.unwrap_err();
        assert!(error.to_string().contains("too long") && !error.is_transient(), "{error:?}");
        let error = CredentialProgram::new("/does/not/exist", []).credential().await.unwrap_err();
        assert!(!error.is_missing(), "a named program must exist");
    }

    /// An agent that the program starts keeps its standard output and error open. It reads from a pipe that stays open
    /// until the end of the test, so waiting for it would exceed the limit of 30 s.
    #[tokio::test]
    async fn background_process_is_not_waited_for() {
        let directory = TestDirectory::new();
        let path = directory.0.join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        // Opened for reading and writing, so that opening does not block and the pipe has a writer.
        let held = std::fs::File::options().read(true).write(true).open(&path).unwrap();
        let agent = async |then: &str| {
            let script = format!(r#"cat "$0" & {then}"#);
            let arguments = ["-c", &script, path.to_str().unwrap()].map(str::to_owned);
            CredentialProgram::new("/bin/sh", arguments).credential().await
        };
        let snapshot = agent(r#"echo '{"SecretId":"AKIDx","SecretKey":"k"}'"#).await.unwrap();
        assert_eq!(snapshot.credential().secret_id(), "AKIDx");
        let failed = agent("echo no >&2; exit 3").await.unwrap_err();
        assert!(failed.to_string().ends_with(": no"), "{failed}");
        drop(held);
    }

    /// A program that does not end is killed with everything that it started. The reader sees the end only after all
    /// writers have ended; a process that stays alive would exceed the limit.
    #[tokio::test]
    async fn hanging_program_is_killed_with_its_children() {
        let directory = TestDirectory::new();
        let path = directory.0.join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let (up, is_up) = tokio::sync::oneshot::channel();
        let reader = {
            let path = path.clone();
            tokio::task::spawn_blocking(move || {
                let mut file = std::fs::File::open(path).unwrap();
                io::Read::read_exact(&mut file, &mut [0; 3]).unwrap();
                up.send(()).unwrap();
                io::Read::read_to_end(&mut file, &mut Vec::new()).unwrap();
            })
        };
        let script = r#"exec 9>"$0"; sleep 100 & echo up >&9; wait"#;
        let arguments = ["-c", script, path.to_str().unwrap()].map(str::to_owned);
        let program = CredentialProgram::new("/bin/sh", arguments);
        let alone = Terminals { have_terminal: false, stderr_is_terminal: false };
        let mut run = Box::pin(program.run(alone));
        tokio::select! {
            ended = &mut run => panic!("{ended:?}"),
            up = is_up => up.unwrap(),
        }
        drop(run);
        let ended = tokio::time::timeout(Duration::from_secs(60), reader);
        ended.await.expect("no process is left").unwrap();
    }

    /// Virtual time; the program never ends.
    #[tokio::test(start_paused = true)]
    async fn timeout_error_names_program_and_limit() {
        let error = run("exec sleep 100").await.unwrap_err();
        let message = error.to_string();
        assert_eq!(message, "credential program `/bin/sh` did not exit within 30 s");
        assert!(!error.is_transient() && !error.is_missing());
    }

    #[tokio::test]
    async fn expiry_is_read_in_both_forms() {
        use std::time::{Duration, UNIX_EPOCH};
        let end = async |members: &str| {
            let script = format!(r#"echo '{{"SecretId":"AKIDx","SecretKey":"k",{members}}}'"#);
            run(&script).await.map(|snapshot| {
                snapshot.expires_at().map(|at| at.duration_since(UNIX_EPOCH).unwrap())
            })
        };
        let at = |seconds| Some(Duration::from_secs(seconds));
        for (members, expected) in [
            (r#""Expiration":"2020-01-01T00:00:00Z""#, at(1_577_836_800)),
            (r#""Expiration":"2020-01-01T08:00:00.5+08:00""#, at(1_577_836_800)),
            (r#""Expiration":"2020-01-01T00:00:00Z","ExpiredTime":1577836800"#, at(1_577_836_800)),
            (r#""Expiration":"1970-01-01T00:00:00Z""#, at(1)),
            (r#""Expiration":null,"ExpiredTime":0"#, None),
            (r#""Expiration":"","RoleArn":"x""#, None),
        ] {
            assert_eq!(end(members).await.unwrap(), expected, "{members}");
        }
        for (members, why) in [
            (r#""Expiration":"tomorrow""#, "not an RFC 3339 time"),
            (r#""Expiration":"2020-01-01T00:00:00Z","ExpiredTime":9"#, "differ"),
            (r#""expiration":"2020-01-01T00:00:00Z""#, "write it as `ExpiredTime`"),
            (r#""SessionToken":"t""#, "in line 1 `SessionToken`, which would be ignored"),
        ] {
            let error = end(members).await.unwrap_err();
            assert!(error.to_string().contains(why) && error.is_final(), "{error}");
        }
    }

    #[tokio::test]
    async fn byte_order_mark_is_accepted_and_utf16_is_named() {
        let script = r#"printf '\357\273\277{"SecretId":"AKIDx","SecretKey":"k"}'"#;
        assert_eq!(run(script).await.unwrap().credential().secret_id(), "AKIDx");
        let error = run(r#"printf '\377\376{\000'"#).await.unwrap_err();
        assert!(error.to_string().contains("UTF-16") && !error.is_transient(), "{error}");
    }
}
