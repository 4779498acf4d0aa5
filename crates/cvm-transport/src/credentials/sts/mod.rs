//! Temporary credentials from the Security Token Service.

pub(super) mod actions;
mod assume_role;
mod connection;
mod web_identity;

pub(super) use self::assume_role::AssumeRole;
pub use self::assume_role::AssumeRoleCredentials;
pub(super) use self::connection::SESSION_NAME;
pub(super) use self::web_identity::WebIdentity;
pub use self::web_identity::WebIdentityCredentials;
