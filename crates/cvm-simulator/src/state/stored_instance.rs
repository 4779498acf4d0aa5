//! A stored instance: its form in the API, and its running operation.

use cvm_models::enums::{
    InstanceChargeType, InstanceState, IsolatedSource, LatestOperationState, RenewFlag,
    RestrictState, StopChargingMode,
};
use cvm_models::types::{GPUInfo, Instance};
use cvm_protocol::Sensitive;

use crate::catalog::InstanceType;
use crate::state::effect::Effect;
use crate::state::operation::{FinalState, ISOLATE, Operation, TERMINATE};
use crate::timestamp::Timestamp;

/// How often a prepaid instance can be downsized; assumed.
const DEGRADE_LIMIT: i64 = 5;

/// A stored instance.
#[derive(Clone, Debug)]
pub(crate) struct StoredInstance {
    /// The instance in the form of the API.
    pub(crate) api: Instance,
    /// The running operation.
    pub(crate) operation: Option<RunningOperation>,
    /// The end of a prepaid term.
    pub(crate) expires: Option<Timestamp>,
    /// Whether the automation agent was installed with the system.
    pub(crate) has_agent: bool,
    /// The state before rescue mode.
    pub(crate) rescued_from: Option<InstanceState>,
    /// When the recycle bin destroys it.
    pub(crate) kept_until: Option<Timestamp>,
    /// The user data for the first boot.
    pub(crate) user_data: Option<Sensitive>,
    /// How often it was downsized.
    pub(crate) degrades: i64,
    /// Prepaid bandwidth, present and past.
    pub(crate) bandwidth: Vec<Period>,
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
    /// An instance without an operation, without a term, and with all agents.
    pub(crate) fn new(api: Instance) -> Self {
        Self {
            api,
            operation: None,
            expires: None,
            has_agent: true,
            rescued_from: None,
            kept_until: None,
            user_data: None,
            degrades: 0,
            bandwidth: Vec::new(),
        }
    }

    /// Whether its system is Windows. Every image says so in its name.
    pub(crate) fn is_windows(&self) -> bool {
        self.api.os_name.starts_with("Windows")
    }

    /// When the current phase of its operation ends.
    pub(crate) fn busy_until(&self) -> Option<Timestamp> {
        self.operation.as_ref().map(|running| running.due)
    }

    /// The operation that terminates it: a prepaid instance that is not in the recycle bin goes there first.
    pub(crate) fn termination(&self) -> &'static Operation {
        let is_prepaid = self.api.instance_charge_type == InstanceChargeType::Prepaid;
        let is_in_bin = self.api.instance_state == InstanceState::Shutdown;
        if is_prepaid && !is_in_bin { &ISOLATE } else { &TERMINATE }
    }

    /// Whether it is being moved to the recycle bin, for which there is no state.
    pub(crate) fn is_isolating(&self) -> bool {
        self.operation.as_ref().is_some_and(|running| std::ptr::eq(running.operation, &ISOLATE))
    }

    /// Records the start of an operation of the request `request_id`.
    pub(crate) fn record_operation(&mut self, name: &str, request_id: &str) {
        self.api.latest_operation = Some(name.to_owned());
        self.api.latest_operation_state = Some(LatestOperationState::Operating);
        self.api.latest_operation_request_id = Some(request_id.to_owned());
        self.api.latest_operation_error_msg = None;
    }

    /// Sets the state of a phase.
    pub(crate) fn set_state(&mut self, state: &InstanceState) {
        self.api.instance_state = state.clone();
        if *state != InstanceState::Stopped {
            self.api.stop_charging_mode = StopChargingMode::NotApplicable;
        }
    }

    /// Ends an operation. Returns `false` if the instance is to be removed.
    pub(crate) fn finish(&mut self, end: &FinalState, change: &Effect) -> bool {
        match end {
            FinalState::In(state) => self.set_state(state),
            FinalState::AsBefore => {}
            FinalState::Recovered => self.recover(),
            FinalState::Isolated => {
                self.isolate(RestrictState::ProtectivelyIsolated, IsolatedSource::Manmade);
            }
            FinalState::Removed => return false,
        }
        self.apply_effect(change);
        self.api.latest_operation_state = Some(LatestOperationState::Success);
        true
    }

    /// Moves it to the recycle bin.
    pub(crate) fn isolate(&mut self, restrict: RestrictState, source: IsolatedSource) {
        self.set_state(&InstanceState::Shutdown);
        self.api.restrict_state = restrict;
        self.api.isolated_source = source;
    }

    /// Takes it out of the recycle bin, stopped.
    fn recover(&mut self) {
        self.set_state(&InstanceState::Stopped);
        self.api.restrict_state = RestrictState::Normal;
        self.api.isolated_source = IsolatedSource::NotIsolated;
    }

    /// Sets the end of its prepaid term, and what happens then.
    pub(crate) fn set_term(&mut self, ends: Timestamp, flag: &RenewFlag) {
        self.expires = Some(ends);
        self.api.expired_time = Some(ends.to_string());
        self.api.renew_flag = Some(flag.clone());
    }

    /// Aborts the running operation.
    pub(crate) fn abort_operation(&mut self, why: &str) -> Option<RunningOperation> {
        let running = self.operation.take()?;
        self.api.latest_operation_state = Some(LatestOperationState::Failed);
        self.api.latest_operation_error_msg = Some(why.to_owned());
        Some(running)
    }

    /// How often it can be downsized; `None` for hourly instances, which have no limit.
    pub(crate) fn degrade_limit(&self) -> Option<i64> {
        let is_prepaid = self.api.instance_charge_type == InstanceChargeType::Prepaid;
        is_prepaid.then_some(DEGRADE_LIMIT)
    }

    /// Sets the instance type.
    pub(crate) fn set_type(&mut self, one: InstanceType) {
        let InstanceType { family, size } = one;
        if one.has_less_than(self.api.cpu, self.api.memory) {
            self.degrades += 1;
        }
        self.api.instance_type = size.name.to_owned();
        self.api.cpu = size.vcpus;
        self.api.memory = size.memory_gib;
        self.api.gpu_info = family.gpu.as_ref().map(|gpu| GPUInfo {
            gpu_count: size.gpus as f64,
            gpu_id: (0..size.gpus).map(|card| format!("gpu-{card}")).collect(),
            gpu_type: gpu.model.to_owned(),
        });
    }
}
