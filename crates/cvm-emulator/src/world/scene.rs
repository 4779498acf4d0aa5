//! What an action sees and changes: the region that it was sent to, at one moment.

use cvm_models::enums::InstanceState;

use super::{Change, Course, Machine, Mint, Store, admit};
use crate::Moment;
use crate::catalogue::Region;
use crate::clock::Clock;
use crate::refusal::{Codes, Refusal};

/// The place and time of one request.
pub(crate) struct Scene<'a> {
    pub(crate) codes: Codes,
    pub(crate) request_id: &'a str,
    pub(crate) region: &'static Region,
    pub(crate) clock: &'a Clock,
    pub(crate) now: Moment,
    pub(crate) store: &'a mut Store,
    pub(crate) mint: &'a mut Mint,
}

impl Scene<'_> {
    /// The places of instances that all exist; each once, however often it is named.
    pub(crate) fn find(&self, instance_ids: &[String]) -> Result<Vec<u64>, Refusal> {
        let mut serials = Vec::with_capacity(instance_ids.len());
        for id in instance_ids {
            let serial = self.store.serial(id).ok_or_else(|| {
                let message =
                    format!("The instance `{id}` does not exist in {}.", self.region.name);
                self.codes.refuse(["InvalidInstanceId.NotFound"], message)
            })?;
            if !serials.contains(&serial) {
                serials.push(serial);
            }
        }
        Ok(serials)
    }

    /// The instances that a Describe action lists, the newest first: all of them, or those that are
    /// named. An id that does not exist is simply not among them.
    pub(crate) fn listed(&self, instance_ids: &[String]) -> impl Iterator<Item = &Machine> {
        let mut named: Vec<_> =
            instance_ids.iter().filter_map(|id| self.store.serial(id)).collect();
        named.sort_unstable_by(|a, b| b.cmp(a));
        named.dedup();
        let all = instance_ids.is_empty().then(|| self.store.newest_first());
        let named = named.into_iter().filter_map(|serial| self.store.machine(serial));
        all.into_iter().flatten().chain(named)
    }

    /// The instances at places, for a look before anything is changed.
    pub(crate) fn machines(&self, serials: &[u64]) -> impl Iterator<Item = &Machine> {
        serials.iter().filter_map(|serial| self.store.machine(*serial))
    }

    /// Passes when every one of the instances is in a state that allows the action: a batch is done
    /// as a whole or not at all.
    pub(crate) fn admit(&self, serials: &[u64], allowed: &[InstanceState]) -> Result<(), Refusal> {
        self.machines(serials).try_for_each(|machine| admit(self.codes, machine, allowed))
    }

    /// Lets an operation of this action begin.
    pub(crate) fn begin(&mut self, serial: u64, course: &'static Course, change: Change) {
        let note = Some((self.codes.0.name, self.request_id));
        self.store.begin(serial, course, change, note, (self.clock, self.now));
    }
}
