//! What was planned to happen to instances, brought into one order with what is going on with them.
//!
//! A plan acts at its own time, after everything that was due by then: what becomes of an instance
//! depends on the virtual time, not on how often somebody looks.

use std::collections::BTreeSet;

use super::{Holdings, Store};
use crate::Moment;
use crate::clock::Clock;

/// When which plan of one kind has something to do next; plans are known by the order in which they
/// were made.
#[derive(Debug, Default)]
pub(super) struct Agenda(BTreeSet<(Moment, u64)>);

impl Agenda {
    pub(super) fn add(&mut self, moment: Moment, place: u64) {
        self.0.insert((moment, place));
    }

    /// Takes out whatever a plan had to do.
    pub(super) fn strike(&mut self, place: u64) {
        self.0.retain(|(_, other)| *other != place);
    }

    /// When there is something to do next.
    pub(super) fn first(&self) -> Option<Moment> {
        self.0.first().map(|(moment, _)| *moment)
    }

    /// Takes out the next plan that has something to do by a moment.
    pub(super) fn next(&mut self, moment: Moment) -> Option<u64> {
        self.first().filter(|first| *first <= moment)?;
        self.0.pop_first().map(|(_, place)| place)
    }
}

/// Lets everything happen in a region that is due.
pub(super) fn settle(store: &mut Store, holdings: &mut Holdings, clock: &Clock, now: Moment) {
    while let Some(moment) = next_due(holdings).filter(|moment| *moment <= now) {
        settle_instances(store, holdings, clock, moment);
        holdings.action_timers.act(store, clock, moment);
        holdings.repair_tasks.act(store, clock, moment);
    }
    settle_instances(store, holdings, clock, now);
}

fn next_due(holdings: &Holdings) -> Option<Moment> {
    let dates = [holdings.action_timers.next_due(), holdings.repair_tasks.next_due()];
    dates.into_iter().flatten().min()
}

/// Brings the instances to a moment; what was planned for those that are gone is dropped.
fn settle_instances(store: &mut Store, holdings: &mut Holdings, clock: &Clock, moment: Moment) {
    store.settle(clock, moment);
    for (ended, instance_id) in store.take_gone() {
        holdings.action_timers.forget_instance(&instance_id);
        holdings.repair_tasks.forget_instance(&instance_id, ended);
    }
}
