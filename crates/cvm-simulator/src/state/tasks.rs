//! Maintenance that awaits the customer, in one region.

use crate::clock::VirtualClock;
use crate::state::agenda::Agenda;
use crate::state::operation::REPAIR;
use crate::state::{Effect, Instances, StoredInstance};
use crate::visits::count_one;
use crate::{Repair, Timestamp};
use cvm_models::enums::{InstanceState, RepairTaskAuthSource, RepairTaskProduct};
use cvm_models::types::{Instance, RepairTaskInfo};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

/// How long work takes that interrupts nothing; what interrupts takes as long as its course.
const QUIET_WORK: Duration = Duration::from_secs(60);

/// The tasks that have ended and are still listed; the newest of them.
const MAX_ENDED: usize = 1_000;

/// Maintenance that awaits the customer.
#[derive(Clone, Debug, Default)]
pub(crate) struct RepairTasks {
    /// By the order in which they were announced.
    tasks: BTreeMap<u64, RepairTask>,
    announced: u64,
    agenda: Agenda,
    /// The place of each task.
    indexes: HashMap<String, u64>,
    /// The places of the tasks of an instance that have not ended.
    open: HashMap<String, BTreeSet<u64>>,
    /// The places of those that have ended, in the order in which they did.
    ended: VecDeque<u64>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct RepairTask {
    /// As the API shows it.
    pub(crate) api: RepairTaskInfo,
    pub(crate) announced: Timestamp,
    /// When the platform begins without being told.
    pub(crate) deadline: Option<Timestamp>,
    /// Whether a running instance is interrupted.
    interrupts: bool,
}

/// What the three states of a task say together: of the task, of the machine, and of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting = 1,
    Working = 2,
    Ended = 3,
    Booked = 4,
    Cancelled = 5,
}

impl RepairTask {
    /// What an announcement makes of an instance.
    pub(crate) fn new(id: String, repair: &Repair, instance: &Instance, now: Timestamp) -> Self {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let api = RepairTaskInfo {
            task_id: id,
            instance_id: instance.instance_id.clone(),
            alias: Some(instance.instance_name.clone()),
            task_type_id: repair.reason.id(),
            task_type_name: repair.reason.title().to_owned(),
            create_time: wire(now),
            task_detail: repair.detail.clone(),
            zone: Some(instance.placement.zone.clone()),
            region: Some(repair.region.clone()),
            vpc_id: given(&instance.virtual_private_cloud.vpc_id),
            subnet_id: given(&instance.virtual_private_cloud.subnet_id),
            wan_ip: instance.public_ip_addresses.first().cloned(),
            lan_ip: instance.private_ip_addresses.first().cloned(),
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
        self.api.end_time = Some(wire(time));
    }

    fn authorize(&mut self, source: RepairTaskAuthSource, now: Timestamp) {
        self.api.auth_source = source;
        self.api.auth_time = Some(wire(now));
        self.enter(Stage::Booked);
    }

    /// Does what is due; returns when there is something to do again.
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
            if instance.api.instance_state == InstanceState::Running {
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
    /// Takes in a task.
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

    /// The task of an id.
    pub(crate) fn find(&self, task_id: &str) -> Option<&RepairTask> {
        count_one();
        self.tasks.get(self.indexes.get(task_id)?)
    }

    /// Lets the work on a task begin at a moment, by the word of the customer.
    pub(crate) fn authorize(&mut self, task_id: &str, begins: Timestamp, now: Timestamp) {
        count_one();
        let Some(index) = self.indexes.get(task_id).copied() else { return };
        let Some(task) = self.tasks.get_mut(&index) else { return };
        task.authorize(RepairTaskAuthSource::CustomerAuth, now);
        self.agenda.add(begins, index);
    }

    /// Cancels what is open for an instance that has ended.
    pub(crate) fn forget_instance(&mut self, instance_id: &str, ended: Timestamp) {
        count_one();
        for index in self.open.remove(instance_id).into_iter().flatten() {
            if let Some(task) = self.tasks.get_mut(&index) {
                task.end(Stage::Cancelled, ended);
                self.agenda.remove(index);
                self.ended.push_back(index);
            }
        }
        self.forget_oldest();
    }

    /// When the next has something to do.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.agenda.first()
    }

    /// Lets every task act that is due, in the order in which they were announced.
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

/// Tasks are the one place where times have a space and no zone.
fn wire(time: Timestamp) -> String {
    time.to_string().replace('T', " ").trim_end_matches('Z').to_owned()
}
