//! One entry of the journal: everything that is needed to retry a request or to find out whether it took
//! effect, and no secret.

#[cfg(test)]
pub(super) mod tests;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cvm_models::config::Dialect;
use cvm_models::protocol::{ActionInfo, Kind, ModelInfo, RetryClass};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clocks::{BootTime, Clocks};
use super::entry_serde;
use super::prior_item::PriorItem;
use crate::args::Args;
use crate::error::CliError;
use crate::json_path;
use crate::request::{Request, record};

/// How long a request with a client token may be retried.
pub const TOKEN_WINDOW: Duration = cvm_models::retry::CLIENT_TOKEN_WINDOW;

/// A request that may have been sent. The members are written in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id; ids of later entries sort after those of earlier ones.
    pub id: String,
    /// What is known of the call.
    pub state: State,
    /// When the entry was written, in milliseconds since 1970 on this machine's clock.
    pub started: u64,
    /// The same on the clock that nobody can set; `None` where there is none.
    pub boot: Option<BootTime>,
    /// When the call ended with an unknown outcome; `None` if the program did not see its end.
    pub ended: Option<Ended>,
    /// Seconds by which the service's clock seemed to be ahead of this machine's; 0 as long as no
    /// difference was measured.
    #[serde(default, deserialize_with = "entry_serde::skew")]
    pub skew: i64,
    /// The action.
    pub action: String,
    /// The version of the API.
    pub version: String,
    /// The retry class of this very request.
    #[serde(with = "entry_serde::retry_class")]
    pub class: RetryClass,
    /// The region, if the call had one.
    #[serde(default, deserialize_with = "entry_serde::region")]
    pub region: Option<String>,
    /// Scheme and host that the request was sent to.
    pub endpoint: String,
    /// How it was signed.
    #[serde(with = "entry_serde::dialect")]
    pub dialect: Dialect,
    /// The secret id that signed it. The secret key is not stored.
    pub secret_id: String,
    /// The token by which the service recognizes the request, if the action has one.
    pub client_token: Option<String>,
    /// Hash of action and parameters, without secrets.
    pub fingerprint: String,
    /// The parameters, without secrets.
    #[serde(deserialize_with = "entry_serde::object")]
    pub parameters: Value,
    /// The names of the secret parameters that were omitted.
    pub secrets: Vec<String>,
    /// What was listed, before the call, under the ids of the request; `None` if that was not read.
    pub before: Option<Vec<PriorItem>>,
}

/// When a call with an unknown outcome ended, on both clocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Milliseconds since 1970 on this machine's clock.
    pub wall: u64,
    /// The time since boot; `None` where there is none.
    pub boot: Option<BootTime>,
}

impl Ended {
    fn at(now: &Clocks) -> Self {
        Self { wall: milliseconds(now.wall), boot: now.boot.clone() }
    }
}

/// What is known of a call. An entry is removed once the outcome is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It began, and nothing more is known.
    Started,
    /// It ended, and its outcome is unknown.
    Unknown,
    /// The same, and the service's error says that the request must not be retried, not even with its token.
    #[serde(rename = "unknown, no retry")]
    NoRetry,
}

impl State {
    /// Its name in lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Unknown => "unknown",
            Self::NoRetry => "unknown, no retry",
        }
    }
}

/// Where a request is sent, and who signs it.
pub struct Destination {
    /// The region, if the call has one.
    pub region: Option<String>,
    /// Scheme and host.
    pub endpoint: String,
    /// How it is signed.
    pub dialect: Dialect,
    /// The secret id that signs it.
    pub secret_id: String,
}

impl Entry {
    /// The entry of a request that is about to be sent.
    pub fn new(id: String, now: Clocks, request: &Request, destination: Destination) -> Self {
        let info = request.info();
        let token = info.idempotency_token.and_then(|name| request.value().get(name)?.as_str());
        let (parameters, secrets) = without_secrets(info, request.value());
        Self {
            id,
            state: State::Started,
            started: milliseconds(now.wall),
            boot: now.boot,
            ended: None,
            skew: 0,
            action: info.name.to_owned(),
            version: info.service.version.to_owned(),
            class: request.class(),
            region: destination.region,
            endpoint: destination.endpoint,
            dialect: destination.dialect,
            secret_id: destination.secret_id,
            client_token: token.map(str::to_owned),
            fingerprint: fingerprint(info, &parameters, &secrets),
            parameters,
            secrets,
            before: None,
        }
    }

    /// Whether action and parameters are those that were written.
    pub fn is_intact(&self, info: &'static ActionInfo) -> bool {
        fingerprint(info, &self.parameters, &self.secrets) == self.fingerprint
    }

    /// The command that settles the entry, with the emulator of `args`, if any.
    pub fn command(&self, args: &Args) -> String {
        let mut command = format!("cvm resume {}", self.id);
        if let Some(file) = args.option("emulator") {
            command.push_str(&format!(" --emulator {file}"));
        }
        if self.class == RetryClass::Token {
            // Standard input can be read only once.
            let source = if self.secrets.len() == 1 { "@-" } else { "@FILE" };
            for name in &self.secrets {
                command.push_str(&format!(" --{name} {source}"));
            }
        }
        command
    }

    /// How long ago the entry was written; `None` if that time is still ahead on this machine's clock.
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        milliseconds(now).checked_sub(self.started).map(Duration::from_millis)
    }

    /// Records that the call ended with an unknown outcome.
    pub fn end(&mut self, now: &Clocks) {
        self.ended = Some(Ended::at(now));
    }

    /// The minimum time since the last attempt ended; `None` if no clock shows it. The time of day may have been
    /// set, so the time since boot is used where it can be compared.
    pub fn time_since_last_attempt(&self, now: &Clocks) -> Option<Duration> {
        let (wall, boot) = match &self.ended {
            Some(ended) => (ended.wall, ended.boot.as_ref()),
            None => (self.started, self.boot.as_ref()),
        };
        let by_boot = now.boot.as_ref().zip(boot).and_then(|(now, then)| now.since(then));
        by_boot.or_else(|| milliseconds(now.wall).checked_sub(wall).map(Duration::from_millis))
    }

    /// When the entry was written, in seconds since 1970 on the service's clock. `skew` is the current lead of
    /// the service's clock. A single response can have a wrong date, so this is the earliest of the times with
    /// and without each difference.
    pub fn started_for_service(&self, skew: i64) -> u64 {
        let seconds = self.started / 1000;
        seconds.saturating_add_signed(skew.min(self.skew).min(0))
    }

    /// Whether [`Self::started_for_service`] is reliable: this machine's clock was not set back since, or the
    /// measured differences explain that it was. A single wrong date explains nothing.
    pub fn is_start_known(&self, now: SystemTime, skew: i64) -> bool {
        let now_for_service = (milliseconds(now) / 1000).saturating_add_signed(skew);
        self.age(now).is_some() || self.started_for_service(skew) <= now_for_service
    }

    /// How much longer the identical request may be retried, according to this machine's clocks; `None` if it
    /// may not.
    pub fn window(&self, now: &Clocks) -> Option<Duration> {
        self.window_by_service(now, 0)
    }

    /// As [`Self::window`], if the service's clock is now `ahead` of this machine's by so many seconds.
    ///
    /// This needs proof that the token is recent: the clock that nobody can set must show it, and no other
    /// clock may show a greater age. A time of day that was set back or is wrong proves nothing, because it
    /// may have been set since the entry was written.
    pub fn window_by_service(&self, now: &Clocks, ahead: i64) -> Option<Duration> {
        if self.state == State::NoRetry
            || self.skew != 0
            || ahead.unsigned_abs() >= TOKEN_WINDOW.as_secs()
        {
            return None;
        }
        if self.class != RetryClass::Token || self.client_token.is_none() {
            return None;
        }
        let by_boot = now.boot.as_ref()?.since(self.boot.as_ref()?)?;
        let by_wall = self.age(now.wall)?;
        let by_service = by_wall.saturating_add(Duration::from_secs(ahead.max(0).unsigned_abs()));
        TOKEN_WINDOW.checked_sub(by_boot.max(by_service)).filter(|left| !left.is_zero())
    }
}

/// Of two measured clock differences, the one that makes the start of a request earlier. Each may come from
/// the wrong date of a single response. 0 means that none was measured.
pub fn safer_skew(one: i64, other: i64) -> i64 {
    if one.min(other) < 0 { one.min(other) } else { one.max(other) }
}

/// The error for an entry that cannot be used.
pub fn unusable(id: &str, why: &str) -> CliError {
    CliError::local(format!("journal entry `{id}` cannot be used: {why}"))
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Hash of action and parameters. It covers which secrets were given, but not their values.
pub fn fingerprint(info: &'static ActionInfo, parameters: &Value, secrets: &[String]) -> String {
    let mut whole = parameters.clone();
    for path in secrets {
        json_path::set(&mut whole, path, "withheld".into());
    }
    cvm_models::OutcomeUnknown::fingerprint_of(info, &record(info, &whole))
}

/// The parameters of a request as the journal stores them, and the names of those that it omits.
pub fn without_secrets(info: &'static ActionInfo, parameters: &Value) -> (Value, Vec<String>) {
    let (mut parameters, mut secrets) = (parameters.clone(), Vec::new());
    strip_secrets(&mut parameters, info.request, "", &mut secrets);
    (parameters, secrets)
}

/// Whether a text, or one in a list, is a URL that may grant access: its query can be a signature, and its
/// user can have a password.
fn is_signed_url(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            text.split_once("://").is_some_and(|(_, rest)| rest.contains(['?', '@']))
        }
        Value::Array(items) => items.iter().any(is_signed_url),
        _ => false,
    }
}

/// Removes the secret members and appends their paths to `names`.
fn strip_secrets(
    value: &mut Value,
    model: &'static ModelInfo,
    prefix: &str,
    names: &mut Vec<String>,
) {
    let Some(members) = value.as_object_mut() else { return };
    members.retain(|name, member| {
        let field = model.field(name);
        let path = format!("{prefix}{name}");
        if member.is_null() {
            return true;
        }
        if field.is_some_and(|field| field.secret) || is_signed_url(member) {
            names.push(path);
            return false;
        }
        let Some(field) = field else { return true };
        if let Kind::Object(inner) = field.kind.innermost() {
            match member {
                Value::Array(items) => {
                    for (index, item) in items.iter_mut().enumerate() {
                        strip_secrets(item, inner, &format!("{path}.{index}."), names);
                    }
                }
                single => strip_secrets(single, inner, &format!("{path}."), names),
            }
        }
        true
    });
}
