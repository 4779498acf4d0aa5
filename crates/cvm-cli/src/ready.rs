//! The ready file of `cvm emulator`: where it listens and who may call, for its owner's eyes only.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use cvm_models::protocol;

use crate::exit::{CliError, ExitStatus, Result};
use crate::json::Json;
use crate::private_file::{self, Identity};
use crate::value_sources;

/// How long a missing file is waited for: `cvm emulator &` has returned before the server answers.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pause between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// How long another emulator on this machine may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// What a ready file tells.
pub struct Ready {
    /// The endpoint.
    pub url: String,
    /// The secret id to sign with.
    pub secret_id: String,
    /// The secret key to sign with.
    pub secret_key: String,
}

impl Ready {
    /// Reads the file of a running emulator, or of one that is about to run.
    pub fn read(path: &str) -> Result<Self> {
        const START: &str = "start one: cvm emulator --ready-file FILE";
        await_file(Path::new(path), PATIENCE);
        let read = value_sources::plain_secret_file(path, Self::parse);
        read.map_err(|failure| failure.hint(START))?.ok_or_else(|| {
            CliError::new(
                ExitStatus::Config,
                format!("`{path}` is no ready file of `cvm emulator`"),
            )
            .hint(START)
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let json = Json::parse(text.as_bytes()).ok()?;
        let member = |name| json.member(name).and_then(Json::as_text).map(str::to_owned);
        Some(Self {
            url: member("url")?,
            secret_id: member("secret_id")?,
            secret_key: member("secret_key")?,
        })
    }

    /// Passes the content of a ready file whose emulator does not run.
    fn may_replace(&self, old: &[u8]) -> io::Result<()> {
        let refused = |kind, why: &str| Err(io::Error::new(kind, why));
        let text = protocol::utf8_text(old).ok().filter(|text| Self::parse(text).is_some());
        let Some(text) = text else {
            return refused(ErrorKind::AlreadyExists, "it exists and holds something else");
        };
        match running(text, &self.url) {
            None => Ok(()),
            Some((pid, url)) => {
                let why = format!("it names an emulator that runs, process {pid} at {url}");
                refused(ErrorKind::AddrInUse, &why)
            }
        }
    }

    /// Writes the file whole or not at all, for its owner only. It may replace another ready file of this
    /// user whose emulator has ended, and nothing else.
    pub fn write(&self, path: &Path) -> Result<ReadyFile> {
        let text = |value: &str| Json::Text(value.to_owned());
        let content = Json::Object(vec![
            ("url".to_owned(), text(&self.url)),
            ("secret_id".to_owned(), text(&self.secret_id)),
            ("secret_key".to_owned(), text(&self.secret_key)),
            ("pid".to_owned(), Json::Number(process::id().to_string())),
        ]);
        let content = format!("{}\n", content.pretty()).into_bytes();
        let identity = private_file::write_over(path, &content, |old| self.may_replace(old))
            .map_err(|error| {
                let hint = if error.kind() == ErrorKind::AddrInUse {
                    "stop that one, or name another file"
                } else {
                    "name a new file, or a ready file of yours; nothing else is replaced"
                };
                CliError::local(format!(
                    "cannot write the ready file `{}`: {error}",
                    path.display()
                ))
                .hint(hint)
            })?;
        Ok(ReadyFile { path: path.to_owned(), identity, content })
    }
}

/// Whether this text tells of another emulator that still runs: its process and its endpoint.
fn running(text: &str, own_url: &str) -> Option<(u32, String)> {
    let json = Json::parse(text.as_bytes()).ok()?;
    let url = json.member("url").and_then(Json::as_text)?;
    let Some(Json::Number(pid)) = json.member("pid") else { return None };
    let pid = pid.parse().ok()?;
    // Of this process, or where this one listens: it has ended, and its number or port was given again.
    let is_another = pid != process::id() && url != own_url;
    (is_another && is_alive(pid) && accepts(url)).then(|| (pid, url.to_owned()))
}

#[cfg(unix)]
fn is_alive(pid: u32) -> bool {
    use rustix::process::{Pid, test_kill_process};
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // It may be alive and another user's.
    pid.is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// Assumes it: only the endpoint tells.
#[cfg(not(unix))]
fn is_alive(_pid: u32) -> bool {
    true
}

fn accepts(url: &str) -> bool {
    let address = url.strip_prefix("http://").and_then(|address| address.parse().ok());
    address.is_some_and(|address| TcpStream::connect_timeout(&address, CONNECT).is_ok())
}

/// Waits for a file that is missing in a folder that is not.
fn await_file(path: &Path, patience: Duration) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if !folder.unwrap_or(Path::new(".")).is_dir() {
        return;
    }
    let began = Instant::now();
    let is_missing =
        || fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    while is_missing() && began.elapsed() < patience {
        thread::sleep(LOOK);
    }
}

/// A ready file that was written, to be removed when the emulator stops.
pub struct ReadyFile {
    path: PathBuf,
    identity: Option<Identity>,
    content: Vec<u8>,
}

impl ReadyFile {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ReadyFile {
    /// Removes the file, unless something else has taken its place.
    fn drop(&mut self) {
        let is_same_file = fs::symlink_metadata(&self.path)
            .is_ok_and(|metadata| private_file::identity(&metadata) == self.identity);
        if is_same_file && private_file::read(&self.path).is_ok_and(|text| text == self.content) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(url: &str) -> Ready {
        Ready { url: url.into(), secret_id: "AKIDx".into(), secret_key: "canary".into() }
    }

    #[test]
    fn what_is_written_is_read_back_and_removed_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready.json");
        let file = ready("http://127.0.0.1:1").write(&path).unwrap();
        let read = Ready::read(path.to_str().unwrap()).unwrap();
        assert_eq!((read.url.as_str(), read.secret_key.as_str()), ("http://127.0.0.1:1", "canary"));
        assert_eq!(file.path(), path);
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_missing_file_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready.json");
        let reader = {
            let path = path.clone();
            thread::spawn(move || Ready::read(path.to_str().unwrap()).map(|ready| ready.url))
        };
        thread::sleep(Duration::from_millis(50));
        let file = ready("http://127.0.0.1:1").write(&path).unwrap();
        assert_eq!(reader.join().unwrap().unwrap(), "http://127.0.0.1:1");
        drop(file);
        // What comes never is not waited for without end, and where there is no folder not at all.
        await_file(&path, Duration::from_millis(50));
        let failure = Ready::read("/no/such/folder/x").err().unwrap().to_string();
        assert!(failure.contains("cvm emulator --ready-file"), "{failure}");
    }

    /// Nobody writes into the pipe: a reader that opened it would wait for ever.
    #[cfg(unix)]
    #[test]
    fn what_is_no_plain_file_is_refused_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let made = process::Command::new("mkfifo").arg(at("fifo")).status().unwrap();
        assert!(made.success());
        std::os::unix::fs::symlink(at("fifo"), at("link")).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        let of_machine = ["/dev/null", "/dev/zero"].map(str::to_owned);
        let own = ["", "fifo", "link", "socket"].map(at);
        for path in own.into_iter().chain(of_machine) {
            let failure = Ready::read(&path).err().expect(&path);
            assert_eq!(failure.exit(), ExitStatus::Local, "{failure}");
            assert!(failure.to_string().contains("cannot read"), "{failure}");
        }
    }

    #[test]
    fn another_emulator_keeps_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready.json");
        let first = ready("http://127.0.0.1:1").write(&path).unwrap();
        let second = ready("http://127.0.0.1:2").write(&path).unwrap();
        drop(first);
        assert_eq!(Ready::read(path.to_str().unwrap()).unwrap().url, "http://127.0.0.1:2");
        drop(second);
        assert!(!path.exists());
    }

    /// A file of an emulator that was killed is replaced even if its process number or its port is in use again.
    #[cfg(unix)]
    #[test]
    fn only_an_emulator_that_runs_keeps_its_file() {
        let listen = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url =
            |listener: &std::net::TcpListener| format!("http://{}", listener.local_addr().unwrap());
        let closed = url(&listen());
        let listener = listen();
        let url = url(&listener);
        let (own, alive) = (process::id(), std::os::unix::process::parent_id());
        let mut ended = process::Command::new("true").spawn().unwrap();
        ended.wait().unwrap();
        for (pid, url, own_url, runs) in [
            (alive, url.as_str(), "http://127.0.0.1:1", true),
            (own, &url, "http://127.0.0.1:1", false),
            (ended.id(), &url, "http://127.0.0.1:1", false),
            (alive, &url, &url, false),
            (alive, &closed, "http://127.0.0.1:1", false),
            (alive, "http://example.com", "http://127.0.0.1:1", false),
            (0, &url, "http://127.0.0.1:1", false),
            (u32::MAX, &url, "http://127.0.0.1:1", false),
        ] {
            let text = format!(r#"{{"url":"{url}","pid":{pid}}}"#);
            let expected = runs.then(|| (pid, url.to_owned()));
            assert_eq!(running(&text, own_url), expected, "{text} {own_url}");
        }
    }

    #[test]
    fn what_is_no_ready_file_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, "canary").unwrap();
        let failure = Ready::read(path.to_str().unwrap()).err().unwrap().to_string();
        assert!(!failure.contains("canary") && failure.contains("no ready file"), "{failure}");
        assert!(ready("u").write(&folder.path().join("no/such/folder")).is_err());
        assert!(ready("u").write(folder.path()).is_err());
    }

    /// Whatever the path names, it stays what it is unless it is a ready file.
    #[cfg(unix)]
    #[test]
    fn only_a_ready_file_is_replaced_or_removed() {
        use std::os::unix::fs::{FileTypeExt as _, symlink};
        use std::os::unix::net::UnixListener;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("text"), "notes\n").unwrap();
        fs::write(at("empty"), "").unwrap();
        fs::write(at("json"), r#"{"url":"http://127.0.0.1:1"}"#).unwrap();
        fs::create_dir(at("folder")).unwrap();
        let _listener = UnixListener::bind(at("socket")).unwrap();
        let own = ready("http://127.0.0.1:1").write(&at("ready")).unwrap();
        symlink(at("ready"), at("link")).unwrap();
        symlink(at("none"), at("dangling")).unwrap();
        let mut names = vec!["text", "empty", "json", "folder", "socket", "link", "dangling"];
        let made = std::process::Command::new("mkfifo").arg(at("fifo")).status();
        if made.is_ok_and(|status| status.success()) {
            names.push("fifo");
        }
        for name in names {
            let before = fs::symlink_metadata(at(name)).unwrap();
            let failure = ready("u").write(&at(name)).err().expect(name).to_string();
            assert!(failure.contains("cannot write the ready file"), "{name}: {failure}");
            let after = fs::symlink_metadata(at(name)).unwrap();
            assert_eq!(before.file_type(), after.file_type(), "{name}");
            assert_eq!(private_file::identity(&before), private_file::identity(&after), "{name}");
        }
        assert!(fs::symlink_metadata(at("socket")).unwrap().file_type().is_socket());
        assert_eq!(fs::read_to_string(at("text")).unwrap(), "notes\n");
        assert!(ready("u").write(Path::new("/dev/null")).is_err());
        assert!(fs::symlink_metadata("/dev/null").unwrap().file_type().is_char_device());
        // A ready file that a killed emulator left behind is replaced, with a mark of the byte order or not.
        let left = fs::read_to_string(at("ready")).unwrap();
        fs::write(at("left"), format!("\u{feff}{left}")).unwrap();
        let newer = ready("http://127.0.0.1:2").write(&at("left")).unwrap();
        // What was put in its place in the meantime is somebody else's.
        fs::write(at("left"), "notes\n").unwrap();
        drop((newer, own));
        assert_eq!(fs::read_to_string(at("left")).unwrap(), "notes\n");
        assert!(!at("ready").exists());
    }

    #[test]
    fn a_byte_order_mark_is_accepted_and_utf16_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready.json");
        let text = r#"{"url":"http://127.0.0.1:1","secret_id":"AKIDx","secret_key":"canary"}"#;
        fs::write(&path, format!("\u{feff}{text}")).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        assert_eq!(Ready::read(path.to_str().unwrap()).unwrap().secret_id, "AKIDx");
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        fs::write(&path, [&[0xff, 0xfe], &*utf16].concat()).unwrap();
        let failure = Ready::read(path.to_str().unwrap()).err().unwrap().to_string();
        assert!(failure.contains("UTF-16"), "{failure}");
    }
}
