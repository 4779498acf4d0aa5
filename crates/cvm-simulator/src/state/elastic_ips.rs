//! The elastic IPs of one region, and their tasks: to allocate, bind, unbind and release them.
//!
//! An elastic IP knows its target. An instance has only the addresses that it shows, see [`Instances::show_elastic_ip`].

use std::collections::{BTreeSet, VecDeque};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use vpc_models::enums::{
    AddressStatus, AddressType, InternetChargeType, InternetServiceProvider, RenewFlag, TaskResult,
};
use vpc_models::types::Tag;

use crate::clock::VirtualClock;
use crate::state::{Instances, TagList, Tagged, TaggedItems, Tokens};
use crate::timestamp::Timestamp;

/// How long each task takes.
const TASK_TIME: Duration = Duration::from_secs(2);

/// The number of the first task. Samples have eight digits.
const FIRST_TASK: u64 = 60_000_001;

/// Maximum number of failed tasks that are remembered.
const MAX_FAILED: usize = 1_000;

/// The elastic IPs of a region. The quota keeps the list short.
#[derive(Clone, Debug, Default)]
pub(crate) struct ElasticIps {
    oldest_first: Vec<ElasticIp>,
    /// The number of tasks that were started.
    tasks: u64,
    failed_tasks: VecDeque<u64>,
    pub(crate) tokens: Tokens,
    pub(crate) allocations: DailyCount,
    /// The ordinary addresses that instances got instead of elastic ones.
    pub(crate) reallocations: DailyCount,
}

/// How often something was done today.
#[derive(Clone, Debug, Default)]
pub(crate) struct DailyCount {
    day: u64,
    count: usize,
}

/// An elastic IP.
#[derive(Clone, Debug)]
pub(crate) struct ElasticIp {
    pub(crate) id: Arc<str>,
    pub(crate) name: String,
    pub(crate) address: Ipv4Addr,
    pub(crate) created: Timestamp,
    pub(crate) address_type: AddressType,
    pub(crate) provider: InternetServiceProvider,
    pub(crate) charge_type: InternetChargeType,
    /// How often the charge type was changed.
    pub(crate) charge_type_changes: u8,
    pub(crate) bandwidth_mbps: u64,
    pub(crate) bandwidth_package_id: Option<String>,
    pub(crate) dedicated_cluster_id: Option<String>,
    pub(crate) egress: String,
    /// The term, if it is paid by the month.
    pub(crate) term: Option<AddressTerm>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) target: Option<Target>,
    running: Option<RunningTask>,
}

/// The term of an address that is paid by the month.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AddressTerm {
    pub(crate) ends: Timestamp,
    pub(crate) renew_flag: RenewFlag,
    /// Whether the address was returned before the end. It is isolated until it is released for good.
    pub(crate) is_returned: bool,
}

/// What an elastic IP is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) instance_id: Arc<str>,
    /// A further private address of the instance; `None` for the primary one.
    pub(crate) private_address: Option<Ipv4Addr>,
}

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressTask {
    Allocate,
    Bind,
    Unbind {
        /// Whether the instance gets an ordinary address instead.
        reallocates: bool,
    },
    Release,
}

#[derive(Clone, Copy, Debug)]
struct RunningTask {
    id: u64,
    task: AddressTask,
    due: Timestamp,
}

impl DailyCount {
    /// The count of this day.
    pub(crate) const fn today(&self, now: Timestamp) -> usize {
        if self.day == day(now) { self.count } else { 0 }
    }

    pub(crate) fn add(&mut self, count: usize, now: Timestamp) {
        self.count = self.today(now).saturating_add(count);
        self.day = day(now);
    }
}

const fn day(time: Timestamp) -> u64 {
    time.unix() / 86_400
}

impl AddressTerm {
    /// The end of the term, after its renewals.
    pub(crate) fn end(&self, now: Timestamp) -> Timestamp {
        let is_renewed = self.renew_flag == RenewFlag::NotifyAndAutoRenew && !self.is_returned;
        let mut ends = self.ends;
        let mut months = 0;
        while is_renewed && ends <= now {
            months += 1;
            let next = self.ends.months_later(months);
            if next <= ends {
                // The end of the year 9999.
                break;
            }
            ends = next;
        }
        ends
    }
}

impl ElasticIp {
    /// A new address, whose allocation begins with [`ElasticIps::begin`].
    pub(crate) fn new(id: Arc<str>, address: Ipv4Addr, created: Timestamp) -> Self {
        Self {
            id,
            name: String::new(),
            address,
            created,
            address_type: AddressType::Eip,
            provider: InternetServiceProvider::Bgp,
            charge_type: InternetChargeType::TrafficPostpaidByHour,
            charge_type_changes: 0,
            bandwidth_mbps: 1,
            bandwidth_package_id: None,
            dedicated_cluster_id: None,
            egress: String::new(),
            term: None,
            tags: Vec::new(),
            target: None,
            running: None,
        }
    }

    pub(crate) fn status(&self) -> AddressStatus {
        match (self.running.map(|running| running.task), &self.target) {
            (Some(AddressTask::Allocate), _) => AddressStatus::Creating,
            (Some(AddressTask::Bind), _) => AddressStatus::Binding,
            (Some(AddressTask::Unbind { .. }), _) => AddressStatus::Unbinding,
            (Some(AddressTask::Release), _) => AddressStatus::Offlining,
            (None, Some(_)) => AddressStatus::Bind,
            (None, None) => AddressStatus::Unbind,
        }
    }

    pub(crate) const fn has_task(&self) -> bool {
        self.running.is_some()
    }

    /// Whether it is isolated: it was returned, or its term ended without renewal.
    pub(crate) fn is_isolated(&self, now: Timestamp) -> bool {
        self.term.as_ref().is_some_and(|term| term.is_returned || term.end(now) <= now)
    }
}

impl ElasticIps {
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &ElasticIp> {
        self.oldest_first.iter().rev()
    }

    pub(crate) fn count(&self) -> usize {
        self.oldest_first.len()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&ElasticIp> {
        self.oldest_first.iter().find(|address| *address.id == *id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut ElasticIp> {
        self.oldest_first.iter_mut().find(|address| *address.id == *id)
    }

    pub(crate) fn insert(&mut self, address: ElasticIp) {
        self.oldest_first.push(address);
    }

    /// The addresses that are bound to an instance, or are being bound to it or unbound from it.
    pub(crate) fn of_instance(&self, instance_id: &str) -> impl Iterator<Item = &ElasticIp> {
        self.oldest_first.iter().filter(move |address| {
            address.target.as_ref().is_some_and(|target| *target.instance_id == *instance_id)
        })
    }

    /// The number of the next task.
    pub(crate) const fn new_task(&mut self) -> u64 {
        let id = FIRST_TASK.saturating_add(self.tasks);
        self.tasks = self.tasks.saturating_add(1);
        id
    }

    /// Starts a task of an address.
    pub(crate) fn begin(
        &mut self,
        id: &str,
        (task_id, task): (u64, AddressTask),
        (clock, now): (&VirtualClock, Timestamp),
    ) {
        if let Some(address) = self.get_mut(id) {
            let due = now.after(clock.delay(TASK_TIME));
            address.running = Some(RunningTask { id: task_id, task, due });
        }
    }

    /// How a task stands; `None` if it was never started.
    pub(crate) fn task_result(&self, task_id: u64) -> Option<TaskResult> {
        let index = task_id.checked_sub(FIRST_TASK)?;
        if index >= self.tasks {
            return None;
        }
        let mut running = self.oldest_first.iter().filter_map(|address| address.running);
        Some(if running.any(|running| running.id == task_id) {
            TaskResult::Running
        } else if self.failed_tasks.contains(&task_id) {
            TaskResult::Failed
        } else {
            TaskResult::Success
        })
    }

    /// When the next task ends.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.oldest_first.iter().filter_map(|address| Some(address.running?.due)).min()
    }

    /// Ends the tasks that are due at this time, in the order in which they were started.
    pub(crate) fn act(&mut self, instances: &mut Instances, time: Timestamp) {
        let is_due = |address: &ElasticIp| address.running.filter(|running| running.due <= time);
        let due: BTreeSet<(u64, Arc<str>)> = self
            .oldest_first
            .iter()
            .filter_map(|address| Some((is_due(address)?.id, Arc::clone(&address.id))))
            .collect();
        for (_, id) in due {
            self.end_task(&id, instances);
        }
    }

    fn end_task(&mut self, id: &str, instances: &mut Instances) {
        let Some(address) = self.get_mut(id) else { return };
        let Some(running) = address.running.take() else { return };
        match running.task {
            AddressTask::Allocate => {}
            AddressTask::Bind => {
                if let Some(target) = &address.target {
                    instances.show_elastic_ip(&target.instance_id, address.address);
                }
            }
            AddressTask::Unbind { reallocates } => {
                if let Some(target) = address.target.take() {
                    instances.hide_elastic_ip(&target.instance_id, address.address);
                    if reallocates {
                        instances.assign_public_address(&target.instance_id);
                    }
                }
            }
            AddressTask::Release => self.oldest_first.retain(|address| *address.id != *id),
        }
    }

    /// Whether an address is bound to an instance.
    pub(crate) fn has_instance(&self, instance_id: &str) -> bool {
        self.of_instance(instance_id).next().is_some()
    }

    /// Unbinds the addresses of a removed instance.
    pub(crate) fn forget_instance(&mut self, instance_id: &str) {
        for address in &mut self.oldest_first {
            if address.target.as_ref().is_some_and(|target| *target.instance_id == *instance_id) {
                address.target = None;
                if let Some(running) = address.running.take()
                    && running.task == AddressTask::Bind
                {
                    self.failed_tasks.push_back(running.id);
                }
            }
        }
        while self.failed_tasks.len() > MAX_FAILED {
            self.failed_tasks.pop_front();
        }
    }
}

impl Tagged for ElasticIps {
    fn all(&self) -> TaggedItems<'_> {
        Box::new(self.newest_first().map(|address| (&*address.id, &address.tags as &dyn TagList)))
    }

    fn tags_mut(&mut self, id: &str) -> Option<&mut dyn TagList> {
        Some(&mut self.get_mut(id)?.tags)
    }
}

impl Instances {
    /// Lets an instance show an elastic IP.
    fn show_elastic_ip(&mut self, instance_id: &str, address: Ipv4Addr) {
        let serial = self.serial(instance_id);
        if let Some(mut instance) = serial.and_then(|serial| self.get_mut(serial)) {
            instance.extras_mut().elastic_ips.push(address);
        }
    }

    /// Lets an instance show an elastic IP no longer.
    fn hide_elastic_ip(&mut self, instance_id: &str, address: Ipv4Addr) {
        let serial = self.serial(instance_id);
        if let Some(mut instance) = serial.and_then(|serial| self.get_mut(serial)) {
            instance.extras_mut().elastic_ips.retain(|shown| *shown != address);
        }
    }

    /// Gives an instance an ordinary public address.
    fn assign_public_address(&mut self, instance_id: &str) {
        let Some(serial) = self.serial(instance_id) else { return };
        let address = self.addresses.next_public();
        if let Some(mut instance) = self.get_mut(serial) {
            instance.public_address = Some(address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TimeMode;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    #[test]
    fn term_is_renewed_by_the_month() {
        let january = Timestamp::parse("2020-01-31T10:00:00Z").unwrap();
        let mut term = AddressTerm {
            ends: january,
            renew_flag: RenewFlag::NotifyAndAutoRenew,
            is_returned: false,
        };
        let end = |term: &AddressTerm, now: &str| term.end(Timestamp::parse(now).unwrap());
        assert_eq!(end(&term, "2020-01-01T00:00:00Z"), january);
        assert_eq!(end(&term, "2020-01-31T10:00:00Z").to_string(), "2020-02-29T10:00:00Z");
        assert_eq!(end(&term, "2020-03-01T00:00:00Z").to_string(), "2020-03-31T10:00:00Z");
        assert_eq!(end(&term, "9999-12-31T23:59:59Z").to_string(), "9999-12-31T10:00:00Z");
        term.renew_flag = RenewFlag::NotifyAndManualRenew;
        assert_eq!(end(&term, "2020-03-01T00:00:00Z"), january);
    }

    #[test]
    fn daily_count_begins_again_on_the_next_day() {
        let mut count = DailyCount::default();
        count.add(3, at(10));
        count.add(4, at(86_399));
        assert_eq!((count.today(at(86_399)), count.today(at(86_400))), (7, 0));
        count.add(1, at(86_400));
        assert_eq!(count.today(at(86_400)), 1);
    }

    #[test]
    fn task_is_known_from_its_start_on() {
        let clock = VirtualClock::new(TimeMode::Manual, at(0));
        let mut addresses = ElasticIps::default();
        assert_eq!(addresses.task_result(FIRST_TASK), None);
        addresses.insert(ElasticIp::new("eip-1".into(), Ipv4Addr::LOCALHOST, at(0)));
        let task = addresses.new_task();
        addresses.begin("eip-1", (task, AddressTask::Allocate), (&clock, at(0)));
        assert_eq!(addresses.task_result(task), Some(TaskResult::Running));
        addresses.act(&mut Instances::default(), at(1));
        assert_eq!(addresses.task_result(task), Some(TaskResult::Running));
        addresses.act(&mut Instances::default(), at(2));
        assert_eq!(addresses.task_result(task), Some(TaskResult::Success));
        assert_eq!((addresses.next_due(), addresses.task_result(task + 1)), (None, None));
    }
}
