//! The quickstart in every dialect, and with `--show-wire`.

use std::time::{Duration, Instant};

use crate::harness::{cvm, run, settings};

const DIALECTS: [&str; 5] = ["tc3", "tc3-get", "v1-sha1", "v1-sha256", "old-gateway"];

/// Fast enough for a test, and slow enough that intermediate states occur.
const SCALE: [&str; 2] = ["--time-scale", "300"];

#[test]
fn quickstart_prints_every_step() {
    let ran = run(cvm(&["quickstart"]).args(SCALE));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    // The other instance types depend on the emulator.
    let is_other_model = |line: &&str| line.starts_with("   │ S2.") && !line.contains("S2.MEDIUM4");
    let story: Vec<&str> = ran.stdout.lines().filter(|line| !is_other_model(line)).collect();
    let mut settings = settings();
    // The meaning of the code comes from the specification.
    settings.add_filter(r"(?s)Meaning: .*?\n   The type", "Meaning: [prose]\n   The type");
    settings.bind(|| {
        insta::assert_snapshot!(story.join("\n"), @r"
        CVM quickstart
        A local CVM emulator listens on http://127.0.0.1:[port] in this process. Every call below is a real
        HTTP request, signed with TC3-HMAC-SHA256 (tc3, JSON body). The emulator's clock runs 300 times as
        fast as real time.

        1  Find an instance type of family S2 with 2 cores and 4 GiB in ap-guangzhou-2
           DescribeInstanceTypeConfigs ok [time]   request id [uuid]
           ┌──────────────┬─────┬──────────────┬────────────────┬────────────────┐
           │ InstanceType ┆ CPU ┆ Memory (GiB) ┆ InstanceFamily ┆ Zone           │
           ╞══════════════╪═════╪══════════════╪════════════════╪════════════════╡
           │ S2.MEDIUM4   ┆ 2   ┆ 4            ┆ S2             ┆ ap-guangzhou-2 │
           └──────────────┴─────┴──────────────┴────────────────┴────────────────┘
           Found S2.MEDIUM4.

        2  Instance A: the example of the getting-started page
           Image img-pmqg1cw7, type S1.SMALL1, a LOCAL_BASIC system disk of 50 GiB and a LOCAL_BASIC data
           disk of 100 GiB; billed by the hour and by traffic; 10 Mbit/s and a public address; with security
           and monitoring agents.
           RunInstances                ok [time]   request id [uuid]
           ins-xxxxxxxx is being created.
           wait                        ok [time]   until RUNNING, [polls] of DescribeInstances
           DescribeInstances           ok [time]   request id [uuid]
           ┌──────────────┬──────────────┬─────────┬──────────────┬────────────────────┬─────────────────────┬────────────┐
           │ InstanceId   ┆ InstanceName ┆ State   ┆ InstanceType ┆ System disk        ┆ Data disks          ┆ Public IP  │
           ╞══════════════╪══════════════╪═════════╪══════════════╪════════════════════╪═════════════════════╪════════════╡
           │ ins-xxxxxxxx ┆ QCLOUD-TEST  ┆ RUNNING ┆ S1.SMALL1    ┆ 50 GiB LOCAL_BASIC ┆ 100 GiB LOCAL_BASIC ┆ 198.18.0.x │
           └──────────────┴──────────────┴─────────┴──────────────┴────────────────────┴─────────────────────┴────────────┘
           Try to change its type to S2.MEDIUM4. The service rejects this, because the system disk is local.
           ResetInstancesType          rejected [time]   request id [uuid]
             UnsupportedOperation.SystemDiskType: The type of the instance `ins-xxxxxxxx` cannot be changed,
               because its system disk is LOCAL_BASIC.
             Meaning: [prose]
           The type did not change. Stop the instance and terminate it.
           StopInstances               ok [time]   request id [uuid]
           wait                        ok [time]   until STOPPED, [polls] of DescribeInstances
           TerminateInstances          ok [time]   request id [uuid]
           wait                        ok [time]   until gone, [polls] of DescribeInstances
           DescribeInstances           ok [time]   request id [uuid]
           ins-xxxxxxxx is gone: TotalCount is 0.

        3  Instance B, with a cloud disk: its type can be changed
           RunInstances                ok [time]   request id [uuid]
           wait                        ok [time]   until RUNNING, [polls] of DescribeInstances
           ResetInstancesType          ok [time]   request id [uuid]
           wait                        ok [time]   until SUCCESS, [polls] of DescribeInstances
           DescribeInstances           ok [time]   request id [uuid]
           ┌──────────────┬───────────────┬─────────┬──────────────┬──────────────────────┬────────────┬───────────┐
           │ InstanceId   ┆ InstanceName  ┆ State   ┆ InstanceType ┆ System disk          ┆ Data disks ┆ Public IP │
           ╞══════════════╪═══════════════╪═════════╪══════════════╪══════════════════════╪════════════╪═══════════╡
           │ ins-xxxxxxxx ┆ QCLOUD-TEST-B ┆ RUNNING ┆ S2.MEDIUM4   ┆ 50 GiB CLOUD_PREMIUM ┆            ┆           │
           └──────────────┴───────────────┴─────────┴──────────────┴──────────────────────┴────────────┴───────────┘
           StopInstances               ok [time]   request id [uuid]
           wait                        ok [time]   until STOPPED, [polls] of DescribeInstances
           TerminateInstances          ok [time]   request id [uuid]
           wait                        ok [time]   until gone, [polls] of DescribeInstances
           DescribeInstances           ok [time]   request id [uuid]
           ins-xxxxxxxx is gone: TotalCount is 0.

        Done. [calls] in [time]. `cvm emulator` runs an emulator until you stop it; `cvm list` lists all actions.
        ");
    });
}

#[test]
fn quickstart_is_the_same_in_every_dialect() {
    let mut stories = Vec::new();
    for dialect in DIALECTS {
        let ran = run(cvm(&["quickstart", "--dialect", dialect]).args(SCALE));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{dialect}");
        assert!(ran.stdout.contains(&format!("({dialect}, ")), "{dialect}: {}", ran.stdout);
        assert!(ran.stdout.contains("UnsupportedOperation.SystemDiskType"), "{dialect}");
        let actions: Vec<String> = ran
            .stdout
            .lines()
            .filter(|line| line.contains("request id"))
            .map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
            .collect();
        stories.push(actions);
    }
    assert!(stories[0].len() >= 13, "{:?}", stories[0]);
    assert!(stories.iter().all(|story| *story == stories[0]), "{stories:#?}");
}

#[test]
fn quickstart_ends_soon_at_default_speed() {
    let began = Instant::now();
    assert_eq!(run(&mut cvm(&["quickstart"])).code, 0);
    assert!(began.elapsed() < Duration::from_secs(120), "{:?}", began.elapsed());
}

#[test]
fn quickstart_show_wire_masks_secrets() {
    for dialect in DIALECTS {
        let ran = run(cvm(&["quickstart", "--show-wire", "--dialect", dialect]).args(SCALE));
        assert_eq!(ran.code, 0, "{dialect}: {}", ran.stderr);
        let shown = ran.stdout;
        for secret in ["Qcloud@TestApi123++", "Qcloud%40TestApi123", "TestApi123"] {
            assert!(!shown.contains(secret), "{dialect}: {secret}");
        }
        assert!(shown.contains("***"), "{dialect}");
        assert!(shown.contains("img-pmqg1cw7"), "{dialect}");
        assert!(shown.contains("{\"Response\":{"), "{dialect}");
        let (method, path) = match dialect {
            "tc3-get" => ("GET", "/?"),
            "old-gateway" => ("POST", "/v2/index.php"),
            _ => ("POST", "/"),
        };
        let request_line =
            shown.lines().find(|line| line.starts_with("> POST") || line.starts_with("> GET"));
        let request_line = request_line.unwrap();
        assert!(
            request_line.starts_with(&format!("> {method} http://127.0.0.1:")),
            "{request_line}"
        );
        assert!(request_line.contains(path), "{request_line}");
    }
}

#[test]
fn conflicting_quickstart_options_are_rejected() {
    for (options, expected) in [
        (
            &["--cloud", "--time-scale", "2"][..],
            "`--time-scale` applies only to the local emulator",
        ),
        (&["--time-scale", "-1"], "must be a number greater than 0"),
        (&["--dialect", "tc4"], "did you mean `tc3`?"),
        (&["--cli-input-json", "{}"], "takes no `--cli-input-json`"),
    ] {
        let ran = run(cvm(&["quickstart"]).args(options));
        assert_eq!(ran.code, 2, "{options:?}");
        assert!(ran.stderr.contains(expected), "{options:?}: {}", ran.stderr);
    }
}
