//! `cvm emulator --data-dir`: what was acknowledged survives `kill -9`.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Emulator, LAUNCH, cvm, run, signal};

/// How many clients launch at the same time.
const CLIENTS: u64 = 4;

fn start(directory: &Path) -> Emulator {
    Emulator::with(&["--instant", "--data-dir", directory.to_str().unwrap()])
}

/// All instances as they are listed, in pages.
pub fn instances(emulator: &Emulator) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let offset = all.len().to_string();
        let page = ["DescribeInstances", "--Limit", "100", "--Offset", &offset];
        let page = emulator.call(&page)["InstanceSet"].as_array().unwrap().clone();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// Launches until the emulator is gone. Returns the ids of the acknowledged launches, and counts them on the way.
fn launch_until_killed(emulator: &Emulator, count: &AtomicU64) -> Vec<String> {
    let mut acknowledged = Vec::new();
    loop {
        let ran = run(&mut emulator.cvm(&[&LAUNCH[..], &["--timeout", "2"]].concat()));
        if ran.code != 0 {
            return acknowledged;
        }
        let response: Value = serde_json::from_str(&ran.stdout).unwrap();
        acknowledged.push(response["InstanceIdSet"][0].as_str().unwrap().to_owned());
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Kills an emulator during launches this many times, and compares what it shows before and after.
fn kill_during_launches(cycles: u64) {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("data");
    let mut acknowledged = HashSet::new();
    for cycle in 0..cycles {
        let mut emulator = start(&directory);
        let shown = instances(&emulator);
        let ids: Vec<_> =
            shown.iter().map(|it| it["InstanceId"].as_str().unwrap().to_owned()).collect();
        let present: HashSet<_> = ids.iter().cloned().collect();
        assert_eq!(present.len(), ids.len(), "cycle {cycle}: an instance is listed twice");
        let lost: Vec<_> = acknowledged.difference(&present).collect();
        assert!(lost.is_empty(), "cycle {cycle}: {lost:?}");
        // What a quiet emulator shows is the same after a kill.
        emulator.child.kill().unwrap();
        emulator.child.wait().unwrap();
        let emulator = start(&directory);
        assert_eq!(instances(&emulator), shown, "cycle {cycle}");
        let count = AtomicU64::new(0);
        let launched = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| scope.spawn(|| launch_until_killed(&emulator, &count)))
                .collect();
            // The kill comes during launches, however slow the machine is.
            while count.load(Ordering::Relaxed) == 0 && clients.iter().any(|it| !it.is_finished()) {
                thread::sleep(Duration::from_millis(10));
            }
            thread::sleep(Duration::from_millis(cycle * 37 % 200));
            signal(&emulator.child, "KILL");
            clients.into_iter().flat_map(|client| client.join().unwrap()).collect::<Vec<_>>()
        });
        acknowledged.extend(launched);
    }
    assert!(acknowledged.len() as u64 >= cycles, "{}", acknowledged.len());
}

#[test]
fn acknowledged_launches_survive_kill() {
    kill_during_launches(3);
}

#[test]
#[ignore = "takes minutes"]
fn acknowledged_launches_survive_a_hundred_kills() {
    kill_during_launches(100);
}

#[test]
fn directory_of_a_running_emulator_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("data");
    let first = start(&directory);
    let ready = folder.path().join("ready.json");
    let second = ["emulator", "--ready-file", ready.to_str().unwrap(), "--data-dir"];
    let ran = run(cvm(&second).arg(&directory));
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(ran.stderr.contains("another emulator is using it"), "{}", ran.stderr);
    first.launch();
    assert_eq!(first.instance_count(), 1);
}

#[test]
fn credentials_of_the_data_directory_are_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("data");
    let ids = [0, 1].map(|_| start(&directory).ready("secret_id"));
    assert_eq!(ids[0], ids[1]);
    let ready = folder.path().join("ready.json");
    let other = ["emulator", "--time-scale", "2", "--ready-file", ready.to_str().unwrap()];
    let ran = run(cvm(&other).arg("--data-dir").arg(&directory));
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(ran.stderr.contains("another time mode: Instant"), "{}", ran.stderr);
}
