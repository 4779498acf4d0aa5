//! Retries the request of an entry with its client token, while the service certainly still knows the token.

use std::time::Duration;

use cvm_models::protocol::{ActionInfo, RetryClass};
use serde_json::{Map, Value};

use super::rebuild_request;
use crate::args::Args;
use crate::call;
use crate::call::finish::{ResponseFormat, finish};
use crate::connect::{Connection, reconnect, timeout};
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::journal::JournalGuard;
use crate::journal::entry::Entry;
use crate::journal::token_guard::TokenAgeGuard;
use crate::outcome::{CHECK_FIRST, ResumeHint};
use crate::wire::{Show, Wire};
use crate::{output, runtime};

/// The time limit of the read that asks for the service's time.
const SERVICE_TIME_TIMEOUT: Duration = Duration::from_secs(30);

/// What the retry came to.
pub enum Replay {
    /// The request was retried, and its outcome is known.
    Done,
    /// Nothing was sent, so only reading is left.
    NotSent(Box<JournalGuard>),
}

/// Retries the request of the entry, if its token is proved to be recent.
pub fn run(args: &Args, info: &'static ActionInfo, mut guard: JournalGuard) -> Result<Replay> {
    let entry = guard.entry().clone();
    let format = ResponseFormat::from_args(args, info)?;
    let request = rebuild_request::rebuild(args, info, &entry)?;
    rebuild_request::check_complete(args, &entry, &request)?;
    if request.class() != RetryClass::Token {
        return Err(CliError::local("the request of this entry must not be retried"));
    }
    let wire = args.has("show-wire").then(|| Wire::new(Show::Stderr));
    let token_guard = TokenAgeGuard::new(&entry);
    let mut connection = reconnect(args, &entry, wire, Some(token_guard.clone()))?;
    let own_limit = timeout(args)?;
    let resume_hint = ResumeHint::of(&entry, args);
    let response = runtime::block_on(async {
        connection.check_signer(args, &entry).await?;
        let limit = own_limit.map_or(SERVICE_TIME_TIMEOUT, |limit| limit.min(SERVICE_TIME_TIMEOUT));
        read_service_time(info, &connection, limit).await;
        let left = match token_guard.left() {
            Ok(left) => left,
            Err(why) => {
                output::eprint_note(&format!("{} is not retried: {why}", info.name));
                return Ok(None);
            }
        };
        // The last attempt must be sent while the token is known, however long this call takes.
        let limit = own_limit.map_or(left, |limit| limit.min(left));
        connection.client = connection.client.with_operation_timeout(limit);
        output::eprint_note(&format!("retrying {} with its original client token", info.name));
        let classify = |error| keep_unknown(info, &entry, &resume_hint, error);
        let sent = call::send(&request, &connection, Some(&resume_hint), classify).await;
        sent.map(Some).map_err(|error| {
            // A clock that turns out wrong now may have been right when the request was first sent, so the
            // entry keeps the difference that was known then.
            guard.mark_unknown(0, error.forbids_retry());
            // An error before anything was sent is not classified yet.
            classify(error)
        })
    })??;
    let Some(response) = response else { return Ok(Replay::NotSent(Box::new(guard))) };
    finish(args, &format, &request, &response, Some(guard))?;
    Ok(Replay::Done)
}

/// Makes one read for the time in its response. Nothing else in the response matters: an error shows the time
/// too.
async fn read_service_time(info: &'static ActionInfo, connection: &Connection, limit: Duration) {
    let name = info.reconcile.as_ref().map_or("DescribeRegions", |facts| facts.list);
    let Some(read) = cvm_models::action(name) else { return };
    let mut parameters = Map::new();
    if let Some(pages) = read.paginate {
        parameters.insert(pages.style.limit().to_owned(), pages.min_limit.into());
    }
    let client = connection.client.with_fresh_connections().with_operation_timeout(limit);
    let _ = client.call(read, Value::Object(parameters)).await;
}

/// An error of the retry says nothing about the first attempt, so the outcome stays unknown. This comes before
/// the error itself, which may advise something that makes the request take effect twice.
fn keep_unknown(
    info: &ActionInfo,
    entry: &Entry,
    resume_hint: &ResumeHint,
    error: CliError,
) -> CliError {
    if error.exit() == ExitStatus::Unknown {
        return error;
    }
    let message = format!(
        "{} may or may not have taken effect: the failed retry proves nothing about the first attempt",
        info.name
    );
    let mut outer = CliError::new(ExitStatus::Unknown, message).hint(CHECK_FIRST);
    // The error code does not identify this error, only its message does, so it leads only to hints.
    if error.exit() == ExitStatus::Refused
        && info.idempotency_token.is_some_and(|token| error.mentions(token))
    {
        let differs = if entry.secrets.is_empty() {
            "this request differs from it".to_owned()
        } else {
            format!("`--{}` differs from it", entry.secrets.join("`, `--"))
        };
        outer = outer
            .hint(format!(
                "the service already has a request with this token, so the first one arrived; {differs}"
            ))
            .hint(
                "do not use a new token, whatever the error suggests: the request would take effect twice",
            );
    }
    error.wrap(outer).hint(resume_hint.describe())
}

#[cfg(test)]
mod tests {
    use cvm_models::config::Dialect;
    use serde_json::json;

    use super::*;
    use crate::journal::clocks::Clocks;
    use crate::journal::entry::Destination;
    use crate::request::Request;

    fn kept_unknown(parameters: Value, error: CliError) -> CliError {
        let destination = Destination {
            region: None,
            endpoint: "https://h".into(),
            dialect: Dialect::Tc3,
            secret_id: "AKIDx".into(),
        };
        let info = cvm_models::action("RunInstances").unwrap();
        let entry =
            Entry::new("1".into(), Clocks::now(), &Request::new(info, parameters), destination);
        keep_unknown(info, &entry, &ResumeHint::of(&entry, &Args::default()), error)
    }

    #[test]
    fn warning_precedes_the_advice_of_the_service_error() {
        let request = json!({ "ClientToken": "t", "LoginSettings": { "Password": "canary" } });
        let refusal = "InvalidParameterValue: The parameter `ClientToken` belongs to an earlier \
                       request with other parameters; use a new one.";
        let failure =
            kept_unknown(request, CliError::new(ExitStatus::Refused, refusal).hint("theirs"));
        assert_eq!(failure.exit(), ExitStatus::Unknown);
        let text = failure.to_string();
        let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
        assert!(place("proves nothing about the first attempt") < text.find('\n').unwrap());
        assert!(place("`--LoginSettings.Password` differs from it") < place("use a new"));
        assert!(place("do not use a new token") < place("use a new one"));
        assert!(place("use a new one") < place("theirs"));
        assert!(!text.contains("canary"), "{text}");
    }

    #[test]
    fn unrelated_error_does_not_mention_the_token() {
        let request = json!({ "ClientToken": "t" });
        let failure =
            kept_unknown(request.clone(), CliError::new(ExitStatus::Refused, "LimitExceeded: no"));
        assert_eq!(failure.exit(), ExitStatus::Unknown);
        let text = failure.to_string();
        let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
        assert!(place("proves nothing") < place(CHECK_FIRST), "{text}");
        assert!(place(CHECK_FIRST) < place("LimitExceeded: no"), "{text}");
        assert!(!text.contains("new token"), "{text}");
        let unknown = kept_unknown(request, CliError::new(ExitStatus::Unknown, "lost"));
        assert_eq!(unknown.to_string(), "error: lost");
    }
}
