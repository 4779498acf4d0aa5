//! Handlers: the trait of the code of one action, and its results.

use std::fmt;

use cvm_protocol::{Action, ActionInfo, Model};

use crate::api_error::ApiError;
use crate::parameters::{self, Parameters};
use crate::state::RequestContext;

/// The code of one action. The parameters have been checked against the model info.
pub(crate) trait ActionHandler: Action + Send {
    /// Whether the command must bring a key pair, see [`RequestContext::take_key_pair`].
    const NEEDS_KEY_PAIR: bool = false;

    /// The region whose resources the request concerns, if one of its parameters names it.
    fn region_name(&self) -> Option<&str> {
        None
    }

    /// Checks the request against the state, changes the state, and returns the response. An error must leave the
    /// state unchanged.
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError>;
}

/// The result of an action without an error.
#[derive(Debug)]
pub(crate) enum Outcome<R> {
    /// The action was performed.
    Response(R),
    /// The action would succeed.
    DryRun,
}

/// An entry of the table of supported actions.
pub(crate) struct Handler {
    pub(crate) info: &'static ActionInfo,
    pub(crate) parse: Parse,
    pub(crate) needs_key_pair: bool,
}

type Parse = fn(&Parameters<'_>) -> Result<Box<dyn BoxedRequest>, ApiError>;

impl Handler {
    pub(crate) const fn of<A: ActionHandler>() -> Self {
        Self { info: A::INFO, parse: parse::<A>, needs_key_pair: A::NEEDS_KEY_PAIR }
    }
}

/// A parsed request, ready to be handled.
pub(crate) trait BoxedRequest: Send {
    /// See [`ActionHandler::region_name`].
    fn region_name(&self) -> Option<&str> {
        None
    }

    fn apply(self: Box<Self>, context: &mut RequestContext<'_>) -> Result<Reply, ApiError>;
}

impl<A: ActionHandler> BoxedRequest for A {
    fn region_name(&self) -> Option<&str> {
        ActionHandler::region_name(self)
    }

    fn apply(self: Box<Self>, context: &mut RequestContext<'_>) -> Result<Reply, ApiError> {
        Ok(match ActionHandler::handle(*self, context)? {
            Outcome::Response(response) => Reply::Response(Box::new(response)),
            Outcome::DryRun => Reply::DryRun,
        })
    }
}

fn parse<A: ActionHandler>(parameters: &Parameters<'_>) -> Result<Box<dyn BoxedRequest>, ApiError> {
    Ok(Box::new(parameters::typed::<A>(parameters)?))
}

/// The reply to a request.
pub enum Reply {
    /// The members of the response.
    Response(Box<dyn Model>),
    /// Only the request id, for a successful dry run.
    DryRun,
    /// A service error.
    Error(ApiError),
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response(response) => {
                f.debug_tuple("Response").field(&response.table().name).finish()
            }
            Self::DryRun => f.write_str("DryRun"),
            Self::Error(error) => f.debug_tuple("Error").field(error).finish(),
        }
    }
}
