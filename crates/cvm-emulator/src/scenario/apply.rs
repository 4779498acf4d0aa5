//! Applies a scenario to a cloud: faults and credentials here, everything else in the simulator.

use cvm_signer::Credential;
use cvm_simulator::{AccountId, Command, CreatedResource, Response, ScenarioError};

use super::file::Scenario;
use crate::Cloud;
use crate::faults::{FaultError, FaultId, Preset};

/// The credentials of the accounts.
pub(crate) fn account_credentials(
    scenario: &Scenario,
) -> Result<Vec<(AccountId, Credential)>, ScenarioError> {
    let mut credentials = Vec::new();
    for (index, account) in scenario.0.accounts.iter().enumerate() {
        let id = u32::try_from(index).unwrap_or(u32::MAX);
        for (number, given) in account.credentials.iter().enumerate() {
            let place = format!("accounts[{index}].credentials[{number}]");
            let credential = Credential::new(given.secret_id.as_str(), given.secret_key.as_str());
            let credential =
                credential.map_err(|error| ScenarioError::new(error.to_string()).at(&place))?;
            let is_same =
                |(_, known): &(AccountId, Credential)| known.secret_id() == credential.secret_id();
            if credentials.iter().any(is_same) {
                let id = &given.secret_id;
                let message = format!("another credential has the id `{id}`; give each its own");
                return Err(ScenarioError::new(message).at("secret_id").at(&place));
            }
            credentials.push((AccountId::nth(id), credential));
        }
    }
    Ok(credentials)
}

/// Creates the accounts and their resources: all, or none.
pub(crate) fn apply(
    scenario: &Scenario,
    cloud: &Cloud,
) -> Result<Vec<CreatedResource>, ScenarioError> {
    let command = Command::ApplyScenario(Box::new(scenario.simulated()));
    match cloud.simulation().apply(command) {
        Ok(Response::ScenarioApplied(applied)) => applied,
        Ok(_) => Err(ScenarioError::new("the simulator did not apply the scenario")),
        Err(failure) => {
            let error = cvm_simulator::ApiError::from(failure);
            Err(ScenarioError::new(error.message))
        }
    }
}

/// Adds the faults: all, or none.
pub(crate) fn apply_faults(
    scenario: &Scenario,
    cloud: &Cloud,
) -> Result<Vec<FaultId>, ScenarioError> {
    let mut added = Vec::new();
    let result = add_faults(scenario, cloud, &mut added);
    match result {
        Ok(()) => Ok(added),
        Err(error) => {
            remove_faults(cloud, &added);
            Err(error)
        }
    }
}

/// Takes faults back.
fn remove_faults(cloud: &Cloud, added: &[FaultId]) {
    for id in added {
        // `false` means that somebody else has removed it.
        let _ = cloud.faults().remove(*id);
    }
}

fn add_faults(
    scenario: &Scenario,
    cloud: &Cloud,
    added: &mut Vec<FaultId>,
) -> Result<(), ScenarioError> {
    let fail = |error: FaultError, list: &str, index: usize| {
        ScenarioError::new(error.to_string()).at(&format!("{list}[{index}]"))
    };
    for (index, rule) in scenario.0.faults.iter().enumerate() {
        let id = cloud.faults().add(rule.clone());
        added.push(id.map_err(|error| fail(error, "faults", index))?);
    }
    for (index, name) in scenario.0.fault_presets.iter().enumerate() {
        let fail = |error| fail(error, "fault_presets", index);
        let preset: Preset = name.parse().map_err(fail)?;
        for rule in preset.rules() {
            added.push(cloud.faults().add(rule).map_err(fail)?);
        }
    }
    Ok(())
}

impl Cloud {
    /// Applies a scenario to a running cloud: all of it, or nothing. Its first account is the first account of the cloud, and
    /// so on; resources are added to those that are there. Returns what was created.
    ///
    /// # Errors
    ///
    /// A name or a value is invalid, an id or a secret id is in use, a quota is used up, or the scenario has a `catalog`,
    /// which only a cloud that starts can have. The error names the place in the scenario.
    pub fn apply_scenario(
        &self,
        scenario: &Scenario,
    ) -> Result<Vec<CreatedResource>, ScenarioError> {
        if !scenario.0.catalog.is_empty() {
            let message =
                "the catalog of a running emulator cannot change; start one with the scenario";
            return Err(ScenarioError::new(message).at("catalog"));
        }
        let credentials = account_credentials(scenario)?;
        self.check_credentials(&credentials)?;
        let faults = apply_faults(scenario, self)?;
        let created = apply(scenario, self).inspect_err(|_| remove_faults(self, &faults))?;
        for (account, credential) in credentials {
            self.add_credential(account, credential)
                .map_err(|error| ScenarioError::new(error.to_string()).at("accounts"))?;
        }
        self.open_simulated_accounts();
        Ok(created)
    }
}
