//! `cvm ACTION`: one call of any action, from what was typed to what is printed.

use std::time::SystemTime;

use cvm_models::protocol::{ActionInfo, Record, RetryClass, json};
use cvm_models::{Answer, Error};
use serde_json::Value;

use crate::args::Line;
use crate::clocks::Clocks;
use crate::commands::resume;
use crate::connect::{Connection, connect};
use crate::crash::Stage;
use crate::entry::{Entry, Sending};
use crate::exit::{Exit, Failure, Result};
use crate::journal::{Journal, Noted};
use crate::json::Json;
use crate::options::Scope;
use crate::outcome::WayOut;
use crate::output::{self, Format, rest, rows, table, text};
use crate::runtime::Interruption;
use crate::secrets::Saved;
use crate::source::Sources;
use crate::wire::{Show, Wire};
use crate::{commands, entry, journal, outcome, parameters, runtime, secrets, skeleton, terminal};

/// Calls the action.
pub fn run(info: &'static ActionInfo, line: Line) -> Result<()> {
    if line.has("help") || line.words.get(1).is_some_and(|word| word == "help") {
        return commands::help::run(&[info.name.to_owned()]);
    }
    line.only(info.name, Scope::Action, 0)?;
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
    let connection = connect(&line, wire)?;
    if info.regional && connection.region.is_none() {
        return Err(Failure::new(Exit::Config, "no region").hint(
            "give --region REGION or set TENCENTCLOUD_REGION; `cvm DescribeRegions` lists them",
        ));
    }
    let (answer, noted) = runtime::block_on(async {
        let mut noted = None;
        if !line.has("no-journal") {
            noted = note(info, &mut request, &connection).await?;
        }
        let way_out = noted.as_ref().map(|noted: &Noted| WayOut::of(noted.entry(), &line));
        match deliver(info, &request, &connection, way_out.as_ref()).await {
            Ok(answer) => {
                if let Some(noted) = &mut noted {
                    noted.keep_skew(connection.client.clock_correction());
                }
                Ok((answer, noted))
            }
            Err(failure) => {
                match noted {
                    Some(mut noted) if failure.exit() == Exit::Unknown => {
                        noted.mark_unknown(connection.client.clock_correction());
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
    line: &Line,
    print: &Print,
    info: &'static ActionInfo,
    request: &Value,
    answer: &Answer,
    noted: Option<Noted>,
) -> Result<()> {
    let is_change = class(info, request) != RetryClass::Read;
    let print_to = if is_change { output::print_whole } else { output::print };
    // Before anything reads the response, so that nothing that fails can lose what is only in it.
    let mut kept = match is_change && secrets::are_in(info.response) {
        true => Kept::now(info, answer.request_id(), answer.text()),
        false => Kept::Needless,
    };
    match print.answer(info, request, answer, &mut kept, print_to) {
        Ok(()) => {
            Stage::Nothing.reached();
            noted.into_iter().for_each(Noted::settle);
            Ok(())
        }
        Err(cause) => {
            let way_out = noted.map(|noted| WayOut::of(noted.entry(), line).told());
            Err(not_shown(info, answer, kept, cause).maybe_hint(way_out))
        }
    }
}

/// The request was carried out and its response could not be shown: says so, and says what is known.
fn not_shown(info: &'static ActionInfo, answer: &Answer, kept: Kept, cause: Failure) -> Failure {
    let message = format!("{} was carried out, but its response could not be shown", info.name);
    let mut outer = Failure::new(Exit::NotShown, message)
        .hint(format!("it was carried out: request id {}", answer.request_id()));
    // The record knows which members are secret, and its `Debug` hides them.
    let known = format!("{:?}", answer.record());
    outer = outer.hint(format!("its response: {}", short(&known)));
    outer = match kept {
        Kept::In(saved) => {
            outer.hint(format!("the whole response is in {}", saved.path().display()))
        }
        Kept::Nowhere => {
            output::tell(&terminal::visible(&String::from_utf8_lossy(answer.text())));
            outer.hint("no file could keep the response, so it stands above, secret members too")
        }
        Kept::Needless => outer,
    };
    cause.with_exit(Exit::NotShown).told_by(outer)
}

/// The first part of a text that may be long.
fn short(text: &str) -> String {
    const MOST: usize = 2000;
    let mut shown: String = text.chars().take(MOST).collect();
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
async fn note(
    info: &'static ActionInfo,
    request: &mut Value,
    connection: &Connection,
) -> Result<Option<Noted>> {
    if class(info, request) == RetryClass::Read {
        return Ok(None);
    }
    if let (Some(member), Some(members)) = (info.minted_token(), request.as_object_mut())
        && members.get(member).and_then(Value::as_str).is_none_or(str::is_empty)
    {
        let token = connection.client.new_client_token();
        let token = token.map_err(|error| Failure::local(error.to_string()))?;
        members.insert(member.to_owned(), token.into());
    }
    // Signed once for nothing: what cannot be signed is refused here and leaves no entry, and where it
    // goes is known.
    let prepared = connection.client.prepare_call(info, request.clone()).await;
    let prepared = prepared.map_err(|error| outcome::failure(info, request, &error, None))?;
    let secret_id = connection.secret_id().await?;
    let unwritten = |failure: Failure| {
        failure
            .hint("nothing was sent: a change is written down first, so that its trace is not lost")
            .hint(format!("set {} to a folder of yours, or give --no-journal", journal::VARIABLE))
    };
    let id = Journal::new_id(SystemTime::now())?;
    let place = Journal::of_user().and_then(|journal| journal.reserve(id)).map_err(unwritten)?;
    let (_, secrets) = entry::without_secrets(info, request);
    let before = resume::before::read(info, request, &secrets, connection).await;
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
    place.write(entry).map(Some).map_err(unwritten)
}

/// Scheme and host of a URL.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    let path = url.get(host..).and_then(|rest| rest.find(['/', '?']));
    path.and_then(|path| url.get(..host + path)).unwrap_or(url)
}

/// Sends the request. A change that is interrupted says so: its outcome is unknown, and `way_out` says
/// how that is settled.
pub async fn deliver(
    info: &'static ActionInfo,
    request: &Value,
    connection: &Connection,
    way_out: Option<&WayOut>,
) -> Result<Answer> {
    let call = connection.client.call(info, request.clone());
    let is_change = class(info, request) != RetryClass::Read;
    let called = if is_change {
        let interruption = Interruption::listen()?;
        Stage::Sent.reached();
        tokio::select! {
            called = call => called,
            () = interruption.received() => {
                let message = format!(
                    "{} may or may not have been carried out: interrupted while it was on its way",
                    info.name
                );
                return Err(Failure::new(Exit::Unknown, message)
                    .hint(outcome::LOOK_FIRST)
                    .maybe_hint(way_out.map(WayOut::told)));
            }
        }
    } else {
        call.await
    };
    match called {
        Ok(answer) => {
            if is_change {
                Stage::CarriedOut.reached();
            }
            Ok(answer)
        }
        Err(error) => {
            let failure = outcome::failure(info, request, &error, way_out);
            if failure.exit() != Exit::Unknown {
                Stage::Nothing.reached();
            }
            Err(if is_change { keep_unread(info, &error, failure) } else { failure })
        }
    }
}

/// Keeps a response that came and could not be used, when it may hold what exists nowhere else.
fn keep_unread(info: &'static ActionInfo, error: &Error, failure: Failure) -> Failure {
    let Some(body) = error.unread_response() else { return failure };
    if !secrets::are_in(info.response) {
        return failure;
    }
    match Saved::write(info.name, error.request_id().unwrap_or_default(), body) {
        Some(saved) => failure.hint(format!("what came back is in {}", saved.path().display())),
        None => {
            output::tell(&terminal::visible(&String::from_utf8_lossy(body)));
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
fn check_version(line: &Line) -> Result<()> {
    let known = cvm_models::SERVICE.version;
    match line.option("version") {
        Some(version) if version != known => {
            Err(Failure::usage(format!("there is no version `{version}`; this is {known}")))
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
    let failure = Failure::usage(format!("the request breaks {limits}; nothing was sent"));
    Err(violations.iter().map(outcome::told).fold(failure, Failure::hint))
}

/// How the answer is to be printed: read before anything is sent, so that a slip costs no call.
pub struct Print {
    format: Format,
    columns: Option<Vec<String>>,
    show_secrets: bool,
}

impl Print {
    /// What the line asks for.
    pub fn read(line: &Line, info: &ActionInfo) -> Result<Self> {
        let format = Format::of(line, Format::Json)?;
        let columns = match line.option("columns") {
            Some(_) if format == Format::Json => {
                return Err(Failure::usage(
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
        answer: &Answer,
        kept: &mut Kept,
        print: fn(&str) -> Result<()>,
    ) -> Result<()> {
        let mut response = answer.json();
        if !self.show_secrets {
            hide_secrets(info, &mut response, kept);
        }
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
                    output::note(&format!("the whole answer is in {}", saved.path().display()));
                }
                kept => kept.release(),
            }
        }
        if info.dry_run && request.get("DryRun") == Some(&Value::Bool(true)) {
            output::note("the dry run passed; nothing was changed");
        }
        if let Some(note) = rest::of_list(info, request, &response) {
            output::note(&note);
        }
        Ok(())
    }

    /// Whether what is printed holds every member.
    fn shows_all(&self) -> bool {
        self.format == Format::Json || (self.format == Format::Text && self.columns.is_none())
    }
}

/// Hides what no log may show, unless it would be lost.
fn hide_secrets(info: &'static ActionInfo, response: &mut Json, kept: &mut Kept) {
    let whole = response.clone();
    if secrets::hide(response, info.response) == 0 {
        kept.release();
        return;
    }
    match kept {
        Kept::Needless => output::note("secret members are hidden; --print-secrets shows them"),
        Kept::In(saved) => output::note(&format!(
            "secret members are hidden; the whole answer is in {}",
            saved.path().display()
        )),
        Kept::Nowhere => {
            *response = whole;
            output::note("no file could keep the secret members, so they are shown");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_dry_run_counts_as_a_read() {
        let info = cvm_models::action("RunInstances").unwrap();
        assert_eq!(class(info, &json!({ "DryRun": true })), RetryClass::Read);
        assert_eq!(class(info, &json!({ "DryRun": false })), RetryClass::Hazard);
        assert_eq!(class(info, &json!({ "ClientToken": "t" })), RetryClass::Token);
        let zones = cvm_models::action("DescribeZones").unwrap();
        assert_eq!(class(zones, &json!({})), RetryClass::Read);
    }

    #[test]
    fn an_origin_is_scheme_and_host() {
        for (url, told) in [
            ("https://cvm.tencentcloudapi.com/", "https://cvm.tencentcloudapi.com"),
            ("http://127.0.0.1:8600/?Action=X", "http://127.0.0.1:8600"),
            ("http://[::1]:8600/v2/index.php", "http://[::1]:8600"),
            ("https://host", "https://host"),
        ] {
            assert_eq!(origin(url), told);
        }
    }
}
