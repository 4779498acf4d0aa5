//! The breaker case by case, and compared with a second, simpler model over random traces.

use super::*;

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn fail(breaker: &mut Breaker, second: u64, times: usize) {
    for _ in 0..times {
        let generation = breaker.admit(at(second), true).expect("closed");
        breaker.record(at(second), generation, Health::Failure);
    }
}

#[test]
fn five_failures_open_it_and_three_probes_close_it() {
    let mut breaker = Breaker::default();
    fail(&mut breaker, 0, 5);
    assert!(breaker.admit(at(29), true).is_none(), "open");
    assert!(breaker.admit(at(30), false).is_none(), "writes are no probes");
    for _ in 0..3 {
        let probe = breaker.admit(at(30), true).expect("a probe");
        assert!(
            breaker.admit(at(90), true).is_none(),
            "one probe at a time, however long it takes"
        );
        breaker.record(at(31), probe, Health::Success);
    }
    assert!(breaker.admit(at(31), false).is_some(), "closed");
}

#[test]
fn failed_probe_opens_it_and_ignored_probe_frees_the_slot() {
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
fn failure_rate_counts_only_the_last_minute() {
    let mixed = |gap: u64| {
        let mut breaker = Breaker::default();
        for index in 0..40 {
            let Some(generation) = breaker.admit(at(index * gap), true) else { return Some(index) };
            let health = if index % 4 == 0 { Health::Success } else { Health::Failure };
            breaker.record(at(index * gap), generation, health);
        }
        None
    };
    assert_eq!(mixed(1), Some(12), "the share of 11 results with 8 failures is too small");
    assert_eq!(mixed(7), None, "never 10 results in a minute");
}

#[test]
fn half_open_breaker_closes_without_probes() {
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
    for generation in &late {
        breaker.record(at(31), *generation, Health::Success);
    }
    let probe = breaker.admit(at(31), true).expect("still half-open, and the probe slot is free");
    for generation in late {
        breaker.record(at(32), generation, Health::Failure);
    }
    breaker.record(at(33), probe, Health::Success);
    assert!(breaker.admit(at(33), true).is_some(), "old failures did not open it");
}

#[tokio::test(start_paused = true)]
async fn dropped_permit_frees_the_probe_slot() {
    let breakers = Breakers::new();
    for _ in 0..5 {
        breakers.admit("host", true).unwrap().end(Health::Failure);
    }
    assert!(breakers.admit("host", true).is_none());
    assert!(breakers.admit("other", true).is_some(), "each host has its own breaker");
    tokio::time::advance(OPEN_DURATION).await;
    drop(breakers.admit("host", true).unwrap());
    assert!(breakers.admit("host", true).is_some());
}

/// The breaker a second time, written like its definition: it keeps every result and every change of state, and
/// computes the state from them.
#[derive(Default)]
struct Model {
    /// When it opened or closed, and the results since then.
    opened: Option<u64>,
    generation_number: usize,
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

    fn change_state(&mut self, opened: Option<u64>) {
        *self = Self { opened, generation_number: self.generation_number + 1, ..Self::default() };
    }

    /// The generation of the request, if it is let through.
    fn admit(&mut self, now: u64, is_read: bool) -> Option<(usize, &'static str)> {
        if self.phase(now) == "stale" {
            self.change_state(None);
        }
        let phase = self.phase(now);
        let admitted = phase == "closed" || (phase == "half-open" && is_read && !self.probing);
        self.probing |= admitted && phase == "half-open";
        admitted.then_some((self.generation_number, phase))
    }

    fn record(
        &mut self,
        now: u64,
        (generation_number, phase): (usize, &'static str),
        health: Health,
    ) {
        if generation_number != self.generation_number {
            return;
        }
        self.probing = false;
        if health == Health::Ignored {
            return;
        }
        self.results.push((now, health == Health::Failure));
        let good = self.results.iter().filter(|(_, bad)| !bad).count();
        if phase == "half-open" {
            if health == Health::Failure {
                self.change_state(Some(now));
            } else if good == 3 {
                self.change_state(None);
            }
            return;
        }
        let row = self.results.iter().rev().take_while(|(_, bad)| *bad).count();
        let recent: Vec<bool> =
            self.results.iter().filter(|(then, _)| now - then < 60).map(|(_, bad)| *bad).collect();
        let share = recent.iter().filter(|bad| **bad).count() as f64 / recent.len() as f64;
        if health == Health::Failure && (row >= 5 || (recent.len() >= 10 && share >= 0.75)) {
            self.change_state(Some(now));
        }
    }
}

#[test]
fn random_traces_match_the_model() {
    let random = crate::entropy::SeededEntropy::new(42);
    let roll = |sides: u64| random.below(sides);
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for _ in 0..10_000 {
        let (mut breaker, mut model) = (Breaker::default(), Model::default());
        let mut flying = Vec::new();
        let (mut now, failure_rate) = (roll(100), roll(100));
        for _ in 0..80 {
            now += if roll(12) == 0 { roll(40) } else { roll(3) };
            if roll(2) == 0 || flying.is_empty() {
                let is_read = roll(4) > 0;
                let ours = breaker.admit(at(now), is_read);
                let theirs = model.admit(now, is_read);
                assert_eq!(ours.is_some(), theirs.is_some(), "at {now}: {breaker:?}");
                *seen.entry(model.phase(now)).or_default() += 1;
                flying.extend(ours.zip(theirs));
            } else {
                let (generation, theirs) = flying.swap_remove(roll(flying.len() as u64) as usize);
                let health = match roll(100) {
                    0..10 => Health::Ignored,
                    dice if dice < 10 + failure_rate => Health::Failure,
                    _ => Health::Success,
                };
                *seen
                    .entry(if theirs.0 == model.generation_number { "timely" } else { "late" })
                    .or_default() += 1;
                breaker.record(at(now), generation, health);
                model.record(now, theirs, health);
            }
        }
    }
    for corner in ["closed", "open", "half-open", "timely", "late"] {
        assert!(seen.get(corner).is_some_and(|count| *count > 1_000), "{seen:?}");
    }
}
