//! Finds actions and error codes by name.

use cvm_models::protocol::{ActionInfo, ErrorCode, ErrorInfo, did_you_mean, similar_names};
use cvm_models::{ACTIONS, error_code};

use crate::error::{CliError, Result};
use crate::options::COMMANDS;

/// The action of this name.
pub fn action(name: &str) -> Result<&'static ActionInfo> {
    cvm_models::action(name).ok_or_else(|| unknown(name))
}

/// What is known about an error code, or about its nearest known parent: codes are added without notice.
pub fn describe_code(code: &str) -> Option<&'static ErrorInfo> {
    ErrorCode::from(code.to_owned()).ancestors().find_map(error_code::describe)
}

/// The error for a word that is neither an action nor a command.
fn unknown(word: &str) -> CliError {
    let is_action = word.starts_with(|first: char| first.is_ascii_uppercase());
    let names =
        ACTIONS.iter().map(|action| action.name).chain(COMMANDS.iter().map(|(name, _)| *name));
    let near = similar_names(word, names);
    let what = if is_action { "action" } else { "command" };
    CliError::usage(format!("unknown {what} `{word}`")).maybe_hint(did_you_mean(&near)).maybe_hint(
        near.is_empty().then_some("`cvm list` lists all actions, `cvm help` all commands"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelled_names_suggest_actions_and_commands() {
        for (word, offered) in [
            ("RunInstnaces", "`RunInstances`"),
            ("describeinstances", "`DescribeInstances`"),
            ("quikstart", "`quickstart`"),
        ] {
            let failure = action(word).unwrap_err().to_string();
            assert!(failure.contains(offered), "{failure}");
        }
    }

    #[test]
    fn every_action_is_found_by_name() {
        for info in ACTIONS {
            assert_eq!(action(info.name).unwrap().name, info.name);
        }
    }
}
