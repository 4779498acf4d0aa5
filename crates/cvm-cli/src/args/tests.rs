//! Command lines as they are typed, slips included.

use super::*;

fn parse(arguments: &[&str]) -> Result<Args> {
    Args::parse(arguments.iter().map(OsString::from))
}

fn parameter(name: &str, values: &[&str]) -> Parameter {
    Parameter { name: name.into(), values: values.iter().map(|value| (*value).into()).collect() }
}

#[test]
fn options_and_parameters_keep_apart() {
    let line = parse(&[
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
    assert_eq!(line.positional, ["StopInstances"]);
    assert_eq!(line.option("region"), Some("ap-guangzhou"));
    assert_eq!(line.option("output"), Some("table"));
    assert_eq!(
        line.parameters,
        [
            parameter("InstanceIds", &["ins-1", "ins-2"]),
            parameter("ForceStop", &[]),
            parameter("StopType", &["SOFT"]),
        ]
    );
}

#[test]
fn values_may_look_odd() {
    let line = parse(&[
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
        line.parameters,
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
fn command_lines_of_tccli_stand_as_they_are() {
    let line = parse(&["cvm", "DescribeZones", "--cli-unfold-argument", "--version", "2017-03-12"])
        .unwrap();
    assert_eq!(line.positional, ["DescribeZones"]);
    assert_eq!(line.option("version"), Some("2017-03-12"));
}

#[test]
fn slips_are_explained() {
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
fn no_option_takes_a_secret_and_none_is_echoed() {
    for name in ["secretKey", "secret-key", "secretId", "token"] {
        let failure = parse(&["X", &format!("--{name}"), "canary"]).unwrap_err().to_string();
        assert!(failure.contains("TENCENTCLOUD_SECRET_"), "{failure}");
        assert!(!failure.contains("canary"), "{failure}");
    }
    for arguments in [&["X", "--pasword=canary"][..], &["-pcanary"], &["-p=canary"]] {
        let failure = parse(arguments).unwrap_err().to_string();
        assert!(!failure.contains("canary"), "{failure}");
    }
    let line = parse(&["X", "--LoginSettings.Password=my", "canary"]).unwrap();
    let failure = line.reject_unexpected("X", Scope::Action, 0).unwrap_err().to_string();
    assert!(!failure.contains("canary"), "{failure}");
}

#[test]
fn version_is_a_question_or_an_api_version() {
    assert!(parse(&["--version"]).unwrap().has("version"));
    assert!(parse(&["-V"]).unwrap().has("version"));
    let line = parse(&["DescribeZones", "--version", "2017-03-12"]).unwrap();
    assert_eq!(line.option("version"), Some("2017-03-12"));
    for before in [&["--version", "2016-01-01"][..], &["--version=2016-01-01"]] {
        let line = parse(&[before, &["DescribeZones"]].concat()).unwrap();
        assert_eq!(line.positional, ["DescribeZones"]);
        assert_eq!(line.option("version"), Some("2016-01-01"));
    }
}

#[test]
fn a_short_option_behind_a_parameter_is_no_value() {
    for (arguments, told) in [
        (&["X", "--InstanceIds", "ins-1", "ins-2", "-o", "table"][..], "`-o` behind"),
        (&["X", "--InstanceName", "-h"], "`-h` behind `--InstanceName`"),
        (&["X", "--InstanceName", "-V"], "`-V` behind `--InstanceName`"),
        (&["X", "--ForceStop", "-h"], "cvm help ACTION"),
        (&["X", "--LoginSettings.Password", "-canary"], "--LoginSettings.Password=-..."),
    ] {
        let failure = parse(arguments).unwrap_err();
        assert_eq!(failure.exit(), crate::exit::ExitStatus::Usage);
        let failure = failure.to_string();
        assert!(failure.contains(told) && !failure.contains("canary"), "{failure}");
    }
    let line = parse(&["X", "--InstanceName=-h", "--A", "-5", "-", "@-"]).unwrap();
    let expected = [parameter("InstanceName", &["-h"]), parameter("A", &["-5", "-", "@-"])];
    assert_eq!(line.parameters, expected);
    assert!(parse(&["X", "--InstanceName=x", "-h"]).unwrap().has("help"));
    assert!(parse(&["X", "--region", "r", "-h"]).unwrap().has("help"));
}

#[test]
fn options_of_an_alias_fit_every_command() {
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
        for line in [[&alias[..], &[command]].concat(), [&[command], &alias[..]].concat()] {
            let line = parse(&line).unwrap();
            assert_eq!(line.positional, [command]);
            line.reject_unexpected(command, scope, 0).unwrap();
            assert!(!line.asks_for_more());
        }
    }
}

#[test]
fn what_a_command_does_not_take_is_refused() {
    let line = parse(&["list", "--instant"]).unwrap();
    assert!(
        line.reject_unexpected("list", Scope::Plain, 0)
            .unwrap_err()
            .to_string()
            .contains("--instant")
    );
    let line = parse(&["list", "--Zone", "x"]).unwrap();
    assert!(
        line.reject_unexpected("list", Scope::Plain, 0).unwrap_err().to_string().contains("--Zone")
    );
    let line = parse(&["list", "more"]).unwrap();
    assert!(
        line.reject_unexpected("list", Scope::Plain, 0).unwrap_err().to_string().contains("`more`")
    );
}

#[test]
fn the_last_value_of_an_option_counts_wherever_it_stands() {
    let alias = ["--output", "table", "--region", "a", "--timeout", "5"];
    let line = parse(&[&alias[..], &["X", "--region=b", "--output", "json"]].concat()).unwrap();
    let given = ["output", "region", "timeout"].map(|name| line.option(name).unwrap());
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
            let line = parse(arguments).unwrap();
            assert_eq!(line.option(option.name), Some("2"), "{arguments:?}");
            assert_eq!(line.positional, [command], "{arguments:?}");
        }
    }
    let line = parse(&["X", "--validate", "--validate"]).unwrap();
    assert!(line.has("validate"));
}
