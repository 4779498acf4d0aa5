//! Roles: `cvm` calls the emulator with the credentials of a role, from a profile or from the metadata of an instance.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::harness::{Emulator, LAUNCH, cvm, finish, run, signal, start, until};

/// Writes a file that only its owner can read.
fn write_private(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A read of the instances at this emulator, with a credential from the environment or from the home directory.
fn list(emulator: &Emulator, home: &Path) -> Command {
    let url = emulator.ready("url");
    let mut command = cvm(&["DescribeInstances", "--region", "ap-guangzhou", "--endpoint", &url]);
    command.args(["--timeout", "60"]).env("HOME", home).env("CVM_JOURNAL", emulator.journal());
    command
}

fn count(command: &mut Command) -> u64 {
    let ran = run(command);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let response: Value = serde_json::from_str(&ran.stdout).unwrap();
    response["TotalCount"].as_u64().unwrap()
}

#[test]
fn role_of_a_tccli_profile_is_assumed_at_the_emulator() {
    let emulator = Emulator::start();
    emulator.launch();
    let home = tempfile::tempdir().unwrap();
    let credential = |role: &str| {
        serde_json::json!({
            "secretId": emulator.ready("secret_id"),
            "secretKey": emulator.ready("secret_key"),
            "role-arn": role,
            "role-session-name": "nightly",
        })
        .to_string()
    };
    let configure = serde_json::json!({ "sts": { "endpoint": emulator.ready("url") } });
    let folder = home.path().join(".tccli");
    write_private(&folder.join("default.configure"), &configure.to_string());
    let file = folder.join("default.credential");
    write_private(&file, &credential("qcs::cam::uin/100000000001:roleName/deployer"));
    assert_eq!(count(&mut list(&emulator, home.path())), 1);
    write_private(&file, &credential("qcs::cam::uin/7:roleName/deployer"));
    let ran = run(&mut list(&emulator, home.path()));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("InvalidParameter.AccountNotAvaliable"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(&emulator.ready("secret_key")), "{}", ran.stderr);
}

#[test]
fn role_of_an_instance_is_read_from_the_metadata_of_the_emulator() {
    let emulator = Emulator::with(&["--instant", "--metadata", "127.0.0.1:0"]);
    let home = tempfile::tempdir().unwrap();
    let metadata = emulator.ready("metadata_url");
    assert!(metadata.starts_with("http://127.0.0.1:"), "{metadata}");
    let list = || {
        let mut command = list(&emulator, home.path());
        command.env("CVM_METADATA_ENDPOINT", &metadata);
        command
    };
    let ran = run(&mut list());
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("no role is bound to this instance"), "{}", ran.stderr);
    emulator.call(&[&LAUNCH[..], &["--CamRoleName", "deployer"]].concat());
    // With `--instant`, it runs at the next request.
    assert_eq!(emulator.instance_count(), 1);
    assert_eq!(count(&mut list()), 1);
    write_private(&home.path().join(".tccli/default.credential"), r#"{"type": "cvm-role"}"#);
    assert_eq!(count(&mut list()), 1);
    let ran = run(list().env("CVM_METADATA_ENDPOINT", "http://metadata.example.com"));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("CVM_METADATA_ENDPOINT: endpoint must be the http:// URL"),
        "{}",
        ran.stderr
    );
}

#[test]
fn start_text_names_the_metadata() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready.json");
    let arguments = ["emulator", "--metadata", "127.0.0.1:0", "--ready-file"];
    let child = start(cvm(&arguments).arg(&ready));
    until("the ready file is there", || ready.exists());
    let file: Value = serde_json::from_slice(&fs::read(&ready).unwrap()).unwrap();
    signal(&child, "TERM");
    let ran = finish(child);
    let url = file["metadata_url"].as_str().unwrap();
    let expected = format!("Instance metadata at {url}/latest/meta-data/\n");
    assert!(ran.stdout.contains(&expected), "{}", ran.stdout);
}

#[test]
fn token_of_a_workload_is_exchanged_for_a_role() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    write_private(&token, "canary-token\n");
    let token = token.to_str().unwrap();
    let emulator = Emulator::with(&["--instant", "--web-identity-token-file", token]);
    let home = folder.path().join("home");
    let configure = serde_json::json!({ "sts": { "endpoint": emulator.ready("url") } });
    write_private(&home.join(".tccli/default.configure"), &configure.to_string());
    let list = |file: &str| {
        let mut command = list(&emulator, &home);
        command
            .env("TKE_REGION", "ap-guangzhou")
            .env("TKE_PROVIDER_ID", "OIDC")
            .env("TKE_WEB_IDENTITY_TOKEN_FILE", file)
            .env("TKE_ROLE_ARN", "qcs::cam::uin/100000000001:roleName/pod");
        command
    };
    assert_eq!(count(&mut list(token)), 0);
    let other = folder.path().join("other");
    write_private(&other, "canary-other");
    let ran = run(&mut list(other.to_str().unwrap()));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("InvalidParameter.WebIdentityTokenError"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
}
