//! The instances of one region, and what is due to happen to them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use cvm_models::enums::{InstanceState, IsolatedSource, RenewFlag, RestrictState};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::VirtualClock;
use crate::state::effect::Effect;
use crate::state::operation::{FinalState, Operation, TERMINATE};
use crate::state::stored_instance::RunningOperation;
use crate::state::{Addresses, Attribute, Period, Shared, StoredInstance, Tokens};
use crate::steps::count_one;
use crate::timestamp::Timestamp;

/// How long the recycle bin keeps an instance.
const RETENTION: Duration = Duration::from_secs(7 * 86_400);

/// One region.
#[derive(Clone, Debug, Default)]
pub(crate) struct Instances {
    /// By the order in which they were made.
    by_serial: Shared<BTreeMap<u64, Shared<StoredInstance>>>,
    serials: Shared<HashMap<Arc<str>, u64>>,
    made: u64,
    /// What happens next, to which instance.
    due: Shared<BTreeSet<(Timestamp, u64, Event)>>,
    /// Which instances have ended, and when, since somebody asked.
    removed: Vec<(Timestamp, String)>,
    pub(crate) tokens: Shared<Tokens>,
    pub(crate) addresses: Shared<Addresses>,
}

/// What can be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A step of an operation ends.
    Step,
    /// A prepaid term ends.
    Expiry,
    /// The recycle bin lets go.
    Destruction,
    /// Bandwidth that was bought for some days begins or ends.
    Bandwidth,
}

impl Instances {
    /// The place of an instance.
    pub(crate) fn serial(&self, instance_id: &str) -> Option<u64> {
        self.serials.get(instance_id).copied()
    }

    /// The instance at a place.
    pub(crate) fn get(&self, serial: u64) -> Option<&StoredInstance> {
        self.by_serial.get(&serial).map(|instance| &**instance)
    }

    /// The instance at a place, to change what needs no operation.
    pub(crate) fn get_mut(&mut self, serial: u64) -> Option<&mut StoredInstance> {
        self.by_serial.get_mut(&serial).map(|instance| &mut **instance)
    }

    /// All instances, the newest first: the order in which they are listed.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &StoredInstance> {
        self.by_serial.values().rev().map(|instance| &**instance).inspect(|_| count_one())
    }

    #[cfg(test)]
    pub(crate) fn serials(&self) -> impl Iterator<Item = u64> {
        self.by_serial.keys().copied()
    }

    /// Takes in a new instance; returns its place.
    pub(crate) fn insert(&mut self, mut machine: StoredInstance) -> u64 {
        machine.begin_prepaid_bandwidth(
            Timestamp::parse(&machine.api.created_time).unwrap_or_default(),
        );
        let serial = self.made;
        self.made += 1;
        self.serials.insert(machine.api.instance_id.as_str().into(), serial);
        if let Some(expires) = machine.expires {
            self.due.insert((expires, serial, Event::Expiry));
        }
        self.by_serial.insert(serial, Shared::new(machine));
        serial
    }

    /// Lets an operation begin. `note` is the action and the request id that the instance shows for
    /// it; the platform's own operations have none.
    pub(crate) fn begin(
        &mut self,
        serial: u64,
        course: &'static Operation,
        change: Effect,
        note: Option<(&str, &str)>,
        (clock, now): (&VirtualClock, Timestamp),
    ) {
        let Some(machine) = self.by_serial.get_mut(&serial) else { return };
        if let Some((action, request_id)) = note {
            machine.note_operation(action, request_id);
        }
        machine.operation = Some(RunningOperation { operation: course, step: 0, due: now, change });
        self.enter_phase(serial, clock, now);
    }

    /// Lets a prepaid term end later; one in the recycle bin is kept from now on.
    pub(crate) fn renew(&mut self, serial: u64, ends: Timestamp, flag: &RenewFlag) {
        let Some(machine) = self.by_serial.get_mut(&serial) else { return };
        let (expires, kept_until) = (machine.expires, machine.kept_until.take());
        machine.set_term(ends, flag);
        self.call_off(serial, expires, Event::Expiry);
        self.call_off(serial, kept_until, Event::Destruction);
        self.due.insert((ends, serial, Event::Expiry));
    }

    /// Moves what is in these packs of resources to the public pool. Where it stands can no longer be
    /// seen.
    pub(crate) fn leave_packs(&mut self, ids: &HashSet<&str>) {
        for machine in self.by_serial.values_mut() {
            let placement = &machine.api.placement;
            if placement.dedicated_resource_pack_ids.iter().any(|id| ids.contains(id.as_str())) {
                let placement = &mut machine.api.placement;
                placement.dedicated_resource_pack_ids.clear();
                placement.dedicated_resource_pack_tenancy = None;
                placement.rack_id = None;
            }
        }
    }

    /// Gives an instance bandwidth for some days.
    pub(crate) fn add_bandwidth(&mut self, serial: u64, period: Period, now: Timestamp) {
        let Some(machine) = self.by_serial.get_mut(&serial) else { return };
        machine.add_bandwidth(period, now);
        let edges = [Some(period.begins), period.ends];
        self.due.extend(edges.into_iter().flatten().map(|edge| (edge, serial, Event::Bandwidth)));
    }

    /// Lets everything happen that is due, in its order and at its time: what state an instance is in
    /// depends on the virtual time, not on who has looked before.
    pub(crate) fn apply_due(&mut self, clock: &VirtualClock, now: Timestamp) {
        while let Some((moment, serial, event)) = self.due.first().copied() {
            if moment > now {
                break;
            }
            self.due.pop_first();
            match event {
                Event::Step => self.end_phase(serial, clock, moment),
                Event::Expiry => self.expire(serial, moment),
                Event::Destruction => self.destroy(serial, clock, moment),
                Event::Bandwidth => {
                    if let Some(machine) = self.by_serial.get_mut(&serial) {
                        machine.show_prepaid_bandwidth(moment);
                    }
                }
            }
        }
        if self.tokens.is_due(now) {
            self.tokens.forget(now);
        }
    }

    /// The instances that have ended since the last call, and when each did.
    pub(crate) fn take_removed(&mut self) -> Vec<(Timestamp, String)> {
        std::mem::take(&mut self.removed)
    }

    /// Shows the step that the operation has come to, or ends the operation.
    fn enter_phase(&mut self, serial: u64, clock: &VirtualClock, now: Timestamp) {
        let Some(machine) = self.by_serial.get_mut(&serial) else { return };
        let Some(mut underway) = machine.operation.take() else { return };
        if let Some(step) = underway.operation.phases.get(underway.step) {
            if let Some(state) = &step.state {
                machine.set_state(state);
            }
            underway.due = now.after(clock.delay(step.duration));
            self.due.insert((underway.due, serial, Event::Step));
            machine.operation = Some(underway);
            return;
        }
        if let Effect::Attribute(Attribute::Network(_)) = &underway.change {
            self.addresses.release(&machine.api);
        }
        let term = machine.expires;
        let end = &underway.operation.end;
        if machine.finish(end, &underway.change) {
            if matches!(end, FinalState::Isolated) {
                let until = now.after(RETENTION);
                machine.kept_until = Some(until);
                self.due.insert((until, serial, Event::Destruction));
            }
            let expires = machine.expires;
            if expires != term {
                self.call_off(serial, term, Event::Expiry);
                self.due.extend(expires.map(|expires| (expires, serial, Event::Expiry)));
            }
        } else {
            self.remove(serial, now);
        }
    }

    fn end_phase(&mut self, serial: u64, clock: &VirtualClock, moment: Timestamp) {
        let Some(machine) = self.by_serial.get_mut(&serial) else { return };
        // An operation that was cut short has left its event behind.
        let Some(underway) = machine.operation.as_mut().filter(|it| it.due == moment) else {
            return;
        };
        underway.step += 1;
        self.enter_phase(serial, clock, moment);
    }

    /// The end of a prepaid term: another month, if there is one, or the recycle bin.
    fn expire(&mut self, serial: u64, moment: Timestamp) {
        let Some(machine) = self.by_serial.get_mut(&serial) else { return };
        let state = &machine.api.instance_state;
        // A term that was changed has an event of its own.
        let is_changed = machine.expires != Some(moment);
        if is_changed || matches!(state, InstanceState::Shutdown | InstanceState::Terminating) {
            return;
        }
        let is_renewed = machine.api.renew_flag == Some(RenewFlag::NotifyAndAutoRenew);
        let (next, event) = if let Some(next) = moment.next_month().filter(|_| is_renewed) {
            machine.expires = Some(next);
            machine.api.expired_time = Some(next.to_string());
            (next, Event::Expiry)
        } else {
            let underway = machine.abandon("The term of the instance ended.");
            if let Some(Effect::Attribute(Attribute::Network(network))) =
                underway.map(|underway| underway.change)
            {
                self.addresses.give_back(&network.subnet_id, network.address);
            }
            machine.isolate(RestrictState::Expired, IsolatedSource::Expire);
            let until = moment.after(RETENTION);
            machine.kept_until = Some(until);
            (until, Event::Destruction)
        };
        self.due.insert((next, serial, event));
    }

    fn destroy(&mut self, serial: u64, clock: &VirtualClock, moment: Timestamp) {
        // One that was renewed meanwhile is no longer kept, or until another time.
        let is_kept = |machine: &Shared<StoredInstance>| {
            machine.api.instance_state == InstanceState::Shutdown
                && machine.kept_until == Some(moment)
        };
        if self.by_serial.get(&serial).is_some_and(is_kept) {
            self.begin(serial, &TERMINATE, Effect::None, None, (clock, moment));
        }
    }

    /// Takes back what was due: of what is no more, nothing stays.
    fn call_off(&mut self, serial: u64, moment: Option<Timestamp>, event: Event) {
        if let Some(moment) = moment {
            self.due.remove(&(moment, serial, event));
        }
    }

    fn remove(&mut self, serial: u64, now: Timestamp) {
        if let Some(machine) = self.by_serial.remove(&serial).map(Shared::into_inner) {
            self.serials.remove(machine.api.instance_id.as_str());
            self.call_off(serial, machine.expires, Event::Expiry);
            self.call_off(serial, machine.kept_until, Event::Destruction);
            for period in &machine.bandwidth {
                self.call_off(serial, Some(period.begins), Event::Bandwidth);
                self.call_off(serial, period.ends, Event::Bandwidth);
            }
            self.addresses.release(&machine.api);
            self.removed.push((now, machine.api.instance_id));
        }
    }
}

#[cfg(test)]
mod tests {
    use cvm_models::types::Instance;

    use super::*;
    use crate::clock::TimeMode;
    use crate::state::operation::{ISOLATE, RESET_TYPE_FORCED, STOP};

    fn machine(id: &str) -> StoredInstance {
        let shown = Instance {
            instance_id: id.to_owned(),
            instance_state: InstanceState::Running,
            ..Instance::default()
        };
        StoredInstance::new(shown)
    }

    fn state(store: &Instances, serial: u64) -> Option<&str> {
        store.get(serial).map(|machine| machine.api.instance_state.as_str())
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    fn manual() -> VirtualClock {
        VirtualClock::new(TimeMode::Manual, at(0))
    }

    #[test]
    fn an_operation_passes_through_its_states() {
        let (mut store, clock) = (Instances::default(), manual());
        let serial = store.insert(machine("ins-00000001"));
        let note = Some(("ResetInstancesType", "r-1"));
        store.begin(serial, &RESET_TYPE_FORCED, Effect::None, note, (&clock, at(100)));
        for (seconds, expected) in [
            (100, "STOPPING"),
            (104, "STOPPING"),
            (105, "STOPPED"),
            (115, "STARTING"),
            (125, "RUNNING"),
        ] {
            store.apply_due(&clock, at(seconds));
            assert_eq!(state(&store, serial), Some(expected), "at {seconds}");
        }
        let shown = &store.get(serial).unwrap().api;
        assert_eq!(shown.latest_operation_state.as_ref().map(|it| it.as_str()), Some("SUCCESS"));
        assert_eq!(shown.latest_operation_request_id.as_deref(), Some("r-1"));
    }

    #[test]
    fn how_often_one_looks_does_not_matter() {
        let clock = manual();
        let run = |looks: &[u64]| {
            let mut store = Instances::default();
            let serial = store.insert(machine("ins-00000001"));
            store.begin(serial, &RESET_TYPE_FORCED, Effect::None, None, (&clock, at(0)));
            looks.iter().for_each(|seconds| store.apply_due(&clock, at(*seconds)));
            state(&store, serial).map(str::to_owned)
        };
        assert_eq!(run(&[16]), run(&(0..=16).collect::<Vec<_>>()));
        assert_eq!(run(&[16]).as_deref(), Some("STARTING"));
    }

    #[test]
    fn nothing_takes_time_at_the_instant_pace() {
        let (mut store, clock) =
            (Instances::default(), VirtualClock::new(TimeMode::Instant, at(0)));
        let serial = store.insert(machine("ins-00000001"));
        store.begin(serial, &RESET_TYPE_FORCED, Effect::None, None, (&clock, at(5)));
        assert_eq!(state(&store, serial), Some("STOPPING"), "the answer shows the passing state");
        store.apply_due(&clock, at(5));
        assert_eq!(state(&store, serial), Some("RUNNING"));
    }

    #[test]
    fn what_is_terminated_is_gone() {
        let (mut store, clock) = (Instances::default(), manual());
        let serial = store.insert(machine("ins-00000001"));
        store.begin(serial, &TERMINATE, Effect::None, None, (&clock, at(0)));
        assert_eq!(state(&store, serial), Some("TERMINATING"));
        store.apply_due(&clock, at(10));
        assert_eq!(store.serial("ins-00000001"), None);
        assert_eq!(store.newest_first().count(), 0);
    }

    #[test]
    fn the_recycle_bin_lets_go_after_seven_days() {
        let (mut store, clock) = (Instances::default(), manual());
        let serial = store.insert(machine("ins-00000001"));
        store.begin(serial, &ISOLATE, Effect::None, None, (&clock, at(0)));
        store.apply_due(&clock, at(10));
        assert_eq!(state(&store, serial), Some("SHUTDOWN"));
        let week = 7 * 86_400;
        store.apply_due(&clock, at(week + 9));
        assert_eq!(state(&store, serial), Some("SHUTDOWN"));
        store.apply_due(&clock, at(week + 10));
        assert_eq!(state(&store, serial), Some("TERMINATING"));
    }

    #[test]
    fn the_recycle_bin_keeps_its_term_at_the_instant_pace() {
        let (mut store, clock) =
            (Instances::default(), VirtualClock::new(TimeMode::Instant, at(0)));
        let serial = store.insert(machine("ins-00000001"));
        store.begin(serial, &ISOLATE, Effect::None, None, (&clock, at(0)));
        store.apply_due(&clock, at(60));
        assert_eq!(state(&store, serial), Some("SHUTDOWN"));
    }

    #[test]
    fn a_prepaid_term_ends_in_the_bin_or_is_renewed() {
        let clock = manual();
        let run = |flag: RenewFlag| {
            let mut store = Instances::default();
            let mut machine = machine("ins-00000001");
            machine.api.renew_flag = Some(flag);
            machine.expires = Some(at(1000));
            let serial = store.insert(machine);
            // An operation is going on when the term ends.
            store.begin(serial, &STOP, Effect::None, None, (&clock, at(990)));
            store.apply_due(&clock, at(1010));
            let shown = store.get(serial).unwrap().api.clone();
            (shown.instance_state.as_str().to_owned(), shown.isolated_source, shown.expired_time)
        };
        let (state, source, _) = run(RenewFlag::NotifyAndManualRenew);
        assert_eq!((state.as_str(), source), ("SHUTDOWN", IsolatedSource::Expire));
        let (state, _, expires) = run(RenewFlag::NotifyAndAutoRenew);
        assert_eq!((state.as_str(), expires.as_deref()), ("STOPPED", Some("1970-02-01T00:16:40Z")));
    }

    #[test]
    fn no_term_is_renewed_beyond_the_calendar() {
        let mut store = Instances::default();
        let last = Timestamp::parse("9999-12-14T22:13:20Z").unwrap();
        let mut machine = machine("ins-00000001");
        machine.api.renew_flag = Some(RenewFlag::NotifyAndAutoRenew);
        machine.expires = Some(last);
        let serial = store.insert(machine);
        // One step alone, since a term without end would keep `settle` busy for ever.
        store.expire(serial, last);
        assert_eq!(state(&store, serial), Some("SHUTDOWN"));
        store.apply_due(&manual(), last.after(RETENTION));
        assert_eq!(state(&store, serial), Some("TERMINATING"));
    }

    #[test]
    fn nothing_stays_due_for_instances_that_are_gone_or_renewed() {
        let (mut store, clock) = (Instances::default(), manual());
        for number in 0..50 {
            let mut machine = machine(&format!("ins-{number:08}"));
            machine.expires = Some(at(1_000_000));
            let serial = store.insert(machine);
            store.renew(serial, at(2_000_000), &RenewFlag::NotifyAndManualRenew);
            let period = Period { begins: at(500_000), ends: Some(at(600_000)), mbps: 1 };
            store.add_bandwidth(serial, period, at(0));
            assert_eq!(store.due.len(), 3, "the new end of the term, and bandwidth twice");
            store.begin(serial, &ISOLATE, Effect::None, None, (&clock, at(0)));
            store.apply_due(&clock, at(10));
            store.begin(serial, &TERMINATE, Effect::None, None, (&clock, at(10)));
            store.apply_due(&clock, at(20));
            assert!(store.due.is_empty(), "{:?}", store.due);
        }
    }
}
