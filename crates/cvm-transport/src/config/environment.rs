//! Environment variables, replaceable in tests.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

/// The environment of this process, or a fixed one.
#[derive(Clone, Default)]
pub(crate) struct Environment(Option<Arc<HashMap<String, OsString>>>);

// Variables hold secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Environment")
    }
}

impl Environment {
    /// The value of a variable; `None` when it is unset, empty or not text.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.raw(name)?.into_string().ok()
    }

    /// The value of a variable; `None` when it is unset or empty.
    ///
    /// # Errors
    ///
    /// A message that names the variable when it is set to something that is not UTF-8 text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, String> {
        let Some(value) = self.raw(name) else { return Ok(None) };
        value.into_string().map(Some).map_err(|_| format!("{name} is not UTF-8 text"))
    }

    /// The path that a variable holds; `None` when it is unset or empty.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.raw(name).map(PathBuf::from)
    }

    fn raw(&self, name: &str) -> Option<OsString> {
        let value = match &self.0 {
            Some(fixed) => fixed.get(name).cloned(),
            None => std::env::var_os(name),
        };
        value.filter(|value| !value.is_empty())
    }

    /// An environment without variables.
    pub(crate) fn none() -> Self {
        Self(Some(Arc::default()))
    }

    /// Whether it has no variables because the caller wants no settings from outside the program.
    pub(crate) fn is_ignored(&self) -> bool {
        self.0.as_ref().is_some_and(|fixed| fixed.is_empty())
    }

    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), value.into()));
        Self(Some(Arc::new(owned.collect())))
    }

    /// The same environment with one more variable.
    #[cfg(test)]
    pub(crate) fn with(&self, name: &str, value: impl Into<OsString>) -> Self {
        let mut variables = self.0.as_deref().cloned().unwrap_or_default();
        variables.insert(name.to_owned(), value.into());
        Self(Some(Arc::new(variables)))
    }
}
