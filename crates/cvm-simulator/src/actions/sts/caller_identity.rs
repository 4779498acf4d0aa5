//! GetCallerIdentity.

use sts_models::actions::{GetCallerIdentity, GetCallerIdentityResponse};

use crate::api_error::ApiError;
use crate::caller::Caller;
use crate::handler::{ActionHandler, Outcome};
use crate::state::RequestContext;

/// Shows who signed the request, in the forms of the samples.
impl ActionHandler for GetCallerIdentity {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let uin = context.account.uin();
        let (arn, user, principal, kind) = match &context.caller {
            Caller::Account | Caller::Unsigned => {
                (format!("qcs::cam:{uin}:uin/{uin}"), uin.to_string(), uin, "CAMUser")
            }
            Caller::Role(role) => (
                format!("qcs::sts:{uin}:assumed-role/{}", role.role_id),
                format!("{}:{}", role.role_id, role.name),
                role.principal,
                "CAMRole",
            ),
            Caller::FederatedUser(name) => (
                format!("qcs::sts:{uin}:federated-user/{uin}"),
                format!("{uin}:{name}"),
                uin,
                "CAMUser",
            ),
        };
        Ok(Outcome::Response(GetCallerIdentityResponse {
            arn: Some(arn),
            account_id: Some(uin.to_string()),
            user_id: Some(user),
            principal_id: Some(principal.to_string()),
            r#type: Some(kind.to_owned()),
            ..Self::Response::default()
        }))
    }
}
