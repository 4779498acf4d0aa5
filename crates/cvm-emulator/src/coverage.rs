//! What is modelled.

use crate::actions;

/// One action of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionCoverage {
    /// Its name.
    pub action: &'static str,
    /// Whether the emulator models it. Otherwise a request is checked against its table, and then
    /// refused with `UnsupportedOperation`.
    pub modelled: bool,
}

/// Every action of the specification, by name.
#[must_use]
pub fn coverage() -> Vec<ActionCoverage> {
    let is_modelled = |name| actions::handlers().any(|handler| handler.info.name == name);
    let actions = cvm_models::ACTIONS.iter().map(|info| info.name);
    actions.map(|action| ActionCoverage { action, modelled: is_modelled(action) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_modelled_is_in_the_specification_and_has_one_row() {
        let covered = coverage();
        for handler in actions::handlers() {
            let row = ActionCoverage { action: handler.info.name, modelled: true };
            assert!(covered.contains(&row), "{}", handler.info.name);
        }
        assert_eq!(covered.len(), cvm_models::ACTIONS.len());
        let modelled = actions::handlers().count();
        assert_eq!(covered.iter().filter(|row| row.modelled).count(), modelled);
    }

    #[test]
    fn every_action_of_the_specification_is_modelled() {
        let missing: Vec<_> = coverage().into_iter().filter(|row| !row.modelled).collect();
        assert_eq!(missing, []);
    }
}
