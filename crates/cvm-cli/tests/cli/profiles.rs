//! Profiles of tccli: the endpoint and credential that they give, and the errors for broken files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::harness::{Answer, Server, cvm, run};

const ZONES: &str = r#"{"Response":{"TotalCount":0,"ZoneSet":[],"RequestId":"r-1"}}"#;

/// A home directory with a profile in tccli's format.
fn home(endpoint: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".tccli");
    fs::create_dir(&folder).unwrap();
    set_mode(&folder, 0o700);
    let credential = "{\n  \"secretId\": \"AKIDtccli\",\n  \"secretKey\": \"canary\"\n}";
    // The complete file of tccli, with another endpoint for this service.
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
fn endpoint_of_a_tccli_profile_is_used() {
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
fn endpoint_of_a_profile_is_validated() {
    for (endpoint, why) in [
        ("http://cvm.example.com", "endpoint must use https"),
        ("https://user:canary@host", "user name or password"),
        ("https://host/path", "without a path or query"),
        ("cvm host", "neither a valid host name nor an address"),
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
fn broken_profile_is_reported() {
    let server = Server::start(Answer::Json(ZONES.to_owned()));
    let broken = |name: &str, text: &str| {
        let home = home(&server.url);
        fs::write(home.path().join(".tccli").join(name), text).unwrap();
        let ran = run(&mut zones(&home));
        assert_eq!(ran.code, 4, "{}", ran.stderr);
        ran.stderr
    };
    let expected = broken("default.configure", "{\"_sys_param\": {\n");
    assert!(expected.starts_with("error: tccli configuration file `"), "{expected}");
    assert!(
        expected.contains("default.configure` is not JSON: EOF") && expected.contains("line 2"),
        "{expected}"
    );
    let expected = broken("default.credential", "{\"secretId\": \"AKIDx\"}");
    assert!(expected.contains("tccli credential file `"), "{expected}");
    assert!(expected.contains("has a secret id but no secret key"), "{expected}");
    assert!(!expected.contains("no credential found"), "{expected}");
    assert!(server.requests.lock().unwrap().is_empty());
}

#[test]
fn credential_file_readable_by_others_is_reported_once() {
    let server = Server::start(Answer::Json(ZONES.to_owned()));
    let home = home(&server.url);
    set_mode(home.path(), 0o755);
    set_mode(&home.path().join(".tccli"), 0o755);
    let ran = run(&mut zones(&home));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("can be read by other users; run `chmod 600`").count(), 1);
}

/// A home directory whose credential file names this program, which records its runs.
fn home_of_program(script: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(".tencentcloud")).unwrap();
    let runs = home.path().join("runs");
    let text = format!(
        "[default]\ncredential_process = /bin/sh -c 'echo run >> {}; {script}'\n",
        runs.display()
    );
    let file = home.path().join(".tencentcloud/credentials");
    fs::write(&file, text).unwrap();
    set_mode(&file, 0o600);
    home
}

/// Reads and changes, with a program that fails, is killed, prints no credential, or hangs.
#[test]
fn failing_or_hanging_credential_program_exits_4() {
    let server = Server::start(Answer::Json(ZONES.to_owned()));
    let stop = ["StopInstances", "--InstanceIds", "ins-1"].as_slice();
    for (script, expected, timeout) in [
        ("echo bad key >&2; exit 2", "failed: exit status: 2: bad key", "300"),
        ("echo bad key >&2; kill -9 $$", "failed: signal: 9 (SIGKILL): bad key", "300"),
        ("echo bad key >&2; echo canary", "is not the expected JSON", "300"),
        ("sleep 100", "no credential before the deadline", "2"),
    ] {
        for action in [["DescribeZones"].as_slice(), stop] {
            let home = home_of_program(script);
            let arguments =
                ["--endpoint", &server.url, "--region", "ap-tokyo", "--timeout", timeout];
            let mut command = cvm(&[action, arguments.as_slice()].concat());
            command.env("HOME", home.path()).env("CVM_JOURNAL", home.path().join("journal"));
            let ran = run(command.env("PATH", std::env::var_os("PATH").unwrap()));
            assert_eq!(ran.code, 4, "{script}: {}", ran.stderr);
            assert!(ran.stderr.contains(expected), "{script}: {}", ran.stderr);
            assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
            let said = usize::from(script.contains("bad key"));
            assert_eq!(ran.stderr.matches("bad key").count(), said, "{}", ran.stderr);
            let runs = fs::read_to_string(home.path().join("runs")).unwrap_or_default();
            // A hanging program may be killed before it records its run.
            let is_once = runs == "run\n" || (said == 0 && runs.is_empty());
            assert!(is_once, "{script}: {runs} {}", ran.stderr);
        }
    }
    assert!(server.requests.lock().unwrap().is_empty());
}

/// Standard error of a successful program is forwarded.
#[test]
fn error_output_of_a_successful_credential_program_is_forwarded_once() {
    let server = Server::start(Answer::Json(ZONES.to_owned()));
    let home = home_of_program(
        r#"echo key is old >&2; echo "{\"SecretId\":\"AKIDx\",\"SecretKey\":\"k\"}""#,
    );
    let mut command = cvm(&["DescribeZones", "--endpoint", &server.url, "--region", "ap-tokyo"]);
    let ran = run(command.env("HOME", home.path()));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "key is old\n"));
}

#[test]
fn expired_credential_names_its_file() {
    let server = Server::start(Answer::Json(ZONES.to_owned()));
    let home =
        home_of_program(r#"echo "{\"SecretId\":\"AKIDx\",\"SecretKey\":\"k\",\"ExpiredTime\":1}""#);
    let mut command = cvm(&["DescribeZones", "--endpoint", &server.url, "--region", "ap-tokyo"]);
    let ran = run(command.env("HOME", home.path()));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let expected = "credentials`, line 2: credential_process has expired";
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
}

/// With a relative home directory, the current directory would decide which credential and endpoint are used.
#[test]
fn relative_home_directory_exits_4_and_signs_nothing() {
    let server = Server::start(Answer::Json(
        r#"{"Response":{"TotalCount":0,"ZoneSet":[],"RequestId":"r"}}"#.to_owned(),
    ));
    let folder = tempfile::tempdir().unwrap();
    let credential = "[default]\nsecret_id = AKIDhere\nsecret_key = k\n";
    let tccli = r#"{"secretId":"AKIDhere","secretKey":"k"}"#;
    for (file, text) in [
        (".tencentcloud/credentials", credential),
        (".tccli/default.credential", tccli),
        (".tccli/prod.credential", tccli),
    ] {
        for home in [".", "rel", "./rel/../rel"] {
            let path = folder.path().join(home).join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
        }
        for home in [".", "rel", "./rel/../rel"] {
            for variable in
                [None, Some(("TENCENTCLOUD_PROFILE", "default")), Some(("TCCLI_PROFILE", "prod"))]
            {
                let zones =
                    ["DescribeZones", "--endpoint", &server.url, "--region", "ap-guangzhou"];
                let mut command = cvm(&zones);
                command.current_dir(folder.path()).env("HOME", home).envs(variable);
                let ran = run(&mut command);
                assert_eq!(ran.code, 4, "{file} {home} {variable:?}: {}", ran.stderr);
                let expected = format!("HOME is `{home}`, which depends on the current directory");
                assert!(ran.stderr.contains(&expected), "{file} {variable:?}: {}", ran.stderr);
                // Also if only the endpoint would come from the home directory.
                let mut command = cvm(&zones[..1]);
                command.current_dir(folder.path()).env("HOME", home).envs(variable);
                let ran = run(command
                    .env("TENCENTCLOUD_SECRET_ID", "A")
                    .env("TENCENTCLOUD_SECRET_KEY", "k"));
                assert_eq!(ran.code, 4, "{}", ran.stderr);
                assert!(ran.stderr.contains(&expected), "{}", ran.stderr);
            }
        }
    }
    assert!(server.requests.lock().unwrap().is_empty());
    // A call that does not need the home directory works.
    let zones = ["DescribeZones", "--endpoint", &server.url, "--region", "ap-guangzhou"];
    let file = folder.path().join("credentials");
    std::fs::write(&file, credential).unwrap();
    let mut command = cvm(&zones);
    command.current_dir(folder.path()).env("HOME", ".");
    let ran = run(command.env("TENCENTCLOUD_CREDENTIALS_FILE", &file));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
