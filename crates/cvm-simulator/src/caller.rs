//! Who sends a request.

use serde::{Deserialize, Serialize};

/// Who sends a request to an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Caller {
    /// The account itself, with a permanent key.
    #[default]
    Account,
    /// A session of a role of the account.
    Role(RoleSession),
    /// A federated user of the account, by name.
    FederatedUser(String),
    /// Nobody: the request has no signature. Only an action that brings its own proof accepts it.
    Unsigned,
}

/// A session of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleSession {
    /// The id of the role.
    pub(crate) role_id: u64,
    /// The account that requested the credentials.
    pub(crate) principal: u64,
    /// The name of the session.
    pub(crate) name: String,
}
