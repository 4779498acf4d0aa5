//! Scenarios: accounts with the resources that a cloud starts with, as data.
//!
//! A scenario is applied as the requests that would have made its resources, at the times that their ages say. So all
//! rules of requests hold, and later requests work on these resources like on any others. Operations take no time, except
//! those that have only begun.

mod age;
mod cloud;
mod content;
mod credential;
mod error;
mod instance_content;
mod instances;
mod names;
mod networks;
mod others;
mod quotas;
mod run;
#[cfg(test)]
mod tests;

pub use age::Age;
pub(crate) use cloud::{RequestTime, ScenarioCloud, ScenarioRequest};
pub use content::{
    Scenario, ScenarioAccount, ScenarioChcHost, ScenarioDisk, ScenarioElasticIp, ScenarioImage,
    ScenarioKeyPair, ScenarioRegion, ScenarioRepair, ScenarioRole, ScenarioRule,
    ScenarioSecurityGroup, ScenarioSubnet, ScenarioVpc,
};
pub use credential::ScenarioCredential;
pub use error::ScenarioError;
pub use instance_content::{
    ScenarioDataDisk, ScenarioInstances, ScenarioState, ScenarioSystemDisk,
};
pub use quotas::ScenarioQuotas;
pub use run::CreatedResource;
pub(crate) use run::apply;
