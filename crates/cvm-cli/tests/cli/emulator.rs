//! `cvm emulator`: its ready file, its credentials, and how it stops.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::harness::{Emulator, cvm, finish, run, settings, signal, start, stopping, until};

#[test]
fn ready_file_is_owner_only_and_complete() {
    let emulator = Emulator::start();
    let mode = fs::metadata(&emulator.ready_file).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert!(emulator.ready("url").starts_with("http://127.0.0.1:"));
    assert!(emulator.ready("secret_id").starts_with("AKID"));
    assert_eq!(emulator.ready("pid"), emulator.child.id().to_string());
    // The file is written when the server is ready, so the first call succeeds.
    assert_eq!(run(&mut emulator.cvm(&["DescribeRegions"])).code, 0);
    let neighbors = fs::read_dir(emulator.folder.path()).unwrap().count();
    assert_eq!(neighbors, 1, "the ready file stands alone");
}

#[test]
fn signals_stop_the_emulator_and_remove_its_file() {
    for name in stopping() {
        let folder = tempfile::tempdir().unwrap();
        let ready = folder.path().join("ready.json");
        let child = start(&mut cvm(&["emulator", "--ready-file", ready.to_str().unwrap()]));
        until("the ready file is there", || ready.exists());
        let key = fs::read_to_string(&ready).unwrap();
        let key =
            serde_json::from_str::<serde_json::Value>(&key).unwrap()["secret_key"].to_string();
        signal(&child, name);
        let ran = finish(child);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{name}");
        assert!(!ready.exists(), "{name}");
        assert!(!ran.stdout.contains(key.trim_matches('"')), "{name}: {}", ran.stdout);
    }
}

#[test]
fn ready_file_of_a_running_emulator_is_not_replaced() {
    let mut first = Emulator::start();
    let (pid, url) = (first.ready("pid"), first.ready("url"));
    let path = first.ready_file.to_str().unwrap().to_owned();
    let before = fs::read_to_string(&path).unwrap();
    let mut second = start(&mut cvm(&["emulator", "--ready-file", &path]));
    until("it has ended, or taken the file", || {
        second.try_wait().unwrap().is_some() || first.ready("pid") != pid
    });
    let _ = second.kill();
    let second = finish(second);
    assert_eq!(second.code, 6, "{}", second.stderr);
    for expected in [&pid, &url, &"stop that emulator, or use another file".to_owned()] {
        assert!(second.stderr.contains(expected), "{}", second.stderr);
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    assert_eq!(run(&mut first.cvm(&["DescribeRegions"])).code, 0);
    // A killed emulator leaves its file behind, and the next one replaces it.
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    let third = start(&mut cvm(&["emulator", "--ready-file", &path]));
    until("the file is the new one's", || first.ready("pid") == third.id().to_string());
    signal(&third, "TERM");
    finish(third);
    assert!(!first.ready_file.exists());
}

#[test]
fn emulator_without_a_ready_file_prints_the_credentials_path() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = cvm(&["emulator", "--instant"]);
    let child = start(command.env("XDG_RUNTIME_DIR", folder.path()));
    let ready = folder.path().join(format!("cvm-emulator-{}.json", child.id()));
    until("the credentials are written", || ready.exists());
    assert_eq!(fs::metadata(&ready).unwrap().permissions().mode() & 0o7777, 0o600);
    let listed = run(&mut cvm(&["DescribeZones", "--emulator", ready.to_str().unwrap()]));
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    signal(&child, "TERM");
    let ran = finish(child);
    let mut settings = settings();
    settings.add_filter(r"/\S+/cvm-emulator-[0-9]+\.json", "[file]");
    settings.bind(|| {
        insta::assert_snapshot!(ran.stdout, @r"
        CVM emulator at http://127.0.0.1:[port]
        Credentials in [file] (readable only by you)
        Try: cvm --emulator [file] DescribeZones
        Stop it with Ctrl-C.
        ");
    });
}

/// A directory that all users may enter, unlike a temporary one.
fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[test]
fn key_file_or_ready_file_readable_by_others_is_rejected() {
    let folder = open_folder();
    let key = folder.path().join("key");
    fs::write(&key, "canary-key\n").unwrap();
    let start = ["emulator", "--instant", "--secret-id", "AKIDmine", "--secret-key-file"];
    let emulator = Emulator::start();
    let ready = folder.path().join("ready.json");
    fs::copy(&emulator.ready_file, &ready).unwrap();
    let call = ["DescribeZones", "--region", "ap-guangzhou", "--emulator"];
    for mode in [0o640, 0o604, 0o660, 0o644, 0o666] {
        for (path, arguments) in [(&key, &start[..]), (&ready, &call)] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
            let ran = run(cvm(arguments).arg(path));
            assert_ne!(ran.code, 0, "{mode:o} {path:?}");
            let expected = "other users can read it; run `chmod 600` on it";
            assert!(ran.stderr.contains(expected), "{mode:o} {path:?}: {}", ran.stderr);
            assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
        }
    }
    // It is private by its mode, or by a parent directory.
    let is_read = || run(cvm(&call).arg(&ready)).code == 0;
    fs::set_permissions(&ready, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(is_read());
    fs::set_permissions(&ready, fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    assert!(is_read());
}

#[test]
fn own_credentials_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    fs::write(&key, "a-key-of-my-own\n").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let emulator = Emulator::with(&[
        "--instant",
        "--secret-id",
        "AKIDmine",
        "--secret-key-file",
        key.to_str().unwrap(),
    ]);
    assert_eq!(emulator.ready("secret_id"), "AKIDmine");
    let url = emulator.ready("url");
    let call = |key: &str| {
        let mut command = cvm(&["DescribeZones", "--region", "ap-guangzhou", "--endpoint", &url]);
        run(command.env("TENCENTCLOUD_SECRET_ID", "AKIDmine").env("TENCENTCLOUD_SECRET_KEY", key))
    };
    assert_eq!(call("a-key-of-my-own").code, 0);
    let refused = call("another-key");
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("AuthFailure.SignatureFailure"), "{}", refused.stderr);
}

#[test]
fn ready_file_always_names_a_loopback_url() {
    for listen in ["0.0.0.0:0", "127.0.0.1:0", "[::1]:0", "[::]:0"] {
        // The machine may have no IPv6.
        if std::net::TcpListener::bind(listen).is_err() {
            continue;
        }
        let emulator = Emulator::with(&["--instant", "--listen", listen, "--allow-remote"]);
        let url = emulator.ready("url");
        let host = if listen.starts_with('[') { "[::1]" } else { "127.0.0.1" };
        assert!(url.starts_with(&format!("http://{host}:")), "{listen}: {url}");
        let ran = run(&mut emulator.cvm(&["DescribeRegions"]));
        assert_eq!(ran.code, 0, "{listen}: {}", ran.stderr);
    }
}

#[test]
fn tls_serves_https_alone_or_beside_http() {
    let alone = Emulator::with(&["--instant", "--tls"]);
    let url = alone.ready("url");
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    assert_eq!(alone.ready("https_url"), url);
    let ca_file = alone.folder.path().join("ready.ca.pem");
    assert_eq!(alone.ready("ca_file"), ca_file.to_str().unwrap());
    alone.launch();
    assert_eq!(alone.instance_count(), 1);
    // A client that gets the file from the environment, and one that does not get it.
    let call = |ca_file: Option<&str>| {
        let mut command = cvm(&["DescribeZones", "--region", "ap-guangzhou", "--endpoint", &url]);
        command
            .env("TENCENTCLOUD_SECRET_ID", alone.ready("secret_id"))
            .env("TENCENTCLOUD_SECRET_KEY", alone.ready("secret_key"))
            .envs(ca_file.map(|file| ("SSL_CERT_FILE", file)));
        run(&mut command)
    };
    let ran = call(ca_file.to_str());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = call(None);
    assert_ne!(ran.code, 0);
    assert!(ran.stderr.contains("certificate"), "{}", ran.stderr);

    let both = Emulator::with(&["--instant", "--tls-listen", "127.0.0.1:0"]);
    assert!(both.ready("url").starts_with("http://127.0.0.1:"));
    assert!(both.ready("https_url").starts_with("https://127.0.0.1:"));
    both.launch();
}

#[test]
fn certificate_of_the_authority_is_removed_when_the_emulator_stops() {
    let mut emulator = Emulator::with(&["--tls"]);
    let ca_file = emulator.folder.path().join("ready.ca.pem");
    assert!(ca_file.exists());
    signal(&emulator.child, "TERM");
    emulator.child.wait().unwrap();
    assert!(!ca_file.exists() && !emulator.ready_file.exists());
}

#[test]
fn kept_authority_stays_when_the_emulator_stops() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("tls");
    let directory = directory.to_str().unwrap();
    let start =
        || Emulator::with(&["--tls", "--tls-dir", directory, "--tls-name", "a.test,b.test"]);
    let first = start();
    let ca_file = format!("{directory}/ca.pem");
    assert_eq!(first.ready("ca_file"), ca_file);
    let certificate = fs::read(&ca_file).unwrap();
    drop(first);
    let second = start();
    assert_eq!(fs::read(&ca_file).unwrap(), certificate);
    assert_eq!(run(&mut second.cvm(&["DescribeZones"])).code, 0);
    let mode = fs::metadata(format!("{directory}/ca-key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn seed_makes_ids_repeatable() {
    let launch = || Emulator::with(&["--instant", "--seed", "7"]).launch();
    assert_eq!(launch(), launch());
}

#[test]
fn catalog_file_extends_the_built_in_catalog() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = folder.path().join("catalog.json");
    let kind = r#"{ "types": [{ "name": "S5.OWN", "vcpus": 3, "memory_gib": 5 }] }"#;
    fs::write(&catalog, kind).unwrap();
    let emulator = Emulator::with(&["--instant", "--catalog", catalog.to_str().unwrap()]);
    let offers = ["DescribeInstanceTypeConfigs", "--Filters.0.Name", "instance-type"];
    let offers = [&offers[..], &["--Filters.0.Values.0", "S5.OWN", "--output", "text"]].concat();
    let listed = run(&mut emulator.cvm(&offers));
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert!(listed.stdout.contains("S5.OWN"), "{}", listed.stdout);
}

#[test]
fn strict_network_refuses_a_security_group_that_was_not_created() {
    let launch = ["RunInstances", "--Placement.Zone", "ap-guangzhou-3"];
    let launch = [&launch[..], &["--ImageId", "img-pmqg1cw7"]].concat();
    let launch = [&launch[..], &["--SecurityGroupIds.0", "sg-00000001"]].concat();
    let lenient = Emulator::with(&["--instant"]);
    let ran = run(&mut lenient.cvm(&launch));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let strict = Emulator::with(&["--instant", "--strict-network"]);
    let ran = run(&mut strict.cvm(&launch));
    assert_ne!(ran.code, 0);
    assert!(ran.stderr.contains("InvalidSecurityGroupId.NotFound"), "{}", ran.stderr);
}

#[test]
fn bad_catalog_file_is_named_with_place_value_and_fix() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = folder.path().join("catalog.json");
    let path = catalog.to_str().unwrap();
    let start = |options: &[&str]| run(cvm(&["emulator", "--instant"]).args(options));
    let absent = start(&["--catalog", path]);
    assert_eq!(absent.code, 6, "{}", absent.stderr);
    assert!(absent.stderr.contains(&format!("cannot load the catalog `{path}`")));
    for (text, expected) in [
        (r#"{ "tipes": [] }"#, "tipes is unknown: did you mean `types`?"),
        (
            r#"{ "types": [{ "name": "S5.X", "vcpus": "two", "memory_gib": 1 }] }"#,
            "types[0].vcpus is \"two\": give a whole number from 1",
        ),
    ] {
        fs::write(&catalog, text).unwrap();
        let ran = start(&["--catalog", path]);
        assert_eq!(ran.code, 6, "{text}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{text}: {}", ran.stderr);
    }
    assert_eq!(start(&["--catalog", path, "--catalog", path]).code, 2);
}

#[test]
fn conflicting_emulator_options_are_rejected() {
    for (options, expected) in [
        (&["--listen", "here"][..], "`--listen` must be ADDR:PORT"),
        (&["--instant", "--time-scale", "2"], "cannot be combined"),
        (&["--listen", "0.0.0.0:0"], "add `--allow-remote`"),
        (&["--listen", "[::]:0"], "other machines could send requests"),
        (&["--metadata", "here"], "`--metadata` must be ADDR:PORT"),
        (&["--metadata", "0.0.0.0:0"], "add `--allow-remote`"),
        (&["--metadata-instance", "ins-12345678"], "requires `--metadata`"),
        (&["--tls", "--tls-listen", "127.0.0.1:0"], "cannot be combined"),
        (&["--tls-listen", "here"], "`--tls-listen` must be ADDR:PORT"),
        (&["--tls-listen", "0.0.0.0:0"], "add `--allow-remote`"),
        (&["--tls-dir", "tls"], "`--tls-dir` requires `--tls` or `--tls-listen`"),
        (&["--tls-name", "cvm.test"], "`--tls-name` requires `--tls` or `--tls-listen`"),
        (&["--tls", "--tls-name", "cvm.test,https://x"], "no certificate can be for `https://x`"),
        (&["--tls", "--tls-name", "a.test", "--tls-name", "b.test"], "given twice"),
        (&["--seed", "x"], "`--seed` must be a whole number"),
        (&["--secret-id", "AKIDx"], "must be given together"),
        (&["--cli-input-json", "{}"], "takes no `--cli-input-json`"),
        (&["--secret-key", "canary"], "can be read by every user"),
    ] {
        let ran = run(cvm(&["emulator"]).args(options));
        assert_eq!(ran.code, 2, "{options:?}");
        assert!(ran.stderr.contains(expected), "{options:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    }
}

#[test]
fn faults_of_a_file_and_of_a_preset_are_injected() {
    let folder = tempfile::tempdir().unwrap();
    let faults = folder.path().join("faults.json");
    let error = r#"{ "error": { "code": "FailedOperation", "message": "no luck" } }"#;
    fs::write(&faults, format!(r#"[{{ "action": "DescribeZones", "effect": {error} }}]"#)).unwrap();
    let options = ["--instant", "--fault", "sold-out", "--faults", faults.to_str().unwrap()];
    let emulator = Emulator::with(&options);
    let ran = run(&mut emulator.cvm(&["DescribeZones"]));
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("no luck"), "{}", ran.stderr);
    let launch = ["RunInstances", "--Placement.Zone", "ap-guangzhou-3"];
    let launch =
        [&launch[..], &["--ImageId", "img-pmqg1cw7", "--InstanceType", "S5.MEDIUM4"]].concat();
    let ran = run(&mut emulator.cvm(&launch));
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("ResourceInsufficient.SpecifiedInstanceType"), "{}", ran.stderr);
}

#[test]
fn bad_faults_are_refused_with_field_and_fix() {
    let folder = tempfile::tempdir().unwrap();
    let faults = folder.path().join("faults.json");
    let start = |options: &[&str]| run(cvm(&["emulator", "--instant"]).args(options));
    let ran = start(&["--fault", "flakey"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("did you mean `flaky`"), "{}", ran.stderr);
    for (text, expected) in [
        (r#"[{ "nht": 1, "effect": "lose_response" }]"#, "unknown field `nht`"),
        (
            r#"[{ "effect": "stale_read" }, { "nth": 0, "effect": "lose_response" }]"#,
            "fault 2: `nth` is 0",
        ),
    ] {
        fs::write(&faults, text).unwrap();
        let ran = start(&["--faults", faults.to_str().unwrap()]);
        assert_eq!(ran.code, 6, "{text}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{text}: {}", ran.stderr);
    }
}
