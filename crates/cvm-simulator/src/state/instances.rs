//! Instances of one region, and their due events.

use std::collections::{BTreeMap, HashSet};
use std::ops::{Deref, DerefMut, RangeInclusive};
use std::sync::Arc;
use std::time::Duration;

use cvm_models::enums::{InstanceState, IsolatedSource, RenewFlag, RestrictState};
use imbl::{OrdMap, OrdSet};

use crate::clock::VirtualClock;
use crate::ids::CreationOrder;
use crate::page::Page;
use crate::state::effect::Effect;
use crate::state::instance_index::{Entry, IndexKey, InstanceIndex, Name};
use crate::state::operation::{FAILED_LAUNCH, FinalState, LAUNCH, Operation, TERMINATE};
use crate::state::stored_instance::RunningOperation;
use crate::state::{
    Addresses, Attribute, DetachedDisk, Period, Pool, Shared, StoredInstance, TagList, Tagged,
    TaggedItems, Tokens,
};
use crate::timestamp::Timestamp;
use crate::visits::count_one;

/// How long the recycle bin keeps an instance.
const RETENTION: Duration = Duration::from_secs(7 * 86_400);

/// The instances of a region. A change copies little of what another version of the state shares, however many there are.
#[derive(Clone, Debug)]
pub(crate) struct Instances {
    /// By serial: the order of creation.
    by_serial: OrdMap<u64, Shared<StoredInstance>>,
    /// Every change of an instance goes through [`Self::change`], [`InstanceMut`] or [`Self::enter_phase`], which update it.
    index: InstanceIndex,
    made: u64,
    /// The next events of the instances.
    due: OrdSet<(Timestamp, u64, Event)>,
    /// The instances that were removed since the last call of [`Self::take_removed`].
    removed: Vec<RemovedInstance>,
    /// The changes of states since the last call of [`Self::take_changes`].
    changes: Vec<StateChange>,
    pub(crate) tokens: Shared<Tokens>,
    pub(crate) addresses: Shared<Addresses>,
    /// The latest texts of operations: the instances of one request share them.
    latest_note: Option<(Arc<str>, Arc<str>)>,
}

/// A removed instance.
#[derive(Clone, Debug)]
pub(crate) struct RemovedInstance {
    pub(crate) time: Timestamp,
    pub(crate) id: Arc<str>,
    pub(crate) serial: u64,
    /// The disks that remain.
    pub(crate) disks: Vec<DetachedDisk>,
}

/// A change of the state of an instance.
#[derive(Clone, Debug)]
pub(crate) struct StateChange {
    pub(crate) time: Timestamp,
    pub(crate) id: Arc<str>,
    pub(crate) zone: Arc<str>,
    /// `None` for a new instance.
    pub(crate) from: Option<InstanceState>,
    /// `None` for a removed instance.
    pub(crate) to: Option<InstanceState>,
}

impl StateChange {
    /// The change of an instance that had this state, if its state is another one now.
    fn of(instance: &StoredInstance, from: Option<InstanceState>, time: Timestamp) -> Option<Self> {
        let to = Some(instance.state.clone());
        let (id, zone) = (Arc::clone(&instance.id), Arc::clone(&instance.zone));
        (from != to).then_some(Self { time, id, zone, from, to })
    }
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A phase of an operation ends.
    Phase,
    /// A prepaid term ends.
    Expiry,
    /// The recycle bin destroys the instance.
    Destruction,
    /// Bandwidth for some days starts or ends.
    Bandwidth,
}

impl Instances {
    /// No instances yet. Their ids will be created in this order.
    pub(crate) fn new(order: CreationOrder) -> Self {
        Self {
            by_serial: OrdMap::new(),
            index: InstanceIndex::new(order),
            made: 0,
            due: OrdSet::new(),
            removed: Vec::new(),
            changes: Vec::new(),
            tokens: Shared::default(),
            addresses: Shared::default(),
            latest_note: None,
        }
    }

    /// The serial of an instance.
    pub(crate) fn serial(&self, instance_id: &str) -> Option<u64> {
        let mut serials = self.index.named(Name::Id(instance_id));
        serials.find(|serial| self.get(*serial).is_some_and(|found| *found.id == *instance_id))
    }

    /// The serial of the instance that has a disk.
    pub(crate) fn serial_with_disk(&self, disk_id: &str) -> Option<u64> {
        let has_disk =
            |instance: &StoredInstance| instance.disks().any(|disk| *disk.id == *disk_id);
        let mut serials = self.index.named(Name::Disk(disk_id));
        serials.find(|serial| self.get(*serial).is_some_and(has_disk))
    }

    /// The serials of the instances that may have one of these names, the newest first. The caller looks whether they do.
    pub(crate) fn named<'n>(&self, names: impl IntoIterator<Item = Name<'n>>) -> Vec<u64> {
        let named = names.into_iter().flat_map(|name| self.index.named(name));
        let mut serials: Vec<u64> = named.collect();
        serials.sort_unstable_by(|a, b| b.cmp(a));
        serials.dedup();
        serials
    }

    /// The instance with this serial.
    pub(crate) fn get(&self, serial: u64) -> Option<&StoredInstance> {
        self.by_serial.get(&serial).map(|instance| &**instance)
    }

    /// The instance with this serial, for a change without an operation.
    pub(crate) fn get_mut(&mut self, serial: u64) -> Option<InstanceMut<'_>> {
        let instance = self.by_serial.get_mut(&serial)?;
        let before = self.index.entry(instance);
        Some(InstanceMut { instance, serial, before, index: &mut self.index })
    }

    /// Changes an instance, if it exists.
    fn change<R>(
        &mut self,
        serial: u64,
        change: impl FnOnce(&mut StoredInstance) -> R,
    ) -> Option<R> {
        self.get_mut(serial).map(|mut instance| change(&mut instance))
    }

    /// All instances, the newest first, as in lists.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &StoredInstance> {
        self.by_serial.values().rev().map(|instance| &**instance).inspect(|_| count_one())
    }

    /// The instances that have a key, the newest first.
    pub(crate) fn with_key(&self, key: IndexKey) -> impl Iterator<Item = &StoredInstance> {
        let serials = self.index.select(&[vec![key]]).newest_first();
        serials.filter_map(|serial| self.get(serial)).inspect(|_| count_one())
    }

    /// The instances that have, for each of these lists, one of its keys, the newest first.
    pub(crate) fn with_keys(
        &self,
        all_of: &[Vec<IndexKey>],
    ) -> impl Iterator<Item = &StoredInstance> {
        let serials = self.index.select(all_of).newest_first();
        serials.filter_map(|serial| self.get(serial)).inspect(|_| count_one())
    }

    /// A page of the instances that have, for each of these lists, one of its keys; and the number of all of them. Only the
    /// instances of the page are looked at.
    pub(crate) fn page<R>(
        &self,
        all_of: &[Vec<IndexKey>],
        page: Page,
        make: impl Fn(&StoredInstance) -> R,
    ) -> (Vec<R>, i64) {
        let selection = self.index.select(all_of);
        let total = i64::try_from(selection.len()).unwrap_or(i64::MAX);
        let serials = selection.newest_first_from(page.offset()).take(page.limit());
        let part = serials.filter_map(|serial| self.get(serial)).inspect(|_| count_one());
        (part.map(make).collect(), total)
    }

    /// The number of instances that have, for each of these lists, one of its keys.
    pub(crate) fn count(&self, all_of: &[Vec<IndexKey>]) -> u64 {
        self.index.select(all_of).len()
    }

    /// The keys in a range that instances have, each with the number of the instances.
    pub(crate) fn counts(
        &self,
        range: RangeInclusive<IndexKey>,
    ) -> impl Iterator<Item = (&IndexKey, u64)> {
        self.index.counts(range)
    }

    /// The number of instances in each state.
    pub(crate) fn count_states(&self) -> BTreeMap<&str, u64> {
        let (first, last) = (InstanceState::default(), InstanceState::from("\u{10ffff}"));
        let counts = self.counts(IndexKey::State(first)..=IndexKey::State(last));
        let states = counts.filter_map(|(key, count)| match key {
            IndexKey::State(state) => Some((state.as_str(), count)),
            _ => None,
        });
        states.collect()
    }

    /// The instances from a serial on, in the order of creation.
    fn oldest_first_from(&self, serial: u64) -> impl Iterator<Item = &StoredInstance> {
        let instances = self.by_serial.range(serial..);
        instances.map(|(_, instance)| &**instance).inspect(|_| count_one())
    }

    /// Whether the index equals that of the same instances in a new state.
    #[cfg(test)]
    pub(crate) fn has_right_index(&self) -> bool {
        let mut right = self.index.emptied();
        for (serial, instance) in &self.by_serial {
            right.add(*serial, instance);
        }
        self.index.content() == right.content()
    }

    #[cfg(test)]
    pub(crate) fn serials(&self) -> impl Iterator<Item = u64> {
        self.by_serial.keys().copied()
    }

    /// Adds a new instance; returns its serial.
    pub(crate) fn insert(&mut self, mut instance: StoredInstance) -> u64 {
        instance.begin_prepaid_bandwidth(instance.created);
        let serial = self.made;
        self.made += 1;
        self.index.add(serial, &instance);
        if let Some(expires) = instance.expires {
            self.due.insert((expires, serial, Event::Expiry));
        }
        self.by_serial.insert(serial, Shared::new(instance));
        serial
    }

    /// Starts an operation. `note` is the action and the request id that the instance shows for it; operations of the
    /// platform itself have none.
    pub(crate) fn begin(
        &mut self,
        serial: u64,
        operation: &'static Operation,
        change: Effect,
        note: Option<(&str, &str)>,
        (clock, now): (&VirtualClock, Timestamp),
    ) {
        let note = note.map(|note| self.shared_note(note));
        // The index has neither operations nor notes.
        let Some(instance) = self.by_serial.get_mut(&serial) else { return };
        if let Some(note) = note {
            instance.record_operation(note);
        }
        let running = RunningOperation { operation, phase: 0, due: now, change };
        instance.operation = Some(Box::new(running));
        self.enter_phase(serial, clock, now);
    }

    /// Keeps the running operation of an instance in its current phase for all time.
    pub(crate) fn hold(&mut self, serial: u64) {
        let Some(instance) = self.by_serial.get_mut(&serial) else { return };
        let Some(running) = &mut instance.operation else { return };
        let due = std::mem::replace(&mut running.due, Timestamp::LAST);
        self.cancel_event(serial, Some(due), Event::Phase);
    }

    /// Applies a change without an operation. `note` is the action and the request id that the instance shows for it,
    /// unless an operation is running: clients wait for the end of that one.
    pub(crate) fn change_at_once(&mut self, serial: u64, change: &Effect, note: (&str, &str)) {
        let note = self.shared_note(note);
        self.change(serial, |instance| {
            instance.apply_effect(change);
            if instance.operation.is_none() {
                instance.record_operation(note);
                instance.record_success();
            }
        });
    }

    /// The action and the request id of an operation, which all instances of the request share.
    fn shared_note(&mut self, (action, request_id): (&str, &str)) -> (Arc<str>, Arc<str>) {
        let is_same = |note: &&(Arc<str>, Arc<str>)| *note.0 == *action && *note.1 == *request_id;
        if let Some(note) = self.latest_note.as_ref().filter(is_same) {
            return note.clone();
        }
        self.latest_note.insert((action.into(), request_id.into())).clone()
    }

    /// Extends a prepaid term. An instance in the recycle bin is no longer destroyed.
    pub(crate) fn renew(&mut self, serial: u64, ends: Timestamp, flag: &RenewFlag) {
        let dates = self.change(serial, |instance| {
            let dates = (instance.expires, instance.kept_until.take());
            instance.set_term(ends, flag);
            dates
        });
        let Some((expires, kept_until)) = dates else { return };
        self.cancel_event(serial, expires, Event::Expiry);
        self.cancel_event(serial, kept_until, Event::Destruction);
        self.due.insert((ends, serial, Event::Expiry));
    }

    /// Moves the instances in these resource packs to the public pool. Their rack is no longer visible.
    pub(crate) fn move_to_public_pool(&mut self, ids: &HashSet<&str>) {
        let keys = ids.iter().map(|id| IndexKey::ResourcePack((*id).into())).collect();
        let serials: Vec<u64> = self.index.select(&[keys]).newest_first().collect();
        for serial in serials {
            count_one();
            self.change(serial, |instance| instance.pool = Pool::Public);
        }
    }

    /// Adds bandwidth for some days.
    pub(crate) fn add_bandwidth(&mut self, serial: u64, period: Period, now: Timestamp) {
        if self.change(serial, |instance| instance.add_bandwidth(period, now)).is_none() {
            return;
        }
        let edges = [Some(period.begins), period.ends];
        for edge in edges.into_iter().flatten() {
            self.due.insert((edge, serial, Event::Bandwidth));
        }
    }

    /// When the next event is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.due.get_min().map(|(time, ..)| *time)
    }

    /// Applies all due events in order, each at its time: the state of an instance depends on the virtual time, not
    /// on polling.
    pub(crate) fn apply_due(&mut self, clock: &VirtualClock, now: Timestamp) {
        while let Some((time, serial, event)) = self.due.get_min().copied() {
            if time > now {
                break;
            }
            self.due.remove_min();
            match event {
                Event::Phase => self.end_phase(serial, clock, time),
                Event::Expiry => self.expire(serial, time),
                Event::Destruction => self.destroy(serial, clock, time),
                Event::Bandwidth => {
                    self.change(serial, |instance| instance.show_prepaid_bandwidth(time));
                }
            }
        }
    }

    /// The instances that were removed since the last call.
    pub(crate) fn take_removed(&mut self) -> Vec<RemovedInstance> {
        std::mem::take(&mut self.removed)
    }

    /// The changes of states since the last call, in order.
    pub(crate) fn take_changes(&mut self) -> Vec<StateChange> {
        std::mem::take(&mut self.changes)
    }

    /// Whether [`Self::take_changes`] returns something.
    pub(crate) fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// The next events of instances, in order, with the name of what happens.
    pub(crate) fn upcoming(
        &self,
    ) -> impl Iterator<Item = (Timestamp, &StoredInstance, &'static str)> {
        self.due.iter().filter_map(|(time, serial, event)| {
            let instance = self.get(*serial)?;
            let (is_current, name) = match event {
                // An aborted operation leaves its event behind.
                Event::Phase => {
                    (instance.operation.as_ref().is_some_and(|it| it.due == *time), "operation")
                }
                Event::Expiry => (instance.expires == Some(*time), "term_end"),
                Event::Destruction => (instance.kept_until == Some(*time), "destruction"),
                Event::Bandwidth => (true, "bandwidth"),
            };
            is_current.then_some((*time, instance, name))
        })
    }

    /// Shows the current phase of the operation, or ends the operation.
    fn enter_phase(&mut self, serial: u64, clock: &VirtualClock, now: Timestamp) {
        let Some(instance) = self.by_serial.get_mut(&serial) else { return };
        let Some(mut running) = instance.operation.take() else { return };
        let launches = [&raw const LAUNCH, &raw const FAILED_LAUNCH];
        let is_new =
            running.phase == 0 && launches.contains(&std::ptr::from_ref(running.operation));
        let state_before = instance.state.clone();
        let shown_before = (!is_new).then(|| state_before.clone());
        if let Some(phase) = running.operation.phases.get(running.phase) {
            if let Some(state) = &phase.state {
                instance.set_state(state);
                self.index.update_state(serial, &state_before, state);
            }
            self.changes.extend(StateChange::of(instance, shown_before, now));
            running.due = now.after(clock.delay(phase.duration));
            self.due.insert((running.due, serial, Event::Phase));
            instance.operation = Some(running);
            return;
        }
        if let Effect::Attribute(Attribute::Network(_)) = &running.change {
            self.addresses.release(instance);
        }
        let term = instance.expires;
        let end = &running.operation.end;
        // Without an effect, nothing of the index but the state changes.
        let before = (!matches!(running.change, Effect::None)).then(|| self.index.entry(instance));
        if instance.finish(end, &running.change) {
            match before {
                None => self.index.update_state(serial, &state_before, &instance.state),
                Some(before) => self.index.update(serial, &before, instance),
            }
            self.changes.extend(StateChange::of(instance, shown_before, now));
            if matches!(end, FinalState::Isolated) {
                let until = now.after(RETENTION);
                instance.kept_until = Some(until);
                self.due.insert((until, serial, Event::Destruction));
            }
            let expires = instance.expires;
            if expires != term {
                self.cancel_event(serial, term, Event::Expiry);
                if let Some(expires) = expires {
                    self.due.insert((expires, serial, Event::Expiry));
                }
            }
        } else {
            self.remove(serial, now);
        }
    }

    fn end_phase(&mut self, serial: u64, clock: &VirtualClock, time: Timestamp) {
        let Some(instance) = self.by_serial.get_mut(&serial) else { return };
        // An aborted operation leaves its event behind.
        let Some(running) = instance.operation.as_mut().filter(|it| it.due == time) else {
            return;
        };
        running.phase += 1;
        self.enter_phase(serial, clock, time);
    }

    /// The end of a prepaid term: renewal for a month, or the recycle bin.
    fn expire(&mut self, serial: u64, time: Timestamp) {
        let Some(instance) = self.by_serial.get_mut(&serial) else { return };
        let state = &instance.state;
        // A changed term has an event of its own.
        let is_changed = instance.expires != Some(time);
        if is_changed || matches!(state, InstanceState::Shutdown | InstanceState::Terminating) {
            return;
        }
        let is_renewed = instance.renew_flag == Some(RenewFlag::NotifyAndAutoRenew);
        let (next, event) = if let Some(next) = time.next_month().filter(|_| is_renewed) {
            instance.expires = Some(next);
            (next, Event::Expiry)
        } else {
            let running = instance.abort_operation("The term of the instance ended.");
            if let Some(Effect::Attribute(Attribute::Network(network))) =
                running.map(|running| running.change)
            {
                self.addresses.give_back(&network.subnet_id, network.address);
            }
            let before = instance.state.clone();
            instance.isolate(RestrictState::Expired, IsolatedSource::Expire);
            self.index.update_state(serial, &before, &instance.state);
            self.changes.extend(StateChange::of(instance, Some(before), time));
            let until = time.after(RETENTION);
            instance.kept_until = Some(until);
            (until, Event::Destruction)
        };
        self.due.insert((next, serial, event));
    }

    fn destroy(&mut self, serial: u64, clock: &VirtualClock, time: Timestamp) {
        // A renewed instance is not in the bin any more, or until another time.
        let is_kept = |instance: &Shared<StoredInstance>| {
            instance.state == InstanceState::Shutdown && instance.kept_until == Some(time)
        };
        if self.by_serial.get(&serial).is_some_and(is_kept) {
            self.begin(serial, &TERMINATE, Effect::None, None, (clock, time));
        }
    }

    /// Removes an event. A removed instance must leave none.
    fn cancel_event(&mut self, serial: u64, time: Option<Timestamp>, event: Event) {
        if let Some(time) = time {
            self.due.remove(&(time, serial, event));
        }
    }

    fn remove(&mut self, serial: u64, now: Timestamp) {
        if let Some(mut instance) = self.by_serial.remove(&serial).map(Shared::into_inner) {
            self.index.remove(serial, &instance);
            self.cancel_event(serial, instance.expires, Event::Expiry);
            self.cancel_event(serial, instance.kept_until, Event::Destruction);
            for period in &instance.bandwidth {
                self.cancel_event(serial, Some(period.begins), Event::Bandwidth);
                self.cancel_event(serial, period.ends, Event::Bandwidth);
            }
            self.addresses.release(&instance);
            self.addresses.release_secondary(&instance);
            let disks = instance.take_remaining_disks(now);
            self.changes.push(StateChange {
                time: now,
                id: Arc::clone(&instance.id),
                zone: Arc::clone(&instance.zone),
                from: Some(instance.state.clone()),
                to: None,
            });
            self.removed.push(RemovedInstance { time: now, id: instance.id, serial, disks });
        }
    }
}

impl Tagged for Instances {
    fn all(&self) -> TaggedItems<'_> {
        Box::new(self.newest_first().map(|it| (&*it.id, &it.tags as &dyn TagList)))
    }

    fn set_tags(&mut self, id: &str, tags: Vec<(String, String)>) {
        if let Some(mut instance) = self.serial(id).and_then(|serial| self.get_mut(serial)) {
            instance.tags.replace(tags);
        }
    }

    fn tags(&self, id: &str) -> Option<&dyn TagList> {
        Some(&self.get(self.serial(id)?)?.tags)
    }

    // The instances can be many. They are in the order of their serials already.
    fn position(&self, id: &str) -> String {
        self.serial(id).map_or_else(String::new, |serial| serial.to_string())
    }

    fn after(&self, position: &str) -> Option<TaggedItems<'_>> {
        let first = match position {
            "" => 0,
            last => last.parse::<u64>().ok()?.checked_add(1)?,
        };
        let items = self.oldest_first_from(first);
        Some(Box::new(items.map(|it| (&*it.id, &it.tags as &dyn TagList))))
    }
}

/// An instance that may be changed. At the end of the change, the index is updated.
pub(crate) struct InstanceMut<'a> {
    instance: &'a mut Shared<StoredInstance>,
    serial: u64,
    before: Entry,
    index: &'a mut InstanceIndex,
}

impl Deref for InstanceMut<'_> {
    type Target = StoredInstance;

    fn deref(&self) -> &StoredInstance {
        self.instance
    }
}

impl DerefMut for InstanceMut<'_> {
    fn deref_mut(&mut self) -> &mut StoredInstance {
        self.instance
    }
}

impl Drop for InstanceMut<'_> {
    fn drop(&mut self) {
        self.index.update(self.serial, &self.before, self.instance);
    }
}

#[cfg(test)]
impl Default for Instances {
    fn default() -> Self {
        Self::new(CreationOrder::new(crate::ids::SeededRng::new(0)))
    }
}

#[cfg(test)]
mod tests;
