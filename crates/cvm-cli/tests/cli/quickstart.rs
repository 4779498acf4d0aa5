//! The story, in every dialect, and what `--show-wire` adds to it.

use std::time::{Duration, Instant};

use crate::harness::{cvm, run, settings};

const DIALECTS: [&str; 5] = ["tc3", "tc3-get", "v1-sha1", "v1-sha256", "old-gateway"];

/// Fast enough that a test need not wait, slow enough that states are passed through.
const SCALE: [&str; 2] = ["--time-scale", "300"];

#[test]
fn the_story_is_told() {
    let ran = run(cvm(&["quickstart"]).args(SCALE));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    // Which other models there are is the emulator's matter.
    let is_other_model = |line: &&str| line.starts_with("   │ S2.") && !line.contains("S2.MEDIUM4");
    let story: Vec<&str> = ran.stdout.lines().filter(|line| !is_other_model(line)).collect();
    let mut settings = settings();
    // What the code means is told by the specification.
    settings.add_filter(r"(?s)It means: .*?\n   So it", "It means: [prose]\n   So it");
    settings.bind(|| {
        insta::assert_snapshot!(story.join("\n"), @r"
        CVM quickstart
        A local CVM listens on http://127.0.0.1:[port], in this process. Every call below is real HTTP,
        signed by TC3-HMAC-SHA256 (tc3, JSON body). Its time runs 300 times as fast as yours.

        1  Which model of family S2 has 2 cores and 4 GB in ap-guangzhou-2?
           DescribeInstanceTypeConfigs ok [time]   request id [uuid]
           ┌──────────────┬─────┬──────────────┬────────────────┬────────────────┐
           │ InstanceType ┆ CPU ┆ Memory (GiB) ┆ InstanceFamily ┆ Zone           │
           ╞══════════════╪═════╪══════════════╪════════════════╪════════════════╡
           │ S2.MEDIUM4   ┆ 2   ┆ 4            ┆ S2             ┆ ap-guangzhou-2 │
           └──────────────┴─────┴──────────────┴────────────────┴────────────────┘
           It is S2.MEDIUM4.

        2  Instance A, as the getting-started page has it
           Image img-pmqg1cw7, S1.SMALL1, 50 GiB LOCAL_BASIC system disk and 100 GiB LOCAL_BASIC data disk;
           paid by the hour, traffic too; 10 Mbps and a public address; both enhanced services.
           RunInstances                ok [time]   request id [uuid]
           ins-xxxxxxxx is being created.
           wait                        ok [time]   until RUNNING, [polls] of DescribeInstances
           DescribeInstances           ok [time]   request id [uuid]
           ┌──────────────┬──────────────┬─────────┬──────────────┬────────────────────┬─────────────────────┬────────────┐
           │ InstanceId   ┆ InstanceName ┆ State   ┆ InstanceType ┆ System disk        ┆ Data disks          ┆ Public IP  │
           ╞══════════════╪══════════════╪═════════╪══════════════╪════════════════════╪═════════════════════╪════════════╡
           │ ins-xxxxxxxx ┆ QCLOUD-TEST  ┆ RUNNING ┆ S1.SMALL1    ┆ 50 GiB LOCAL_BASIC ┆ 100 GiB LOCAL_BASIC ┆ 198.18.0.x │
           └──────────────┴──────────────┴─────────┴──────────────┴────────────────────┴─────────────────────┴────────────┘
           Can it become S2.MEDIUM4? Its system disk is local.
           ResetInstancesType          refused [time]   request id [uuid]
             UnsupportedOperation.SystemDiskType: The type of the instance `ins-xxxxxxxx` cannot be changed,
               because its system disk is LOCAL_BASIC.
             It means: [prose]
           So it stays what it is, and goes back.
           StopInstances               ok [time]   request id [uuid]
           wait                        ok [time]   until STOPPED, [polls] of DescribeInstances
           TerminateInstances          ok [time]   request id [uuid]
           wait                        ok [time]   until gone, [polls] of DescribeInstances
           DescribeInstances           ok [time]   request id [uuid]
           ins-xxxxxxxx is gone: TotalCount is 0.

        3  Instance B, with a cloud disk: it can become another model
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

        Done. [calls] in [time]. `cvm emulator` keeps such a CVM running; `cvm list` names what you can ask of it.
        ");
    });
}

#[test]
fn every_dialect_tells_the_same_story() {
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
fn at_its_own_pace_it_is_over_soon() {
    let began = Instant::now();
    assert_eq!(run(&mut cvm(&["quickstart"])).code, 0);
    assert!(began.elapsed() < Duration::from_secs(120), "{:?}", began.elapsed());
}

#[test]
fn the_wire_is_shown_without_secrets() {
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
fn options_that_do_not_go_together_are_refused() {
    for (options, told) in [
        (&["--cloud", "--time-scale", "2"][..], "`--time-scale` is for the local CVM"),
        (&["--time-scale", "-1"], "must be a number above 0"),
        (&["--dialect", "tc4"], "did you mean `tc3`?"),
        (&["--cli-input-json", "{}"], "takes no `--cli-input-json`"),
    ] {
        let ran = run(cvm(&["quickstart"]).args(options));
        assert_eq!(ran.code, 2, "{options:?}");
        assert!(ran.stderr.contains(told), "{options:?}: {}", ran.stderr);
    }
}
