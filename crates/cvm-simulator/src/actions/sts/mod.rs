//! Temporary credentials of roles and federated users, and the identity of the caller.

mod assume_role;
mod caller_identity;
mod federation_token;
mod policy;
mod role_name;
mod session;

use sts_models::actions::{
    AssumeRole, AssumeRoleWithWebIdentity, GetCallerIdentity, GetFederationToken,
};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<AssumeRole>(),
        Handler::of::<AssumeRoleWithWebIdentity>(),
        Handler::of::<GetCallerIdentity>(),
        Handler::of::<GetFederationToken>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("sts", "every well-formed role name of an account that the emulator knows can be assumed by every caller of every account; an account that was given roles has only these"),
    assumed("sts", "access policies are not evaluated: temporary credentials may call every action of their account, whatever the role or `Policy` allows; of `Policy`, only the form is checked"),
    assumed("sts", "`role/ID` names a role by its id, which GetCallerIdentity shows; names of roles of services work like those of other roles"),
    assumed("sts", "an unknown account is InvalidParameter.AccountNotAvaliable, a name of another form InvalidParameter.ParamError, a wrong or missing external id UnauthorizedOperation; an external id that the role does not demand is ignored"),
    assumed("sts", "session tags and SourceIdentity have no effect; two tags with one key are InvalidParameter.ParamError"),
    documented("sts", "credentials last 7200 s by default and at most 43200 s for a role; for a federated user 1800 s by default and at most 7200 s, because every caller is a main account"),
    assumed("sts", "a validity of 0 s is InvalidParameter.ParamError"),
    assumed("sts", "GetFederationToken refuses temporary credentials with UnsupportedOperation"),
    assumed("sts", "credentials expire on the virtual clock: a request is then AuthFailure.TokenFailure, as with a missing or wrong token"),
    assumed("sts", "AssumeRoleWithWebIdentity is the only action without a signature; it accepts the tokens that the emulator was given, from every provider and for every role, and any other is InvalidParameter.WebIdentityTokenError"),
    assumed("sts", "PrincipalId of a role that a web identity or an instance assumed is the account of the role"),
];
