//! `cvm resume`: what the journal still holds, and how each of it is settled.

pub mod before;
mod compare;
mod guard;
mod inspect;
mod list_query;
mod marks;
mod matching;
mod rebuild_request;
mod replay;
mod value;

pub use before::Seen;
pub use guard::Guard;

use std::time::{Duration, SystemTime};

use crate::args::Args;
use crate::clocks::Clocks;
use crate::entry::{self, Entry};
use crate::exit::{CliError, Result};
use crate::journal::{Found, Journal};
use crate::options::Scope;
use crate::output::rows::Rows;
use crate::output::{self, Format};
use replay::Sent;

/// Lists the entries, forgets one, or settles one.
pub fn run(line: &Args) -> Result<()> {
    line.reject_unexpected("resume", Scope::Resume, 1)?;
    let journal = Journal::of_user()?;
    match (line.positional.get(1), line.option("forget")) {
        (None, Some(id)) => forget(line, &journal, id),
        (Some(id), Some(_)) => Err(CliError::usage(format!("`{id}` stands beside `--forget`"))
            .hint("write `cvm resume ID`, or `cvm resume --forget ID`")),
        (None, None) if line.parameters.is_empty() => list(line, &journal),
        (None, None) => Err(CliError::usage("parameters belong to an entry, and none is named")
            .hint("write `cvm resume ID --Secret.Member @-`; `cvm resume` lists what there is")),
        (Some(id), None) => settle(line, journal, id),
    }
}

fn forget(line: &Args, journal: &Journal, id: &str) -> Result<()> {
    let format = Format::of(line, Format::Table)?;
    output::must_be_open()?;
    journal.forget(id)?;
    if format == Format::Table {
        return output::print(&format!("Entry {id} is gone.\n"));
    }
    let columns = ["Id", "State"].map(str::to_owned).to_vec();
    let rows = vec![vec![id.to_owned(), "forgotten".to_owned()]];
    output::print(&output::of_rows(&Rows { columns, rows, left_out: 0 }, format))
}

fn settle(line: &Args, journal: Journal, id: &str) -> Result<()> {
    let noted = journal.entry(id)?;
    let entry = noted.entry();
    let info = entry.info().map_err(|why| entry::unusable(id, &why))?;
    if entry.window(&Clocks::now()).is_none() {
        return inspect::run(line, info, noted);
    }
    match replay::run(line, info, noted)? {
        Sent::Ended => Ok(()),
        Sent::Not(noted) => inspect::run(line, info, *noted),
    }
}

fn list(line: &Args, journal: &Journal) -> Result<()> {
    let format = Format::of(line, Format::Table)?;
    let found = journal.entries()?;
    if found.is_empty() && format == Format::Table {
        return output::print("The journal is empty: the outcome of every call is known.\n");
    }
    let columns = ["Id", "Action", "Region", "Age", "State", "ClientToken", "Resume"];
    let now = Clocks::now();
    let rows = Rows {
        columns: columns.map(str::to_owned).to_vec(),
        rows: found.into_iter().map(|found| row(found, &now).to_vec()).collect(),
        left_out: 0,
    };
    output::print(&output::of_rows(&rows, format))
}

fn row(found: Found, now: &Clocks) -> [String; 7] {
    let Found { id, entry, running } = found;
    match entry {
        Err(why) => {
            let blank = String::new;
            [id, blank(), blank(), blank(), "broken".to_owned(), blank(), why]
        }
        Ok(entry) => {
            let next = match entry.window(now) {
                _ if running => "not yet".to_owned(),
                Some(left) => format!("repeats ({} s)", left.as_secs()),
                None => "reads".to_owned(),
            };
            let age = age(&entry, now.wall);
            let state = if running { "running" } else { entry.state.as_str() }.to_owned();
            let token = entry.client_token.unwrap_or_default();
            [id, entry.action, entry.region.unwrap_or_default(), age, state, token, next]
        }
    }
}

/// How long ago an entry was written, for people.
fn age(entry: &Entry, now: SystemTime) -> String {
    entry.age(now).map_or_else(|| "clock went back".to_owned(), format_age)
}

/// A span of time in its largest unit.
fn format_age(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// Refuses a credential that is not the entry's: a token belongs to an account, and so does what a
/// list shows.
fn must_be_signed_by(entry: &Entry, secret_id: &str, line: &Args) -> Result<()> {
    if entry.secret_id == secret_id || line.has("same-account") {
        return Ok(());
    }
    Err(CliError::new(
        crate::exit::ExitStatus::Config,
        "another secret id signed this request; nothing was sent",
    )
    .hint("use the credential of then: in another account neither token nor list tells anything")
    .hint("--same-account says that this one is of the same account"))
}
