//! A soak of `cvm emulator --data-dir`: clients, injected faults, jumps of the clock and `kill -9` for half an hour.
//!
//! ```sh
//! cargo test -p cvm-cli --test cli -- --ignored --nocapture soak::
//! ```
//!
//! `CVM_SOAK_SECONDS` changes the time.
#![allow(clippy::print_stdout, reason = "the figures of the soak")]

use std::collections::HashSet;
use std::env;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::data_dir::instances;
use crate::harness::{Emulator, LAUNCH, run, signal};

const CLIENTS: usize = 3;

/// The real time between two kills, and between two jumps of the clock.
const BETWEEN_KILLS: Duration = Duration::from_secs(15);
const BETWEEN_JUMPS: Duration = Duration::from_secs(3);

/// Clients terminate instances if they know more than this.
const MAX_INSTANCES: usize = 60;

/// What the clients know.
#[derive(Default)]
struct Known {
    /// Acknowledged launches, without those that somebody tried to terminate.
    running: HashSet<String>,
    /// Acknowledged terminations.
    terminated: HashSet<String>,
    launches: usize,
    unknown: usize,
}

fn start(directory: &Path) -> Emulator {
    Emulator::with(&["--time-scale", "60", "--data-dir", directory.to_str().unwrap()])
}

fn admin(emulator: &Emulator, words: &[&str]) {
    let ran = run(&mut emulator.cvm(&[&["emulator"], words].concat()));
    assert_eq!(ran.code, 0, "{words:?}: {}", ran.stderr);
}

/// Launches and terminates until the emulator is going to be killed.
fn change(emulator: &Emulator, known: &Mutex<Known>, is_over: &AtomicBool) {
    let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
    while !is_over.load(Ordering::Relaxed) {
        let victim = {
            let mut known = lock();
            let victim = known.running.iter().next().cloned();
            let victim = victim.filter(|_| known.running.len() > MAX_INSTANCES);
            if let Some(id) = &victim {
                known.running.remove(id);
            }
            victim
        };
        let Some(id) = victim else {
            let ran = run(&mut emulator.cvm(&[&LAUNCH[..], &["--timeout", "3"]].concat()));
            let mut known = lock();
            if ran.code == 0 {
                let response: Value = serde_json::from_str(&ran.stdout).unwrap();
                let id = response["InstanceIdSet"][0].as_str().unwrap().to_owned();
                assert!(known.running.insert(id.clone()), "{id} was launched twice");
                known.launches += 1;
            } else {
                known.unknown += 1;
            }
            continue;
        };
        let terminate = ["TerminateInstances", "--InstanceIds", &id, "--timeout", "3"];
        let ran = run(&mut emulator.cvm(&terminate));
        let mut known = lock();
        if ran.code == 0 {
            known.terminated.insert(id);
        } else {
            // Whether it is terminated is not known, or an injected fault refused it.
            known.unknown += 1;
        }
    }
}

/// Compares what the emulator shows with what the clients know.
fn check(emulator: &Emulator, known: &Known) {
    // Every operation that has begun ends within an hour.
    admin(emulator, &["clock", "advance", "3600"]);
    let shown = instances(emulator);
    let ids: Vec<_> = shown.iter().map(|it| it["InstanceId"].as_str().unwrap()).collect();
    let present: HashSet<_> = ids.iter().map(|id| (*id).to_owned()).collect();
    assert_eq!(present.len(), ids.len(), "an instance is listed twice");
    let lost: Vec<_> = known.running.difference(&present).collect();
    assert!(lost.is_empty(), "acknowledged launches are lost: {lost:?}");
    let back: Vec<_> = known.terminated.intersection(&present).collect();
    assert!(back.is_empty(), "acknowledged terminations are lost: {back:?}");
}

/// The resident memory of a process in KiB.
fn resident_kib(emulator: &Emulator) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", emulator.child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// Lets the clients work for this time, while the clock jumps. Ends with a kill in the middle of their requests, if there
/// is to be one.
fn work(emulator: &Emulator, known: &Mutex<Known>, time: Duration, with_kill: bool) {
    admin(emulator, &["faults", "preset", "flaky"]);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| change(emulator, known, &is_over));
        }
        let end = Instant::now() + time;
        while Instant::now() < end {
            thread::sleep(BETWEEN_JUMPS);
            admin(emulator, &["clock", "advance", "86400"]);
        }
        if with_kill {
            signal(&emulator.child, "KILL");
        }
        is_over.store(true, Ordering::Relaxed);
    });
    if !with_kill {
        admin(emulator, &["faults", "clear"]);
    }
}

#[test]
#[ignore = "takes half an hour"]
fn nothing_is_lost_in_half_an_hour_of_faults_and_kills() {
    let seconds = env::var("CVM_SOAK_SECONDS").map_or(1800, |text| text.parse().unwrap());
    let (begin, time) = (Instant::now(), Duration::from_secs(seconds));
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("data");
    let known = Mutex::new(Known::default());
    let mut kills = 0;
    while begin.elapsed() < time * 2 / 3 {
        let emulator = start(&directory);
        check(&emulator, &known.lock().unwrap());
        work(&emulator, &known, BETWEEN_KILLS, true);
        kills += 1;
    }
    // One process works for the rest of the time. Then it uses little more memory than one that only has the live data.
    let emulator = start(&directory);
    check(&emulator, &known.lock().unwrap());
    work(&emulator, &known, time.saturating_sub(begin.elapsed()), false);
    let known = known.into_inner().unwrap();
    check(&emulator, &known);
    let used = resident_kib(&emulator);
    drop(emulator);
    let restarted = start(&directory);
    check(&restarted, &known);
    let live = resident_kib(&restarted);
    println!(
        "{seconds} s, {kills} kills, {} launches, {} terminations, {} calls without a known success; \
         resident {used} KiB, after a restart {live} KiB",
        known.launches,
        known.terminated.len(),
        known.unknown,
    );
    assert!(known.launches > 0 && known.unknown > 0);
    assert!(used <= live + live / 5, "{used} KiB resident, {live} KiB after a restart");
}
