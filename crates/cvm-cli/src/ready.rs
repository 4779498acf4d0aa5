//! The ready file of `cvm emulator`: its URL and credentials, readable only by the owner.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use cvm_models::protocol;

use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::private_file::{self, Identity};
use crate::value_sources;
use cvm_models::protocol::Json;

/// How long to wait for a missing file: `cvm emulator &` returns before the server is ready.
const FILE_TIMEOUT: Duration = Duration::from_secs(5);

/// The delay between two checks.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// How long another emulator on this machine may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The content of a ready file.
pub struct Ready {
    /// The endpoint.
    pub url: String,
    /// The secret id to sign with.
    pub secret_id: String,
    /// The secret key to sign with.
    pub secret_key: String,
    /// The token of the admin API. The file of an older emulator has none.
    pub admin_token: Option<String>,
    /// The HTTPS endpoint, if the emulator serves HTTPS.
    pub https_url: Option<String>,
    /// The file of the CA certificate that clients of this endpoint must trust.
    pub ca_file: Option<String>,
    /// Where an instance reads its metadata, if the emulator serves them.
    pub metadata_url: Option<String>,
}

impl Ready {
    /// Reads the file of an emulator that is running or starting.
    pub fn read(path: &str) -> Result<Self> {
        const START: &str = "start one: cvm emulator --ready-file FILE";
        wait_for_file(Path::new(path), FILE_TIMEOUT);
        let read = value_sources::plain_secret_file(path, Self::parse);
        read.map_err(|failure| failure.hint(START))?.ok_or_else(|| {
            CliError::new(
                ExitStatus::Config,
                format!("`{path}` is not a ready file of `cvm emulator`"),
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
            admin_token: member("admin_token"),
            https_url: member("https_url"),
            ca_file: member("ca_file"),
            metadata_url: member("metadata_url"),
        })
    }

    /// Accepts the content of a ready file whose emulator is not running.
    fn may_replace(&self, old: &[u8]) -> io::Result<()> {
        let refused = |kind, why: &str| Err(io::Error::new(kind, why));
        let text = protocol::utf8_text(old).ok().filter(|text| Self::parse(text).is_some());
        let Some(text) = text else {
            return refused(ErrorKind::AlreadyExists, "it exists and is not a ready file");
        };
        match running_emulator(text, &self.url) {
            None => Ok(()),
            Some((pid, url)) => {
                let why = format!("it belongs to a running emulator, process {pid} at {url}");
                refused(ErrorKind::AddrInUse, &why)
            }
        }
    }

    /// Writes the file completely or not at all, readable only by its owner. It may replace a ready file of this
    /// user whose emulator has ended, and nothing else.
    pub fn write(&self, path: &Path) -> Result<WrittenFile> {
        let text = |value: &str| Json::Text(value.to_owned());
        let mut members = vec![
            ("url".to_owned(), text(&self.url)),
            ("secret_id".to_owned(), text(&self.secret_id)),
            ("secret_key".to_owned(), text(&self.secret_key)),
        ];
        let optional = [
            ("admin_token", &self.admin_token),
            ("https_url", &self.https_url),
            ("ca_file", &self.ca_file),
            ("metadata_url", &self.metadata_url),
        ];
        members.extend(optional.into_iter().filter_map(|(name, value)| {
            value.as_ref().map(|value| (name.to_owned(), text(value)))
        }));
        members.push(("pid".to_owned(), Json::Number(process::id().to_string())));
        let content = format!("{}\n", Json::Object(members).pretty()).into_bytes();
        let identity = private_file::write_over(path, &content, |old| self.may_replace(old))
            .map_err(|error| not_written(path, &error))?;
        Ok(WrittenFile { path: path.to_owned(), identity, content })
    }

    /// Writes the CA certificate beside the ready file at this path, which must be writable, and names the new file as
    /// [`ca_file`](Self::ca_file). It may replace the certificate of an emulator that has ended, and nothing else.
    pub fn write_ca(&mut self, path: &Path, certificate_pem: &str) -> Result<WrittenFile> {
        /// Text outside of the certificates is ignored (RFC 7468, 5.2).
        const COMMENT: &str = "CA certificate of `cvm emulator`, which removes it when it stops\n";
        // The certificate of a running emulator must stay.
        if let Ok(old) = private_file::read(path) {
            self.may_replace(&old).map_err(|error| not_written(path, &error))?;
        }
        let ca_path = path.with_extension("ca.pem");
        let ca_path = std::path::absolute(&ca_path).unwrap_or(ca_path);
        let content = format!("{COMMENT}{certificate_pem}").into_bytes();
        let identity = private_file::write_over(&ca_path, &content, |old| {
            if old.starts_with(COMMENT.as_bytes()) {
                return Ok(());
            }
            Err(io::Error::new(ErrorKind::AlreadyExists, "it exists and is not from an emulator"))
        })
        .map_err(|error| {
            let shown = ca_path.display();
            CliError::local(format!("cannot write the CA certificate `{shown}`: {error}"))
                .hint("use another name for the ready file, or keep the CA with `--tls-dir`")
        })?;
        self.ca_file = Some(ca_path.display().to_string());
        Ok(WrittenFile { path: ca_path, identity, content })
    }
}

fn not_written(path: &Path, error: &io::Error) -> CliError {
    let hint = if error.kind() == ErrorKind::AddrInUse {
        "stop that emulator, or use another file"
    } else {
        "use a new file or one of your own ready files; nothing else is replaced"
    };
    CliError::local(format!("cannot write the ready file `{}`: {error}", path.display())).hint(hint)
}

/// The process and URL of another running emulator, if the content of a ready file names one.
fn running_emulator(text: &str, own_url: &str) -> Option<(u32, String)> {
    let json = Json::parse(text.as_bytes()).ok()?;
    let url = json.member("url").and_then(Json::as_text)?;
    let Some(Json::Number(pid)) = json.member("pid") else { return None };
    let pid = pid.parse().ok()?;
    // With the process id or URL of this emulator, the other one has ended and its id or port is in use again.
    let is_another = pid != process::id() && url != own_url;
    (is_another && is_alive(pid) && accepts(url)).then(|| (pid, url.to_owned()))
}

#[cfg(unix)]
fn is_alive(pid: u32) -> bool {
    use rustix::process::{Pid, test_kill_process};
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // Other errors mean that it is alive but belongs to another user.
    pid.is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// Assumes that it is alive: only the endpoint shows it.
#[cfg(not(unix))]
fn is_alive(_pid: u32) -> bool {
    true
}

fn accepts(url: &str) -> bool {
    let address = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let address = address.and_then(|address| address.parse().ok());
    address.is_some_and(|address| TcpStream::connect_timeout(&address, CONNECT_TIMEOUT).is_ok())
}

/// Waits for a missing file in an existing directory.
fn wait_for_file(path: &Path, timeout: Duration) {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    if !directory.unwrap_or(Path::new(".")).is_dir() {
        return;
    }
    let began = Instant::now();
    let is_missing =
        || fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    while is_missing() && began.elapsed() < timeout {
        thread::sleep(POLL_INTERVAL);
    }
}

/// A written file, to be removed when the emulator stops.
pub struct WrittenFile {
    path: PathBuf,
    identity: Option<Identity>,
    content: Vec<u8>,
}

impl WrittenFile {
    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for WrittenFile {
    /// Removes the file, unless it was replaced.
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
        Ready {
            url: url.into(),
            secret_id: "AKIDx".into(),
            secret_key: "canary".into(),
            admin_token: None,
            https_url: None,
            ca_file: None,
            metadata_url: None,
        }
    }

    #[test]
    fn ready_file_round_trips_and_is_removed_on_drop() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ready.json");
        let file = ready("http://127.0.0.1:1").write(&path).unwrap();
        let read = Ready::read(path.to_str().unwrap()).unwrap();
        assert_eq!((read.url.as_str(), read.secret_key.as_str()), ("http://127.0.0.1:1", "canary"));
        assert_eq!(file.path(), path);
        drop(file);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn ca_file_is_beside_the_ready_file_and_removed_on_drop() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ready.json");
        let mut written = ready("https://127.0.0.1:1");
        let certificate = "-----BEGIN CERTIFICATE-----\n";
        let ca = written.write_ca(&path, certificate).unwrap();
        assert_eq!(ca.path(), directory.path().join("ready.ca.pem"));
        let file = written.write(&path).unwrap();
        let read = Ready::read(path.to_str().unwrap()).unwrap();
        assert_eq!(read.ca_file.as_deref(), ca.path().to_str());
        assert!(fs::read_to_string(ca.path()).unwrap().ends_with(certificate));
        // One that a killed emulator left is replaced, and nothing else.
        let newer = written.write_ca(&path, certificate).unwrap();
        drop((ca, newer, file));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        fs::write(directory.path().join("ready.ca.pem"), certificate).unwrap();
        let failure = written.write_ca(&path, certificate).err().unwrap().to_string();
        assert!(failure.contains("is not from an emulator"), "{failure}");
        fs::write(&path, "notes\n").unwrap();
        let failure = written.write_ca(&path, certificate).err().unwrap().to_string();
        assert!(failure.contains("cannot write the ready file"), "{failure}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }

    #[test]
    fn missing_ready_file_is_awaited() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ready.json");
        let reader = {
            let path = path.clone();
            thread::spawn(move || Ready::read(path.to_str().unwrap()).map(|ready| ready.url))
        };
        thread::sleep(Duration::from_millis(50));
        let file = ready("http://127.0.0.1:1").write(&path).unwrap();
        assert_eq!(reader.join().unwrap().unwrap(), "http://127.0.0.1:1");
        drop(file);
        // The wait has a limit, and there is none if the directory does not exist.
        wait_for_file(&path, Duration::from_millis(50));
        let failure = Ready::read("/no/such/folder/x").err().unwrap().to_string();
        assert!(failure.contains("cvm emulator --ready-file"), "{failure}");
    }

    /// Nobody writes to the pipe: a reader that opens it would block forever.
    #[cfg(unix)]
    #[test]
    fn special_files_are_rejected_without_blocking() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
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
    fn drop_keeps_the_file_of_another_emulator() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ready.json");
        let first = ready("http://127.0.0.1:1").write(&path).unwrap();
        let second = ready("http://127.0.0.1:2").write(&path).unwrap();
        drop(first);
        assert_eq!(Ready::read(path.to_str().unwrap()).unwrap().url, "http://127.0.0.1:2");
        drop(second);
        assert!(!path.exists());
    }

    /// The file of a killed emulator is replaced even if its process id or its port is in use again.
    #[cfg(unix)]
    #[test]
    fn only_a_running_emulator_protects_its_ready_file() {
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
            (alive, &url.replace("http", "https"), "http://127.0.0.1:1", true),
            (alive, &closed, "http://127.0.0.1:1", false),
            (alive, "http://example.com", "http://127.0.0.1:1", false),
            (0, &url, "http://127.0.0.1:1", false),
            (u32::MAX, &url, "http://127.0.0.1:1", false),
        ] {
            let text = format!(r#"{{"url":"{url}","pid":{pid}}}"#);
            let expected = runs.then(|| (pid, url.to_owned()));
            assert_eq!(running_emulator(&text, own_url), expected, "{text} {own_url}");
        }
    }

    #[test]
    fn content_of_an_unrelated_file_is_not_shown() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        fs::write(&path, "canary").unwrap();
        let failure = Ready::read(path.to_str().unwrap()).err().unwrap().to_string();
        assert!(!failure.contains("canary") && failure.contains("not a ready file"), "{failure}");
        assert!(ready("u").write(&directory.path().join("no/such/folder")).is_err());
        assert!(ready("u").write(directory.path()).is_err());
    }

    /// Everything but a ready file stays unchanged.
    #[cfg(unix)]
    #[test]
    fn only_ready_files_are_replaced_or_removed() {
        use std::os::unix::fs::{FileTypeExt as _, symlink};
        use std::os::unix::net::UnixListener;
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
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
        // The ready file of a killed emulator is replaced, also with a byte order mark.
        let left = fs::read_to_string(at("ready")).unwrap();
        fs::write(at("left"), format!("\u{feff}{left}")).unwrap();
        let newer = ready("http://127.0.0.1:2").write(&at("left")).unwrap();
        // A file that has replaced it in the meantime is kept.
        fs::write(at("left"), "notes\n").unwrap();
        drop((newer, own));
        assert_eq!(fs::read_to_string(at("left")).unwrap(), "notes\n");
        assert!(!at("ready").exists());
    }

    #[test]
    fn byte_order_mark_is_accepted_and_utf16_is_rejected_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ready.json");
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
