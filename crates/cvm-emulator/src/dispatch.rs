//! From an action's name to what the emulator does for it.

use cvm_protocol::{Action, ActionInfo};

use crate::api_error::ApiError;
use crate::dialect::{Dialect, Parameters};
use crate::response::ActionResponse;
use crate::state::RequestContext;
use crate::{actions, parameters};

/// What the emulator does for an action. The request was checked against its table before.
pub(crate) trait ActionHandler: Action + Send {
    /// Checks the request against the world, changes the world, and answers. What it refuses, it
    /// has not begun.
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError>;
}

/// How an action went that was not refused.
#[derive(Debug)]
pub(crate) enum Outcome<R> {
    /// It was done.
    Response(R),
    /// It would have been done.
    DryRun,
}

/// A row of the table of modelled actions.
pub(crate) struct Handler {
    pub(crate) info: &'static ActionInfo,
    read: Read,
}

type Read = fn(Dialect, &Parameters<'_>) -> Result<Box<dyn BoxedRequest>, ApiError>;

impl Handler {
    pub(crate) const fn of<A: ActionHandler>() -> Self {
        Self { info: A::INFO, read: read::<A> }
    }
}

/// A request that is read and waits for its turn at the world.
pub(crate) trait BoxedRequest {
    fn apply(self: Box<Self>, scene: &mut RequestContext<'_>) -> Result<ActionResponse, ApiError>;
}

impl<A: ActionHandler> BoxedRequest for A {
    fn apply(self: Box<Self>, scene: &mut RequestContext<'_>) -> Result<ActionResponse, ApiError> {
        Ok(match ActionHandler::handle(*self, scene)? {
            Outcome::Response(response) => ActionResponse::Response(Box::new(response)),
            Outcome::DryRun => ActionResponse::Bare,
        })
    }
}

fn read<A: ActionHandler>(
    dialect: Dialect,
    parameters: &Parameters<'_>,
) -> Result<Box<dyn BoxedRequest>, ApiError> {
    Ok(Box::new(parameters::typed::<A>(dialect, parameters)?))
}

/// Reads the request of an action; one that is in the specification but not modelled is checked all
/// the same, and then refused.
pub(crate) fn parse_request(
    info: &'static ActionInfo,
    dialect: Dialect,
    parameters: &Parameters<'_>,
) -> Result<Box<dyn BoxedRequest>, ApiError> {
    parameters::check(info, dialect, parameters)?;
    match actions::handlers().find(|handler| handler.info.name == info.name) {
        Some(handler) => (handler.read)(dialect, parameters),
        None => Err(ApiError::not_modelled(&format!("the action {}", info.name))),
    }
}

#[cfg(test)]
mod tests {
    use cvm_models::actions::StopInstances;
    use cvm_protocol::RetryClass;

    use super::*;

    /// An action that only the specification has.
    static SPECIFIED: ActionInfo = ActionInfo {
        name: "SpecifiedAlone",
        service: &cvm_models::SERVICE,
        group: "instance",
        request: StopInstances::INFO.request,
        response: StopInstances::INFO.response,
        retry: RetryClass::Hazard,
        retry_overrides: &[],
        reconcile: None,
        idempotency_token: None,
        rate_limit_per_second: None,
        regional: true,
        dry_run: false,
        asynchronous: false,
        deprecated: false,
        paginate: None,
        filters: &[],
        filters_max: None,
        filter_values_max: None,
        errors: "",
    };

    #[test]
    fn what_is_not_modelled_is_checked_and_then_refused() {
        let refusal = |body: &str| {
            parse_request(&SPECIFIED, Dialect::Tc3, &Parameters::Json(body.as_bytes()))
                .err()
                .unwrap()
        };
        assert_eq!(refusal("{}").code, "MissingParameter");
        assert_eq!(refusal("{\"No\":1}").code, "UnknownParameter");
        let refusal = refusal("{\"InstanceIds\":[\"ins-12345678\"]}");
        assert_eq!(refusal.code, "UnsupportedOperation");
        assert!(refusal.message.contains("does not model the action SpecifiedAlone"));
    }
}
