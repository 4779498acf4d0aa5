//! Holds published samples against the specs: every request and answer is read strictly, written
//! again, and compared with what was read.
//!
//! Three drifts are told and tolerated, because they are slips of the samples and not of the specs, and
//! nothing is lost by them: a number written as text, an answer from before a promised member existed,
//! and a value in an answer that is newer than its set, which is open. Everything else fails.

mod compare;
mod sample;
mod table;
mod verdict;

use std::path::Path;

use cvm_protocol::{ModelInfo, Record, member_named, query_form};
use serde_json::Value;

use crate::Error;
use crate::spec::model::{Action, Api};
use sample::{Body, Sample};
use table::Tables;
use verdict::{Finding, Verdict, at};

/// The words for the two texts of a sample.
const REQUEST: &str = "request";
const ANSWER: &str = "answer";

/// Runs every sample of a file. The last line counts them; any failure is an error.
pub fn run(path: &Path, api: &Api) -> Result<String, Error> {
    let file = sample::read(path)?;
    let mut tables = Tables::new(api);
    let mut text = String::new();
    let (mut passed, mut failed) = (0, 0);
    for (name, samples) in &file.actions {
        for (number, sample) in (1..).zip(samples) {
            let verdict = match api.action(name) {
                Some(action) => judge(&mut tables, api, action, sample),
                None => {
                    let mut verdict = Verdict::default();
                    verdict.fail("", "the specs have no such action");
                    verdict
                }
            };
            let name = name.escape_debug();
            for (place, finding) in &verdict.findings {
                let place = if place.is_empty() { String::new() } else { format!(" {place}") };
                text.push_str(&match finding {
                    Finding::Failure(what) => format!("{name} {number}{place}: {what}\n"),
                    Finding::Tolerated(what) => {
                        format!("{name} {number}{place}: {what} (tolerated)\n")
                    }
                });
            }
            if verdict.passes() { passed += 1 } else { failed += 1 }
        }
    }
    text.push_str(&format!("{passed} passed, {failed} failed\n"));
    if failed == 0 && passed > 0 { Ok(text) } else { Err(text.into()) }
}

fn judge(tables: &mut Tables<'_>, api: &Api, action: &Action, sample: &Sample) -> Verdict {
    let envelope = &api.service.envelope;
    let id = format!("{}.{}", envelope.root, envelope.request_id);
    let mut verdict = Verdict::new([envelope.root.clone(), id]);
    let is_dry = request(&mut verdict, tables, action, sample);
    answer(&mut verdict, tables, api, action, sample);
    if is_dry {
        verdict.excuse_dry_run();
    }
    verdict
}

/// Returns whether the request is a dry run.
fn request(
    verdict: &mut Verdict,
    tables: &mut Tables<'_>,
    action: &Action,
    sample: &Sample,
) -> bool {
    let request = match sample.request() {
        Ok(request) => request,
        Err(why) => {
            verdict.fail(REQUEST, why);
            return false;
        }
    };
    if let Some(named) = request.action.filter(|named| *named != action.spec.action) {
        verdict.fail(REQUEST, format!("it names the action `{}`", named.escape_debug()));
    }
    let record = match request.body {
        Body::Json(text) => {
            let Some(value) = parsed(verdict, REQUEST, text) else { return false };
            let table = tables.request(action, depth(&value));
            verdict.json(REQUEST, table, text, &value)
        }
        Body::Flat(pairs) => {
            let deepest = pairs.iter().map(|(name, _)| name.matches('.').count() + 1).max();
            let table = tables.request(action, deepest.unwrap_or(0));
            flattened(verdict, table, &pairs)
        }
    };
    let Some(record) = record else { return false };
    for violation in cvm_protocol::validate(&record) {
        // Limits are not in these tables; what is left is what must be there.
        verdict.fail(&at(REQUEST, &violation.path), "is required and not there");
    }
    action.spec.dry_run
        && matches!(member_named(&record, "DryRun"), cvm_protocol::Value::Bool(true))
}

/// Reads the flattened form, writes it again and compares the pairs.
fn flattened(
    verdict: &mut Verdict,
    table: &'static ModelInfo,
    pairs: &[(String, String)],
) -> Option<Record> {
    // Common parameters stand among the members, and `Action` says nothing more than the sample's name.
    let own = |name: &str| table.field(name.split('.').next().unwrap_or(name)).is_some();
    let common = |name: &str| COMMON.contains(&name) && !own(name);
    let pairs = pairs.iter().filter(|(name, _)| !common(name));
    let mut record = Record::new(table);
    let read =
        query_form::decode(&mut record, pairs.clone().map(|(name, value)| (&**name, &**value)));
    match read {
        Ok(report) => verdict.report(REQUEST, &report),
        Err(error) => {
            verdict.fail(REQUEST, error.to_string());
            return None;
        }
    }
    match query_form::encode(&record) {
        Ok(written) => {
            for (name, value) in pairs.filter(|(name, _)| own(name)) {
                if !written.iter().any(|(other, again)| other == name && again == value) {
                    verdict.fail(&at(REQUEST, name), "came back as another value");
                }
            }
        }
        Err(error) => verdict.fail(REQUEST, error.to_string()),
    }
    Some(record)
}

/// Parameters of every request in the flattened form.
const COMMON: [&str; 11] = [
    "Action",
    "Version",
    "Region",
    "Language",
    "Timestamp",
    "Nonce",
    "SecretId",
    "Signature",
    "SignatureMethod",
    "Token",
    "RequestClient",
];

fn answer(
    verdict: &mut Verdict,
    tables: &mut Tables<'_>,
    api: &Api,
    action: &Action,
    sample: &Sample,
) {
    let Some(value) = parsed(verdict, ANSWER, &sample.output) else { return };
    let envelope = &api.service.envelope;
    let refused = value.get(&envelope.root).and_then(|inner| inner.get(&envelope.error)).is_some();
    let table = if refused { tables.refusal() } else { tables.answer(action, depth(&value)) };
    verdict.json(ANSWER, table, &sample.output, &value);
}

fn parsed(verdict: &mut Verdict, side: &str, text: &str) -> Option<Value> {
    serde_json::from_str(text)
        .map_err(|error| verdict.fail(side, format!("is no JSON: {error}")))
        .ok()
}

/// How deep a value is nested; the parser bounds it.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
