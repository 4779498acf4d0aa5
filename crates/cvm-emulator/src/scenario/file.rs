//! Reads scenario files, in YAML or JSON. Everything that is unknown, missing or duplicate is an error with its place.

use cvm_protocol::Json;
use cvm_signer::HexDigest;
use cvm_simulator::{Catalog, ScenarioAccount, ScenarioError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::faults::FaultRule;

/// What a cloud starts with, as a file: a text in YAML or JSON. `SCENARIOS.md` in the folder of this crate describes it.
///
/// ```
/// use cvm_emulator::{Emulator, Scenario};
///
/// # fn f() -> Result<(), Box<dyn std::error::Error>> {
/// let scenario = Scenario::parse(
///     "
/// accounts:
///   - regions:
///       ap-guangzhou:
///         instances:
///           - { name: web, count: 3, state: STOPPED, age: 30d }
/// ",
/// )?;
/// let cloud = Emulator::builder().scenario(scenario).build()?;
/// # Ok(())
/// # }
/// # f().unwrap();
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario(pub(super) Box<File>);

/// A scenario of the CVM emulator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Scenario of the CVM emulator", rename = "Scenario")]
pub(super) struct File {
    /// The location of this schema, for editors.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
    /// Changes of what the cloud offers: regions, zones, instance types, images, stock, prices. The format is that of a
    /// catalog file. Only a cloud that starts can have it.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) catalog: Map<String, Value>,
    /// The accounts with their resources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) accounts: Vec<ScenarioAccount>,
    /// The faults that are injected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) faults: Vec<FaultRule>,
    /// The names of fault presets, such as `flaky`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) fault_presets: Vec<String>,
}

impl Scenario {
    /// Reads a scenario. A text that begins with `{` is JSON, any other one is YAML.
    ///
    /// # Errors
    ///
    /// The text is neither, or it has a member that is unknown, missing, duplicate or of another kind. The error names
    /// its place. Names and values are checked when the scenario is applied.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let value = if text.trim_start().starts_with('{') { json(text) } else { yaml(text) }?;
        let file = serde_path_to_error::deserialize(value).map_err(|error| {
            let place = error.path().to_string();
            let message = ScenarioError::new(error.into_inner().to_string());
            if place == "." { message } else { message.at(&place) }
        })?;
        Ok(Self(Box::new(file)))
    }

    /// The JSON schema of scenario files.
    #[must_use]
    pub fn schema() -> Value {
        schemars::schema_for!(File).to_value()
    }

    /// The catalog of a cloud that starts with the scenario.
    pub(crate) fn catalog(&self, base: Catalog) -> Result<Catalog, ScenarioError> {
        if self.0.catalog.is_empty() {
            return Ok(base);
        }
        let text = Value::Object(self.0.catalog.clone()).to_string();
        base.with_json(&text).map_err(|error| ScenarioError::new(error.to_string()).at("catalog"))
    }

    /// A hash of the accounts and their resources, without their credentials.
    pub(crate) fn fingerprint(&self) -> String {
        let text = serde_json::to_vec(&self.simulated()).unwrap_or_default();
        HexDigest::sha256(&text).to_string()
    }

    /// The part that the simulator applies.
    pub(crate) fn simulated(&self) -> cvm_simulator::Scenario {
        let mut accounts = self.0.accounts.clone();
        accounts.iter_mut().for_each(|account| account.credentials.clear());
        cvm_simulator::Scenario { accounts }
    }
}

fn json(text: &str) -> Result<Value, ScenarioError> {
    let failed = |error: &dyn std::fmt::Display| {
        ScenarioError::new(format!("the file is not valid JSON: {error}"))
    };
    // This parser refuses a member that occurs twice.
    Json::parse(text.as_bytes()).map_err(|error| failed(&error))?;
    serde_json::from_str(text).map_err(|error| failed(&error))
}

fn yaml(text: &str) -> Result<Value, ScenarioError> {
    if text.trim().is_empty() {
        return Err(ScenarioError::new("the file is empty; give at least `accounts`"));
    }
    // As in YAML 1.2: `off` and `no` are texts, and so names.
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| ScenarioError::new(format!("the file is not valid YAML: {error}")))
}
