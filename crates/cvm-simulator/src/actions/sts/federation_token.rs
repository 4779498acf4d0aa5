//! GetFederationToken.

use std::time::Duration;

use sts_models::actions::{GetFederationToken, GetFederationTokenResponse};

use super::policy;
use super::session::{self, NewSession};
use crate::api_error::ApiError;
use crate::caller::Caller;
use crate::handler::{ActionHandler, Outcome};
use crate::state::RequestContext;

/// The longest validity for a main account. Every caller is one; the limit of the model info is that of sub-accounts.
const MAX_VALIDITY: Duration = Duration::from_secs(7_200);

/// Returns credentials of the account for a federated user.
impl ActionHandler for GetFederationToken {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        if context.caller != Caller::Account {
            let message = "Temporary credentials cannot request a federation token: sign with a permanent key.";
            let codes = ["InvalidParameter.AccessKeyNotSupport", "UnsupportedOperation"];
            return Err(context.codes.error(codes, message));
        }
        let validity = session::validity(context, self.duration_seconds)?;
        if validity > MAX_VALIDITY {
            let max = MAX_VALIDITY.as_secs();
            let message = format!(
                "A main account gets a federation token for at most {max} seconds: lower `DurationSeconds`."
            );
            return Err(context.codes.error(["InvalidParameter.OverTimeError"], message));
        }
        policy::check(context.codes, &self.policy)?;
        let caller = Caller::FederatedUser(self.name);
        let NewSession { credentials, expires } =
            session::begin(context, context.account, caller, validity);
        Ok(Outcome::Response(GetFederationTokenResponse {
            credentials,
            expired_time: expires.unix(),
            expiration: Some(expires.to_string()),
            ..Self::Response::default()
        }))
    }
}
