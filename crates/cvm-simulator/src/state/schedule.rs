//! The order of due events: those of instances, timers, maintenance tasks, disks and elastic IPs.
//!
//! A timer, task or disk acts at its own time, after all instance events up to then. So the state depends on the virtual
//! time, not on polling.

use std::collections::BTreeSet;

use crate::clock::VirtualClock;
use crate::state::{Instances, RegionResources, RemovedInstance, State};
use crate::timestamp::Timestamp;

impl State {
    /// Applies everything that is due in this region and in all others that have instances: what belongs to the whole
    /// account shows the instances of all regions.
    pub(crate) fn apply_due_everywhere(
        &mut self,
        region: &'static str,
        clock: &VirtualClock,
        now: Timestamp,
    ) {
        let mut regions: BTreeSet<&'static str> = self.instances.keys().copied().collect();
        regions.insert(region);
        for region in regions {
            self.apply_due(region, clock, now);
        }
    }

    /// Applies everything that is due in a region.
    pub(crate) fn apply_due(&mut self, region: &'static str, clock: &VirtualClock, now: Timestamp) {
        self.instances_of(region);
        let Some(instances) = self.instances.get_mut(region) else { return };
        let resources = self.resources.entry(region).or_default();
        apply_due(instances, resources, clock, now);
        // Only what is due is changed, because a change copies what another version of the state shares.
        if resources.dedicated_hosts.hosts.is_due(now) {
            resources.dedicated_hosts.hosts.apply_due(now);
        }
        if resources.resource_packs.packs.is_due(now) {
            resources.resource_packs.packs.apply_due(now);
        }
    }
}

impl State {
    /// When something happens next, after everything that is due now was applied. Operations, terms, timers and deadlines
    /// are all included.
    pub(crate) fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        let instances = self.instances.values().filter_map(|instances| instances.next_due());
        let resources = self.resources.values().filter_map(|resources| {
            let dates = [
                next_due(resources),
                resources.chc_hosts.next_change(now),
                resources.dedicated_hosts.next_change(now),
                resources.images.next_change(now),
                resources.resource_packs.next_change(now),
            ];
            dates.into_iter().flatten().min()
        });
        instances.chain(resources).min()
    }
}

/// Applies the due events of a region in order.
fn apply_due(
    instances: &mut Instances,
    resources: &mut RegionResources,
    clock: &VirtualClock,
    now: Timestamp,
) {
    loop {
        let next = next_due(resources).filter(|time| *time <= now);
        apply_due_instances(instances, resources, clock, next.unwrap_or(now));
        if let Some(time) = next {
            resources.action_timers.act(instances, clock, time);
            resources.repair_tasks.act(instances, clock, time);
            act_disks(instances, resources, time);
            // A change copies what another version of the state shares.
            if resources.elastic_ips.next_due().is_some_and(|due| due <= time) {
                resources.elastic_ips.act(instances, time);
            }
        } else if next_due(resources).is_none_or(|time| time > now) {
            // A removed instance can leave a disk with an event that is already due.
            return;
        }
    }
}

fn next_due(resources: &RegionResources) -> Option<Timestamp> {
    let dates = [
        resources.action_timers.next_due(),
        resources.elastic_ips.next_due(),
        resources.repair_tasks.next_due(),
        resources.disks.next_due(),
        resources.images.snapshots.next_deadline(),
    ];
    dates.into_iter().flatten().min()
}

/// Applies the due events of disks and snapshots. A change copies what another version of the state shares.
fn act_disks(instances: &mut Instances, resources: &mut RegionResources, time: Timestamp) {
    let is_due = |due: Option<Timestamp>| due.is_some_and(|due| due <= time);
    if is_due(resources.disks.next_due()) {
        resources.disks.act(instances, time);
        for disk_id in resources.disks.take_destroyed() {
            resources.images.snapshots.delete_with_disk(&disk_id);
        }
    }
    if is_due(resources.images.snapshots.next_deadline()) {
        resources.images.snapshots.delete_expired(time);
    }
}

/// Applies the instance events up to a time, and removes the timers and tasks of removed instances. Some of their disks remain.
fn apply_due_instances(
    instances: &mut Instances,
    resources: &mut RegionResources,
    clock: &VirtualClock,
    time: Timestamp,
) {
    instances.apply_due(clock, time);
    for RemovedInstance { time: ended, id: instance_id, serial, disks } in instances.take_removed()
    {
        resources.action_timers.forget_instance(&instance_id);
        resources.repair_tasks.forget_instance(&instance_id, ended);
        if !disks.is_empty() || resources.disks.has_operations() {
            resources.disks.forget_instance(serial, disks);
        }
        // A change copies what another version of the state shares.
        if resources.chc_hosts.has_instance(&instance_id) {
            resources.chc_hosts.forget_instance(&instance_id);
        }
        if resources.elastic_ips.has_instance(&instance_id) {
            resources.elastic_ips.forget_instance(&instance_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cvm_models::enums::{InstanceState, TimerAction};
    use cvm_models::types::ActionTimer;

    use super::*;
    use crate::clock::TimeMode;
    use crate::state::operation::TERMINATE;
    use crate::state::{Effect, RepairTask, StoredInstance, Timer};
    use crate::{Repair, visits};

    const MONTH: u64 = 30 * 86_400;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    fn add_timer_and_task(
        resources: &mut RegionResources,
        number: u64,
        instance: &StoredInstance,
        when: u64,
    ) {
        let id = instance.id.to_string();
        let timer = ActionTimer {
            timer_action: Some(TimerAction::TerminateInstances),
            ..ActionTimer::default()
        };
        let timer = Timer::new(format!("at-{number}"), id.clone(), &timer, at(when));
        resources.action_timers.add(timer);
        let repair = Repair::new("ap-guangzhou", id.as_str()).deadline(Duration::from_secs(when));
        let task = RepairTask::new(format!("rep-{number}"), &repair, instance, at(0));
        resources.repair_tasks.announce(task);
    }

    /// Instances with a timer and a maintenance task each.
    fn instances_with_timers(count: u64, when: u64) -> (Instances, RegionResources) {
        let (mut instances, mut resources) = (Instances::default(), RegionResources::default());
        for number in 0..count {
            let instance = StoredInstance {
                id: format!("ins-{number:08}").into(),
                state: InstanceState::Running,
                ..StoredInstance::default()
            };
            add_timer_and_task(&mut resources, number, &instance, when);
            instances.insert(instance);
        }
        (instances, resources)
    }

    /// The number of visited items while the first 100 instances are terminated.
    fn cost_of_terminations(count: u64) -> u64 {
        let clock = VirtualClock::new(TimeMode::Manual, at(0));
        let (mut instances, mut resources) = instances_with_timers(count, MONTH);
        let cost = visits::of(|| {
            for serial in 0..100 {
                instances.begin(serial, &TERMINATE, Effect::None, None, (&clock, at(0)));
            }
            apply_due(&mut instances, &mut resources, &clock, at(10));
        });
        let left = usize::try_from(count - 100).unwrap();
        assert_eq!(instances.newest_first().count(), left);
        assert_eq!(resources.action_timers.newest_first().count(), left);
        cost
    }

    #[test]
    fn termination_cost_does_not_depend_on_the_number_of_timers_and_tasks() {
        let few = cost_of_terminations(200);
        assert!(few > 0);
        assert_eq!(cost_of_terminations(20_000), few);
    }

    #[test]
    fn ended_timers_and_tasks_are_removed_when_there_are_many() {
        let clock = VirtualClock::new(TimeMode::Manual, at(0));
        let (mut instances, mut resources) = instances_with_timers(3_000, 400);
        apply_due(&mut instances, &mut resources, &clock, at(1_000));
        assert_eq!(instances.newest_first().count(), 0);
        assert_eq!(resources.action_timers.newest_first().count(), 1_000);
        assert_eq!(resources.repair_tasks.oldest_first().count(), 1_000);
        assert!(resources.action_timers.find("at-1999").is_none());
        assert!(resources.action_timers.find("at-2000").is_some());
        assert!(resources.repair_tasks.find("rep-1").is_none());
        assert_eq!(next_due(&resources), None);
    }
}
