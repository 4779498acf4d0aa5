//! Parameters of every spelling, and what they are refused for.

use super::*;
use crate::args::Args;
use serde_json::json;

fn read(action: &str, arguments: &[&str]) -> Result<Value> {
    let args = Args::parse(arguments.iter().map(std::ffi::OsString::from)).unwrap();
    let table = cvm_models::action(action).unwrap().request;
    request(table, args.parameters, None, &mut Sources::default())
}

fn fails(action: &str, arguments: &[&str]) -> String {
    read(action, arguments).unwrap_err().to_string()
}

#[test]
fn equivalent_parameter_forms_give_the_same_request() {
    let filters =
        json!({ "Filters": [{ "Name": "zone", "Values": ["ap-guangzhou-2", "ap-guangzhou-3"] }] });
    for arguments in [
        &[
            "--Filters.0.Name",
            "zone",
            "--Filters.0.Values.0",
            "ap-guangzhou-2",
            "--Filters.0.Values.1",
            "ap-guangzhou-3",
        ][..],
        &[
            "--Filters.1.Values.2",
            "ap-guangzhou-3",
            "--Filters.1.Values.1",
            "ap-guangzhou-2",
            "--Filters.1.Name",
            "zone",
        ],
        &["--Filters.0.Name=zone", "--Filters.0.Values", "ap-guangzhou-2", "ap-guangzhou-3"],
        &["--Filters", r#"[{"Name":"zone","Values":["ap-guangzhou-2","ap-guangzhou-3"]}]"#],
        &["--Filters", r#"{"Name":"zone","Values":["ap-guangzhou-2","ap-guangzhou-3"]}"#],
        &[
            "--Filters.0",
            r#"{"Name":"zone"}"#,
            "--Filters.0.Values",
            r#"["ap-guangzhou-2","ap-guangzhou-3"]"#,
        ],
    ] {
        assert_eq!(read("DescribeInstances", arguments).unwrap(), filters, "{arguments:?}");
    }
}

#[test]
fn scalars_are_parsed_by_their_declared_type() {
    let arguments = [
        "--SystemDisk.DiskSize",
        "50",
        "--InternetAccessible.PublicIpAssigned",
        "TRUE",
        "--DryRun",
        "--InstanceName",
        "123",
        "--DataDisks",
        r#"[{"DiskSize":"100","DiskType":"LOCAL_BASIC"}]"#,
        "--DisableApiTermination",
        "False",
    ];
    assert_eq!(
        read("RunInstances", &arguments).unwrap(),
        json!({
            "SystemDisk": { "DiskSize": 50 },
            "InternetAccessible": { "PublicIpAssigned": true },
            "DryRun": true,
            "InstanceName": "123",
            "DataDisks": [{ "DiskSize": 100, "DiskType": "LOCAL_BASIC" }],
            "DisableApiTermination": false,
        })
    );
}

#[test]
fn type_error_names_parameter_value_and_fix() {
    insta::assert_snapshot!(
        fails("RunInstances", &["--DataDisks.0.DiskSize", "large"]),
        @r"
    error: `--DataDisks.0.DiskSize` must be an integer, not `large`
      hint: for example: --DataDisks.0.DiskSize 0
    "
    );
    insta::assert_snapshot!(
        fails("RunInstances", &["--DataDisks", r#"[{"DiskSize":{"a":1}}]"#]),
        @r"
    error: `--DataDisks.0.DiskSize` must be an integer, not an object
      hint: for example: --DataDisks.0.DiskSize 0
    "
    );
    insta::assert_snapshot!(
        fails("RunInstances", &["--Placement", "ap-guangzhou-3"]),
        @r"
    error: `--Placement` is not JSON: expected value at line 1 column 1
      hint: write it as JSON in single quotes, or member by member: --Placement.Zone VALUE
    "
    );
    insta::assert_snapshot!(
        fails("StopInstances", &["--StopType", "SOFT", "HARD"]),
        @r"
    error: `--StopType` takes one value, because it is a string
      hint: quote a value that contains spaces
    "
    );
    insta::assert_snapshot!(
        fails("StopInstances", &["--ForceStop", "yes"]),
        @r"
    error: `--ForceStop` must be a boolean, not `yes`
      hint: for example: --ForceStop false
    "
    );
}

#[test]
fn unknown_parameter_suggests_the_right_one() {
    insta::assert_snapshot!(
        fails("RunInstances", &["--Zone", "x"]),
        @r"
    error: `RunInstances` has no parameter `Zone`
      hint: did you mean `--Placement.Zone`?
    "
    );
    insta::assert_snapshot!(
        fails("StopInstances", &["--InstanceId", "x"]),
        @r"
    error: `StopInstances` has no parameter `InstanceId`
      hint: did you mean `--InstanceIds`?
    "
    );
    insta::assert_snapshot!(
        fails("RunInstances", &["--Placement.Zne", "x"]),
        @r"
    error: `--Placement` has no member `Zne`
      hint: did you mean `--Placement.Zone`?
    "
    );
    insta::assert_snapshot!(
        fails("RunInstances", &["--Placement", r#"{"Regoin":"x"}"#]),
        @r"
    error: `--Placement` has no member `Regoin`
      hint: it has Zone, ProjectId, HostIds, HostId, DedicatedResourcePackTenancy, DedicatedResourcePackIds, RackId
    "
    );
    insta::assert_snapshot!(
        fails("DescribeInstances", &["--Filters.Name", "zone"]),
        @r"
    error: `--Filters` is a list: `Name` is not an index
      hint: number its items from 0: --Filters.0.Name VALUE --Filters.0.Values VALUE VALUE
    "
    );
    insta::assert_snapshot!(
        fails("RunInstances", &["--InstanceName.First", "x"]),
        @"error: `--InstanceName` is a string and has no member `First`"
    );
}

#[test]
fn list_parameter_without_values_is_an_error() {
    let failure = fails("DescribeInstances", &["--InstanceIds"]);
    assert!(failure.contains("needs a value"), "{failure}");
    assert_eq!(
        read("DescribeInstances", &["--InstanceIds", "[]"]).unwrap(),
        json!({ "InstanceIds": [] })
    );
}

#[test]
fn duplicate_parameter_is_rejected() {
    for arguments in [
        &["--InstanceName", "a", "--InstanceName", "b"][..],
        &["--Placement.Zone", "a", "--Placement", r#"{"Zone":"b"}"#],
        &["--SecurityGroupIds", "a", "--SecurityGroupIds.0", "b"],
    ] {
        let failure = fails("RunInstances", arguments);
        assert!(failure.contains("is given twice"), "{failure}");
    }
    let duplicate = fails("DescribeInstances", &["--Filters.0", r#"{"Name":"a","Name":"b"}"#]);
    assert!(duplicate.contains("`Name` is given twice"), "{duplicate}");
}

#[test]
fn parameter_errors_show_no_secret() {
    for arguments in [
        &["--LoginSettings.Password", "canary", "canary"][..],
        &["--LoginSettings", r#"{"Password":["canary"]}"#],
        &["--LoginSettings", r#"{"Password":"canary""#],
        &["--LoginSettings", r#"{"Passwort":"canary"}"#],
        &["--LoginSettings.Password", "canary", "--LoginSettings.Password", "canary"],
    ] {
        let failure = fails("RunInstances", arguments);
        assert!(!failure.contains("canary"), "{failure}");
    }
}

#[test]
fn parameter_errors_show_no_file_content() {
    let table = cvm_models::action("RunInstances").unwrap().request;
    for text in [
        r#"{"InstanceCount":"canary"}"#,
        r#"{"DryRun":"canary"}"#,
        r#"{"DataDisks":[{"DiskSize":"canary"}]}"#,
    ] {
        let base = Json::parse(text.as_bytes()).unwrap();
        let failure = request(table, Vec::new(), Some(&base), &mut Sources::default()).unwrap_err();
        let message = failure.to_string();
        assert!(message.contains("not text") && !message.contains("canary"), "{message}");
    }
}

#[test]
fn parameter_replaces_a_whole_input_member_or_is_rejected() {
    let over = |action: &str, input: &str, arguments: &[&str]| {
        let table = cvm_models::action(action).unwrap().request;
        let input = Json::parse(input.as_bytes()).unwrap();
        let args = Args::parse(arguments.iter().map(std::ffi::OsString::from)).unwrap();
        request(table, args.parameters, Some(&input), &mut Sources::default())
    };
    let two = r#"{"InstanceIds":["ins-a","ins-b"]}"#;
    assert_eq!(
        over("TerminateInstances", two, &["--InstanceIds", "ins-c"]).unwrap(),
        json!({ "InstanceIds": ["ins-c"] })
    );
    let placed = r#"{"InstanceName":"file","Placement":{"Zone":"z","ProjectId":1,"HostId":null}}"#;
    assert_eq!(
        over("RunInstances", placed, &["--Placement", r#"{"Zone":"y"}"#, "--InstanceName", "n"])
            .unwrap(),
        json!({ "InstanceName": "n", "Placement": { "Zone": "y" } })
    );
    assert_eq!(
        over("RunInstances", r#"{"Placement":null}"#, &["--Placement.Zone", "y"]).unwrap(),
        json!({ "Placement": { "Zone": "y" } })
    );
    for (action, input, arguments) in [
        ("TerminateInstances", two, &["--InstanceIds.0", "ins-c"][..]),
        ("TerminateInstances", two, &["--InstanceIds.7", "ins-c"]),
        ("RunInstances", placed, &["--Placement.Zone", "y"]),
        ("RunInstances", placed, &["--Placement", r#"{"Zone":"y"}"#, "--Placement.HostId", "h"]),
        ("RunInstances", r#"{"DataDisks":[{}]}"#, &["--DataDisks.0.DiskSize", "10"]),
    ] {
        let failure = over(action, input, arguments).unwrap_err();
        assert_eq!(failure.exit(), crate::exit::ExitStatus::Usage);
        assert!(failure.to_string().contains("sets a part of"), "{failure}");
    }
}

#[test]
fn secrets_in_json_accept_file_references() {
    use std::io::Write as _;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "from-file").unwrap();
    let table = cvm_models::action("RunInstances").unwrap().request;
    for (given, sent) in [
        (format!("@{}", file.path().display()), Some("from-file")),
        ("@@literal".to_owned(), Some("@literal")),
        ("plain".to_owned(), Some("plain")),
        ("@canary-of-no-file".to_owned(), None),
        ("@".to_owned(), None),
    ] {
        let login = json!({ "Password": given });
        let input = Json::from(json!({ "LoginSettings": login }));
        let mut sources = Sources::default();
        let parameter = Parameter { name: "LoginSettings".into(), values: vec![login.to_string()] };
        for read in [
            request(table, Vec::new(), Some(&input), &mut sources),
            request(table, vec![parameter], None, &mut sources),
        ] {
            match (read, sent) {
                (Ok(read), Some(sent)) => assert_eq!(read["LoginSettings"]["Password"], sent),
                (Err(failure), None) => {
                    assert!(!failure.to_string().contains("canary"), "{failure}");
                }
                (read, _) => panic!("{given}: {read:?}"),
            }
        }
    }
}

#[test]
fn null_and_nested_lists_are_rejected_as_string_items() {
    for arguments in [
        &["--InstanceIds", "null"][..],
        &["--InstanceIds", "ins-a", "null"],
        &["--InstanceIds", "ins-a", r#"["ins-b"]"#],
        &["--InstanceIds.0", r#" ["ins-b"]"#],
        &["--InstanceIds", "[null]"],
        &["--InstanceIds", r#"[["ins-a"]]"#],
        &["--Filters.0.Values", "x", "[]"],
    ] {
        let failure = read("DescribeInstances", arguments).unwrap_err();
        assert_eq!(failure.exit(), crate::exit::ExitStatus::Usage, "{arguments:?}");
    }
    let text = "[prod] web";
    assert_eq!(
        read("DescribeInstances", &["--Filters.0.Values", "null-1", text]).unwrap(),
        json!({ "Filters": [{ "Values": ["null-1", text] }] })
    );
    assert_eq!(
        read("DescribeInstances", &["--Filters.0.Values", r#"["null"]"#]).unwrap(),
        json!({ "Filters": [{ "Values": ["null"] }] })
    );
}

#[test]
fn list_index_accepts_only_digits() {
    for name in [
        "--InstanceIds.+1",
        "--InstanceIds.-1",
        "--InstanceIds.",
        "--InstanceIds.1x",
        "--InstanceIds.4294967296",
        "--InstanceIds.١",
        "--Filters.+0.Name",
    ] {
        let failure = read("DescribeInstances", &[name, "x"]).unwrap_err();
        assert!(failure.to_string().contains("is not an index"), "{name}: {failure}");
    }
    assert_eq!(
        read("DescribeInstances", &["--InstanceIds.007", "x"]).unwrap(),
        json!({ "InstanceIds": ["x"] })
    );
}
