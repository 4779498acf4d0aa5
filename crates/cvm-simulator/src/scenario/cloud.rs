//! What a scenario needs of the simulated cloud that it is applied to.

use cvm_protocol::ActionInfo;
use serde_json::Value;

use super::quotas::ScenarioQuotas;
use crate::account::AccountId;
use crate::api_error::ApiError;
use crate::catalog::{Catalog, Region};
use crate::chc_host::ChcServer;
use crate::cloud_fault::CloudFault;
use crate::repair::Repair;
use crate::role::Role;
use crate::timestamp::Timestamp;

/// A cloud that a scenario is applied to.
pub(crate) trait ScenarioCloud {
    fn catalog(&self) -> Catalog;

    fn now(&self) -> Timestamp;

    fn open_account(&mut self, account: AccountId, quotas: &ScenarioQuotas);

    fn add_role(&mut self, role: Role);

    /// Chooses the id of the next resource of the account with its prefix; `false` if a resource has or had it.
    fn choose_id(&mut self, account: AccountId, id: &str) -> bool;

    /// Applies a request; returns the response.
    fn request(&mut self, request: ScenarioRequest) -> Result<Value, ApiError>;

    fn add_chc_host(&mut self, server: &ChcServer) -> Option<String>;

    fn schedule_repair(&mut self, repair: &Repair) -> Option<String>;
}

/// A request with which a scenario is applied.
#[derive(Debug)]
pub(crate) struct ScenarioRequest {
    pub(crate) account: AccountId,
    pub(crate) region: &'static Region,
    pub(crate) action: &'static ActionInfo,
    pub(crate) parameters: Value,
    pub(crate) time: RequestTime,
    pub(crate) fault: Option<CloudFault>,
}

/// When a request of a scenario takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestTime {
    /// Then, and what it starts is done at once.
    Done(Timestamp),
    /// Now, and what it starts takes the usual time.
    Begun,
}
