//! The accounts of a cloud, their credentials and roles.

use cvm_protocol::Sensitive;
use cvm_signer::Credential;
use cvm_simulator::{AccountId, Command, Role, ScenarioError};

use super::Cloud;
use crate::start_error::StartError;

impl Cloud {
    /// Opens an account whose credential is known.
    pub(crate) fn open_account(&self, account: AccountId) -> Result<(), StartError> {
        self.0.simulation.apply(Command::OpenAccount(account)).map(drop).map_err(StartError::from)
    }

    /// Adds an account, whose requests are signed with this credential. It has no resources, and sees none of the
    /// other accounts.
    ///
    /// ```
    /// use cvm_emulator::{AccountId, Emulator, StartError};
    /// use cvm_signer::Credential;
    ///
    /// # fn f() -> Result<(), StartError> {
    /// let cloud = Emulator::builder().build()?;
    /// let credential = Credential::new("AKIDEXAMPLE", "a-secret-key").unwrap();
    /// let account = cloud.add_account(credential)?;
    /// assert_eq!(account, AccountId::nth(1));
    /// # Ok(())
    /// # }
    /// # f().unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`StartError::SecretIdInUse`] if another credential has the same secret id, and [`StartError::Storage`] if the data
    /// directory has failed.
    pub fn add_account(&self, credential: Credential) -> Result<AccountId, StartError> {
        let account = self.0.authenticator.add_account(credential.clone())?;
        self.0.simulation.keep_credential(account, &credential)?;
        self.open_account(account)?;
        Ok(account)
    }

    /// Checks that credentials could be added.
    pub(crate) fn check_credentials(
        &self,
        credentials: &[(AccountId, Credential)],
    ) -> Result<(), ScenarioError> {
        let is_other = |(account, it): &&(AccountId, Credential)| {
            self.0.authenticator.is_same(*account, it) == Some(false)
        };
        match credentials.iter().find(is_other) {
            None => Ok(()),
            Some((_, credential)) => {
                let id = credential.secret_id();
                let message = format!(
                    "the secret id `{id}` is in use with another key or account; give another one"
                );
                Err(ScenarioError::new(message).at("accounts"))
            }
        }
    }

    /// Adds a credential of an account with a given number, unless it is there.
    pub(crate) fn add_credential(
        &self,
        account: AccountId,
        credential: Credential,
    ) -> Result<(), StartError> {
        if self.0.authenticator.is_same(account, &credential) == Some(true) {
            return Ok(());
        }
        self.0.authenticator.restore(account, credential.clone())?;
        self.0.simulation.keep_credential(account, &credential)?;
        self.open_account(account)
    }

    /// Lets new accounts have other numbers than those of the simulator.
    pub(crate) fn open_simulated_accounts(&self) {
        for (account, _) in self.0.simulation.used_regions() {
            self.0.authenticator.open_account(account);
        }
    }

    /// Gives an account a role, and returns the name with which `AssumeRole` finds it. As long as an account was given no
    /// role, every role name of it can be assumed.
    ///
    /// ```
    /// use cvm_emulator::{AccountId, Emulator, Role};
    ///
    /// # fn f() -> Result<(), cvm_emulator::StartError> {
    /// let cloud = Emulator::builder().build()?;
    /// let arn = cloud.add_role(&Role::new(AccountId::FIRST, "deployer").external_id("partner-7"));
    /// assert_eq!(arn, "qcs::cam::uin/100000000001:roleName/deployer");
    /// # Ok(())
    /// # }
    /// # f().unwrap();
    /// ```
    pub fn add_role(&self, role: &Role) -> String {
        self.0.simulation.try_apply(Command::AddRole(role.clone()));
        role.arn()
    }

    /// Accepts a token of an identity provider: `AssumeRoleWithWebIdentity` then returns credentials of any role to a
    /// caller that has it. The emulator knows no provider, so it accepts no token that it was not given.
    pub fn accept_web_identity_token(&self, token: impl Into<Sensitive>) {
        self.0.simulation.try_apply(Command::AcceptWebIdentityToken(token.into()));
    }
}
