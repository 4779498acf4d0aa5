//! From a failed call to what a person or a script can act on: exit code, one line, and hints.

use cvm_models::protocol::{ActionInfo, Fault, Record, Violation, json, validate};
use cvm_models::{Error, ServiceError};
use serde_json::Value;

use crate::commands::error::described;
use crate::exit::{Exit, Failure};
use crate::{describe, suggest};

/// More hints than this bury the first.
const MOST_HINTS: usize = 4;

/// The exit code that a failed call deserves. An outcome that is unknown stands above all else.
pub fn exit(error: &Error) -> Exit {
    if error.outcome_unknown().is_some() {
        Exit::Unknown
    } else if error.is_service() || (error.is_wait() && !error.is_timeout()) {
        Exit::Refused
    } else if error.is_credentials() || error.is_usage() {
        Exit::Config
    } else {
        Exit::Network
    }
}

/// What to tell of a failed call of this request.
pub fn failure(info: &'static ActionInfo, request: &Value, error: &Error) -> Failure {
    let mut failure = Failure::new(exit(error), error.to_string());
    if let Some(unknown) = error.outcome_unknown() {
        failure = failure.hint("do not repeat it blindly: look first whether it was carried out");
        if let Some(token) = unknown.client_token() {
            failure = failure.hint(format!(
                "for some minutes the very same request can be repeated safely with --ClientToken {token}"
            ));
        }
        return failure;
    }
    if let Some(service) = error.service() {
        for hint in explained(info, request, service) {
            failure = failure.hint(hint);
        }
    } else if error.is_credentials() {
        failure = failure.hint("set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY; for a running `cvm emulator`, give --emulator FILE");
    } else if error.is_timeout() {
        failure = failure.hint("give it more time with --timeout SECONDS");
    }
    failure
}

/// What a refusal means, and which members of the request could be meant by it.
fn explained(info: &'static ActionInfo, request: &Value, error: &ServiceError) -> Vec<String> {
    let mut hints: Vec<String> = match error.code.family() {
        // The clock, the key and the throttle have nothing to do with the members.
        "AuthFailure" | "RequestLimitExceeded" | "InternalError" => Vec::new(),
        _ => violations(info, request)
            .iter()
            // Some services say the same in the same words.
            .filter(|violation| !error.message.contains(&told(violation)))
            .map(told)
            .collect(),
    };
    hints.truncate(MOST_HINTS - 1);
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
pub fn told(violation: &Violation) -> String {
    let Violation { path, field, fault, value } = violation;
    match (fault, value) {
        (Fault::Missing | Fault::MissingIf(_), _) => {
            format!("`{path}` is required: {}", describe::example(path, &field.kind, field))
        }
        (Fault::NotAllowed, Some(value)) => {
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
    use serde_json::json;

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
