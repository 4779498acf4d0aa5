//! One entry of the journal: everything that it takes to send a request again or to find out what
//! became of it, and no secret.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cvm_models::protocol::{ActionInfo, Kind, RetryClass, Table};
use cvm_models::{Dialect, fingerprint};
use serde_json::{Value, json};

use crate::args::Line;
use crate::call::record;

/// The layout of entries that this program writes and reads.
const FORMAT: u64 = 1;

/// How long a request with a client token may be sent again.
pub const TOKEN_WINDOW: Duration = cvm_models::CLIENT_TOKEN_WINDOW;

/// A call whose request may be on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name: later entries come later in the order of names.
    pub id: String,
    /// How far it is known to have come.
    pub state: State,
    /// When it was written, in milliseconds since 1970.
    pub started: u64,
    /// The action.
    pub action: String,
    /// The version of the API.
    pub version: String,
    /// The retry class of this very request.
    pub class: String,
    /// The region, if the call had one.
    pub region: Option<String>,
    /// Scheme and host that it went to.
    pub endpoint: String,
    /// How it was signed.
    pub dialect: String,
    /// Who signed it. The key is nowhere.
    pub secret_id: String,
    /// The token by which the service recognises it, if the action has one.
    pub client_token: Option<String>,
    /// Hash of action and parameters, secrets left out.
    pub fingerprint: String,
    /// The parameters, secrets left out.
    pub parameters: Value,
    /// The names of the secrets that were left out.
    pub secrets: Vec<String>,
}

/// How far a call is known to have come. What ended has no entry any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody came back to say how it ended.
    Started,
    /// It ended, and its outcome is unknown.
    Unknown,
}

impl State {
    /// Its name in entries and lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Unknown => "unknown",
        }
    }
}

/// Where a request goes and who signs it.
pub struct Sending {
    /// The region, if the call has one.
    pub region: Option<String>,
    /// Scheme and host.
    pub endpoint: String,
    /// How it is signed.
    pub dialect: Dialect,
    /// Who signs it.
    pub secret_id: String,
}

impl Entry {
    /// The entry of a request that is about to leave.
    pub fn new(
        id: String,
        now: SystemTime,
        info: &'static ActionInfo,
        request: &Value,
        sending: Sending,
    ) -> Self {
        let record = record(info, request);
        let client_token =
            info.idempotency_token.and_then(|name| request.get(name)?.as_str()).map(str::to_owned);
        let mut parameters = request.clone();
        let mut secrets = Vec::new();
        withhold(&mut parameters, info.request, "", &mut secrets);
        Self {
            id,
            state: State::Started,
            started: milliseconds(now),
            action: info.name.to_owned(),
            version: info.service.version.to_owned(),
            class: info.retry_class(&record).to_string(),
            region: sending.region,
            endpoint: sending.endpoint,
            dialect: sending.dialect.to_string(),
            secret_id: sending.secret_id,
            client_token,
            fingerprint: fingerprint(info, &record),
            parameters,
            secrets,
        }
    }

    /// The command that settles it, for a line that says which emulator, if any.
    pub fn command(&self, line: &Line) -> String {
        let mut command = format!("cvm resume {}", self.id);
        if let Some(file) = line.option("emulator") {
            command.push_str(&format!(" --emulator {file}"));
        }
        if self.class == RetryClass::Token.as_str() {
            // Standard input can be read once.
            let source = if self.secrets.len() == 1 { "@-" } else { "@FILE" };
            for name in &self.secrets {
                command.push_str(&format!(" --{name} {source}"));
            }
        }
        command
    }

    /// The text of its file.
    pub fn to_text(&self) -> String {
        let value = json!({
            "format": FORMAT,
            "id": self.id,
            "state": self.state.as_str(),
            "started": self.started,
            "action": self.action,
            "version": self.version,
            "class": self.class,
            "region": self.region,
            "endpoint": self.endpoint,
            "dialect": self.dialect,
            "secret_id": self.secret_id,
            "client_token": self.client_token,
            "fingerprint": self.fingerprint,
            "parameters": self.parameters,
            "secrets": self.secrets,
        });
        format!("{value:#}\n")
    }

    /// Reads the text of a file; the reason if it is none of ours.
    pub fn parse(text: &[u8]) -> Result<Self, &'static str> {
        let value: Value = serde_json::from_slice(text).map_err(|_| "it is not JSON")?;
        match value.get("format").and_then(Value::as_u64) {
            Some(FORMAT) => {}
            Some(_) => return Err("another version of this program wrote it"),
            None => return Err("it is no entry of the journal"),
        }
        Self::of(&value).ok_or("a member is missing or of the wrong kind")
    }

    fn of(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        let state = text("state")?;
        let secrets = value.get("secrets")?.as_array()?.iter();
        Some(Self {
            id: text("id")?,
            state: [State::Started, State::Unknown]
                .into_iter()
                .find(|known| known.as_str() == state)?,
            started: value.get("started")?.as_u64()?,
            action: text("action")?,
            version: text("version")?,
            class: text("class")?,
            region: text("region"),
            endpoint: text("endpoint")?,
            dialect: text("dialect")?,
            secret_id: text("secret_id")?,
            client_token: text("client_token"),
            fingerprint: text("fingerprint")?,
            parameters: value.get("parameters").filter(|value| value.is_object())?.clone(),
            secrets: secrets.map(|name| name.as_str().map(str::to_owned)).collect::<Option<_>>()?,
        })
    }

    /// How long ago it was written; `None` if the clock says that this is still to come.
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        milliseconds(now).checked_sub(self.started).map(Duration::from_millis)
    }

    /// For how long the very same request may still be sent again; `None` if it may not.
    ///
    /// A clock that went back tells nothing about the age, so it counts as too old.
    pub fn window(&self, now: SystemTime) -> Option<Duration> {
        if self.class != RetryClass::Token.as_str() || self.client_token.is_none() {
            return None;
        }
        TOKEN_WINDOW.checked_sub(self.age(now)?).filter(|left| !left.is_zero())
    }
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Takes the secret members out of a request and names them.
pub fn withhold(value: &mut Value, table: &'static Table, place: &str, names: &mut Vec<String>) {
    let Some(members) = value.as_object_mut() else { return };
    members.retain(|name, member| {
        let Some(field) = table.field(name) else { return true };
        let path = format!("{place}{name}");
        if field.secret {
            names.push(path);
            return false;
        }
        if let Kind::Object(inner) = field.kind.innermost() {
            match member {
                Value::Array(items) => {
                    for (index, item) in items.iter_mut().enumerate() {
                        withhold(item, inner, &format!("{path}.{index}."), names);
                    }
                }
                single => withhold(single, inner, &format!("{path}."), names),
            }
        }
        true
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_millis(1_795_247_313_123);

    fn entry(action: &str, request: &Value) -> Entry {
        let sending = Sending {
            region: Some("ap-guangzhou".into()),
            endpoint: "https://cvm.tencentcloudapi.com".into(),
            dialect: Dialect::Tc3,
            secret_id: "AKIDtest".into(),
        };
        let info = cvm_models::action(action).unwrap();
        Entry::new("1".into(), UNIX_EPOCH + NOW, info, request, sending)
    }

    #[test]
    fn an_entry_reads_back_and_holds_no_secret() {
        let entry = entry(
            "RunInstances",
            &json!({
                "Placement": { "Zone": "ap-guangzhou-3" },
                "ClientToken": "t-1",
                "LoginSettings": { "Password": "canary", "KeyIds": ["skey-1"] },
                "UserData": "canary",
                "InstanceCount": 2,
            }),
        );
        let text = entry.to_text();
        assert!(!text.contains("canary"), "{text}");
        assert_eq!(Entry::parse(text.as_bytes()).as_ref(), Ok(&entry));
        assert_eq!(entry.secrets, ["LoginSettings.Password", "UserData"]);
        assert_eq!(entry.parameters["LoginSettings"], json!({ "KeyIds": ["skey-1"] }));
        assert_eq!((entry.class.as_str(), entry.client_token.as_deref()), ("token", Some("t-1")));
    }

    #[test]
    fn a_secret_counts_in_the_fingerprint_but_not_its_value() {
        let with = |password: Value| {
            let login = json!({ "LoginSettings": { "Password": password } });
            entry("RunInstances", &login).fingerprint
        };
        assert_eq!(with("one".into()), with("other".into()));
        assert_ne!(with("one".into()), with(Value::Null));
    }

    #[test]
    fn the_window_is_three_minutes_of_a_clock_that_goes_forward() {
        let launch = entry("RunInstances", &json!({ "ClientToken": "t" }));
        let after = |seconds| UNIX_EPOCH + NOW + Duration::from_secs(seconds);
        assert_eq!(launch.window(after(0)), Some(TOKEN_WINDOW));
        assert_eq!(launch.window(after(179)), Some(Duration::from_secs(1)));
        assert_eq!(launch.window(after(180)), None);
        assert_eq!(launch.window(UNIX_EPOCH + NOW - Duration::from_millis(1)), None);
        let without = entry("RunInstances", &json!({}));
        assert_eq!((without.class.as_str(), without.window(after(0))), ("hazard", None));
        let other = entry("TerminateInstances", &json!({ "InstanceIds": ["ins-1"] }));
        assert_eq!(other.window(after(0)), None);
    }

    #[test]
    fn what_is_no_entry_says_why() {
        for (text, why) in [
            ("", "not JSON"),
            ("{}", "no entry"),
            (r#"{"format":2}"#, "another version"),
            (r#"{"format":1,"id":"1"}"#, "missing"),
        ] {
            assert!(Entry::parse(text.as_bytes()).unwrap_err().contains(why), "{text}");
        }
    }
}
