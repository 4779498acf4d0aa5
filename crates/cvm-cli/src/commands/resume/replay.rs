//! The very same request once more, with its token, while the service surely knows the token.

use std::time::Duration;

use cvm_models::protocol::{ActionInfo, RetryClass};
use serde_json::{Map, Value};

use super::{Guard, must_be_signed_by, rebuild_request};
use crate::args::Args;
use crate::call::{self, Print};
use crate::connect::{Connection, reconnect, timeout};
use crate::entry::Entry;
use crate::exit::{CliError, ExitStatus, Result};
use crate::journal::JournalGuard;
use crate::outcome::ResumeHint;
use crate::wire::{Show, Wire};
use crate::{output, runtime};

/// How long the read may take that asks for the service's time.
const TIME_TO_ASK: Duration = Duration::from_secs(30);

/// What became of a resend.
pub enum Sent {
    /// It was sent, and its outcome is known.
    Ended,
    /// Nothing was sent: only reading is left.
    Not(Box<JournalGuard>),
}

/// Sends the request of the entry again, if it is proved that its token is young.
pub fn run(line: &Args, info: &'static ActionInfo, mut noted: JournalGuard) -> Result<Sent> {
    let entry = noted.entry().clone();
    let print = Print::read(line, info)?;
    let request = rebuild_request::request(line, info, &entry)?;
    rebuild_request::must_be_whole(line, info, &entry, &request)?;
    if call::class(info, &request) != RetryClass::Token {
        return Err(CliError::local("the entry is of a request that may not be sent again"));
    }
    let wire = line.has("show-wire").then(|| Wire::new(Show::Stderr));
    let guard = Guard::new(&entry);
    let mut connection = reconnect(line, &entry, wire, Some(guard.clone()))?;
    let own_limit = timeout(line)?;
    let way_out = ResumeHint::of(&entry, line);
    let answer = runtime::block_on(async {
        must_be_signed_by(&entry, &connection.secret_id().await?, line)?;
        let most = own_limit.map_or(TIME_TO_ASK, |limit| limit.min(TIME_TO_ASK));
        ask_the_time(info, &connection, most).await;
        let left = match guard.left() {
            Ok(left) => left,
            Err(why) => {
                output::eprint_note(&format!("{} is not sent again: {why}", info.name));
                return Ok(None);
            }
        };
        // The last attempt must leave while the token is known, however long this call lasts.
        let limit = own_limit.map_or(left, |limit| limit.min(left));
        connection.client = connection.client.with_operation_timeout(limit);
        output::eprint_note(&format!("{} is sent again with the token it had", info.name));
        let judge = |failure| still_unknown(info, &entry, &way_out, failure);
        let sent = call::deliver(info, &request, &connection, Some(&way_out), judge).await;
        sent.map(Some).map_err(|failure| {
            // A clock that is found wrong now may have been right when the request was first sent, so
            // the entry keeps what was known of it then.
            noted.mark_unknown(0, failure.forbids_retry());
            // What failed before anything was sent was not judged yet.
            judge(failure)
        })
    })??;
    let Some(answer) = answer else { return Ok(Sent::Not(Box::new(noted))) };
    call::finish(line, &print, info, &request, &answer, Some(noted))?;
    Ok(Sent::Ended)
}

/// Makes one read for the time that its response tells. What else it says does not matter: a list that is
/// refused tells the time too.
async fn ask_the_time(info: &'static ActionInfo, connection: &Connection, most: Duration) {
    let name = info.reconcile.as_ref().map_or("DescribeRegions", |facts| facts.list);
    let Some(read) = cvm_models::action(name) else { return };
    let mut ask = Map::new();
    if let Some(pages) = read.paginate {
        ask.insert(pages.style.limit().to_owned(), pages.min_limit.into());
    }
    let client = connection.client.with_fresh_connections().with_operation_timeout(most);
    let _ = client.call(read, Value::Object(ask)).await;
}

/// A refusal of the resend says nothing of the first sending, so the outcome stays unknown. That is
/// said before the refusal itself, whose advice may be to do what makes everything twice.
fn still_unknown(
    info: &ActionInfo,
    entry: &Entry,
    way_out: &ResumeHint,
    failure: CliError,
) -> CliError {
    if failure.exit() == ExitStatus::Unknown {
        return failure;
    }
    let name = info.name;
    let mut outer = CliError::new(
        ExitStatus::Unknown,
        format!(
            "{name} may or may not have taken effect: that the resend failed proves nothing \
             about the first sending"
        ),
    );
    // Only words tell of this refusal, so nothing but words follows from them.
    if failure.exit() == ExitStatus::Refused
        && info.idempotency_token.is_some_and(|token| failure.mentions(token))
    {
        let differs = if entry.secrets.is_empty() {
            "is not what was sent then".to_owned()
        } else {
            format!("`--{}` is not what was given then", entry.secrets.join("`, `--"))
        };
        outer = outer
            .hint(format!(
                "a service that knows the token has the first request: it arrived, and {differs}"
            ))
            .hint(
                "whatever the refusal advises, take no new token: with one it would be done twice",
            );
    }
    failure.wrap(outer).hint(way_out.describe())
}

#[cfg(test)]
mod tests {
    use cvm_models::Dialect;
    use serde_json::json;

    use super::*;
    use crate::clocks::Clocks;
    use crate::entry::Sending;

    fn told(request: Value, failure: CliError) -> CliError {
        let sending = Sending {
            region: None,
            endpoint: "https://h".into(),
            dialect: Dialect::Tc3,
            secret_id: "AKIDx".into(),
        };
        let info = cvm_models::action("RunInstances").unwrap();
        let entry = Entry::new("1".into(), Clocks::now(), info, &request, sending);
        still_unknown(info, &entry, &ResumeHint::of(&entry, &Args::default()), failure)
    }

    #[test]
    fn the_warning_stands_before_the_advice_of_a_refusal() {
        let request = json!({ "ClientToken": "t", "LoginSettings": { "Password": "canary" } });
        let refusal = "InvalidParameterValue: The parameter `ClientToken` belongs to an earlier \
                       request with other parameters; use a new one.";
        let failure = told(request, CliError::new(ExitStatus::Refused, refusal).hint("theirs"));
        assert_eq!(failure.exit(), ExitStatus::Unknown);
        let text = failure.to_string();
        let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
        assert!(place("proves nothing about the first sending") < text.find('\n').unwrap());
        assert!(
            place("`--LoginSettings.Password` is not what was given then") < place("use a new")
        );
        assert!(place("take no new token") < place("use a new one"));
        assert!(place("use a new one") < place("theirs"));
        assert!(!text.contains("canary"), "{text}");
    }

    #[test]
    fn another_refusal_does_not_speak_of_the_token() {
        let request = json!({ "ClientToken": "t" });
        let failure =
            told(request.clone(), CliError::new(ExitStatus::Refused, "LimitExceeded: no"));
        assert_eq!(failure.exit(), ExitStatus::Unknown);
        let text = failure.to_string();
        assert!(text.contains("proves nothing") && text.contains("LimitExceeded: no"), "{text}");
        assert!(!text.contains("new token"), "{text}");
        let unknown = told(request, CliError::new(ExitStatus::Unknown, "lost"));
        assert_eq!(unknown.to_string(), "error: lost");
    }
}
