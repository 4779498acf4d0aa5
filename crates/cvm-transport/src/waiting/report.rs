//! What a wait knows of each resource, while it goes on and when it has ended.

use std::time::Duration;

/// How far a wait is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WaitProgress {
    /// What is known of each id.
    pub report: WaitReport,
    /// Since the wait began.
    pub elapsed: Duration,
}

impl WaitProgress {
    /// How many resources reached the goal.
    #[must_use]
    pub fn reached(&self) -> usize {
        self.report.reached().count()
    }

    /// How many resources there are.
    #[must_use]
    pub fn total(&self) -> usize {
        self.report.resources.len()
    }

    /// How far all of it is, from 0 to 100: those that reached the goal, and what the others tell.
    #[must_use]
    pub fn percent(&self) -> f64 {
        let each = self.report.resources.iter().map(|resource| match resource.verdict {
            WaitVerdict::Reached => 100.0,
            _ => resource.percent.unwrap_or(0.0).clamp(0.0, 100.0),
        });
        let total = self.total();
        if total == 0 { 100.0 } else { each.sum::<f64>() / total as f64 }
    }
}

/// What is known of each id of a wait.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WaitReport {
    /// The name of the waiter.
    pub waiter: &'static str,
    /// The resources, in the order of their ids.
    pub resources: Vec<WaitedResource>,
}

impl WaitReport {
    /// Those that reached the goal.
    pub fn reached(&self) -> impl Iterator<Item = &WaitedResource> {
        self.with(WaitVerdict::Reached)
    }

    /// Those that cannot reach it any more.
    pub fn failed(&self) -> impl Iterator<Item = &WaitedResource> {
        self.with(WaitVerdict::Failed)
    }

    /// Those that may still reach it.
    pub fn pending(&self) -> impl Iterator<Item = &WaitedResource> {
        self.with(WaitVerdict::Pending)
    }

    fn with(&self, verdict: WaitVerdict) -> impl Iterator<Item = &WaitedResource> {
        self.resources.iter().filter(move |resource| resource.verdict == verdict)
    }
}

/// One resource of a wait.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WaitedResource {
    /// Its id.
    pub id: String,
    /// What its state means for the goal.
    pub verdict: WaitVerdict,
    /// Its latest state; `None` while the service has not listed it, or lists it without a state.
    pub state: Option<String>,
    /// Why it failed, in the service's words.
    pub reason: Option<String>,
    /// How far it is, in percent, where the service tells.
    pub percent: Option<f64>,
}

/// What a state means for the goal of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitVerdict {
    /// The goal may still be reached.
    Pending,
    /// The goal is reached.
    Reached,
    /// The goal cannot be reached any more.
    Failed,
}
