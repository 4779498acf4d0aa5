//! `cvm emulator WORD`: the client of the admin API of a running emulator.

use std::time::Duration;

use cvm_models::protocol::Json;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::args::Args;
use crate::connect::variable;
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::options::Scope;
use crate::output::{self, Format, columns, json};
use crate::ready::Ready;
use crate::{runtime, terminal};

/// Time for one request. The largest ones take some seconds.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A request to the admin API.
#[derive(Debug, PartialEq)]
struct Call {
    method: Method,
    path: String,
    body: String,
}

/// Sends the request that these words name, and prints the response.
pub fn run(args: &Args, words: &[String]) -> Result<()> {
    args.reject_unexpected("emulator", Scope::Plain, words.len())?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let call = call(&words)?;
    let file = args.option("emulator").map(str::to_owned).or_else(|| variable("CVM_EMULATOR"));
    let file = file.ok_or_else(|| {
        CliError::new(ExitStatus::Config, "no emulator is named")
            .hint("give its ready file: `--emulator FILE`, or the variable CVM_EMULATOR")
    })?;
    let ready = Ready::read(&file)?;
    let is_metrics = call.path.ends_with("/metrics");
    let (status, body) = runtime::block_on(async {
        let sent = tokio::time::timeout(TIMEOUT, send(&ready, call)).await;
        sent.unwrap_or_else(|_| Err(network(&ready, "it did not respond in time")))
    })??;
    if status == StatusCode::NO_CONTENT {
        return Ok(());
    }
    if status.is_success() && is_metrics {
        return output::print(&String::from_utf8_lossy(&body));
    }
    let answer = Json::parse(&body)
        .map_err(|_| network(&ready, "its response is no JSON; is it an older emulator?"))?;
    if !status.is_success() {
        let message = answer.member("error").and_then(|error| error.member("message"));
        let message = message.and_then(Json::as_text).unwrap_or("the request failed");
        return Err(CliError::new(ExitStatus::Refused, message.to_owned()));
    }
    let is_screen = terminal::stdout_is_terminal();
    match Format::of(args, if is_screen { Format::Table } else { Format::Json })? {
        Format::Json => output::print(&json::render(&answer, is_screen)),
        format => {
            let Json::Object(members) = &answer else { return Ok(()) };
            let list = members.iter().find_map(|(_, value)| match value {
                Json::List(items) => Some(items.as_slice()),
                _ => None,
            });
            let entries = list.unwrap_or(std::slice::from_ref(&answer));
            let rows = columns::fitting_columns(entries, None, terminal::width());
            output::print(&output::of_rows(&rows, format))
        }
    }
}

/// The request that these words name.
fn call(words: &[&str]) -> Result<Call> {
    let call = |method, path: &str, body: String| {
        Ok(Call { method, path: format!("/_emulator/{path}"), body })
    };
    let get = |path: &str| call(Method::GET, path, String::new());
    match words {
        [name @ ("health" | "version" | "clock" | "log" | "state" | "coverage" | "metrics")] => {
            get(name)
        }
        ["state", kind] if kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') => {
            get(&format!("state/{kind}"))
        }
        ["log", "clear"] => call(Method::DELETE, "log", String::new()),
        ["reset"] => call(Method::POST, "reset", String::new()),
        ["clock", "run-until-idle"] => call(Method::POST, "clock/run-until-idle", String::new()),
        ["clock", "advance", seconds] => {
            let seconds = number("clock advance", seconds)?;
            call(Method::POST, "clock/advance", format!("{{\"seconds\":{seconds}}}"))
        }
        ["clock", "mode", mode @ ("real" | "instant" | "manual")] => {
            call(Method::POST, "clock/mode", format!("{{\"mode\":\"{mode}\"}}"))
        }
        ["clock", "mode", "scaled", scale] => {
            let scale = number("clock mode scaled", scale)?;
            call(Method::POST, "clock/mode", format!("{{\"mode\":\"scaled\",\"scale\":{scale}}}"))
        }
        words => {
            let message = format!("`cvm emulator {}` is no command", words.join(" "));
            Err(CliError::usage(message).hint("`cvm help emulator` lists them"))
        }
    }
}

fn number(what: &str, text: &str) -> Result<f64> {
    text.parse().ok().filter(|number: &f64| *number >= 0.0 && number.is_finite()).ok_or_else(|| {
        CliError::usage(format!("`cvm emulator {what}` needs a number from 0, not `{text}`"))
    })
}

async fn send(ready: &Ready, call: Call) -> Result<(StatusCode, Vec<u8>)> {
    let authority = ready.url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
    let authority = authority.ok_or_else(|| {
        CliError::new(ExitStatus::Config, "the emulator serves only HTTPS")
            .hint("start it with HTTP beside HTTPS")
    })?;
    let token = ready.admin_token.as_deref().unwrap_or_default();
    let request = Request::builder()
        .method(call.method)
        .uri(call.path)
        .header(header::HOST, authority)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(call.body)
        .map_err(|error| CliError::new(ExitStatus::Config, error.to_string()))?;
    let failed = |error: &dyn std::fmt::Display| network(ready, &error.to_string());
    let stream = TcpStream::connect(authority).await.map_err(|error| failed(&error))?;
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| failed(&error))?;
    // Its errors are those of the request.
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(|error| failed(&error))?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(|error| failed(&error))?.to_bytes();
    connection.abort();
    Ok((status, body.to_vec()))
}

fn network(ready: &Ready, why: &str) -> CliError {
    CliError::new(ExitStatus::Network, format!("cannot call the emulator at {}: {why}", ready.url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_and_numbers_are_rejected() {
        for words in [
            &["warp"][..],
            &["clock", "advance"],
            &["clock", "advance", "-1"],
            &["clock", "advance", "x"],
            &["clock", "mode", "scaled"],
            &["state", "../reset"],
            &["state", "vpcs", "x"],
        ] {
            assert_eq!(call(words).unwrap_err().exit(), ExitStatus::Usage, "{words:?}");
        }
    }
}
