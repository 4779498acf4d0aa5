//! The credentials of a new session, as responses show them.

use std::time::Duration;

use sts_models::types::Credentials;

use crate::account::AccountId;
use crate::api_error::ApiError;
use crate::caller::Caller;
use crate::credential_issuer::Session;
use crate::state::RequestContext;
use crate::timestamp::Timestamp;

/// New credentials, and when they expire.
pub(super) struct NewSession {
    pub(super) credentials: Credentials,
    pub(super) expires: Timestamp,
}

/// How long credentials are to be valid. The model info has the default, and the maximum that was checked before.
pub(super) fn validity(
    context: &RequestContext<'_>,
    seconds: Option<u64>,
) -> Result<Duration, ApiError> {
    let default = || {
        let field = context.codes.0.request.field("DurationSeconds");
        field.and_then(|field| field.default?.parse().ok())
    };
    match seconds.or_else(default) {
        Some(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => {
            let message = "The parameter `DurationSeconds` must be greater than 0.";
            Err(context.codes.error(["InvalidParameter.ParamError"], message))
        }
    }
}

/// Issues the credentials of a session that begins now. They follow from the id of the request, so that a read changes no
/// state.
pub(super) fn begin(
    context: &RequestContext<'_>,
    account: AccountId,
    caller: Caller,
    validity: Duration,
) -> NewSession {
    let expires = context.now.after(validity);
    let session = Session { account, caller, expires };
    let issued = context.directory.issuer.issue(&session, context.request_id);
    let credentials = Credentials {
        token: issued.token,
        tmp_secret_id: issued.secret_id,
        tmp_secret_key: issued.secret_key,
        ..Credentials::default()
    };
    NewSession { credentials, expires }
}
