//! Resource limits (`ulimit`) on the size of files and on open files.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::harness::{Answer, Server, entries, run, shell};

const LAUNCH: [&str; 3] = ["RunInstances", "--ImageId", "img-1"];
const KEY: &str = "Canary-private-key";

/// The names of all files in a directory.
fn files(folder: &Path) -> Vec<String> {
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

/// A shell counts blocks of 512 bytes: enough for a journal entry, but not for a long response.
const BLOCKS: &str = "ulimit -f 4";

#[test]
fn private_key_is_printed_when_no_file_can_store_it() {
    let long = format!("{KEY}{}", "k".repeat(4_000));
    let pair = json!({ "KeyId": "skey-1", "KeyName": "n", "PrivateKey": long });
    let body = json!({ "Response": { "KeyPair": pair, "RequestId": "r-1" } });
    let server = Server::start(Answer::Json(body.to_string()));
    let folder = tempfile::tempdir().unwrap();
    let mut create = server.cvm(&["CreateKeyPair", "--KeyName", "n", "--ProjectId", "0"]);
    create.current_dir(folder.path()).env("TMPDIR", folder.path());
    let ran = run(&mut shell(&create, BLOCKS, ""));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains(&long) && ran.stderr.contains("could not be saved to a file"));
    assert!(files(folder.path()).is_empty(), "{:?}", files(folder.path()));
    // The limit also applies to standard output.
    let ran = run(&mut shell(&create, BLOCKS, ">out"));
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    for expected in [&long, "request id r-1", "File too large", "cvm resume "] {
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
    }
    assert_eq!(files(folder.path()), ["out"]);
    assert_eq!(entries(&server.journal()).len(), 1);
}

#[test]
fn launch_ids_are_shown_when_no_file_can_store_them() {
    let ids: Vec<String> = (0..400).map(|number| format!("ins-{number:08}")).collect();
    let body = json!({ "Response": { "InstanceIdSet": ids, "RequestId": "r-1" } });
    let server = Server::start(Answer::Json(body.to_string()));
    for format in ["json", "text", "table"] {
        let mut launch = server.cvm(&LAUNCH);
        launch.args(["--output", format]).current_dir(server.folder.path());
        let ran = run(&mut shell(&launch, BLOCKS, ">out"));
        assert_eq!(ran.code, 7, "{format}: {}", ran.stderr);
        for expected in ["request id r-1", "ins-00000000", "File too large", "cvm resume "] {
            assert!(ran.stderr.contains(expected), "{format}: {expected}: {}", ran.stderr);
        }
    }
    assert_eq!(entries(&server.journal()).len(), 3);
}

#[test]
fn file_size_limit_below_the_entry_prevents_sending() {
    let server = Server::start(Answer::Json(r#"{"Response":{"RequestId":"r"}}"#.to_owned()));
    let ran = run(&mut shell(&server.cvm(&LAUNCH), "ulimit -f 0", ""));
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(ran.stderr.contains("nothing was sent"), "{}", ran.stderr);
    assert!(server.requests.lock().unwrap().is_empty());
    assert!(files(&server.journal()).is_empty(), "{:?}", files(&server.journal()));
}

#[test]
fn file_size_limit_on_output_exits_with_a_documented_code() {
    let zones = r#"{"Response":{"TotalCount":0,"ZoneSet":[],"RequestId":"r"}}"#;
    let server = Server::start(Answer::Json(zones.to_owned()));
    let out = format!(">'{}'", server.folder.path().join("out").display());
    for (arguments, code) in [
        (&["help"][..], 6),
        (&["list"], 6),
        (&["--version"], 6),
        (&["resume"], 6),
        (&["quickstart", "--time-scale", "1000"], 6),
        (&["emulator", "--coverage"], 6),
        (&["RunInstances", "--generate-cli-skeleton"], 6),
        (&["DescribeZones", "--region", "ap-guangzhou", "--endpoint", &server.url], 7),
    ] {
        let ran = run(&mut shell(&server.bare(arguments), "ulimit -f 0", &out));
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("File too large"), "{arguments:?}: {}", ran.stderr);
    }
    // A ready file that cannot be written leaves no partial file.
    let ready = server.folder.path().join("ready.json");
    let emulator = server.bare(&["emulator", "--ready-file", ready.to_str().unwrap()]);
    let before = files(server.folder.path());
    let ran = run(&mut shell(&emulator, "ulimit -f 0", ""));
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert_eq!(files(server.folder.path()), before);
}

/// From too few for any file to more than enough.
#[test]
fn open_file_limit_is_an_error_without_panic() {
    let zones = r#"{"Response":{"TotalCount":0,"ZoneSet":[],"RequestId":"r"}}"#;
    let server = Server::start(Answer::Json(zones.to_owned()));
    let mut reasons = String::new();
    let limited = |command: &Command, most: u32| {
        let ran = run(&mut shell(command, &format!("ulimit -n {most}"), ""));
        assert!(!ran.stderr.contains("bug in cvm"), "{most}: {}", ran.stderr);
        ran
    };
    for most in 3..=24 {
        let ran = limited(&server.cvm(&["DescribeZones", "--timeout", "1"]), most);
        // Code 127: not even the dynamic loader can open its files.
        assert!(matches!(ran.code, 0 | 4..=6 | 127), "{most}: {}: {}", ran.code, ran.stderr);
        assert!(most < 20 || ran.code == 0, "{most}: {}", ran.stderr);
        reasons += &ran.stderr;
        let before = server.count("StopInstances");
        let stop = ["StopInstances", "--InstanceIds", "ins-1", "--timeout", "1"];
        let ran = limited(&server.cvm(&stop), most);
        let was_sent = server.count("StopInstances") > before;
        let may_say = if was_sent { [0, 3] } else { [5, 6] };
        assert!(ran.code == 127 || may_say.contains(&ran.code), "{most}: {}", ran.stderr);
        assert_eq!(entries(&server.journal()).len(), 0, "{most}: {}", ran.stderr);
    }
    assert!(reasons.contains("cannot start the runtime") && reasons.contains("ulimit -n"));
    let emulator = limited(&server.bare(&["emulator"]), 8);
    assert_eq!(emulator.code, 6, "{}", emulator.stderr);
}
