//! What a handler sees and changes: one account, in the region and at the time of one request.

use std::collections::BTreeMap;
use std::sync::Arc;

use cvm_models::enums::InstanceState;
use cvm_signer::HexDigest;

use crate::account::AccountId;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::caller::Caller;
use crate::catalog::{Catalog, Region, Zone};
use crate::clock::VirtualClock;
use crate::cloud_fault::OperationFaults;
use crate::filter::CheckedFilter;
use crate::ids::{IdGenerator, Stream};
use crate::key_pair_generator::NewKeyPair;
use crate::state::{
    AccountTags, Accounts, Attribute, Directory, Disks, Effect, FAILED_LAUNCH, Instances, KeyPairs,
    LAUNCH, Operation, Quotas, RegionResources, SecurityGroup, Shared, StoredInstance, Timer,
    check_instance_state,
};
use crate::timestamp::Timestamp;

/// The context of one request.
pub(crate) struct RequestContext<'a> {
    pub(crate) account: AccountId,
    pub(crate) caller: Caller,
    pub(crate) directory: &'a Directory,
    /// See [`Self::shared_images`].
    pub(crate) accounts: &'a dyn Accounts,
    pub(crate) catalog: Catalog,
    pub(crate) quotas: Quotas,
    /// Whether VPCs, subnets and security groups must have been created before they can be used.
    pub(crate) is_network_strict: bool,
    pub(crate) faults: OperationFaults,
    pub(crate) codes: DocumentedCodes,
    pub(crate) request_id: &'a str,
    /// See [`Self::fingerprint`].
    pub(crate) fingerprint: Option<HexDigest>,
    /// The key pair that the command brings.
    pub(crate) key_pair: Option<NewKeyPair>,
    pub(crate) region: &'static Region,
    pub(crate) clock: &'a VirtualClock,
    pub(crate) now: Timestamp,
    /// The instances of the region.
    pub(crate) instances: &'a mut Instances,
    /// The instances of all other regions.
    pub(crate) elsewhere: BTreeMap<&'static str, &'a mut Shared<Instances>>,
    pub(crate) key_pairs: &'a mut Shared<KeyPairs>,
    pub(crate) tags: &'a mut Shared<AccountTags>,
    /// All other resources of the account, in every region.
    pub(crate) regions: &'a mut BTreeMap<&'static str, Shared<RegionResources>>,
    pub(crate) ids: &'a mut IdGenerator,
}

impl RequestContext<'_> {
    /// The resources of the account in this region, except instances.
    pub(crate) fn resources(&mut self) -> &mut RegionResources {
        self.regions.entry(self.region.name).or_default()
    }

    /// The disks of this region that are attached to no instance, and the operations on all disks.
    pub(crate) fn disks(&self) -> Option<&Disks> {
        self.regions.get(self.region.name).map(|resources| &*resources.disks)
    }

    /// A hash of the parameters, without `DryRun`: a repeated request with a client token has the same as the first. It
    /// comes with the command, because the log of commands has no passwords. Empty without a client token.
    pub(crate) fn fingerprint(&self) -> HexDigest {
        self.fingerprint.unwrap_or(HexDigest::EMPTY)
    }

    /// The key pair that the command brings for this request.
    pub(crate) fn take_key_pair(&mut self) -> Result<NewKeyPair, ApiError> {
        self.key_pair.take().ok_or_else(|| {
            let message = "The command has no key pair; add one with `Request::with_key_pair`.";
            ApiError::new("InternalServerError", message)
        })
    }

    /// The instances of the account in all regions, those of this region first.
    pub(crate) fn instances_everywhere(&self) -> impl Iterator<Item = &Instances> {
        std::iter::once(&*self.instances).chain(self.elsewhere.values().map(|one| &***one))
    }

    /// The instances of a region. `None` if it never had any.
    pub(crate) fn instances_in(&self, region: &str) -> Option<&Instances> {
        if region == self.region.name {
            return Some(self.instances);
        }
        self.elsewhere.get(region).map(|instances| &***instances)
    }

    /// The instances of a region, to change them.
    pub(crate) fn instances_in_mut(&mut self, region: &str) -> Option<&mut Instances> {
        if region == self.region.name {
            return Some(self.instances);
        }
        self.elsewhere.get_mut(region).map(|instances| &mut ***instances)
    }

    /// The instances and the other resources of a region, to change them. `None` if it never had any.
    pub(crate) fn region_mut(
        &mut self,
        region: &str,
    ) -> (Option<&mut Instances>, Option<&mut RegionResources>) {
        let instances = if region == self.region.name {
            Some(&mut *self.instances)
        } else {
            self.elsewhere.get_mut(region).map(|instances| &mut ***instances)
        };
        (instances, self.regions.get_mut(region).map(|resources| &mut **resources))
    }

    /// The zone with this name, which must be in this region.
    pub(crate) fn zone(&self, name: &str) -> Result<Zone, ApiError> {
        self.region.zone(name).ok_or_else(|| {
            let message = format!("The zone `{name}` is not in the region {}.", self.region.name);
            self.codes.error(["InvalidZone.MismatchRegion"], message)
        })
    }

    /// Checks that filters ask only for zones of this region.
    pub(crate) fn check_zones<'f, 'v: 'f>(
        &self,
        mut filters: impl Iterator<Item = &'f CheckedFilter<'v>>,
    ) -> Result<(), ApiError> {
        let is_elsewhere = |name: &str| self.region.zone(name).is_none();
        if filters.all(|filter| filter.name != "zone" || !filter.any(is_elsewhere)) {
            return Ok(());
        }
        let message =
            format!("The filter `zone` names a zone that is not in {}.", self.region.name);
        Err(self.codes.error(["InvalidZone.MismatchRegion"], message))
    }

    /// The instances with these serials, for checks before a change.
    pub(crate) fn instances(&self, serials: &[u64]) -> impl Iterator<Item = &StoredInstance> {
        serials.iter().filter_map(|serial| self.instances.get(*serial))
    }

    /// The open timer of an instance of this region.
    pub(crate) fn timer_of(&self, instance_id: &str) -> Option<&Timer> {
        self.regions.get(self.region.name)?.action_timers.of(instance_id)
    }

    /// Checks that the state of every instance allows the action: a batch succeeds or fails as a whole.
    pub(crate) fn check_state(
        &self,
        serials: &[u64],
        allowed: &[InstanceState],
    ) -> Result<(), ApiError> {
        self.instances(serials)
            .try_for_each(|instance| check_instance_state(self.codes, instance, allowed))
    }

    /// Like [`Self::check_state`], for an attribute, a project or security groups, which change at once. The restart for
    /// a new host name does not prevent it: tools change several of them in a row.
    pub(crate) fn check_state_for_change_at_once(
        &self,
        serials: &[u64],
        allowed: &[InstanceState],
    ) -> Result<(), ApiError> {
        self.instances(serials)
            .filter(|instance| !instance.is_renaming_host())
            .try_for_each(|instance| check_instance_state(self.codes, instance, allowed))
    }

    /// Applies a change of this action at once.
    pub(crate) fn change_at_once(&mut self, serial: u64, attribute: Attribute) {
        let note = (self.codes.0.name, self.request_id);
        self.instances.change_at_once(serial, &Effect::Attribute(attribute), note);
    }

    /// The default security group of a project, which is created on its first use.
    pub(crate) fn default_security_group(&mut self, project_id: i64) -> Arc<str> {
        let groups = &mut self.regions.entry(self.region.name).or_default().security_groups;
        if let Some(group) = groups.default_of(project_id) {
            return Arc::clone(&group.id);
        }
        let id: Arc<str> = self.ids.id("sg-", Stream::SecurityGroupId).into();
        groups.insert(SecurityGroup::new_default(Arc::clone(&id), project_id, self.now));
        id
    }

    /// Starts an operation of this action.
    pub(crate) fn begin(&mut self, serial: u64, operation: &'static Operation, change: Effect) {
        let note = Some((self.codes.0.name, self.request_id));
        let is_launch = std::ptr::eq(operation, &LAUNCH);
        let fails = is_launch && self.faults.launches_fail;
        let operation = if fails { &FAILED_LAUNCH } else { operation };
        self.instances.begin(serial, operation, change, note, (self.clock, self.now));
        if self.faults.operations_are_stuck {
            self.instances.hold(serial);
        }
    }
}
