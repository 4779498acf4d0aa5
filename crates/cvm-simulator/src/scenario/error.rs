//! Why a scenario cannot be applied.

use std::fmt;

/// Why a scenario cannot be applied: the place in it, the value, and the fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    place: String,
    message: String,
}

impl ScenarioError {
    /// An error that needs no place.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { place: String::new(), message: message.into() }
    }

    /// The same error in this outer place, such as `accounts[1]`.
    #[must_use]
    pub fn at(mut self, place: &str) -> Self {
        let separator = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        self.place = format!("{place}{separator}{}", self.place);
        self
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ScenarioError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_shows_its_whole_place() {
        let error = ScenarioError::new("is wrong").at("image").at("[3]").at("instances");
        assert_eq!(error.at("accounts[1]").to_string(), "accounts[1].instances[3].image: is wrong");
        assert_eq!(ScenarioError::new("is wrong").to_string(), "is wrong");
    }
}
