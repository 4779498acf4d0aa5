//! Turns the error of a call into an exit code, one line and hints.

use cvm_models::Error;
use cvm_models::protocol::{ServiceError, Violation, ViolationKind, did_you_mean, similar_names};

use crate::args::Args;
use crate::describe;
use crate::error::CliError;
use crate::exit::ExitStatus;
use crate::journal::clocks::Clocks;
use crate::journal::entry::Entry;
use crate::lookup::describe_code;
use crate::request::Request;

/// What to do without a credential.
pub const CREDENTIALS: &str = "set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY; for a running `cvm emulator`, use --emulator FILE";

/// What to do when it is unknown whether a change was made.
pub const CHECK_FIRST: &str = "do not retry it blindly: check first whether it was carried out";

/// More hints would hide the first.
const MAX_HINTS: usize = 4;

/// The exit code for the error of a call. An unknown outcome takes precedence.
pub fn exit(error: &Error) -> ExitStatus {
    if error.outcome_unknown().is_some() {
        ExitStatus::Unknown
    } else if error.is_service() || error.is_throttled() || (error.is_wait() && !error.is_timeout())
    {
        ExitStatus::Refused
    } else if error.is_settings() || error.is_credentials() {
        ExitStatus::Config
    } else if error.is_usage() {
        // The request itself cannot be sent, whatever the settings.
        ExitStatus::Usage
    } else {
        ExitStatus::Network
    }
}

/// The error of a call for this request; `resume_hint` says how to settle an unknown outcome.
pub fn cli_error(request: &Request, error: &Error, resume_hint: Option<&ResumeHint>) -> CliError {
    let mut failure = CliError::new(exit(error), error.to_string());
    if let Some(unknown) = error.outcome_unknown() {
        let forbids_retry = unknown.forbids_retry();
        failure = failure.hint(CHECK_FIRST).with_forbids_retry(forbids_retry);
        return match (resume_hint, unknown.client_token()) {
            (Some(resume_hint), _) => failure.hint(resume_hint.describe_after(forbids_retry)),
            (None, _) if forbids_retry => failure,
            (None, Some(token)) => failure.hint(format!(
                "for a few minutes, you can safely retry the identical request with --ClientToken {token}"
            )),
            (None, None) => failure,
        };
    }
    if let Some(service) = error.service() {
        for hint in service_error_hints(request, service) {
            failure = failure.hint(hint);
        }
    } else if error.is_credentials() {
        failure = failure.hint(CREDENTIALS);
    } else if error.is_timeout() {
        failure = failure.hint("allow more time with --timeout SECONDS");
    }
    failure
}

/// How `cvm resume` settles an entry.
pub struct ResumeHint {
    entry: Entry,
    command: String,
}

impl ResumeHint {
    /// The hint for this entry.
    pub fn of(entry: &Entry, args: &Args) -> Self {
        Self { command: entry.command(args), entry: entry.clone() }
    }

    /// What the command will do, depending on how much longer the request may be retried.
    pub fn describe(&self) -> String {
        self.describe_at(&Clocks::now())
    }

    /// The same after an error that may forbid a retry.
    pub fn describe_after(&self, forbids_retry: bool) -> String {
        if forbids_retry { self.describe_read() } else { self.describe() }
    }

    fn describe_read(&self) -> String {
        format!("`{}` only reads to find the outcome, and retries nothing", self.command)
    }

    fn describe_at(&self, now: &Clocks) -> String {
        let command = &self.command;
        match self.entry.window(now) {
            Some(left) => format!(
                "`{command}` retries the identical request for another {} s; after that, it only reads",
                left.as_secs()
            ),
            None => self.describe_read(),
        }
    }
}

/// What a service error means, and which parameters of the request may have caused it.
fn service_error_hints(request: &Request, error: &ServiceError) -> Vec<String> {
    let mut hints: Vec<String> = match error.code.family() {
        // Clock, key and rate limit do not depend on the parameters.
        "AuthFailure" | "RequestLimitExceeded" | "InternalError" => Vec::new(),
        _ => request
            .violations()
            .iter()
            // The emulator reports the same violation in the same words.
            .filter(|violation| !error.message.contains(&describe_violation(violation)))
            .map(describe_violation)
            .collect(),
    };
    hints.truncate(MAX_HINTS - 1);
    if let Some(describe_code) = describe_code(error.code.as_str()) {
        hints.push(describe_code.fix.to_owned());
    }
    hints
}

/// A violation in one sentence, with a suggestion for the value.
pub fn describe_violation(violation: &Violation) -> String {
    let Violation { path, field, fault, value } = violation;
    match (fault, value) {
        (ViolationKind::Missing | ViolationKind::MissingIf(_), _) => {
            format!("`{path}` is required: {}", describe::example(path, &field.kind, field))
        }
        (ViolationKind::NotAllowed, Some(value)) => {
            let near = similar_names(value, field.values.iter().copied());
            let question = did_you_mean(&near).map(|question| format!("; {question}"));
            format!("{violation}{}", question.unwrap_or_default())
        }
        _ => violation.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::entry::Destination;
    use cvm_models::config::Dialect;
    use serde_json::{Value, json};
    use std::time::Duration;

    #[test]
    fn resume_hint_depends_on_the_token_age() {
        let began = Duration::from_secs(1_795_247_313);
        let resume_hint = |action: &str, request: &Value| {
            let destination = Destination {
                region: None,
                endpoint: "https://h".into(),
                dialect: Dialect::Tc3,
                secret_id: "AKIDx".into(),
            };
            let info = cvm_models::action(action).unwrap();
            let entry = Entry::new(
                "1".into(),
                Clocks::at(began, began),
                &Request::new(info, request.clone()),
                destination,
            );
            ResumeHint::of(&entry, &Args::default())
        };
        let launch = resume_hint("RunInstances", &json!({ "ClientToken": "t" }));
        let after = |seconds| {
            let now = began + Duration::from_secs(seconds);
            launch.describe_at(&Clocks::at(now, now))
        };
        assert!(after(61).contains("`cvm resume 1` retries the identical request"));
        assert!(after(61).contains(" 119 s"), "{}", after(61));
        assert!(after(180).contains("retries nothing"), "{}", after(180));
        let other = resume_hint("TerminateInstances", &json!({ "InstanceIds": ["ins-1"] }));
        assert!(other.describe_at(&Clocks::at(began, began)).contains("retries nothing"));
    }

    fn hints(action: &str, code: &'static str, request: &Value) -> Vec<String> {
        let error = ServiceError::new(code, "no", "r");
        service_error_hints(
            &Request::new(cvm_models::action(action).unwrap(), request.clone()),
            &error,
        )
    }

    #[test]
    fn invalid_value_suggests_the_nearest_one() {
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
    fn missing_parameter_is_named() {
        let hints = hints("StopInstances", "MissingParameter", &json!({}));
        assert_eq!(
            hints.first().unwrap(),
            "`InstanceIds` is required: --InstanceIds ins-xxxxxxxx ins-xxxxxxxx"
        );
    }

    #[test]
    fn signature_error_has_no_parameter_hints() {
        let hints = hints("StopInstances", "AuthFailure.SignatureFailure", &json!({}));
        assert_eq!(hints.len(), 1, "{hints:?}");
    }
}
