//! The words of `cvm emulator`, and the requests that they name.

use cvm_models::protocol::{did_you_mean, percent, similar_names};
use http::Method;

use super::Call;
use crate::error::{CliError, Result};
use crate::value_sources;

/// The words with their values, and what they do.
pub const WORDS: &[(&str, &str)] = &[
    ("clock [upcoming=N]", "Show the virtual clock and the next events of instances."),
    ("clock advance SECONDS", "Move the clock forward."),
    ("clock mode MODE [SCALE]", "Set how time passes: real, scaled SCALE, instant or manual."),
    (
        "clock run-until-idle",
        "Jump from one due event to the next, until nothing happens within a day.",
    ),
    ("coverage", "List what is supported and assumed."),
    (
        "events [NAME=VALUE]...",
        "Print what happens until the emulator stops. Filters: kind, account, action, code, id, region, service.",
    ),
    ("faults list", "List the fault rules, and how often each matched and fired."),
    (
        "faults add RULE",
        "Add fault rules: a JSON object, a list, or a file with it; - reads standard input.",
    ),
    ("faults clear", "Remove all fault rules and their firings."),
    (
        "faults firings [NAME=VALUE]...",
        "List the latest firings. Filters: rule, effect, account, action, region, service, after, limit.",
    ),
    (
        "faults preset NAME",
        "Add the rules of a preset: flaky, throttled, slow, bad-proxy, sold-out.",
    ),
    ("faults presets", "List the presets with their rules."),
    ("faults remove ID", "Remove a fault rule."),
    ("health", "Show whether the emulator runs."),
    (
        "log [NAME=VALUE]...",
        "List the latest requests; --follow continues with each new one. Filters: account, action, code, service, after, limit.",
    ),
    ("log clear", "Remove all requests from the log."),
    ("metrics", "Print the metrics for Prometheus."),
    ("reset", "Delete everything that the accounts have, and take back every change of the clock."),
    (
        "scenario FILE",
        "Add the accounts, resources and faults of a YAML or JSON file: all or none; - reads standard input.",
    ),
    ("state", "Count the resources by account, region and kind."),
    (
        "state KIND [NAME=VALUE]...",
        "List the resources of a kind. Filters: account, region, offset, limit.",
    ),
    ("version", "Show the version."),
];

/// How many requests of the log precede those that follow.
const BACKLOG: usize = 10;

/// The request that these words name.
pub(super) fn call(words: &[&str], follow: bool) -> Result<Call> {
    let (pairs, plain): (Vec<&str>, Vec<&str>) =
        words.iter().skip(1).partition(|word| is_query(word));
    let plain: Vec<&str> = words.iter().take(1).copied().chain(plain).collect();
    let query = query(&pairs);
    let call = |method, path: &str, body: String| {
        Ok(Call { method, path: format!("/_emulator/{path}"), body })
    };
    let get = |path: &str| call(Method::GET, &format!("{path}{query}"), String::new());
    let post = |path: &str, body: String| call(Method::POST, path, body);
    match plain.as_slice() {
        ["log"] if follow => {
            let backlog = format!("kind=request&backlog={BACKLOG}");
            let more = query.replacen('?', "&", 1);
            call(Method::GET, &format!("events?{backlog}{more}"), String::new())
        }
        _ if follow => Err(CliError::usage("`--follow` requires `cvm emulator log`")),
        [name @ ("clock" | "events" | "faults" | "log")] => get(name),
        [name @ ("health" | "version" | "state" | "coverage" | "metrics")] if pairs.is_empty() => {
            get(name)
        }
        ["state", kind] if is_name(kind) => get(&format!("state/{kind}")),
        ["faults", "list"] => get("faults"),
        ["faults", name @ ("firings" | "presets")] => get(&format!("faults/{name}")),
        // Everything below has no filters.
        _ if !pairs.is_empty() => Err(unknown(words)),
        ["faults", "add", rule] => post("faults", rules(rule)?),
        ["faults", "preset", name] => {
            post(&format!("faults/presets/{}", percent::encode(name)), String::new())
        }
        ["faults", "remove", id] if id.parse::<u64>().is_ok() => {
            call(Method::DELETE, &format!("faults/{id}"), String::new())
        }
        ["faults", "remove", id] => {
            let message =
                format!("`cvm emulator faults remove` needs the number of a rule, not `{id}`");
            Err(CliError::usage(message).hint("`cvm emulator faults` lists them"))
        }
        [name @ ("faults" | "log"), "clear"] => call(Method::DELETE, name, String::new()),
        ["reset"] => post("reset", String::new()),
        ["scenario", source] => post("scenario", text(source)?),
        ["clock", "run-until-idle"] => post("clock/run-until-idle", String::new()),
        ["clock", "advance", seconds] => {
            let seconds = number("clock advance", seconds)?;
            post("clock/advance", format!("{{\"seconds\":{seconds}}}"))
        }
        ["clock", "mode", mode @ ("real" | "instant" | "manual")] => {
            post("clock/mode", format!("{{\"mode\":\"{mode}\"}}"))
        }
        ["clock", "mode", "scaled", scale] => {
            let scale = number("clock mode scaled", scale)?;
            post("clock/mode", format!("{{\"mode\":\"scaled\",\"scale\":{scale}}}"))
        }
        _ => Err(unknown(words)),
    }
}

/// Whether a word is a filter, such as `action=RunInstances`.
fn is_query(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| is_name(name))
}

fn is_name(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_');
    !text.is_empty() && text.bytes().all(is_letter)
}

fn query(pairs: &[&str]) -> String {
    let pairs = pairs.iter().filter_map(|pair| pair.split_once('='));
    let encoded = percent::encode_pairs(pairs);
    if encoded.is_empty() { encoded } else { format!("?{encoded}") }
}

/// The fault rules as JSON, from the word itself or from a file.
fn rules(source: &str) -> Result<String> {
    if source.trim_start().starts_with(['{', '[']) {
        return Ok(source.to_owned());
    }
    text(source)
}

/// The text of a file, or of standard input.
fn text(source: &str) -> Result<String> {
    if source == "-" {
        return std::io::read_to_string(std::io::stdin())
            .map_err(|error| CliError::local(format!("cannot read standard input: {error}")));
    }
    value_sources::file(source)
}

fn number(what: &str, text: &str) -> Result<f64> {
    text.parse().ok().filter(|number: &f64| *number >= 0.0 && number.is_finite()).ok_or_else(|| {
        CliError::usage(format!("`cvm emulator {what}` needs a number from 0, not `{text}`"))
    })
}

/// The error for words that name no request, with the words that are meant.
fn unknown(words: &[&str]) -> CliError {
    let typed = words.join(" ");
    let failure = CliError::usage(format!("`cvm emulator {typed}` is no command"));
    let first = words.first().copied().unwrap_or_default();
    let same: Vec<String> = WORDS
        .iter()
        .filter(|(usage, _)| usage.split(' ').next() == Some(first))
        .map(|(usage, _)| format!("`cvm emulator {usage}`"))
        .collect();
    // The words are right, and a value is missing.
    if let Some((usage, _)) = WORDS.iter().find(|(usage, _)| name(usage) == typed) {
        return failure.hint(format!("use `cvm emulator {usage}`"));
    }
    let near = if same.is_empty() {
        let firsts = WORDS.iter().filter_map(|(usage, _)| usage.split(' ').next());
        did_you_mean(&similar_names(first, firsts))
    } else {
        let names = WORDS.iter().map(|(usage, _)| name(usage));
        did_you_mean(&similar_names(&typed, names))
    };
    match near {
        Some(near) => failure.hint(near),
        None if same.is_empty() => failure.hint("`cvm help emulator` lists them"),
        None => failure.hint(format!("use {}", same.join(", "))),
    }
}

/// The words of a usage, without its values.
fn name(usage: &str) -> &str {
    let end = usage.find(|letter: char| letter.is_ascii_uppercase() || letter == '[');
    usage.get(..end.unwrap_or(usage.len())).unwrap_or(usage).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::ExitStatus;

    #[test]
    fn unknown_words_and_numbers_are_rejected() {
        for words in [
            &["warp"][..],
            &["clock", "advance"],
            &["clock", "advance", "-1"],
            &["clock", "advance", "x"],
            &["clock", "mode", "scaled"],
            &["clock", "advance", "1", "kind=x"],
            &["faults", "remove", "x"],
            &["faults", "preset"],
            &["reset", "all=true"],
            &["state", "../reset"],
            &["state", "vpcs", "x"],
        ] {
            assert_eq!(call(words, false).unwrap_err().exit(), ExitStatus::Usage, "{words:?}");
        }
        assert_eq!(call(&["state"], true).unwrap_err().exit(), ExitStatus::Usage);
    }

    #[test]
    fn misspelled_word_gets_a_suggestion() {
        for (words, expected) in [
            (&["helth"][..], "did you mean `health`?"),
            (&["fault"], "did you mean `faults`"),
            (&["faults", "lits"], "did you mean `faults list`"),
            (&["clock", "advanse", "5"], "did you mean `clock advance`?"),
            (&["clock", "mode"], "cvm emulator clock mode MODE"),
        ] {
            let failure = call(words, false).unwrap_err().to_string();
            assert!(failure.contains(expected), "{words:?}: {failure}");
        }
    }

    #[test]
    fn filters_are_encoded_into_the_query() {
        let path = |words: &[&str], follow| call(words, follow).unwrap().path;
        assert_eq!(
            path(&["log", "action=RunInstances", "code=A&B"], false),
            "/_emulator/log?action=RunInstances&code=A%26B"
        );
        assert_eq!(
            path(&["log", "action=RunInstances"], true),
            "/_emulator/events?kind=request&backlog=10&action=RunInstances"
        );
        assert_eq!(path(&["state", "vpcs"], false), "/_emulator/state/vpcs");
        assert_eq!(path(&["faults", "preset", "a/b"], false), "/_emulator/faults/presets/a%2Fb");
    }
}
