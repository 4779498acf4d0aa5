//! `cvm ACTION`: one call of any action, from the command line to the printed response.

pub mod finish;
mod start_entry;
mod time_budget;

use std::time::Duration;

use cvm_models::protocol::ActionInfo;
use cvm_models::{Error, UntypedResponse};

use self::finish::{ResponseFormat, finish};
use self::time_budget::TimeBudget;
use crate::args::Args;
use crate::connect::{Connection, connect, timeout};
use crate::crash::Stage;
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::journal::JournalGuard;
use crate::options::Scope;
use crate::outcome::{self, ResumeHint};
use crate::request::Request;
use crate::runtime::{self, ShutdownSignal};
use crate::saved_response::{self, SavedResponse};
use crate::value_sources::Sources;
use crate::wire::{Show, Wire};
use crate::{output, parameters, signal_during_output, skeleton, terminal};

/// Calls the action.
pub fn run(info: &'static ActionInfo, args: &Args) -> Result<()> {
    args.reject_unexpected(info.name, Scope::Action, 0)?;
    check_version(args)?;
    if args.has("generate-cli-skeleton") {
        let skeleton = skeleton::of(info.request);
        return output::print(&output::json::render(&skeleton, terminal::stdout_is_terminal()));
    }
    let format = ResponseFormat::from_args(args, info)?;
    let mut sources = Sources::default();
    let input = args.option("cli-input-json").map(|source| sources.json(source)).transpose()?;
    let parameters =
        parameters::request(info.request, args.parameters.clone(), input.as_ref(), &mut sources)?;
    let mut request = Request::parse(info, parameters)?;
    if args.has("validate") {
        validate(&request)?;
    }
    let wire = args.has("show-wire").then(|| Wire::new(Show::Stderr));
    let connection = connect(args, wire)?;
    if info.regional && connection.region.is_none() {
        return Err(CliError::new(ExitStatus::Config, "no region").hint(
            "use --region REGION or set TENCENTCLOUD_REGION; `cvm DescribeRegions` lists the regions",
        ));
    }
    let limit = timeout(args)?;
    let (response, guard) = runtime::block_on(call(args, &mut request, connection, limit))??;
    finish(args, &format, &request, &response, guard)
}

/// Makes the call, with a journal entry if it changes something. The entry is removed if the call fails with
/// a known outcome, and kept otherwise.
async fn call(
    args: &Args,
    request: &mut Request,
    mut connection: Connection,
    limit: Option<Duration>,
) -> Result<(UntypedResponse, Option<JournalGuard>)> {
    let budget = TimeBudget::start(limit);
    let mut guard = None;
    if request.is_dry_run() || args.has("no-journal") {
        start_entry::check_token(args, request)?;
    } else {
        guard = start_entry::start(args, request, &connection, &budget).await?;
    }
    if guard.is_some()
        && let Some(left) = budget.left()
    {
        connection.client = connection.client.with_operation_timeout(left);
    }
    let resume_hint = guard.as_ref().map(|guard| ResumeHint::of(guard.entry(), args));
    match send(request, &connection, resume_hint.as_ref(), |error| error).await {
        Ok(response) => {
            if let Some(guard) = &mut guard {
                guard.keep_skew(connection.client.clock_correction());
            }
            Ok((response, guard))
        }
        Err(error) => {
            match guard {
                Some(mut guard) if error.exit() == ExitStatus::Unknown => {
                    let skew = connection.client.clock_correction();
                    guard.mark_unknown(skew, error.forbids_retry());
                }
                Some(guard) => guard.settle(),
                None => {}
            }
            Err(error)
        }
    }
}

/// Sends the request. A change that is interrupted ends with an unknown outcome, and `resume_hint` says how to
/// settle it. `classify` says what an error of the call means for the whole run: for the retry of an earlier
/// request, a service error is not the outcome. It is called before anything is written that a signal may end.
pub async fn send(
    request: &Request,
    connection: &Connection,
    resume_hint: Option<&ResumeHint>,
    classify: impl Fn(CliError) -> CliError,
) -> Result<UntypedResponse> {
    let info = request.info();
    let call = connection.client.call_record(info, request.record().clone());
    let mut shutdown = None;
    let called = if request.is_change() {
        let signal = shutdown.insert(ShutdownSignal::listen()?);
        Stage::Sent.enter();
        tokio::select! {
            called = call => called,
            () = signal.wait() => return Err(interrupted(info, resume_hint)),
        }
    } else {
        call.await
    };
    match called {
        Ok(response) => {
            if let Some(shutdown) = shutdown {
                Stage::CarriedOut.enter();
                signal_during_output::hold_signals(shutdown);
            }
            Ok(response)
        }
        Err(error) => {
            let failure = outcome::cli_error(request, &error, resume_hint);
            let known = resume_hint
                .filter(|_| failure.exit() == ExitStatus::Unknown)
                .map(|hint| hint.describe_after(failure.forbids_retry()));
            let short = CliError::new(failure.exit(), error.to_string()).maybe_hint(known);
            let short = classify(short);
            if short.exit() != ExitStatus::Unknown {
                Stage::Nothing.enter();
            }
            let Some(shutdown) = shutdown else { return Err(classify(failure)) };
            let failure = classify(save_invalid_response(info, &error, failure));
            signal_during_output::hold_signals(shutdown);
            signal_during_output::exit_with(short);
            Err(failure)
        }
    }
}

fn interrupted(info: &ActionInfo, resume_hint: Option<&ResumeHint>) -> CliError {
    let message = format!(
        "{} may or may not have taken effect: interrupted while waiting for the response",
        info.name
    );
    CliError::new(ExitStatus::Unknown, message)
        .hint(outcome::CHECK_FIRST)
        .maybe_hint(resume_hint.map(ResumeHint::describe))
}

/// Saves a response that is not valid if it may contain secrets that exist nowhere else.
fn save_invalid_response(info: &'static ActionInfo, error: &Error, failure: CliError) -> CliError {
    let Some(body) = error.unread_response() else { return failure };
    if !saved_response::has_secrets(info.response) {
        return failure;
    }
    match SavedResponse::write(info.name, error.request_id().unwrap_or_default(), body) {
        Some(saved) => {
            failure.hint(format!("the invalid response is saved in {}", saved.path().display()))
        }
        None => {
            output::eprint(&terminal::visible(&String::from_utf8_lossy(body)));
            failure
                .hint("the invalid response could not be saved to a file, so it is printed above")
        }
    }
}

/// tccli chooses an API version with `--version`; here there is only one.
fn check_version(args: &Args) -> Result<()> {
    let supported = cvm_models::SERVICE.version;
    match args.option("version") {
        Some(version) if version != supported => Err(CliError::usage(format!(
            "unsupported API version `{version}`: only {supported} is supported"
        ))),
        _ => Ok(()),
    }
}

fn validate(request: &Request) -> Result<()> {
    let violations = request.violations();
    if violations.is_empty() {
        return Ok(());
    }
    let limits = if violations.len() == 1 { "a limit" } else { "limits" };
    let failure = CliError::usage(format!("the request violates {limits}; nothing was sent"));
    Err(violations.iter().map(outcome::describe_violation).fold(failure, CliError::hint))
}
