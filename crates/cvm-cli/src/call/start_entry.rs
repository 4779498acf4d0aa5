//! Writes the journal entry of a change before its request is sent, and keeps client tokens of other entries
//! from being sent.

use std::time::SystemTime;

use cvm_models::protocol::ActionInfo;
use serde_json::{Map, Value};

use super::time_budget::TimeBudget;
use crate::args::Args;
use crate::connect::Connection;
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::journal::clocks::Clocks;
use crate::journal::entry::{Destination, Entry};
use crate::journal::{self, Journal, JournalGuard, ListedEntry, ReservedEntry};
use crate::outcome::{self, ResumeHint};
use crate::output;
use crate::reconcile::prior_state;
use crate::request::{self, Request};

/// Writes the request to the journal if it changes something: before this returns, no byte of it is sent.
/// A missing client token is generated here and not by the client, so that the journal has it.
pub async fn start(
    args: &Args,
    request: &mut Request,
    connection: &Connection,
    budget: &TimeBudget,
) -> Result<Option<JournalGuard>> {
    if !request.is_change() {
        return Ok(None);
    }
    let info = request.info();
    let given = request.token().map(str::to_owned);
    if let (Some(member), None) = (info.generated_token(), &given) {
        let token = connection.client.new_client_token();
        request.set_token(member, token.map_err(|error| CliError::local(error.to_string()))?);
    }
    let endpoint = connection.client.endpoint_of(info);
    let endpoint = endpoint.map_err(|error| outcome::cli_error(request, &error, None))?;
    let secret_id = budget.limit(connection.secret_id()).await.unwrap_or_else(|| {
        Err(CliError::new(ExitStatus::Config, "no credential before the deadline")
            .hint(outcome::CREDENTIALS))
    })?;
    let unwritten = |error: CliError| {
        error
            .hint("nothing was sent: cvm records a request in the journal before it sends a change")
            .hint(format!(
                "set {} to a directory that you own, or use --no-journal",
                journal::VARIABLE
            ))
    };
    let journal = Journal::of_user().map_err(unwritten)?;
    // Proves that the entry can be written. The lock is released, because a signal that ends the read would leave it.
    drop(ReservedEntry::new(journal.clone(), SystemTime::now()).map_err(unwritten)?);
    // Optional, so it leaves time for the change.
    let before = budget.half(prior_state::read(request, connection)).await;
    let reserved = ReservedEntry::new(journal, SystemTime::now()).map_err(unwritten)?;
    // Held until the entry is written.
    let mut token_lock = None;
    if let Some(token) = given {
        token_lock = Some(reserved.lock_token(&token_hash(info, &token))?);
        if let Some(found) = reserved.journal().with_token(&token).map_err(unwritten)? {
            return Err(token_in_use(args, &token, found));
        }
    }
    let destination = Destination {
        region: connection.region.clone(),
        endpoint,
        dialect: connection.dialect,
        secret_id,
    };
    let id = reserved.id().to_owned();
    let mut entry = Entry::new(id, Clocks::now(), request, destination);
    entry.before = before;
    entry.skew = connection.client.clock_correction();
    let guard = reserved.write(entry).map_err(unwritten)?;
    drop(token_lock);
    Ok(Some(guard))
}

/// Rejects the client token of a request without an entry if another entry has it. The token of a dry run
/// counts: a service or a gateway that ignores `DryRun` takes the request for the one of that entry.
///
/// Such a request works without a readable journal.
pub fn check_token(args: &Args, request: &Request) -> Result<()> {
    let is_dry_run = request.is_dry_run();
    let Some(token) = request.token() else { return Ok(()) };
    let Ok(journal) = Journal::of_user() else { return Ok(()) };
    match journal.with_token(token) {
        Ok(Some(found)) => {
            let needless = is_dry_run.then_some("a dry run needs no client token: omit it");
            Err(token_in_use(args, token, found).maybe_hint(needless))
        }
        Err(_) if !is_dry_run => {
            output::eprint_note(
                "cannot read the journal, so it is unknown whether this client token was sent before",
            );
            Ok(())
        }
        Ok(None) | Err(_) => Ok(()),
    }
}

/// A name for the lock of a client token.
fn token_hash(info: &'static ActionInfo, token: &str) -> String {
    let mut members = Map::new();
    if let Some(member) = info.idempotency_token {
        members.insert(member.to_owned(), token.into());
    }
    cvm_models::OutcomeUnknown::fingerprint_of(
        info,
        &request::record(info, &Value::Object(members)),
    )
}

/// Another entry has the client token. Only `cvm resume` may send it again: it knows for how long, and with
/// which parameters, region and account.
fn token_in_use(args: &Args, token: &str, found: ListedEntry) -> CliError {
    let ListedEntry { id, entry, running } = found;
    let belongs = if entry.is_ok() { "belongs" } else { "may belong" };
    let message =
        format!("client token `{token}` {belongs} to journal entry `{id}`; nothing was sent");
    let error = CliError::new(ExitStatus::Unknown, message);
    match entry {
        _ if running => error.hint(
            "its command is still running; when it ends, it reports the outcome or leaves the entry",
        ),
        Ok(entry) => error.hint(format!(
            "the outcome of that request is still unknown: {}",
            ResumeHint::of(&entry, args).describe()
        )),
        Err(why) => error.hint(format!(
            "the entry cannot be read ({why}): check whether its request took effect, then run \
             `cvm resume --forget {id}`"
        )),
    }
}
