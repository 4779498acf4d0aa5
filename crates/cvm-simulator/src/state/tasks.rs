//! Maintenance tasks in one region.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use cvm_models::enums::{InstanceState, RepairTaskAuthSource, RepairTaskProduct};
use cvm_models::types::RepairTaskInfo;

use crate::clock::VirtualClock;
use crate::state::agenda::Agenda;
use crate::state::operation::REPAIR;
use crate::state::{Effect, Instances, StoredInstance};
use crate::visits::count_one;
use crate::{Repair, Timestamp};

/// How long work takes that interrupts nothing. Otherwise it takes as long as its operation.
const QUIET_WORK: Duration = Duration::from_secs(60);

/// Maximum number of ended tasks that are still listed.
const MAX_ENDED: usize = 1_000;

/// The maintenance tasks of a region.
#[derive(Clone, Debug, Default)]
pub(crate) struct RepairTasks {
    /// In the order of announcement.
    tasks: BTreeMap<u64, RepairTask>,
    announced: u64,
    agenda: Agenda,
    /// The index of each task.
    indexes: HashMap<String, u64>,
    /// The indexes of the open tasks of each instance.
    open: HashMap<String, BTreeSet<u64>>,
    /// The indexes of ended tasks, in the order in which they ended.
    ended: VecDeque<u64>,
}

/// A maintenance task.
#[derive(Clone, Debug)]
pub(crate) struct RepairTask {
    /// The task in the form of the API.
    pub(crate) api: RepairTaskInfo,
    pub(crate) announced: Timestamp,
    /// When the platform starts without approval.
    pub(crate) deadline: Option<Timestamp>,
    /// Whether it interrupts a running instance.
    interrupts: bool,
}

/// The stage of a task, which determines its three states: of the task, the device and the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting = 1,
    Working = 2,
    Ended = 3,
    Booked = 4,
    Canceled = 5,
}

impl RepairTask {
    /// The task of an announcement.
    pub(crate) fn new(
        id: String,
        repair: &Repair,
        instance: &StoredInstance,
        now: Timestamp,
    ) -> Self {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let api = RepairTaskInfo {
            task_id: id,
            instance_id: instance.id.to_string(),
            alias: Some(instance.name.to_string()),
            task_type_id: repair.reason.id(),
            task_type_name: repair.reason.title().to_owned(),
            create_time: now.with_space(),
            task_detail: repair.detail.clone(),
            zone: Some(instance.zone.to_string()),
            region: Some(repair.region.clone()),
            vpc_id: given(&instance.vpc_id),
            subnet_id: given(&instance.subnet_id),
            wan_ip: instance.public_addresses().next().map(|it| it.to_string()),
            lan_ip: instance.private_address.map(|it| it.to_string()),
            product: Some(RepairTaskProduct::Cvm),
            auth_type: repair.method.id(),
            auth_source: RepairTaskAuthSource::WaitingAuth,
            ..RepairTaskInfo::default()
        };
        let deadline = repair.deadline.map(|span| now.after(span));
        let interrupts = repair.method.interrupts();
        let mut task = Self { api, announced: now, deadline, interrupts };
        task.enter(Stage::Waiting);
        task
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.api.task_status == Stage::Waiting as u64
    }

    fn enter(&mut self, stage: Stage) {
        self.api.task_status = stage as u64;
        self.api.device_status = stage as u64;
        self.api.operate_status = stage as u64;
    }

    fn end(&mut self, stage: Stage, time: Timestamp) {
        self.enter(stage);
        self.api.end_time = Some(time.with_space());
    }

    fn authorize(&mut self, source: RepairTaskAuthSource, now: Timestamp) {
        self.api.auth_source = source;
        self.api.auth_time = Some(now.with_space());
        self.enter(Stage::Booked);
    }

    /// Does what is due. Returns the time of the next step.
    fn act(
        &mut self,
        instances: &mut Instances,
        clock: &VirtualClock,
        time: Timestamp,
    ) -> Option<Timestamp> {
        if self.api.task_status == Stage::Working as u64 {
            self.end(Stage::Ended, time);
            return None;
        }
        if self.is_waiting() {
            self.authorize(RepairTaskAuthSource::SystemMandatoryAuth, time);
        }
        let serial = instances.serial(&self.api.instance_id)?;
        let instance = instances.get(serial)?;
        if self.interrupts {
            if let Some(free) = instance.busy_until() {
                return Some(free);
            }
            if instance.state == InstanceState::Running {
                self.enter(Stage::Working);
                instances.begin(serial, &REPAIR, Effect::None, None, (clock, time));
                return instances.get(serial).and_then(StoredInstance::busy_until);
            }
        }
        self.enter(Stage::Working);
        Some(time.after(clock.delay(QUIET_WORK)))
    }
}

impl RepairTasks {
    /// Adds a task.
    pub(crate) fn announce(&mut self, task: RepairTask) {
        let index = self.announced;
        if let Some(deadline) = task.deadline {
            self.agenda.add(deadline, index);
        }
        self.indexes.insert(task.api.task_id.clone(), index);
        self.open.entry(task.api.instance_id.clone()).or_default().insert(index);
        self.tasks.insert(index, task);
        self.announced += 1;
    }

    /// All tasks, the oldest first.
    pub(crate) fn oldest_first(&self) -> impl Iterator<Item = &RepairTask> {
        self.tasks.values().inspect(|_| count_one())
    }

    /// The task with this id.
    pub(crate) fn find(&self, task_id: &str) -> Option<&RepairTask> {
        count_one();
        self.tasks.get(self.indexes.get(task_id)?)
    }

    /// Approves the work on a task, from this time on.
    pub(crate) fn authorize(&mut self, task_id: &str, begins: Timestamp, now: Timestamp) {
        count_one();
        let Some(index) = self.indexes.get(task_id).copied() else { return };
        let Some(task) = self.tasks.get_mut(&index) else { return };
        task.authorize(RepairTaskAuthSource::CustomerAuth, now);
        self.agenda.add(begins, index);
    }

    /// Cancels the open tasks of an instance that was removed.
    pub(crate) fn forget_instance(&mut self, instance_id: &str, ended: Timestamp) {
        count_one();
        for index in self.open.remove(instance_id).into_iter().flatten() {
            if let Some(task) = self.tasks.get_mut(&index) {
                task.end(Stage::Canceled, ended);
                self.agenda.remove(index);
                self.ended.push_back(index);
            }
        }
        self.forget_oldest();
    }

    /// When the next task has something to do.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.agenda.first()
    }

    /// Runs every task that is due, in the order of announcement.
    pub(crate) fn act(&mut self, instances: &mut Instances, clock: &VirtualClock, now: Timestamp) {
        let mut again = Vec::new();
        while let Some(index) = self.agenda.next(now) {
            let Some(task) = self.tasks.get_mut(&index) else { continue };
            again.extend(task.act(instances, clock, now).map(|time| (time, index)));
            if task.api.end_time.is_some() {
                self.ended.push_back(index);
                if let Some(open) = self.open.get_mut(&task.api.instance_id) {
                    open.remove(&index);
                    if open.is_empty() {
                        self.open.remove(&task.api.instance_id);
                    }
                }
            }
        }
        again.into_iter().for_each(|(time, index)| self.agenda.add(time, index));
        self.forget_oldest();
    }

    fn forget_oldest(&mut self) {
        while self.ended.len() > MAX_ENDED {
            let oldest = self.ended.pop_front().and_then(|index| self.tasks.remove(&index));
            if let Some(task) = oldest {
                self.indexes.remove(&task.api.task_id);
            }
        }
    }
}
