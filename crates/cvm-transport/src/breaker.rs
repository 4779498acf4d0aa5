//! Whether a host is worth calling: a circuit breaker as a pure state machine that is told the time.
//!
//! | state | lets through | until |
//! |---|---|---|
//! | closed | everything | 5 failures in a row, or 75 % of at least 10 results within 60 s |
//! | open | nothing | 30 s are over |
//! | half-open | one reading at a time, the *probe* | 3 probes succeed (closed), one fails (open) |
//!
//! Only transport failures count, and only plain success speaks against them: a refusal or a throttle
//! is the service's word about a request and not about the host. A result counts only in the state that
//! let its request through; each change of state begins a new *generation*, so what comes late is
//! ignored. A half-open breaker that nobody probed for 30 s closes: its evidence is a minute old by
//! then, and a program that never reads must not be shut out for good.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row that open it.
const IN_A_ROW: u32 = 5;
/// Fewest results within the window from which a share is taken.
const LEAST_RESULTS: u32 = 10;
/// Seconds for which a result counts in the share.
const WINDOW: u64 = 60;
/// How long it stays open, and how long it waits half-open for a probe.
const REST: Duration = Duration::from_secs(30);
/// Successful probes that close it.
const PROBES: u32 = 3;

/// What a request says about the host that it went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Good,
    Bad,
    /// Nothing: refused, throttled, or given up.
    Silent,
}

/// The right to send one request, good for one generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pass(u64);

/// The machine of one host.
#[derive(Debug, Default)]
struct Breaker {
    generation: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    Closed { in_a_row: u32, window: Window },
    Open { until: Duration },
    HalfOpen { since: Duration, probing: bool, good: u32 },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { in_a_row: 0, window: Window::default() }
    }
}

impl Breaker {
    /// Lets a request through, or not.
    fn admit(&mut self, now: Duration, is_reading: bool) -> Option<Pass> {
        if let State::Open { until } = self.state
            && now >= until
        {
            self.enter(State::HalfOpen { since: until, probing: false, good: 0 });
        }
        if let State::HalfOpen { since, probing: false, .. } = self.state
            && now >= since.saturating_add(REST)
        {
            self.enter(State::default());
        }
        let admitted = match &mut self.state {
            State::Closed { .. } => true,
            State::Open { .. } => false,
            State::HalfOpen { probing, .. } => is_reading && !std::mem::replace(probing, true),
        };
        admitted.then_some(Pass(self.generation))
    }

    /// Takes in what became of a request that was let through.
    fn record(&mut self, now: Duration, pass: Pass, sign: Sign) {
        if pass.0 != self.generation {
            return;
        }
        let next = match &mut self.state {
            State::Closed { in_a_row, window } => match sign {
                Sign::Silent => None,
                Sign::Good => {
                    *in_a_row = 0;
                    window.add(now.as_secs(), sign);
                    None
                }
                Sign::Bad => {
                    *in_a_row = in_a_row.saturating_add(1);
                    window.add(now.as_secs(), sign);
                    (*in_a_row >= IN_A_ROW || window.is_bad(now.as_secs()))
                        .then(|| State::Open { until: now.saturating_add(REST) })
                }
            },
            State::Open { .. } => None,
            State::HalfOpen { probing, good, .. } => {
                *probing = false;
                match sign {
                    Sign::Silent => None,
                    Sign::Good => {
                        *good += 1;
                        (*good >= PROBES).then(State::default)
                    }
                    Sign::Bad => Some(State::Open { until: now.saturating_add(REST) }),
                }
            }
        };
        if let Some(state) = next {
            self.enter(state);
        }
    }

    fn enter(&mut self, state: State) {
        self.generation = self.generation.wrapping_add(1);
        self.state = state;
    }
}

/// The results of the last minute, a bucket for each second.
#[derive(Debug)]
struct Window(Box<[Bucket; WINDOW as usize]>);

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    second: u64,
    good: u32,
    bad: u32,
}

impl Default for Window {
    fn default() -> Self {
        Self(Box::new([Bucket::default(); WINDOW as usize]))
    }
}

impl Window {
    fn add(&mut self, second: u64, sign: Sign) {
        let at = usize::try_from(second % WINDOW).unwrap_or_default();
        let Some(bucket) = self.0.get_mut(at) else { return };
        if bucket.second != second {
            *bucket = Bucket { second, ..Bucket::default() };
        }
        let count = if sign == Sign::Bad { &mut bucket.bad } else { &mut bucket.good };
        *count = count.saturating_add(1);
    }

    fn is_bad(&self, second: u64) -> bool {
        let (mut all, mut bad) = (0_u32, 0_u32);
        for bucket in self.0.iter().filter(|bucket| bucket.second + WINDOW > second) {
            all = all.saturating_add(bucket.good).saturating_add(bucket.bad);
            bad = bad.saturating_add(bucket.bad);
        }
        all >= LEAST_RESULTS && u64::from(bad) * 4 >= u64::from(all) * 3
    }
}

/// The breakers of all hosts that a client and its clones call.
#[derive(Debug)]
pub(crate) struct Breakers {
    began: Instant,
    hosts: Mutex<HashMap<Box<str>, Breaker>>,
}

impl Breakers {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), hosts: Mutex::default() }
    }

    /// Lets a request to this host through, or not.
    pub(crate) fn admit<'a>(&'a self, authority: &'a str, is_reading: bool) -> Option<Permit<'a>> {
        let pass = self.with(authority, |breaker, now| breaker.admit(now, is_reading))?;
        Some(Permit { breakers: self, authority, pass, sign: Sign::Silent })
    }

    fn with<T>(&self, authority: &str, work: impl FnOnce(&mut Breaker, Duration) -> T) -> T {
        let now = self.began.elapsed();
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        work(hosts.entry(authority.into()).or_default(), now)
    }
}

/// One request that was let through. Dropped without a word, as when the caller gives up, it counts for
/// nothing and makes room for the next probe.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    breakers: &'a Breakers,
    authority: &'a str,
    pass: Pass,
    sign: Sign,
}

impl Permit<'_> {
    pub(crate) fn end(mut self, sign: Sign) {
        self.sign = sign;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.breakers
            .with(self.authority, |breaker, now| breaker.record(now, self.pass, self.sign));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn fail(breaker: &mut Breaker, second: u64, times: usize) {
        for _ in 0..times {
            let pass = breaker.admit(at(second), true).expect("closed");
            breaker.record(at(second), pass, Sign::Bad);
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
            breaker.record(at(31), probe, Sign::Good);
        }
        assert!(breaker.admit(at(31), false).is_some(), "closed");
    }

    #[test]
    fn a_failed_probe_opens_it_and_a_silent_one_makes_room() {
        let mut breaker = Breaker::default();
        fail(&mut breaker, 0, 5);
        let probe = breaker.admit(at(30), true).unwrap();
        breaker.record(at(31), probe, Sign::Silent);
        let probe = breaker.admit(at(32), true).unwrap();
        breaker.record(at(33), probe, Sign::Bad);
        assert!(breaker.admit(at(62), true).is_none());
        assert!(breaker.admit(at(63), true).is_some());
    }

    #[test]
    fn three_of_four_open_it_within_a_minute_only() {
        let mixed = |gap: u64| {
            let mut breaker = Breaker::default();
            for index in 0..40 {
                let Some(pass) = breaker.admit(at(index * gap), true) else { return Some(index) };
                let sign = if index % 4 == 0 { Sign::Good } else { Sign::Bad };
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
        let late: Vec<Pass> = (0..9).map(|_| breaker.admit(at(0), true).unwrap()).collect();
        fail(&mut breaker, 0, 5);
        for pass in &late {
            breaker.record(at(31), *pass, Sign::Good);
        }
        let probe = breaker.admit(at(31), true).expect("still half-open, and its slot is free");
        for pass in late {
            breaker.record(at(32), pass, Sign::Bad);
        }
        breaker.record(at(33), probe, Sign::Good);
        assert!(breaker.admit(at(33), true).is_some(), "failures of long ago did not open it");
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_permit_frees_the_probe() {
        let breakers = Breakers::new();
        for _ in 0..5 {
            breakers.admit("host", true).unwrap().end(Sign::Bad);
        }
        assert!(breakers.admit("host", true).is_none());
        assert!(breakers.admit("other", true).is_some(), "each host has its own");
        tokio::time::advance(REST).await;
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
            let admitted =
                phase == "closed" || (phase == "half-open" && is_reading && !self.probing);
            self.probing |= admitted && phase == "half-open";
            admitted.then_some((self.age, phase))
        }

        fn record(&mut self, now: u64, (age, phase): (usize, &'static str), sign: Sign) {
            if age != self.age {
                return;
            }
            self.probing = false;
            if sign == Sign::Silent {
                return;
            }
            self.results.push((now, sign == Sign::Bad));
            let good = self.results.iter().filter(|(_, bad)| !bad).count();
            if phase == "half-open" {
                if sign == Sign::Bad {
                    self.turn(Some(now));
                } else if good == 3 {
                    self.turn(None);
                }
                return;
            }
            let row = self.results.iter().rev().take_while(|(_, bad)| *bad).count();
            let recent: Vec<bool> = self
                .results
                .iter()
                .filter(|(then, _)| now - then < 60)
                .map(|(_, bad)| *bad)
                .collect();
            let share = recent.iter().filter(|bad| **bad).count() as f64 / recent.len() as f64;
            if sign == Sign::Bad && (row >= 5 || (recent.len() >= 10 && share >= 0.75)) {
                self.turn(Some(now));
            }
        }
    }

    #[test]
    fn ten_thousand_traces_go_by_the_model() {
        let dice = crate::SeededEntropy::new(42);
        let roll = |sides: u64| crate::entropy::random(&dice).unwrap() % sides;
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
                        0..10 => Sign::Silent,
                        dice if dice < 10 + badness => Sign::Bad,
                        _ => Sign::Good,
                    };
                    *seen
                        .entry(if theirs.0 == model.age { "timely" } else { "late" })
                        .or_default() += 1;
                    breaker.record(at(now), pass, sign);
                    model.record(now, theirs, sign);
                }
            }
        }
        for corner in ["closed", "open", "half-open", "timely", "late"] {
            assert!(seen.get(corner).is_some_and(|count| *count > 1_000), "{seen:?}");
        }
    }
}
