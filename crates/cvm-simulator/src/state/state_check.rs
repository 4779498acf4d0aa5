//! Whether the state of an instance allows an operation, and the error code if it does not.

use cvm_models::enums::{InstanceState, LatestOperationState, StopChargingMode};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::state::StoredInstance;

/// States in which most attributes can be changed.
pub(crate) const SETTLED: &[InstanceState] = &[InstanceState::Running, InstanceState::Stopped];

/// States for actions that document no code against rescue mode.
pub(crate) const SETTLED_OR_RESCUED: &[InstanceState] =
    &[InstanceState::Running, InstanceState::Stopped, InstanceState::RescueMode];

/// Checks that the state of an instance is one of those in which the action is allowed.
///
/// The order of the checks: the state, if the action documents a code for it; then a running operation; then a
/// stopped instance without charges, for which nothing is reserved.
pub(crate) fn check_instance_state(
    codes: DocumentedCodes,
    instance: &StoredInstance,
    allowed: &[InstanceState],
) -> Result<(), ApiError> {
    // A prepaid instance on its way to the recycle bin has the state of before, but errors name the move.
    let state = if instance.is_isolating() { "ISOLATING" } else { instance.state.as_str() };
    let id = || codes.instance(&instance.id);
    let in_allowed_state = allowed.contains(&instance.state) && !instance.is_isolating();
    if !in_allowed_state {
        let code = format!("UnsupportedOperation.InstanceState{}", camel_case(state));
        if let Some(code) = codes.published(&code) {
            let (id, action) = (id(), codes.0.name);
            let message = format!("The instance `{id}` is {state}, which {action} does not allow.");
            return Err(ApiError::new(code, message));
        }
    }
    if instance.operation.is_some() {
        // An operation of the platform leaves the latest one of a request.
        let latest = instance.latest_operation.as_ref();
        let latest = latest.filter(|latest| latest.state == LatestOperationState::Operating);
        let running = latest.map(|latest| &*latest.action);
        let named =
            running.map_or_else(|| "an operation".to_owned(), |it| format!("the operation {it}"));
        let message = format!("The instance `{}` has {named} in progress.", id());
        let same = (running == Some(codes.0.name)).then_some("MutexOperation.TaskRunning");
        let candidates = same.into_iter().chain(["OperationDenied.InstanceOperationInProgress"]);
        return Err(codes.error(candidates, message));
    }
    if !in_allowed_state {
        let message = format!("The instance `{}` is {state}.", id());
        return Err(codes.error(["InvalidInstanceState", "UnsupportedOperation"], message));
    }
    let code = codes.published("UnsupportedOperation.StoppedModeStopCharging");
    match code.filter(|_| instance.stop_charging_mode == StopChargingMode::StopCharging) {
        Some(code) => {
            let message =
                format!("The instance `{}` is stopped and not charged; start it first.", id());
            Err(ApiError::new(code, message))
        }
        None => Ok(()),
    }
}

/// `EnterRescueMode` from `ENTER_RESCUE_MODE`: the spelling of states in codes.
fn camel_case(state: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_owned() + &rest.to_ascii_lowercase()
    };
    state.split('_').map(word).collect()
}

#[cfg(test)]
mod tests {
    use cvm_models::actions::{RebootInstances, ResetInstancesType, StartInstances, StopInstances};
    use cvm_protocol::Action;

    use super::*;
    use crate::Timestamp;
    use crate::state::effect::Effect;
    use crate::state::operation::{ISOLATE, LAUNCH};
    use crate::state::stored_instance::RunningOperation;

    fn instance(state: InstanceState) -> StoredInstance {
        StoredInstance { state, ..StoredInstance::default() }
    }

    fn busy(state: InstanceState, operation: &str) -> StoredInstance {
        let mut instance = instance(state);
        let due = Timestamp::default();
        let running = if operation == "Isolate" { &ISOLATE } else { &LAUNCH };
        let change = Effect::None;
        instance.operation =
            Some(Box::new(RunningOperation { operation: running, phase: 0, due, change }));
        instance.record_operation((operation.into(), "".into()));
        instance
    }

    fn code<A: Action>(
        instance: &StoredInstance,
        allowed: &[InstanceState],
    ) -> Option<&'static str> {
        check_instance_state(DocumentedCodes(A::INFO), instance, allowed)
            .err()
            .map(|error| error.code)
    }

    const STOPPED: &[InstanceState] = &[InstanceState::Stopped];
    const RUNNING: &[InstanceState] = &[InstanceState::Running];

    #[test]
    fn error_code_names_the_state() {
        assert_eq!(code::<StartInstances>(&instance(InstanceState::Stopped), STOPPED), None);
        for (state, expected) in [
            (InstanceState::Running, "UnsupportedOperation.InstanceStateRunning"),
            (InstanceState::Pending, "UnsupportedOperation.InstanceStatePending"),
            (InstanceState::EnterRescueMode, "UnsupportedOperation.InstanceStateEnterRescueMode"),
            (InstanceState::LaunchFailed, "UnsupportedOperation"),
        ] {
            assert_eq!(code::<StartInstances>(&instance(state), STOPPED), Some(expected));
        }
    }

    #[test]
    fn state_is_checked_before_a_running_operation() {
        let stopping = busy(InstanceState::Stopping, "StopInstances");
        let expected = Some("UnsupportedOperation.InstanceStateStopping");
        assert_eq!(code::<StopInstances>(&stopping, RUNNING), expected);
    }

    #[test]
    fn second_operation_is_rejected() {
        let busy = |name| busy(InstanceState::Stopped, name);
        assert_eq!(
            code::<StartInstances>(&busy("ResetInstancesType"), STOPPED),
            Some("OperationDenied.InstanceOperationInProgress")
        );
        assert_eq!(
            code::<StartInstances>(&busy("StartInstances"), STOPPED),
            Some("MutexOperation.TaskRunning")
        );
        // ResetInstancesType does not document the second code.
        assert_eq!(
            code::<ResetInstancesType>(&busy("ResetInstancesType"), STOPPED),
            Some("OperationDenied.InstanceOperationInProgress")
        );
    }

    #[test]
    fn isolating_instance_has_its_own_code() {
        let isolating = busy(InstanceState::Running, "Isolate");
        let expected = Some("UnsupportedOperation.InstanceStateIsolating");
        assert_eq!(code::<RebootInstances>(&isolating, RUNNING), expected);
    }

    #[test]
    fn stopped_instance_without_charges_can_only_be_started() {
        let mut instance = instance(InstanceState::Stopped);
        instance.stop_charging_mode = StopChargingMode::StopCharging;
        assert_eq!(code::<StartInstances>(&instance, STOPPED), None);
        assert_eq!(
            code::<ResetInstancesType>(&instance, STOPPED),
            Some("UnsupportedOperation.StoppedModeStopCharging")
        );
    }

    #[test]
    fn state_names_are_converted_to_camel_case() {
        assert_eq!(camel_case("ENTER_SERVICE_LIVE_MIGRATE"), "EnterServiceLiveMigrate");
        assert_eq!(camel_case("RUNNING"), "Running");
        assert_eq!(camel_case(""), "");
    }
}
