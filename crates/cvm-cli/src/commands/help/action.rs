//! `cvm help ACTION`: the parameters, response, limits, errors and retry class of an action, from its tables.

use cvm_models::DOCS;
use cvm_models::protocol::docs::MemberDoc;
use cvm_models::protocol::{
    ActionInfo, FieldInfo, ModelInfo, all_conditions, did_you_mean, similar_names,
};

use super::COLUMN;
use crate::describe;
use crate::error::{CliError, Result};
use crate::text_page::TextPage;

/// How to give the value of a secret member.
const SECRET: &str = "Secret: @FILE or @- keeps it off the command line.";

/// The help of an action.
pub fn help(info: &'static ActionInfo) -> String {
    let doc = DOCS.action(info.name);
    let mut page = TextPage::new();
    page.line(info.name);
    if let Some(doc) = doc {
        page.paragraph(2, doc.summary);
        for note in doc.notes {
            page.gap();
            page.paragraph(2, note);
        }
    }
    page.gap();
    page.line("Usage");
    page.words(2, 6, usage(info).iter().map(String::as_str));
    page.gap();
    facts(&mut page, info);
    page.line("Parameters");
    if info.request.members.is_empty() {
        page.line("  none");
    }
    members(&mut page, info.request, "--", doc.map_or(&[], |doc| doc.request), "");
    page.gap();
    if !info.filters.is_empty() {
        page.line("Names for --Filters.N.Name");
        for filter in info.filters {
            let mut text =
                filter.format.map(|format| format!("Format: {format}.")).unwrap_or_default();
            if !filter.values.is_empty() {
                text.push_str(&format!(" Allowed: {}.", filter.values.join(", ")));
            }
            page.entry(COLUMN, filter.name, text.trim());
        }
        page.gap();
    }
    page.line("Response");
    members(&mut page, info.response, "", doc.map_or(&[], |doc| doc.response), "");
    page.gap();
    if !info.errors.is_empty() {
        page.line("Errors, in addition to the common ones (`cvm error CODE` explains a code)");
        page.paragraph(2, &info.errors().collect::<Vec<_>>().join(", "));
    }
    page.finish()
}

/// The words of the shortest valid command line: it passes `--validate`.
fn usage(info: &'static ActionInfo) -> Vec<String> {
    let mut usage = vec!["cvm".to_owned(), info.name.to_owned()];
    for (name, value) in describe::minimal_request(info) {
        usage.extend(describe::words(name, &value));
    }
    if info.request.members.iter().any(|field| !field.required) {
        usage.extend(["[--Parameter".to_owned(), "value]...".to_owned()]);
    }
    usage
}

fn facts(page: &mut TextPage, info: &ActionInfo) {
    page.paragraph(2, &format!("Retry class: {} ({}).", info.retry, info.retry.handling()));
    for row in info.retry_overrides {
        let when = all_conditions(row.when);
        page.paragraph(4, &format!("The class is {} if {when}.", row.class));
    }
    let doc = DOCS.action(info.name);
    let settled = doc.map_or("", |doc| doc.reconcile);
    if !settled.is_empty() {
        let text = match info.reconcile {
            Some(facts) => format!("If the outcome is unknown, check {}. {settled}", facts.list),
            None => format!("If the outcome is unknown: {settled}"),
        };
        page.hanging(2, 4, &text);
    }
    if info.asynchronous {
        let poll = doc.map_or("", |doc| doc.poll);
        let text = format!("Asynchronous: the operation continues after the response. {poll}");
        page.paragraph(2, &text);
    }
    if let Some(rate) = info.rate_limit_per_second {
        page.paragraph(2, &format!("Rate limit: {rate} calls per second."));
    }
    if let Some(pages) = info.paginate {
        page.paragraph(
            2,
            &format!(
                "Returns pages of {} items by default and of at most {} (--{}).",
                pages.default_limit,
                pages.max_limit,
                pages.style.limit()
            ),
        );
    }
    if info.deprecated {
        page.paragraph(2, "Deprecated by the service.");
    }
    page.gap();
}

/// Prints the members of a model and of its nested models: all of them, or those at and below a dotted name.
fn members(
    page: &mut TextPage,
    table: &'static ModelInfo,
    dashes: &str,
    top: &[MemberDoc],
    only: &str,
) {
    describe::walk(table, "N", &mut |path, field, owner| {
        let below = path
            .strip_prefix(only)
            .is_some_and(|rest| only.is_empty() || rest.is_empty() || rest.starts_with('.'));
        if !below {
            return;
        }
        let docs = if std::ptr::eq(owner, table) { top } else { DOCS.members(owner.name) };
        let doc = docs.iter().find(|doc| doc.name == field.wire);
        let required = if field.required { ", required" } else { "" };
        page.line(&format!("  {dashes}{path}  {}{required}", describe::kind(&field.kind)));
        let (about, limits) = doc.map_or(("", ""), |doc| (doc.doc, doc.limits));
        let secret = if field.secret { SECRET } else { "" };
        page.paragraph(6, &format!("{about} {limits} {secret}"));
        if !only.is_empty() {
            values(page, field, doc);
        }
    });
}

/// Prints the meaning of each value of an enum.
fn values(page: &mut TextPage, field: &FieldInfo, doc: Option<&MemberDoc>) {
    let type_ = doc.map_or("", |doc| doc.type_);
    let name = type_.trim_start_matches("list<").trim_end_matches('>');
    let Some(set) = DOCS.enum_(name) else { return };
    for (value, meaning) in set.values {
        if field.values.is_empty() || field.values.contains(value) {
            page.hanging(6, 10, &format!("{value}: {meaning}"));
        }
    }
}

/// The help of one parameter or response member.
pub fn of_member(info: &'static ActionInfo, member: &str) -> Result<String> {
    // A name from a command line has indexes where the help has `N`.
    let path = member
        .trim_start_matches('-')
        .split('.')
        .map(|step| if step.parse::<u32>().is_ok() { "N" } else { step })
        .collect::<Vec<_>>()
        .join(".");
    let doc = DOCS.action(info.name);
    let mut page = TextPage::new();
    members(&mut page, info.request, "--", doc.map_or(&[], |doc| doc.request), &path);
    members(&mut page, info.response, "", doc.map_or(&[], |doc| doc.response), &path);
    let text = page.finish();
    if !text.is_empty() {
        return Ok(text);
    }
    let mut paths = Vec::new();
    for table in [info.request, info.response] {
        describe::walk(table, "N", &mut |path, _, _| paths.push(path.to_owned()));
    }
    let last = path.rsplit('.').next().unwrap_or_default();
    let mut near: Vec<&str> = paths
        .iter()
        .map(String::as_str)
        .filter(|path| path.rsplit('.').next().is_some_and(|name| name.eq_ignore_ascii_case(last)))
        .take(3)
        .collect();
    if near.is_empty() {
        near = similar_names(&path, paths.iter().map(String::as_str));
    }
    Err(CliError::usage(format!("`{}` has no member `{member}`", info.name))
        .maybe_hint(did_you_mean(&near)))
}

#[cfg(test)]
mod tests {
    use cvm_models::ACTIONS;

    use super::*;
    use crate::lookup;

    #[test]
    fn help_of_every_action_names_its_parameters() {
        for info in ACTIONS {
            let text = help(info);
            for field in info.request.members {
                assert!(
                    text.contains(&format!("--{}  ", field.wire)),
                    "{} {}",
                    info.name,
                    field.wire
                );
            }
            assert!(text.contains("Retry class: "), "{}", info.name);
            describe::walk(info.request, "N", &mut |path, field, _| {
                let text = of_member(info, path).unwrap();
                for value in field.values.iter().filter(|value| !value.is_empty()) {
                    let quoted = format!("`{value}`");
                    let is_number = value.parse::<i64>().is_ok();
                    assert!(is_number || text.contains(&quoted), "{} {path}: {value}", info.name);
                }
            });
        }
    }

    #[test]
    fn help_says_which_client_tokens_are_generated() {
        let mut generated = 0;
        for info in ACTIONS {
            let Some(name) = info.idempotency_token else { continue };
            let text = of_member(info, name).unwrap();
            let text: Vec<&str> = text.split_whitespace().collect();
            let says_so = text.join(" ").contains("this client generates a token");
            let expected = info.generated_token().is_some();
            assert_eq!(says_so, expected, "{}", info.name);
            generated += usize::from(expected);
        }
        assert_eq!(generated, 3);
    }

    /// The words of a line as a shell reads them.
    fn shell_words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
        for letter in line.chars().chain([' ']) {
            match letter {
                '\'' => is_quoted = !is_quoted,
                ' ' if !is_quoted => words.push(std::mem::take(&mut word)),
                letter => word.push(letter),
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }

    #[test]
    fn usage_line_of_every_action_is_valid() {
        let folder = std::env::temp_dir().join(format!("cvm-usage-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let secret = folder.join("secret");
        std::fs::write(&secret, "aB3-5678").unwrap();
        for info in ACTIONS {
            let text = help(info);
            let lines = text.lines().skip_while(|line| *line != "Usage").skip(1);
            let lines = lines.take_while(|line| !line.is_empty()).map(str::trim);
            let line = lines.collect::<Vec<_>>().join(" ");
            let line = line.replace(" [--Parameter value]...", "");
            let mut words = shell_words(&line).into_iter();
            assert_eq!((words.next(), words.next()), (Some("cvm".into()), Some(info.name.into())));
            let mut parameters: Vec<crate::args::Parameter> = Vec::new();
            for word in words {
                match (word.strip_prefix("--"), parameters.last_mut()) {
                    (Some(name), _) => parameters
                        .push(crate::args::Parameter { name: name.into(), values: Vec::new() }),
                    (None, Some(last)) if word == "@FILE" => {
                        last.values.push(format!("@{}", secret.display()));
                    }
                    (None, Some(last)) => last.values.push(word),
                    (None, None) => panic!("{line}"),
                }
            }
            let mut sources = crate::value_sources::Sources::default();
            let request = crate::parameters::request(info.request, parameters, None, &mut sources);
            let request = request.unwrap_or_else(|failure| panic!("{line}: {failure}"));
            let broken = crate::request::Request::new(info, request).violations();
            assert!(broken.is_empty(), "{line}: {broken:?}");
            for filter in info.filters.iter().filter(|filter| filter.required) {
                assert!(line.contains(&format!(".Name {} ", filter.name)), "{line}");
            }
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn usage_line_includes_jointly_required_parameters() {
        let line = |name: &str| usage(lookup::action(name).unwrap()).join(" ");
        for (name, shown) in [
            ("RunInstances", "--Placement.Zone VALUE --ImageId img-xxxxxxxx"),
            ("CreateImage", "--InstanceId ins-xxxxxxxx"),
            ("SyncImages", "--ImageIds img-xxxxxxxx --DestinationRegions"),
            ("ImportKeyPair", "--PublicKey 'OpenSSH RSA public key'"),
            ("ResetInstancesPassword", "--Password @FILE"),
            ("ModifyKeyPairAttribute", "--KeyName VALUE"),
        ] {
            assert!(line(name).contains(shown), "{}", line(name));
        }
        assert!(line("ResizeInstanceDisks").contains("--DataDisks.0."));
    }

    #[test]
    fn help_of_an_asynchronous_action_says_what_to_poll() {
        let text = help(lookup::action("StopInstances").unwrap());
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            text.contains("continues after the response. Poll `DescribeInstances` until"),
            "{text}"
        );
        assert!(text.contains("`LatestOperationRequestId` is the id of this request"), "{text}");
        let text = help(lookup::action("ExportImages").unwrap());
        assert!(text.contains("continues after the response.\n"), "{text}");
    }

    #[test]
    fn member_help_explains_its_values() {
        let info = lookup::action("RunInstances").unwrap();
        let text = of_member(info, "--DataDisks.0.DiskType").unwrap();
        assert!(text.contains("--DataDisks.N.DiskType  string"), "{text}");
        assert!(text.contains("CLOUD_PREMIUM: "), "{text}");
        let failure = of_member(info, "zone").unwrap_err().to_string();
        assert!(failure.contains("`Placement.Zone`"), "{failure}");
    }
}
