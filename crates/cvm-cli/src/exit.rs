//! The exit codes that scripts rely on.

/// An exit code. `cvm help exit-codes` prints them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Success. A dry run that passed counts as success.
    Done = 0,
    /// The service returned an error, or the quickstart waited for a state that cannot be reached.
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
                "the service returned an error, or the quickstart waited for a state that cannot be reached"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_consecutive() {
        for (code, exit) in (0_u8..).zip(ExitStatus::ALL) {
            assert_eq!(exit.code(), code);
        }
    }
}
