//! How a run ends: the exit codes that scripts rely on, and the failure that carries one.

use std::fmt;

/// How a run ends. `cvm help exit-codes` prints this table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// It is done; a dry run that passed counts as done.
    Done = 0,
    /// The service answered with an error, or a wait ended in a state that is none of its goals.
    Refused = 1,
    /// The command line cannot be understood. Nothing was sent.
    Usage = 2,
    /// The request may have taken effect and no answer says so. Look before you repeat it.
    Unknown = 3,
    /// Credentials, region or endpoint are missing or unusable. Nothing was sent.
    Config = 4,
    /// The service could not be reached, or sent no usable response in time, and nothing changed. A list that is
    /// absent, null or empty against its own total is shown, and is no usable response.
    Network = 5,
    /// A file, a port or standard output of this machine failed. No change was sent.
    Local = 6,
    /// The request was carried out, and its response could not be shown. Do not repeat it.
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

    /// What it tells, in one line.
    pub const fn doc(self) -> &'static str {
        match self {
            Self::Done => "done; a dry run that passed counts as done",
            Self::Refused => "the service refused the request, or a wait cannot reach its goal",
            Self::Usage => "the command line cannot be understood; nothing was sent",
            Self::Unknown => "the request may have taken effect; look before you repeat it",
            Self::Config => {
                "credentials, region or endpoint are missing or unusable; nothing was sent"
            }
            Self::Network => "no connection, or no usable response in time; nothing changed",
            Self::Local => {
                "a file, a port or standard output of this machine failed; no change was sent"
            }
            Self::NotShown => "carried out, but the response could not be shown; do not repeat it",
        }
    }
}

/// Why a run failed: an exit code, one line that says why, and what to do about it.
#[derive(Debug)]
pub struct CliError {
    exit: ExitStatus,
    message: String,
    hints: Vec<String>,
    forbids_retry: bool,
}

/// What everything here returns.
pub type Result<T> = std::result::Result<T, CliError>;

impl CliError {
    /// A failure with this exit code. No secret may be in the message.
    pub fn new(exit: ExitStatus, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hints: Vec::new(), forbids_retry: false }
    }

    /// The command line is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitStatus::Usage, message)
    }

    /// Something on this machine failed.
    pub fn local(message: impl Into<String>) -> Self {
        Self::new(ExitStatus::Local, message)
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds what to do about it, when there is something to say.
    #[must_use]
    pub fn maybe_hint(self, hint: Option<impl Into<String>>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// The same failure with another exit code.
    #[must_use]
    pub fn with_exit(mut self, exit: ExitStatus) -> Self {
        self.exit = exit;
        self
    }

    /// The same failure, whose request must not be sent again even with its token.
    #[must_use]
    pub const fn with_forbids_retry(mut self, forbids_retry: bool) -> Self {
        self.forbids_retry = forbids_retry;
        self
    }

    /// Whether its request must not be sent again, even with its token.
    pub const fn forbids_retry(&self) -> bool {
        self.forbids_retry
    }

    /// This failure behind others' words: what it says is the first hint of `outer`, before its own.
    #[must_use]
    pub fn wrap(self, mut outer: Self) -> Self {
        outer.hints.push(self.message);
        outer.hints.extend(self.hints);
        outer.forbids_retry |= self.forbids_retry;
        outer
    }

    /// Whether its line speaks of this.
    pub fn mentions(&self, word: &str) -> bool {
        self.message.contains(word)
    }

    /// The exit code.
    pub const fn exit(&self) -> ExitStatus {
        self.exit
    }
}

/// `error: …`, then one line for each hint; nothing in it can drive a terminal.
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
    fn codes_count_from_zero_in_order() {
        for (code, exit) in (0_u8..).zip(ExitStatus::ALL) {
            assert_eq!(exit.code(), code);
        }
    }

    #[test]
    fn a_failure_is_one_line_and_its_hints() {
        let failure =
            CliError::usage("unknown action `Run\u{1b}[2J`").hint("did you mean `RunInstances`?");
        assert_eq!(
            failure.to_string(),
            "error: unknown action `Run\\u{1b}[2J`\n  hint: did you mean `RunInstances`?"
        );
    }
}
