//! `cvm resume`: lists the journal entries, and settles or removes one.

mod evidence;
mod inspect;
mod rebuild_request;
mod replay;

use std::time::SystemTime;

use self::replay::Replay;
use crate::args::Args;
use crate::error::{CliError, Result};
use crate::journal::clocks::Clocks;
use crate::journal::entry::{self, Entry};
use crate::journal::{Journal, JournalGuard, ListedEntry};
use crate::options::Scope;
use crate::output::columns::Rows;
use crate::output::{self, Format, format_age};

/// Lists the entries, forgets one, or settles one.
pub fn run(args: &Args) -> Result<()> {
    args.reject_unexpected("resume", Scope::Resume, 1)?;
    let journal = Journal::of_user()?;
    match (args.positional.get(1), args.option("forget")) {
        (None, Some(id)) => forget(args, &journal, id),
        (Some(id), Some(_)) => {
            Err(CliError::usage(format!("`{id}` cannot be combined with `--forget`"))
                .hint("write `cvm resume ID`, or `cvm resume --forget ID`"))
        }
        (None, None) if args.parameters.is_empty() => list(args, &journal),
        (None, None) => {
            Err(CliError::usage("parameters belong to an entry, but no entry id is given")
                .hint("write `cvm resume ID --Secret.Member @-`; `cvm resume` lists the entries"))
        }
        (Some(id), None) => settle(args, journal, id),
    }
}

fn forget(args: &Args, journal: &Journal, id: &str) -> Result<()> {
    let format = Format::of(args, Format::Table)?;
    output::must_be_open()?;
    journal.forget(id)?;
    if format == Format::Table {
        return output::print(&format!("Removed entry {id}.\n"));
    }
    let columns = ["Id", "State"].map(str::to_owned).to_vec();
    let rows = vec![vec![id.to_owned(), "forgotten".to_owned()]];
    output::print(&output::of_rows(&Rows { columns, rows, omitted: 0 }, format))
}

fn settle(args: &Args, journal: Journal, id: &str) -> Result<()> {
    let guard = JournalGuard::open(&journal, id)?;
    let entry = guard.entry();
    let info = entry.info().map_err(|why| entry::unusable(id, &why))?;
    if entry.window(&Clocks::now()).is_none() {
        return inspect::run(args, info, guard);
    }
    match replay::run(args, info, guard)? {
        Replay::Done => Ok(()),
        Replay::NotSent(guard) => inspect::run(args, info, *guard),
    }
}

fn list(args: &Args, journal: &Journal) -> Result<()> {
    let format = Format::of(args, Format::Table)?;
    let found = journal.entries()?;
    if found.is_empty() && format == Format::Table {
        return output::print("The journal is empty: no request has an unknown outcome.\n");
    }
    let columns = ["Id", "Action", "Region", "Age", "State", "ClientToken", "Resume"];
    let now = Clocks::now();
    let rows = Rows {
        columns: columns.map(str::to_owned).to_vec(),
        rows: found.into_iter().map(|found| row(found, &now).to_vec()).collect(),
        omitted: 0,
    };
    output::print(&output::of_rows(&rows, format))
}

fn row(found: ListedEntry, now: &Clocks) -> [String; 7] {
    let ListedEntry { id, entry, running } = found;
    match entry {
        Err(why) => {
            let blank = String::new;
            [id, blank(), blank(), blank(), "broken".to_owned(), blank(), why]
        }
        Ok(entry) => {
            let next = match entry.window(now) {
                _ if running => "not yet".to_owned(),
                Some(left) => format!("retries ({} s)", left.as_secs()),
                None => "only reads".to_owned(),
            };
            let age = age(&entry, now.wall);
            let state = if running { "running" } else { entry.state.as_str() }.to_owned();
            let token = entry.client_token.unwrap_or_default();
            [id, entry.action, entry.region.unwrap_or_default(), age, state, token, next]
        }
    }
}

/// How long ago an entry was written.
fn age(entry: &Entry, now: SystemTime) -> String {
    entry.age(now).map_or_else(|| "clock set back".to_owned(), format_age)
}
