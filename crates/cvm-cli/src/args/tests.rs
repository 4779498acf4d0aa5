//! Command lines as they are typed, slips included.

use super::*;

fn parse(arguments: &[&str]) -> Result<Args> {
    Args::parse(arguments.iter().map(OsString::from))
}

fn parameter(name: &str, values: &[&str]) -> Parameter {
    Parameter { name: name.into(), values: values.iter().map(|value| (*value).into()).collect() }
}

#[test]
fn options_and_parameters_are_distinguished() {
    let args = parse(&[
        "--region",
        "ap-guangzhou",
        "StopInstances",
        "--InstanceIds",
        "ins-1",
        "ins-2",
        "--ForceStop",
        "--output=table",
        "--StopType",
        "SOFT",
    ])
    .unwrap();
    assert_eq!(args.positional, ["StopInstances"]);
    assert_eq!(args.option("region"), Some("ap-guangzhou"));
    assert_eq!(args.option("output"), Some("table"));
    assert_eq!(
        args.parameters,
        [
            parameter("InstanceIds", &["ins-1", "ins-2"]),
            parameter("ForceStop", &[]),
            parameter("StopType", &["SOFT"]),
        ]
    );
}

#[test]
fn values_may_start_with_special_characters() {
    let args = parse(&[
        "X",
        "--A",
        "-5",
        "--LoginSettings.Password",
        "@-",
        "--B=--dashes",
        "--C",
        "a=b",
        "--D",
        "-",
        "--E=",
    ])
    .unwrap();
    assert_eq!(
        args.parameters,
        [
            parameter("A", &["-5"]),
            parameter("LoginSettings.Password", &["@-"]),
            parameter("B", &["--dashes"]),
            parameter("C", &["a=b"]),
            parameter("D", &["-"]),
            parameter("E", &[""]),
        ]
    );
}

#[test]
fn tccli_command_lines_are_accepted() {
    let args = parse(&["cvm", "DescribeZones", "--cli-unfold-argument", "--version", "2017-03-12"])
        .unwrap();
    assert_eq!(args.positional, ["DescribeZones"]);
    assert_eq!(args.option("version"), Some("2017-03-12"));
}

#[test]
fn usage_errors_have_hints() {
    for (arguments, message) in [
        (
            &["--regoin", "x"][..],
            "error: unknown option `--regoin`\n  hint: did you mean `--region`?",
        ),
        (&["X", "--region"], "error: `--region` needs a value\n  hint: write `--region REGION`"),
        (
            &["X", "--region", "--A"],
            "error: `--region` needs a value\n  hint: write `--region REGION`",
        ),
        (
            &["X", "--region", "-o"],
            "error: `--region` needs a value\n  hint: write `--region REGION`",
        ),
        (
            &["X", "--region", ""],
            "error: the value of `--region` is empty\n  hint: write `--region REGION`, or leave it out",
        ),
        (&["X", "--show-wire=yes"], "error: `--show-wire` takes no value"),
        (&["resume", "--forget", "a", "--forget", "b"], "error: `--forget` is given twice"),
        (
            &["X", "--cli-input-json", "{}", "--cli-input-json", "{}"],
            "error: `--cli-input-json` is given twice",
        ),
        (
            &["--cli-input-json", "{}", "X", "--cli-input-json", "{}"],
            "error: `--cli-input-json` is given twice",
        ),
    ] {
        assert_eq!(parse(arguments).unwrap_err().to_string(), message, "{arguments:?}");
    }
}

#[test]
fn no_option_accepts_or_echoes_a_secret() {
    for name in ["secretKey", "secret-key", "secretId", "token"] {
        let failure = parse(&["X", &format!("--{name}"), "canary"]).unwrap_err().to_string();
        assert!(failure.contains("TENCENTCLOUD_SECRET_"), "{failure}");
        assert!(!failure.contains("canary"), "{failure}");
    }
    for arguments in [&["X", "--pasword=canary"][..], &["-pcanary"], &["-p=canary"]] {
        let failure = parse(arguments).unwrap_err().to_string();
        assert!(!failure.contains("canary"), "{failure}");
    }
    let args = parse(&["X", "--LoginSettings.Password=my", "canary"]).unwrap();
    let failure = args.reject_unexpected("X", Scope::Action, 0).unwrap_err().to_string();
    assert!(!failure.contains("canary"), "{failure}");
}

#[test]
fn version_is_a_flag_or_an_api_version() {
    assert!(parse(&["--version"]).unwrap().has("version"));
    assert!(parse(&["-V"]).unwrap().has("version"));
    let args = parse(&["DescribeZones", "--version", "2017-03-12"]).unwrap();
    assert_eq!(args.option("version"), Some("2017-03-12"));
    for before in [&["--version", "2016-01-01"][..], &["--version=2016-01-01"]] {
        let args = parse(&[before, &["DescribeZones"]].concat()).unwrap();
        assert_eq!(args.positional, ["DescribeZones"]);
        assert_eq!(args.option("version"), Some("2016-01-01"));
    }
}

#[test]
fn short_option_after_a_parameter_is_rejected() {
    for (arguments, expected) in [
        (&["X", "--InstanceIds", "ins-1", "ins-2", "-o", "table"][..], "`-o` after"),
        (&["X", "--InstanceName", "-h"], "`-h` after `--InstanceName`"),
        (&["X", "--InstanceName", "-V"], "`-V` after `--InstanceName`"),
        (&["X", "--ForceStop", "-h"], "cvm help ACTION"),
        (&["X", "--LoginSettings.Password", "-canary"], "--LoginSettings.Password=-..."),
    ] {
        let failure = parse(arguments).unwrap_err();
        assert_eq!(failure.exit(), crate::exit::ExitStatus::Usage);
        let failure = failure.to_string();
        assert!(failure.contains(expected) && !failure.contains("canary"), "{failure}");
    }
    let args = parse(&["X", "--InstanceName=-h", "--A", "-5", "-", "@-"]).unwrap();
    let expected = [parameter("InstanceName", &["-h"]), parameter("A", &["-5", "-", "@-"])];
    assert_eq!(args.parameters, expected);
    assert!(parse(&["X", "--InstanceName=x", "-h"]).unwrap().has("help"));
    assert!(parse(&["X", "--region", "r", "-h"]).unwrap().has("help"));
}

#[test]
fn alias_options_are_accepted_by_every_command() {
    let alias = [
        "--emulator",
        "ready.json",
        "--region",
        "r",
        "--dialect",
        "tc3",
        "--timeout",
        "5",
        "--language",
        "en-US",
        "--output",
        "table",
        "--show-wire",
        "--no-journal",
    ];
    for (command, scope) in [
        ("list", Scope::Plain),
        ("help", Scope::Plain),
        ("error", Scope::Plain),
        ("StopInstances", Scope::Action),
        ("quickstart", Scope::Quickstart),
        ("emulator", Scope::Emulator),
        ("resume", Scope::Resume),
    ] {
        for args in [[&alias[..], &[command]].concat(), [&[command], &alias[..]].concat()] {
            let args = parse(&args).unwrap();
            assert_eq!(args.positional, [command]);
            args.reject_unexpected(command, scope, 0).unwrap();
            assert!(!args.asks_for_more());
        }
    }
}

#[test]
fn unsupported_options_parameters_and_arguments_are_rejected() {
    let args = parse(&["list", "--instant"]).unwrap();
    assert!(
        args.reject_unexpected("list", Scope::Plain, 0)
            .unwrap_err()
            .to_string()
            .contains("--instant")
    );
    let args = parse(&["list", "--Zone", "x"]).unwrap();
    assert!(
        args.reject_unexpected("list", Scope::Plain, 0).unwrap_err().to_string().contains("--Zone")
    );
    let args = parse(&["list", "more"]).unwrap();
    assert!(
        args.reject_unexpected("list", Scope::Plain, 0).unwrap_err().to_string().contains("`more`")
    );
}

#[test]
fn last_option_value_wins_in_any_position() {
    let alias = ["--output", "table", "--region", "a", "--timeout", "5"];
    let args = parse(&[&alias[..], &["X", "--region=b", "--output", "json"]].concat()).unwrap();
    let given = ["output", "region", "timeout"].map(|name| args.option(name).unwrap());
    assert_eq!(given, ["json", "b", "5"]);
    // Every option of every command: in front of the command, behind it, and on both sides.
    for option in options::OPTIONS.iter().filter(|option| !options::is_given_once(option.name)) {
        let Some(_) = option.value else { continue };
        let command = match option.scopes[0] {
            Scope::Plain => "list",
            Scope::Action => "X",
            Scope::Quickstart => "quickstart",
            Scope::Emulator => "emulator",
            Scope::Resume => "resume",
        };
        let name = format!("--{}", option.name);
        let name = name.as_str();
        for arguments in [
            &[name, "1", name, "2", command][..],
            &[command, name, "1", name, "2"],
            &[name, "1", command, name, "0", name, "2"],
        ] {
            let args = parse(arguments).unwrap();
            assert_eq!(args.option(option.name), Some("2"), "{arguments:?}");
            assert_eq!(args.positional, [command], "{arguments:?}");
        }
    }
    let args = parse(&["X", "--validate", "--validate"]).unwrap();
    assert!(args.has("validate"));
}
