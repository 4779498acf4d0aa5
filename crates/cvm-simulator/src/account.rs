//! The identity of an account.

use serde::{Deserialize, Serialize};

use crate::ids::mix;

/// Identifies an account of the cloud: the n-th one.
///
/// Accounts are isolated. Ids, names, quotas, client tokens and addresses of one account mean nothing in another.
///
/// ```
/// use cvm_simulator::AccountId;
///
/// assert_eq!(AccountId::FIRST.uin(), 100_000_000_001);
/// assert_eq!(AccountId::nth(1).app_id(), 1_250_000_001);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AccountId(u32);

impl AccountId {
    /// The first account.
    pub const FIRST: Self = Self(0);

    /// The account at an index, counted from 0.
    #[must_use]
    pub const fn nth(index: u32) -> Self {
        Self(index)
    }

    /// The index of the account.
    pub(crate) const fn index(self) -> u32 {
        self.0
    }

    /// Its account number (UIN): it creates launch templates and owns images.
    #[must_use]
    pub fn uin(self) -> u64 {
        100_000_000_001 + u64::from(self.0)
    }

    /// Its AppId: quotas, buckets and versions of launch templates belong to it. The service never mixes it with the
    /// account number.
    #[must_use]
    pub fn app_id(self) -> u64 {
        1_250_000_000 + u64::from(self.0)
    }

    /// The seed of its random values, so that what happens in one account changes nothing in another.
    pub(crate) fn seed(self, seed: u64) -> u64 {
        if self == Self::FIRST { seed } else { mix(seed ^ mix(u64::from(self.0))) }
    }
}
