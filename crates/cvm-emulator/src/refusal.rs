//! Why a request is refused: the code and the message of a service error.

use cvm_protocol::ActionInfo;

/// A refused request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// What the emulator knows of and does not imitate: it never pretends success.
    pub(crate) fn not_modelled(what: &str) -> Self {
        Self::new(UNSUPPORTED_OPERATION, format!("The emulator does not model {what}."))
    }
}

pub(crate) const UNSUPPORTED_OPERATION: &str = "UnsupportedOperation";

/// Codes that every action may answer with, whatever it publishes itself. Those of authentication and
/// routing are not here: they are answered before an action is known.
const COMMON: &[&str] = &[
    "FailedOperation",
    "InternalError",
    "InvalidParameter",
    "InvalidParameterValue",
    "LimitExceeded",
    "MissingParameter",
    "ResourceInUse",
    "ResourceInsufficient",
    "ResourceNotFound",
    "ResourceUnavailable",
    "UnknownParameter",
    UNSUPPORTED_OPERATION,
];

/// The codes that one action can answer with: those that it publishes, and the common ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Codes(pub(crate) &'static ActionInfo);

impl Codes {
    /// The code itself, if the action can answer with it.
    pub(crate) fn published(self, code: &str) -> Option<&'static str> {
        let mut known = self.0.errors().chain(COMMON.iter().copied());
        known.find(|known| *known == code)
    }

    /// The first of these that the action can answer with; without any, the family of one of them.
    pub(crate) fn pick<S: AsRef<str>>(self, wanted: impl IntoIterator<Item = S>) -> &'static str {
        let mut family = None;
        for code in wanted {
            let code = code.as_ref();
            if let Some(code) = self.published(code) {
                return code;
            }
            family = family.or_else(|| self.published(code.split('.').next()?));
        }
        family.unwrap_or("InvalidParameterValue")
    }

    /// Refuses with the first of these codes that the action can answer with.
    pub(crate) fn refuse<S: AsRef<str>>(
        self,
        wanted: impl IntoIterator<Item = S>,
        message: impl Into<String>,
    ) -> Refusal {
        Refusal::new(self.pick(wanted), message)
    }
}
