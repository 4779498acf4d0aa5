//! Profiles of the official command line: where calls go, who signs them, and what is said when a file is
//! broken.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::harness::{Answer, Server, cvm, run};

const ZONES: &str = r#"{"Response":{"TotalCount":0,"ZoneSet":[],"RequestId":"r-1"}}"#;

/// A home directory with a profile as tccli writes it.
fn home(endpoint: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".tccli");
    fs::create_dir(&folder).unwrap();
    set_mode(&folder, 0o700);
    let credential = "{\n  \"secretId\": \"AKIDtccli\",\n  \"secretKey\": \"canary\"\n}";
    // The whole file that tccli writes, with another endpoint of this service.
    let written = include_str!("../../../../tests/fixtures/tccli-3.1.189.configure");
    let mut configure: serde_json::Value = serde_json::from_str(written).unwrap();
    configure["cvm"]["endpoint"] = endpoint.into();
    let configure = serde_json::to_string_pretty(&configure).unwrap();
    for (name, text) in [("default.credential", credential), ("default.configure", &configure)] {
        fs::write(folder.join(name), text).unwrap();
        set_mode(&folder.join(name), 0o644);
    }
    home
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn zones(home: &TempDir) -> Command {
    let mut command = cvm(&["DescribeZones"]);
    command.env("HOME", home.path()).env("CVM_JOURNAL", home.path().join("journal"));
    command
}

#[test]
fn the_endpoint_of_a_tccli_profile_is_called() {
    let server = Server::start(Answer::Json(ZONES.to_owned()));
    let home = home(&server.url);
    let ran = run(&mut zones(&home));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let requests = server.requests.lock().unwrap();
    let request = requests.first().expect("it went where the profile says").to_ascii_lowercase();
    assert!(request.contains("credential=akidtccli/"), "{request}");
    assert!(request.contains("x-tc-region: ap-tokyo"), "{request}");
}

#[test]
fn an_endpoint_of_a_profile_is_checked_as_every_other() {
    for (endpoint, why) in [
        ("http://cvm.example.com", "endpoint must use https"),
        ("https://user:canary@host", "user name or password"),
        ("https://host/path", "without path or query"),
        ("cvm host", "neither a plain host name nor an address"),
    ] {
        let ran = run(&mut zones(&home(endpoint)));
        assert_eq!(ran.code, 4, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("`cvm.endpoint` in tccli configuration file `"),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains(why) && !ran.stderr.contains("canary"), "{}", ran.stderr);
    }
}

#[test]
fn a_profile_that_is_broken_is_reported() {
    let server = Server::start(Answer::Json(ZONES.to_owned()));
    let broken = |name: &str, text: &str| {
        let home = home(&server.url);
        fs::write(home.path().join(".tccli").join(name), text).unwrap();
        let ran = run(&mut zones(&home));
        assert_eq!(ran.code, 4, "{}", ran.stderr);
        ran.stderr
    };
    let told = broken("default.configure", "{\"_sys_param\": {\n");
    assert!(told.starts_with("error: tccli configuration file `"), "{told}");
    assert!(
        told.contains("default.configure` is not JSON: EOF") && told.contains("line 2"),
        "{told}"
    );
    let told = broken("default.credential", "{\"secretId\": \"AKIDx\"}");
    assert!(told.contains("tccli credential file `"), "{told}");
    assert!(told.contains("holds a secret id and no secret key"), "{told}");
    assert!(!told.contains("no credential found"), "{told}");
    assert!(server.requests.lock().unwrap().is_empty());
}

#[test]
fn a_credential_file_that_others_can_read_is_told_once() {
    let server = Server::start(Answer::Json(ZONES.to_owned()));
    let home = home(&server.url);
    set_mode(home.path(), 0o755);
    set_mode(&home.path().join(".tccli"), 0o755);
    let ran = run(&mut zones(&home));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("can be read by other users; run `chmod 600`").count(), 1);
}
