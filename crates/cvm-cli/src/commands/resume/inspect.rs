//! Finds out, by reading alone, whether the request of an entry took effect. Nothing is retried from here.

use std::time::{Duration, SystemTime};

use cvm_models::DOCS;
use cvm_models::protocol::ActionInfo;
use serde_json::Value;

use super::evidence::{self, Evidence};
use super::rebuild_request;
use crate::args::Args;
use crate::connect::reconnect;
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::journal::JournalGuard;
use crate::journal::clocks::Clocks;
use crate::journal::entry::Entry;
use crate::json_path::texts;
use crate::output::columns::{self, Rows};
use crate::output::{self, Format, format_age};
use crate::reconcile::list_query::ListQuery;
use crate::reconcile::query::{Query, Times};
use crate::reconcile::verdict::Verdict;
use crate::text_page::TextPage;
use crate::wire::{Show, Wire};
use crate::{lookup, runtime, utc_time};

/// How long a request may take to show an effect in a list.
const SETTLE_TIME: Duration = Duration::from_secs(60);

/// The largest unnoticed difference between the clocks of this machine and of the service. The service rejects
/// signatures that are further off (`AuthFailure.SignatureExpire`), and the client then measures the
/// difference.
const MAX_CLOCK_DIFFERENCE: Duration = Duration::from_secs(300);

/// How exactly the difference of the clocks is measured: times of responses have no fractions of a second.
const SKEW_PRECISION: Duration = Duration::from_secs(5);

/// The delay before the second read, if the first one does not show that everything is done. A single list may be
/// outdated, and a missing resource invites the user to send the request again.
const CONFIRMATION_DELAY: Duration = Duration::from_secs(1);

/// Why creation times were not compared.
const CLOCK_SET_BACK: &str = "this machine's clock was set back after the entry was written, so creation times were not \
     compared: listed items may be older than the request, and an absent item proves nothing";

/// Reads what the request of an entry left behind, and settles the entry if the request took effect.
pub fn run(args: &Args, info: &'static ActionInfo, guard: JournalGuard) -> Result<()> {
    let format = Format::of(args, Format::Table)?;
    let entry = guard.entry();
    rebuild_request::rebuild(args, info, entry)?;
    let text = DOCS.action(info.name).map_or("", |doc| doc.reconcile);
    let Some(facts) = &info.reconcile else {
        if format == Format::Table {
            print_paragraphs(&[text])?;
        } else {
            output::print(&output::of_rows(&Rows::default(), format))?;
            output::eprint_note(text);
        }
        return Err(unsettled(entry, "no Describe action shows it", &[]));
    };
    let list = lookup::action(facts.list)?;
    let Some((items, model)) = columns::main_list(list) else {
        return Err(CliError::local(format!("`{}` returns no list", list.name)));
    };
    let wire = args.has("show-wire").then(|| Wire::new(Show::Stderr));
    let connection = reconnect(args, entry, wire, None)?;
    let list_query = ListQuery { facts, list, items, parameters: &entry.parameters };
    // `reads` are the single reads that the items come from.
    let evaluate = |items: &[Value], reads: &[&[Value]]| {
        let skew = connection.client.clock_correction();
        let is_start_known = entry.is_start_known(SystemTime::now(), skew);
        let since = is_start_known.then(|| earliest_start(entry, skew));
        let sent_at = is_start_known.then(|| {
            let sent = entry.started_for_service(skew);
            utc_time::format(sent.saturating_sub(SKEW_PRECISION.as_secs()))
        });
        let read_at = is_start_known.then(|| latest_now(entry, skew));
        let times = Times {
            since: since.as_deref(),
            sent_at: sent_at.as_deref(),
            read_at: read_at.as_deref(),
        };
        let query = Query::new(info, facts, list, model, entry, times);
        match facts.ids {
            Some(ids) => evidence::of_ids(&query, &texts(&entry.parameters, ids), items, reads),
            None if query.compares_nothing() => evidence::uncompared(&query, items),
            None => evidence::candidates(&query, list, items),
        }
    };
    let evidence = runtime::block_on(async {
        connection.check_signer(args, entry).await?;
        let items = list_query.items(&connection).await?;
        let evidence = evaluate(&items, &[]);
        if evidence.is_complete() {
            return Ok::<_, CliError>(evidence);
        }
        tokio::time::sleep(CONFIRMATION_DELAY).await;
        let again = list_query.items(&connection).await?;
        let merged = list_query.merge(items.clone(), again.clone());
        Ok(evaluate(&merged, &[&items, &again]))
    })??;
    let title = format!(
        "{}{}{}, checked with {}:",
        info.name,
        entry
            .age(SystemTime::now())
            .map_or_else(String::new, |age| format!(", sent {} ago", format_age(age))),
        entry.region.as_deref().map(|region| format!(", {region}")).unwrap_or_default(),
        list.name
    );
    if format == Format::Table {
        print_paragraphs(&[&title])?;
    }
    // The evidence is printed before the entry is removed, or the entry stays.
    output::print_whole(&output::of_rows(&evidence.rows, format))?;
    if format == Format::Table {
        print_paragraphs(&[text])?;
    }
    let skew = connection.client.clock_correction();
    let sent = entry
        .is_start_known(SystemTime::now(), skew)
        .then(|| describe_sent(entry, skew, evidence.older));
    let concluded = conclude(guard, &evidence, sent, format);
    // A person decides by the text of the rule, whatever the format is.
    if concluded.is_err() && format != Format::Table {
        output::eprint_note(text);
    }
    concluded
}

/// When the request was sent, for comparison with the creation times of the listed items.
fn describe_sent(entry: &Entry, skew: i64, older: usize) -> String {
    let sent = utc_time::format(entry.started_for_service(skew));
    let minutes = MAX_CLOCK_DIFFERENCE.as_secs() / 60;
    let older = match older {
        0 => String::new(),
        1 => "; 1 of the listed items was created before that".to_owned(),
        _ => format!("; {older} of the listed items were created before that"),
    };
    format!("the request was sent at {sent}Z; clocks may differ by {minutes} minutes{older}")
}

/// Settles the entry if every id is done. Everything else is for a person to decide.
fn conclude(
    guard: JournalGuard,
    evidence: &Evidence,
    sent: Option<String>,
    format: Format,
) -> Result<()> {
    let entry = guard.entry();
    let clock = evidence.creation_time_unknown.then(|| CLOCK_SET_BACK.to_owned());
    let mut hints = evidence.reasons.clone();
    if let Some((found, requested)) = evidence.candidates {
        // Another request with the same tags would look the same, so even a full match proves nothing.
        let is_match = evidence.has_tags && u64::try_from(found) == Ok(requested);
        let hint = too_early(entry).filter(|_| found == 0).or_else(|| {
            is_match.then(|| "if no other request used these tags, it was carried out".to_owned())
        });
        hints.extend(sent);
        hints.extend(hint.or(clock));
        return Err(unsettled(entry, &describe_candidates(evidence, found, requested), &hints));
    }
    let count = |verdict| evidence.verdicts.iter().filter(|one| **one == verdict).count();
    if !evidence.verdicts.is_empty() && count(Verdict::Done) == evidence.verdicts.len() {
        return settle(guard, format);
    }
    let counts = [Verdict::Done, Verdict::NoEffectYet, Verdict::NeedsReview]
        .map(|verdict| (verdict.as_str(), count(verdict)));
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    let counts: Vec<String> = counts.map(|(text, count)| format!("{text}: {count}")).collect();
    let early = too_early(entry).filter(|_| count(Verdict::NoEffectYet) > 0);
    hints.extend(early.or(clock));
    Err(unsettled(entry, &counts.join(", "), &hints))
}

/// `2 items created since have its tags (3 requested)`.
fn describe_candidates(evidence: &Evidence, found: usize, requested: u64) -> String {
    let since = match evidence.older {
        _ if evidence.creation_time_unknown => "",
        0 => " created since",
        _ => " created since or shortly before",
    };
    let (singular, plural) = if evidence.has_tags {
        ("has its tags", "have its tags")
    } else if evidence.is_unclear {
        ("may match the request", "may match the request")
    } else {
        ("matches the request", "match the request")
    };
    let found = match found {
        0 if evidence.is_unclear => format!("no item{since} is known to have its tags"),
        0 => format!("no item{since} {singular}"),
        1 => format!("1 item{since} {singular}"),
        _ => format!("{found} items{since} {plural}"),
    };
    format!("{found} ({requested} requested)")
}

/// The request took effect: removes the entry.
fn settle(guard: JournalGuard, format: Format) -> Result<()> {
    let done = format!("The request was carried out; entry {} is removed.", guard.entry().id);
    guard.settle();
    // With the other formats, standard output is for another program.
    if format != Format::Table {
        output::eprint_note(&done);
        return Ok(());
    }
    print_paragraphs(&[&done])
}

fn unsettled(entry: &Entry, why: &str, hints: &[String]) -> CliError {
    let forget = format!(
        "after your decision, run `cvm resume --forget {}`; nothing is sent unless you make a new call",
        entry.id
    );
    let message = format!("the outcome of {} is still unknown: {why}", entry.action);
    let error = CliError::new(ExitStatus::Unknown, message);
    hints.iter().fold(error, CliError::hint).hint(forget)
}

/// A hint if the read came too early to prove that the request has no effect.
fn too_early(entry: &Entry) -> Option<String> {
    let left = match entry.time_since_last_attempt(&Clocks::now()) {
        Some(age) => SETTLE_TIME.checked_sub(age)?,
        // No clock shows that it is old.
        None => SETTLE_TIME,
    };
    Some(format!("the request may still be in progress: read again in {} s", left.as_secs() + 1))
}

fn print_paragraphs(paragraphs: &[&str]) -> Result<()> {
    let mut page = TextPage::new();
    for paragraph in paragraphs.iter().filter(|paragraph| !paragraph.is_empty()) {
        page.paragraph(0, paragraph);
    }
    output::print(&page.finish())
}

/// The latest possible current time on the service's clock.
fn latest_now(entry: &Entry, skew: i64) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let ahead = skew.max(entry.skew).max(0);
    let seconds = now.as_secs().saturating_add_signed(ahead);
    utc_time::format(seconds.saturating_add(MAX_CLOCK_DIFFERENCE.as_secs()))
}

/// The earliest possible start of the request on the service's clock. Older items are not from this request.
fn earliest_start(entry: &Entry, skew: i64) -> String {
    let seconds = entry.started_for_service(skew);
    utc_time::format(seconds.saturating_sub(MAX_CLOCK_DIFFERENCE.as_secs()))
}
