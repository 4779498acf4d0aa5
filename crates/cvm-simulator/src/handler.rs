//! The code of one action: the trait of all handlers, and what they return.

use std::fmt;

use cvm_protocol::{Action, ActionInfo, Model};

use crate::api_error::ApiError;
use crate::parameters::{self, Parameters};
use crate::state::RequestContext;

/// What the emulator does for an action. The request was checked against its table before.
pub(crate) trait ActionHandler: Action + Send {
    /// Checks the request against the world, changes the world, and answers. What it refuses, it
    /// has not begun.
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError>;
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
    pub(crate) parse: Parse,
}

type Parse = fn(&Parameters<'_>) -> Result<Box<dyn BoxedRequest>, ApiError>;

impl Handler {
    pub(crate) const fn of<A: ActionHandler>() -> Self {
        Self { info: A::INFO, parse: parse::<A> }
    }
}

/// A request that is read and waits for its turn at the world.
pub(crate) trait BoxedRequest: Send {
    fn apply(self: Box<Self>, context: &mut RequestContext<'_>) -> Result<Reply, ApiError>;
}

impl<A: ActionHandler> BoxedRequest for A {
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
    /// The request id alone, for a dry run that passed.
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
