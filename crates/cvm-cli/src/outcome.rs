//! From a failed call to what a person or a script can act on: exit code, one line, and hints.

use cvm_models::protocol::{ActionInfo, Record, Violation, ViolationKind, json, validate};
use cvm_models::{Error, ServiceError};
use serde_json::Value;

use crate::args::Args;
use crate::clocks::Clocks;
use crate::commands::error::described;
use crate::entry::Entry;
use crate::exit::{CliError, ExitStatus};
use crate::{describe, suggest};

/// What to do without a credential.
pub const CREDENTIALS: &str = "set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY; for a running `cvm emulator`, give --emulator FILE";

/// What to do when it is unknown whether a change was made.
pub const LOOK_FIRST: &str = "do not repeat it blindly: look first whether it was carried out";

/// More hints than this bury the first.
const MAX_HINTS: usize = 4;

/// The exit code that a failed call deserves. An outcome that is unknown stands above all else.
pub fn exit(error: &Error) -> ExitStatus {
    if error.outcome_unknown().is_some() {
        ExitStatus::Unknown
    } else if error.is_service() || error.is_throttled() || (error.is_wait() && !error.is_timeout())
    {
        ExitStatus::Refused
    } else if error.is_settings() || error.is_credentials() {
        ExitStatus::Config
    } else if error.is_usage() {
        // No setting is at fault: what cannot be sent is the request.
        ExitStatus::Usage
    } else {
        ExitStatus::Network
    }
}

/// What to tell of a failed call of this request; `way_out` says how an unknown outcome is settled.
pub fn failure(
    info: &'static ActionInfo,
    request: &Value,
    error: &Error,
    way_out: Option<&ResumeHint>,
) -> CliError {
    let mut failure = CliError::new(exit(error), error.to_string());
    if let Some(unknown) = error.outcome_unknown() {
        let forbids_retry = unknown.forbids_retry();
        failure = failure.hint(LOOK_FIRST).with_forbids_retry(forbids_retry);
        return match (way_out, unknown.client_token()) {
            (Some(way_out), _) => failure.hint(way_out.describe_after(forbids_retry)),
            (None, _) if forbids_retry => failure,
            (None, Some(token)) => failure.hint(format!(
                "for some minutes the very same request can be repeated safely with --ClientToken {token}"
            )),
            (None, None) => failure,
        };
    }
    if let Some(service) = error.service() {
        for hint in explained(info, request, service) {
            failure = failure.hint(hint);
        }
    } else if error.is_credentials() {
        failure = failure.hint(CREDENTIALS);
    } else if error.is_timeout() {
        failure = failure.hint("give it more time with --timeout SECONDS");
    }
    failure
}

/// The way out that the journal offers.
pub struct ResumeHint {
    entry: Entry,
    command: String,
}

impl ResumeHint {
    /// The way out for this entry.
    pub fn of(entry: &Entry, line: &Args) -> Self {
        Self { command: entry.command(line), entry: entry.clone() }
    }

    /// What the command will do, by what is left of the time in which it may send again.
    pub fn describe(&self) -> String {
        self.describe_at(&Clocks::now())
    }

    /// The same after an error that may forbid to send again.
    pub fn describe_after(&self, forbids_retry: bool) -> String {
        if forbids_retry { self.describe_reading() } else { self.describe() }
    }

    fn describe_reading(&self) -> String {
        format!("`{}` reads what became of it, and sends nothing again", self.command)
    }

    fn describe_at(&self, now: &Clocks) -> String {
        let command = &self.command;
        match self.entry.window(now) {
            Some(left) => format!(
                "`{command}` sends the very same request again for another {} s, and only reads after that",
                left.as_secs()
            ),
            None => self.describe_reading(),
        }
    }
}

/// What a refusal means, and which members of the request could be meant by it.
fn explained(info: &'static ActionInfo, request: &Value, error: &ServiceError) -> Vec<String> {
    let mut hints: Vec<String> = match error.code.family() {
        // The clock, the key and the throttle have nothing to do with the members.
        "AuthFailure" | "RequestLimitExceeded" | "InternalError" => Vec::new(),
        _ => violations(info, request)
            .iter()
            // Some services say the same in the same words.
            .filter(|violation| !error.message.contains(&describe_violation(violation)))
            .map(describe_violation)
            .collect(),
    };
    hints.truncate(MAX_HINTS - 1);
    if let Some(described) = described(error.code.as_str()) {
        hints.push(described.fix.to_owned());
    }
    hints
}

/// Members of the request that break a limit of the table.
pub fn violations(info: &'static ActionInfo, request: &Value) -> Vec<Violation> {
    let mut record = Record::new(info.request);
    match json::from_value(&mut record, request) {
        Ok(_) => validate(&record),
        Err(_) => Vec::new(),
    }
}

/// A violation in one sentence, with the value that was likely meant.
pub fn describe_violation(violation: &Violation) -> String {
    let Violation { path, field, fault, value } = violation;
    match (fault, value) {
        (ViolationKind::Missing | ViolationKind::MissingIf(_), _) => {
            format!("`{path}` is required: {}", describe::example(path, &field.kind, field))
        }
        (ViolationKind::NotAllowed, Some(value)) => {
            let near = suggest::near(value, field.values.iter().copied());
            let question = suggest::did_you_mean(&near).map(|question| format!("; {question}"));
            format!("{violation}{}", question.unwrap_or_default())
        }
        _ => violation.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Sending;
    use cvm_models::Dialect;
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn the_way_out_is_told_by_the_time_that_is_left() {
        let began = Duration::from_secs(1_795_247_313);
        let way_out = |action: &str, request: &Value| {
            let sending = Sending {
                region: None,
                endpoint: "https://h".into(),
                dialect: Dialect::Tc3,
                secret_id: "AKIDx".into(),
            };
            let info = cvm_models::action(action).unwrap();
            let entry = Entry::new("1".into(), Clocks::at(began, began), info, request, sending);
            ResumeHint::of(&entry, &Args::default())
        };
        let launch = way_out("RunInstances", &json!({ "ClientToken": "t" }));
        let after = |seconds| {
            let now = began + Duration::from_secs(seconds);
            launch.describe_at(&Clocks::at(now, now))
        };
        assert!(after(61).contains("`cvm resume 1` sends the very same request again"));
        assert!(after(61).contains(" 119 s"), "{}", after(61));
        assert!(after(180).contains("sends nothing again"), "{}", after(180));
        let other = way_out("TerminateInstances", &json!({ "InstanceIds": ["ins-1"] }));
        assert!(other.describe_at(&Clocks::at(began, began)).contains("sends nothing again"));
    }

    fn hints(action: &str, code: &'static str, request: &Value) -> Vec<String> {
        let error =
            ServiceError { code: code.into(), message: "no".into(), request_id: "r".into() };
        explained(cvm_models::action(action).unwrap(), request, &error)
    }

    #[test]
    fn a_refused_value_is_met_with_the_one_that_was_meant() {
        let hints = hints(
            "StopInstances",
            "InvalidParameterValue",
            &json!({ "InstanceIds": ["ins-11112222"], "StopType": "HARDD" }),
        );
        assert!(
            hints
                .first()
                .unwrap()
                .ends_with("must be one of SOFT_FIRST, HARD, SOFT; did you mean `HARD`?"),
            "{hints:?}"
        );
    }

    #[test]
    fn a_missing_member_is_named() {
        let hints = hints("StopInstances", "MissingParameter", &json!({}));
        assert_eq!(
            hints.first().unwrap(),
            "`InstanceIds` is required: --InstanceIds ins-xxxxxxxx ins-xxxxxxxx"
        );
    }

    #[test]
    fn a_refused_signature_has_nothing_to_do_with_the_members() {
        let hints = hints("StopInstances", "AuthFailure.SignatureFailure", &json!({}));
        assert_eq!(hints.len(), 1, "{hints:?}");
    }
}
