//! The actions by their names, and what to say when there is none of a name.

use cvm_models::ACTIONS;
use cvm_models::protocol::ActionInfo;

use crate::commands::help::COMMANDS;
use crate::exit::{CliError, Result};
use crate::suggest;

/// The action of this name.
pub fn action(name: &str) -> Result<&'static ActionInfo> {
    cvm_models::action(name).ok_or_else(|| unknown(name))
}

/// A word that is neither an action nor a command.
pub fn unknown(word: &str) -> CliError {
    let is_action = word.starts_with(|first: char| first.is_ascii_uppercase());
    let names =
        ACTIONS.iter().map(|action| action.name).chain(COMMANDS.iter().map(|(name, _)| *name));
    let near = suggest::near(word, names);
    let what = if is_action { "action" } else { "command" };
    CliError::usage(format!("unknown {what} `{word}`"))
        .maybe_hint(suggest::did_you_mean(&near))
        .maybe_hint(
            near.is_empty().then_some("`cvm list` names every action, `cvm help` every command"),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_lead_to_actions_and_commands() {
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
    fn every_action_of_the_specs_is_there() {
        for info in ACTIONS {
            assert_eq!(action(info.name).unwrap().name, info.name);
        }
    }
}
