//! `without_environment()` in a process whose environment and home folder are full of settings that break or misdirect a
//! client: each test starts this binary again with such an environment.
#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code, reason = "this test uses only a part of it")]
#[path = "it/actions.rs"]
mod actions;

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use cvm_transport::{Client, ClientBuilder, Credential, Error};

use crate::actions::ListThings;

/// A proxy that only records whether somebody connected, and the environment that names it.
struct Trap {
    proxy: TcpListener,
    home: PathBuf,
}

impl Trap {
    fn new(name: &str) -> Self {
        let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
        proxy.set_nonblocking(true).unwrap();
        let home = std::env::temp_dir().join(format!("cvm-{name}-{}", std::process::id()));
        for (file, text) in [
            (".tencentcloud/credentials", "[default]\nsecret_id = AKIDTRAP\nsecret_key = trap\n"),
            (".tccli/default.credential", r#"{"secretId":"AKIDTRAP","secretKey":"trap"}"#),
            (".tccli/default.configure", r#"{"_sys_param":{"region":"ap-trap"}}"#),
        ] {
            let path = home.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self { proxy, home }
    }

    /// Runs one of the ignored tests below in this environment.
    fn run(&self, test: &str) -> Output {
        let proxy = format!("http://{}", self.proxy.local_addr().unwrap());
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--ignored", "--nocapture"])
            .env("HOME", &self.home)
            .env("TENCENTCLOUD_REGION", "ap-trap")
            .env("TENCENTCLOUD_SECRET_ID", "AKIDTRAP")
            .env("TENCENTCLOUD_SECRET_KEY", "trap")
            .env("HTTPS_PROXY", &proxy)
            .env("ALL_PROXY", &proxy)
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(stdout.contains("1 passed"), "{test} did not run: {stdout}");
        output
    }

    fn was_called(&self) -> bool {
        self.proxy.accept().is_ok()
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// Sends one read to a host that does not exist.
async fn send(builder: ClientBuilder) -> Error {
    let client = builder.endpoint("https://cvm.invalid").max_attempts(1).build().unwrap();
    let client = client.with_operation_timeout(Duration::from_secs(10));
    client.send(ListThings::default()).await.unwrap_err()
}

fn credential() -> Credential {
    Credential::new("AKIDEXAMPLE", "secret").unwrap()
}

#[tokio::test]
#[ignore = "started by another test"]
async fn in_environment() {
    assert_eq!(Client::builder().build().unwrap().region(), Some("ap-trap"));
    let error = send(Client::builder()).await;
    assert!(!error.is_credentials(), "{error}");
}

#[tokio::test]
#[ignore = "started by another test"]
async fn without_environment() {
    let builder = || Client::builder().without_environment();
    assert_eq!(builder().build().unwrap().region(), None);
    let error = send(builder().region("ap-guangzhou")).await;
    assert!(error.is_credentials() && error.to_string().contains("`credential(…)`"), "{error}");
    let error = send(builder().region("ap-guangzhou").credential(credential())).await;
    assert!(error.is_not_sent() && !error.is_credentials(), "{error}");
}

#[test]
fn environment_is_used_by_default() {
    let trap = Trap::new("with");
    trap.run("in_environment");
    assert!(trap.was_called(), "the proxy was not used");
}

#[test]
fn client_without_environment_takes_no_setting_from_outside() {
    let trap = Trap::new("without");
    trap.run("without_environment");
    assert!(!trap.was_called(), "the proxy of the environment was called");
}
