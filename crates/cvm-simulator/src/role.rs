//! A role that accounts can assume.

use serde::{Deserialize, Serialize};

use crate::account::AccountId;

/// A role of an account. As long as an account has none, every well-formed role name of it can be assumed.
///
/// ```
/// use cvm_simulator::{AccountId, Role};
///
/// let role = Role::new(AccountId::FIRST, "deployer").external_id("partner-7");
/// assert_eq!(role.arn(), "qcs::cam::uin/100000000001:roleName/deployer");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    pub(crate) account: AccountId,
    pub(crate) name: String,
    pub(crate) external_id: Option<String>,
}

impl Role {
    /// A role that every account can assume.
    #[must_use]
    pub fn new(account: AccountId, name: impl Into<String>) -> Self {
        Self { account, name: name.into(), external_id: None }
    }

    /// Makes the role demand this external id of the caller.
    #[must_use]
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.external_id = Some(id.into());
        self
    }

    /// The name with which the role is assumed.
    #[must_use]
    pub fn arn(&self) -> String {
        format!("qcs::cam::uin/{}:roleName/{}", self.account.uin(), self.name)
    }
}
