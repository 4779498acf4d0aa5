//! Successful responses with unusual members stay successful.

use std::fs;

use crate::harness::{Answer, Server, entries, lost, run};

/// Values that the library skips and other parsers reject.
fn odd_values() -> Vec<String> {
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    [r#"{"a":1,"a":2}"#, r#""\ud800""#, r#"{"\udc00":0}"#, "1e999", &deep].map(str::to_owned).into()
}

/// A server that always returns these members of `Response` and an unusual value.
fn answering(members: &str, odd: &str) -> Server {
    let body = format!(r#"{{"Response":{{"New":{{"Odd":{odd}}},{members},"RequestId":"r-1"}}}}"#);
    Server::start(Answer::Json(body))
}

#[test]
fn successful_change_is_shown_despite_unusual_members() {
    for (arguments, members, shown) in [
        (&["StopInstances", "--InstanceIds", "ins-11112222"][..], r#""Later":1.10"#, "1.10"),
        (&["RunInstances", "--ImageId", "i"], r#""InstanceIdSet":["ins-1","ins-2"]"#, "ins-2"),
        (&["TerminateInstances", "--InstanceIds", "ins-1"], r#""Later":[]"#, "r-1"),
    ] {
        for odd in odd_values() {
            let server = answering(members, &odd);
            for format in ["json", "table", "text"] {
                let ran = run(server.cvm(arguments).args(["--output", format]));
                assert_eq!(ran.code, 0, "{format} {arguments:?}: {}", ran.stderr);
                assert!(ran.stdout.contains(shown), "{format} {arguments:?}: {}", ran.stdout);
                assert!(ran.stdout.contains("r-1"), "{format} {arguments:?}: {}", ran.stdout);
                assert!(entries(&server.journal()).is_empty(), "{format} {arguments:?}");
            }
            assert_eq!(server.count(arguments[0]), 3);
        }
    }
}

#[test]
fn key_pair_is_kept_despite_unusual_members() {
    for odd in odd_values() {
        let key_pair = r#""KeyPair":{"KeyId":"skey-1","PrivateKey":"canary","New":0.10}"#;
        let server = answering(key_pair, &odd);
        let create = ["CreateKeyPair", "--KeyName", "k", "--ProjectId", "0"];
        let ran = run(server.cvm(&create).current_dir(server.folder.path()));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains("skey-1") && !ran.stdout.contains("canary"), "{}", ran.stdout);
        let kept = server.folder.path().join("cvm-CreateKeyPair-r1.json");
        let kept = fs::read_to_string(kept).unwrap();
        assert!(kept.contains("canary") && kept.contains("0.10"), "{kept}");
    }
}

#[test]
fn resume_reads_a_list_with_unusual_members() {
    for odd in odd_values() {
        let (server, id) = lost(&["TerminateInstances", "--InstanceIds", "ins-11112222"]);
        let instance = format!(
            r#"{{"InstanceId":"ins-11112222","InstanceState":"RUNNING","LatestOperationState":null,"New":{odd}}}"#
        );
        let list = format!(r#""TotalCount":1,"InstanceSet":[{instance}]"#);
        let reader = answering(&list, &odd);
        let ran = server.resume_at(&reader, &id);
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(ran.stdout.contains("RUNNING"), "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("no effect yet: 1"), "{}", ran.stderr);
    }
}

#[test]
fn digits_of_json_input_are_sent_unchanged() {
    let server = answering(r#""InstanceIdSet":["ins-1"]"#, "1");
    for digits in ["1.10", "1E2", "12345678901234567890123", "-0"] {
        let input = format!(r#"{{"InstanceName":{digits},"ImageId":"i"}}"#);
        let ran = run(&mut server.cvm(&["RunInstances", "--cli-input-json", &input]));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let requests = server.requests.lock().unwrap();
        let sent = requests.last().unwrap();
        assert!(sent.contains(&format!(r#""InstanceName":"{digits}""#)), "{sent}");
    }
    for input in [r#"{"InstanceCount":1.0}"#, r#"{"InstanceCount":9223372036854775808}"#] {
        let ran = run(&mut server.cvm(&["RunInstances", "--cli-input-json", input]));
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains("`--InstanceCount` must be an integer"), "{}", ran.stderr);
    }
}

#[test]
fn missing_list_is_printed_and_exits_5() {
    for (members, expected) in [
        (r#""TotalCount":5,"InstanceSet":null"#, "`InstanceSet` is absent or null"),
        (r#""TotalCount":5"#, "`InstanceSet` is absent or null"),
        (r#""TotalCount":5,"InstanceSet":[]"#, "`InstanceSet` has 0 of 5 items"),
        (r#""TotalCount":1,"InstanceSet":[null]"#, "`InstanceSet` has a null item"),
        (r#""TotalCount":1,"InstanceSet":[{}]"#, "`InstanceSet.0` has no `InstanceId`"),
    ] {
        let server = answering(members, "1");
        for format in ["json", "table", "text"] {
            let ran = run(&mut server.cvm(&["DescribeInstances", "--output", format]));
            assert_eq!(ran.code, 5, "{format} {members}: {}", ran.stderr);
            assert!(ran.stdout.contains("r-1"), "{format} {members}: {}", ran.stdout);
            assert!(ran.stderr.contains(expected), "{format} {members}: {}", ran.stderr);
        }
    }
    for (members, code, expected) in [
        (r#""TotalCount":3,"ZoneSet":[]"#, 5, "`ZoneSet` has 0 of 3 items"),
        (r#""TotalCount":3,"ZoneSet":[{"Zone":"z"}]"#, 0, "is 3, but the response lists 1"),
    ] {
        let zones = answering(members, "1");
        let ran = run(&mut zones.cvm(&["DescribeZones"]));
        assert_eq!(ran.code, code, "{members}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{members}: {}", ran.stderr);
    }
}

#[test]
fn dry_run_that_names_a_resource_exits_3() {
    let image = r#""ImageId":"img-1""#;
    for (arguments, members, id) in [
        (&["RunInstances", "--ImageId", "i"][..], r#""InstanceIdSet":["ins-1","ins-2"]"#, "ins-2"),
        (&["CreateImage", "--ImageName", "n"], image, "img-1"),
        (&["CreateLaunchTemplate", "--ImageId", "i"], r#""LaunchTemplateId":"lt-1""#, "lt-1"),
        // Numeric ids.
        (
            &["CreateLaunchTemplateVersion", "--LaunchTemplateId", "lt-1", "--ImageId", "i"],
            r#""LaunchTemplateVersionNumber":7"#,
            "`7`",
        ),
        (
            &["ExportImages", "--BucketName", "b", "--ImageIds", "img-1"],
            r#""TaskId":4711,"CosPaths":["p"]"#,
            "`4711`",
        ),
    ] {
        let server = answering(members, "1");
        for format in ["json", "table", "text"] {
            let ran = run(server.cvm(arguments).args(["--DryRun", "true", "--output", format]));
            assert_eq!(ran.code, 3, "{format} {arguments:?}: {}", ran.stderr);
            assert!(ran.stdout.contains(id.trim_matches('`')), "{}", ran.stdout);
            assert!(ran.stderr.contains(id), "{}", ran.stderr);
            assert!(!ran.stderr.contains("dry run passed"), "{}", ran.stderr);
        }
    }
    let version = ["CreateLaunchTemplateVersion", "--LaunchTemplateId", "lt-1", "--DryRun"];
    let ran = run(&mut answering(r#""LaunchTemplateVersionNumber":0"#, "1").cvm(&version));
    assert_eq!(ran.code, 0, "zero names nothing: {}", ran.stderr);
    let ran = run(&mut answering("\"Later\":1", "1").cvm(&["RunInstances", "--DryRun", "true"]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("the dry run passed"), "{}", ran.stderr);
}
