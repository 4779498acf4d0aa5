//! Splits a command line into positional arguments, options and parameters, before their meaning is known.
//!
//! Options belong to this program and begin with a lower-case letter; parameters belong to the action and begin
//! with an upper-case one. So they never clash, whatever parameters an action gets.

#[cfg(test)]
mod tests;

use std::ffi::OsString;

use cvm_models::protocol::{did_you_mean, similar_names};

use crate::error::{CliError, Result};
use crate::options::{self, OptionInfo, Scope};

/// A parsed command line.
#[derive(Debug, Default)]
pub struct Args {
    /// The positional arguments: the command and those after it.
    pub positional: Vec<String>,
    options: Vec<(&'static OptionInfo, String)>,
    /// The parameters of the action.
    pub parameters: Vec<Parameter>,
}

/// `--Name value …`, as given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name without the dashes, such as `DataDisks.0.DiskSize`.
    pub name: String,
    /// The values after it.
    pub values: Vec<String>,
}

impl Args {
    /// Parses the arguments, without the program's own name.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self> {
        let mut args = Self::default();
        let mut arguments = arguments.into_iter().map(text).peekable();
        let mut parameter_open = false;
        while let Some(argument) = arguments.next() {
            let argument = argument.map_err(|name| {
                let open = args.parameters.last().filter(|_| parameter_open);
                not_text(name.or_else(|| open.map(|parameter| parameter.name.clone())))
            })?;
            if let Some(parameter) = args.parameters.last().filter(|_| parameter_open)
                && is_short(&argument)
            {
                return Err(short_after(&parameter.name, &argument));
            }
            let Some(Dashed { name, value }) = Dashed::of(&argument) else {
                match args.parameters.last_mut().filter(|_| parameter_open) {
                    Some(parameter) => parameter.values.push(argument),
                    None if argument.starts_with('-') && argument.len() > 1 => {
                        return Err(unknown_option(&argument));
                    }
                    // `tccli cvm RunInstances`, where `tccli` is an alias of this program.
                    None if argument == "cvm" && args.positional.is_empty() => {}
                    None => args.positional.push(argument),
                }
                continue;
            };
            if name.starts_with(|first: char| first.is_ascii_uppercase()) {
                // A value after `=` is the only one: later arguments do not belong to this parameter.
                parameter_open = value.is_none();
                let values = value.map(str::to_owned).into_iter().collect();
                args.parameters.push(Parameter { name: name.to_owned(), values });
                continue;
            }
            parameter_open = false;
            // No command begins with a digit, so this is the option of an action that takes a date.
            let is_date = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
            let next = arguments.peek().and_then(|next| next.as_deref().ok());
            let option = match args.lookup_option(name)? {
                flag if args.positional.is_empty()
                    && flag.value.is_none()
                    && value.or(next).is_some_and(is_date) =>
                {
                    let same = options::OPTIONS.iter().filter(|option| option.name == flag.name);
                    same.rev().find(|option| option.value.is_some()).unwrap_or(flag)
                }
                option => option,
            };
            let value = match (option.value, value) {
                (None, Some(_)) => {
                    return Err(CliError::usage(format!("`--{name}` takes no value")));
                }
                (None, None) => String::new(),
                (Some(_), Some(value)) => value.to_owned(),
                (Some(placeholder), None) => {
                    let is_value = |next: &std::result::Result<String, Option<String>>| {
                        next.as_ref()
                            .map_or(true, |next| Dashed::of(next).is_none() && !is_short(next))
                    };
                    match arguments.next_if(is_value) {
                        Some(value) => value.map_err(|_| not_text(Some(name.to_owned())))?,
                        None => {
                            return Err(CliError::usage(format!("`--{name}` needs a value"))
                                .hint(format!("write `--{name} {placeholder}`")));
                        }
                    }
                }
            };
            if let Some(placeholder) = option.value.filter(|_| value.trim().is_empty()) {
                return Err(CliError::usage(format!("the value of `--{name}` is empty"))
                    .hint(format!("write `--{name} {placeholder}`, or leave it out")));
            }
            let given = args.options.iter().position(|(known, _)| known.name == option.name);
            if let Some(given) = given {
                if options::is_given_once(option.name) {
                    return Err(CliError::usage(format!("`--{name}` is given twice")));
                }
                // The last one wins: an alias or a script gives one, and the user adds another.
                args.options.remove(given);
            }
            args.options.push((option, value));
        }
        Ok(args)
    }

    /// The option of this name: that of the command, if several commands have one.
    fn lookup_option(&self, name: &str) -> Result<&'static OptionInfo> {
        if let Some((_, why)) = options::REFUSED.iter().find(|(refused, _)| *refused == name) {
            return Err(CliError::usage(format!("there is no option `--{name}`")).hint(*why));
        }
        let scope = self.positional.first().map_or(Scope::Plain, |word| Scope::of(word));
        let mut named = options::OPTIONS.iter().filter(|option| option.name == name).peekable();
        let first = named.peek().copied();
        named
            .find(|option| option.scopes.contains(&scope))
            .or(first)
            .ok_or_else(|| unknown_option(&format!("--{name}")))
    }

    /// The value of an option, if it was given.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(option, _)| option.name == name).map(|(_, value)| value.as_str())
    }

    /// Whether an option was given.
    pub fn has(&self, name: &str) -> bool {
        self.option(name).is_some()
    }

    /// Whether a parameter was given, or an option that only some commands accept.
    pub fn asks_for_more(&self) -> bool {
        !self.parameters.is_empty()
            || self.options.iter().any(|(option, _)| !options::is_global(option.name))
    }

    /// Rejects options, parameters and positional arguments that the command does not accept.
    pub fn reject_unexpected(&self, command: &str, scope: Scope, words: usize) -> Result<()> {
        if let Some((option, _)) =
            self.options.iter().find(|(option, _)| !options::takes(scope, option.name))
        {
            let why = if option.name.starts_with("secret") {
                options::NO_SECRETS.to_owned()
            } else {
                options::summary(scope)
            };
            return Err(
                CliError::usage(format!("`cvm {command}` takes no `--{}`", option.name)).hint(why)
            );
        }
        if !scope.takes_parameters()
            && let Some(parameter) = self.parameters.first()
        {
            return Err(CliError::usage(format!(
                "`cvm {command}` takes no `--{}`",
                parameter.name
            ))
            .hint("parameters belong to actions: `cvm ACTION --Parameter value`"));
        }
        if let Some(word) = self.positional.get(words + 1) {
            // After parameters, it may be part of a value that was not quoted, even of a secret.
            let what = if self.parameters.is_empty() {
                format!("argument `{word}`")
            } else {
                "value".to_owned()
            };
            return Err(CliError::usage(format!("unexpected {what} after `cvm {command}`")).hint(
                "give parameters by name, as `--Name value`; quote a value that contains spaces",
            ));
        }
        Ok(())
    }
}

/// The text of an argument; else the name before its `=`, if it has one.
fn text(argument: OsString) -> std::result::Result<String, Option<String>> {
    argument.into_string().map_err(|argument| {
        let lossy = argument.to_string_lossy();
        let (name, _) = lossy.strip_prefix("--")?.split_once('=')?;
        let is_name =
            |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
        is_name(name).then(|| name.to_owned())
    })
}

/// The error for an argument that is not text. It does not show the argument, which may be a secret.
fn not_text(name: Option<String>) -> CliError {
    CliError::usage(match name {
        Some(name) => format!("the value of `--{name}` is not UTF-8 text"),
        None => "an argument is not UTF-8 text".to_owned(),
    })
}

fn unknown_option(typed: &str) -> CliError {
    let name = typed.split_once('=').map_or(typed, |(name, _)| name);
    let bare = name.trim_start_matches('-');
    // A value attached to a short option may be a secret, as with `-p` of other tools.
    let shown: String = name.chars().take(if typed.starts_with("--") { 64 } else { 2 }).collect();
    let known = options::OPTIONS.iter().map(|option| option.name);
    let near = similar_names(bare, known).first().map(|name| format!("--{name}"));
    CliError::usage(format!("unknown option `{shown}`"))
        .maybe_hint(did_you_mean(near.as_slice()))
        .maybe_hint(near.is_none().then_some(
            "options are lower case, parameters of an action begin with a capital letter; see `cvm help`",
        ))
}

/// Whether an argument is a short option such as `-x`. Negative numbers and `-` are values.
fn is_short(argument: &str) -> bool {
    let mut rest = argument.strip_prefix('-').unwrap_or_default().chars();
    rest.next().is_some_and(|first| first.is_ascii_alphabetic())
}

/// The error for a short option in the place of a parameter value. It shows the argument only if that is a single
/// letter: others could be a secret.
fn short_after(parameter: &str, argument: &str) -> CliError {
    let shown = if argument.len() == 2 { argument } else { "a text that begins with one dash" };
    let failure = CliError::usage(format!("`{shown}` after `--{parameter}` is not a value"))
        .hint(format!("write a value that begins with a dash as `--{parameter}=-...`"));
    match argument {
        "-h" => failure.hint("`cvm help ACTION` shows the help of an action"),
        "-o" => failure.hint("choose the format with `--output json`, `table` or `text`"),
        _ => failure,
    }
}

/// `--name` or `--name=value`. Everything else is a positional argument or a value, including negative numbers
/// and `@-`.
struct Dashed<'a> {
    name: &'a str,
    value: Option<&'a str>,
}

impl<'a> Dashed<'a> {
    fn of(argument: &'a str) -> Option<Self> {
        let rest = match argument {
            "-h" => "help",
            "-V" => "version",
            _ => argument.strip_prefix("--")?,
        };
        if !rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return None;
        }
        Some(match rest.split_once('=') {
            Some((name, value)) => Self { name, value: Some(value) },
            None => Self { name: rest, value: None },
        })
    }
}
