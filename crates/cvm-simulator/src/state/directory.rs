//! What all accounts know of each other: which accounts exist, and which roles they have.

use std::collections::BTreeMap;

use cvm_protocol::Sensitive;

use crate::account::AccountId;
use crate::credential_issuer::CredentialIssuer;
use crate::ids::mix;
use crate::role::Role;

/// The accounts and their roles, and who issues their temporary credentials.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    pub(crate) issuer: CredentialIssuer,
    /// The accounts that exist, with the roles that they were given.
    accounts: BTreeMap<AccountId, Vec<Role>>,
    /// The tokens of identity providers that prove an identity.
    web_identity_tokens: Vec<Sensitive>,
}

impl Directory {
    /// The first account, without roles.
    pub(crate) fn new(issuer: CredentialIssuer) -> Self {
        let accounts = BTreeMap::from([(AccountId::FIRST, Vec::new())]);
        Self { issuer, accounts, web_identity_tokens: Vec::new() }
    }

    pub(crate) fn has(&self, account: AccountId) -> bool {
        self.accounts.contains_key(&account)
    }

    pub(crate) fn add_account(&mut self, account: AccountId) {
        self.accounts.entry(account).or_default();
    }

    /// The account with this number.
    pub(crate) fn account(&self, uin: u64) -> Option<AccountId> {
        self.accounts.keys().copied().find(|account| account.uin() == uin)
    }

    /// Adds a role, in place of one of the same name.
    pub(crate) fn add_role(&mut self, role: Role) {
        let roles = self.accounts.entry(role.account).or_default();
        roles.retain(|known| known.name != role.name);
        roles.push(role);
    }

    /// The roles of an account; `None` if it was given none, so that every role exists.
    pub(crate) fn roles(&self, account: AccountId) -> Option<&[Role]> {
        self.accounts.get(&account).map(Vec::as_slice).filter(|roles| !roles.is_empty())
    }

    /// Accepts a token of any identity provider.
    pub(crate) fn add_web_identity_token(&mut self, token: Sensitive) {
        self.web_identity_tokens.push(token);
    }

    /// Whether this token proves an identity.
    pub(crate) fn knows_web_identity(&self, token: &Sensitive) -> bool {
        // Compares hashes, so that the time of the comparison says nothing about the token.
        let hash =
            |token: &Sensitive| self.issuer.hash("web identity", &[token.expose().as_bytes()]);
        let given = hash(token);
        self.web_identity_tokens.iter().any(|known| hash(known) == given)
    }
}

/// The id of the role with this name: a number as in the samples.
pub(crate) fn role_id(account: AccountId, name: &str) -> u64 {
    const FIRST_ID: u64 = 1 << 62;
    let fold = |start, byte: u8| mix(start ^ u64::from(byte));
    FIRST_ID + name.bytes().fold(account.uin(), fold) % 1_000_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_ids_are_distinct_per_account_and_name() {
        let (one, other) = (AccountId::FIRST, AccountId::nth(1));
        let ids = [role_id(one, "a"), role_id(one, "b"), role_id(other, "a")];
        assert!(ids.iter().all(|id| id.to_string().starts_with("46116860")), "{ids:?}");
        assert!(ids[0] != ids[1] && ids[0] != ids[2]);
        assert_eq!(ids[0], role_id(one, "a"));
    }

    #[test]
    fn accounts_and_roles_are_found() {
        let mut directory = Directory::new(CredentialIssuer::new(1, ""));
        let second = AccountId::nth(1);
        assert_eq!(directory.account(100_000_000_001), Some(AccountId::FIRST));
        assert_eq!(directory.account(100_000_000_002), None);
        directory.add_account(second);
        assert_eq!(directory.account(100_000_000_002), Some(second));
        assert_eq!(directory.roles(second), None);
        directory.add_role(Role::new(second, "r"));
        let replaced = Role::new(second, "r").external_id("x");
        directory.add_role(replaced.clone());
        assert_eq!(directory.roles(second), Some(&[replaced][..]));
    }

    #[test]
    fn only_added_tokens_prove_an_identity() {
        let mut directory = Directory::new(CredentialIssuer::new(1, ""));
        assert!(!directory.knows_web_identity(&"token".into()));
        directory.add_web_identity_token("token".into());
        assert!(directory.knows_web_identity(&"token".into()));
        assert!(!directory.knows_web_identity(&"Token".into()));
        assert!(!format!("{directory:?}").contains("token\""));
    }
}
