//! From an action's name to what the emulator does for it.

use cvm_protocol::{Action, ActionInfo};

use crate::actions;
use crate::answer::Answer;
use crate::dialect::{Dialect, Parameters};
use crate::parameters;
use crate::refusal::Refusal;
use crate::world::Scene;

/// What the emulator does for an action. The request was checked against its table before.
pub(crate) trait Behaviour: Action + Send {
    /// Checks the request against the world, changes the world, and answers. What it refuses, it
    /// has not begun.
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal>;
}

/// How an action went that was not refused.
#[derive(Debug)]
pub(crate) enum Outcome<R> {
    /// It was done.
    Done(R),
    /// It would have been done.
    DryRun,
}

/// A row of the table of modelled actions.
pub(crate) struct Handler {
    pub(crate) info: &'static ActionInfo,
    read: Read,
}

type Read = fn(Dialect, &Parameters<'_>) -> Result<Box<dyn Deed>, Refusal>;

impl Handler {
    pub(crate) const fn of<A: Behaviour>() -> Self {
        Self { info: A::INFO, read: read::<A> }
    }
}

/// A request that is read and waits for its turn at the world.
pub(crate) trait Deed {
    fn apply(self: Box<Self>, scene: &mut Scene<'_>) -> Result<Answer, Refusal>;
}

impl<A: Behaviour> Deed for A {
    fn apply(self: Box<Self>, scene: &mut Scene<'_>) -> Result<Answer, Refusal> {
        Ok(match Behaviour::apply(*self, scene)? {
            Outcome::Done(response) => Answer::Response(Box::new(response)),
            Outcome::DryRun => Answer::Bare,
        })
    }
}

fn read<A: Behaviour>(
    dialect: Dialect,
    parameters: &Parameters<'_>,
) -> Result<Box<dyn Deed>, Refusal> {
    Ok(Box::new(parameters::typed::<A>(dialect, parameters)?))
}

/// Reads the request of an action; one that is in the specification but not modelled is checked all
/// the same, and then refused.
pub(crate) fn deed(
    info: &'static ActionInfo,
    dialect: Dialect,
    parameters: &Parameters<'_>,
) -> Result<Box<dyn Deed>, Refusal> {
    parameters::check(info, dialect, parameters)?;
    match actions::modelled().find(|handler| handler.info.name == info.name) {
        Some(handler) => (handler.read)(dialect, parameters),
        None => Err(Refusal::not_modelled(&format!("the action {}", info.name))),
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
            deed(&SPECIFIED, Dialect::Tc3, &Parameters::Json(body.as_bytes())).err().unwrap()
        };
        assert_eq!(refusal("{}").code, "MissingParameter");
        assert_eq!(refusal("{\"No\":1}").code, "UnknownParameter");
        let refusal = refusal("{\"InstanceIds\":[\"ins-12345678\"]}");
        assert_eq!(refusal.code, "UnsupportedOperation");
        assert!(refusal.message.contains("does not model the action SpecifiedAlone"));
    }
}
