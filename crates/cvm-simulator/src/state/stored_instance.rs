//! One instance: what DescribeInstances shows of it, and what is going on with it.

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

/// How often a prepaid instance may become smaller; assumed.
const DEGRADE_LIMIT: i64 = 5;

/// An instance of the world.
#[derive(Clone, Debug)]
pub(crate) struct StoredInstance {
    /// As the API shows it.
    pub(crate) api: Instance,
    /// The operation that is going on.
    pub(crate) operation: Option<RunningOperation>,
    /// When a prepaid instance ends.
    pub(crate) expires: Option<Timestamp>,
    /// Whether the automation agent was installed with the system.
    pub(crate) has_agent: bool,
    /// The state to which rescue mode leads back.
    pub(crate) rescued_from: Option<InstanceState>,
    /// When the recycle bin, if it is there, lets go of it.
    pub(crate) kept_until: Option<Timestamp>,
    /// What the guest gets when it first starts.
    pub(crate) user_data: Option<Sensitive>,
    /// How often it became smaller.
    pub(crate) degrades: i64,
    /// Bandwidth that is or was paid in advance.
    pub(crate) bandwidth: Vec<Period>,
}

/// An operation that is going on.
#[derive(Clone, Debug)]
pub(crate) struct RunningOperation {
    pub(crate) operation: &'static Operation,
    /// Which of its steps.
    pub(crate) step: usize,
    /// When that step ends.
    pub(crate) due: Timestamp,
    pub(crate) change: Effect,
}

/// For how long an instance has which bandwidth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) begins: Timestamp,
    /// `None` for the end of the instance's own term.
    pub(crate) ends: Option<Timestamp>,
    pub(crate) mbps: i64,
}

impl Period {
    pub(crate) fn includes(&self, time: Timestamp) -> bool {
        self.begins <= time && self.ends.is_none_or(|ends| time < ends)
    }

    /// Whether there is a time that belongs to both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let begins_in = |one: &Self, other: &Self| other.ends.is_none_or(|ends| one.begins < ends);
        begins_in(self, other) && begins_in(other, self)
    }
}

impl StoredInstance {
    /// One that nothing happens to, whose term does not end and whose system has all agents.
    pub(crate) fn new(shown: Instance) -> Self {
        Self {
            api: shown,
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

    /// Whether its system is Windows; every image of it says so in its name.
    pub(crate) fn is_windows(&self) -> bool {
        self.api.os_name.starts_with("Windows")
    }

    /// When the present step of its operation ends.
    pub(crate) fn busy_until(&self) -> Option<Timestamp> {
        self.operation.as_ref().map(|running| running.due)
    }

    /// How it is terminated: a prepaid one that is not in the recycle bin goes there first.
    pub(crate) fn termination(&self) -> &'static Operation {
        let is_prepaid = self.api.instance_charge_type == InstanceChargeType::Prepaid;
        let is_in_bin = self.api.instance_state == InstanceState::Shutdown;
        if is_prepaid && !is_in_bin { &ISOLATE } else { &TERMINATE }
    }

    /// Whether it is being moved to the recycle bin, for which no state is listed.
    pub(crate) fn is_isolating(&self) -> bool {
        self.operation.as_ref().is_some_and(|running| std::ptr::eq(running.operation, &ISOLATE))
    }

    /// Notes an operation that begins; its answer carries `request_id`.
    pub(crate) fn record_operation(&mut self, name: &str, request_id: &str) {
        self.api.latest_operation = Some(name.to_owned());
        self.api.latest_operation_state = Some(LatestOperationState::Operating);
        self.api.latest_operation_request_id = Some(request_id.to_owned());
        self.api.latest_operation_error_msg = None;
    }

    /// Shows the state of a step.
    pub(crate) fn set_state(&mut self, state: &InstanceState) {
        self.api.instance_state = state.clone();
        if *state != InstanceState::Stopped {
            self.api.stop_charging_mode = StopChargingMode::NotApplicable;
        }
    }

    /// Ends an operation; `false` when nothing is left of the instance.
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

    /// Puts it into the recycle bin.
    pub(crate) fn isolate(&mut self, restrict: RestrictState, source: IsolatedSource) {
        self.set_state(&InstanceState::Shutdown);
        self.api.restrict_state = restrict;
        self.api.isolated_source = source;
    }

    /// Takes it out of the recycle bin, switched off.
    fn recover(&mut self) {
        self.set_state(&InstanceState::Stopped);
        self.api.restrict_state = RestrictState::Normal;
        self.api.isolated_source = IsolatedSource::NotIsolated;
    }

    /// Lets its prepaid term end at another moment, and then do what the flag says.
    pub(crate) fn set_term(&mut self, ends: Timestamp, flag: &RenewFlag) {
        self.expires = Some(ends);
        self.api.expired_time = Some(ends.to_string());
        self.api.renew_flag = Some(flag.clone());
    }

    /// Ends an operation before its time.
    pub(crate) fn abort_operation(&mut self, why: &str) -> Option<RunningOperation> {
        let running = self.operation.take()?;
        self.api.latest_operation_state = Some(LatestOperationState::Failed);
        self.api.latest_operation_error_msg = Some(why.to_owned());
        Some(running)
    }

    /// How often it may become smaller; hourly instances as often as they like.
    pub(crate) fn degrade_limit(&self) -> Option<i64> {
        let is_prepaid = self.api.instance_charge_type == InstanceChargeType::Prepaid;
        is_prepaid.then_some(DEGRADE_LIMIT)
    }

    /// Gives it another type.
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
