//! AssumeRole and AssumeRoleWithWebIdentity.

use std::collections::HashSet;
use std::time::Duration;

use sts_models::actions::{
    AssumeRole, AssumeRoleResponse, AssumeRoleWithWebIdentity, AssumeRoleWithWebIdentityResponse,
};

use super::policy;
use super::role_name::{self, AssumableRole};
use super::session::{self, NewSession};
use crate::api_error::ApiError;
use crate::caller::{Caller, RoleSession};
use crate::handler::{ActionHandler, Outcome};
use crate::state::RequestContext;
use crate::unsupported::MFA;

/// Returns credentials of a role. Everybody may assume it who knows its external id.
impl ActionHandler for AssumeRole {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        if self.serial_number.is_some() || self.token_code.is_some() {
            return Err(MFA.error());
        }
        let role = role_name::find(context, &self.role_arn)?;
        let validity = session::validity(context, self.duration_seconds)?;
        if let Some(text) = &self.policy {
            policy::check(context.codes, text)?;
        }
        let mut keys = HashSet::new();
        if let Some(tag) = self.tags.iter().find(|tag| !keys.insert(tag.key.as_str())) {
            let message = format!("The tag key `{}` is given twice.", tag.key);
            return Err(context.codes.error(["InvalidParameter.ParamError"], message));
        }
        if role.external_id.is_some() && role.external_id != self.external_id {
            let message = "The role demands another external id: set `ExternalId`.";
            return Err(context.codes.error(["UnauthorizedOperation"], message));
        }
        let principal = context.account.uin();
        let NewSession { credentials, expires } =
            begin(context, &role, principal, self.role_session_name, validity);
        Ok(Outcome::Response(AssumeRoleResponse {
            credentials,
            expired_time: i64::try_from(expires.unix()).unwrap_or(i64::MAX),
            expiration: expires.to_string(),
            ..Self::Response::default()
        }))
    }
}

/// Returns credentials of a role to whom a token identifies.
impl ActionHandler for AssumeRoleWithWebIdentity {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        if !context.directory.knows_web_identity(&self.web_identity_token) {
            let message = "The token in `WebIdentityToken` is not one that the emulator was given: name it with \
                           `--web-identity-token-file` or `Builder::web_identity_token`.";
            return Err(context.codes.error(["InvalidParameter.WebIdentityTokenError"], message));
        }
        let role = role_name::find(context, &self.role_arn)?;
        let seconds = self.duration_seconds.map(|seconds| u64::try_from(seconds).unwrap_or(0));
        let validity = session::validity(context, seconds)?;
        let principal = role.account.uin();
        let NewSession { credentials, expires } =
            begin(context, &role, principal, self.role_session_name, validity);
        Ok(Outcome::Response(AssumeRoleWithWebIdentityResponse {
            expired_time: expires.unix(),
            expiration: expires.to_string(),
            credentials,
            ..Self::Response::default()
        }))
    }
}

fn begin(
    context: &RequestContext<'_>,
    role: &AssumableRole,
    principal: u64,
    name: String,
    validity: Duration,
) -> NewSession {
    let caller = Caller::Role(RoleSession { role_id: role.id, principal, name });
    session::begin(context, role.account, caller, validity)
}
