//! The report and the progress of a wait.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cvm_protocol::{Model, Record, Value, json, member_named};

/// The progress of a wait.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WaitProgress {
    /// The state of each resource.
    pub report: WaitReport,
    /// The time since the wait began.
    pub elapsed: Duration,
}

impl WaitProgress {
    /// The number of resources in the target state.
    #[must_use]
    pub fn reached(&self) -> usize {
        self.report.reached().count()
    }

    /// The number of resources.
    #[must_use]
    pub fn total(&self) -> usize {
        self.report.resources.len()
    }

    /// The overall progress in percent: 100 for resources in the target state, the reported percentage for others.
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

/// The result of a wait for each resource.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WaitReport {
    /// The name of the waiter.
    pub waiter: &'static str,
    /// The resources, in the order of their ids.
    pub resources: Vec<WaitedResource>,
}

impl WaitReport {
    /// The resources in the target state.
    pub fn reached(&self) -> impl Iterator<Item = &WaitedResource> {
        self.with(WaitVerdict::Reached)
    }

    /// The resources that cannot reach it any more.
    pub fn failed(&self) -> impl Iterator<Item = &WaitedResource> {
        self.with(WaitVerdict::Failed)
    }

    /// The resources that may still reach it.
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
    /// The id.
    pub id: String,
    /// Whether the target state is reached.
    pub verdict: WaitVerdict,
    /// The latest state; `None` if the service does not list the resource, or lists it without a state.
    pub state: Option<String>,
    /// Why it failed, in the service's words.
    pub reason: Option<String>,
    /// The progress in percent, if the service reports it.
    pub percent: Option<f64>,
    pub(crate) item: Option<ListedItem>,
}

/// An item of a list. It shares the response, because most waits never ask for their items.
#[derive(Clone)]
pub(crate) struct ListedItem {
    response: Arc<Record>,
    items: &'static str,
    index: usize,
}

impl ListedItem {
    pub(crate) fn new(response: &Arc<Record>, items: &'static str, index: usize) -> Self {
        Self { response: Arc::clone(response), items, index }
    }

    pub(crate) fn model(&self) -> Option<&dyn Model> {
        match member_named(&*self.response, self.items) {
            Value::List(list) => match list.at(self.index) {
                Value::Object(item) => Some(item),
                _ => None,
            },
            _ => None,
        }
    }
}

impl fmt::Debug for ListedItem {
    /// Only the type: reports of waits are printed, and an item has dozens of members.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.model().map_or("nothing", |item| item.table().name))
    }
}

impl PartialEq for ListedItem {
    fn eq(&self, other: &Self) -> bool {
        let value = |item: &Self| item.model().map(json::to_value);
        value(self) == value(other)
    }
}

/// Whether a resource has reached the target state of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitVerdict {
    /// It may still reach it.
    Pending,
    /// It has reached it.
    Reached,
    /// It cannot reach it any more.
    Failed,
}

impl From<bool> for WaitVerdict {
    /// `true` is [`Reached`](Self::Reached), `false` is [`Pending`](Self::Pending).
    fn from(reached: bool) -> Self {
        if reached { Self::Reached } else { Self::Pending }
    }
}
