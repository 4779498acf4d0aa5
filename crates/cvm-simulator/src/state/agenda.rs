//! The agenda of timers and tasks: when each of them has something to do next.

use std::collections::{BTreeSet, HashMap};

use crate::timestamp::Timestamp;
use crate::visits::count_one;

/// The next time of each timer or task of one kind, by its index. Each has at most one.
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

    /// Removes the entry of a timer or task.
    pub(crate) fn remove(&mut self, index: u64) {
        count_one();
        if let Some(time) = self.of.remove(&index) {
            self.dates.remove(&(time, index));
        }
    }

    /// The first time in the agenda.
    pub(crate) fn first(&self) -> Option<Timestamp> {
        self.dates.first().map(|(time, _)| *time)
    }

    /// Removes and returns the next index that is due at this time.
    pub(crate) fn next(&mut self, time: Timestamp) -> Option<u64> {
        self.first().filter(|first| *first <= time)?;
        let (_, index) = self.dates.pop_first()?;
        self.of.remove(&index);
        Some(index)
    }
}
