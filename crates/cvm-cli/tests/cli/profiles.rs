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
    assert!(told.contains("has a secret id but no secret key"), "{told}");
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

/// A home directory whose credential file names this program, and a place where the program can leave marks.
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

/// Reads and changes, and a program that fails, is killed, says nothing of use, or hangs.
#[test]
fn a_credential_program_that_fails_or_hangs_ends_with_4() {
    let server = Server::start(Answer::Json(ZONES.to_owned()));
    let stop = ["StopInstances", "--InstanceIds", "ins-1"].as_slice();
    for (script, told, timeout) in [
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
            assert!(ran.stderr.contains(told), "{script}: {}", ran.stderr);
            assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
            let said = usize::from(script.contains("bad key"));
            assert_eq!(ran.stderr.matches("bad key").count(), said, "{}", ran.stderr);
            let runs = fs::read_to_string(home.path().join("runs")).unwrap_or_default();
            // One that hangs may be killed before it has begun.
            let is_once = runs == "run\n" || (said == 0 && runs.is_empty());
            assert!(is_once, "{script}: {runs} {}", ran.stderr);
        }
    }
    assert!(server.requests.lock().unwrap().is_empty());
}

/// What a program says besides is passed on when it has succeeded.
#[test]
fn the_error_output_of_a_credential_program_that_succeeds_is_passed_on_once() {
    let server = Server::start(Answer::Json(ZONES.to_owned()));
    let home = home_of_program(
        r#"echo key is old >&2; echo "{\"SecretId\":\"AKIDx\",\"SecretKey\":\"k\"}""#,
    );
    let mut command = cvm(&["DescribeZones", "--endpoint", &server.url, "--region", "ap-tokyo"]);
    let ran = run(command.env("HOME", home.path()));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "key is old\n"));
}

#[test]
fn an_expired_credential_names_its_file() {
    let server = Server::start(Answer::Json(ZONES.to_owned()));
    let home =
        home_of_program(r#"echo "{\"SecretId\":\"AKIDx\",\"SecretKey\":\"k\",\"ExpiredTime\":1}""#);
    let mut command = cvm(&["DescribeZones", "--endpoint", &server.url, "--region", "ap-tokyo"]);
    let ran = run(command.env("HOME", home.path()));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let told = "credentials`, line 2: credential_process has expired";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
}

/// A relative home directory would let the current one decide who calls, and where the calls go.
#[test]
fn a_relative_home_directory_is_4_and_signs_nothing() {
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
                let told = format!("HOME is `{home}`, which depends on the current directory");
                assert!(ran.stderr.contains(&told), "{file} {variable:?}: {}", ran.stderr);
                // Where it would be asked for the endpoint.
                let mut command = cvm(&zones[..1]);
                command.current_dir(folder.path()).env("HOME", home).envs(variable);
                let ran = run(command
                    .env("TENCENTCLOUD_SECRET_ID", "A")
                    .env("TENCENTCLOUD_SECRET_KEY", "k"));
                assert_eq!(ran.code, 4, "{}", ran.stderr);
                assert!(ran.stderr.contains(&told), "{}", ran.stderr);
            }
        }
    }
    assert!(server.requests.lock().unwrap().is_empty());
    // Who needs no home directory is not asked for one.
    let zones = ["DescribeZones", "--endpoint", &server.url, "--region", "ap-guangzhou"];
    let file = folder.path().join("credentials");
    std::fs::write(&file, credential).unwrap();
    let mut command = cvm(&zones);
    command.current_dir(folder.path()).env("HOME", ".");
    let ran = run(command.env("TENCENTCLOUD_CREDENTIALS_FILE", &file));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
