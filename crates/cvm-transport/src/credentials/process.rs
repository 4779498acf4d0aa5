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

use super::{CredentialProviderError, CredentialSnapshot, identity, reply};
use crate::http::date;

/// How long the program may run.
const MAX_RUN_TIME: Duration = Duration::from_secs(30);
/// Longer outputs are no credentials.
const LARGEST: usize = 64 * 1024;
/// How long a pipe is read on after the program has ended. What it wrote is there at once; a process that
/// it left behind may keep the pipe open for ever.
const AFTER_END: Duration = Duration::from_millis(200);
/// How much of the error output an error shows.
const SHOWN: usize = 1024;
/// How much of the error output is kept to be passed on at the end.
const KEPT: usize = 64 * 1024;

/// Runs a program and reads `{"SecretId": …, "SecretKey": …, "Token": …, "ExpiredTime": …}` from what
/// it prints. `Token` and `ExpiredTime` (seconds since 1970) are for temporary credentials; `Expiration`
/// (RFC 3339, such as `2026-11-30T08:00:00Z`) may stand in the place of `ExpiredTime`.
///
/// No shell is involved. When the program fails, the error has the end of what it said on its error output.
/// Where ours is a terminal, all of it goes there as it comes, because it may ask for a second factor; elsewhere
/// it follows when the program has succeeded. The program's own end counts: a process that it leaves in the
/// background, such as an agent, is not waited for.
///
/// A program that fails, or does not end within 30 seconds, is not run again for the same call. One that does
/// not end is killed, and so is everything that it started, unless this process has a terminal: there the
/// program has to stay in the group of processes that may read from the terminal, and is killed alone.
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

    /// How messages name it.
    fn name(&self) -> String {
        format!("credential program `{}`", self.program)
    }

    async fn run(
        &self,
        surroundings: Surroundings,
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
        if !surroundings.have_terminal {
            command.process_group(0);
        }
        let mut child = command
            .spawn()
            .map_err(|error| broken(format!("cannot be run: {error}")).with_source(error))?;
        let mut group = Group::of(&child, surroundings);
        let pipes = child.stdout.take().zip(child.stderr.take());
        let (output, errors) = pipes.ok_or_else(|| broken("cannot be read".into()))?;
        let mut said = Said::new(errors, surroundings.stderr_is_terminal);
        let ended = tokio::time::timeout(MAX_RUN_TIME, end_of(&mut child, output, &mut said)).await;
        let Ok(ended) = ended else {
            let why = format!("did not end within {} s", MAX_RUN_TIME.as_secs());
            return Err(broken(format!("{why}{}", said.shown())));
        };
        let ended = ended.map_err(|error| broken("cannot be read".into()).with_source(error))?;
        let Some((status, printed)) = ended else {
            return Err(CredentialProviderError::broken(format!("{what} is too long")));
        };
        group.has_ended();
        if !status.success() {
            return Err(broken(format!("failed: {status}{}", said.shown())));
        }
        let record = reply::read(&reply::PROCESS_REPLY, &printed, &what)?;
        if let Some(ignored) =
            utf8_text(&printed).ok().and_then(|text| identity::PROCESS.ignored_in(text))
        {
            return Err(CredentialProviderError::broken(format!("{what} {ignored}")));
        }
        let member = |name| reply::text(&record, name);
        let expires_at = end_in(&record)
            .map_err(|why| CredentialProviderError::broken(format!("{what} {why}")))?;
        let (id, key) = (member("SecretId"), member("SecretKey"));
        let snapshot = reply::snapshot(id, key, member("Token"), expires_at, &what)?;
        Ok(Arc::new(snapshot.with_origin(self.name())))
    }
}

/// When the credential ends, in seconds since 1970.
fn end_in(record: &Record) -> Result<Option<i64>, String> {
    let seconds = reply::end(record, "ExpiredTime")?.filter(|seconds| *seconds != 0);
    let Some(text) = reply::text(record, "Expiration") else { return Ok(seconds) };
    let time = date::parse_rfc3339(text)
        .ok_or("has an `Expiration` that is no RFC 3339 time, such as 2026-11-30T08:00:00Z")?;
    match seconds {
        Some(seconds) if seconds != time => {
            Err("has an `ExpiredTime` and an `Expiration` that differ: print one of them"
                .to_owned())
        }
        // Zero would mean that there is no end.
        _ => Ok(Some(time.max(1))),
    }
}

/// Where this process runs.
#[derive(Clone, Copy, Debug)]
struct Surroundings {
    /// Whether somebody sits at a terminal of this process, whatever its output is.
    have_terminal: bool,
    stderr_is_terminal: bool,
}

impl Surroundings {
    fn look() -> Self {
        Self {
            have_terminal: std::fs::File::open("/dev/tty").is_ok(),
            stderr_is_terminal: io::stderr().is_terminal(),
        }
    }
}

/// The processes of a program. All are killed when this is dropped before the program has ended.
struct Group {
    #[cfg(unix)]
    id: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg(unix)]
    fn of(child: &Child, surroundings: Surroundings) -> Self {
        let id = child.id().filter(|_| !surroundings.have_terminal);
        let id = id.and_then(|id| i32::try_from(id).ok());
        Self { id: id.and_then(rustix::process::Pid::from_raw) }
    }

    #[cfg(not(unix))]
    fn of(_: &Child, _: Surroundings) -> Self {
        Self {}
    }

    /// What the program has left behind now was left on purpose.
    fn has_ended(&mut self) {
        #[cfg(unix)]
        {
            self.id = None;
        }
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            // The program has not been waited for, so its number still is its own.
            let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
        }
    }
}

/// Runs a program to its end, and gives what it printed; `None` when it prints too much.
async fn end_of(
    child: &mut Child,
    output: ChildStdout,
    said: &mut Said<ChildStderr>,
) -> io::Result<Option<(ExitStatus, Zeroizing<Vec<u8>>)>> {
    let mut printed = Printed::new(output);
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
    Ok(status.map(|status| (status, printed.into_text())))
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

/// The error output of a program. What was neither passed on nor shown in an error is passed on at the end.
struct Said<R> {
    pipe: R,
    is_live: bool,
    end: Vec<u8>,
}

impl<R> Said<R> {
    const fn new(pipe: R, is_live: bool) -> Self {
        Self { pipe, is_live, end: Vec::new() }
    }

    /// `: ` and the end of what the program said, in one line; nothing if it said nothing.
    fn shown(&mut self) -> String {
        let said = std::mem::take(&mut self.end);
        let end = said.get(said.len().saturating_sub(SHOWN)..).unwrap_or_default();
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

impl<R: AsyncRead + Unpin> Said<R> {
    /// Reads everything, passes it on as it comes if it is live, and keeps the end of it.
    async fn forward(&mut self) {
        let mut space = [0; SHOWN];
        while let Ok(length @ 1..) = read(&mut self.pipe, &mut space).await {
            let new = space.get(..length).unwrap_or_default();
            if self.is_live {
                // Whoever closed our error output does not want to hear it.
                let _ = io::stderr().write_all(new);
            }
            self.end.extend_from_slice(new);
            self.end.drain(..self.end.len().saturating_sub(KEPT));
        }
    }
}

impl<R> Drop for Said<R> {
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

impl ProcessCredentials {
    async fn read(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        self.run(Surroundings::look()).await
    }
}

super::fetches_anew!(ProcessCredentials);

#[cfg(all(test, unix))]
mod tests {
    use super::super::CredentialProvider;
    use super::super::files::test_directory::TestDirectory;
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
        assert!(!run("exit 3").await.unwrap_err().is_transient(), "a failure is final");
        let error = run("echo 'no such\x1bkey' >&2; echo '  twice' >&2; exit 3").await.unwrap_err();
        assert!(error.to_string().ends_with(": no such\u{fffd}key / twice"), "{error}");
        let error = run("echo canary").await.unwrap_err();
        assert!(!error.is_transient() && !format!("{error:?}").contains("canary"), "{error:?}");
        let error = run("exec yes AKIDx").await.unwrap_err();
        assert!(error.to_string().contains("too long") && !error.is_transient(), "{error:?}");
        let error = ProcessCredentials::new("/does/not/exist", []).credential().await.unwrap_err();
        assert!(!error.is_missing(), "a program that was named has to exist");
    }

    /// An agent that the program starts keeps its standard output and error open. It reads from a pipe that is
    /// held open until the end of the test, so whoever waits for it meets the limit of 30 s.
    #[tokio::test]
    async fn a_process_left_in_the_background_is_not_waited_for() {
        let directory = TestDirectory::new();
        let path = directory.0.join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        // Opened both ways, so that it opens at once and has a writer.
        let held = std::fs::File::options().read(true).write(true).open(&path).unwrap();
        let agent = async |then: &str| {
            let script = format!(r#"cat "$0" & {then}"#);
            let arguments = ["-c", &script, path.to_str().unwrap()].map(str::to_owned);
            ProcessCredentials::new("/bin/sh", arguments).credential().await
        };
        let snapshot = agent(r#"echo '{"SecretId":"AKIDx","SecretKey":"k"}'"#).await.unwrap();
        assert_eq!(snapshot.credential().secret_id(), "AKIDx");
        let failed = agent("echo no >&2; exit 3").await.unwrap_err();
        assert!(failed.to_string().ends_with(": no"), "{failed}");
        drop(held);
    }

    /// A program that does not end is killed with all that it started. The reader comes to the end only when
    /// nobody writes any more, and only a process that was left alive breaks the limit.
    #[tokio::test]
    async fn a_program_that_hangs_is_killed_with_all_that_it_started() {
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
        let program = ProcessCredentials::new("/bin/sh", arguments);
        let alone = Surroundings { have_terminal: false, stderr_is_terminal: false };
        let mut run = Box::pin(program.run(alone));
        tokio::select! {
            ended = &mut run => panic!("{ended:?}"),
            up = is_up => up.unwrap(),
        }
        drop(run);
        let is_over = tokio::time::timeout(Duration::from_secs(60), reader);
        is_over.await.expect("nothing is left alive").unwrap();
    }

    /// The clock is virtual, and the program never ends.
    #[tokio::test(start_paused = true)]
    async fn a_program_that_does_not_end_is_named_with_its_limit() {
        let error = run("exec sleep 100").await.unwrap_err();
        let told = error.to_string();
        assert_eq!(told, "credential program `/bin/sh` did not end within 30 s");
        assert!(!error.is_transient() && !error.is_missing());
    }

    #[tokio::test]
    async fn the_end_is_read_in_both_forms() {
        use std::time::{Duration, UNIX_EPOCH};
        let end = async |members: &str| {
            let script = format!(r#"echo '{{"SecretId":"AKIDx","SecretKey":"k",{members}}}'"#);
            run(&script).await.map(|snapshot| {
                snapshot.expires_at().map(|at| at.duration_since(UNIX_EPOCH).unwrap())
            })
        };
        let at = |seconds| Some(Duration::from_secs(seconds));
        for (members, told) in [
            (r#""Expiration":"2020-01-01T00:00:00Z""#, at(1_577_836_800)),
            (r#""Expiration":"2020-01-01T08:00:00.5+08:00""#, at(1_577_836_800)),
            (r#""Expiration":"2020-01-01T00:00:00Z","ExpiredTime":1577836800"#, at(1_577_836_800)),
            (r#""Expiration":"1970-01-01T00:00:00Z""#, at(1)),
            (r#""Expiration":null,"ExpiredTime":0"#, None),
            (r#""Expiration":"","RoleArn":"x""#, None),
        ] {
            assert_eq!(end(members).await.unwrap(), told, "{members}");
        }
        for (members, why) in [
            (r#""Expiration":"tomorrow""#, "no RFC 3339 time"),
            (r#""Expiration":"2020-01-01T00:00:00Z","ExpiredTime":9"#, "differ"),
            (r#""expiration":"2020-01-01T00:00:00Z""#, "write it as `ExpiredTime`"),
            (r#""SessionToken":"t""#, "in line 1 `SessionToken`, which would be ignored"),
        ] {
            let error = end(members).await.unwrap_err();
            assert!(error.to_string().contains(why) && error.is_final(), "{error}");
        }
    }

    #[tokio::test]
    async fn a_byte_order_mark_is_accepted_and_utf16_is_named() {
        let script = r#"printf '\357\273\277{"SecretId":"AKIDx","SecretKey":"k"}'"#;
        assert_eq!(run(script).await.unwrap().credential().secret_id(), "AKIDx");
        let error = run(r#"printf '\377\376{\000'"#).await.unwrap_err();
        assert!(error.to_string().contains("UTF-16") && !error.is_transient(), "{error}");
    }
}
