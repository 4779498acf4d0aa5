//! After a client and everything around it are dropped, the memory of this process holds no copy of the secret
//! key: not from the file that it was read from, not from signing, not from masking responses.
//!
//! Data that is sent is not covered: a session token and the bodies of requests pass through buffers of the
//! HTTP library and the kernel, which wipe nothing.
#![cfg(target_os = "linux")]
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::fs::{
    File, Permissions, {self},
};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use cvm_protocol::{
    ActionInfo, FieldInfo, Kind, ModelInfo, NameIndex, OldGateway, RetryClass, ServiceInfo,
};
use cvm_transport::config::Dialect;
use cvm_transport::credentials::{
    CredentialProvider, EnvironmentCredentials, ProcessCredentials, ProfileCredentials,
    StaticCredentials,
};
use cvm_transport::{Client, ClientBuilder, Credential};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Names the case for a child process of this test.
const CASE: &str = "CVM_MEMORY_CASE";
const CASES: [&str; 5] = ["given", "profile", "tccli", "program", "environment"];

static SERVICE: ServiceInfo = ServiceInfo {
    name: "cvm",
    version: "2017-03-12",
    endpoint: "cvm.tencentcloudapi.com",
    endpoint_regional: "cvm.{region}.tencentcloudapi.com",
    endpoint_intl: "cvm.intl.tencentcloudapi.com",
    endpoint_internal: "cvm.internal.tencentcloudapi.com",
    old_gateway: Some(OldGateway { host: "cvm.api.qcloud.com", path: "/v2/index.php" }),
    partial_errors: "",
};

static REQUEST: ModelInfo = ModelInfo {
    name: "Read",
    members: &[FieldInfo::new("Name", Kind::Str)],
    index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
};

static RESPONSE: ModelInfo = ModelInfo {
    name: "ReadResponse",
    members: &[FieldInfo::new("RequestId", Kind::Str).always_present()],
    index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
};

static READ: ActionInfo =
    ActionInfo::new("Read", &SERVICE, &REQUEST, &RESPONSE).retry(RetryClass::Read);

/// The bytes to search for, stored inverted so that the search does not find itself.
struct Needle(Vec<u8>);

impl Needle {
    fn of(bytes: &[u8]) -> Self {
        Self(bytes.iter().map(|byte| !byte).collect())
    }

    fn count(&self) -> usize {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let memory = File::open("/proc/self/mem").unwrap();
        let mut window = vec![0u8; 1 << 16];
        let own = window.as_ptr() as u64..window.as_ptr() as u64 + window.len() as u64;
        let mut found = 0;
        for line in maps.lines().filter(|line| line.contains(" rw")) {
            let (start, rest) = line.split_once('-').unwrap();
            let (end, _) = rest.split_once(' ').unwrap();
            let mut at = u64::from_str_radix(start, 16).unwrap();
            let end = u64::from_str_radix(end, 16).unwrap();
            while at < end {
                let length = window.len().min((end - at) as usize);
                let Ok(length) = memory.read_at(&mut window[..length], at) else { break };
                let first = !self.0[0];
                for offset in 0..=length.saturating_sub(self.0.len()) {
                    let is_here = window[offset] == first
                        && self.0.iter().zip(&window[offset..]).all(|(a, b)| *b == !a);
                    // A match inside the read buffer is a copy of memory that was just read.
                    found += usize::from(is_here && !own.contains(&(at + offset as u64)));
                }
                window.fill(0);
                let next = at + length as u64;
                // A match may straddle two windows.
                at = if next < end { next - self.0.len() as u64 + 1 } else { next };
            }
        }
        found
    }
}

/// Random letters in one allocation of an unusual size.
fn secret() -> String {
    let mut bytes = [0; 52];
    File::open("/dev/urandom").unwrap().read_exact_at(&mut bytes, 0).unwrap();
    let mut text = String::with_capacity(52);
    text.extend(bytes.iter().map(|byte| char::from(b'a' + byte % 26)));
    text
}

/// A server that responds in turn with a success, with an error message that is searched for secrets, and with
/// an invalid page.
async fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for number in 0.. {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 4_096];
            let _ = socket.read(&mut request).await;
            let (status, body) = match number % 3 {
                0 => (200, r#"{"Response":{"RequestId":"r"}}"#),
                1 => (
                    200,
                    r#"{"Response":{"Error":{"Code":"LimitExceeded","Message":"you sent x"},"RequestId":"r"}}"#,
                ),
                _ => (403, "<html>who are you?</html>"),
            };
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
            );
            let _ = socket.write_all((head + body).as_bytes()).await;
        }
    });
    url
}

/// Signs and sends in every dialect until successes, service errors and failures were received.
async fn use_in_every_dialect(url: &str, equip: impl Fn(ClientBuilder) -> ClientBuilder) {
    for dialect in Dialect::ALL {
        let builder = Client::builder().endpoint(url).region("ap-guangzhou").dialect(dialect);
        let client = equip(builder).build().unwrap();
        let mut failures = 0;
        for _ in 0..3 {
            failures += usize::from(client.call(&READ, json!({ "Name": "a" })).await.is_err());
        }
        assert_eq!(failures, 2, "{dialect}");
        let _ = format!("{client:?}");
    }
}

fn run_case(case: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let home = std::env::var("HOME").unwrap();
    // From a file that the parent wrote, so that no command line contains it.
    let needle = {
        let file = fs::File::open(Path::new(&home).join("needle")).unwrap();
        let mut inverted = vec![0; 26];
        file.read_exact_at(&mut inverted, 0).unwrap();
        Needle(inverted)
    };
    runtime.block_on(async {
        let url = server().await;
        match case {
            "given" => {
                let secret = fs::read(Path::new(&home).join("secret")).unwrap();
                let credential = Credential::new("AKIDEXAMPLE", String::from_utf8(secret).unwrap());
                let provider = StaticCredentials::new(credential.unwrap());
                assert_eq!(needle.count(), 1, "the search finds the only copy");
                use_in_every_dialect(&url, |builder| builder.credential_provider(provider.clone()))
                    .await;
                assert_eq!(needle.count(), 1, "dropped clients leave no copy");
            }
            "profile" => {
                use_in_every_dialect(&url, |builder| {
                    builder.credential_provider(ProfileCredentials::new())
                })
                .await;
            }
            // The default chain, which searches all places and keeps what it finds.
            "tccli" => use_in_every_dialect(&url, |builder| builder).await,
            "program" => {
                let file = Path::new(&home).join("printed").display().to_string();
                let program = ProcessCredentials::new("/bin/cat", [file]);
                assert!(program.credential().await.is_ok());
                use_in_every_dialect(&url, |builder| builder.credential_provider(program.clone()))
                    .await;
            }
            // The environment itself keeps its copy. The copies that were read from it are gone.
            "environment" => {
                let before = needle.count();
                assert!(before >= 1);
                use_in_every_dialect(&url, |builder| {
                    builder.credential_provider(EnvironmentCredentials::new())
                })
                .await;
                assert_eq!(needle.count(), before);
                std::process::exit(0);
            }
            other => panic!("there is no case {other}"),
        }
    });
    drop(runtime);
    assert_eq!(needle.count(), 0, "{case}");
}

fn write(path: &Path, text: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

/// Each case runs in a process of its own, which has seen the secret in no other way.
#[test]
fn secret_key_is_wiped_with_its_client() {
    if let Ok(case) = std::env::var(CASE) {
        run_case(&case);
        return;
    }
    for case in CASES {
        let home = std::env::temp_dir().join(format!("cvm-memory-{}-{case}", std::process::id()));
        let secret = secret();
        // Only its second half, because the allocator writes links over the first bytes of freed memory.
        write(&home.join("needle"), &Needle::of(&secret.as_bytes()[26..]).0);
        let document = format!(r#"{{"secretId":"AKIDEXAMPLE","secretKey":"{secret}"}}"#);
        match case {
            "given" => write(&home.join("secret"), secret.as_bytes()),
            "profile" => {
                let text = format!("[default]\nsecret_id = AKIDEXAMPLE\nsecret_key = {secret}\n");
                write(&home.join(".tencentcloud/credentials"), text.as_bytes());
            }
            "tccli" => write(&home.join(".tccli/default.credential"), document.as_bytes()),
            "program" => {
                let text =
                    document.replace("secretId", "SecretId").replace("secretKey", "SecretKey");
                write(&home.join("printed"), text.as_bytes());
            }
            _ => {}
        }
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.env_clear().env("HOME", &home).env(CASE, case);
        if case == "environment" {
            child.env("TENCENTCLOUD_SECRET_ID", "AKIDEXAMPLE");
            child.env("TENCENTCLOUD_SECRET_KEY", &secret);
        }
        let output = child
            .args(["secret_key_is_wiped_with_its_client", "--exact", "--nocapture"])
            .output()
            .unwrap();
        fs::remove_dir_all(&home).unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{case}: {stderr}");
    }
}
