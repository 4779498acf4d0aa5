//! The planned termination of an instance: of an existing one, or as part of a launch.

use std::time::Duration;

use cvm_models::enums::{ActionTimerStatus, InstanceChargeType, InstanceState};
use cvm_models::types::{ActionTimer, Externals};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::ids::Stream;
use crate::parameters::read_time;
use crate::state::{RequestContext, StoredInstance, Timer};
use crate::timestamp::Timestamp;

/// Minimum time until a timer is due.
const MIN_AHEAD: Duration = Duration::from_secs(5 * 60);

/// A timer without an instance.
#[derive(Debug)]
pub(crate) struct PlannedTermination {
    requested: ActionTimer,
    at: Timestamp,
}

impl PlannedTermination {
    /// Checks a timer. The model info does not require its members, because responses contain the type too.
    pub(crate) fn of(
        codes: DocumentedCodes,
        requested: &ActionTimer,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let missing = |name: &str| {
            let message = format!("The request is missing the parameter `ActionTimer.{name}`.");
            codes.error(["MissingParameter"], message)
        };
        if requested.timer_action.is_none() {
            return Err(missing("TimerAction"));
        }
        let at = read_time(codes, "ActionTimer.ActionTime", requested.action_time.as_ref())?;
        let at = at.ok_or_else(|| missing("ActionTime"))?;
        if at <= now.after(MIN_AHEAD) {
            let message = "`ActionTimer.ActionTime` must be more than 5 minutes ahead.";
            return Err(codes.error(["InvalidParameter"], message));
        }
        Ok(Self { requested: without_instance(requested), at })
    }

    /// Checks that a termination can be planned for an instance.
    pub(crate) fn check(codes: DocumentedCodes, instance: &StoredInstance) -> Result<(), ApiError> {
        let is_hourly = matches!(
            instance.charge_type,
            InstanceChargeType::PostpaidByHour | InstanceChargeType::SpotPaid
        );
        let is_ending = matches!(
            instance.state,
            InstanceState::Terminating | InstanceState::Shutdown | InstanceState::LaunchFailed
        );
        if is_hourly && !is_ending && !instance.is_protected {
            return Ok(());
        }
        let subject = match &*instance.id {
            "" => "these instances".to_owned(),
            id => format!("the instance `{id}`"),
        };
        let message = format!(
            "A timer cannot terminate {subject}: it must be an hourly or spot instance that is \
             neither protected nor terminating."
        );
        let code = "UnsupportedOperation.NotSupportImportInstancesActionTimer";
        Err(codes.error([code], message))
    }

    /// Creates the timer of an instance; returns its id.
    pub(crate) fn set(&self, context: &mut RequestContext<'_>, instance_id: String) -> String {
        let id = context.ids.uuid(Stream::ActionTimerId);
        let timer = Timer::new(id.clone(), instance_id, &self.requested, self.at);
        context.resources().action_timers.add(timer);
        id
    }
}

/// A timer in the form of the API before it has an instance. Members that only the service sets are not taken from
/// the request.
pub(crate) fn without_instance(requested: &ActionTimer) -> ActionTimer {
    ActionTimer {
        timer_action: requested.timer_action.clone(),
        action_time: requested.action_time.clone(),
        externals: Some(Externals::default()),
        action_timer_id: Some(String::new()),
        status: Some(ActionTimerStatus::Undo),
        instance_id: Some(String::new()),
        ..Default::default()
    }
}
