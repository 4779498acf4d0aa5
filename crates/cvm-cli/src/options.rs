//! Every option of this program as data: the parser, the help and the error messages read one list.

/// Which commands take an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `cvm`, `cvm help`, `cvm list`, `cvm error`.
    Plain,
    /// `cvm ACTION`.
    Action,
    /// `cvm quickstart`.
    Quickstart,
    /// `cvm emulator`.
    Emulator,
    /// `cvm resume`.
    Resume,
}

impl Scope {
    /// The scope of a command line whose first word is this.
    pub fn of(word: &str) -> Self {
        match word {
            "quickstart" => Self::Quickstart,
            "emulator" => Self::Emulator,
            "resume" => Self::Resume,
            action if action.starts_with(|first: char| first.is_ascii_uppercase()) => Self::Action,
            _ => Self::Plain,
        }
    }

    /// Whether parameters of an action may stand on the line.
    pub const fn takes_parameters(self) -> bool {
        matches!(self, Self::Action | Self::Resume)
    }
}

/// One option.
#[derive(Debug)]
pub struct OptionInfo {
    /// Its name without the dashes.
    pub name: &'static str,
    /// What stands for its value in help; `None` for one that takes none.
    pub value: Option<&'static str>,
    /// The commands that take it.
    pub scopes: &'static [Scope],
    /// What it does.
    pub doc: &'static str,
}

const fn option(
    name: &'static str,
    value: &'static str,
    scopes: &'static [Scope],
    doc: &'static str,
) -> OptionInfo {
    OptionInfo { name, value: Some(value), scopes, doc }
}

const fn flag(name: &'static str, scopes: &'static [Scope], doc: &'static str) -> OptionInfo {
    OptionInfo { name, value: None, scopes, doc }
}

use Scope::{Action, Emulator, Plain, Quickstart, Resume};

/// All options, in the order of the help.
pub const OPTIONS: &[OptionInfo] = &[
    option("region", "REGION", &[Action], "Region of the call; else TENCENTCLOUD_REGION."),
    option(
        "endpoint",
        "URL",
        &[Action],
        "Where to send it: a host, https://…, http:// to loopback; regional, intl, internal.",
    ),
    option(
        "emulator",
        "FILE",
        &[Action, Resume],
        "Talk to the `cvm emulator` that writes this ready file; waits up to 5 s for a missing one.",
    ),
    option(
        "dialect",
        "DIALECT",
        &[Action, Quickstart],
        "How to sign: tc3, tc3-get, v1-sha1, v1-sha256, old-gateway.",
    ),
    option(
        "timeout",
        "SECONDS",
        &[Action, Resume],
        "Most time for the whole call, repeats included.",
    ),
    option(
        "language",
        "LANGUAGE",
        &[Action, Resume],
        "Language of the service's messages: en-US, zh-CN.",
    ),
    option("output", "FORMAT", &[Action, Resume], "How to print the answer: json, table, text."),
    option(
        "columns",
        "NAMES",
        &[Action],
        "Members to print of each entry, for table and text: InstanceId,Placement.Zone.",
    ),
    option(
        "cli-input-json",
        "SOURCE",
        &[Action, Resume],
        "Parameters as one JSON object: text, file://PATH, or - for standard input.",
    ),
    flag(
        "generate-cli-skeleton",
        &[Action],
        "Print such a JSON object to fill in, and send nothing.",
    ),
    flag("validate", &[Action], "Check all limits here first, and send nothing that breaks one."),
    flag(
        "show-wire",
        &[Action, Resume],
        "Print the signed request and the answer on standard error, secrets masked.",
    ),
    flag("show-wire", &[Quickstart], "Print every signed request and its answer, secrets masked."),
    flag(
        "print-secrets",
        &[Action],
        "Print secret members of the answer, which are hidden otherwise.",
    ),
    flag(
        "cli-unfold-argument",
        &[Action],
        "Accepted for command lines of tccli; dotted names always work.",
    ),
    flag(
        "no-journal",
        &[Action],
        "Write no entry into the journal: after a crash there is no record of what was under way.",
    ),
    option("forget", "ID", &[Resume], "Remove this entry: you know what became of it."),
    flag(
        "same-account",
        &[Resume],
        "Sign with another secret id than the entry's: it belongs to the same account.",
    ),
    option(
        "endpoint",
        "URL",
        &[Resume],
        "Where it went: the entry knows, and nothing else is taken.",
    ),
    option(
        "region",
        "REGION",
        &[Resume],
        "Its region: the entry knows, and nothing else is taken.",
    ),
    option(
        "dialect",
        "DIALECT",
        &[Resume],
        "How it was signed: the entry knows, and nothing else is taken.",
    ),
    flag(
        "cloud",
        &[Quickstart],
        "Use your own account: reads, and one dry run. It can create nothing.",
    ),
    option(
        "region",
        "REGION",
        &[Quickstart],
        "With --cloud: the region to look at; else TENCENTCLOUD_REGION, else ap-guangzhou.",
    ),
    option("endpoint", "URL", &[Quickstart], "With --cloud: where to send it."),
    option(
        "listen",
        "ADDR:PORT",
        &[Emulator],
        "Where to listen. Default: 127.0.0.1:0, a free port.",
    ),
    flag(
        "allow-remote",
        &[Emulator],
        "Let --listen name an address that other machines can reach, over HTTP without encryption.",
    ),
    option(
        "ready-file",
        "FILE",
        &[Emulator],
        "Write url and credentials into this new file (mode 0600) when the server answers.",
    ),
    flag(
        "instant",
        &[Emulator],
        "Show end states at once: a new instance is running at the next read.",
    ),
    option(
        "time-scale",
        "N",
        &[Emulator, Quickstart],
        "How many times faster than real time states change.",
    ),
    option("seed", "N", &[Emulator], "Make ids and addresses the same in every run."),
    option(
        "secret-id",
        "ID",
        &[Emulator],
        "The secret id to accept, beside --secret-key-file. Default: a random pair.",
    ),
    option(
        "secret-key-file",
        "FILE",
        &[Emulator],
        "File that holds the secret key to accept. Only you may be able to read it.",
    ),
    flag(
        "coverage",
        &[Emulator],
        "Show what is imitated, and which answers no document settles; start nothing.",
    ),
    flag(
        "help",
        &[Plain, Action, Quickstart, Emulator, Resume],
        "Show help: for an action, its members, errors and retry class.",
    ),
    flag("version", &[Plain, Quickstart, Emulator, Resume], "Show the version."),
    option(
        "version",
        "DATE",
        &[Action],
        "The API version, for command lines of tccli; only 2017-03-12.",
    ),
];

/// Options that every command takes, so that an alias such as `cvm --emulator ready.json` works for all of
/// them. A command that has no use for one ignores it. Of the options of actions two are missing: the request
/// of one action (`--cli-input-json`) fits no other, and who asks to send nothing (`--generate-cli-skeleton`)
/// must not be ignored.
const GLOBAL: &[&str] = &[
    "region",
    "endpoint",
    "emulator",
    "dialect",
    "timeout",
    "language",
    "output",
    "columns",
    "validate",
    "show-wire",
    "print-secrets",
    "no-journal",
    "cli-unfold-argument",
];

/// Options that may be given once only: they say what a command acts on, so a second value is no correction of
/// the first. Of every other option the last value counts.
const ONCE: &[&str] = &["cli-input-json", "forget"];

/// Options that other tools have and this one has not, with the reason and the way out.
pub const REFUSED: &[(&str, &str)] = &[
    ("secretId", NO_SECRETS),
    ("secretKey", NO_SECRETS),
    ("secret-key", NO_SECRETS),
    ("token", NO_SECRETS),
    ("profile", "set TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY and TENCENTCLOUD_REGION"),
    ("filter", "pipe the JSON into jq, or choose members with `--columns`"),
    ("waiter", "read again until the state is there, or use the SDK's waiters"),
    ("https-proxy", "set HTTPS_PROXY"),
];

/// Why no option takes a secret.
pub const NO_SECRETS: &str = "a command line can be read by every user of the machine; \
     set TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY and, for temporary ones, TENCENTCLOUD_TOKEN";

/// One line that names the options of a command.
pub fn summary(scope: Scope) -> String {
    let names: Vec<String> = of(scope).map(|option| format!("--{}", option.name)).collect();
    format!("its options are {}", names.join(", "))
}

/// Whether every command takes the option of this name.
pub fn is_global(name: &str) -> bool {
    GLOBAL.contains(&name)
}

/// Whether an option may be given once only.
pub fn is_given_once(name: &str) -> bool {
    ONCE.contains(&name)
}

/// Whether a command takes the option of this name.
pub fn takes(scope: Scope, name: &str) -> bool {
    is_global(name) || of(scope).any(|option| option.name == name)
}

/// The options of a command, in the order of the help.
pub fn of(scope: Scope) -> impl Iterator<Item = &'static OptionInfo> {
    OPTIONS.iter().filter(move |option| option.scopes.contains(&scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_and_distinct_within_a_command() {
        for scope in [Plain, Action, Quickstart, Emulator, Resume] {
            let mut seen = std::collections::HashSet::new();
            for option in of(scope) {
                assert!(option.name.starts_with(|first: char| first.is_ascii_lowercase()));
                assert!(seen.insert(option.name), "{} twice", option.name);
                assert!(option.doc.ends_with('.'), "{}", option.name);
            }
        }
    }

    #[test]
    fn what_is_refused_is_no_option() {
        for (refused, _) in REFUSED {
            assert!(!OPTIONS.iter().any(|option| option.name == *refused), "{refused}");
        }
    }

    /// An alias can have any option of actions but these two.
    #[test]
    fn every_command_takes_the_options_of_actions() {
        let of_one_action =
            ["cli-input-json", "generate-cli-skeleton", "help", "version"].as_slice();
        for option in of(Action).filter(|option| !of_one_action.contains(&option.name)) {
            for scope in [Plain, Quickstart, Emulator, Resume] {
                assert!(takes(scope, option.name), "{} {scope:?}", option.name);
            }
        }
    }

    #[test]
    fn global_options_mean_the_same_to_the_parser_wherever_they_stand() {
        for name in GLOBAL {
            let values: Vec<bool> = OPTIONS
                .iter()
                .filter(|option| option.name == *name)
                .map(|option| option.value.is_some())
                .collect();
            assert!(!values.is_empty() && values.iter().all(|value| *value == values[0]), "{name}");
        }
    }
}
