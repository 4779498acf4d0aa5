//! Why a fault rule is refused.

use std::error::Error;
use std::fmt;

/// Why a fault rule is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultError {
    /// The number of the rule in its list, counted from 1.
    rule: Option<usize>,
    problem: String,
}

impl FaultError {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self { rule: None, problem: problem.into() }
    }

    /// An error about a field of the rule.
    pub(super) fn field(name: &str, problem: impl fmt::Display) -> Self {
        Self::new(format!("`{name}` {problem}"))
    }

    /// The same error about the rule at an index of a list.
    pub(crate) fn at(mut self, index: usize) -> Self {
        self.rule = Some(index + 1);
        self
    }
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rule {
            Some(number) => write!(f, "fault {number}: {}", self.problem),
            None => write!(f, "fault: {}", self.problem),
        }
    }
}

impl Error for FaultError {}
