//! `cvm ACTION`: one call of any action, from what was typed to what is printed.

use cvm_models::Answer;
use cvm_models::protocol::{ActionInfo, PageStyle, Record, RetryClass, json};
use serde_json::Value;

use crate::args::Line;
use crate::connect::{Connection, connect};
use crate::exit::{Exit, Failure, Result};
use crate::json::Json;
use crate::options::Scope;
use crate::output::{self, Format, rows, table, text};
use crate::runtime::Interruption;
use crate::source::Sources;
use crate::wire::{Show, Wire};
use crate::{commands, outcome, parameters, runtime, secrets, skeleton, suggest, terminal};

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
    let request =
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
    let answer = runtime::block_on(deliver(info, &request, &connection))??;
    print.answer(info, &request, &answer)
}

/// Sends the request. A change that is interrupted says so: its outcome is unknown.
async fn deliver(
    info: &'static ActionInfo,
    request: &Value,
    connection: &Connection,
) -> Result<Answer> {
    let call = connection.client.call(info, request.clone());
    let called = if is_read(info, request) {
        call.await
    } else {
        let interruption = Interruption::listen()?;
        tokio::select! {
            called = call => called,
            () = interruption.received() => {
                return Err(Failure::new(Exit::Unknown, format!(
                    "{} may or may not have been carried out: interrupted while it was on its way",
                    info.name
                ))
                .hint("do not repeat it blindly: look first whether it was carried out"));
            }
        }
    };
    called.map_err(|error| outcome::failure(info, request, &error))
}

fn is_read(info: &'static ActionInfo, request: &Value) -> bool {
    let mut record = Record::new(info.request);
    json::from_value(&mut record, request).is_ok() && info.retry_class(&record) == RetryClass::Read
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
struct Print {
    format: Format,
    columns: Option<Vec<String>>,
    show_secrets: bool,
}

impl Print {
    fn read(line: &Line, info: &ActionInfo) -> Result<Self> {
        let format = match line.option("output") {
            None => Format::Json,
            Some(name) => Format::parse(name).ok_or_else(|| {
                let near = suggest::near(name, Format::NAMES);
                Failure::usage(format!("unknown output format `{name}`")).hint(
                    suggest::did_you_mean(&near)
                        .unwrap_or_else(|| format!("there are {}", Format::NAMES.join(", "))),
                )
            })?,
        };
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

    fn answer(&self, info: &'static ActionInfo, request: &Value, answer: &Answer) -> Result<()> {
        let mut response = response(answer)?;
        if !self.show_secrets {
            hide_secrets(info, answer.request_id(), &mut response);
        }
        let for_screen = terminal::stdout_is_terminal();
        let columns = self.columns.as_deref();
        output::print(&match self.format {
            Format::Json => output::json::render(&response, for_screen),
            Format::Table => table::render(&response, info, columns, terminal::width()),
            Format::Text => text::render(&response, info, columns),
        })?;
        if info.dry_run && request.get("DryRun") == Some(&Value::Bool(true)) {
            output::note("the dry run passed; nothing was changed");
        }
        if let Some(note) = rest_of_list(info, request, &response) {
            output::note(&note);
        }
        Ok(())
    }
}

/// What the service said, member for member.
fn response(answer: &Answer) -> Result<Json> {
    let unreadable = || Failure::new(Exit::Network, "the answer is not an envelope");
    let envelope = Json::parse(answer.text()).map_err(|_| unreadable())?;
    match envelope {
        Json::Object(members) => members
            .into_iter()
            .find_map(|(name, value)| (name == "Response").then_some(value))
            .ok_or_else(unreadable),
        _ => Err(unreadable()),
    }
}

/// Hides what no log may show. What exists nowhere else is kept in a file first.
fn hide_secrets(info: &'static ActionInfo, request_id: &str, response: &mut Json) {
    let whole = response.clone();
    if secrets::hide(response, info.response) == 0 {
        return;
    }
    if info.retry == RetryClass::Read {
        output::note("secret members are hidden; --print-secrets shows them");
    } else if let Some(path) = secrets::keep(info.name, request_id, &whole) {
        output::note(&format!(
            "secret members are hidden; the whole answer is in {}",
            path.display()
        ));
    } else {
        // Hidden they would be lost.
        *response = whole;
        output::note("no file could keep the secret members, so they are shown");
    }
}

/// What a list leaves out: tools that say nothing here make a page look like everything.
fn rest_of_list(info: &ActionInfo, request: &Value, response: &Json) -> Option<String> {
    let pages = info.paginate?;
    let PageStyle::Offset { offset, limit, total } = pages.style else { return None };
    let shown = match response.member(pages.items)? {
        Json::List(items) => u64::try_from(items.len()).ok()?,
        _ => return None,
    };
    let total = match response.member(total)? {
        Json::Number(number) => number.as_u64()?,
        _ => return None,
    };
    let begin = request.get(offset).and_then(Value::as_u64).unwrap_or_default();
    let end = begin.checked_add(shown)?;
    (shown > 0 && end < total).then(|| {
        format!(
            "these are {shown} of {total} entries; go on with --{offset} {end} (--{limit} up to {})",
            pages.max_limit
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_page_that_is_not_all_says_so() {
        let info = cvm_models::action("DescribeInstances").unwrap();
        let response = Json::from(json!({ "TotalCount": 134, "InstanceSet": [{}, {}] }));
        let note = rest_of_list(info, &json!({ "Offset": 20 }), &response).unwrap();
        assert_eq!(note, "these are 2 of 134 entries; go on with --Offset 22 (--Limit up to 100)");
        let last = Json::from(json!({ "TotalCount": 22, "InstanceSet": [{}, {}] }));
        assert_eq!(rest_of_list(info, &json!({ "Offset": 20 }), &last), None);
        let past = Json::from(json!({ "TotalCount": 22, "InstanceSet": [] }));
        assert_eq!(rest_of_list(info, &json!({ "Offset": 30 }), &past), None);
    }

    #[test]
    fn a_dry_run_counts_as_a_read() {
        let info = cvm_models::action("RunInstances").unwrap();
        assert!(is_read(info, &json!({ "DryRun": true })));
        assert!(!is_read(info, &json!({ "DryRun": false })));
        assert!(is_read(cvm_models::action("DescribeZones").unwrap(), &json!({})));
    }
}
