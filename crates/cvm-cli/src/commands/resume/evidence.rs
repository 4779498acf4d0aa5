//! What a list shows about the request of an entry: a verdict for each id, or the items that it may have
//! created, with the reasons why something is not proved.

use cvm_models::protocol::ActionInfo;
use serde_json::Value;

use crate::json_path::at;
use crate::output::columns::{Rows, member_cell};
use crate::reconcile::query::Query;
use crate::reconcile::verdict::Verdict;

/// Maximum number of ids that a reason names.
const MAX_NAMED: usize = 4;

/// What was found.
pub struct Evidence {
    /// The found items, for printing.
    pub rows: Rows,
    /// One verdict for each id of the request; empty if the request names no ids.
    pub verdicts: Vec<Verdict>,
    /// How many items the request may have created, and how many were requested; `None` if the request names
    /// ids.
    pub candidates: Option<(usize, u64)>,
    /// Whether the list hides members that would show if an item is a candidate.
    pub is_unclear: bool,
    /// Whether the request sets tags, and the candidates have them.
    pub has_tags: bool,
    /// Why a person has to decide.
    pub reasons: Vec<String>,
    /// Whether the creation times could not be compared.
    pub creation_time_unknown: bool,
    /// How many of the candidates are older than the request if the clocks agree.
    pub older: usize,
}

impl Evidence {
    /// Whether everything that was requested is listed, so that a second read cannot show more. That something is
    /// gone needs two reads.
    pub fn is_complete(&self) -> bool {
        let is_listed = |(verdict, row): (&Verdict, &Vec<String>)| {
            *verdict == Verdict::Done
                && row.get(1).is_some_and(|text| text == Verdict::Done.as_str())
        };
        match self.candidates {
            Some((found, requested)) => u64::try_from(found).is_ok_and(|found| found >= requested),
            None => {
                !self.verdicts.is_empty()
                    && self.verdicts.len() == self.rows.rows.len()
                    && self.verdicts.iter().zip(&self.rows.rows).all(is_listed)
            }
        }
    }
}

/// Shows a list that no rule compares with the request.
pub fn uncompared(query: &Query<'_>, items: &[Value]) -> Evidence {
    let columns = query.facts.display;
    let row = |item: &Value| columns.iter().map(|path| member_cell(item, path)).collect();
    let rows = items.iter().map(row).collect();
    Evidence {
        rows: Rows {
            columns: columns.iter().map(|path| (*path).to_owned()).collect(),
            rows,
            omitted: 0,
        },
        verdicts: vec![Verdict::NeedsReview],
        candidates: None,
        is_unclear: false,
        has_tags: false,
        reasons: vec![format!(
            "no rule compares `{}` with the listed items, so compare them yourself",
            query.uncompared.join("`, `")
        )],
        creation_time_unknown: false,
        older: 0,
    }
}

/// Whether all reads show the same about an id.
fn agree(query: &Query<'_>, id: &str, reads: &[&[Value]]) -> bool {
    let mut shown = reads.iter().map(|items| query.check_id(id, items));
    let first = shown.next();
    shown.all(|other| Some(other) == first)
}

/// Checks the ids that the request names. `reads` are the single reads that the items come from.
pub fn of_ids(query: &Query<'_>, ids: &[String], items: &[Value], reads: &[&[Value]]) -> Evidence {
    let facts = query.facts;
    let mut changing = Vec::new();
    let columns = [facts.id, "Verdict"].into_iter().chain(facts.display.iter().copied());
    let columns = columns.map(str::to_owned).collect();
    let (mut rows, mut verdicts) = (Vec::new(), Vec::new());
    for id in ids {
        let (mut verdict, about) = query.check_id(id, items);
        // An operation is in progress, or one of the lists is outdated.
        if verdict == Verdict::NoEffectYet && !agree(query, id, reads) {
            verdict = Verdict::NeedsReview;
            changing.push(id.as_str());
        }
        verdicts.push(verdict);
        let row = |item: Option<&Value>| {
            let shown = facts.display.iter().map(|path| match item {
                Some(item) => member_cell(item, path),
                None => String::new(),
            });
            let text = match (verdict, item) {
                (Verdict::Done, None) => "done: gone".to_owned(),
                (Verdict::NoEffectYet, None) => "not listed".to_owned(),
                (verdict, _) => verdict.as_str().to_owned(),
            };
            [id.clone(), text].into_iter().chain(shown).collect()
        };
        if about.is_empty() {
            rows.push(row(None));
        }
        rows.extend(about.into_iter().map(|item| row(Some(item))));
    }
    let mut reasons = reasons(query, ids, items);
    if !changing.is_empty() {
        reasons.push(format!(
            "two reads within a second showed different things about `{}`, so read again later",
            changing.join("`, `")
        ));
    }
    Evidence {
        rows: Rows { columns, rows, omitted: 0 },
        reasons,
        verdicts,
        candidates: None,
        is_unclear: false,
        has_tags: false,
        creation_time_unknown: query.creation_time_unknown(),
        older: 0,
    }
}

/// Why nothing is proved about some ids, if that is not obvious.
fn reasons(query: &Query<'_>, ids: &[String], items: &[Value]) -> Vec<String> {
    // The ids that need a review and pass a test of the items that were considered.
    let open_ids = |test: &dyn Fn(&str, &[&Value]) -> bool| -> Vec<&str> {
        let is_open = |id: &&str| {
            let (verdict, about) = query.check_id(id, items);
            verdict == Verdict::NeedsReview && test(id, &about)
        };
        ids.iter().map(String::as_str).filter(is_open).collect()
    };
    let mut reasons = Vec::new();
    if !query.uncompared.is_empty() && !open_ids(&|_, _| true).is_empty() {
        reasons.push(format!(
            "no Describe action shows `{}`, so check it yourself",
            query.uncompared.join("`, `")
        ));
    }
    if !open_ids(&|_, about| about.len() == 1 && query.is_found_by_name()).is_empty() {
        reasons.push(
            "names are not unique, so another caller may have created it: check its creation time"
                .to_owned(),
        );
    }
    let early = open_ids(&|_, about| about.iter().any(|item| !query.created_after_request(item)));
    if !early.is_empty() {
        reasons.push(format!(
            "`{}` was not listed before the call, but its creation time is earlier: a clock or a list is wrong",
            early.join("`, `")
        ));
    }
    let in_progress = open_ids(&|_, about| about.iter().any(|item| query.may_be_in_progress(item)));
    if !in_progress.is_empty() {
        reasons.push(format!(
            "an operation on `{}` may be in progress or just finished, so read again later",
            in_progress.join("`, `")
        ));
    }
    let expired = open_ids(&|id, about| {
        about.is_empty() && query.was_listed(id) && query.may_have_expired(id)
    });
    if let (Some(expires), false) = (query.facts.expires, expired.is_empty()) {
        reasons.push(format!(
            "`{}` may be gone because its time (`{expires}`) has passed, so check the resource that it acts on",
            expired.join("`, `")
        ));
    }
    let is_absent = |id: &String| query.check_id(id, items).1.is_empty();
    if ids.iter().any(is_absent)
        && let Some(reason) = past_time_reason(query)
    {
        reasons.push(reason);
        return reasons;
    }
    let absent = open_ids(&|id, about| about.is_empty() && !query.was_listed(id));
    if !absent.is_empty() {
        let why = if query.before.is_some() {
            "was not listed before the call either"
        } else {
            "was not checked before the call"
        };
        reasons.push(format!("`{}` {why}, so its absence proves nothing", absent.join("`, `")));
    }
    reasons
}

/// Why absence proves nothing about a request with a time that may have passed.
fn past_time_reason(query: &Query<'_>) -> Option<String> {
    let path = query.past_time.as_ref()?;
    Some(format!(
        "its time (`{path}`) may have passed, so it may have been carried out and have ended: check the resource that it acts on"
    ))
}

/// Looks for the items that the request may have created.
pub fn candidates(query: &Query<'_>, list: &ActionInfo, items: &[Value]) -> Evidence {
    let facts = query.facts;
    let id = list.paginate.and_then(|pages| pages.id);
    let shown = facts.display.iter().copied();
    let columns: Vec<&str> = id.into_iter().chain(shown).collect();
    let candidates = query.candidates(items);
    let row = |item: &&Value| columns.iter().map(|path| member_cell(item, path)).collect();
    let rows = candidates.iter().map(row).collect();
    let requested = facts.count.and_then(|member| at(query.request, member)?.as_u64()).unwrap_or(1);
    let recent = candidates.iter().filter(|item| query.created_after_request(item)).count();
    let mut reasons = Vec::new();
    if recent < candidates.len() {
        reasons.push(format!(
            "{} created earlier with its tags: if this machine's clock was wrong when the request was \
             sent, the request may have created them",
            count_items(candidates.len() - recent)
        ));
    }
    let unmarked: Vec<String> = query
        .unmarked(items)
        .into_iter()
        .filter_map(|item| id.map(|id| member_cell(item, id)))
        .collect();
    if !unmarked.is_empty() {
        let named: Vec<&str> = unmarked.iter().take(MAX_NAMED).map(String::as_str).collect();
        reasons.push(format!(
            "the list does not show the tags of {} created since (`{}`), so the request may have created them",
            count_items(unmarked.len()),
            named.join("`, `")
        ));
    }
    if candidates.is_empty() {
        reasons.extend(past_time_reason(query));
    }
    let has_tags = query.has_tags();
    // Items with the tags are candidates, whatever else the list hides.
    let hiding = candidates.iter().filter(|item| !has_tags && !query.hidden(item).is_empty());
    let hiding: Vec<&Value> = hiding.copied().collect();
    if !hiding.is_empty() {
        let mut members: Vec<_> = hiding.iter().flat_map(|item| query.hidden(item)).collect();
        members.sort_unstable();
        members.dedup();
        reasons.push(format!(
            "the list does not show `{}` of {}, so it is unclear whether the request created them",
            members.join("`, `"),
            count_items(hiding.len())
        ));
    }
    let older = candidates
        .iter()
        .filter(|item| query.created_after_request(item) && query.is_older(item))
        .count();
    Evidence {
        candidates: Some((recent, requested)),
        is_unclear: !(unmarked.is_empty() && hiding.is_empty()),
        rows: Rows { columns: columns.into_iter().map(str::to_owned).collect(), rows, omitted: 0 },
        verdicts: Vec::new(),
        reasons,
        has_tags,
        creation_time_unknown: query.creation_time_unknown(),
        older,
    }
}

/// `1 item`, `2 items`.
fn count_items(count: usize) -> String {
    format!("{count} {}", if count == 1 { "item" } else { "items" })
}
