//! Prints the response to a request, and settles its journal entry only then: a response that was not printed
//! is as good as lost.

use cvm_models::UntypedResponse;
use cvm_models::protocol::{ActionInfo, RetryClass};

use crate::args::Args;
use crate::crash::Stage;
use crate::created_ids::{count_mismatch, ids_in_response};
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::journal::JournalGuard;
use crate::outcome::ResumeHint;
use crate::output::{self, Format, columns, completeness, table, text};
use crate::request::Request;
use crate::saved_response::{self, SavedResponse};
use crate::{signal_during_output, terminal};
use cvm_models::protocol::Json;

/// How to print a response. Read from the command line before anything is sent, so that a usage error costs
/// no call.
pub struct ResponseFormat {
    format: Format,
    columns: Option<Vec<String>>,
    show_secrets: bool,
}

impl ResponseFormat {
    /// Reads the format from the options.
    pub fn from_args(args: &Args, info: &ActionInfo) -> Result<Self> {
        let format = Format::of(args, Format::Json)?;
        let columns = match args.option("columns") {
            Some(_) if format == Format::Json => {
                return Err(CliError::usage(
                    "`--columns` requires `--output table` or `--output text`",
                ));
            }
            Some(columns) => Some(columns::parse_columns(info, columns)?),
            None => None,
        };
        Ok(Self { format, columns, show_secrets: args.has("print-secrets") })
    }

    fn print(
        &self,
        request: &Request,
        response: &UntypedResponse,
        backup: &mut Backup,
        print: fn(&str) -> Result<()>,
    ) -> Result<()> {
        let info = request.info();
        let shown =
            if self.show_secrets { response.json() } else { without_secrets(response, backup) };
        let for_screen = terminal::stdout_is_terminal();
        let columns = self.columns.as_deref();
        print(&match self.format {
            Format::Json => output::json::render(&shown, for_screen),
            Format::Table => table::render(&shown, info, columns, terminal::width()),
            Format::Text => text::render(&shown, info, columns),
        })?;
        if self.show_secrets {
            match backup {
                Backup::Saved(saved) if !self.prints_all_members() => {
                    output::eprint_note(&saved_in(saved));
                }
                backup => backup.remove(),
            }
        }
        if request.is_dry_run() && ids_of_dry_run(request, response).is_empty() {
            output::eprint_note("the dry run passed; nothing was changed");
        }
        if let Some(note) = completeness::truncation_note(request, response) {
            output::eprint_note(&note);
        }
        Ok(())
    }

    fn prints_all_members(&self) -> bool {
        self.format == Format::Json || (self.format == Format::Text && self.columns.is_none())
    }
}

/// Prints the response, then removes the journal entry. For a read, a closed pipe is not an error: the reader
/// has seen enough.
pub fn finish(
    args: &Args,
    format: &ResponseFormat,
    request: &Request,
    response: &UntypedResponse,
    guard: Option<JournalGuard>,
) -> Result<()> {
    let info = request.info();
    let is_change = request.is_change();
    let ids = ids_of_dry_run(request, response);
    let failed_dry_run =
        (!ids.is_empty()).then(|| dry_run_took_effect(info, &ids, response.request_id()));
    let must_be_read = is_change || failed_dry_run.is_some();
    let print = if must_be_read { output::print_whole } else { output::print };
    // Saved before anything else reads the response, so that no failure can lose its secrets.
    let mut backup = match is_change && saved_response::has_secrets(info.response) {
        true => Backup::save(info, response),
        false => Backup::NotNeeded,
    };
    let resume_hint = guard.as_ref().map(|guard| ResumeHint::of(guard.entry(), args).describe());
    let saved = match &backup {
        Backup::Saved(saved) => Some(saved_in(saved)),
        _ => None,
    };
    let interrupted = carried_out(info, response, "was not shown: interrupted");
    signal_during_output::exit_with(interrupted.maybe_hint(saved).maybe_hint(resume_hint.clone()));
    if let Err(cause) = format.print(request, response, &mut backup, print) {
        return Err(not_shown(info, response, backup, cause).maybe_hint(resume_hint));
    }
    signal_during_output::disarm();
    Stage::Nothing.enter();
    if let Some(failed) = failed_dry_run {
        return Err(failed.maybe_hint(resume_hint));
    }
    if is_change && let Some(note) = count_mismatch(request, response) {
        output::eprint_note(&note);
    }
    guard.into_iter().for_each(JournalGuard::settle);
    completeness::defect(request, response).map_or(Ok(()), |defect| {
        let message = format!("the response of {} is not a complete list: {defect}", info.name);
        Err(CliError::new(ExitStatus::Network, message)
            .hint("items that are not listed may still exist; read again"))
    })
}

/// The request was carried out, but its response could not be shown: says what is known of the response.
fn not_shown(
    info: &'static ActionInfo,
    response: &UntypedResponse,
    backup: Backup,
    cause: CliError,
) -> CliError {
    let mut outer = carried_out(info, response, "could not be shown");
    outer = match backup {
        Backup::Saved(saved) => outer.hint(saved_in(&saved)),
        Backup::Failed => {
            output::eprint(&terminal::visible(&String::from_utf8_lossy(response.text())));
            outer.hint(
                "the response could not be saved to a file, so it is printed above, including \
                 secret members",
            )
        }
        Backup::NotNeeded => outer,
    };
    cause.with_exit(ExitStatus::NotShown).wrap(outer)
}

fn carried_out(info: &'static ActionInfo, response: &UntypedResponse, but: &str) -> CliError {
    let known = response.masked().0.to_value().to_string();
    CliError::new(
        ExitStatus::NotShown,
        format!("{} was carried out, but its response {but}", info.name),
    )
    .hint(format!("request id {}", response.request_id()))
    .hint(format!("response: {}", shorten(&known)))
}

fn saved_in(saved: &SavedResponse) -> String {
    format!("the complete response is saved in {}", saved.path().display())
}

/// The ids in the response to a dry run. There are none, unless the service, or a gateway on the way, ignores
/// `DryRun` and carries the request out.
fn ids_of_dry_run(request: &Request, response: &UntypedResponse) -> Vec<String> {
    if request.info().retry == RetryClass::Read || !request.is_dry_run() {
        return Vec::new();
    }
    ids_in_response(request.info(), response)
}

/// A dry run whose response contains `ids` may have been carried out.
pub fn dry_run_took_effect(info: &ActionInfo, ids: &[String], request_id: &str) -> CliError {
    let message = format!(
        "{} was sent as a dry run, but its response names `{}`: it may have been carried out",
        info.name,
        ids.join("`, `")
    );
    CliError::new(ExitStatus::Unknown, message)
        .hint("check whether they exist; the response to a dry run names no resource")
        .hint(format!("request id {request_id}"))
}

/// The first part of a text that may be long.
fn shorten(text: &str) -> String {
    const MAX_SHOWN: usize = 2000;
    let mut shown: String = text.chars().take(MAX_SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// A copy of a response whose secret members exist nowhere else.
enum Backup {
    /// The response has no secret members, or they were printed.
    NotNeeded,
    /// The response is in this file.
    Saved(SavedResponse),
    /// No file could be written.
    Failed,
}

impl Backup {
    fn save(info: &ActionInfo, response: &UntypedResponse) -> Self {
        SavedResponse::write(info.name, response.request_id(), response.text())
            .map_or(Self::Failed, Self::Saved)
    }

    fn remove(&mut self) {
        if let Self::Saved(saved) = std::mem::replace(self, Self::NotNeeded) {
            saved.remove();
        }
    }
}

/// The response with its secrets hidden, unless they would be lost.
fn without_secrets(response: &UntypedResponse, backup: &mut Backup) -> Json {
    let (masked, hidden) = response.masked();
    if hidden == 0 {
        backup.remove();
        return masked;
    }
    match backup {
        Backup::NotNeeded => {
            output::eprint_note("secret members are hidden; --print-secrets shows them");
        }
        Backup::Saved(saved) => {
            output::eprint_note(&format!("secret members are hidden; {}", saved_in(saved)));
        }
        Backup::Failed => {
            output::eprint_note(
                "the secret members could not be saved to a file, so they are shown",
            );
            return response.json();
        }
    }
    masked
}
