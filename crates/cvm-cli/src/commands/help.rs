//! `cvm help`: the program, a command, or the exit codes.

mod action;

use cvm_models::{ACTIONS, SERVICE};

use super::emulator_admin::WORDS;
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::options::{self, COMMANDS, Scope, is_command};
use crate::text_page::TextPage;
use crate::{lookup, output};

/// The column of descriptions of commands and options.
const COLUMN: usize = 28;

/// The column of descriptions of words of `cvm emulator`.
const WORDS_COLUMN: usize = 34;

/// Prints the help for `words`: none, a command, or an action and an optional member of it.
pub fn run(words: &[String]) -> Result<()> {
    let text = match words {
        [] => program(),
        [topic] if topic == "exit-codes" => exit_codes(),
        [topic] if topic == "quickstart" => command(topic, Scope::Quickstart),
        [topic] if topic == "emulator" => command(topic, Scope::Emulator),
        [topic] if topic == "resume" => command(topic, Scope::Resume),
        [topic] if is_command(topic) => command(topic, Scope::Plain),
        [name] => action::help(lookup::action(name)?),
        [name, member] => action::of_member(lookup::action(name)?, member)?,
        [_, _, extra, ..] => {
            return Err(CliError::usage(format!("unexpected argument `{extra}` after `cvm help`")));
        }
    };
    output::print(&text)
}

fn program() -> String {
    let mut page = TextPage::new();
    page.line(&format!("cvm {}: a command line for Tencent Cloud CVM", env!("CARGO_PKG_VERSION")));
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
    page.entry(COLUMN, "--Name value", "A parameter of the action, named as in the API.");
    page.entry(COLUMN, "--A.B value", "A member of an object: --Placement.Zone ap-guangzhou-3");
    page.entry(
        COLUMN,
        "--A.0.B value",
        "An item of a list, numbered from 0: --Filters.0.Name zone",
    );
    page.entry(
        COLUMN,
        "--A x y",
        "Several values of a list: --InstanceIds ins-11111111 ins-22222222",
    );
    page.entry(
        COLUMN,
        "--A JSON",
        "An object or a list as JSON: --Placement '{\"Zone\":\"ap-guangzhou-3\"}'",
    );
    page.entry(
        COLUMN,
        "--A.Password @FILE",
        "A secret from a file. @- reads standard input; @@x is the value @x. Works inside JSON too.",
    );
    page.entry(COLUMN, "--A=-x", "A value that begins with a dash.");
    page.entry(
        COLUMN,
        "--cli-input-json",
        "With it, --A replaces member A of the JSON as a whole; --A.B is an error if the JSON has A.",
    );
    page.gap();
    options_of(&mut page, Scope::Action, "Options of actions");
    page.line("Environment");
    page.entry(
        COLUMN,
        "TENCENTCLOUD_SECRET_ID",
        "Your secret id; requires TENCENTCLOUD_SECRET_KEY.",
    );
    page.entry(
        COLUMN,
        "TENCENTCLOUD_SECRET_KEY",
        "Your secret key; requires TENCENTCLOUD_SECRET_ID.",
    );
    page.entry(COLUMN, "TENCENTCLOUD_TOKEN", "Token of temporary credentials.");
    page.entry(COLUMN, "TENCENTCLOUD_REGION", "Region, unless --region is given.");
    page.entry(
        COLUMN,
        "CVM_METADATA_ENDPOINT",
        "Metadata service of the instance's role, such as that of `cvm emulator --metadata`.",
    );
    page.entry(COLUMN, "CVM_JOURNAL", "Directory of the journal; see `cvm help resume`.");
    page.gap();
    page.paragraph(0, &format!(
        "`cvm list` lists the {} actions of API version {}; `cvm help exit-codes` explains the exit codes.",
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
    if scope == Scope::Emulator {
        page.line("Words for a running emulator");
        for (usage, doc) in WORDS {
            page.entry(WORDS_COLUMN, usage, doc);
        }
        page.gap();
    }
    options_of(&mut page, scope, "Options");
    page.paragraph(
        2,
        "Every command also accepts the options of actions, such as --emulator, --region and --output, so \
         that an alias with options works; options without an effect are ignored. If an option is \
         repeated, the last value counts, but --catalog, --cli-input-json, --data-dir and --forget must be \
         given once. --generate-cli-skeleton belongs to an action, and --cli-input-json to an action or to `cvm \
         resume ID`; other commands reject them.",
    );
    page.finish()
}

/// Notes about a command, in addition to its options.
const fn notes(scope: Scope) -> &'static [&'static str] {
    match scope {
        Scope::Emulator => &[
            "With a word, it is the client of a running emulator, which --emulator or the variable CVM_EMULATOR \
             names by its ready file. Responses are tables on a terminal, else JSON; events are JSON lines.",
            "Any client can call it over plain HTTP: configure the URL as the endpoint, and the secret id and \
             secret key as the credentials. Requests that are signed with other credentials are rejected.",
            "The ready file is JSON with url, secret_id, secret_key, admin_token and pid, and only you can read it. It \
             appears when the server is ready, and is removed when Ctrl-C, SIGTERM, SIGHUP or SIGQUIT stops \
             the server.",
        ],
        Scope::Quickstart => &[
            "The emulator runs in this process and listens on a free port of 127.0.0.1. Nothing else is \
             called, and nothing is left behind.",
        ],
        Scope::Resume => &[
            "Before cvm sends a request that changes something, it writes an entry to the journal. It removes \
             the entry when the outcome is known and printed. The request of a remaining entry was \
             interrupted, or its outcome is unknown. Entries are in CVM_JOURNAL, else in cvm/journal below \
             XDG_STATE_HOME or ~/.local/state; only you can read them, and they contain no secret.",
            "`cvm resume` lists the entries; `cvm resume ID` settles one. It retries a request whose client \
             token the service still knows; give its secrets again as parameters. This works for 3 minutes, \
             on Linux, and until this machine restarts. It never retries any other request, and only reads to \
             find out whether it took effect.",
            "It exits with 0 when the request took effect and the entry is removed, and with 3 if a person has \
             to decide; after that decision, run `cvm resume --forget ID`.",
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

/// Notes about exit codes, in addition to the table.
const EXIT_NOTES: &[&str] = &[
    "After 3 and 7, the journal keeps its entry, and `cvm resume` lists it. With 7, standard error shows \
     the request id and what is known of the response.",
    "If standard output is closed (`>&-`), an action whose response arrived exits with 7, even a read (which \
     you may repeat). Anything else that would print exits with 6. A null device that is open for reading and writing, such as Python's \
     subprocess.DEVNULL, counts as closed; `>/dev/null` does not.",
    "If a read returns no list, or an empty list with a total above 0, cvm prints the response and exits \
     with 5. If the list is shorter than its total, cvm prints it, and a note on standard error says how to get the \
     rest, or that there are no more items.",
    "Before a change is sent, and during a read, a signal ends cvm directly: shells report 128 + its number. \
     While cvm waits for the response to a change, a signal that asks a program to end (Ctrl-C, SIGTERM, SIGHUP, \
     SIGQUIT, SIGALRM, SIGUSR1, SIGXCPU, …) ends it with exit code 3; while it prints the response, with 7.",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_help_has_an_entry_for_each_credential_variable() {
        let text = program();
        for name in ["TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "TENCENTCLOUD_TOKEN"] {
            assert!(text.lines().any(|line| line.starts_with(&format!("  {name} "))), "{name}");
        }
    }

    #[test]
    fn program_help_lists_every_option() {
        let text = program();
        for option in options::of(Scope::Action) {
            assert!(text.contains(&format!("--{}", option.name)), "{}", option.name);
        }
    }
}
