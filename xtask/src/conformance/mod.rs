//! Checks published samples against the specs: decodes each request and response strictly, encodes it again, and compares.
//!
//! Three deviations are reported but tolerated, because the sample is wrong and not the spec, and no data is lost: a number
//! written as a string, a response without a member that is always present, and a response with a value that is not in an open
//! set. Any other deviation is a failure.

mod compare;
mod sample;
mod table;
mod verdict;

use std::path::Path;

use cvm_protocol::{ModelInfo, Record, member_named, query_form};
use serde_json::Value;

use crate::error::Error;
use crate::spec::model::{Action, Api};
use sample::{Body, Sample};
use table::Tables;
use verdict::{Finding, Verdict, at};

/// The names of the two parts of a sample in messages.
const REQUEST: &str = "request";
const RESPONSE: &str = "response";

/// Runs every sample of a file. The last line counts them; any failure is an error.
pub fn run(path: &Path, api: &Api) -> Result<String, Error> {
    let file = sample::read(path)?;
    let mut tables = Tables::new(api);
    let mut text = String::new();
    let (mut passed, mut failed) = (0, 0);
    for (name, samples) in &file.actions {
        for (number, sample) in (1..).zip(samples) {
            let verdict = match api.action(name) {
                Some(action) => check_sample(&mut tables, api, action, sample),
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

fn check_sample(tables: &mut Tables<'_>, api: &Api, action: &Action, sample: &Sample) -> Verdict {
    let envelope = &api.service.envelope;
    let id = format!("{}.{}", envelope.root, envelope.request_id);
    let mut verdict = Verdict::new([envelope.root.clone(), id]);
    let is_dry = request(&mut verdict, tables, action, sample);
    response(&mut verdict, tables, api, action, sample);
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
        verdict.fail(REQUEST, format!("it is a request of the action `{}`", named.escape_debug()));
    }
    let record = match request.body {
        Body::Json(text) => {
            let Some(value) = parsed(verdict, REQUEST, text) else { return false };
            let table = tables.request(action, depth(&value));
            verdict.json(REQUEST, table, text, &value)
        }
        Body::QueryForm(pairs) => {
            let deepest = pairs.iter().map(|(name, _)| name.matches('.').count() + 1).max();
            let table = tables.request(action, deepest.unwrap_or(0));
            query_form_pairs(verdict, table, &pairs)
        }
    };
    let Some(record) = record else { return false };
    for violation in cvm_protocol::validate(&record) {
        // These tables have no limits, so every violation is a missing member.
        verdict.fail(&at(REQUEST, &violation.path), "is required, but missing");
    }
    action.spec.dry_run
        && matches!(member_named(&record, "DryRun"), cvm_protocol::Value::Bool(true))
}

/// Decodes the query encoding, encodes it again and compares the pairs.
fn query_form_pairs(
    verdict: &mut Verdict,
    table: &'static ModelInfo,
    pairs: &[(String, String)],
) -> Option<Record> {
    // The query encoding has the common parameters among the members.
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
                    verdict
                        .fail(&at(REQUEST, name), "is another value after decoding and encoding");
                }
            }
        }
        Err(error) => verdict.fail(REQUEST, error.to_string()),
    }
    Some(record)
}

/// The common parameters of the query encoding.
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

fn response(
    verdict: &mut Verdict,
    tables: &mut Tables<'_>,
    api: &Api,
    action: &Action,
    sample: &Sample,
) {
    let Some(value) = parsed(verdict, RESPONSE, &sample.output) else { return };
    let envelope = &api.service.envelope;
    let is_error = value.get(&envelope.root).and_then(|inner| inner.get(&envelope.error)).is_some();
    let table =
        if is_error { tables.error_response() } else { tables.response(action, depth(&value)) };
    verdict.json(RESPONSE, table, &sample.output, &value);
}

fn parsed(verdict: &mut Verdict, side: &str, text: &str) -> Option<Value> {
    serde_json::from_str(text)
        .map_err(|error| verdict.fail(side, format!("is not valid JSON: {error}")))
        .ok()
}

/// How deeply a value is nested; the parser limits it.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
