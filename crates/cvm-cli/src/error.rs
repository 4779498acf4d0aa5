//! The error of a run: an exit code, a message and hints.

use std::fmt;

use crate::exit::ExitStatus;

/// Why a run failed: an exit code, one line with the reason, and hints.
#[derive(Debug)]
pub struct CliError {
    exit: ExitStatus,
    message: String,
    hints: Vec<String>,
    forbids_retry: bool,
}

/// The result type of this program.
pub type Result<T> = std::result::Result<T, CliError>;

impl CliError {
    /// An error with this exit code. The message must contain no secret.
    pub fn new(exit: ExitStatus, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hints: Vec::new(), forbids_retry: false }
    }

    /// An error in the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitStatus::Usage, message)
    }

    /// An error of this machine.
    pub fn local(message: impl Into<String>) -> Self {
        Self::new(ExitStatus::Local, message)
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds a hint, if there is one.
    #[must_use]
    pub fn maybe_hint(self, hint: Option<impl Into<String>>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// The same error with another exit code.
    #[must_use]
    pub fn with_exit(mut self, exit: ExitStatus) -> Self {
        self.exit = exit;
        self
    }

    /// The same error, with whether its request must not be retried, not even with its client token.
    #[must_use]
    pub const fn with_forbids_retry(mut self, forbids_retry: bool) -> Self {
        self.forbids_retry = forbids_retry;
        self
    }

    /// Whether its request must not be retried, not even with its client token.
    pub const fn forbids_retry(&self) -> bool {
        self.forbids_retry
    }

    /// Puts this error behind `outer`: its message and hints become hints of `outer`.
    #[must_use]
    pub fn wrap(self, mut outer: Self) -> Self {
        outer.hints.push(self.message);
        outer.hints.extend(self.hints);
        outer.forbids_retry |= self.forbids_retry;
        outer
    }

    /// Whether its message contains this word.
    pub fn mentions(&self, word: &str) -> bool {
        self.message.contains(word)
    }

    /// The exit code.
    pub const fn exit(&self) -> ExitStatus {
        self.exit
    }
}

/// `error: …`, then one line per hint, with control characters escaped.
impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", crate::terminal::visible(&self.message))?;
        for hint in &self.hints {
            write!(f, "\n  hint: {}", crate::terminal::visible(hint))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_prints_one_line_and_its_hints() {
        let failure =
            CliError::usage("unknown action `Run\u{1b}[2J`").hint("did you mean `RunInstances`?");
        assert_eq!(
            failure.to_string(),
            "error: unknown action `Run\\u{1b}[2J`\n  hint: did you mean `RunInstances`?"
        );
    }
}
