//! The name of a role in a request.

use crate::account::AccountId;
use crate::api_error::ApiError;
use crate::launch::role::is_role_name;
use crate::state::{RequestContext, role_id};

/// A role that can be assumed.
pub(super) struct AssumableRole {
    pub(super) account: AccountId,
    pub(super) id: u64,
    /// The external id that it demands.
    pub(super) external_id: Option<String>,
}

/// Finds the role with a name such as `qcs::cam::uin/100000000001:roleName/deployer`.
pub(super) fn find(context: &RequestContext<'_>, name: &str) -> Result<AssumableRole, ApiError> {
    let codes = context.codes;
    let Some((uin, reference)) = parse(name) else {
        let message = format!(
            "The role name `{name}` is malformed: use `qcs::cam::uin/ACCOUNT:roleName/NAME`."
        );
        return Err(codes.error(["InvalidParameter.ParamError"], message));
    };
    let Some(account) = context.directory.account(uin) else {
        let message = format!(
            "The account {uin} of the role is no account of this emulator; the caller's is {}.",
            context.account.uin()
        );
        return Err(codes.error(["InvalidParameter.AccountNotAvaliable"], message));
    };
    let id = match reference {
        Reference::Id(id) => id,
        Reference::Name(name) => role_id(account, name),
    };
    let Some(roles) = context.directory.roles(account) else {
        return Ok(AssumableRole { account, id, external_id: None });
    };
    let role = roles.iter().find(|role| role_id(account, &role.name) == id).ok_or_else(|| {
        let message = format!("The account {uin} has no role `{name}`.");
        codes.error(["ResourceNotFound.RoleNotFound"], message)
    })?;
    Ok(AssumableRole { account, id, external_id: role.external_id.clone() })
}

/// What a name refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reference<'a> {
    Name(&'a str),
    Id(u64),
}

/// The account number in the name of a role, and what stands behind it.
fn parse(name: &str) -> Option<(u64, Reference<'_>)> {
    let (uin, resource) = name.strip_prefix("qcs::cam::uin/")?.split_once(':')?;
    let named = resource
        .strip_prefix("roleName/")
        .or_else(|| resource.strip_prefix("role/tencentcloudServiceRoleName/"));
    let reference = match named {
        Some(name) if is_role_name(name) => Reference::Name(name),
        Some(_) => return None,
        None => {
            let id = resource
                .strip_prefix("role/tencentcloudServiceRole/")
                .or_else(|| resource.strip_prefix("role/"))?;
            Reference::Id(number(id)?)
        }
    };
    Some((number(uin)?, reference))
}

/// A number without a sign.
fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_form_is_parsed() {
        let uin = 100_000_000_001;
        for (resource, reference) in [
            ("roleName/deploy_er-1.2", Reference::Name("deploy_er-1.2")),
            ("role/4611686018427397919", Reference::Id(4_611_686_018_427_397_919)),
            ("role/tencentcloudServiceRole/7", Reference::Id(7)),
            ("role/tencentcloudServiceRoleName/TKE_QCSRole", Reference::Name("TKE_QCSRole")),
        ] {
            let name = format!("qcs::cam::uin/100000000001:{resource}");
            assert_eq!(parse(&name), Some((uin, reference)), "{name}");
        }
        for name in [
            "",
            "deployer",
            "qcs::cam::uin/1",
            "qcs::cam::uin/:roleName/a",
            "qcs::cam::uin/+1:roleName/a",
            "qcs::cam::uin/1:roleName/",
            "qcs::cam::uin/1:roleName/a/b",
            "qcs::cam::uin/1:roleName/a b",
            "qcs::cam::uin/1:role/deployer",
            "qcs::cam::uin/1:user/a",
            "qcs::cam:uin/1:roleName/a",
            "acs:ram::1:role/a",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
    }
}
