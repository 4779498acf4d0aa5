//! Prints the events of a running emulator until it stops: JSON lines, or readable lines on a terminal.

use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::connection::{self, Open};
use super::{Call, parse, refused};
use crate::args::Args;
use crate::error::Result;
use crate::output::{self, Format};
use crate::ready::Ready;
use crate::{runtime, terminal};

/// Prints each event as it comes. `is_log` means that all events are requests, and only those are printed.
pub(super) fn run(args: &Args, ready: &Ready, call: Call, is_log: bool) -> Result<()> {
    let is_screen = terminal::stdout_is_terminal();
    let format = Format::of(args, if is_screen { Format::Text } else { Format::Json })?;
    let as_json = format == Format::Json;
    runtime::block_on(async {
        let mut open = connection::open(ready, call).await?;
        if !open.response.status().is_success() {
            let body = open.response.body_mut().collect().await;
            let body = body.map_err(|error| connection::failure(ready, &error.to_string()))?;
            return Err(refused(&parse(ready, &body.to_bytes())?));
        }
        print_events(ready, &mut open, as_json, is_log).await
    })?
}

async fn print_events(ready: &Ready, open: &mut Open, as_json: bool, is_log: bool) -> Result<()> {
    let mut parser = Parser::default();
    while let Some(frame) = open.response.body_mut().frame().await {
        let frame = frame.map_err(|error| connection::failure(ready, &error.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        for event in parser.push(&data) {
            let line = match (is_log, event.kind.as_str()) {
                (true, "request") => Some(line(None, &event.data, as_json)),
                (true, "lagged") => {
                    output::eprint_note(&format!("some requests were lost: {}", event.data));
                    None
                }
                (true, _) => None,
                (false, kind) => Some(line(Some(kind), &event.data, as_json)),
            };
            if let Some(line) = line
                && !output::print_line(&line)?
            {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// One event on one line.
fn line(kind: Option<&str>, data: &Value, as_json: bool) -> String {
    if as_json {
        return match kind {
            Some(kind) => json!({"event": kind, "data": data}).to_string(),
            None => data.to_string(),
        };
    }
    let mut words: Vec<String> = kind.map(|kind| format!("{kind:<11}")).into_iter().collect();
    for (name, value) in data.as_object().into_iter().flatten() {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        words.push(format!("{name}={}", terminal::visible(&text)));
    }
    words.join(" ")
}

/// An event of the stream.
#[derive(Debug, PartialEq)]
struct Event {
    kind: String,
    data: Value,
}

/// Splits the stream into events (HTML standard, 9.2.6), as far as the emulator uses the format.
#[derive(Default)]
struct Parser {
    buffer: Vec<u8>,
}

impl Parser {
    fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.buffer.extend_from_slice(bytes);
        let mut events = Vec::new();
        while let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
            let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
            events.extend(parse_block(&String::from_utf8_lossy(&block)));
        }
        events
    }
}

/// A comment has no data, so it is no event.
fn parse_block(block: &str) -> Option<Event> {
    let field = |name: &str| {
        let mut lines = block.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(known, _)| *known == name).map(|(_, value)| value.trim_start())
    };
    let data = serde_json::from_str(field("data")?).ok()?;
    Some(Event { kind: field("event").unwrap_or("message").to_owned(), data })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_split_wherever_the_bytes_are() {
        let text = b": comment\n\nevent: reset\ndata: {\"a\":1}\n\nid: 1-2\nevent: clock\ndata: {}\n\nevent: x";
        let expected = [
            Event { kind: "reset".to_owned(), data: json!({"a": 1}) },
            Event { kind: "clock".to_owned(), data: json!({}) },
        ];
        for size in 1..=text.len() {
            let mut parser = Parser::default();
            let events: Vec<Event> =
                text.chunks(size).flat_map(|bytes| parser.push(bytes)).collect();
            assert_eq!(events, expected, "chunks of {size}");
        }
    }

    #[test]
    fn lines_are_json_or_readable() {
        let data = json!({"id": "ins-1", "from": null, "to": "RUN\u{1b}NING"});
        let expected =
            r#"{"event":"instance","data":{"id":"ins-1","from":null,"to":"RUN\u001bNING"}}"#;
        assert_eq!(line(Some("instance"), &data, true), expected);
        assert_eq!(line(Some("instance"), &data, false), "instance    id=ins-1 to=RUN\\u{1b}NING");
    }
}
