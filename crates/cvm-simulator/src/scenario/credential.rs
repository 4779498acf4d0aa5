//! The credentials of an account in a scenario.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A credential that signs requests of an account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioCredential {
    /// The id, such as `AKIDEXAMPLE`.
    pub secret_id: String,
    /// The secret key.
    pub secret_key: String,
}

impl fmt::Debug for ScenarioCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScenarioCredential")
            .field("secret_id", &self.secret_id)
            .finish_non_exhaustive()
    }
}
