//! Timers that act on instances when their time comes, in one region.

use std::collections::{BTreeMap, HashMap, VecDeque};

use cvm_models::enums::ActionTimerStatus;
use cvm_models::types::ActionTimer;

use crate::clock::VirtualClock;
use crate::state::agenda::Agenda;
use crate::state::{Effect, Instances, Shared, StoredInstance};
use crate::timestamp::Timestamp;
use crate::visits::count_one;

/// The timers that are done and still listed; the newest of them.
const MAX_DONE: usize = 1_000;

/// Timers that act on instances when their time comes.
#[derive(Clone, Debug, Default)]
pub(crate) struct ActionTimers {
    /// By the order in which they were made.
    timers: BTreeMap<u64, Shared<Timer>>,
    made: u64,
    agenda: Agenda,
    /// The place of each timer.
    indexes: HashMap<String, u64>,
    /// The place of the timer that is to end an instance, or is at it. An instance has one at most.
    open: HashMap<String, u64>,
    /// The places of those that are done, in the order in which they were.
    done: VecDeque<u64>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Timer {
    pub(crate) id: String,
    pub(crate) instance_id: String,
    /// As the API shows it.
    pub(crate) api: ActionTimer,
    /// When it is to act.
    pub(crate) at: Timestamp,
    /// Whether it has acted: what it began may go on for a while.
    has_acted: bool,
}

impl Timer {
    /// A timer that waits for its time.
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

    /// Does what is due; returns when there is something to do again.
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
            // A protected instance is left alone, as by TerminateInstances.
            if !self.has_acted && !instance.api.disable_api_termination {
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
    /// Takes in a timer.
    pub(crate) fn plan(&mut self, timer: Timer) {
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

    /// The timer of an id.
    pub(crate) fn find(&self, id: &str) -> Option<&Timer> {
        count_one();
        self.timers.get(self.indexes.get(id)?).map(|timer| &**timer)
    }

    /// The timer that is to end an instance, or is at it.
    pub(crate) fn of(&self, instance_id: &str) -> Option<&Timer> {
        count_one();
        self.timers.get(self.open.get(instance_id)?).map(|timer| &**timer)
    }

    /// Takes back timers that still wait.
    pub(crate) fn cancel(&mut self, ids: &[String]) {
        for id in ids {
            if let Some(index) = self.indexes.get(id).copied() {
                self.remove_waiting(index);
            }
        }
    }

    /// Drops what waits for an instance that has ended.
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

    /// When the next has something to do.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.agenda.first()
    }

    /// Lets every timer act that is due, in the order in which they were made.
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
