//! Runs cases concurrently, and a case that failed because of timing once more: alone, with short timeouts 20
//! times as long. Only the second result counts then. So no case depends on the speed of the machine.

use std::future::Future;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Cases that run at the same time, in all tests of this program together. They wait more than they work.
const AT_ONCE: u32 = 72;
/// The slots of a case with short timeouts: fewer of them run at the same time.
const SLOTS_WITH_SHORT_TIMEOUTS: u32 = 3;

static SLOTS: Semaphore = Semaphore::const_new(AT_ONCE as usize);

/// The factor for the short timeouts of a client and for the pauses of a dripping server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeScale(u32);

impl TimeScale {
    pub const NORMAL: Self = Self(1);
    pub const SLOW: Self = Self(20);

    pub fn of(self, time: Duration) -> Duration {
        time * self.0
    }
}

/// The rules that a case breaks.
#[derive(Debug, Default)]
pub struct BrokenRules {
    /// Rules that hold at any speed: the effects, and what was reported about them.
    require: Vec<String>,
    /// Rules that a slow machine can break: a call may reach a short timeout before the fault.
    require_in_time: Vec<String>,
}

impl BrokenRules {
    pub fn require(&mut self, holds: bool, rule: &str) {
        if !holds {
            self.require.push(rule.to_owned());
        }
    }

    pub fn require_in_time(&mut self, holds: bool, rule: &str) {
        if !holds {
            self.require_in_time.push(rule.to_owned());
        }
    }

    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.require.iter().chain(&self.require_in_time).map(String::as_str)
    }

    /// The failure of a case with or without short timeouts, formatted by `report`.
    pub fn failure(
        &self,
        has_short_timeouts: bool,
        report: impl FnOnce(&str) -> String,
    ) -> Option<Failure> {
        let rules: Vec<&str> = self.rules().collect();
        (!rules.is_empty()).then(|| Failure {
            text: report(&rules.join("; ")),
            is_timing_failure: has_short_timeouts && self.require.is_empty(),
        })
    }
}

/// A failed case.
#[derive(Debug)]
pub struct Failure {
    pub text: String,
    /// Whether a slow machine can be the reason.
    pub is_timing_failure: bool,
}

/// Runs every case. Returns the failures that count.
pub async fn run_all<C, F>(
    cases: Vec<C>,
    has_short_timeouts: impl Fn(&C) -> bool,
    run: fn(C, TimeScale) -> F,
) -> Vec<String>
where
    C: Clone + Send + 'static,
    F: Future<Output = Option<Failure>> + Send + 'static,
{
    let mut running = JoinSet::new();
    for case in cases {
        let slots = if has_short_timeouts(&case) { SLOTS_WITH_SHORT_TIMEOUTS } else { 1 };
        let slot = SLOTS.acquire_many(slots).await.unwrap();
        running.spawn(async move {
            let failure = run(case.clone(), TimeScale::NORMAL).await;
            drop(slot);
            (case, failure)
        });
    }
    let (mut failures, mut timing_failures) = (Vec::new(), Vec::new());
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok((_, None)) => {}
            Ok((case, Some(failure))) if failure.is_timing_failure => timing_failures.push(case),
            Ok((_, Some(failure))) => failures.push(failure.text),
            Err(panic) => failures.push(format!("a case panicked: {panic}")),
        }
    }
    println!("{} cases run a second time", timing_failures.len());
    for case in timing_failures {
        let _alone = SLOTS.acquire_many(AT_ONCE).await.unwrap();
        failures.extend(run(case, TimeScale::SLOW).await.map(|failure| failure.text));
    }
    failures
}

/// A case that would pass the second time.
async fn slow_once(name: &'static str, scale: TimeScale) -> Option<Failure> {
    let mut broken = BrokenRules::default();
    let is_slow = scale == TimeScale::NORMAL;
    match name {
        "wrong" => broken.require(!is_slow, "at any speed"),
        "hangs" => broken.require_in_time(false, "ever"),
        _ => broken.require_in_time(!is_slow, "in time"),
    }
    broken.failure(name != "patient", |rules| format!("{name}: {rules}"))
}

#[tokio::test]
async fn only_timing_failures_run_again() {
    let mut failures =
        run_all(vec!["slow", "wrong", "hangs", "patient"], |_| true, slow_once).await;
    failures.sort();
    assert_eq!(failures, ["hangs: ever", "patient: in time", "wrong: at any speed"]);
}
