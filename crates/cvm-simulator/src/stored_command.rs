//! Commands in the form in which they are stored: without passwords, and with everything that a replay needs.
//!
//! The parameters of a request are stored with their names. Passwords are replaced by a text that every rule for
//! passwords accepts: handlers check passwords and store none. The fingerprint of a request with a client token depends on the
//! password, so it is stored, too.

use std::fmt;
use std::time::Duration;

use cvm_protocol::{Kind, Model, ModelInfo, json};
use cvm_signer::HexDigest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::AccountId;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::chc_host::ChcServer;
use crate::clock::TimeMode;
use crate::cloud_fault::CloudFault;
use crate::handler::Reply;
use crate::key_pair_generator::{NewKeyPair, StoredKeyPair};
use crate::parameters::Parameters;
use crate::repair::Repair;
use crate::request::Request;
use crate::role::Role;
use crate::scenario::Scenario;
use crate::services::services;
use crate::simulator::{Command, Response, Simulator};

/// A command that changed something, to be stored and applied again with [`Simulator::replay`].
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StoredCommand {
    /// The real time since the start of the simulator.
    elapsed: Duration,
    command: Content,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
enum Content {
    Request(StoredRequest),
    AdvanceClock(Duration),
    RunUntilIdle(Duration),
    SetTimeMode(TimeMode),
    Reset,
    AddChcHost(ChcServer),
    ScheduleRepair(Repair),
    OpenAccount(AccountId),
    AddRole(Role),
    AcceptWebIdentityToken(BearerToken),
    ApplyScenario(Box<Scenario>),
}

/// A token that the cloud compares, so it must be stored.
#[derive(Clone, Deserialize, Serialize)]
struct BearerToken(String);

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StoredRequest {
    account: AccountId,
    service: String,
    action: String,
    region: String,
    caller: Caller,
    parameters: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    faults: Vec<CloudFault>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_pair: Option<StoredKeyPair>,
    /// The index of the request id: instances show the id of the request that changed them last.
    request_id: u64,
}

impl fmt::Debug for StoredRequest {
    /// Without the parameters, because boot scripts can contain keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredRequest")
            .field("action", &self.action)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

impl StoredCommand {
    /// The form of a command that is going to be applied. `None` if it only reads.
    #[must_use]
    pub fn prepare(command: &Command) -> Option<Self> {
        let command = match command {
            Command::Request(_, request) if request.is_read() => return None,
            // Previous states are for injected faults, which are not stored.
            Command::ReadMetadata(_) | Command::KeepPreviousState(_) | Command::ApplyDue => {
                return None;
            }
            Command::Request(account, request) => {
                let info = request.action();
                Content::Request(StoredRequest {
                    account: *account,
                    service: info.service.name.to_owned(),
                    action: info.name.to_owned(),
                    region: request.region().name.to_owned(),
                    caller: request.caller().clone(),
                    parameters: parameters(request.model()),
                    fingerprint: request.fingerprint().map(|digest| digest.to_string()),
                    faults: request.faults().to_vec(),
                    key_pair: request.key_pair().map(NewKeyPair::to_stored),
                    request_id: 0,
                })
            }
            Command::AdvanceClock(span) => Content::AdvanceClock(*span),
            Command::RunUntilIdle(within) => Content::RunUntilIdle(*within),
            Command::SetTimeMode(mode) => Content::SetTimeMode(finite(*mode)),
            Command::Reset => Content::Reset,
            Command::AddChcHost(server) => Content::AddChcHost(server.clone()),
            Command::ScheduleRepair(repair) => Content::ScheduleRepair(repair.clone()),
            Command::OpenAccount(account) => Content::OpenAccount(*account),
            Command::AddRole(role) => Content::AddRole(role.clone()),
            Command::AcceptWebIdentityToken(token) => {
                Content::AcceptWebIdentityToken(BearerToken(token.expose().to_owned()))
            }
            Command::ApplyScenario(scenario) => Content::ApplyScenario(scenario.clone()),
        };
        Some(Self { elapsed: Duration::ZERO, command })
    }

    /// Completes the form of a command right after the simulator has applied it. `None` if the command was refused or a
    /// dry run: then it changed nothing.
    #[must_use]
    pub fn accepted(mut self, simulator: &Simulator, response: &Response) -> Option<Self> {
        ReplayError::check(response).ok()?;
        self.elapsed = simulator.elapsed();
        if let Content::Request(request) = &mut self.command {
            request.request_id = simulator.latest_request_id(request.account);
        }
        Some(self)
    }

    /// The real time between the start of the simulator and the command.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Whether it is [`Command::Reset`].
    #[must_use]
    pub const fn is_reset(&self) -> bool {
        matches!(self.command, Content::Reset)
    }

    /// The account and the key pair of a command that brought one.
    #[must_use]
    pub fn key_pair(&self) -> Option<(AccountId, NewKeyPair)> {
        match &self.command {
            Content::Request(StoredRequest { account, key_pair: Some(key_pair), .. }) => {
                Some((*account, key_pair.clone().into()))
            }
            _ => None,
        }
    }

    /// The command, and the index of the id of its request.
    pub(crate) fn into_command(
        self,
        catalog: Catalog,
    ) -> Result<(Command, Option<u64>), ReplayError> {
        Ok(match self.command {
            Content::Request(stored) => {
                let (account, request_id) = (stored.account, stored.request_id);
                (Command::Request(account, stored.into_request(catalog)?), Some(request_id))
            }
            Content::AdvanceClock(span) => (Command::AdvanceClock(span), None),
            Content::RunUntilIdle(within) => (Command::RunUntilIdle(within), None),
            Content::SetTimeMode(mode) => (Command::SetTimeMode(mode), None),
            Content::Reset => (Command::Reset, None),
            Content::AddChcHost(server) => (Command::AddChcHost(server), None),
            Content::ScheduleRepair(repair) => (Command::ScheduleRepair(repair), None),
            Content::OpenAccount(account) => (Command::OpenAccount(account), None),
            Content::AddRole(role) => (Command::AddRole(role), None),
            Content::AcceptWebIdentityToken(BearerToken(token)) => {
                (Command::AcceptWebIdentityToken(token.into()), None)
            }
            Content::ApplyScenario(scenario) => (Command::ApplyScenario(scenario), None),
        })
    }
}

impl StoredRequest {
    fn into_request(self, catalog: Catalog) -> Result<Request, ReplayError> {
        let Self { service, action, region, .. } = self;
        let info = services()
            .into_iter()
            .find(|known| known.info.name == service)
            .and_then(|known| known.action(&action))
            .ok_or_else(|| ReplayError(format!("the action {service}:{action} is unknown")))?;
        let region = catalog
            .region(&region, false)
            .ok_or_else(|| ReplayError(format!("the region {region} is unknown")))?;
        let fingerprint = self.fingerprint.map(|digits| {
            let unreadable = || ReplayError(format!("the fingerprint of {action} is damaged"));
            HexDigest::parse(&digits).ok_or_else(unreadable)
        });
        let failed = |why: &dyn fmt::Display| ReplayError(format!("{action} failed: {why}"));
        let body = serde_json::to_vec(&self.parameters).map_err(|error| failed(&error))?;
        let request = Request::decode(info, region, &Parameters::Json(&body))
            .map_err(|error| failed(&error.message))?
            .with_fingerprint(fingerprint.transpose()?)
            .with_caller(self.caller);
        let request = self.faults.into_iter().fold(request, Request::with_fault);
        Ok(match self.key_pair {
            Some(key_pair) => request.with_key_pair(key_pair.into()),
            None => request,
        })
    }
}

impl Simulator {
    /// Applies a command of an earlier simulator with the same seed, start, mode and catalog. The commands must come in
    /// their order. Then the state is the same as that of the earlier simulator.
    ///
    /// # Errors
    ///
    /// The command cannot be read, or is not accepted: another version of the simulator, or another catalog, wrote it. The
    /// simulator cannot be used any more.
    pub fn replay(&mut self, stored: StoredCommand) -> Result<(), ReplayError> {
        let elapsed = stored.elapsed();
        let (command, request_id) = stored.into_command(self.catalog())?;
        if let (Command::Request(account, _), Some(index)) = (&command, request_id) {
            self.set_request_id(*account, index);
        }
        ReplayError::check(&self.apply_in_place(elapsed, command))
    }
}

/// Why a stored command cannot be applied again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayError(String);

impl ReplayError {
    /// Whether a command changed something. The error says why not.
    pub(crate) fn check(response: &Response) -> Result<(), Self> {
        let refused = match response {
            Response::Reply { reply: Reply::Response(_), .. }
            | Response::ClockAdvanced(_)
            | Response::Idle { .. }
            | Response::Done
            | Response::ScenarioApplied(Ok(_))
            | Response::Metadata(_) => return Ok(()),
            Response::ScenarioApplied(Err(error)) => format!("a scenario: {error}"),
            Response::Reply { reply: Reply::Error(error), .. } => {
                format!("a request ended with {}: {}", error.code, error.message)
            }
            Response::Reply { reply: Reply::DryRun, .. } => "a request was a dry run".to_owned(),
            Response::ChcHostAdded(id) | Response::RepairScheduled(id) if id.is_some() => {
                return Ok(());
            }
            Response::ChcHostAdded(_) => "the zone of a CHC host does not exist".to_owned(),
            Response::RepairScheduled(_) => "the instance of a repair does not exist".to_owned(),
        };
        Err(Self(refused))
    }
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReplayError {}

/// The same mode with a scale that JSON can express.
fn finite(mode: TimeMode) -> TimeMode {
    match mode {
        TimeMode::Scaled(scale) if scale.is_nan() => TimeMode::Scaled(1.0),
        TimeMode::Scaled(scale) => TimeMode::Scaled(scale.clamp(f64::MIN, f64::MAX)),
        other => other,
    }
}

/// The secrets that a replay needs: responses show boot scripts, and tokens of identity providers are compared. All other
/// secrets of requests are passwords.
const NEEDED: [&str; 2] = ["UserData", "WebIdentityToken"];

/// Texts that every rule for passwords accepts. They have no character in common, because a password must not contain
/// the name of the user, which can be one character.
const PLACEHOLDERS: [&str; 2] = ["Hidden-Hidden-0", "Mask+Mask+Mask1"];

/// The parameters of a request, without passwords.
fn parameters(model: &dyn Model) -> Value {
    let mut parameters = json::to_value(model);
    let user = parameters.get("UserName").and_then(Value::as_str).unwrap_or_default();
    let user = user.to_ascii_lowercase();
    let fits = |text: &&str| user.is_empty() || !text.to_ascii_lowercase().contains(&user);
    let placeholder = PLACEHOLDERS.into_iter().find(fits).unwrap_or_default();
    hide(model.table(), &mut parameters, placeholder);
    parameters
}

/// Replaces the passwords in an object.
fn hide(table: &ModelInfo, value: &mut Value, placeholder: &str) {
    let Value::Object(members) = value else { return };
    for (name, value) in members {
        let Some(field) = table.field(name) else { continue };
        match field.kind {
            _ if field.secret && !NEEDED.contains(&name.as_str()) => *value = placeholder.into(),
            Kind::Object(table) => hide(table, value, placeholder),
            Kind::List(Kind::Object(table)) => {
                let items = value.as_array_mut().into_iter().flatten();
                items.for_each(|item| hide(table, item, placeholder));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
