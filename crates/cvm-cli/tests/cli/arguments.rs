//! Every command line exits with a documented code, and an alias with options works for every command.

use std::fs;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use crate::harness::{Answer, Emulator, Server, cvm, run, run_with_input};

/// The arguments of random command lines: real names, misspelled names, options, and unusual texts.
fn argument() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "StopInstances",
        "RunInstances",
        "DescribeInstances",
        "CreateKeyPair",
        "DescribeZones",
        "help",
        "list",
        "error",
        "resume",
        "quickstart",
        "cvm",
        "exit-codes",
        "Nothing",
        "--InstanceIds",
        "--InstanceIds.0",
        "--InstanceIds.+1",
        "--InstanceIds.x",
        "--Placement",
        "--Placement.Zone",
        "--InstanceName",
        "--InstanceCount",
        "--LoginSettings.Password",
        "--LoginSettings",
        "--UserData",
        "--DryRun",
        "--Filters.0.Name",
        "--Filters.0.Values",
        "--KeyName",
        "--ProjectId",
        "--Limit",
        "--Offset",
        "--A..B",
        "--A.",
        "--.A",
        "--",
        "--region",
        "--endpoint",
        "--emulator=/no/such/file",
        "--dialect",
        "--timeout",
        "--language",
        "--output",
        "--columns",
        "--cli-input-json",
        "--generate-cli-skeleton",
        "--validate",
        "--show-wire",
        "--print-secrets",
        "--no-journal",
        "--forget",
        "--same-account",
        "--cloud",
        "--help",
        "--version",
        "--coverage",
        "--secretKey",
        "-h",
        "-V",
        "-o",
        "-",
        "-5",
        "ins-11112222",
        "ap-guangzhou",
        "ap-guangzhou-3",
        "json",
        "table",
        "text",
        "tc3",
        "v1-sha1",
        "0",
        "1e19",
        "-1",
        "inf",
        "nan",
        "0.001",
        "1e308",
        "18446744073709551616",
        "2017-03-12",
        "null",
        "true",
        "[]",
        "{}",
        "[null]",
        "{\"InstanceIds\":[\"ins-1\"]}",
        "{\"InstanceName\":1e999}",
        "[[[[",
        "{\"A\":1,\"A\":2}",
        "@",
        "@-",
        "@@x",
        "@/no/such/file",
        "file://-",
        "file:///no/such/file",
        "",
        " ",
        "\u{202e}",
        "\u{0}1",
        "http://127.0.0.1:1",
        "regional",
        "intl",
        "InstanceId,Placement.Zone",
        ",",
    ]);
    prop_oneof![
        8 => names.prop_map(str::to_owned),
        1 => "--[A-Za-z.0-9+]{1,12}(=[ -~]{0,6})?",
        1 => "\\PC{0,8}",
    ]
    // The operating system passes no argument with a NUL byte.
    .prop_map(|text| text.replace('\0', ""))
}

#[test]
fn every_command_line_exits_with_a_documented_code() {
    let config = ProptestConfig {
        cases: 400,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let lines = prop::collection::vec(argument(), 0..9);
    proptest!(config, |(line in lines, input in "\\PC{0,12}")| {
        let arguments: Vec<&str> = line.iter().map(String::as_str).collect();
        // The quickstart runs too long for this test, and nothing here may reach another machine.
        prop_assume!(!line.iter().any(|word| word == "quickstart"));
        let mut command = cvm(&arguments);
        let nowhere = "http://127.0.0.1:1";
        command
            .env("TENCENTCLOUD_SECRET_ID", "AKIDtest")
            .env("TENCENTCLOUD_SECRET_KEY", "key-of-a-test")
            .env("HTTPS_PROXY", nowhere)
            .env("HTTP_PROXY", nowhere)
            .env("CVM_JOURNAL", folder.path().join("journal"))
            .current_dir(folder.path());
        if !line.iter().any(|word| word.starts_with("--endpoint") || word.starts_with("--emulator")) {
            command.args(["--endpoint", nowhere, "--region", "ap-guangzhou", "--timeout", "1"]);
        }
        let file = folder.path().join("input");
        fs::write(&file, &input).unwrap();
        let ran = run(command.stdin(fs::File::open(&file).unwrap()));
        prop_assert!((0..=7).contains(&ran.code), "{}: {}", ran.code, ran.stderr);
        // Nothing listens at this address, so no change can have been sent.
        prop_assert!(!matches!(ran.code, 3 | 7), "{}: {}", ran.code, ran.stderr);
        prop_assert!((ran.code == 0) != ran.stderr.contains("error: "), "{}: {}", ran.code, ran.stderr);
    });
}

#[test]
fn alias_with_options_works_for_every_command() {
    let emulator = Emulator::start();
    let alias = ["--region", "ap-guangzhou", "--output", "table", "--columns", "Zone"];
    let alias = [&alias[..], &["--timeout", "20", "--no-journal"]].concat();
    for command in [
        &[][..],
        &["help"],
        &["help", "RunInstances"],
        &["help", "exit-codes"],
        &["list"],
        &["list", "zones"],
        &["error", "InvalidInstanceId.NotFound"],
        &["resume"],
        &["emulator", "--coverage"],
        &["quickstart", "--time-scale", "300"],
        &["DescribeZones"],
        &["StopInstances", "--help"],
        &["resume", "--help"],
    ] {
        // `Emulator::cvm` adds `--emulator` after the command.
        for line in [[&alias[..], command].concat(), [command, &alias[..]].concat()] {
            let ran = run(&mut emulator.cvm(&line));
            assert_eq!(ran.code, 0, "{line:?}: {}", ran.stderr);
            assert!(!ran.stdout.is_empty(), "{line:?}");
        }
    }
    let ran = run(&mut emulator.cvm(&["list", "--generate-cli-skeleton"]));
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

#[test]
fn id_list_is_never_merged_from_file_and_arguments() {
    let server = Server::start(Answer::Close);
    let input = r#"{"InstanceIds":["ins-aaaaaaaa","ins-bbbbbbbb"]}"#;
    let terminate = ["TerminateInstances", "--cli-input-json", input];
    let mixed = run(server.cvm(&terminate).args(["--InstanceIds.0", "ins-cccccccc"]));
    assert_eq!(mixed.code, 2, "{}", mixed.stderr);
    assert!(server.requests.lock().unwrap().is_empty());
    let replaced = run(server.cvm(&terminate).args(["--InstanceIds", "ins-cccccccc"]));
    assert_eq!(replaced.code, 3, "{}", replaced.stderr);
    let sent = server.requests.lock().unwrap().join("");
    assert!(sent.contains(r#"{"InstanceIds":["ins-cccccccc"]}"#), "{sent}");
}

#[test]
fn password_in_json_is_read_from_its_file() {
    let server = Server::start(Answer::Close);
    let file = server.folder.path().join("password");
    fs::write(&file, "Canary@Password1\n").unwrap();
    let json = |password: &str| format!(r#"{{"LoginSettings":{{"Password":"{password}"}}}}"#);
    let from_file = json(&format!("@{}", file.display()));
    let ran = run(&mut server.cvm(&["RunInstances", "--cli-input-json", &from_file]));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(server.requests.lock().unwrap()[0].contains("\"Canary@Password1\""));
    let before = server.requests.lock().unwrap().len();
    let missing = json("@canary-of-no-file");
    let ran = run(&mut server.cvm(&["RunInstances", "--cli-input-json", &missing]));
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    let ran =
        run_with_input(&mut server.cvm(&["RunInstances", "--cli-input-json", "-"]), &json("@-"));
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert_eq!(server.requests.lock().unwrap().len(), before);
}

#[test]
fn token_paged_list_notes_more_items_in_every_format() {
    let body = r#"{"Response":{"DedicatedResourcePackSet":[{"DedicatedResourcePackId":"p-1"}],"NextToken":"t-2","RequestId":"r"}}"#;
    let server = Server::start(Answer::Json(body.to_owned()));
    for format in [
        &["--output", "json"][..],
        &["--output", "table"],
        &["--output", "text"],
        &["--output", "text", "--columns", "DedicatedResourcePackId"],
    ] {
        let ran = run(server.cvm(&["DescribeResourcePoolPacks"]).args(format));
        assert_eq!(ran.code, 0, "{format:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("continue with --NextToken=t-2"), "{format:?}: {}", ran.stderr);
    }
}
