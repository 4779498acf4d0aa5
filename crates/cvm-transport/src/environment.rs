//! Environment variables, as something that tests can fix without touching the process.

use std::collections::HashMap;
use std::sync::Arc;

/// The environment of this process, or a fixed one.
#[derive(Clone, Default)]
pub(crate) struct Environment(Option<Arc<HashMap<String, String>>>);

// Variables hold secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Environment")
    }
}

impl Environment {
    /// The value of a variable; `None` when it is unset, empty or not text.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let value = match &self.0 {
            Some(fixed) => fixed.get(name).cloned(),
            None => std::env::var(name).ok(),
        };
        value.filter(|value| !value.is_empty())
    }

    /// An environment without any variable.
    pub(crate) fn none() -> Self {
        Self(Some(Arc::default()))
    }

    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self(Some(Arc::new(owned.collect())))
    }
}
