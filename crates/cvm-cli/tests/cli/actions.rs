//! Calls of actions: the published samples, tccli's command lines, and printed responses.

use crate::harness::{Answer, Emulator, Server, run, run_with_input, settings};

/// The sample request of the getting-started page as a command line; the password comes from standard input.
const SAMPLE: [&str; 33] = [
    "RunInstances",
    "--Placement.Zone",
    "ap-guangzhou-2",
    "--InstanceChargeType",
    "POSTPAID_BY_HOUR",
    "--ImageId",
    "img-pmqg1cw7",
    "--InstanceType",
    "S1.SMALL1",
    "--SystemDisk.DiskType",
    "LOCAL_BASIC",
    "--SystemDisk.DiskSize",
    "50",
    "--DataDisks.0.DiskType",
    "LOCAL_BASIC",
    "--DataDisks.0.DiskSize",
    "100",
    "--InternetAccessible.InternetChargeType",
    "TRAFFIC_POSTPAID_BY_HOUR",
    "--InternetAccessible.InternetMaxBandwidthOut",
    "10",
    "--InternetAccessible.PublicIpAssigned",
    "TRUE",
    "--InstanceName",
    "QCLOUD-TEST",
    "--LoginSettings.Password",
    "@-",
    "--EnhancedService.SecurityService.Enabled",
    "TRUE",
    "--EnhancedService.MonitorService.Enabled",
    "TRUE",
    "--InstanceCount",
    "1",
];

const PASSWORD: &str = "Qcloud@TestApi123++\n";

#[test]
fn published_sample_runs_in_every_dialect() {
    let emulator = Emulator::start();
    for dialect in ["tc3", "tc3-get", "v1-sha1", "v1-sha256", "old-gateway"] {
        let ran = run_with_input(emulator.cvm(&SAMPLE).args(["--dialect", dialect]), PASSWORD);
        assert_eq!(ran.code, 0, "{dialect}: {}", ran.stderr);
        settings().bind(|| {
            insta::allow_duplicates! {
                insta::assert_snapshot!(ran.stdout, @r#"
                {
                  "InstanceIdSet": [
                    "ins-xxxxxxxx"
                  ],
                  "RequestId": "[uuid]"
                }
                "#);
            }
        });
    }
}

#[test]
fn lists_can_be_filtered_and_shown_as_tables() {
    let emulator = Emulator::start();
    for (zone, name) in [("ap-guangzhou-2", "a"), ("ap-guangzhou-3", "b"), ("ap-guangzhou-3", "c")]
    {
        let ran = run(&mut emulator.cvm(&[
            "RunInstances",
            "--Placement.Zone",
            zone,
            "--ImageId",
            "img-pmqg1cw7",
            "--InstanceName",
            name,
        ]));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    let columns = ["--columns", "InstanceName,InstanceState,Placement.Zone"];
    let table = run(emulator
        .cvm(&[
            "DescribeInstances",
            "--Filters.0.Name",
            "zone",
            "--Filters.0.Values.0",
            "ap-guangzhou-2",
            "--output",
            "table",
        ])
        .args(columns));
    settings().bind(|| {
        insta::assert_snapshot!(table.stdout, @r"
        ┌──────────────┬───────────────┬────────────────┐
        │ InstanceName ┆ InstanceState ┆ Placement.Zone │
        ╞══════════════╪═══════════════╪════════════════╡
        │ a            ┆ RUNNING       ┆ ap-guangzhou-2 │
        └──────────────┴───────────────┴────────────────┘
        TotalCount: 1
        RequestId: [uuid]
        ");
    });
    let text = run(emulator
        .cvm(&[
            "DescribeInstances",
            "--Filters",
            r#"[{"Name":"instance-name","Values":["b"]}]"#,
            "--output",
            "text",
        ])
        .args(columns));
    assert_eq!(text.stdout, "b\tRUNNING\tap-guangzhou-3\n");

    let page =
        run(emulator.cvm(&["DescribeInstances", "--Limit", "2", "--output", "text"]).args(columns));
    assert_eq!(page.stdout.lines().count(), 2);
    assert_eq!(
        page.stderr,
        "note: showing 2 of 3 items; continue with --Offset 2 (--Limit up to 100)\n"
    );
}

#[test]
fn equivalent_command_lines_give_the_same_result() {
    let emulator = Emulator::start();
    let (first, second) = (emulator.launch(), emulator.launch());
    let json = format!(r#"["{first}","{second}"]"#);
    let input = format!(r#"{{"InstanceIds":{json}}}"#);
    for arguments in [
        &["--InstanceIds", &first, &second][..],
        &["--InstanceIds", &json],
        &["--InstanceIds.0", &first, "--InstanceIds.1", &second],
        &["--InstanceIds.3", &first, "--InstanceIds.7", &second],
        &["--cli-input-json", &input],
        &["--cli-unfold-argument", "--version", "2017-03-12", "--InstanceIds", &json],
    ] {
        let ran = run(emulator.cvm(&["DescribeInstances"]).args(arguments));
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stdout.contains("\"TotalCount\": 2"), "{arguments:?}: {}", ran.stdout);
    }
    let ran =
        run_with_input(&mut emulator.cvm(&["DescribeInstances", "--cli-input-json", "-"]), &input);
    assert!(ran.stdout.contains("\"TotalCount\": 2"), "{}", ran.stdout);
}

#[test]
fn instance_can_be_launched_stopped_started_and_terminated() {
    let emulator = Emulator::start();
    let id = emulator.launch();
    for (action, options) in [
        ("StopInstances", &["--StopType", "SOFT"][..]),
        ("StartInstances", &[]),
        ("RebootInstances", &["--ForceReboot", "false"]),
        ("TerminateInstances", &[]),
    ] {
        let ran = run(emulator.cvm(&[action, "--InstanceIds", &id]).args(options));
        assert_eq!(ran.code, 0, "{action}: {}", ran.stderr);
    }
    let listed = run(&mut emulator.cvm(&["DescribeInstancesStatus"]));
    assert!(listed.stdout.contains("\"TotalCount\": 0"), "{}", listed.stdout);
}

#[test]
fn response_is_printed_as_received() {
    let body = r#"{"Response":{"RequestId":"r-1","NewMember":{"z":1,"a":[true,null,1.5]},"ZoneSet":[{"Zone":"z","Newer":"x"}],"TotalCount":1}}"#;
    let server = Server::start(Answer::Json(body.to_owned()));
    let ran = run(&mut server.cvm(&["DescribeZones"]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout, @r#"
    {
      "RequestId": "r-1",
      "NewMember": {
        "z": 1,
        "a": [
          true,
          null,
          1.5
        ]
      },
      "ZoneSet": [
        {
          "Zone": "z",
          "Newer": "x"
        }
      ],
      "TotalCount": 1
    }
    "#);
}

#[test]
fn dry_run_changes_nothing_and_has_a_note() {
    let emulator = Emulator::start();
    let ran = run(&mut emulator.cvm(&[
        "RunInstances",
        "--DryRun",
        "true",
        "--Placement.Zone",
        "ap-guangzhou-3",
        "--ImageId",
        "img-pmqg1cw7",
    ]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stderr, "note: the dry run passed; nothing was changed\n");
    let listed = run(&mut emulator.cvm(&["DescribeInstances"]));
    assert!(listed.stdout.contains("\"TotalCount\": 0"), "{}", listed.stdout);
}

#[test]
fn show_wire_prints_to_standard_error() {
    let emulator = Emulator::start();
    let ran = run(&mut emulator.cvm(&["DescribeZones", "--show-wire"]));
    assert!(ran.stdout.starts_with("{\n"), "{}", ran.stdout);
    assert!(ran.stderr.contains("> x-tc-action: DescribeZones"), "{}", ran.stderr);
    assert!(ran.stderr.contains("< HTTP 200"), "{}", ran.stderr);
}
