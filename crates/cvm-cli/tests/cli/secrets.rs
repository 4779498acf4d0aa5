//! Every secret contains a canary, which may reach only the service.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use cvm_models::protocol::{Kind, ModelInfo};

use crate::harness::{Answer, Emulator, Ran, Server, cvm, run, run_with_input};

const PASSWORD: &str = "Canary@Password123++";
const KEY: &str = "canary-secret-key-0123456789";
const TOKEN: &str = "canary-token-0123456789";

fn is_clean(ran: &Ran, what: &str) {
    for canary in ["Canary", "canary"] {
        assert!(!ran.stdout.contains(canary), "{what}: stdout: {}", ran.stdout);
        assert!(!ran.stderr.contains(canary), "{what}: stderr: {}", ran.stderr);
    }
}

#[test]
fn passwords_reach_only_the_service() {
    let emulator = Emulator::start();
    let file = emulator.folder.path().join("password");
    fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let from_file = format!("@{}", file.display());
    let common =
        ["RunInstances", "--Placement.Zone", "ap-guangzhou-3", "--ImageId", "img-pmqg1cw7"];
    for dialect in ["tc3", "tc3-get", "v1-sha1", "v1-sha256", "old-gateway"] {
        for extra in [
            &["--output", "json"][..],
            &["--show-wire"],
            &["--validate"],
            // Rejected by the service, by the limits, and by the parser.
            &["--InstanceType", "X", "--show-wire"],
            &["--validate", "--InstanceCount", "0"],
            &["--InstanceCount", "many"],
            &["--LoginSettings.Password", PASSWORD],
            &["--LoginSettings", "{\"Password\":\"Canary"],
        ] {
            let what = format!("{dialect} {extra:?}");
            let mut command = emulator.cvm(&common);
            command
                .args(["--dialect", dialect, "--LoginSettings.Password", &from_file])
                .args(extra);
            is_clean(&run(&mut command), &what);
            let mut command = emulator.cvm(&common);
            command.args(["--dialect", dialect, "--LoginSettings.Password", "@-"]).args(extra);
            is_clean(&run_with_input(&mut command, PASSWORD), &what);
        }
    }
}

#[test]
fn secrets_echoed_by_the_server_are_not_shown() {
    let echo = format!(
        r#"{{"Response":{{"Error":{{"Code":"InvalidPassword","Message":"`{PASSWORD}` signed by {KEY} {TOKEN}"}},"RequestId":"r-1"}}}}"#
    );
    let server = Server::start(Answer::Json(echo));
    for extra in [&[][..], &["--show-wire"]] {
        let mut command = server.cvm(&["RunInstances", "--LoginSettings.Password", "@-"]);
        command.args(extra).env("TENCENTCLOUD_SECRET_KEY", KEY).env("TENCENTCLOUD_TOKEN", TOKEN);
        let ran = run_with_input(&mut command, PASSWORD);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        is_clean(&ran, "echo");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn emulator_key_is_only_in_its_ready_file() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    fs::write(&key, KEY).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let emulator =
        Emulator::with(&["--secret-id", "AKIDmine", "--secret-key-file", key.to_str().unwrap()]);
    assert_eq!(emulator.ready("secret_key"), KEY);
    let arguments = fs::read(format!("/proc/{}/cmdline", emulator.child.id())).unwrap();
    assert!(!String::from_utf8_lossy(&arguments).contains("canary"));
    let environment = fs::read(format!("/proc/{}/environ", emulator.child.id())).unwrap();
    assert!(!String::from_utf8_lossy(&environment).contains("canary"));
}

#[test]
fn secret_response_members_are_hidden_by_default() {
    let answer = format!(
        r#"{{"Response":{{"KeyPair":{{"KeyId":"skey-1","KeyName":"n","PrivateKey":"{PASSWORD}"}},"RequestId":"r-9"}}}}"#
    );
    let server = Server::start(Answer::Json(answer));
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["CreateKeyPair", "--KeyName", "n", "--ProjectId", "0"];
    let hidden = run(server.cvm(&arguments).current_dir(folder.path()));
    assert_eq!(hidden.code, 0, "{}", hidden.stderr);
    is_clean(&hidden, "hidden");
    assert!(hidden.stdout.contains("\"PrivateKey\": \"***\""), "{}", hidden.stdout);
    // The key exists nowhere else, so it is saved.
    let kept = folder.path().join("cvm-CreateKeyPair-r9.json");
    assert!(fs::read_to_string(&kept).unwrap().contains(PASSWORD));
    assert!(hidden.stderr.contains("cvm-CreateKeyPair-r9.json"), "{}", hidden.stderr);
    #[cfg(unix)]
    {
        assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o7777, 0o600);
    }
    let shown = run(server.cvm(&arguments).arg("--print-secrets").current_dir(folder.path()));
    assert!(shown.stdout.contains(PASSWORD), "{}", shown.stdout);
}

/// The dotted names of the secret members of a table.
fn secret_members(table: &'static ModelInfo, above: &str, names: &mut Vec<String>) {
    for field in table.members {
        let name = format!("{above}{}", field.wire);
        match field.kind {
            _ if field.secret => names.push(name),
            Kind::Object(inner) => secret_members(inner, &format!("{name}."), names),
            Kind::List(Kind::Object(inner)) => secret_members(inner, &format!("{name}.0."), names),
            _ => {}
        }
    }
}

/// A value at a dotted name, as a JSON document.
fn document(name: &str, value: &str) -> String {
    let steps = name.rsplit('.');
    steps.fold(value.to_owned(), |inner, step| match step {
        "0" => format!("[{inner}]"),
        step => format!("{{\"{step}\":{inner}}}"),
    })
}

/// Every secret parameter of every action, in every input form, with invalid encodings.
#[cfg(unix)]
#[test]
fn no_message_shows_a_secret_in_any_input_form() {
    use std::os::unix::ffi::OsStringExt as _;
    let text = |value: &str| OsString::from(value);
    let spoilt =
        |before: &str| OsString::from_vec([before.as_bytes(), b"canary\xffcanary"].concat());
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (name, bytes) in [
        ("spoilt", &b"canary\xffcanary"[..]),
        ("utf16", b"\xff\xfec\0a\0n\0a\0r\0y\0"),
        ("spoilt.json", b"{\"Password\":\"canary\xff\"}"),
        ("open.json", b"{\"Password\":\"canary"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        files.push(path.display().to_string());
    }
    let mut runs = 0;
    for info in cvm_models::ACTIONS {
        let mut names = Vec::new();
        secret_members(info.request, "", &mut names);
        for name in names {
            let dashed = format!("--{name}");
            let input = |value: &str| vec![text("--cli-input-json"), text(&document(&name, value))];
            let mut ways = vec![
                vec![text(&dashed), spoilt("")],
                vec![text(&dashed), text("canary"), spoilt("")],
                vec![spoilt(&format!("{dashed}="))],
                vec![text(&dashed), text("canary"), text("canary")],
                vec![text(&format!("{dashed}=canary")), text("canary")],
                vec![text(&dashed), text("canary"), text(&dashed), text("canary")],
                vec![text(&format!("{dashed}x")), text("canary")],
                vec![text(&dashed), text("@canary")],
                vec![text("--cli-input-json"), spoilt("{")],
                vec![text("--cli-input-json"), text("canary")],
                input("canary"),
                input("\"canary"),
                input("\"canary\\ud800\""),
                input("\"canary\u{1}\""),
                input("[\"canary\"]"),
                input("{\"Value\":\"canary\"}"),
            ];
            for file in &files {
                ways.push(vec![text(&dashed), text(&format!("@{file}"))]);
                ways.push(vec![text("--cli-input-json"), text(&format!("file://{file}"))]);
            }
            if let Some((parent, member)) = name.split_once('.') {
                let parent = text(&format!("--{parent}"));
                for value in ["[\"canary\"]", "{\"x\":\"canary\"}", "\"canary", "canary"] {
                    ways.push(vec![parent.clone(), text(&document(member, value))]);
                }
                ways.push(vec![parent.clone(), spoilt("{")]);
                ways.push(vec![parent, text("canary")]);
            }
            for way in ways {
                let mut command = cvm(&[info.name, "--validate", "--show-wire"]);
                // Nothing listens at this address, so valid requests fail soon.
                command.args(["--endpoint", "http://127.0.0.1:9", "--region", "ap-guangzhou"]);
                command.args(["--timeout", "0.001"]).args(&way);
                command.env("TENCENTCLOUD_SECRET_ID", "AKIDx").env("TENCENTCLOUD_SECRET_KEY", "k");
                command.env("CVM_JOURNAL", folder.path().join("journal"));
                let ran = run(command.current_dir(folder.path()));
                let what = format!("{} {way:?}: {}", info.name, ran.stderr);
                assert!(ran.code != 0 && ran.stderr.starts_with("error: "), "{what}");
                let parts = [ran.stdout.as_str(), &ran.stderr];
                assert!(!parts.concat().replace("`@canary`", "").contains("canary"), "{what}");
                runs += 1;
            }
        }
    }
    assert!(runs > 200, "{runs}");
}

#[test]
fn empty_secret_from_a_pipe_is_an_error() {
    for name in ["--UserData", "--LoginSettings.Password"] {
        let server = Server::start(Answer::Close);
        let mut command = server.cvm(&["RunInstances", name, "@-"]);
        let ran = run_with_input(&mut command, "");
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(
            ran.stderr.contains(&format!("`{name}` is empty: standard input")),
            "{}",
            ran.stderr
        );
        assert!(server.requests.lock().unwrap().is_empty());
    }
}
