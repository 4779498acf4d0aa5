//! The dates of plans: when which timer or task has something to do next.

use std::collections::{BTreeSet, HashMap};

use crate::timestamp::Timestamp;
use crate::visits::count_one;

/// When which plan of one kind has something to do next; plans are known by the order in which they
/// were made. A plan has one date at most.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agenda {
    dates: BTreeSet<(Timestamp, u64)>,
    of: HashMap<u64, Timestamp>,
}

impl Agenda {
    pub(crate) fn add(&mut self, time: Timestamp, index: u64) {
        self.remove(index);
        self.dates.insert((time, index));
        self.of.insert(index, time);
    }

    /// Takes out whatever a plan had to do.
    pub(crate) fn remove(&mut self, index: u64) {
        count_one();
        if let Some(time) = self.of.remove(&index) {
            self.dates.remove(&(time, index));
        }
    }

    /// When there is something to do next.
    pub(crate) fn first(&self) -> Option<Timestamp> {
        self.dates.first().map(|(time, _)| *time)
    }

    /// Takes out the next plan that has something to do by a moment.
    pub(crate) fn next(&mut self, time: Timestamp) -> Option<u64> {
        self.first().filter(|first| *first <= time)?;
        let (_, index) = self.dates.pop_first()?;
        self.of.remove(&index);
        Some(index)
    }
}
