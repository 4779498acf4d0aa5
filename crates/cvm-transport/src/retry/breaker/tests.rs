//! The machine, case by case, and beside a second, simpler model over random traces.

use super::*;

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn fail(breaker: &mut Breaker, second: u64, times: usize) {
    for _ in 0..times {
        let pass = breaker.admit(at(second), true).expect("closed");
        breaker.record(at(second), pass, Health::Failure);
    }
}

#[test]
fn five_failures_in_a_row_open_it_and_three_probes_close_it() {
    let mut breaker = Breaker::default();
    fail(&mut breaker, 0, 5);
    assert!(breaker.admit(at(29), true).is_none(), "open");
    assert!(breaker.admit(at(30), false).is_none(), "changes are no probes");
    for _ in 0..3 {
        let probe = breaker.admit(at(30), true).expect("a probe");
        assert!(breaker.admit(at(90), true).is_none(), "one at a time, however long it takes");
        breaker.record(at(31), probe, Health::Success);
    }
    assert!(breaker.admit(at(31), false).is_some(), "closed");
}

#[test]
fn a_failed_probe_opens_it_and_a_silent_one_makes_room() {
    let mut breaker = Breaker::default();
    fail(&mut breaker, 0, 5);
    let probe = breaker.admit(at(30), true).unwrap();
    breaker.record(at(31), probe, Health::Ignored);
    let probe = breaker.admit(at(32), true).unwrap();
    breaker.record(at(33), probe, Health::Failure);
    assert!(breaker.admit(at(62), true).is_none());
    assert!(breaker.admit(at(63), true).is_some());
}

#[test]
fn three_of_four_open_it_within_a_minute_only() {
    let mixed = |gap: u64| {
        let mut breaker = Breaker::default();
        for index in 0..40 {
            let Some(pass) = breaker.admit(at(index * gap), true) else { return Some(index) };
            let sign = if index % 4 == 0 { Health::Success } else { Health::Failure };
            breaker.record(at(index * gap), pass, sign);
        }
        None
    };
    assert_eq!(mixed(1), Some(12), "the share of 11 results with 8 failures is too small");
    assert_eq!(mixed(7), None, "never 10 results in a minute");
}

#[test]
fn nobody_is_shut_out_for_good() {
    let mut breaker = Breaker::default();
    fail(&mut breaker, 0, 5);
    assert!(breaker.admit(at(59), false).is_none());
    assert!(breaker.admit(at(60), false).is_some());
}

#[test]
fn late_results_do_not_count() {
    let mut breaker = Breaker::default();
    let late: Vec<Generation> = (0..9).map(|_| breaker.admit(at(0), true).unwrap()).collect();
    fail(&mut breaker, 0, 5);
    for pass in &late {
        breaker.record(at(31), *pass, Health::Success);
    }
    let probe = breaker.admit(at(31), true).expect("still half-open, and its slot is free");
    for pass in late {
        breaker.record(at(32), pass, Health::Failure);
    }
    breaker.record(at(33), probe, Health::Success);
    assert!(breaker.admit(at(33), true).is_some(), "failures of long ago did not open it");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_permit_frees_the_probe() {
    let breakers = Breakers::new();
    for _ in 0..5 {
        breakers.admit("host", true).unwrap().end(Health::Failure);
    }
    assert!(breakers.admit("host", true).is_none());
    assert!(breakers.admit("other", true).is_some(), "each host has its own");
    tokio::time::advance(OPEN_DURATION).await;
    drop(breakers.admit("host", true).unwrap());
    assert!(breakers.admit("host", true).is_some());
}

/// The breaker a second time, as its definition reads: it keeps every result and every change, and
/// computes from them.
#[derive(Default)]
struct Model {
    /// When it opened or closed, and what was noted since.
    opened: Option<u64>,
    age: usize,
    results: Vec<(u64, bool)>,
    probing: bool,
}

impl Model {
    fn phase(&self, now: u64) -> &'static str {
        match self.opened {
            None => "closed",
            Some(then) if now < then + 30 => "open",
            Some(then) if now < then + 60 || self.probing => "half-open",
            Some(_) => "stale",
        }
    }

    fn turn(&mut self, opened: Option<u64>) {
        *self = Self { opened, age: self.age + 1, ..Self::default() };
    }

    /// Which age the request belongs to, if it is let through.
    fn admit(&mut self, now: u64, is_reading: bool) -> Option<(usize, &'static str)> {
        if self.phase(now) == "stale" {
            self.turn(None);
        }
        let phase = self.phase(now);
        let admitted = phase == "closed" || (phase == "half-open" && is_reading && !self.probing);
        self.probing |= admitted && phase == "half-open";
        admitted.then_some((self.age, phase))
    }

    fn record(&mut self, now: u64, (age, phase): (usize, &'static str), sign: Health) {
        if age != self.age {
            return;
        }
        self.probing = false;
        if sign == Health::Ignored {
            return;
        }
        self.results.push((now, sign == Health::Failure));
        let good = self.results.iter().filter(|(_, bad)| !bad).count();
        if phase == "half-open" {
            if sign == Health::Failure {
                self.turn(Some(now));
            } else if good == 3 {
                self.turn(None);
            }
            return;
        }
        let row = self.results.iter().rev().take_while(|(_, bad)| *bad).count();
        let recent: Vec<bool> =
            self.results.iter().filter(|(then, _)| now - then < 60).map(|(_, bad)| *bad).collect();
        let share = recent.iter().filter(|bad| **bad).count() as f64 / recent.len() as f64;
        if sign == Health::Failure && (row >= 5 || (recent.len() >= 10 && share >= 0.75)) {
            self.turn(Some(now));
        }
    }
}

#[test]
fn ten_thousand_traces_go_by_the_model() {
    let random = crate::SeededEntropy::new(42);
    let roll = |sides: u64| random.below(sides);
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for _ in 0..10_000 {
        let (mut breaker, mut model) = (Breaker::default(), Model::default());
        let mut flying = Vec::new();
        let (mut now, badness) = (roll(100), roll(100));
        for _ in 0..80 {
            now += if roll(12) == 0 { roll(40) } else { roll(3) };
            if roll(2) == 0 || flying.is_empty() {
                let is_reading = roll(4) > 0;
                let ours = breaker.admit(at(now), is_reading);
                let theirs = model.admit(now, is_reading);
                assert_eq!(ours.is_some(), theirs.is_some(), "at {now}: {breaker:?}");
                *seen.entry(model.phase(now)).or_default() += 1;
                flying.extend(ours.zip(theirs));
            } else {
                let (pass, theirs) = flying.swap_remove(roll(flying.len() as u64) as usize);
                let sign = match roll(100) {
                    0..10 => Health::Ignored,
                    dice if dice < 10 + badness => Health::Failure,
                    _ => Health::Success,
                };
                *seen.entry(if theirs.0 == model.age { "timely" } else { "late" }).or_default() +=
                    1;
                breaker.record(at(now), pass, sign);
                model.record(now, theirs, sign);
            }
        }
    }
    for corner in ["closed", "open", "half-open", "timely", "late"] {
        assert!(seen.get(corner).is_some_and(|count| *count > 1_000), "{seen:?}");
    }
}
