//! Handlers: the trait of the code of one action, and its results.

use std::fmt;

use cvm_protocol::{Action, ActionInfo, Model, Slot, Value, json, member_named, reset_member};
use cvm_signer::HexDigest;

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

type Parse = fn(&Parameters<'_>) -> Result<ParsedRequest, ApiError>;

/// The result of parsing a request.
pub(crate) struct ParsedRequest {
    pub(crate) request: Box<dyn BoxedRequest>,
    /// See [`RequestContext::fingerprint`].
    pub(crate) fingerprint: Option<HexDigest>,
}

impl Handler {
    pub(crate) const fn of<A: ActionHandler>() -> Self {
        Self { info: A::INFO, parse: parse::<A>, needs_key_pair: A::NEEDS_KEY_PAIR }
    }
}

/// A parsed request, ready to be handled.
pub(crate) trait BoxedRequest: Send {
    /// The parameters.
    fn model(&self) -> &dyn Model;

    /// See [`ActionHandler::region_name`].
    fn region_name(&self) -> Option<&str> {
        None
    }

    fn apply(self: Box<Self>, context: &mut RequestContext<'_>) -> Result<Reply, ApiError>;
}

impl<A: ActionHandler> BoxedRequest for A {
    fn model(&self) -> &dyn Model {
        self
    }

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

fn parse<A: ActionHandler>(parameters: &Parameters<'_>) -> Result<ParsedRequest, ApiError> {
    let mut request = parameters::typed::<A>(parameters)?;
    let fingerprint = fingerprint(&mut request);
    Ok(ParsedRequest { request: Box::new(request), fingerprint })
}

/// The hash of the parameters of a request with a client token. A real request can contain `DryRun: false` or leave it
/// out, so that member is not part of it.
fn fingerprint(request: &mut dyn Model) -> Option<HexDigest> {
    if member_named(request, "ClientToken").is_blank() {
        return None;
    }
    let dry_run = match member_named(request, DRY_RUN) {
        Value::Bool(flag) => Some(flag),
        _ => None,
    };
    reset_member(request, DRY_RUN);
    // A parsed request can always be encoded.
    let text = json::to_vec(request).unwrap_or_default();
    if let Some(index) = request.table().find(DRY_RUN.as_bytes())
        && let Some(flag) = dry_run
        && let Slot::Optional(member) = request.member_mut(index)
        && let Slot::Bool(member) = member.get_or_insert_default()
    {
        *member = flag;
    }
    Some(HexDigest::sha256(&text))
}

const DRY_RUN: &str = "DryRun";

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
