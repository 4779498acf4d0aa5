//! All options of this program as data, for the parser, the help and the error messages.

/// The commands that are not actions, with their descriptions.
pub const COMMANDS: &[(&str, &str)] = &[
    ("quickstart", "Run a guided demo: a local emulator and the life cycle of two instances."),
    ("emulator", "Run a local CVM emulator that any client can call."),
    ("list", "List all actions, or those that match a word: cvm list image."),
    ("help", "Show help for a command, an action or a parameter: cvm help RunInstances Placement."),
    ("error", "Explain an error code, offline."),
    ("resume", "List and settle requests whose outcome is unknown."),
];

/// Which commands accept an option.
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

    /// Whether the command accepts parameters of an action.
    pub const fn takes_parameters(self) -> bool {
        matches!(self, Self::Action | Self::Resume)
    }
}

/// One option.
#[derive(Debug)]
pub struct OptionInfo {
    /// Its name without the dashes.
    pub name: &'static str,
    /// The placeholder of its value in help; `None` for a flag.
    pub value: Option<&'static str>,
    /// The commands that accept it.
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
    option(
        "region",
        "REGION",
        &[Action],
        "Region to call. Default: TENCENTCLOUD_REGION, else the tccli profile.",
    ),
    option(
        "endpoint",
        "URL",
        &[Action],
        "Endpoint to call: a host, an https:// URL, an http:// URL of a loopback address, or one of \
         regional, intl, internal.",
    ),
    option(
        "emulator",
        "FILE",
        &[Action, Resume],
        "Call the `cvm emulator` that writes this ready file; wait up to 5 s for the file to appear.",
    ),
    option(
        "dialect",
        "DIALECT",
        &[Action, Quickstart],
        "Signing dialect: tc3 (the default), tc3-get, v1-sha1, v1-sha256, old-gateway.",
    ),
    option(
        "timeout",
        "SECONDS",
        &[Action, Resume],
        "Time limit for the whole call, including retries.",
    ),
    option(
        "language",
        "LANGUAGE",
        &[Action, Resume],
        "Language of the service's messages: en-US or zh-CN.",
    ),
    option("output", "FORMAT", &[Action, Resume], "Output format: json, table or text."),
    option(
        "columns",
        "NAMES",
        &[Action],
        "Members to print for each item, in table or text output: InstanceId,Placement.Zone.",
    ),
    option(
        "cli-input-json",
        "SOURCE",
        &[Action, Resume],
        "Parameters as one JSON object: the JSON itself, file://PATH, or - for standard input.",
    ),
    flag(
        "generate-cli-skeleton",
        &[Action],
        "Print a JSON template for --cli-input-json; send nothing.",
    ),
    flag(
        "validate",
        &[Action],
        "Check all documented limits locally first; if one is violated, send nothing.",
    ),
    flag(
        "show-wire",
        &[Action, Resume],
        "Print each signed request and its response to standard error, with secrets masked.",
    ),
    flag(
        "show-wire",
        &[Quickstart],
        "Print each signed request and its response, with secrets masked.",
    ),
    flag(
        "print-secrets",
        &[Action],
        "Print secret members of the response, which are hidden by default.",
    ),
    flag(
        "cli-unfold-argument",
        &[Action],
        "Accepted for compatibility with tccli; dotted names always work.",
    ),
    flag(
        "no-journal",
        &[Action],
        "Do not write a journal entry; after a crash, there is no record of the request.",
    ),
    option("forget", "ID", &[Resume], "Remove this entry, because you know the outcome."),
    flag(
        "same-account",
        &[Resume],
        "Allow a different secret id; asserts that it belongs to the same account.",
    ),
    option(
        "endpoint",
        "URL",
        &[Resume],
        "Not needed: the entry's endpoint is used, and any other value is an error.",
    ),
    option(
        "region",
        "REGION",
        &[Resume],
        "Not needed: the entry's region is used, and any other value is an error.",
    ),
    option(
        "dialect",
        "DIALECT",
        &[Resume],
        "Not needed: the entry's dialect is used, and any other value is an error.",
    ),
    flag(
        "cloud",
        &[Quickstart],
        "Use your own account: only reads and one dry run, so nothing can be created.",
    ),
    option(
        "region",
        "REGION",
        &[Quickstart],
        "With --cloud: region to use. Default: TENCENTCLOUD_REGION, else ap-guangzhou.",
    ),
    option("endpoint", "URL", &[Quickstart], "With --cloud: endpoint to call."),
    option(
        "listen",
        "ADDR:PORT",
        &[Emulator],
        "Address to listen on. Default: 127.0.0.1:0, which is any free port.",
    ),
    flag(
        "tls",
        &[Emulator],
        "Serve HTTPS instead of HTTP. The ready file names the CA certificate to trust (ca_file).",
    ),
    option("tls-listen", "ADDR:PORT", &[Emulator], "Serve HTTPS here, and HTTP at --listen."),
    option(
        "tls-name",
        "NAMES",
        &[Emulator],
        "More names or addresses for the certificate, separated by commas. It always has localhost, \
         SERVICE.localhost and *.tencentcloudapi.localhost.",
    ),
    option(
        "tls-dir",
        "DIR",
        &[Emulator],
        "Keep the CA in this directory, so that clients trust it once. Default: a new CA at each start.",
    ),
    option(
        "metadata",
        "ADDR:PORT",
        &[Emulator],
        "Serve the metadata of an instance here, its role's credentials included. Default: not served.",
    ),
    option(
        "metadata-instance",
        "ID",
        &[Emulator],
        "Instance whose metadata are served. Default: the newest one that runs.",
    ),
    flag(
        "allow-remote",
        &[Emulator],
        "Allow --listen, --tls-listen and --metadata to name an address that other machines can reach. HTTP and the \
         metadata are not encrypted.",
    ),
    flag(
        "allow-remote-admin",
        &[Emulator],
        "Allow other machines that have the admin token to use the admin API.",
    ),
    option(
        "ready-file",
        "FILE",
        &[Emulator],
        "Write the URL and the credentials to this file (mode 0600) when the server is ready.",
    ),
    flag(
        "instant",
        &[Emulator],
        "Skip intermediate states: a new instance is RUNNING at the next read.",
    ),
    option(
        "time-scale",
        "N",
        &[Emulator, Quickstart],
        "Speed of the emulator's clock: 60 makes a minute pass in a second.",
    ),
    option(
        "seed",
        "N",
        &[Emulator],
        "Seed for generated ids and addresses; makes them the same in every run.",
    ),
    option(
        "secret-id",
        "ID",
        &[Emulator],
        "Secret id to accept; requires --secret-key-file. Default: a random pair.",
    ),
    option(
        "secret-key-file",
        "FILE",
        &[Emulator],
        "File with the secret key to accept; other users must not be able to read it.",
    ),
    option(
        "web-identity-token-file",
        "FILE",
        &[Emulator],
        "File with the token that AssumeRoleWithWebIdentity accepts; other users must not be able to read it.",
    ),
    option(
        "catalog",
        "FILE",
        &[Emulator],
        "JSON file with instance types, zones, images, stock or prices that extend or replace the built-in ones.",
    ),
    option(
        "scenario",
        "FILE",
        &[Emulator],
        "Start with the accounts, resources, faults and catalog of a YAML or JSON file. Default: one empty account.",
    ),
    option(
        "data-dir",
        "DIR",
        &[Emulator],
        "Keep everything in this directory, and continue where the last emulator with it ended. Default: keep nothing.",
    ),
    option(
        "fault",
        "PRESET",
        &[Emulator],
        "Inject faults: flaky, throttled, slow, bad-proxy or sold-out.",
    ),
    option(
        "faults",
        "FILE",
        &[Emulator],
        "JSON file with fault rules: lost responses, throttling, errors, delays, failed launches.",
    ),
    flag(
        "strict-network",
        &[Emulator],
        "Refuse VPCs, subnets and security groups that were not created in the emulator.",
    ),
    flag(
        "follow",
        &[Emulator],
        "With `cvm emulator log`: print each new request, until the emulator stops.",
    ),
    flag(
        "coverage",
        &[Emulator],
        "List supported actions, refused parameters and assumed behavior, then exit.",
    ),
    flag(
        "help",
        &[Plain, Action, Quickstart, Emulator, Resume],
        "Show help; for an action, its parameters, errors and retry class.",
    ),
    flag("version", &[Plain, Quickstart, Emulator, Resume], "Show the version."),
    option(
        "version",
        "DATE",
        &[Action],
        "API version, for compatibility with tccli; only 2017-03-12.",
    ),
];

/// Options that every command accepts, so that an alias such as `cvm --emulator ready.json` works for all of
/// them. A command ignores those that it does not need. Two options of actions are missing: the request of one
/// action (`--cli-input-json`) fits no other, and a request to send nothing (`--generate-cli-skeleton`) must
/// not be ignored.
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

/// Options that may be given only once: they name what the command acts on, so a second value does not correct
/// the first. For every other option, the last value counts.
const ONCE: &[&str] =
    &["catalog", "cli-input-json", "data-dir", "fault", "faults", "forget", "scenario", "tls-name"];

/// Options of other tools that this program does not have, with the alternative.
pub const REFUSED: &[(&str, &str)] = &[
    ("secretId", NO_SECRETS),
    ("secretKey", NO_SECRETS),
    ("secret-key", NO_SECRETS),
    ("token", NO_SECRETS),
    ("profile", "set TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY and TENCENTCLOUD_REGION"),
    ("filter", "pipe the JSON output into jq, or select members with `--columns`"),
    ("waiter", "poll until the state is reached, or use the SDK's waiters"),
    ("https-proxy", "set HTTPS_PROXY"),
];

/// Why no option accepts a secret.
pub const NO_SECRETS: &str = "a command line can be read by every user of this machine; \
     set TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY and, for temporary credentials, TENCENTCLOUD_TOKEN";

/// Whether a command that is not an action has this name.
pub fn is_command(name: &str) -> bool {
    COMMANDS.iter().any(|(known, _)| *known == name)
}

/// One line that names the options of a command.
pub fn summary(scope: Scope) -> String {
    let names: Vec<String> = of(scope).map(|option| format!("--{}", option.name)).collect();
    format!("its options: {}", names.join(", "))
}

/// Whether every command accepts the option of this name.
pub fn is_global(name: &str) -> bool {
    GLOBAL.contains(&name)
}

/// Whether an option may be given only once.
pub fn is_given_once(name: &str) -> bool {
    ONCE.contains(&name)
}

/// Whether a command accepts the option of this name.
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
    fn option_names_are_lower_case_and_unique_per_command() {
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
    fn rejected_options_are_not_defined() {
        for (refused, _) in REFUSED {
            assert!(!OPTIONS.iter().any(|option| option.name == *refused), "{refused}");
        }
    }

    /// An alias can contain any option of actions except these.
    #[test]
    fn every_command_accepts_the_options_of_actions() {
        let of_one_action =
            ["cli-input-json", "generate-cli-skeleton", "help", "version"].as_slice();
        for option in of(Action).filter(|option| !of_one_action.contains(&option.name)) {
            for scope in [Plain, Quickstart, Emulator, Resume] {
                assert!(takes(scope, option.name), "{} {scope:?}", option.name);
            }
        }
    }

    #[test]
    fn global_options_take_a_value_in_every_scope_or_in_none() {
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
