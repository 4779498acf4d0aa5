//! One entry of the journal: everything that it takes to send a request again or to find out what
//! became of it, and no secret.

mod file;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cvm_models::Dialect;
use cvm_models::protocol::{ActionInfo, Kind, ModelInfo, RetryClass};
use serde_json::{Value, json};

use crate::args::Args;
use crate::call::record;
use crate::clocks::{BootTime, Clocks};
use crate::commands::resume::Seen;
use crate::exit::CliError;

/// How long a request with a client token may be sent again.
pub const TOKEN_WINDOW: Duration = cvm_models::CLIENT_TOKEN_WINDOW;

/// A call whose request may be on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name: later entries come later in the order of names.
    pub id: String,
    /// How far it is known to have come.
    pub state: State,
    /// When it was written, in milliseconds since 1970 on this machine's clock.
    pub started: u64,
    /// The same on the clock that nobody can set; `None` where there is none.
    pub boot: Option<BootTime>,
    /// When the call ended with an unknown outcome; `None` if the program did not see its end.
    pub ended: Option<Ended>,
    /// Seconds by which the service's clock seemed to be ahead of this machine's; 0 as long as no
    /// difference was found.
    pub skew: i64,
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
    /// What was listed before the call under the ids that it names; `None` if nobody looked.
    pub before: Option<Vec<Seen>>,
}

/// When a call ended whose outcome is unknown, on both clocks.
#[derive(Clone, Debug, PartialEq)]
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

/// How far a call is known to have come. What ended has no entry any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody came back to say how it ended.
    Started,
    /// It ended, and its outcome is unknown.
    Unknown,
    /// The same, and the service's error says that the request must not be sent again, not even with its token.
    NoRetry,
}

impl State {
    /// Its name in entries and lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Unknown => "unknown",
            Self::NoRetry => "unknown, no retry",
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
        now: Clocks,
        info: &'static ActionInfo,
        request: &Value,
        sending: Sending,
    ) -> Self {
        let record = record(info, request);
        let client_token =
            info.idempotency_token.and_then(|name| request.get(name)?.as_str()).map(str::to_owned);
        let (parameters, secrets) = without_secrets(info, request);
        Self {
            id,
            state: State::Started,
            started: milliseconds(now.wall),
            boot: now.boot,
            ended: None,
            skew: 0,
            action: info.name.to_owned(),
            version: info.service.version.to_owned(),
            class: info.retry_class(&record).to_string(),
            region: sending.region,
            endpoint: sending.endpoint,
            dialect: sending.dialect.to_string(),
            secret_id: sending.secret_id,
            client_token,
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

    /// The command that settles it, for a line that says which emulator, if any.
    pub fn command(&self, line: &Args) -> String {
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

    /// How long ago it was written; `None` if the clock says that this is still to come.
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        milliseconds(now).checked_sub(self.started).map(Duration::from_millis)
    }

    /// Notes that the call ended with an unknown outcome.
    pub fn end(&mut self, now: &Clocks) {
        self.ended = Some(Ended::at(now));
    }

    /// How long its last attempt is over at least; `None` if no clock tells. The time of day may have been set, so
    /// the time since boot decides where it can be compared.
    pub fn time_since_last_attempt(&self, now: &Clocks) -> Option<Duration> {
        let (wall, boot) = match &self.ended {
            Some(ended) => (ended.wall, ended.boot.as_ref()),
            None => (self.started, self.boot.as_ref()),
        };
        let by_boot = now.boot.as_ref().zip(boot).and_then(|(now, then)| now.since(then));
        by_boot.or_else(|| milliseconds(now.wall).checked_sub(wall).map(Duration::from_millis))
    }

    /// When it was written, in seconds since 1970 on the service's clock. `skew` is what the service's
    /// clock is ahead by now. A single response can have a wrong date, so the earliest of the times with and
    /// without each difference is the safe one.
    pub fn started_for_service(&self, skew: i64) -> u64 {
        let seconds = self.started / 1000;
        seconds.saturating_add_signed(skew.min(self.skew).min(0))
    }

    /// Whether the time of [`Self::started_for_service`] can be relied on: this machine's clock did not go back
    /// since, or the differences that were measured explain that it did. A single wrong date explains nothing.
    pub fn is_start_known(&self, now: SystemTime, skew: i64) -> bool {
        let now_for_service = (milliseconds(now) / 1000).saturating_add_signed(skew);
        self.age(now).is_some() || self.started_for_service(skew) <= now_for_service
    }

    /// For how long the very same request may still be sent again, as far as this machine's clocks tell;
    /// `None` if it may not.
    pub fn window(&self, now: &Clocks) -> Option<Duration> {
        self.window_by_service(now, 0)
    }

    /// As [`Self::window`], when the service's clock is `ahead` of this machine's by so many seconds now.
    ///
    /// It takes a proof that the token is young: the clock that nobody can set has to say so, and no other
    /// clock may say more. The time of day that went back, or was wrong, proves nothing: it may have been
    /// set since the entry was written.
    pub fn window_by_service(&self, now: &Clocks, ahead: i64) -> Option<Duration> {
        if self.state == State::NoRetry
            || self.skew != 0
            || ahead.unsigned_abs() >= TOKEN_WINDOW.as_secs()
        {
            return None;
        }
        if self.class != RetryClass::Token.as_str() || self.client_token.is_none() {
            return None;
        }
        let by_boot = now.boot.as_ref()?.since(self.boot.as_ref()?)?;
        let by_wall = self.age(now.wall)?;
        let by_service = by_wall.saturating_add(Duration::from_secs(ahead.max(0).unsigned_abs()));
        TOKEN_WINDOW.checked_sub(by_boot.max(by_service)).filter(|left| !left.is_zero())
    }
}

/// Of two differences of the clocks, the one that makes the start of a request earlier. Each may come from the wrong
/// date of a single response. 0 is none.
pub fn safer_skew(one: i64, other: i64) -> i64 {
    if one.min(other) < 0 { one.min(other) } else { one.max(other) }
}

/// Refuses an entry that cannot be used, and names it.
pub fn unusable(id: &str, why: &str) -> CliError {
    CliError::local(format!("entry `{id}` of the journal cannot be used: {why}"))
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A member that is there and not null.
fn given<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.get(name).filter(|member| !member.is_null())
}

/// Hash of action and parameters. Of secrets it counts that they were given, and not their value.
pub fn fingerprint(info: &'static ActionInfo, parameters: &Value, secrets: &[String]) -> String {
    let mut whole = parameters.clone();
    for path in secrets {
        put(&mut whole, path, "withheld");
    }
    cvm_models::OutcomeUnknown::fingerprint_of(info, &record(info, &whole))
}

/// Puts a text at `A.0.B`, through objects and lists that are there.
fn put(value: &mut Value, path: &str, text: &str) {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    match (value, rest) {
        (Value::Object(members), None) => {
            members.insert(step.to_owned(), text.into());
        }
        (Value::Object(members), Some(rest)) => {
            put(members.entry(step).or_insert_with(|| json!({})), rest, text);
        }
        (Value::Array(items), Some(rest)) => {
            if let Some(item) = step.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                put(item, rest, text);
            }
        }
        _ => {}
    }
}

/// The parameters of a request as the journal keeps them, and the names of what it leaves out.
pub fn without_secrets(info: &'static ActionInfo, request: &Value) -> (Value, Vec<String>) {
    let (mut parameters, mut secrets) = (request.clone(), Vec::new());
    strip_secrets(&mut parameters, info.request, "", &mut secrets);
    (parameters, secrets)
}

/// Whether a text, or one of a list, is a URL that may carry a right: a query can be a signature, and a
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

/// Takes the secret members out of a request and names them.
fn strip_secrets(
    value: &mut Value,
    table: &'static ModelInfo,
    place: &str,
    names: &mut Vec<String>,
) {
    let Some(members) = value.as_object_mut() else { return };
    members.retain(|name, member| {
        let field = table.field(name);
        let path = format!("{place}{name}");
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_millis(1_795_247_313_123);
    const BOOT: Duration = Duration::from_secs(5_000);

    pub(super) fn entry(action: &str, request: &Value) -> Entry {
        let sending = Sending {
            region: Some("ap-guangzhou".into()),
            endpoint: "https://cvm.tencentcloudapi.com".into(),
            dialect: Dialect::Tc3,
            secret_id: "AKIDtest".into(),
        };
        let info = cvm_models::action(action).unwrap();
        Entry::new("1".into(), Clocks::at(NOW, BOOT), info, request, sending)
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
    fn an_entry_whose_parameters_were_changed_is_not_intact() {
        let info = cvm_models::action("RunInstances").unwrap();
        let request = json!({
            "ClientToken": "t",
            "InstanceCount": 2,
            "UserData": "eA==",
            "DataDisks": [{ "DiskSize": 10 }],
            "LoginSettings": { "Password": "canary" },
        });
        let entry = entry("RunInstances", &request);
        assert!(entry.is_intact(info));
        for change in [
            |entry: &mut Entry| entry.parameters["InstanceCount"] = 3.into(),
            |entry: &mut Entry| entry.parameters["DataDisks"][0]["DiskSize"] = 11.into(),
            |entry: &mut Entry| entry.secrets.truncate(1),
            |entry: &mut Entry| entry.secrets.push("HostName".into()),
        ] {
            let mut changed = entry.clone();
            change(&mut changed);
            assert!(!changed.is_intact(info), "{changed:?}");
        }
    }

    #[test]
    fn a_url_that_carries_a_right_is_kept_out_of_the_journal() {
        let import = |url: &str| {
            let disks = json!([{ "DiskSize": 20, "ImageUrl": url }]);
            json!({ "ImageName": "a", "ImageUrl": url, "ImportImageDataDiskList": disks })
        };
        let info = cvm_models::action("ImportImage").unwrap();
        for url in [
            "https://b.cos.ap-guangzhou.myqcloud.com/i.qcow2?q-signature=canary",
            "http://user:canary@host/i.qcow2",
        ] {
            let entry = entry("ImportImage", &import(url));
            assert!(!entry.to_text().contains("canary"), "{}", entry.to_text());
            assert_eq!(entry.secrets, ["ImageUrl", "ImportImageDataDiskList.0.ImageUrl"]);
            assert!(entry.is_intact(info));
        }
        let open = entry("ImportImage", &import("https://host/i.qcow2"));
        assert_eq!(open.secrets, [""; 0]);
        let fpga = json!({ "InstanceId": "ins-1", "FPGAUrl": "https://host/x?sign=canary" });
        assert_eq!(entry("ProgramFpgaImage", &fpga).secrets, ["FPGAUrl"]);
    }

    #[test]
    fn the_start_is_told_by_the_clock_of_the_service() {
        let mut entry = entry("RunInstances", &json!({ "ClientToken": "t" }));
        let local = entry.started / 1000;
        assert_eq!(entry.started_for_service(0), local);
        assert_eq!(entry.started_for_service(-600), local - 600);
        assert_eq!(entry.started_for_service(600), local);
        entry.skew = -600;
        assert_eq!(entry.started_for_service(0), local - 600);
        entry.skew = 600;
        // A difference that one wrong date made hides nothing.
        assert_eq!(entry.started_for_service(0), local);
        assert_eq!(entry.started_for_service(-7), local - 7);
        // The clock can have been corrected since, so nothing is sent again.
        assert_eq!(entry.window(&Clocks::at(NOW, BOOT)), None);
    }

    #[test]
    fn wrong_date_hides_nothing_when_the_clock_went_back() {
        let mut entry = entry("RunInstances", &json!({ "ClientToken": "t" }));
        let hours = |hours: u64| Duration::from_secs(3600 * hours);
        let later = UNIX_EPOCH + NOW + hours(1);
        // This machine's clock was two hours ahead, and was set right since.
        let set_right = UNIX_EPOCH + NOW - hours(2);
        for (skew, is_known) in
            [(0, false), (700, false), (250_000_000_000, false), (-700, false), (-7_200, true)]
        {
            entry.skew = skew;
            assert!(entry.is_start_known(later, 0), "{skew}");
            assert_eq!(entry.is_start_known(set_right, 0), is_known, "{skew}");
        }
    }

    #[test]
    fn of_two_measured_differences_the_earlier_start_counts() {
        for (one, other, kept) in [
            (0, 0, 0),
            (0, 700, 700),
            (700, 0, 700),
            (700, 3_600, 3_600),
            (-3_600, 700, -3_600),
            (700, -3_600, -3_600),
            (-3_600, 0, -3_600),
            (-3_600, -700, -3_600),
        ] {
            assert_eq!(safer_skew(one, other), kept, "{one} {other}");
        }
    }

    #[test]
    fn what_was_seen_before_reads_back() {
        let mut entry = entry("TerminateInstances", &json!({ "InstanceIds": ["ins-1"] }));
        for before in [
            None,
            Some(Vec::new()),
            Some(vec![Seen {
                id: "ins-1".into(),
                own: "ins-1".into(),
                from: Some(true),
                expires: None,
            }]),
        ] {
            entry.before = before;
            assert_eq!(Entry::parse(entry.to_text().as_bytes()).as_ref(), Ok(&entry));
        }
    }

    #[test]
    fn age_of_the_last_attempt_counts_from_the_end_of_the_call_on_the_clock_that_nobody_sets() {
        let seconds = Duration::from_secs;
        let at = |wall: u64, boot: u64| Clocks::at(NOW + seconds(wall), BOOT + seconds(boot));
        let mut entry = entry("StartInstances", &json!({ "InstanceIds": ["ins-1"] }));
        // The time of day was set forward, or back.
        assert_eq!(entry.time_since_last_attempt(&at(61, 0)), Some(Duration::ZERO));
        assert_eq!(
            entry.time_since_last_attempt(&Clocks::at(NOW - seconds(9), BOOT + seconds(70))),
            Some(seconds(70))
        );
        // The call ended with its last attempt.
        entry.end(&at(56, 56));
        assert_eq!(entry.time_since_last_attempt(&at(63, 63)), Some(seconds(7)));
        assert_eq!(Entry::parse(entry.to_text().as_bytes()).as_ref(), Ok(&entry));
        // Without the time since boot, the time of day has to do, if it did not go back.
        let by_day = |wall: Duration| Clocks { boot: None, ..Clocks::at(wall, BOOT) };
        assert_eq!(entry.time_since_last_attempt(&by_day(NOW + seconds(80))), Some(seconds(24)));
        assert_eq!(entry.time_since_last_attempt(&by_day(NOW)), None);
    }

    #[test]
    fn the_window_is_three_minutes_by_every_clock() {
        let launch = entry("RunInstances", &json!({ "ClientToken": "t" }));
        let seconds = Duration::from_secs;
        let left = |wall: u64, boot: u64, ahead| {
            launch.window_by_service(&Clocks::at(NOW + seconds(wall), BOOT + seconds(boot)), ahead)
        };
        assert_eq!(left(0, 0, 0), Some(TOKEN_WINDOW));
        assert_eq!(left(179, 179, 0), Some(seconds(1)));
        assert_eq!(left(180, 180, 0), None);
        // The time of day was set back or forward since: the clock that says more counts.
        assert_eq!(left(30, 300, 0), None);
        assert_eq!(left(30, 100, 0), Some(seconds(80)));
        assert_eq!(left(200, 20, 0), None);
        // The machine was set back, and the service tells it; a clock a bit ahead changes nothing.
        assert_eq!(left(120, 20, 600), None);
        assert_eq!(left(120, 20, 61), None);
        assert_eq!(left(120, 20, 20), Some(seconds(40)));
        assert_eq!(left(120, 20, -20), Some(seconds(60)));
        assert_eq!(left(0, 0, -600), None);
        assert_eq!(left(0, 0, i64::MIN), None);
    }

    #[test]
    fn without_a_proof_of_its_age_nothing_is_sent_again() {
        let request = json!({ "ClientToken": "t" });
        let launch = entry("RunInstances", &request);
        let now = Clocks::at(NOW, BOOT);
        let went_back = Clocks::at(NOW - Duration::from_millis(1), BOOT);
        let after_boot = Clocks::at(NOW, BOOT - Duration::from_millis(1));
        let of_another_boot = Clocks { boot: Clocks::now().boot, ..now.clone() };
        let no_boot = Clocks { boot: None, ..now.clone() };
        for clocks in [went_back, after_boot, of_another_boot, no_boot] {
            assert_eq!(launch.window(&clocks), None, "{clocks:?}");
        }
        assert_eq!(Entry { boot: None, ..launch }.window(&now), None);
        let without = entry("RunInstances", &json!({}));
        assert_eq!((without.class.as_str(), without.window(&now)), ("hazard", None));
        let other = entry("TerminateInstances", &json!({ "InstanceIds": ["ins-1"] }));
        assert_eq!(other.window(&now), None);
    }
}
