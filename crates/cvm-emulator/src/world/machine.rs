//! One instance: what DescribeInstances shows of it, and what is going on with it.

use cvm_models::enums::{
    InstanceState, IsolatedSource, LatestOperationState, RestrictState, StopChargingMode,
};
use cvm_models::types::{GPUInfo, Instance};

use super::course::{Change, Course, End, ISOLATE};
use crate::Moment;
use crate::catalogue::InstanceType;

/// An instance of the world.
#[derive(Debug)]
pub(crate) struct Machine {
    /// As the API shows it.
    pub(crate) shown: Instance,
    /// The operation that is going on.
    pub(crate) underway: Option<Underway>,
    /// When a prepaid instance ends.
    pub(crate) expires: Option<Moment>,
}

/// An operation that is going on.
#[derive(Debug)]
pub(crate) struct Underway {
    pub(crate) course: &'static Course,
    /// Which of its steps.
    pub(crate) step: usize,
    /// When that step ends.
    pub(crate) due: Moment,
    pub(crate) change: Change,
}

impl Machine {
    /// Whether it is being moved to the recycle bin, for which no state is listed.
    pub(crate) fn is_isolating(&self) -> bool {
        self.underway.as_ref().is_some_and(|underway| std::ptr::eq(underway.course, &ISOLATE))
    }

    /// Notes an operation that begins; its answer carries `request_id`.
    pub(crate) fn note_operation(&mut self, name: &str, request_id: &str) {
        self.shown.latest_operation = Some(name.to_owned());
        self.shown.latest_operation_state = Some(LatestOperationState::Operating);
        self.shown.latest_operation_request_id = Some(request_id.to_owned());
        self.shown.latest_operation_error_msg = None;
    }

    /// Shows the state of a step.
    pub(crate) fn enter(&mut self, state: &InstanceState) {
        self.shown.instance_state = state.clone();
        if *state != InstanceState::Stopped {
            self.shown.stop_charging_mode = StopChargingMode::NotApplicable;
        }
    }

    /// Ends an operation; `false` when nothing is left of the instance.
    pub(crate) fn finish(&mut self, end: &End, change: &Change) -> bool {
        match end {
            End::In(state) => self.enter(state),
            End::Isolated => {
                self.isolate(RestrictState::ProtectivelyIsolated, IsolatedSource::Manmade);
            }
            End::Gone => return false,
        }
        match change {
            Change::None => {}
            Change::Type(one) => self.set_type(*one),
            Change::StopCharging(mode) => self.shown.stop_charging_mode = mode.clone(),
        }
        self.shown.latest_operation_state = Some(LatestOperationState::Success);
        true
    }

    /// Puts it into the recycle bin.
    pub(crate) fn isolate(&mut self, restrict: RestrictState, source: IsolatedSource) {
        self.enter(&InstanceState::Shutdown);
        self.shown.restrict_state = restrict;
        self.shown.isolated_source = source;
    }

    /// Gives it another type.
    pub(crate) fn set_type(&mut self, InstanceType { family, size }: InstanceType) {
        self.shown.instance_type = size.name.to_owned();
        self.shown.cpu = size.vcpus;
        self.shown.memory = size.memory_gib;
        self.shown.gpu_info = family.gpu.as_ref().map(|gpu| GPUInfo {
            gpu_count: size.gpus as f64,
            gpu_id: (0..size.gpus).map(|card| format!("gpu-{card}")).collect(),
            gpu_type: gpu.model.to_owned(),
        });
    }
}
