//! `cvm ACTION`: one call of any action, from what was typed to what is printed.

use std::future::Future;
use std::time::{Duration, SystemTime};

use cvm_models::protocol::{ActionInfo, Record, RetryClass, json};
use cvm_models::{Error, UntypedResponse};
use serde_json::Value;
use tokio::time::Instant;

use crate::args::Args;
use crate::clocks::Clocks;
use crate::commands::resume;
use crate::connect::{Connection, connect, timeout};
use crate::crash::Stage;
use crate::entry::{Entry, Sending};
use crate::exit::{CliError, ExitStatus, Result};
use crate::journal::{Found, Journal, JournalGuard};
use crate::json::Json;
use crate::made::{ids_in, other_count};
use crate::options::Scope;
use crate::outcome::ResumeHint;
use crate::output::{self, Format, rest, rows, table, text};
use crate::runtime::Interruption;
use crate::secrets::Saved;
use crate::value_sources::Sources;
use crate::wire::{Show, Wire};
use crate::{
    commands, entry, interrupt, journal, outcome, parameters, runtime, secrets, skeleton, terminal,
};

/// Calls the action.
pub fn run(info: &'static ActionInfo, line: Args) -> Result<()> {
    if line.has("help") || line.positional.get(1).is_some_and(|word| word == "help") {
        return commands::help::run(&[info.name.to_owned()]);
    }
    line.reject_unexpected(info.name, Scope::Action, 0)?;
    check_version(&line)?;
    if line.has("generate-cli-skeleton") {
        let skeleton = skeleton::of(info.request);
        return output::print(&output::json::render(&skeleton, terminal::stdout_is_terminal()));
    }
    let print = Print::read(&line, info)?;
    let mut sources = Sources::default();
    let base = line.option("cli-input-json").map(|source| sources.json(source)).transpose()?;
    let mut request =
        parameters::request(info.request, line.parameters.clone(), base.as_ref(), &mut sources)?;
    if line.has("validate") {
        validate(info, &request)?;
    }
    let wire = line.has("show-wire").then(|| Wire::new(Show::Stderr));
    let mut connection = connect(&line, wire)?;
    if info.regional && connection.region.is_none() {
        return Err(CliError::new(ExitStatus::Config, "no region").hint(
            "give --region REGION or set TENCENTCLOUD_REGION; `cvm DescribeRegions` lists them",
        ));
    }
    let limit = timeout(&line)?;
    let (answer, noted) = runtime::block_on(async {
        let budget = Budget::begin(limit);
        let mut noted = None;
        let is_dry = is_dry_run(info, &request);
        if is_dry || line.has("no-journal") {
            // A call that leaves no entry works without a journal that can be read.
            if let Some(token) = given_token(info, &request)
                && let Ok(journal) = Journal::of_user()
            {
                match journal.with_token(&token) {
                    Ok(Some(found)) => {
                        let needless =
                            is_dry.then_some("a dry run needs no client token: leave it out");
                        return Err(token_is_taken(&token, found, &line).maybe_hint(needless));
                    }
                    Err(_) if !is_dry => output::eprint_note(
                        "the journal cannot be read, so nothing tells whether this client token was sent before",
                    ),
                    Ok(None) | Err(_) => {}
                }
            }
        } else {
            noted = write_entry(info, &mut request, &connection, &budget, &line).await?;
        }
        if noted.is_some()
            && let Some(left) = budget.left()
        {
            connection.client = connection.client.with_operation_timeout(left);
        }
        let way_out =
            noted.as_ref().map(|noted: &JournalGuard| ResumeHint::of(noted.entry(), &line));
        match deliver(info, &request, &connection, way_out.as_ref(), |failure| failure).await {
            Ok(answer) => {
                if let Some(noted) = &mut noted {
                    noted.keep_skew(connection.client.clock_correction());
                }
                Ok((answer, noted))
            }
            Err(failure) => {
                match noted {
                    Some(mut noted) if failure.exit() == ExitStatus::Unknown => {
                        let skew = connection.client.clock_correction();
                        noted.mark_unknown(skew, failure.forbids_retry());
                    }
                    Some(noted) => noted.settle(),
                    None => {}
                }
                Err(failure)
            }
        }
    })??;
    finish(&line, &print, info, &request, &answer, noted)
}

/// Prints the answer, and only then forgets that the call was under way: an answer that nobody saw is
/// as good as lost. Of what only reads, a reader that went away has seen enough.
pub fn finish(
    line: &Args,
    print: &Print,
    info: &'static ActionInfo,
    request: &Value,
    answer: &UntypedResponse,
    noted: Option<JournalGuard>,
) -> Result<()> {
    let is_change = class(info, request) != RetryClass::Read;
    let not_dry = not_dry(info, request, answer);
    let is_whole = is_change || not_dry.is_some();
    let print_to = if is_whole { output::print_whole } else { output::print };
    // Before anything reads the response, so that nothing that fails can lose what is only in it.
    let mut kept = match is_change && secrets::are_in(info.response) {
        true => Kept::now(info, answer.request_id(), answer.text()),
        false => Kept::Needless,
    };
    let way_out = noted.as_ref().map(|noted| ResumeHint::of(noted.entry(), line).describe());
    let saved = match &kept {
        Kept::In(saved) => Some(in_file(saved)),
        _ => None,
    };
    let interrupted = carried_out(info, answer, "was not shown: interrupted");
    interrupt::ends_with(interrupted.maybe_hint(saved).maybe_hint(way_out.clone()));
    match print.answer(info, request, answer, &mut kept, print_to) {
        Ok(()) => {
            interrupt::disarm();
            Stage::Nothing.reached();
            if let Some(not_dry) = not_dry {
                return Err(not_dry.maybe_hint(way_out));
            }
            if is_change && let Some(count) = other_count(info, request, answer) {
                output::eprint_note(&count);
            }
            noted.into_iter().for_each(JournalGuard::settle);
            rest::defect(info, request, answer).map_or(Ok(()), |defect| {
                Err(CliError::new(
                    ExitStatus::Network,
                    format!("the response of {} is no whole list: {defect}", info.name),
                )
                .hint("what is not listed may exist all the same; read again"))
            })
        }
        Err(cause) => Err(not_shown(info, answer, kept, cause).maybe_hint(way_out)),
    }
}

/// The request was carried out and its response could not be shown: says so, and says what is known.
fn not_shown(
    info: &'static ActionInfo,
    answer: &UntypedResponse,
    kept: Kept,
    cause: CliError,
) -> CliError {
    let mut outer = carried_out(info, answer, "could not be shown");
    outer = match kept {
        Kept::In(saved) => outer.hint(in_file(&saved)),
        Kept::Nowhere => {
            output::eprint(&terminal::visible(&String::from_utf8_lossy(answer.text())));
            outer.hint("no file could keep the response, so it stands above, secret members too")
        }
        Kept::Needless => outer,
    };
    cause.with_exit(ExitStatus::NotShown).wrap(outer)
}

/// The request was carried out, and this became of its response.
fn carried_out(info: &'static ActionInfo, answer: &UntypedResponse, but: &str) -> CliError {
    let known = answer.masked().0.to_value().to_string();
    CliError::new(
        ExitStatus::NotShown,
        format!("{} was carried out, but its response {but}", info.name),
    )
    .hint(format!("it was carried out: request id {}", answer.request_id()))
    .hint(format!("its response: {}", short(&known)))
}

fn in_file(saved: &Saved) -> String {
    format!("the whole response is in {}", saved.path().display())
}

/// What to say when a dry run was answered with ids: a service, or a gateway on the way, that ignores `DryRun`
/// carries the request out.
fn not_dry(
    info: &'static ActionInfo,
    request: &Value,
    answer: &UntypedResponse,
) -> Option<CliError> {
    if info.retry == RetryClass::Read || !is_dry_run(info, request) {
        return None;
    }
    let ids = ids_in(info, answer);
    (!ids.is_empty()).then(|| was_not_dry(info, &ids, answer.request_id()))
}

/// A dry run whose response names `ids` may have been a real one.
pub fn was_not_dry(info: &ActionInfo, ids: &[String], request_id: &str) -> CliError {
    let message = format!(
        "{} was to be a dry run, and its response names `{}`: it may have been carried out",
        info.name,
        ids.join("`, `")
    );
    CliError::new(ExitStatus::Unknown, message)
        .hint("look whether they exist; the response to a dry run names nothing")
        .hint(format!("its request id is {request_id}"))
}

fn is_dry_run(info: &ActionInfo, request: &Value) -> bool {
    info.dry_run && request.get("DryRun") == Some(&Value::Bool(true))
}

/// The first part of a text that may be long.
fn short(text: &str) -> String {
    const MAX_SHOWN: usize = 2000;
    let mut shown: String = text.chars().take(MAX_SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// What became of a response whose secret members exist nowhere else.
enum Kept {
    /// It has none, or it was shown.
    Needless,
    /// It is in this file.
    In(Saved),
    /// No file could keep it.
    Nowhere,
}

impl Kept {
    fn now(info: &ActionInfo, request_id: &str, body: &[u8]) -> Self {
        Saved::write(info.name, request_id, body).map_or(Self::Nowhere, Self::In)
    }

    /// The secret members were shown, or there were none.
    fn release(&mut self) {
        if let Self::In(saved) = std::mem::replace(self, Self::Needless) {
            saved.remove();
        }
    }
}

/// Writes the request into the journal, if it must not be lost: before this returns, nothing of it has
/// left. A token is made here and not on the way, so that the journal has it.
async fn write_entry(
    info: &'static ActionInfo,
    request: &mut Value,
    connection: &Connection,
    budget: &Budget,
    line: &Args,
) -> Result<Option<JournalGuard>> {
    if class(info, request) == RetryClass::Read {
        return Ok(None);
    }
    let given = given_token(info, request);
    if let (Some(member), Some(members)) = (info.generated_token(), request.as_object_mut())
        && members.get(member).and_then(Value::as_str).is_none_or(str::is_empty)
    {
        let token = connection.client.new_client_token();
        let token = token.map_err(|error| CliError::local(error.to_string()))?;
        members.insert(member.to_owned(), token.into());
    }
    // Signed once for nothing: what cannot be signed is refused here and leaves no entry, and where it
    // goes is known.
    let prepared = connection.client.prepare_call(info, request.clone()).await;
    let prepared = prepared.map_err(|error| outcome::failure(info, request, &error, None))?;
    let secret_id = connection.secret_id().await?;
    let unwritten = |failure: CliError| {
        failure
            .hint("nothing was sent: a change is written down first, so that its trace is not lost")
            .hint(format!("set {} to a folder of yours, or give --no-journal", journal::VARIABLE))
    };
    let id = Journal::new_id(SystemTime::now())?;
    let journal = Journal::of_user().map_err(unwritten)?;
    // Proves that the entry can be written. The lock goes again: a signal that ends the read would leave it.
    drop(journal.clone().reserve(id.clone()).map_err(unwritten)?);
    let (_, secrets) = entry::without_secrets(info, request);
    // Optional, so it leaves time for the change.
    let before = budget.half(resume::before::read(info, request, &secrets, connection)).await;
    let place = journal.reserve(id).map_err(unwritten)?;
    // Held until the entry is written.
    let mut token_lock = None;
    if let Some(token) = given {
        token_lock = Some(place.lock_token(&token_hash(info, &token))?);
        if let Some(found) = place.journal().with_token(&token).map_err(unwritten)? {
            return Err(token_is_taken(&token, found, line));
        }
    }
    let sending = Sending {
        region: connection.region.clone(),
        endpoint: origin(prepared.url()).to_owned(),
        dialect: connection.dialect,
        secret_id,
    };
    let now = Clocks::now();
    let mut entry = Entry::new(place.id().to_owned(), now, info, request, sending);
    entry.before = before;
    entry.skew = connection.client.clock_correction();
    let noted = place.write(entry).map_err(unwritten)?;
    drop(token_lock);
    Ok(Some(noted))
}

/// The token that the request brings along. That of a dry run counts: a service or a gateway that ignores
/// `DryRun` takes the request for the one that the token belongs to.
fn given_token(info: &'static ActionInfo, request: &Value) -> Option<String> {
    let token = request.get(info.idempotency_token?)?.as_str().filter(|token| !token.is_empty())?;
    Some(token.to_owned())
}

/// A name for the lock of a token.
fn token_hash(info: &'static ActionInfo, token: &str) -> String {
    let mut members = serde_json::Map::new();
    if let Some(member) = info.idempotency_token {
        members.insert(member.to_owned(), token.into());
    }
    cvm_models::OutcomeUnknown::fingerprint_of(info, &record(info, &Value::Object(members)))
}

/// Refuses a token that another entry has. Only `cvm resume` may send it again: it knows for how long, and
/// with which parameters, to which region and by which account.
fn token_is_taken(token: &str, found: Found, line: &Args) -> CliError {
    let Found { id, entry, running } = found;
    let belongs = if entry.is_ok() { "belongs" } else { "may belong" };
    let message = format!(
        "client token `{token}` {belongs} to entry `{id}` of the journal; nothing was sent"
    );
    let failure = CliError::new(ExitStatus::Unknown, message);
    match entry {
        _ if running => failure
            .hint("its command still runs: it says what became of the request, or leaves the entry"),
        Ok(entry) => failure.hint(format!(
            "it is not known yet what became of that request: {}",
            ResumeHint::of(&entry, line).describe()
        )),
        Err(why) => failure.hint(format!(
            "the entry cannot be read ({why}): look what became of the request, then `cvm resume --forget {id}`"
        )),
    }
}

/// The time that `--timeout` gives for everything from the reading before the call to the end of the call.
struct Budget {
    limit: Option<Duration>,
    began: Instant,
}

impl Budget {
    fn begin(limit: Option<Duration>) -> Self {
        Self { limit, began: Instant::now() }
    }

    /// What is left, if there is a limit at all.
    fn left(&self) -> Option<Duration> {
        Some(self.limit?.saturating_sub(self.began.elapsed()))
    }

    /// Waits for at most half of what is left.
    async fn half<T>(&self, future: impl Future<Output = Option<T>>) -> Option<T> {
        match self.left() {
            Some(left) => tokio::time::timeout(left / 2, future).await.ok().flatten(),
            None => future.await,
        }
    }
}

/// Scheme and host of a URL.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    let path = url.get(host..).and_then(|rest| rest.find(['/', '?']));
    path.and_then(|path| url.get(..host + path)).unwrap_or(url)
}

/// Sends the request. A change that is interrupted says so: its outcome is unknown, and `way_out` says
/// how that is settled. `judge` says what a failure means for the whole run: for a request that was sent before,
/// a refusal is not the outcome. It is asked before anything is written that a signal may end.
pub async fn deliver(
    info: &'static ActionInfo,
    request: &Value,
    connection: &Connection,
    way_out: Option<&ResumeHint>,
    judge: impl Fn(CliError) -> CliError,
) -> Result<UntypedResponse> {
    let call = connection.client.call(info, request.clone());
    let is_change = class(info, request) != RetryClass::Read;
    let mut listening = None;
    let called = if is_change {
        let interruption = listening.insert(Interruption::listen()?);
        Stage::Sent.reached();
        tokio::select! {
            called = call => called,
            () = interruption.received() => {
                let message = format!(
                    "{} may or may not have taken effect: interrupted while it was on its way",
                    info.name
                );
                return Err(CliError::new(ExitStatus::Unknown, message)
                    .hint(outcome::LOOK_FIRST)
                    .maybe_hint(way_out.map(ResumeHint::describe)));
            }
        }
    } else {
        call.await
    };
    match called {
        Ok(answer) => {
            if let Some(listening) = listening {
                Stage::CarriedOut.reached();
                interrupt::hold(listening);
            }
            Ok(answer)
        }
        Err(error) => {
            let failure = outcome::failure(info, request, &error, way_out);
            let known = way_out
                .filter(|_| failure.exit() == ExitStatus::Unknown)
                .map(|way_out| way_out.describe_after(failure.forbids_retry()));
            let told = judge(CliError::new(failure.exit(), error.to_string()).maybe_hint(known));
            if told.exit() != ExitStatus::Unknown {
                Stage::Nothing.reached();
            }
            let Some(listening) = listening else { return Err(judge(failure)) };
            let failure = judge(keep_unread(info, &error, failure));
            interrupt::hold(listening);
            interrupt::ends_with(told);
            Err(failure)
        }
    }
}

/// Keeps a response that came and could not be used, when it can have what exists nowhere else.
fn keep_unread(info: &'static ActionInfo, error: &Error, failure: CliError) -> CliError {
    let Some(body) = error.unread_response() else { return failure };
    if !secrets::are_in(info.response) {
        return failure;
    }
    match Saved::write(info.name, error.request_id().unwrap_or_default(), body) {
        Some(saved) => failure.hint(format!("what came back is in {}", saved.path().display())),
        None => {
            output::eprint(&terminal::visible(&String::from_utf8_lossy(body)));
            failure.hint("no file could keep what came back, so it stands above")
        }
    }
}

/// The request by its table. What does not fit is left out: the call itself will say so.
pub fn record(info: &'static ActionInfo, request: &Value) -> Record {
    let mut record = Record::new(info.request);
    let _ = json::from_value(&mut record, request);
    record
}

/// The retry class of this very request.
pub fn class(info: &'static ActionInfo, request: &Value) -> RetryClass {
    info.retry_class(&record(info, request))
}

/// tccli chooses an API version by `--version`; here there is one.
fn check_version(line: &Args) -> Result<()> {
    let known = cvm_models::SERVICE.version;
    match line.option("version") {
        Some(version) if version != known => {
            Err(CliError::usage(format!("there is no version `{version}`; this is {known}")))
        }
        _ => Ok(()),
    }
}

fn validate(info: &'static ActionInfo, request: &Value) -> Result<()> {
    let violations = outcome::violations(info, request);
    if violations.is_empty() {
        return Ok(());
    }
    let limits = if violations.len() == 1 { "a limit" } else { "limits" };
    let failure = CliError::usage(format!("the request breaks {limits}; nothing was sent"));
    Err(violations.iter().map(outcome::describe_violation).fold(failure, CliError::hint))
}

/// How the answer is to be printed: read before anything is sent, so that a slip costs no call.
pub struct Print {
    format: Format,
    columns: Option<Vec<String>>,
    show_secrets: bool,
}

impl Print {
    /// What the line asks for.
    pub fn read(line: &Args, info: &ActionInfo) -> Result<Self> {
        let format = Format::of(line, Format::Json)?;
        let columns = match line.option("columns") {
            Some(_) if format == Format::Json => {
                return Err(CliError::usage(
                    "`--columns` goes with `--output table` or `--output text`",
                ));
            }
            Some(columns) => Some(rows::chosen(info, columns)?),
            None => None,
        };
        Ok(Self { format, columns, show_secrets: line.has("print-secrets") })
    }

    fn answer(
        &self,
        info: &'static ActionInfo,
        request: &Value,
        answer: &UntypedResponse,
        kept: &mut Kept,
        print: fn(&str) -> Result<()>,
    ) -> Result<()> {
        let response =
            if self.show_secrets { answer.json() } else { without_secrets(answer, kept) };
        let for_screen = terminal::stdout_is_terminal();
        let columns = self.columns.as_deref();
        print(&match self.format {
            Format::Json => output::json::render(&response, for_screen),
            Format::Table => table::render(&response, info, columns, terminal::width()),
            Format::Text => text::render(&response, info, columns),
        })?;
        if self.show_secrets {
            match kept {
                Kept::In(saved) if !self.shows_all() => {
                    output::eprint_note(&format!(
                        "the whole answer is in {}",
                        saved.path().display()
                    ));
                }
                kept => kept.release(),
            }
        }
        if is_dry_run(info, request) && not_dry(info, request, answer).is_none() {
            output::eprint_note("the dry run passed; nothing was changed");
        }
        if let Some(note) = rest::of_list(info, request, answer) {
            output::eprint_note(&note);
        }
        Ok(())
    }

    /// Whether what is printed holds every member.
    fn shows_all(&self) -> bool {
        self.format == Format::Json || (self.format == Format::Text && self.columns.is_none())
    }
}

/// Hides what no log may show, unless it would be lost.
fn without_secrets(answer: &UntypedResponse, kept: &mut Kept) -> Json {
    let (response, hidden) = answer.masked();
    if hidden == 0 {
        kept.release();
        return response;
    }
    match kept {
        Kept::Needless => {
            output::eprint_note("secret members are hidden; --print-secrets shows them")
        }
        Kept::In(saved) => output::eprint_note(&format!(
            "secret members are hidden; the whole answer is in {}",
            saved.path().display()
        )),
        Kept::Nowhere => {
            output::eprint_note("no file could keep the secret members, so they are shown");
            return answer.json();
        }
    }
    response
}

#[cfg(test)]
mod tests;
