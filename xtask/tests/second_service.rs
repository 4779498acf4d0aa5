//! Imports a small model of another service as a crate, and uses it beside CVM.
//!
//! The test runs `cargo xtask import --crate` on `tests/examples/second_service/api.json`. It then checks that the crate has no
//! warnings of the compiler, clippy and rustdoc, and that the example `launch_in_subnet.rs` sends the actions of both services
//! with one client. It builds below `target/tmp/second-service`: about a minute of two cores the first time, less later,
//! because the dependencies stay. It needs no network beyond what the workspace needed.

#![expect(clippy::unwrap_used, reason = "a test may, and so may what it calls")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program that runs the example against a server of its own.
const HARNESS: &str = r##"//! Serves two pages of subnets and a launch, and runs the example against them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

#[allow(dead_code, reason = "its `main` calls the cloud")]
#[path = "{example}"]
mod example;

fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            serve(stream.unwrap());
        }
    });
    let client = builder(&url).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let launched = runtime.block_on(example::launch_in_subnet(&client, "blue"));
    println!("launched {}", launched.unwrap());
    for name in ["none", "two"] {
        println!("{name}: {}", runtime.block_on(example::launch_in_subnet(&client, name)).unwrap_err());
    }

    // Every page of a long list is read, with the page size that the model states.
    let long = vpc::types::Filter { name: "subnet-name".into(), values: vec!["many".into()], ..Default::default() };
    let request = vpc::actions::DescribeSubnets { filters: vec![long], ..Default::default() };
    let count = runtime.block_on(async {
        let mut items = client.items(request);
        let mut count = 0;
        while items.try_next().await.unwrap().is_some() {
            count += 1;
        }
        count
    });
    println!("listed {count}");

    // The features of the imported crate: a blocking client, and a mocked one.
    let blocking = vpc::blocking::Client::new(builder(&url)).unwrap();
    let tunnels: Vec<_> = blocking.items(vpc::actions::DescribeTunnels::default()).map(Result::unwrap).collect();
    println!("blocking: {} tunnels, {} last", tunnels.len(), tunnels[24].tunnel_id);
    let mock = vpc::Client::mock().on(|request: vpc::actions::DescribeTunnels| {
        assert_eq!((request.page_number, request.page_size), (Some(0), Some(10)));
        let tunnel = vpc::types::Tunnel { tunnel_id: "tunnel-7".into(), ..Default::default() };
        let data = vpc::types::TunnelPage { total_count: 1, tunnel_set: vec![tunnel], ..Default::default() };
        Ok(vpc::actions::DescribeTunnelsResponse { data, ..Default::default() })
    });
    let mut items = mock.build().items(vpc::actions::DescribeTunnels::default());
    let tunnels = runtime.block_on(items.collect_up_to(100)).unwrap();
    println!("mocked: {} tunnel, {}", tunnels.len(), tunnels[0].tunnel_id);

    let request = vpc::actions::CreateVpnConnection {
        vpn_gateway_id: "vpngw-1".into(),
        pre_share_key: "canary".into(),
        ..Default::default()
    };
    println!("{request:?}");
    let error = runtime.block_on(client.send(request)).unwrap_err();
    println!("unknown: {}", error.outcome_unknown().is_some());
}

fn builder(url: &str) -> vpc::ClientBuilder {
    vpc::Client::builder()
        .without_environment()
        .endpoint(url)
        .credential(vpc::Credential::new("AKIDEXAMPLE", "example-key").unwrap())
        .region("ap-guangzhou")
}

/// Reads one request and answers it.
fn serve(mut stream: TcpStream) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let (head, body) = loop {
        let count = stream.read(&mut buffer).unwrap();
        if count == 0 {
            return;
        }
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
        if body.len() >= length {
            break (head, body.to_owned());
        }
    };
    let header = |name: &str| {
        head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
    };
    let action = header("x-tc-action");
    // Each service has its own name in the signature, and its own version.
    let service = if action == "runinstances" { "cvm" } else { "vpc" };
    assert!(header("authorization").contains(&format!("/{service}/tc3_request")), "{head}");
    assert_eq!(header("x-tc-version"), "2017-03-12");
    let response = match action {
        "describesubnets" => subnets(&body),
        "describetunnels" => tunnels(&body),
        "runinstances" => {
            assert!(body.contains(r#""SubnetId":"subnet-0""#) && body.contains("ap-guangzhou-6"), "{body}");
            r#""InstanceIdSet":["ins-00000001"],"#.to_owned()
        }
        // An imported action that changes something is sent once, whatever happens.
        "createvpnconnection" => return,
        other => panic!("{other}"),
    };
    let body = format!(r#"{{"Response":{{{response}"RequestId":"r"}}}}"#);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all((head + &body).as_bytes()).unwrap();
}

/// A page of 25 tunnels. Pages are counted from 0, and the model states a maximum.
fn tunnels(body: &str) -> String {
    let number = |name: &str| {
        let (_, rest) = body.split_once(&format!(r#""{name}":"#)).unwrap();
        rest.split([',', '}']).next().unwrap().parse::<usize>().unwrap()
    };
    let (page, size) = (number("PageNumber"), number("PageSize"));
    assert_eq!(size, 10);
    let items = (page * size..25.min((page + 1) * size)).map(|number| format!(r#"{{"TunnelId":"tunnel-{number}"}}"#));
    let items: Vec<String> = items.collect();
    format!(r#""Data":{{"TotalCount":25,"TunnelSet":[{}]}},"#, items.join(","))
}

/// A page of subnets. Offset and limit are strings, and the model states a maximum.
fn subnets(body: &str) -> String {
    let number = |name: &str| {
        let (_, rest) = body.split_once(&format!(r#""{name}":""#)).unwrap();
        rest.split_once('"').unwrap().0.parse::<usize>().unwrap()
    };
    let (offset, limit) = (number("Offset"), number("Limit"));
    assert!(limit <= 30, "{limit}");
    let total = match () {
        () if body.contains("none") => 0,
        () if body.contains("two") => 2,
        () if body.contains("many") => 70,
        () => 1,
    };
    let items = (offset..total.min(offset + limit)).map(|number| {
        format!(r#"{{"SubnetId":"subnet-{number}","VpcId":"vpc-1","Zone":"ap-guangzhou-6"}}"#)
    });
    let items: Vec<String> = items.collect();
    format!(r#""TotalCount":{total},"SubnetSet":[{}],"#, items.join(","))
}
"##;

const MANIFEST: &str = r#"[package]
name = "second-service"
version = "0.0.0"
edition = "2024"

[workspace]
members = ["vpc"]

[dependencies]
cvm-models = { path = "{root}/crates/cvm-models" }
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
vpc = { package = "vpc-v20170312", path = "vpc", features = ["blocking", "test-util"] }
"#;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Runs `cargo xtask import` with these arguments.
fn import(arguments: &[&str]) -> (bool, String) {
    let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = xtask.arg("import").args(arguments).output().unwrap();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

/// Writes files that differ and removes others, because cargo compares modification times.
fn become_equal(target: &Path, source: &Path) {
    let names = |folder: &Path| -> Vec<_> {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    };
    fs::create_dir_all(target).unwrap();
    for name in names(target).iter().filter(|name| !source.join(name).exists()) {
        let path = target.join(name);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }
    for name in names(source) {
        let (from, to) = (source.join(&name), target.join(&name));
        if from.is_dir() {
            become_equal(&to, &from);
        } else {
            let wanted = fs::read(&from).unwrap();
            if fs::read(&to).ok().as_ref() != Some(&wanted) {
                fs::write(to, wanted).unwrap();
            }
        }
    }
}

#[test]
fn imported_crate_has_no_warnings_and_works_beside_cvm() {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("second-service");
    fs::create_dir_all(home.join("src")).unwrap();
    // Allows one run at a time. Dropping it releases the lock.
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    let example = root().join("tests/examples/second_service");
    let new = home.join("new");
    let _ = fs::remove_dir_all(&new);
    let (model, folder) = (example.join("api.json"), new.to_str().unwrap());
    let (passed, said) = import(&[model.to_str().unwrap(), "--crate", folder]);
    assert!(
        passed
            && said
                .contains("4 actions (2 in pages), 4 types; lists without pages: 0, secrets: 1;"),
        "{said}"
    );
    // As a member of the workspace, it must not be the root of another one.
    let manifest = fs::read_to_string(new.join("Cargo.toml")).unwrap();
    fs::write(new.join("Cargo.toml"), manifest.replace("\n[workspace]\n", "")).unwrap();
    become_equal(&home.join("vpc"), &new);
    fs::remove_dir_all(&new).unwrap();

    let slashes = |path: &Path| path.to_str().unwrap().replace('\\', "/");
    let write = |path: &str, text: String| fs::write(home.join(path), text).unwrap();
    write("Cargo.toml", MANIFEST.replace("{root}", &slashes(&root())));
    let program = slashes(&example.join("launch_in_subnet.rs"));
    write("src/main.rs", HARNESS.replace("{example}", &program));
    // The versions of the workspace, which are already downloaded.
    fs::copy(root().join("Cargo.lock"), home.join("Cargo.lock")).unwrap();
    let cargo = |arguments: &str, rustdocflags: &str| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(arguments.split(' ').take_while(|word| *word != "--")).arg("--offline");
        cargo.args(arguments.split(' ').skip_while(|word| *word != "--"));
        cargo.current_dir(&home).env("CARGO_TARGET_DIR", home.join("target"));
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0");
        cargo.env("RUSTDOCFLAGS", rustdocflags);
        let output = cargo.output().unwrap();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "cargo {arguments}:\n{out}{err}");
        out
    };
    assert_eq!(
        cargo("run --quiet", ""),
        "launched ins-00000001\n\
         none: no subnet has this name\n\
         two: several subnets have this name\n\
         listed 70\n\
         blocking: 25 tunnels, tunnel-24 last\n\
         mocked: 1 tunnel, tunnel-7\n\
         CreateVpnConnection { VpnGatewayId: \"vpngw-1\", PreShareKey: *** }\n\
         unknown: true\n"
    );
    let vpc = "--package vpc-v20170312";
    for features in ["--no-default-features", "--all-features"] {
        cargo(&format!("clippy --quiet {vpc} --all-targets {features} -- -D warnings"), "");
    }
    cargo(&format!("doc --quiet {vpc} --no-deps --all-features"), "-D warnings");
}

#[test]
fn every_model_of_a_package_becomes_a_crate_of_one_workspace() {
    let folder = tempfile::tempdir().unwrap();
    let model = fs::read_to_string(root().join("tests/examples/second_service/api.json")).unwrap();
    let put = |path: &str, text: String| {
        let path = folder.path().join("package").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("services/vpc/v20170312/api.json", model.clone());
    let newer = model.replace("2017-03-12", "2024-01-01").replace("SubnetSet", "Subnets");
    put("services/vpc/v20240101/api.json", newer);
    put("services/vpc/v20170312/examples.json", "{}".to_owned());
    let (package, out) = (folder.path().join("package"), folder.path().join("out"));
    let run = || import(&["--all", package.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let (passed, said) = run();
    let total = "2 crates; actions: 8, types: 8, lists in pages: 4, lists without: 0, secrets: 2, skipped: 0";
    assert!(passed && said.contains(total), "{said}");
    let read = |path: &str| fs::read_to_string(out.join(path)).unwrap();
    assert!(read("Cargo.toml").contains("    \"vpc-v20170312\",\n    \"vpc-v20240101\",\n"));
    let index = read("README.md");
    assert!(
        index.contains("| [vpc-v20240101](vpc-v20240101/README.md) | vpc | 2024-01-01 | 4 | 2 |"),
        "{index}"
    );
    assert!(read("vpc-v20240101/src/generated/actions/describe_subnets.rs").contains("subnets"));
    let report = read("vpc-v20170312/REPORT.md");
    for line in [
        "- `PreShareKey` in the request of `CreateVpnConnection`",
        "- `DescribeSubnets`: by offset",
        "- `DescribeTunnels`: by page number, entries have the id `TunnelId`",
        "- `CreateVpnConnection`\n",
    ] {
        assert!(report.contains(line), "{line}: {report}");
    }
    // The path of the schema leads to a file, so that an editor completes keys.
    let action = "vpc-v20170312/specs/vpc/2017-03-12/actions/DescribeSubnets.json";
    let spec: serde_json::Value = serde_json::from_str(&read(action)).unwrap();
    let schema = out.join(action).parent().unwrap().join(spec["$schema"].as_str().unwrap());
    assert!(schema.exists(), "{}", schema.display());
    let (passed, said) = run();
    assert!(!passed && said.contains("already contains a workspace"), "{said}");
}

#[test]
fn one_bad_model_of_a_package_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let model = fs::read_to_string(root().join("tests/examples/second_service/api.json")).unwrap();
    for (name, text) in [("a", "[1]"), ("b", model.as_str()), ("c", model.as_str())] {
        fs::create_dir_all(folder.path().join("in").join(name)).unwrap();
        fs::write(folder.path().join("in").join(name).join("api.json"), text).unwrap();
    }
    let out = folder.path().join("out");
    let models = folder.path().join("in");
    let (passed, said) =
        import(&["--all", models.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert!(
        !passed && said.contains("1 crates; actions: 4") && said.contains("2 models failed"),
        "{said}"
    );
    assert!(
        said.contains("error: invalid type") && said.contains("has the same service and version"),
        "{said}"
    );
    assert!(out.join("vpc-v20170312/src/lib.rs").exists());
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let (passed, said) = import(&["--all", empty.to_str().unwrap(), "--out", "x"]);
    assert!(!passed && said.contains("no api.json below it"), "{said}");
}

#[test]
fn crate_is_not_written_over_another_or_among_those_of_the_workspace() {
    let model = root().join("tests/examples/second_service/api.json");
    let model = model.to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("vpc");
    assert!(import(&[model, "--crate", out.to_str().unwrap()]).0);
    let (passed, said) = import(&[model, "--crate", out.to_str().unwrap()]);
    assert!(!passed && said.contains("already contains a crate"), "{said}");
    let inside = root().join("crates/vpc");
    let (passed, said) = import(&[model, "--crate", inside.to_str().unwrap()]);
    assert!(!passed && said.contains("among the crates of this workspace"), "{said}");
    assert!(!inside.exists());
}
