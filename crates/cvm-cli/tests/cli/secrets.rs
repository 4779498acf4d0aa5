//! A canary in every secret: it may reach the service and nothing else.

use std::fs;

use crate::harness::{Answer, Emulator, Ran, Server, run, run_with_input};

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
fn passwords_are_seen_by_the_service_alone() {
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
            // Refused by the service, by the table, and by the reader.
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
fn a_server_that_echoes_secrets_is_not_repeated() {
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
fn the_emulators_key_is_in_its_ready_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    fs::write(&key, KEY).unwrap();
    let emulator =
        Emulator::with(&["--secret-id", "AKIDmine", "--secret-key-file", key.to_str().unwrap()]);
    assert_eq!(emulator.ready("secret_key"), KEY);
    let arguments = fs::read(format!("/proc/{}/cmdline", emulator.child.id())).unwrap();
    assert!(!String::from_utf8_lossy(&arguments).contains("canary"));
    let environment = fs::read(format!("/proc/{}/environ", emulator.child.id())).unwrap();
    assert!(!String::from_utf8_lossy(&environment).contains("canary"));
}

#[test]
fn secret_members_of_an_answer_are_hidden_unless_asked_for() {
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
    // The key exists nowhere else, so it is kept.
    let kept = folder.path().join("cvm-CreateKeyPair-r9.json");
    assert!(fs::read_to_string(&kept).unwrap().contains(PASSWORD));
    assert!(hidden.stderr.contains("cvm-CreateKeyPair-r9.json"), "{}", hidden.stderr);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o7777, 0o600);
    }
    let shown = run(server.cvm(&arguments).arg("--print-secrets").current_dir(folder.path()));
    assert!(shown.stdout.contains(PASSWORD), "{}", shown.stdout);
}
