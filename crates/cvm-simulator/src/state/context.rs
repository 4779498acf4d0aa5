//! What an action sees and changes: the region that it was sent to, at one moment.

use cvm_models::enums::InstanceState;

use std::collections::BTreeMap;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{Region, Zone};
use crate::clock::VirtualClock;
use crate::filter::CheckedFilter;
use crate::parameters::{distinct, has_layout};
use crate::state::{
    Effect, IdGenerator, Instances, Operation, RegionResources, Shared, StoredInstance, Timer,
    admit,
};
use crate::timestamp::Timestamp;

/// The place and time of one request.
pub(crate) struct RequestContext<'a> {
    pub(crate) codes: DocumentedCodes,
    pub(crate) request_id: &'a str,
    pub(crate) region: &'static Region,
    pub(crate) clock: &'a VirtualClock,
    pub(crate) now: Timestamp,
    /// The instances of the region.
    pub(crate) instances: &'a mut Instances,
    /// What the account has besides, in every region.
    pub(crate) regions: &'a mut BTreeMap<&'static str, Shared<RegionResources>>,
    pub(crate) ids: &'a mut IdGenerator,
}

impl RequestContext<'_> {
    /// What the account has in this region beside its instances.
    pub(crate) fn resources(&mut self) -> &mut RegionResources {
        self.regions.entry(self.region.name).or_default()
    }

    /// The zone of a name, which lies in this region.
    pub(crate) fn zone(&self, name: &str) -> Result<Zone, ApiError> {
        self.region.zone(name).ok_or_else(|| {
            let message = format!("The zone `{name}` is not in the region {}.", self.region.name);
            self.codes.error(["InvalidZone.MismatchRegion"], message)
        })
    }

    /// Passes filters that ask for zones of this region alone.
    pub(crate) fn check_zones(&self, filters: &[CheckedFilter<'_>]) -> Result<(), ApiError> {
        let is_elsewhere = |name: &str| self.region.zone(name).is_none();
        if filters.iter().all(|filter| filter.name != "zone" || !filter.any(is_elsewhere)) {
            return Ok(());
        }
        let message = format!("The filter `zone` asks for what is not in {}.", self.region.name);
        Err(self.codes.error(["InvalidZone.MismatchRegion"], message))
    }

    /// The places of instances that all exist; each once, however often it is named.
    pub(crate) fn find(&self, instance_ids: &[String]) -> Result<Vec<u64>, ApiError> {
        let serial_of = |id: &String| {
            self.instances.serial(id).ok_or_else(|| {
                let message =
                    format!("The instance `{id}` does not exist in {}.", self.region.name);
                self.codes.error(["InvalidInstanceId.NotFound"], message)
            })
        };
        let serials: Vec<u64> = instance_ids.iter().map(serial_of).collect::<Result<_, _>>()?;
        Ok(distinct(serials))
    }

    /// The instances that a Describe action lists, the newest first: all of them, or those that are
    /// named. An id that does not exist is simply not among them.
    pub(crate) fn listed(&self, instance_ids: &[String]) -> impl Iterator<Item = &StoredInstance> {
        let mut named: Vec<_> =
            instance_ids.iter().filter_map(|id| self.instances.serial(id)).collect();
        named.sort_unstable_by(|a, b| b.cmp(a));
        named.dedup();
        let all = instance_ids.is_empty().then(|| self.instances.newest_first());
        let named = named.into_iter().filter_map(|serial| self.instances.get(serial));
        all.into_iter().flatten().chain(named)
    }

    /// The instances at places, for a look before anything is changed.
    pub(crate) fn instances(&self, serials: &[u64]) -> impl Iterator<Item = &StoredInstance> {
        serials.iter().filter_map(|serial| self.instances.get(*serial))
    }

    /// The timer that is to end an instance of this region, or is at it.
    pub(crate) fn timer_of(&self, instance_id: &str) -> Option<&Timer> {
        self.regions.get(self.region.name)?.action_timers.of(instance_id)
    }

    /// The index of an instance, and the instance. Not every table states the layout of the id, so it is
    /// checked here.
    pub(crate) fn find_instance(
        &self,
        instance_id: &str,
    ) -> Result<(u64, &StoredInstance), ApiError> {
        if !has_layout(instance_id, "ins-xxxxxxxx") {
            let message = format!("The instance id `{instance_id}` is malformed.");
            return Err(self.codes.error(["InvalidInstanceId.Malformed"], message));
        }
        let serial = self.instances.serial(instance_id);
        let found = serial.and_then(|serial| Some((serial, self.instances.get(serial)?)));
        found.ok_or_else(|| {
            let message =
                format!("The instance `{instance_id}` does not exist in {}.", self.region.name);
            self.codes.error(["InvalidInstanceId.NotFound"], message)
        })
    }

    /// Checks that no timer is to terminate one of the instances; the error has this code.
    pub(crate) fn check_no_timer(&self, serials: &[u64], code: &str) -> Result<(), ApiError> {
        let mut ids = self.instances(serials).map(|machine| &machine.api.instance_id);
        let Some(timer) = ids.find_map(|id| self.timer_of(id)) else { return Ok(()) };
        let message = format!(
            "The timer `{}` is to terminate the instance `{}` at {}; cancel it first.",
            timer.id, timer.instance_id, timer.at
        );
        Err(self.codes.error([code], message))
    }

    /// Passes when every one of the instances is in a state that allows the action: a batch is done
    /// as a whole or not at all.
    pub(crate) fn check_state(
        &self,
        serials: &[u64],
        allowed: &[InstanceState],
    ) -> Result<(), ApiError> {
        self.instances(serials).try_for_each(|machine| admit(self.codes, machine, allowed))
    }

    /// Lets an operation of this action begin.
    pub(crate) fn begin(&mut self, serial: u64, course: &'static Operation, change: Effect) {
        let note = Some((self.codes.0.name, self.request_id));
        self.instances.begin(serial, course, change, note, (self.clock, self.now));
    }
}
