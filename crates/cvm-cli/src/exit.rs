//! The exit codes that scripts rely on, and the error type that carries one.

use std::fmt;

/// An exit code. `cvm help exit-codes` prints them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Success. A dry run that passed counts as success.
    Done = 0,
    /// The service returned an error, or a wait ended in a state that is not its target state.
    Refused = 1,
    /// The command line is invalid. Nothing was sent.
    Usage = 2,
    /// The outcome is unknown: the request may have taken effect. Check before you retry it.
    Unknown = 3,
    /// Credentials, region or endpoint are missing or invalid. Nothing was sent.
    Config = 4,
    /// The service could not be reached, or sent no valid response in time, and nothing changed. A list that is
    /// absent, null, or empty although its total is not 0 is printed, but is not a valid response.
    Network = 5,
    /// A file, a port or standard output failed. No change was sent.
    Local = 6,
    /// The request took effect, but its response could not be printed. Do not retry it.
    NotShown = 7,
}

impl ExitStatus {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::Refused,
        Self::Usage,
        Self::Unknown,
        Self::Config,
        Self::Network,
        Self::Local,
        Self::NotShown,
    ];

    /// The number for the operating system.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Its meaning, in one line.
    pub const fn doc(self) -> &'static str {
        match self {
            Self::Done => "success; a dry run that passed counts as success",
            Self::Refused => {
                "the service returned an error, or a wait cannot reach its target state"
            }
            Self::Usage => "invalid command line; nothing was sent",
            Self::Unknown => {
                "outcome unknown: the request may have taken effect; check before you retry it"
            }
            Self::Config => {
                "credentials, region or endpoint are missing or invalid; nothing was sent"
            }
            Self::Network => "no connection, or no valid response in time; nothing changed",
            Self::Local => {
                "local error: a file, a port or standard output failed; no change was sent"
            }
            Self::NotShown => {
                "the request took effect, but the response could not be printed; do not retry it"
            }
        }
    }
}

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
    fn exit_codes_are_consecutive() {
        for (code, exit) in (0_u8..).zip(ExitStatus::ALL) {
            assert_eq!(exit.code(), code);
        }
    }

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
