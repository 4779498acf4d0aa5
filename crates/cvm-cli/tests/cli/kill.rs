//! `kill -9` at any time during a launch, and `cvm resume` after it, leave at most one instance.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{Emulator, LAUNCH, entries, finish, run, signal, start, until};

/// How many launches are killed.
const KILLS: usize = 200;

/// How many of them are killed as soon as their entry is in the journal.
const AT_THE_ENTRY: usize = 20;

/// How many launches run at the same time.
const SIDE_BY_SIDE: usize = 3;

struct Round<'a> {
    emulator: &'a Emulator,
    name: String,
    journal: PathBuf,
}

impl<'a> Round<'a> {
    fn new(emulator: &'a Emulator, name: String) -> Self {
        let journal = emulator.folder.path().join(&name);
        Self { emulator, name, journal }
    }

    fn launch(&self) -> Child {
        let mut command = self.emulator.cvm(&LAUNCH);
        command.args(["--InstanceName", &self.name]);
        start(command.env("CVM_JOURNAL", &self.journal))
    }

    /// Kills a launch and resumes its entry. Returns the expected number of instances, and whether there was an entry.
    fn killed(&self, when: impl FnOnce(&Path, &mut Child)) -> (usize, bool) {
        let mut child = self.launch();
        when(&self.journal, &mut child);
        let _ = child.kill();
        let ran = finish(child);
        let ids = entries(&self.journal);
        for id in &ids {
            let mut command = self.emulator.cvm(&["resume", id]);
            let resumed = run(command.env("CVM_JOURNAL", &self.journal));
            assert_eq!(resumed.code, 0, "{}: {}", self.name, resumed.stderr);
            assert!(resumed.stdout.contains("InstanceIdSet"), "{}", resumed.stdout);
        }
        assert!(ids.len() <= 1 && entries(&self.journal).is_empty(), "{}", self.name);
        // Without an entry, the launch had ended and printed its response, or had not begun.
        let said = ran.stdout.contains("\"RequestId\"");
        (usize::from(said || !ids.is_empty()), !ids.is_empty())
    }
}

/// The median duration of a launch.
fn life(emulator: &Emulator) -> Duration {
    let mut lives: Vec<Duration> = (0..5)
        .map(|turn| {
            let began = Instant::now();
            let ran = finish(Round::new(emulator, format!("whole-{turn}")).launch());
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            began.elapsed()
        })
        .collect();
    lives.sort();
    lives[2]
}

#[test]
fn killed_launches_leave_at_most_one_instance() {
    let emulator = Emulator::start();
    let life = life(&emulator) * u32::try_from(SIDE_BY_SIDE).unwrap() / 2;
    // Each kill has its own part of the duration, with a random time within it; together they cover all of it.
    let seed = std::collections::hash_map::RandomState::new();
    let moment = |turn: usize| {
        use std::hash::BuildHasher as _;
        let random =
            f64::from(u32::try_from(seed.hash_one(turn) >> 32).unwrap()) / f64::from(u32::MAX);
        life.mul_f64((turn as f64 + random) / (KILLS - AT_THE_ENTRY) as f64 * 1.2)
    };
    let next = AtomicUsize::new(0);
    let wanted = Mutex::new(HashMap::new());
    // One launch is certainly in flight: the emulator is suspended until the launch is killed.
    let held = Round::new(&emulator, "held".into());
    signal(&emulator.child, "STOP");
    let (count, had_entry) = held.killed(|journal, child| {
        until("the entry is there", || !entries(journal).is_empty());
        child.kill().unwrap();
        signal(&emulator.child, "CONT");
    });
    assert!(had_entry);
    assert_eq!(count, 1);
    wanted.lock().unwrap().insert(held.name, count);
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let turn = next.fetch_add(1, Ordering::Relaxed);
                    if turn >= KILLS {
                        return;
                    }
                    let round = Round::new(&emulator, format!("kill-{turn}"));
                    let (count, _) = if turn < AT_THE_ENTRY {
                        round.killed(|journal, child| {
                            while entries(journal).is_empty() && child.try_wait().unwrap().is_none()
                            {
                                thread::sleep(Duration::from_micros(200));
                            }
                        })
                    } else {
                        round.killed(|_, _| thread::sleep(moment(turn - AT_THE_ENTRY)))
                    };
                    wanted.lock().unwrap().insert(round.name, count);
                }
            });
        }
    });
    let columns = ["--output", "text", "--columns", "InstanceName", "--Limit", "100", "--Offset"];
    let mut found: HashMap<String, usize> = HashMap::new();
    for offset in ["0", "100", "200"] {
        let ran = run(emulator.cvm(&["DescribeInstances"]).args(columns).arg(offset));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        for name in ran.stdout.lines() {
            *found.entry(name.to_owned()).or_default() += 1;
        }
    }
    let wanted = wanted.into_inner().unwrap();
    assert_eq!(wanted.len(), KILLS + 1);
    for (name, count) in &wanted {
        assert_eq!(found.get(name).copied().unwrap_or_default(), *count, "{name}");
    }
}
