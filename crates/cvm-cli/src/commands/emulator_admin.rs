//! `cvm emulator WORD`: the client of the admin API of a running emulator.

mod connection;
mod event_stream;
mod words;

use cvm_models::protocol::Json;
use http::{Method, StatusCode};

use crate::args::Args;
use crate::connect::variable;
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::options::{self, Scope};
use crate::output::{self, Format, columns, json};
use crate::ready::Ready;
use crate::{runtime, terminal};

pub use words::WORDS;

/// A request to the admin API.
#[derive(Debug, PartialEq)]
struct Call {
    method: Method,
    path: String,
    body: String,
}

/// Sends the request that these words name, and prints the response.
pub fn run(args: &Args, words: &[String]) -> Result<()> {
    args.reject_unexpected("emulator", Scope::Emulator, words.len())?;
    reject_server_options(args, words)?;
    let texts: Vec<&str> = words.iter().map(String::as_str).collect();
    let call = words::call(&texts, args.has("follow"))?;
    let file = args.option("emulator").map(str::to_owned).or_else(|| variable("CVM_EMULATOR"));
    let file = file.ok_or_else(|| {
        CliError::new(ExitStatus::Config, "no emulator is named")
            .hint("give its ready file: `--emulator FILE`, or the variable CVM_EMULATOR")
    })?;
    let ready = Ready::read(&file)?;
    if call.path.starts_with("/_emulator/events") {
        let is_log = texts.first() == Some(&"log");
        return event_stream::run(args, &ready, call, is_log);
    }
    let is_metrics = call.path.ends_with("/metrics");
    let (status, body) = runtime::block_on(connection::exchange(&ready, call))??;
    if status == StatusCode::NO_CONTENT {
        return Ok(());
    }
    if status.is_success() && is_metrics {
        return output::print(&String::from_utf8_lossy(&body));
    }
    let response = parse(&ready, &body)?;
    if !status.is_success() {
        return Err(refused(&response));
    }
    let is_screen = terminal::stdout_is_terminal();
    match Format::of(args, if is_screen { Format::Table } else { Format::Json })? {
        Format::Json => output::print(&json::render(&response, is_screen)),
        format => output::print(&table(&response, format)),
    }
}

fn parse(ready: &Ready, body: &[u8]) -> Result<Json> {
    Json::parse(body).map_err(|_| {
        connection::failure(ready, "its response is not JSON; is it an older emulator?")
    })
}

/// The error of the admin API.
fn refused(response: &Json) -> CliError {
    let message = response.member("error").and_then(|error| error.member("message"));
    let message = message.and_then(Json::as_text).unwrap_or("the request failed");
    CliError::new(ExitStatus::Refused, message.to_owned())
}

/// The members of a response that are not lists, then its list as a table.
fn table(response: &Json, format: Format) -> String {
    let Json::Object(members) = response else { return String::new() };
    let list = members.iter().find_map(|(_, value)| match value {
        Json::List(items) => Some(items.as_slice()),
        _ => None,
    });
    let width = terminal::width();
    let Some(items) = list else {
        let rows = columns::fitting_columns(std::slice::from_ref(response), None, width);
        return output::of_rows(&rows, format);
    };
    let mut text = String::new();
    for (name, value) in members.iter().filter(|(_, value)| !matches!(value, Json::List(_))) {
        if let (Format::Table, Some(value)) = (format, scalar(value)) {
            text.push_str(&format!("{name}: {}\n", terminal::visible(&value)));
        }
    }
    let scalars: Vec<String> = items.iter().filter_map(scalar).collect();
    if !scalars.is_empty() {
        return text + &scalars.join("\n") + "\n";
    }
    text + &output::of_rows(&columns::fitting_columns(items, None, width), format)
}

/// The text of a value that is no object and no list.
fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::Text(text) | Json::Number(text) => Some(text.clone()),
        Json::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// The options of the server have no meaning for its client.
fn reject_server_options(args: &Args, words: &[String]) -> Result<()> {
    let is_of_client = |name: &str| options::is_global(name) || matches!(name, "follow" | "help");
    let mut of_server = options::of(Scope::Emulator).filter(|option| !is_of_client(option.name));
    match of_server.find(|option| args.has(option.name)) {
        Some(option) => {
            let message =
                format!("`cvm emulator {}` takes no `--{}`", words.join(" "), option.name);
            Err(CliError::usage(message).hint("it is an option for starting an emulator"))
        }
        None => Ok(()),
    }
}
