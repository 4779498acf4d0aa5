//! The example programs, run as a user runs them, and their output.

// Its test runs here.
#[expect(dead_code, reason = "its `main` runs as a program")]
#[path = "../examples/middleware.rs"]
mod middleware;
#[expect(dead_code, reason = "its `main` calls the cloud")]
#[path = "../examples/network.rs"]
mod network;

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::cloud::{SECRET_ID, SECRET_KEY};

/// The program of an example. `cargo test` builds it beside this one, unless it was told to build only this
/// one; then it is built now.
fn program(name: &str) -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let built = this.parent().unwrap().parent().unwrap().join("examples").join(name);
    let program = built.with_extension(std::env::consts::EXE_EXTENSION);
    if !program.exists() {
        let cargo = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--offline", "--package", "cvm-tests", "--example", name])
            .status();
        assert!(cargo.unwrap().success());
    }
    program
}

/// Runs an example in an environment with only the given account.
fn run(name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(program(name));
    for (variable, _) in std::env::vars() {
        if variable.starts_with("TENCENTCLOUD_") || variable.to_lowercase().ends_with("_proxy") {
            command.env_remove(variable);
        }
    }
    command.envs(environment.iter().copied());
    command.args(arguments).env("HOME", folder.path()).output().unwrap()
}

fn lines(name: &str) -> Vec<String> {
    // The account of the environment is not used: only `--cloud` may spend money.
    let account = [
        ("TENCENTCLOUD_SECRET_ID", SECRET_ID),
        ("TENCENTCLOUD_SECRET_KEY", SECRET_KEY),
        ("TENCENTCLOUD_REGION", "ap-tokyo"),
        ("HTTPS_PROXY", "http://127.0.0.1:9"),
    ];
    let output = run(name, &[], &account);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {errors}");
    assert_eq!(errors, "", "{name}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn launch_example_launches_and_terminates() {
    let lines = lines("launch");
    assert!(lines[0].starts_with("launched [\"ins-"), "{lines:?}");
    assert_eq!(lines[1], "1 of 1 running");
    assert!(lines[2].ends_with(" is RUNNING: 2 cores, 4 GiB"), "{lines:?}");
    assert_eq!(lines[3..], ["gone"]);
}

#[test]
fn list_example_prints_all_pages() {
    let lines = lines("list");
    let (instances, rest) = lines.split_at(120);
    assert!(instances.iter().all(|line| line.starts_with("ins-") && line.contains("RUNNING")));
    let mut ids: Vec<_> = instances.iter().map(|line| &line[..12]).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 120, "each exactly once");
    assert!(instances.iter().any(|line| line.ends_with(" web-120")), "{instances:?}");
    assert_eq!(rest[0], "120 instances");
    assert_eq!(rest.len(), 4, "and three images: {rest:?}");
    assert!(rest[1..].iter().all(|line| line.contains("CentOS") || line.contains("Ubuntu")));
}

#[test]
fn dry_run_example_prints_both_results() {
    let lines = lines("dry_run");
    assert_eq!(lines[0], "as it is: would be launched");
    assert_eq!(lines[1], "in another zone: refused with InvalidZone.MismatchRegion");
    assert_eq!(lines.len(), 4, "the code is explained: {lines:?}");
    assert!(lines[2..].iter().all(|line| line.starts_with("  ") && line.ends_with('.')));
}

#[test]
fn middleware_example_changes_the_launch() {
    let lines = lines("middleware");
    assert_eq!(lines[0], "RunInstances in Some(\"ap-guangzhou\"): success");
    assert!(lines[1].starts_with("launched [\"ins-"), "{lines:?}");
    assert_eq!(lines.len(), 2, "{lines:?}");
}

/// Sends a request without a body and returns the status line and the body of the response.
#[cfg(unix)]
fn http(address: &str, request_line: &str) -> (String, String) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "{request_line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[cfg(unix)]
#[test]
fn axum_example_serves_until_it_is_interrupted() {
    use std::io::BufRead;
    let mut command = Command::new(program("axum_service"));
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut service = command.spawn().unwrap();
    let mut output = std::io::BufReader::new(service.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("http://").unwrap();

    assert_eq!(http(address, "GET /instances"), ("HTTP/1.1 200 OK".to_owned(), "[]".to_owned()));
    let (status, body) = http(address, "POST /instances/ins-00000000/stop");
    assert_eq!(status, "HTTP/1.1 404 Not Found");
    assert!(body.starts_with("StopInstances failed: InvalidInstanceId.NotFound"), "{body}");

    let interrupted = Command::new("kill").args(["-INT", &service.id().to_string()]).status();
    assert!(interrupted.unwrap().success());
    let ended = service.wait_with_output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    let log = String::from_utf8(ended.stderr).unwrap();
    assert!(log.contains("call{") && log.contains("action=\"StopInstances\""), "{log}");
    assert!(log.contains("code=\"InvalidInstanceId.NotFound\""), "{log}");
}

#[test]
fn blocking_example_launches_lists_and_terminates_without_async() {
    let lines = lines("blocking");
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[..2].iter().all(|line| line.starts_with("ins-") && line.ends_with("is RUNNING")));
    assert!(lines[2].ends_with(" images") && lines[2] != "0 images", "{lines:?}");
    assert_eq!(lines[3], "gone");
}

#[test]
fn fleet_example_falls_back_where_there_is_no_capacity() {
    let lines = lines("fleet");
    let (fallbacks, instances) = lines.split_at(3);
    assert_eq!(
        fallbacks,
        [
            "no S2.MEDIUM4 in ap-guangzhou-7",
            "no S2.MEDIUM4 in ap-guangzhou-6",
            "no GN7.2XLARGE32 in ap-guangzhou-7"
        ]
    );
    let placed = ["S5.MEDIUM4 in ap-guangzhou-7: "; 2]
        .into_iter()
        .chain(["GN7.2XLARGE32 in ap-guangzhou-6: "]);
    assert_eq!(instances.len(), 3, "{lines:?}");
    for (line, placed) in instances.iter().zip(placed) {
        let address = line.strip_prefix(placed).unwrap_or_else(|| panic!("{line}"));
        assert!(address.parse::<std::net::Ipv4Addr>().is_ok(), "{line}");
    }
}

/// An example is to be read at a glance.
#[test]
fn programs_of_one_purpose_have_at_most_60_lines() {
    for name in ["blocking", "fleet"] {
        let path = format!("{}/examples/{name}.rs", env!("CARGO_MANIFEST_DIR"));
        let lines = std::fs::read_to_string(path).unwrap().lines().count();
        assert!(lines <= 60, "{name}: {lines} lines");
    }
}

#[test]
fn examples_use_the_cloud_only_with_its_option() {
    for name in ["launch", "list", "dry_run", "blocking", "fleet"] {
        // With an invalid region the client is not even built, so nothing can be sent from here.
        let nowhere = [("TENCENTCLOUD_REGION", "nowhere")];
        let output = run(name, &["--cloud"], &nowhere);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty(), "{name}");
        assert!(
            errors.contains("TENCENTCLOUD_REGION: region") && errors.contains("is not valid"),
            "{name}: {errors}"
        );
    }
}
