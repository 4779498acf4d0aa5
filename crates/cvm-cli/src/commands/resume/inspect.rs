//! What a request left behind, by reading alone: nothing is ever sent again from here.

use std::time::{Duration, SystemTime};

use cvm_models::docs;
use cvm_models::protocol::ActionInfo;
use serde_json::Value;

use super::list_query::Reading;
use super::matching::{Query, Times, Verdict};
use super::value::{at, cell, texts};
use super::{format_age, must_be_signed_by, rebuild_request};
use crate::args::Args;
use crate::clocks::Clocks;
use crate::connect::reconnect;
use crate::entry::Entry;
use crate::exit::{CliError, ExitStatus, Result};
use crate::journal::JournalGuard;
use crate::output::rows::{self, Rows};
use crate::output::{self, Format};
use crate::text_page::TextPage;
use crate::wire::{Show, Wire};
use crate::{lookup, runtime};

/// How long a request may be on its way: until then, what is not seen may still come.
const SETTLE: Duration = Duration::from_secs(60);

/// How far the clocks of this machine and of the service may lie apart without anybody noticing: the
/// service refuses what was signed further off, and the client then measures the difference.
const CLOCKS: Duration = Duration::from_secs(300);

/// How exactly the difference of the clocks is measured: times of responses have no fractions of a second.
const SKEW_PRECISION: Duration = Duration::from_secs(5);

/// The pause before a second reading when the first one does not show that all of it was done. One list alone may
/// lag behind, and "not there" invites to send the request again.
const CONFIRMATION: Duration = Duration::from_secs(1);

/// Most ids that a hint names.
const MAX_NAMED: usize = 4;

/// Why the time of creation says nothing.
const CLOCK_WENT_BACK: &str = "this machine's clock went back since the entry was written, so the time of creation was not \
     compared: what is listed may be older, and what is not listed proves nothing";

/// Looks what became of the request of an entry.
pub fn run(line: &Args, info: &'static ActionInfo, noted: JournalGuard) -> Result<()> {
    let format = Format::of(line, Format::Table)?;
    let entry = noted.entry();
    rebuild_request::request(line, info, entry)?;
    let text = docs::action(info.name).map_or("", |doc| doc.reconcile);
    let Some(facts) = &info.reconcile else {
        if format == Format::Table {
            explain(&[text])?;
        } else {
            output::print(&output::of_rows(&Rows::default(), format))?;
            output::eprint_note(text);
        }
        return Err(unsettled(entry, "no list of this service tells", &[]));
    };
    let list = lookup::action(facts.list)?;
    let Some((items, table)) = rows::main_list(list) else {
        return Err(CliError::local(format!("`{}` answers no list", list.name)));
    };
    let wire = line.has("show-wire").then(|| Wire::new(Show::Stderr));
    let connection = reconnect(line, entry, wire, None)?;
    let reading = Reading { facts, list, items, request: &entry.parameters };
    // `lists` are the single readings that the entries come from.
    let judge = |entries: &[Value], lists: &[&[Value]]| {
        let skew = connection.client.clock_correction();
        let is_known = entry.is_start_known(SystemTime::now(), skew);
        let since = is_known.then(|| since(entry, skew));
        let sent = since.as_ref().map(|_| entry.started_for_service(skew));
        let sent_at = sent.map(|sent| service_time(sent.saturating_sub(SKEW_PRECISION.as_secs())));
        let read_at = since.as_ref().map(|_| latest(entry, skew));
        let times = Times {
            since: since.as_deref(),
            sent_at: sent_at.as_deref(),
            read_at: read_at.as_deref(),
        };
        let sought = Query::new(info, facts, list, table, entry, times);
        match facts.ids {
            Some(ids) => of_ids(&sought, &texts(&entry.parameters, ids), entries, lists),
            None if sought.compares_nothing() => listed(&sought, entries),
            None => {
                Matches { sent_at: sent.map(service_time), ..candidates(&sought, list, entries) }
            }
        }
    };
    let found = runtime::block_on(async {
        must_be_signed_by(entry, &connection.secret_id().await?, line)?;
        let entries = reading.entries(&connection).await?;
        let found = judge(&entries, &[]);
        if found.is_complete() {
            return Ok::<_, CliError>(found);
        }
        tokio::time::sleep(CONFIRMATION).await;
        let again = reading.entries(&connection).await?;
        let either = reading.either(entries.clone(), again.clone());
        Ok(judge(&either, &[&entries, &again]))
    })??;
    let age = entry.age(SystemTime::now());
    let asked = format!(
        "{}{}{}, by {}:",
        info.name,
        age.map_or_else(String::new, |age| format!(" of {} ago", format_age(age))),
        entry.region.as_deref().map(|region| format!(", {region}")).unwrap_or_default(),
        list.name
    );
    if format == Format::Table {
        explain(&[&asked])?;
    }
    // What settles the entry is printed before the entry goes, or it stays.
    output::print_whole(&output::of_rows(&found.rows, format))?;
    if format == Format::Table {
        explain(&[text])?;
    }
    let concluded = conclude(noted, &found, format);
    // A person decides by the text of the rule, whatever the format is.
    if concluded.is_err() && format != Format::Table {
        output::eprint_note(text);
    }
    concluded
}

/// What was found, as a table and in numbers.
struct Matches {
    rows: Rows,
    /// How many ids have which verdict; empty when candidates were looked for.
    verdicts: Vec<Verdict>,
    /// How many entries could be what was made, and how many were asked for.
    candidates: Option<(usize, u64)>,
    /// Whether the list does not show what would tell if something is what was made.
    unclear: bool,
    /// Whether what fits bears marks that the request put on what it makes, such as tags.
    marked: bool,
    /// Why a verdict was left to a person.
    reasons: Vec<String>,
    /// Whether the time at which an entry was made had to be left out of account.
    timeless: bool,
    /// How many of the candidates are older than the request if the clocks agree.
    older: usize,
    /// When the request was sent, by the clock of the service.
    sent_at: Option<String>,
}

impl Matches {
    /// Whether everything that was asked for is there, so that no later list can show more. That something is gone
    /// takes two lists.
    fn is_complete(&self) -> bool {
        let is_listed = |(verdict, row): (&Verdict, &Vec<String>)| {
            *verdict == Verdict::Done
                && row.get(1).is_some_and(|word| word == Verdict::Done.as_str())
        };
        match self.candidates {
            Some((fitting, asked)) => u64::try_from(fitting).is_ok_and(|fitting| fitting >= asked),
            None => {
                !self.verdicts.is_empty()
                    && self.verdicts.len() == self.rows.rows.len()
                    && self.verdicts.iter().zip(&self.rows.rows).all(is_listed)
            }
        }
    }
}

/// What a list shows that no rule compares with the request.
fn listed(sought: &Query<'_>, entries: &[Value]) -> Matches {
    let columns = sought.facts.display;
    let row = |entry: &Value| columns.iter().map(|path| cell(entry, path)).collect();
    let rows = entries.iter().map(row).collect();
    Matches {
        rows: Rows {
            columns: columns.iter().map(|path| (*path).to_owned()).collect(),
            rows,
            left_out: 0,
        },
        verdicts: vec![Verdict::NeedsReview],
        candidates: None,
        unclear: false,
        marked: false,
        reasons: vec![format!(
            "no rule compares `{}` with what is listed, so compare it yourself",
            sought.uncompared.join("`, `")
        )],
        timeless: false,
        older: 0,
        sent_at: None,
    }
}

/// Whether all of the lists show the same of an id.
fn agree(sought: &Query<'_>, id: &str, lists: &[&[Value]]) -> bool {
    let mut shown = lists.iter().map(|entries| sought.of_id(id, entries));
    let first = shown.next();
    shown.all(|other| Some(other) == first)
}

fn of_ids(sought: &Query<'_>, ids: &[String], entries: &[Value], lists: &[&[Value]]) -> Matches {
    let facts = sought.facts;
    let mut changing = Vec::new();
    let columns = [facts.id, "Verdict"].into_iter().chain(facts.display.iter().copied());
    let columns = columns.map(str::to_owned).collect();
    let (mut rows, mut verdicts) = (Vec::new(), Vec::new());
    for id in ids {
        let (mut verdict, about) = sought.of_id(id, entries);
        // Something goes on, or one of the lists lags behind.
        if verdict == Verdict::NotSeen && !agree(sought, id, lists) {
            verdict = Verdict::NeedsReview;
            changing.push(id.as_str());
        }
        verdicts.push(verdict);
        let row = |entry: Option<&Value>| {
            let shown = facts.display.iter().map(|path| match entry {
                Some(entry) => cell(entry, path),
                None => String::new(),
            });
            let word = match (verdict, entry) {
                (Verdict::Done, None) => "done: gone".to_owned(),
                (Verdict::NotSeen, None) => "not listed".to_owned(),
                (verdict, _) => verdict.as_str().to_owned(),
            };
            [id.clone(), word].into_iter().chain(shown).collect()
        };
        if about.is_empty() {
            rows.push(row(None));
        }
        rows.extend(about.into_iter().map(|entry| row(Some(entry))));
    }
    let mut reasons = reasons(sought, ids, entries);
    if !changing.is_empty() {
        reasons.push(format!(
            "two lists within a second showed different things about `{}`, so read again later",
            changing.join("`, `")
        ));
    }
    Matches {
        rows: Rows { columns, rows, left_out: 0 },
        reasons,
        verdicts,
        candidates: None,
        unclear: false,
        marked: false,
        timeless: sought.creation_time_unknown(),
        older: 0,
        sent_at: None,
    }
}

/// Why nothing is proved, where a person might wonder.
fn reasons(sought: &Query<'_>, ids: &[String], entries: &[Value]) -> Vec<String> {
    let mut reasons = Vec::new();
    let is_open = |id: &&String| sought.of_id(id, entries).0 == Verdict::NeedsReview;
    if ids.iter().any(|id| is_open(&id)) && !sought.uncompared.is_empty() {
        reasons.push(format!(
            "no list shows what became of `{}`, so compare it yourself",
            sought.uncompared.join("`, `")
        ));
    }
    let is_alike = |id: &String| {
        let (verdict, about) = sought.of_id(id, entries);
        verdict == Verdict::NeedsReview && about.len() == 1 && sought.is_name_of_many()
    };
    if ids.iter().any(is_alike) {
        reasons.push(
            "names are not unique, so another caller may have created it: look at its creation time"
                .to_owned(),
        );
    }
    let under_way: Vec<&str> = ids
        .iter()
        .filter(|id| {
            let (verdict, about) = sought.of_id(id, entries);
            verdict == Verdict::NeedsReview
                && about.iter().any(|entry| sought.may_be_under_way(entry))
        })
        .map(String::as_str)
        .collect();
    if !under_way.is_empty() {
        reasons.push(format!(
            "an operation on `{}` may be under way or just over, so read again later",
            under_way.join("`, `")
        ));
    }
    let expired: Vec<&str> = ids
        .iter()
        .filter(|id| {
            let (verdict, about) = sought.of_id(id, entries);
            let is_open =
                verdict == Verdict::NeedsReview && about.is_empty() && sought.was_listed(id);
            is_open && sought.may_have_expired(id)
        })
        .map(String::as_str)
        .collect();
    if let (Some(expires), false) = (sought.facts.expires, expired.is_empty()) {
        reasons.push(format!(
            "`{}` may be gone because its time (`{expires}`) has come, so look at what it acts on",
            expired.join("`, `")
        ));
    }
    let is_absent = |id: &String| sought.of_id(id, entries).1.is_empty();
    if ids.iter().any(is_absent)
        && let Some(ended) = ended(sought)
    {
        reasons.push(ended);
        return reasons;
    }
    let absent: Vec<&str> = ids
        .iter()
        .filter(|id| {
            let (verdict, about) = sought.of_id(id, entries);
            verdict == Verdict::NeedsReview && about.is_empty() && !sought.was_listed(id)
        })
        .map(String::as_str)
        .collect();
    if !absent.is_empty() {
        let why = if sought.before.is_some() {
            "was not listed before the call either"
        } else {
            "was not looked for before the call"
        };
        reasons.push(format!(
            "`{}` {why}, so that it is not listed proves nothing",
            absent.join("`, `")
        ));
    }
    reasons
}

/// Why absence proves nothing of a request with a time that may have come.
fn ended(sought: &Query<'_>) -> Option<String> {
    let ended = sought.ended.as_ref()?;
    Some(format!(
        "its time (`{ended}`) may have come, so that it may have been carried out and have run: look at what it acts on"
    ))
}

fn candidates(sought: &Query<'_>, list: &ActionInfo, entries: &[Value]) -> Matches {
    let facts = sought.facts;
    let id = list.paginate.and_then(|pages| pages.id);
    let shown = facts.display.iter().copied();
    let columns: Vec<&str> = id.into_iter().chain(shown).collect();
    let fitting = sought.candidates(entries);
    let row = |entry: &&Value| columns.iter().map(|path| cell(entry, path)).collect();
    let rows = fitting.iter().map(row).collect();
    let asked = facts.count.and_then(|member| at(sought.request, member)?.as_u64()).unwrap_or(1);
    let young = fitting.iter().filter(|entry| sought.created_after_request(entry)).count();
    let mut reasons = Vec::new();
    if young < fitting.len() {
        reasons.push(format!(
            "{} made earlier bear its tags too: if this machine's clock was wrong when it was sent, they may \
             be what it made",
            fitting.len() - young
        ));
    }
    let unmarked: Vec<String> = sought
        .unmarked(entries)
        .into_iter()
        .filter_map(|entry| id.map(|id| cell(entry, id)))
        .collect();
    if !unmarked.is_empty() {
        let shown: Vec<&str> = unmarked.iter().take(MAX_NAMED).map(String::as_str).collect();
        reasons.push(format!(
            "the list does not show the tags of {} made since (`{}`), so they may be what it made",
            unmarked.len(),
            shown.join("`, `")
        ));
    }
    if fitting.is_empty() {
        reasons.extend(ended(sought));
    }
    let marked = sought.has_tags();
    // What bears the tags is shown for them, whatever else the list does not tell.
    let hiding = fitting.iter().filter(|entry| !marked && !sought.hidden(entry).is_empty());
    let hiding: Vec<&Value> = hiding.copied().collect();
    if !hiding.is_empty() {
        let mut members: Vec<_> = hiding.iter().flat_map(|entry| sought.hidden(entry)).collect();
        members.sort_unstable();
        members.dedup();
        reasons.push(format!(
            "the list does not show `{}` of {} of them, so they may be what it made or not",
            members.join("`, `"),
            hiding.len()
        ));
    }
    Matches {
        candidates: Some((young, asked)),
        unclear: !(unmarked.is_empty() && hiding.is_empty()),
        rows: Rows { columns: columns.into_iter().map(str::to_owned).collect(), rows, left_out: 0 },
        verdicts: Vec::new(),
        reasons,
        marked,
        timeless: sought.creation_time_unknown(),
        older: fitting
            .iter()
            .filter(|entry| sought.created_after_request(entry) && sought.is_older(entry))
            .count(),
        sent_at: None,
    }
}

/// Says what follows. Only what is there for every id settles the entry without a person.
fn conclude(noted: JournalGuard, found: &Matches, format: Format) -> Result<()> {
    let entry = noted.entry();
    let clock = found.timeless.then_some(CLOCK_WENT_BACK);
    if let Some((fitting, asked)) = found.candidates {
        let since = match found.older {
            _ if found.timeless => "",
            0 => " made since",
            _ => " made since or shortly before",
        };
        let (one, many) = if found.marked {
            ("bears its tags", "bear its tags")
        } else if found.unclear {
            ("may be it", "may be it")
        } else {
            ("looks like it", "look like it")
        };
        let why = match fitting {
            0 if found.unclear => {
                format!("nothing{since} is shown to bear its tags; it asked for {asked}")
            }
            0 => format!("nothing{since} {one}; it asked for {asked}"),
            1 => format!("1 entry{since} {one}; it asked for {asked}"),
            _ => format!("{fitting} entries{since} {many}; it asked for {asked}"),
        };
        // Another call with the same tags a moment before would look the same, so this proves nothing
        // by itself.
        let told = match young(entry).filter(|_| fitting == 0) {
            Some(late) => Some(late),
            None if found.marked && u64::try_from(fitting) == Ok(asked) => {
                Some("if no other call has these tags, it was carried out".to_owned())
            }
            None => None,
        };
        let told = told.or_else(|| clock.map(str::to_owned));
        let sent = found.sent_at.as_ref().map(|sent| {
            let minutes = CLOCKS.as_secs() / 60;
            let older = match found.older {
                0 => String::new(),
                older => format!(", and {older} of those listed were created before that"),
            };
            format!("it was sent at {sent}Z; clocks may differ by {minutes} minutes{older}")
        });
        let hints: Vec<String> = found.reasons.iter().cloned().chain(sent).chain(told).collect();
        return Err(unsettled(entry, &why, &hints));
    }
    let count = |verdict| found.verdicts.iter().filter(|one| **one == verdict).count();
    if !found.verdicts.is_empty() && count(Verdict::Done) == found.verdicts.len() {
        return settle(noted, format);
    }
    let counts = [
        (count(Verdict::Done), "done"),
        (count(Verdict::NotSeen), "not seen"),
        (count(Verdict::NeedsReview), "for you to judge"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
    let late = young(entry).filter(|_| count(Verdict::NotSeen) > 0);
    let mut hints = found.reasons.clone();
    hints.extend(late.or_else(|| clock.map(str::to_owned)));
    Err(unsettled(entry, &counts.join(", "), &hints))
}

/// The change is there: the entry has done its service.
fn settle(noted: JournalGuard, format: Format) -> Result<()> {
    let done = format!("It was carried out; entry {} is gone.", noted.entry().id);
    noted.settle();
    // Another program reads what is no table.
    if format != Format::Table {
        output::eprint_note(&done);
        return Ok(());
    }
    explain(&[&done])
}

fn unsettled(entry: &Entry, why: &str, hints: &[String]) -> CliError {
    let forget = format!(
        "when you have decided, `cvm resume --forget {}`; only a new call sends anything",
        entry.id
    );
    let failure =
        CliError::new(ExitStatus::Unknown, format!("{} is not settled: {why}", entry.action));
    hints.iter().fold(failure, CliError::hint).hint(forget)
}

/// What a reading says that comes too early to prove anything.
fn young(entry: &Entry) -> Option<String> {
    let left = match entry.time_since_last_attempt(&Clocks::now()) {
        Some(age) => SETTLE.checked_sub(age)?,
        // No clock says that it is old.
        None => SETTLE,
    };
    Some(format!("it may still be on its way: read again in {} s", left.as_secs() + 1))
}

fn explain(paragraphs: &[&str]) -> Result<()> {
    let mut page = TextPage::new();
    for paragraph in paragraphs.iter().filter(|paragraph| !paragraph.is_empty()) {
        page.paragraph(0, paragraph);
    }
    output::print(&page.finish())
}

/// The latest time that it may be now, as the service writes times.
fn latest(entry: &Entry, skew: i64) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let ahead = skew.max(entry.skew).max(0);
    let seconds = now.as_secs().saturating_add_signed(ahead).saturating_add(CLOCKS.as_secs());
    service_time(seconds)
}

/// The time before which nothing can be of this request, as the service writes times.
fn since(entry: &Entry, skew: i64) -> String {
    let seconds = entry.started_for_service(skew).saturating_sub(CLOCKS.as_secs());
    service_time(seconds)
}

fn service_time(seconds: u64) -> String {
    let text = cvm_emulator::Timestamp::from_unix(seconds).to_string();
    text.trim_end_matches('Z').to_owned()
}
