//! What an action sees and changes: the region that it was sent to, at one moment.

use cvm_models::enums::InstanceState;

use std::collections::BTreeMap;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{Region, Zone};
use crate::clock::VirtualClock;
use crate::filter::CheckedFilter;
use crate::ids::IdGenerator;
use crate::state::{
    Effect, Instances, Operation, RegionResources, Shared, StoredInstance, Timer,
    check_instance_state,
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

    /// The instances at places, for a look before anything is changed.
    pub(crate) fn instances(&self, serials: &[u64]) -> impl Iterator<Item = &StoredInstance> {
        serials.iter().filter_map(|serial| self.instances.get(*serial))
    }

    /// The timer that is to end an instance of this region, or is at it.
    pub(crate) fn timer_of(&self, instance_id: &str) -> Option<&Timer> {
        self.regions.get(self.region.name)?.action_timers.of(instance_id)
    }

    /// Passes when every one of the instances is in a state that allows the action: a batch is done
    /// as a whole or not at all.
    pub(crate) fn check_state(
        &self,
        serials: &[u64],
        allowed: &[InstanceState],
    ) -> Result<(), ApiError> {
        self.instances(serials)
            .try_for_each(|instance| check_instance_state(self.codes, instance, allowed))
    }

    /// Lets an operation of this action begin.
    pub(crate) fn begin(&mut self, serial: u64, operation: &'static Operation, change: Effect) {
        let note = Some((self.codes.0.name, self.request_id));
        self.instances.begin(serial, operation, change, note, (self.clock, self.now));
    }
}
