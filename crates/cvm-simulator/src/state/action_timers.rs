//! Timers that terminate instances, in one region.

use std::collections::{BTreeMap, HashMap, VecDeque};

use cvm_models::enums::ActionTimerStatus;
use cvm_models::types::ActionTimer;

use crate::clock::VirtualClock;
use crate::state::agenda::Agenda;
use crate::state::{Effect, Instances, Shared, StoredInstance};
use crate::timestamp::Timestamp;
use crate::visits::count_one;

/// Maximum number of completed timers that are still listed.
const MAX_DONE: usize = 1_000;

/// Timers that terminate instances.
#[derive(Clone, Debug, Default)]
pub(crate) struct ActionTimers {
    /// In the order of their creation.
    timers: BTreeMap<u64, Shared<Timer>>,
    made: u64,
    agenda: Agenda,
    /// The index of each timer.
    indexes: HashMap<String, u64>,
    /// The index of the open timer of each instance, which is waiting or terminating it. An instance has at most one.
    open: HashMap<String, u64>,
    /// The indexes of completed timers, in the order of completion.
    done: VecDeque<u64>,
}

/// A timer.
#[derive(Clone, Debug)]
pub(crate) struct Timer {
    pub(crate) id: String,
    pub(crate) instance_id: String,
    /// The timer in the form of the API.
    pub(crate) api: ActionTimer,
    /// When it is due.
    pub(crate) at: Timestamp,
    /// Whether it has started the termination, which can still be running.
    has_acted: bool,
}

impl Timer {
    /// A waiting timer.
    pub(crate) fn new(
        id: String,
        instance_id: String,
        requested: &ActionTimer,
        at: Timestamp,
    ) -> Self {
        let api = ActionTimer {
            action_timer_id: Some(id.clone()),
            instance_id: Some(instance_id.clone()),
            action_time: Some(at.to_string()),
            status: Some(ActionTimerStatus::Undo),
            ..requested.clone()
        };
        Self { id, instance_id, api, at, has_acted: false }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.api.status == Some(ActionTimerStatus::Undo)
    }

    /// Does what is due. Returns the time of the next step.
    fn act(
        &mut self,
        instances: &mut Instances,
        clock: &VirtualClock,
        time: Timestamp,
    ) -> Option<Timestamp> {
        self.api.status = Some(ActionTimerStatus::Doing);
        let serial = instances.serial(&self.instance_id);
        let found = serial.and_then(|serial| Some((serial, instances.get(serial)?)));
        if let Some((serial, instance)) = found {
            if let Some(free) = instance.busy_until() {
                return Some(free);
            }
            // An instance with an open timer cannot be protected from termination, so no check is needed here.
            if !self.has_acted {
                self.has_acted = true;
                let operation = instance.termination();
                instances.begin(serial, operation, Effect::None, None, (clock, time));
                return instances.get(serial).and_then(StoredInstance::busy_until);
            }
        }
        self.api.status = Some(ActionTimerStatus::Done);
        None
    }
}

impl ActionTimers {
    /// Adds a timer.
    pub(crate) fn add(&mut self, timer: Timer) {
        self.agenda.add(timer.at, self.made);
        self.indexes.insert(timer.id.clone(), self.made);
        self.open.insert(timer.instance_id.clone(), self.made);
        self.timers.insert(self.made, Shared::new(timer));
        self.made += 1;
    }

    /// All timers, the newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Timer> {
        self.timers.values().rev().map(|timer| &**timer).inspect(|_| count_one())
    }

    /// The timer with this id.
    pub(crate) fn find(&self, id: &str) -> Option<&Timer> {
        count_one();
        self.timers.get(self.indexes.get(id)?).map(|timer| &**timer)
    }

    /// The open timer of an instance, which is waiting or terminating it.
    pub(crate) fn of(&self, instance_id: &str) -> Option<&Timer> {
        count_one();
        self.timers.get(self.open.get(instance_id)?).map(|timer| &**timer)
    }

    /// Cancels timers that are waiting.
    pub(crate) fn cancel(&mut self, ids: &[String]) {
        for id in ids {
            if let Some(index) = self.indexes.get(id).copied() {
                self.remove_waiting(index);
            }
        }
    }

    /// Removes the waiting timer of an instance that was removed.
    pub(crate) fn forget_instance(&mut self, instance_id: &str) {
        count_one();
        if let Some(index) = self.open.get(instance_id).copied() {
            self.remove_waiting(index);
        }
    }

    fn remove_waiting(&mut self, index: u64) {
        count_one();
        if self.timers.get(&index).is_some_and(|timer| timer.is_waiting())
            && let Some(timer) = self.timers.remove(&index)
        {
            self.indexes.remove(&timer.id);
            self.open.remove(&timer.instance_id);
            self.agenda.remove(index);
        }
    }

    /// When the next timer has something to do.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.agenda.first()
    }

    /// Runs every timer that is due, in the order of creation.
    pub(crate) fn act(&mut self, instances: &mut Instances, clock: &VirtualClock, now: Timestamp) {
        let mut again = Vec::new();
        while let Some(index) = self.agenda.next(now) {
            let Some(timer) = self.timers.get_mut(&index) else { continue };
            match timer.act(instances, clock, now) {
                Some(time) => again.push((time, index)),
                None => {
                    self.open.remove(&timer.instance_id);
                    self.done.push_back(index);
                }
            }
        }
        again.into_iter().for_each(|(time, index)| self.agenda.add(time, index));
        while self.done.len() > MAX_DONE {
            let oldest = self.done.pop_front().and_then(|index| self.timers.remove(&index));
            if let Some(timer) = oldest {
                self.indexes.remove(&timer.id);
            }
        }
    }
}
