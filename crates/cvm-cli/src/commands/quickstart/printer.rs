//! Makes the calls of the quickstart and prints them: a line per call, tables, and progress bars.

use std::time::{Duration, Instant};

use console::style;
use cvm_models::protocol::{Waiter, json};
use cvm_models::{Action, Client, Error};
use indicatif::{ProgressBar, ProgressStyle};

use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::lookup::describe_code;
use crate::outcome;
use crate::output::columns::Rows;
use crate::output::{self, table};
use crate::request::Request;
use crate::terminal::{self, visible};
use crate::text_page::TextPage;
use crate::wire::Wire;

/// The indent of everything below a heading.
const INDENT: usize = 3;

/// Makes the calls and prints them.
pub struct Printer {
    client: Client,
    wire: Option<Wire>,
    interval: Duration,
    steps: u32,
    calls: u32,
}

impl Printer {
    /// A printer whose waits poll at this interval.
    pub const fn new(client: Client, wire: Option<Wire>, interval: Duration) -> Self {
        Self { client, wire, interval, steps: 0, calls: 0 }
    }

    /// Prints the title.
    pub fn title(&self, title: &str) -> Result<()> {
        output::print(&format!("{}\n", style(visible(title)).bold()))
    }

    /// Begins a step.
    pub fn step(&mut self, title: &str) -> Result<()> {
        self.steps += 1;
        output::print(&format!("\n{}  {}\n", self.steps, style(visible(title)).bold()))
    }

    /// Prints wrapped text.
    pub fn say(&self, text: &str) -> Result<()> {
        let mut page = TextPage::new();
        page.paragraph(if self.steps == 0 { 0 } else { INDENT }, text);
        output::print(&page.finish())
    }

    /// Prints a table.
    pub fn table(&self, columns: &[&str], rows: Vec<Vec<String>>) -> Result<()> {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        let rows = Rows { columns, rows, omitted: 0 };
        let grid = table::grid(&rows, terminal::width().saturating_sub(INDENT));
        let indented: Vec<String> =
            grid.lines().map(|line| format!("{:INDENT$}{line}", "")).collect();
        output::print(&format!("{}\n", indented.join("\n")))
    }

    /// Makes a call that must succeed. Returns the response and its request id.
    pub async fn call<A: Action>(&mut self, request: A) -> Result<(A::Response, String)> {
        let client = self.client.clone();
        self.send_with(&client, request).await
    }

    /// As [`Self::call`], without retries.
    pub async fn once<A: Action>(&mut self, request: A) -> Result<(A::Response, String)> {
        let client = self.client.with_max_attempts(1);
        self.send_with(&client, request).await
    }

    async fn send_with<A: Action>(
        &mut self,
        client: &Client,
        request: A,
    ) -> Result<(A::Response, String)> {
        self.calls += 1;
        let name = A::INFO.name;
        let sent = json::to_value(&request);
        match client.send_with_report(request).await {
            Ok((response, report)) => {
                self.line(
                    name,
                    &style("ok").green().to_string(),
                    report.took,
                    &under(&report.request_id),
                )?;
                Ok((response, report.request_id))
            }
            Err(error) => {
                self.line(
                    name,
                    &style("failed").red().to_string(),
                    took(&error),
                    &request_id(&error),
                )?;
                Err(outcome::cli_error(&Request::new(A::INFO, sent), &error, None))
            }
        }
    }

    /// Makes a call that must fail with this error code, and explains the code.
    pub async fn refused<A: Action>(&mut self, request: A, code: &str) -> Result<()> {
        self.calls += 1;
        let name = A::INFO.name;
        let sent = json::to_value(&request);
        let error = match self.client.send_with_report(request).await {
            Err(error) if error.code().is_some_and(|known| known == code) => error,
            Err(error) => {
                return Err(outcome::cli_error(&Request::new(A::INFO, sent), &error, None));
            }
            Ok((_, report)) => {
                return Err(CliError::new(
                    ExitStatus::Refused,
                    format!(
                        "{name} was expected to fail with {code}, but it succeeded (request id {})",
                        report.request_id
                    ),
                ));
            }
        };
        self.line(
            name,
            &style("rejected").yellow().to_string(),
            took(&error),
            &request_id(&error),
        )?;
        let mut page = TextPage::new();
        let service = error.service().map_or("", |service| service.message.as_str());
        page.hanging(INDENT + 2, INDENT + 4, &format!("{code}: {service}"));
        if let Some(info) = describe_code(code) {
            page.hanging(INDENT + 2, INDENT + 4, &format!("Meaning: {}", info.doc));
            page.hanging(INDENT + 2, INDENT + 4, &format!("What to do: {}", info.fix));
        }
        output::print(&page.finish())
    }

    /// Waits, with a progress bar if standard error is a terminal.
    pub async fn wait(&mut self, waiter: Waiter) -> Result<()> {
        let began = Instant::now();
        let info = waiter.info;
        let goal =
            if info.success.is_empty() { "gone".to_owned() } else { info.success.join(" or ") };
        let bar = bar(waiter.ids.len(), &goal);
        let mut polls = 0_u32;
        // `--show-wire` shows only the first poll, because the others are the same.
        let mut steps = self.client.wait(waiter).interval(self.interval).progress();
        let waited = loop {
            match steps.try_next().await {
                Ok(Some(progress)) => {
                    polls += 1;
                    self.mute(true);
                    let state =
                        progress.report.resources.iter().find_map(|one| one.state.as_deref());
                    bar.set_message(visible(state.unwrap_or("not listed")).into_owned());
                    bar.set_position(progress.reached().try_into().unwrap_or_default());
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.mute(false);
        bar.finish_and_clear();
        self.calls += polls;
        match waited {
            Ok(()) => {
                let polls = if polls == 1 { "1 poll".to_owned() } else { format!("{polls} polls") };
                let expected = format!("until {goal}, {polls} of {}", info.action.name);
                self.line("wait", &style("ok").green().to_string(), began.elapsed(), &expected)
            }
            Err(error) => Err(CliError::new(outcome::exit(&error), error.to_string())),
        }
    }

    /// Prints the end, with the next steps.
    pub fn end(&self, took: Duration, next: &str) -> Result<()> {
        output::print(&format!(
            "\n{} {} calls in {}. {next}\n",
            style("Done.").bold(),
            self.calls,
            duration(took)
        ))
    }

    fn mute(&self, muted: bool) {
        if let Some(wire) = &self.wire {
            wire.mute(muted);
        }
    }

    fn line(&self, what: &str, outcome: &str, took: Duration, expected: &str) -> Result<()> {
        let padding = " ".repeat(9_usize.saturating_sub(console::measure_text_width(outcome)));
        let expected = style(visible(expected)).dim();
        output::print(&format!(
            "{:INDENT$}{what:<28}{outcome}{padding}{:>7}   {expected}\n",
            "",
            duration(took)
        ))
    }
}

/// A progress bar for resources; hidden unless standard error is a terminal.
///
/// It shows how many have reached the target state. For a single resource, it is a spinner.
fn bar(resources: usize, goal: &str) -> ProgressBar {
    if !terminal::stderr_is_terminal() {
        return ProgressBar::hidden();
    }
    let filling = if resources == 1 { "{spinner}" } else { "{bar:24}" };
    let template = format!("   {{prefix}} [{filling}] {{pos}}/{{len}}  {{msg}}  {{elapsed}}");
    let bar = ProgressBar::new(resources.try_into().unwrap_or(u64::MAX));
    if let Ok(style) = ProgressStyle::with_template(&template) {
        let frames = pulse(24, 6);
        let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
        bar.set_style(style.progress_chars("━╸ ").tick_strings(&frames));
    }
    bar.set_prefix(format!("until {goal}"));
    bar.enable_steady_tick(Duration::from_millis(40));
    bar
}

/// The frames of a spinner that moves back and forth; the last one is full.
fn pulse(track: usize, piece: usize) -> Vec<String> {
    let last = track.saturating_sub(piece);
    let frame = |at: usize| {
        format!("{:at$}{}{:rest$}", "", "━".repeat(piece), "", rest = last.saturating_sub(at))
    };
    let there = (0..last).map(frame);
    let back = (1..=last).rev().map(frame);
    there.chain(back).chain([("━").repeat(track)]).collect()
}

fn took(error: &Error) -> Duration {
    error.attempts().iter().map(|attempt| attempt.began + attempt.took).max().unwrap_or_default()
}

fn request_id(error: &Error) -> String {
    error.request_id().map_or_else(|| "no request id".to_owned(), under)
}

fn under(request_id: &str) -> String {
    format!("request id {request_id}")
}

/// `0.4 ms`, `12 ms`, `1.2 s`.
fn duration(span: Duration) -> String {
    if span < Duration::from_millis(10) {
        format!("{:.1} ms", span.as_secs_f64() * 1000.0)
    } else if span < Duration::from_secs(1) {
        format!("{} ms", span.as_millis())
    } else {
        format!("{:.1} s", span.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spinner_frames_have_equal_width() {
        let frames = pulse(5, 2);
        assert_eq!(frames, ["━━   ", " ━━  ", "  ━━ ", "   ━━", "  ━━ ", " ━━  ", "━━━━━"]);
    }

    #[test]
    fn durations_are_short() {
        for (micros, expected) in [(400, "0.4 ms"), (12_300, "12 ms"), (1_240_000, "1.2 s")] {
            assert_eq!(duration(Duration::from_micros(micros)), expected);
        }
    }
}
