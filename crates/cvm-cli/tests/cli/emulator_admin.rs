//! `cvm emulator WORD`: the client of the admin API of a running emulator.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::harness::{Emulator, Ran, cvm, run, run_with_input, signal};

fn admin(emulator: &Emulator, words: &[&str]) -> Ran {
    run(&mut emulator.cvm(&[&["emulator"], words].concat()))
}

/// What a command prints as JSON.
fn printed(emulator: &Emulator, words: &[&str]) -> Value {
    let ran = admin(emulator, words);
    assert_eq!(ran.code, 0, "{words:?}: {}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn words_after_emulator_call_its_admin_api() {
    let emulator = Emulator::with(&["--seed", "1"]);
    let admin = |words: &[&str]| admin(&emulator, words);
    let first = emulator.launch();
    assert!(admin(&["clock", "run-until-idle"]).stdout.contains("next_event"));
    let listed = admin(&["state", "instances"]);
    assert!(listed.stdout.contains("RUNNING"), "{}{}", listed.stdout, listed.stderr);
    assert!(admin(&["log"]).stdout.contains("RunInstances"));
    assert!(admin(&["metrics"]).stdout.contains("# EOF"));
    assert!(admin(&["health", "--output", "table"]).stdout.contains("ok"));
    assert_eq!(admin(&["reset"]).code, 0);
    assert_eq!(emulator.launch(), first);
    let refused = admin(&["state", "planets"]);
    assert!(refused.code == 1 && refused.stderr.contains("instances"), "{}", refused.stderr);
    let unnamed = run(&mut cvm(&["emulator", "clock"]));
    assert!(unnamed.code == 4 && unnamed.stderr.contains("CVM_EMULATOR"), "{}", unnamed.stderr);
    let ready = emulator.ready_file.to_str().unwrap().to_owned();
    assert_eq!(run(cvm(&["emulator", "clock"]).env("CVM_EMULATOR", ready)).code, 0);
}

#[test]
fn fault_rules_are_added_shown_and_removed() {
    let emulator = Emulator::with(&["--instant"]);
    let rule = r#"{ "action": "DescribeZones", "nth": 1, "effect": { "error": { "code": "FailedOperation" } } }"#;
    assert_eq!(printed(&emulator, &["faults", "add", rule]), json!({"ids": [1]}));
    let file = emulator.folder.path().join("faults.json");
    std::fs::write(&file, format!("[{rule}, {rule}]")).unwrap();
    let added = printed(&emulator, &["faults", "add", file.to_str().unwrap()]);
    assert_eq!(added, json!({"ids": [2, 3]}));
    let piped = run_with_input(&mut emulator.cvm(&["emulator", "faults", "add", "-"]), rule);
    assert!(piped.stdout.contains('4'), "{}", piped.stderr);
    assert_eq!(printed(&emulator, &["faults", "preset", "slow"]), json!({"ids": [5]}));
    assert_eq!(run(&mut emulator.cvm(&["DescribeZones"])).code, 1);
    let fired = printed(&emulator, &["faults", "firings", "rule=1"]);
    assert_eq!(fired["firings"][0]["action"], "DescribeZones");
    let table = admin(&emulator, &["faults", "--output", "table"]);
    assert!(table.stdout.contains("DescribeZones"), "{}{}", table.stdout, table.stderr);
    assert_eq!(admin(&emulator, &["faults", "remove", "1"]).code, 0);
    assert_eq!(printed(&emulator, &["faults"])["rules"][0]["id"], 2);
    assert_eq!(admin(&emulator, &["faults", "clear"]).code, 0);
    assert_eq!(printed(&emulator, &["faults", "list"]), json!({"rules": []}));
    let unknown = admin(&emulator, &["faults", "add", r#"{"effect":"lose"}"#]);
    assert!(unknown.code == 1 && unknown.stderr.contains("`lose`"), "{}", unknown.stderr);
    let missing = admin(&emulator, &["faults", "add", "no-such-file.json"]);
    assert!(missing.stderr.contains("no-such-file.json"), "{}", missing.stderr);
}

#[test]
fn scenario_is_applied_at_the_start_and_later() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let group = |name: &str| {
        format!(
            "accounts: [{{ regions: {{ ap-guangzhou: {{ instances: [{{ name: {name}, count: 2, state: STOPPED }}] }} }} }}]"
        )
    };
    let first = file("first.yaml", &group("first"));
    let emulator = Emulator::with(&["--scenario", &first]);
    let more = printed(&emulator, &["scenario", &file("more.yaml", &group("more"))]);
    assert_eq!(more["created"][0]["name"], "more");
    let listed = admin(&emulator, &["state", "instances"]).stdout;
    assert!(listed.contains("first1") && listed.contains("more2"), "{listed}");
    let wrong = file("wrong.yaml", "accounts: [{ nam: x }]");
    let refused = admin(&emulator, &["scenario", &wrong]);
    assert!(refused.code == 1 && refused.stderr.contains("accounts[0].nam"), "{}", refused.stderr);
    let failed = run(&mut cvm(&["emulator", "--scenario", &wrong]));
    assert!(
        failed.code == 6 && failed.stderr.contains("accounts[0].nam"),
        "{} {}",
        failed.code,
        failed.stderr
    );
}

/// The lines that a command prints while it runs.
fn follow(emulator: &Emulator, words: &[&str], until: &str, act: impl FnOnce()) -> Vec<Value> {
    let mut command = emulator.cvm(&[&["emulator"], words].concat());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut printed: Vec<Value> = Vec::new();
    let mut act = Some(act);
    for line in &mut lines {
        let line = line.unwrap();
        printed.push(serde_json::from_str(&line).unwrap());
        // The first line shows that it listens.
        if let Some(act) = act.take() {
            act();
        }
        if line.contains(until) {
            break;
        }
    }
    signal(&child, "TERM");
    child.wait().unwrap();
    printed
}

#[test]
fn events_and_requests_are_followed() {
    let emulator = Emulator::with(&["--instant"]);
    let events = follow(&emulator, &["events"], "\"reset\"", || {
        emulator.launch();
        assert_eq!(admin(&emulator, &["reset"]).code, 0);
    });
    let kinds: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"connected"), Some(&"reset")));
    assert!(kinds.contains(&"instance") && kinds.contains(&"request"), "{kinds:?}");
    let requests = follow(&emulator, &["log", "--follow"], "DescribeZones", || {
        assert_eq!(run(&mut emulator.cvm(&["DescribeZones"])).code, 0);
    });
    let actions: Vec<&Value> = requests.iter().map(|request| &request["action"]).collect();
    assert_eq!(actions, ["RunInstances", "DescribeZones"]);
    let wrong = admin(&emulator, &["events", "kind=requests"]);
    assert!(wrong.code == 1 && wrong.stderr.contains("`request`"), "{}", wrong.stderr);
}

#[test]
fn emulator_that_stops_ends_the_events() {
    let emulator = Emulator::with(&["--instant"]);
    let mut command = emulator.cvm(&["emulator", "events"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("connected"));
    signal(&emulator.child, "TERM");
    assert!(lines.next().is_none());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn admin_api_is_called_over_https() {
    let emulator = Emulator::with(&["--tls"]);
    assert!(emulator.ready("url").starts_with("https:"));
    assert_eq!(printed(&emulator, &["health"]), json!({"status": "ok"}));
    let moved = printed(&emulator, &["clock", "advance", "5"]);
    assert_eq!(moved["mode"], "real");
    // A certificate of another authority is refused.
    let other = Emulator::with(&["--tls"]);
    let ca_file = std::fs::read(other.ready("ca_file")).unwrap();
    std::fs::write(emulator.ready("ca_file"), ca_file).unwrap();
    let refused = admin(&emulator, &["health"]);
    assert!(refused.code == 5 && refused.stderr.contains("certificate"), "{}", refused.stderr);
}

#[test]
fn words_and_options_that_do_not_belong_together_are_usage_errors() {
    for (words, expected) in [
        (&["helth"][..], "did you mean `health`?"),
        (&["clock", "--seed", "1"], "takes no `--seed`"),
        (&["state", "--follow"], "requires `cvm emulator log`"),
        (&["--follow"], "requires `cvm emulator log`"),
    ] {
        let ran = run(&mut cvm(&[&["emulator"], words].concat()));
        assert!(ran.code == 2 && ran.stderr.contains(expected), "{words:?}: {}", ran.stderr);
    }
}

/// The members of a ready file, as each version of the emulator wrote them.
const READY_FILES: &[&[&str]] = &[
    &["url", "secret_id", "secret_key", "pid"],
    &["url", "secret_id", "secret_key", "admin_token", "pid"],
    &[
        "url",
        "secret_id",
        "secret_key",
        "admin_token",
        "https_url",
        "ca_file",
        "metadata_url",
        "pid",
    ],
];

#[test]
fn ready_file_of_each_version_is_read() {
    let emulator = Emulator::with(&["--instant"]);
    let text = std::fs::read_to_string(&emulator.ready_file).unwrap();
    let full: Value = serde_json::from_str(&text).unwrap();
    let path = emulator.folder.path().join("old.json");
    // A copy keeps the permissions.
    std::fs::copy(&emulator.ready_file, &path).unwrap();
    let old = path.to_str().unwrap();
    for members in READY_FILES {
        let mut content = json!({});
        for name in *members {
            if let Some(value) = full.get(name) {
                content[name] = value.clone();
            }
        }
        std::fs::write(&path, content.to_string()).unwrap();
        let ran = run(&mut cvm(&["DescribeZones", "--region", "ap-guangzhou", "--emulator", old]));
        assert_eq!(ran.code, 0, "{members:?}: {}", ran.stderr);
        let clock = run(&mut cvm(&["emulator", "clock", "--emulator", old]));
        match members.contains(&"admin_token") {
            true => assert_eq!(clock.code, 0, "{}", clock.stderr),
            false => assert!(
                clock.code == 4 && clock.stderr.contains("older than the admin API"),
                "{}",
                clock.stderr
            ),
        }
    }
}
