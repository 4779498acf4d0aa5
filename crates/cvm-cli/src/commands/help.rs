//! `cvm help`: the program, one action, or one member of it, all from the tables.

use cvm_models::docs::{self, MemberDoc};
use cvm_models::protocol::{ActionInfo, FieldInfo, ModelInfo, RetryClass};
use cvm_models::{ACTIONS, SERVICE};

use crate::exit::{CliError, ExitStatus, Result};
use crate::options::{self, Scope};
use crate::text_page::TextPage;
use crate::{describe, lookup, output, suggest};

/// The commands that are no action, with what they do.
pub const COMMANDS: &[(&str, &str)] = &[
    ("quickstart", "See it all at work: a local CVM, and the life of two instances on it."),
    ("emulator", "Run a local CVM for any client, this one included."),
    ("list", "List every action, or those with a word in their name: cvm list image."),
    ("help", "Show help for a command, an action or a member: cvm help RunInstances Placement."),
    ("error", "Explain an error code, offline."),
    ("resume", "Settle calls whose outcome is unknown: cvm resume lists them."),
];

/// Column in which descriptions of commands and options begin.
const COLUMN: usize = 28;

/// Prints help on `words`: nothing, a command, or an action and perhaps a member of it.
pub fn run(words: &[String]) -> Result<()> {
    let text = match words {
        [] => program(),
        [topic] if topic == "exit-codes" => exit_codes(),
        [topic] if topic == "quickstart" => command(topic, Scope::Quickstart),
        [topic] if topic == "emulator" => command(topic, Scope::Emulator),
        [topic] if topic == "resume" => command(topic, Scope::Resume),
        [topic] if is_command(topic) => command(topic, Scope::Plain),
        [name] => action(lookup::action(name)?),
        [name, member] => of_member(lookup::action(name)?, member)?,
        [_, _, extra, ..] => {
            return Err(CliError::usage(format!("unexpected word `{extra}` after `cvm help`")));
        }
    };
    output::print(&text)
}

/// Whether there is a command of this name that is no action.
pub fn is_command(name: &str) -> bool {
    COMMANDS.iter().any(|(known, _)| *known == name)
}

fn program() -> String {
    let mut page = TextPage::new();
    page.line(&format!("cvm {}: Tencent Cloud CVM from a shell", env!("CARGO_PKG_VERSION")));
    page.gap();
    page.line("Usage");
    page.line("  cvm ACTION [--Parameter value]... [options]");
    page.line("  cvm COMMAND [options]");
    page.gap();
    page.line("Commands");
    for (name, doc) in COMMANDS {
        page.entry(COLUMN, name, doc);
    }
    page.gap();
    page.line("Parameters");
    page.entry(COLUMN, "--Name value", "A parameter of the action, named as the API names it.");
    page.entry(COLUMN, "--A.B value", "A member of an object: --Placement.Zone ap-guangzhou-3");
    page.entry(
        COLUMN,
        "--A.0.B value",
        "An entry of a list, numbered from 0: --Filters.0.Name zone",
    );
    page.entry(
        COLUMN,
        "--A x y",
        "Several values of a list: --InstanceIds ins-11111111 ins-22222222",
    );
    page.entry(
        COLUMN,
        "--A JSON",
        "An object or list as JSON: --Placement '{\"Zone\":\"ap-guangzhou-3\"}'",
    );
    page.entry(
        COLUMN,
        "--A.Secret @FILE",
        "A secret from a file; @- reads standard input, @@x is the value @x. In JSON too.",
    );
    page.entry(COLUMN, "--A=-x", "A value that begins with a dash.");
    page.entry(
        COLUMN,
        "--cli-input-json",
        "A parameter named in full replaces the whole member of the JSON; one that names a part of a \
         member that is in the JSON is refused.",
    );
    page.gap();
    options_of(&mut page, Scope::Action, "Options of actions");
    page.line("Environment");
    page.entry(COLUMN, "TENCENTCLOUD_SECRET_ID", "With TENCENTCLOUD_SECRET_KEY: who you are.");
    page.entry(COLUMN, "TENCENTCLOUD_TOKEN", "The token of temporary credentials.");
    page.entry(COLUMN, "TENCENTCLOUD_REGION", "The region when --region is not given.");
    page.entry(COLUMN, "CVM_JOURNAL", "The folder of the journal; see cvm help resume.");
    page.gap();
    page.paragraph(0, &format!(
        "`cvm list` names the {} actions of version {}; `cvm help exit-codes` tells how a run ends.",
        ACTIONS.len(),
        SERVICE.version
    ));
    page.finish()
}

fn command(name: &str, scope: Scope) -> String {
    let doc = COMMANDS.iter().find(|(known, _)| *known == name).map_or("", |(_, doc)| doc);
    let mut page = TextPage::new();
    page.line(&format!("cvm {name}"));
    page.paragraph(2, doc);
    for note in notes(scope) {
        page.gap();
        page.paragraph(2, note);
    }
    page.gap();
    options_of(&mut page, scope, "Options");
    page.paragraph(
        2,
        "Options of actions such as --emulator, --region and --output are taken too, so that an alias with \
         options works; where they have no use they are ignored. The last value of an option counts. \
         --cli-input-json and --generate-cli-skeleton belong to one action and are refused elsewhere.",
    );
    page.finish()
}

/// What to know of a command beyond its options.
const fn notes(scope: Scope) -> &'static [&'static str] {
    match scope {
        Scope::Emulator => &[
            "Any client can talk to it: give the client the url and the credentials as endpoint, secret id \
             and secret key, and plain HTTP. Requests that are not signed by them are refused.",
            "The ready file is JSON with url, secret_id, secret_key and pid, readable by you alone. It \
             appears when the server answers and goes when Ctrl-C, SIGTERM, SIGHUP or SIGQUIT stops it.",
        ],
        Scope::Quickstart => &[
            "The local CVM lives in this process and listens on a free port of 127.0.0.1; nothing else \
             is called and nothing is left behind.",
        ],
        Scope::Resume => &[
            "Before a change leaves, it is written into the journal; when its outcome is known, the entry \
             goes. What stays was interrupted, or its outcome is unknown. Entries are in CVM_JOURNAL, \
             else in cvm/journal below XDG_STATE_HOME or ~/.local/state, for you alone, and hold no secret.",
            "cvm resume lists them. cvm resume ID settles one: a request whose token the service still knows \
             (up to 3 minutes old) is sent again as it was, and its secrets are given again as parameters; \
             for any other nothing is sent again, and what it left is read.",
            "It ends with 0 when the change is there and the entry gone, and with 3 while a person has to \
             decide; then cvm resume --forget ID.",
        ],
        Scope::Plain | Scope::Action => &[],
    }
}

fn options_of(page: &mut TextPage, scope: Scope, title: &str) {
    page.line(title);
    for option in options::of(scope) {
        let value = option.value.map(|value| format!(" {value}")).unwrap_or_default();
        page.entry(COLUMN, &format!("--{}{value}", option.name), option.doc);
    }
    page.gap();
}

/// What to know of exit codes beyond the table.
const EXIT_NOTES: &[&str] = &[
    "After 3 and 7 the entry of the journal stays: `cvm resume` lists it. With 7, standard error has the \
     request id and what is known of the response.",
    "When standard output is closed (`>&-`), every action ends with 7, reads too, and every other command \
     with 6. A null device that was opened for reading and writing, as by Python's DEVNULL, counts as closed; \
     `>/dev/null` does not.",
    "A read whose list is absent, null or empty against its own total is printed as it came and ends with 5. One that \
     is shorter than its total is printed with a note: how to go on, or that the action has no other page.",
    "A signal before a change is sent, or while something is read, ends the program itself: shells report \
     128 + its number. While a change is on its way, Ctrl-C, SIGTERM, SIGHUP and every other signal that asks a program to end \
     (SIGQUIT, SIGALRM, SIGUSR1, SIGXCPU, …) end with 3, and with 7 while its response is written.",
];

fn exit_codes() -> String {
    let mut page = TextPage::new();
    page.line("Exit codes");
    for exit in ExitStatus::ALL {
        page.entry(6, &exit.code().to_string(), exit.doc());
    }
    page.gap();
    for note in EXIT_NOTES {
        page.paragraph(2, note);
    }
    page.finish()
}

/// Everything there is to know of an action.
pub fn action(info: &'static ActionInfo) -> String {
    let doc = docs::action(info.name);
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
    page.line("Answer");
    members(&mut page, info.response, "", doc.map_or(&[], |doc| doc.response), "");
    page.gap();
    if !info.errors.is_empty() {
        page.line("Errors, beside the common ones (`cvm error CODE` explains one)");
        page.paragraph(2, &info.errors().collect::<Vec<_>>().join(", "));
    }
    page.finish()
}

/// The words of a command line with what is always required. It passes the check of `--validate`.
fn usage(info: &'static ActionInfo) -> Vec<String> {
    let mut usage = vec!["cvm".to_owned(), info.name.to_owned()];
    for (name, value) in describe::smallest(info) {
        usage.extend(describe::words(name, &value));
    }
    if info.request.members.iter().any(|field| !field.required) {
        usage.extend(["[--Parameter".to_owned(), "value]...".to_owned()]);
    }
    usage
}

fn facts(page: &mut TextPage, info: &ActionInfo) {
    let repeated = match info.retry {
        RetryClass::Read => "changes nothing, so a lost answer is asked for again",
        RetryClass::Token => "sent again with the same token, which the service recognises",
        RetryClass::Convergent => "sets a state, so it may be sent again once",
        RetryClass::Guarded => "never sent again unread: a repeat could undo a later change",
        RetryClass::Hazard => "never sent again: a repeat costs or destroys",
    };
    page.paragraph(2, &format!("Retry class: {} ({repeated}).", info.retry));
    for row in info.retry_overrides {
        let when: Vec<String> = row.when.iter().map(ToString::to_string).collect();
        page.paragraph(4, &format!("{} with {}.", row.class, when.join(" and ")));
    }
    let settled = docs::action(info.name).map_or("", |doc| doc.reconcile);
    if !settled.is_empty() {
        let list = info.reconcile.map(|facts| format!(", by {}", facts.list)).unwrap_or_default();
        page.hanging(2, 4, &format!("After an unknown outcome{list}: {settled}"));
    }
    if info.asynchronous {
        page.paragraph(2, "Runs on after the answer.");
    }
    if let Some(rate) = info.rate_limit_per_second {
        page.paragraph(2, &format!("Up to {rate} calls a second."));
    }
    if let Some(pages) = info.paginate {
        page.paragraph(
            2,
            &format!(
                "In pages of {} entries, at most {}: --{}.",
                pages.default_limit,
                pages.max_limit,
                pages.style.limit()
            ),
        );
    }
    if info.deprecated {
        page.paragraph(2, "Deprecated: the service asks not to use it any more.");
    }
    page.gap();
}

/// The members of a table and of all that is in it, or those at and below one dotted name.
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
        let docs = if std::ptr::eq(owner, table) { top } else { docs::members(owner.name) };
        let doc = docs.iter().find(|doc| doc.name == field.wire);
        let required = if field.required { ", required" } else { "" };
        page.line(&format!("  {dashes}{path}  {}{required}", describe::kind(&field.kind)));
        let text = format!("{} {}", doc.map_or("", |doc| doc.doc), describe::limits(field));
        page.paragraph(6, &text);
        if !only.is_empty() {
            values(page, field, doc);
        }
    });
}

/// What each value of a set means.
fn values(page: &mut TextPage, field: &FieldInfo, doc: Option<&MemberDoc>) {
    let type_ = doc.map_or("", |doc| doc.type_);
    let name = type_.trim_start_matches("list<").trim_end_matches('>');
    let Some(set) = docs::enum_(name) else { return };
    for (value, meaning) in set.values {
        if field.values.is_empty() || field.values.contains(value) {
            page.hanging(6, 10, &format!("{value}: {meaning}"));
        }
    }
}

fn of_member(info: &'static ActionInfo, member: &str) -> Result<String> {
    // What was typed on a command line has positions where the help has `N`.
    let place = member
        .trim_start_matches('-')
        .split('.')
        .map(|step| if step.parse::<u32>().is_ok() { "N" } else { step })
        .collect::<Vec<_>>()
        .join(".");
    let doc = docs::action(info.name);
    let mut page = TextPage::new();
    members(&mut page, info.request, "--", doc.map_or(&[], |doc| doc.request), &place);
    members(&mut page, info.response, "", doc.map_or(&[], |doc| doc.response), &place);
    let text = page.finish();
    if !text.is_empty() {
        return Ok(text);
    }
    let mut places = Vec::new();
    for table in [info.request, info.response] {
        describe::walk(table, "N", &mut |path, _, _| places.push(path.to_owned()));
    }
    let last = place.rsplit('.').next().unwrap_or_default();
    let mut near: Vec<&str> = places
        .iter()
        .map(String::as_str)
        .filter(|path| path.rsplit('.').next().is_some_and(|name| name.eq_ignore_ascii_case(last)))
        .take(3)
        .collect();
    if near.is_empty() {
        near = suggest::near(&place, places.iter().map(String::as_str));
    }
    Err(CliError::usage(format!("`{}` has no member `{member}`", info.name))
        .maybe_hint(suggest::did_you_mean(&near)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_help_that_names_its_members() {
        for info in ACTIONS {
            let text = action(info);
            for field in info.request.members {
                assert!(
                    text.contains(&format!("--{}  ", field.wire)),
                    "{} {}",
                    info.name,
                    field.wire
                );
            }
            assert!(text.contains("Retry class: "), "{}", info.name);
        }
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
    fn usage_line_of_every_action_passes_the_check_as_it_stands() {
        let folder = std::env::temp_dir().join(format!("cvm-usage-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let secret = folder.join("secret");
        std::fs::write(&secret, "aB3-5678").unwrap();
        for info in ACTIONS {
            let text = action(info);
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
            let broken = crate::outcome::violations(info, &request);
            assert!(broken.is_empty(), "{line}: {broken:?}");
            for filter in info.filters.iter().filter(|filter| filter.required) {
                assert!(line.contains(&format!(".Name {} ", filter.name)), "{line}");
            }
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn usage_line_shows_what_a_request_needs_together() {
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
    fn one_member_comes_with_what_its_values_mean() {
        let info = lookup::action("RunInstances").unwrap();
        let text = of_member(info, "--DataDisks.0.DiskType").unwrap();
        assert!(text.contains("--DataDisks.N.DiskType  string"), "{text}");
        assert!(text.contains("CLOUD_PREMIUM: "), "{text}");
        let failure = of_member(info, "zone").unwrap_err().to_string();
        assert!(failure.contains("`Placement.Zone`"), "{failure}");
    }

    #[test]
    fn every_option_is_in_the_help() {
        let text = program();
        for option in options::of(Scope::Action) {
            assert!(text.contains(&format!("--{}", option.name)), "{}", option.name);
        }
    }
}
