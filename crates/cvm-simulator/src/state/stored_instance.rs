//! A stored instance. It is compact, because a region can have a million of them: the instances of one launch share
//! their texts, and the form of the API is only built for a response.

use std::net::Ipv4Addr;
use std::sync::Arc;

use cvm_models::enums::{
    DedicatedResourcePackTenancy, InstanceChargeType, InstanceState, InternetChargeType,
    IsolatedSource, LatestOperationState, LicenseType, RenewFlag, RestrictState, StopChargingMode,
};
use cvm_protocol::Sensitive;

use crate::catalog::InstanceType;
use crate::state::effect::Effect;
use crate::state::operation::{FinalState, ISOLATE, Operation, RENAME_HOST, TERMINATE};
use crate::state::{Extras, Pairs, StoredDisk, Texts};
use crate::timestamp::Timestamp;

/// How often a prepaid instance can be downsized; assumed.
const DEGRADE_LIMIT: i64 = 5;

/// A stored instance.
#[derive(Clone, Debug, Default)]
pub(crate) struct StoredInstance {
    pub(crate) id: Arc<str>,
    pub(crate) uuid: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) host_name: Arc<str>,
    pub(crate) created: Timestamp,
    pub(crate) tags: Pairs,
    pub(crate) metadata: Option<Pairs>,

    pub(crate) state: InstanceState,
    pub(crate) restrict_state: RestrictState,
    pub(crate) isolated_source: IsolatedSource,
    pub(crate) stop_charging_mode: StopChargingMode,
    /// The running operation.
    pub(crate) operation: Option<Box<RunningOperation>>,
    /// The last operation of a request.
    pub(crate) latest_operation: Option<LatestOperation>,
    /// The state before rescue mode.
    pub(crate) rescued_from: Option<InstanceState>,
    pub(crate) is_protected: bool,

    pub(crate) zone: Arc<str>,
    pub(crate) project_id: i64,
    pub(crate) pool: Pool,
    pub(crate) placement_group: Option<Arc<str>>,
    pub(crate) partition: Option<i64>,
    pub(crate) hpc_cluster_id: Option<Arc<str>>,

    pub(crate) instance_type: Arc<str>,
    pub(crate) vcpus: i64,
    pub(crate) memory_gib: i64,
    pub(crate) gpus: Option<Gpus>,
    pub(crate) cpu_topology: Option<Topology>,
    /// How often it was downsized.
    pub(crate) degrades: i64,

    pub(crate) charge_type: InstanceChargeType,
    pub(crate) renew_flag: Option<RenewFlag>,
    /// The end of a prepaid term.
    pub(crate) expires: Option<Timestamp>,
    /// When the recycle bin destroys it.
    pub(crate) kept_until: Option<Timestamp>,

    pub(crate) image_id: Arc<str>,
    pub(crate) os_name: Arc<str>,
    pub(crate) license_type: LicenseType,
    pub(crate) login_user: Arc<str>,
    pub(crate) login_port: i64,
    pub(crate) key_ids: Texts,
    /// Whether the automation agent was installed with the system.
    pub(crate) has_agent: bool,
    /// The user data for the first boot.
    pub(crate) user_data: Option<Arc<Sensitive>>,
    pub(crate) role: Option<Arc<str>>,
    pub(crate) system_disk: StoredDisk,
    pub(crate) data_disks: Vec<StoredDisk>,

    pub(crate) vpc_id: Arc<str>,
    pub(crate) subnet_id: Arc<str>,
    pub(crate) is_gateway: bool,
    pub(crate) private_address: Option<Ipv4Addr>,
    /// The ordinary public address, see [`Self::public_addresses`].
    pub(crate) public_address: Option<Ipv4Addr>,
    pub(crate) security_groups: Texts,
    pub(crate) jumbo_frames: Option<bool>,
    pub(crate) internet_charge_type: InternetChargeType,
    pub(crate) bandwidth_mbps: i64,
    /// Prepaid bandwidth, present and past.
    pub(crate) bandwidth: Vec<Period>,
    /// `None` for almost all instances.
    pub(crate) extras: Option<Box<Extras>>,
}

/// Whose hardware an instance runs on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Pool {
    #[default]
    Public,
    /// The dedicated host with this id.
    DedicatedHost(Arc<str>),
    ResourcePack(Arc<PackPlacement>),
}

/// The placement in a resource pack.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PackPlacement {
    pub(crate) pack_id: Arc<str>,
    pub(crate) tenancy: DedicatedResourcePackTenancy,
    pub(crate) rack_id: Arc<str>,
}

/// The cards of an instance.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Gpus {
    pub(crate) model: Arc<str>,
    pub(crate) count: i64,
}

/// The requested layout of cores and threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Topology {
    pub(crate) cores: Option<i64>,
    pub(crate) threads_per_core: Option<i64>,
}

/// The last operation of a request on an instance.
#[derive(Clone, Debug)]
pub(crate) struct LatestOperation {
    pub(crate) action: Arc<str>,
    pub(crate) request_id: Arc<str>,
    pub(crate) state: LatestOperationState,
    pub(crate) error: Option<Arc<str>>,
}

/// A running operation.
#[derive(Clone, Debug)]
pub(crate) struct RunningOperation {
    pub(crate) operation: &'static Operation,
    /// The index of the current phase.
    pub(crate) phase: usize,
    /// When the phase ends.
    pub(crate) due: Timestamp,
    pub(crate) change: Effect,
}

/// A period with prepaid bandwidth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) begins: Timestamp,
    /// `None` for the end of the term of the instance.
    pub(crate) ends: Option<Timestamp>,
    pub(crate) mbps: i64,
}

impl Period {
    pub(crate) fn includes(&self, time: Timestamp) -> bool {
        self.begins <= time && self.ends.is_none_or(|ends| time < ends)
    }

    /// Whether the periods have a time in common.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let begins_in = |one: &Self, other: &Self| other.ends.is_none_or(|ends| one.begins < ends);
        begins_in(self, other) && begins_in(other, self)
    }
}

impl StoredInstance {
    /// Whether its system is Windows. Every image says so in its name.
    pub(crate) fn is_windows(&self) -> bool {
        self.os_name.starts_with("Windows")
    }

    pub(crate) fn is_running(&self) -> bool {
        self.state == InstanceState::Running
    }

    /// What only few instances have, to change it.
    pub(crate) fn extras_mut(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }

    /// The private addresses of its primary interface.
    pub(crate) fn private_addresses(&self) -> impl Iterator<Item = Ipv4Addr> {
        let more = self.extras.iter().flat_map(|extras| &extras.more_private_addresses);
        self.private_address.into_iter().chain(more.copied())
    }

    /// Its ordinary public address and its elastic IPs.
    pub(crate) fn public_addresses(&self) -> impl Iterator<Item = Ipv4Addr> {
        let elastic = self.extras.iter().flat_map(|extras| &extras.elastic_ips);
        self.public_address.into_iter().chain(elastic.copied())
    }

    /// The system disk, then the data disks.
    pub(crate) fn disks(&self) -> impl Iterator<Item = &StoredDisk> {
        std::iter::once(&self.system_disk).chain(&self.data_disks)
    }

    /// The dedicated host that it runs on.
    pub(crate) fn host_id(&self) -> Option<&str> {
        match &self.pool {
            Pool::DedicatedHost(id) => Some(id),
            _ => None,
        }
    }

    /// Its placement in a resource pack.
    pub(crate) fn pack(&self) -> Option<&PackPlacement> {
        match &self.pool {
            Pool::ResourcePack(placement) => Some(placement),
            _ => None,
        }
    }

    /// When the current phase of its operation ends.
    pub(crate) fn busy_until(&self) -> Option<Timestamp> {
        self.operation.as_ref().map(|running| running.due)
    }

    /// The operation that terminates it: a prepaid instance that is not in the recycle bin goes there first.
    pub(crate) fn termination(&self) -> &'static Operation {
        let is_prepaid = self.charge_type == InstanceChargeType::Prepaid;
        let is_in_bin = self.state == InstanceState::Shutdown;
        if is_prepaid && !is_in_bin { &ISOLATE } else { &TERMINATE }
    }

    /// Whether it is being moved to the recycle bin, for which there is no state.
    pub(crate) fn is_isolating(&self) -> bool {
        self.operation.as_ref().is_some_and(|running| std::ptr::eq(running.operation, &ISOLATE))
    }

    /// Whether its running operation is only the restart for a new host name.
    pub(crate) fn is_renaming_host(&self) -> bool {
        self.operation.as_ref().is_some_and(|running| std::ptr::eq(running.operation, &RENAME_HOST))
    }

    /// Records the start of an operation: its action, and the id of the request.
    pub(crate) fn record_operation(&mut self, (action, request_id): (Arc<str>, Arc<str>)) {
        self.latest_operation = Some(LatestOperation {
            action,
            request_id,
            state: LatestOperationState::Operating,
            error: None,
        });
    }

    /// Sets the state of a phase.
    pub(crate) fn set_state(&mut self, state: &InstanceState) {
        self.state = state.clone();
        if *state != InstanceState::Stopped {
            self.stop_charging_mode = StopChargingMode::NotApplicable;
        }
    }

    /// Ends an operation. Returns `false` if the instance is to be removed.
    pub(crate) fn finish(&mut self, end: &FinalState, change: &Effect) -> bool {
        match end {
            FinalState::In(state) => self.set_state(state),
            FinalState::Failed(state) => {
                self.set_state(state);
                self.record_failure("The operation failed.");
                return true;
            }
            FinalState::AsBefore => {}
            FinalState::Recovered => self.recover(),
            FinalState::Isolated => {
                self.isolate(RestrictState::ProtectivelyIsolated, IsolatedSource::Manmade);
            }
            FinalState::Removed => return false,
        }
        self.apply_effect(change);
        self.record_success();
        true
    }

    /// Records the end of the latest operation.
    pub(crate) fn record_success(&mut self) {
        if let Some(latest) = &mut self.latest_operation {
            latest.state = LatestOperationState::Success;
        }
    }

    /// Moves it to the recycle bin.
    pub(crate) fn isolate(&mut self, restrict: RestrictState, source: IsolatedSource) {
        self.set_state(&InstanceState::Shutdown);
        self.restrict_state = restrict;
        self.isolated_source = source;
    }

    /// Takes it out of the recycle bin, stopped.
    fn recover(&mut self) {
        self.set_state(&InstanceState::Stopped);
        self.restrict_state = RestrictState::Normal;
        self.isolated_source = IsolatedSource::NotIsolated;
        self.keep_released_disks();
    }

    /// Sets the end of its prepaid term, and what happens then.
    pub(crate) fn set_term(&mut self, ends: Timestamp, flag: &RenewFlag) {
        self.expires = Some(ends);
        self.renew_flag = Some(flag.clone());
    }

    /// Aborts the running operation.
    pub(crate) fn abort_operation(&mut self, why: &str) -> Option<Box<RunningOperation>> {
        let running = self.operation.take()?;
        self.record_failure(why);
        Some(running)
    }

    fn record_failure(&mut self, why: &str) {
        if let Some(latest) = &mut self.latest_operation {
            latest.state = LatestOperationState::Failed;
            latest.error = Some(why.into());
        }
    }

    /// How often it can be downsized; `None` for hourly instances, which have no limit.
    pub(crate) fn degrade_limit(&self) -> Option<i64> {
        let is_prepaid = self.charge_type == InstanceChargeType::Prepaid;
        is_prepaid.then_some(DEGRADE_LIMIT)
    }

    /// Sets the instance type.
    pub(crate) fn set_type(&mut self, one: InstanceType) {
        let InstanceType { family, size } = one;
        if one.has_less_than(self.vcpus, self.memory_gib) {
            self.degrades += 1;
        }
        self.instance_type = size.name.into();
        self.vcpus = size.vcpus;
        self.memory_gib = size.memory_gib;
        let gpu = family.gpu.as_ref();
        self.gpus = gpu.map(|gpu| Gpus { model: gpu.model.into(), count: size.gpus });
    }
}
