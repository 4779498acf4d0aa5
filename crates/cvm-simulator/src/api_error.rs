//! Service errors: their code and message, and which codes an action documents.

use std::borrow::Cow;

use cvm_protocol::ActionInfo;

/// A service error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The error code.
    pub code: &'static str,
    /// The message for people.
    pub message: String,
}

impl ApiError {
    /// An error with a short message: names from the request are truncated in it.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: shortened(message.into()) }
    }

    /// An error whose message can be long, because it explains a computation.
    #[must_use]
    pub fn explained(code: &'static str, message: &str) -> Self {
        Self { code, message: truncated(message, MAX_EXPLANATION).into_owned() }
    }

    /// The error for an action that the emulator does not serve, although the service may have it.
    #[must_use]
    pub fn not_served(service: &str, action: &str) -> Self {
        let message = format!("The emulator does not serve {service}:{action}.");
        Self::new(UNSUPPORTED_OPERATION, message)
    }

    /// The error for something that the emulator does not support. It never fakes success.
    pub(crate) fn not_supported(what: &str) -> Self {
        Self::new(UNSUPPORTED_OPERATION, format!("The emulator does not support {what}."))
    }
}

/// Maximum number of ids in a message, which would otherwise be truncated in the middle of one.
const MAX_IDS: usize = 20;

/// Ids in a message, in the form in which the service shows a list: `['ins-1a2b3c4d', 'ins-5e6f7g8h']`. Only the number of those
/// after the first [`MAX_IDS`] is shown.
pub(crate) fn id_list<S: AsRef<str>>(ids: impl IntoIterator<Item = S>) -> String {
    let mut ids = ids.into_iter();
    let quoted = ids.by_ref().take(MAX_IDS).map(|id| format!("'{}'", id.as_ref()));
    let shown = quoted.collect::<Vec<_>>().join(", ");
    match ids.count() {
        0 => format!("[{shown}]"),
        others => format!("[{shown}] and {others} more"),
    }
}

/// Maximum length in characters of a name between backticks.
const MAX_NAME: usize = 100;

/// Maximum length in characters of an explanation, with room for the text around it.
const MAX_EXPLANATION: usize = 10_000;

/// Maximum length in characters of a message.
const MAX_MESSAGE: usize = 1024;

/// The message with long names truncated: names in a request can be much longer than a response should be.
fn shortened(message: String) -> String {
    if message.len() <= MAX_NAME {
        return message;
    }
    let parts = message.split('`').enumerate().map(|(index, part)| {
        let max = if index % 2 == 1 { MAX_NAME } else { MAX_MESSAGE };
        truncated(part, max)
    });
    let short: Vec<_> = parts.collect();
    truncated(&short.join("`"), MAX_MESSAGE).into_owned()
}

/// The text, or its first characters and an ellipsis.
fn truncated(text: &str, max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
    }
}

pub(crate) const UNSUPPORTED_OPERATION: &str = "UnsupportedOperation";

/// Codes that every action can return, whatever it documents. The codes of authentication and routing are not here:
/// they are returned before the action is known.
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

/// The codes that one action can return: those that it documents, and the common ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DocumentedCodes(pub(crate) &'static ActionInfo);

impl DocumentedCodes {
    /// The code, if the action can return it.
    pub(crate) fn published(self, code: &str) -> Option<&'static str> {
        let mut known = self.0.errors().chain(COMMON.iter().copied());
        known.find(|known| *known == code)
    }

    /// The first of these codes that the action can return; otherwise the family of one of them.
    pub(crate) fn first_documented<S: AsRef<str>>(
        self,
        requested: impl IntoIterator<Item = S>,
    ) -> &'static str {
        let mut family = None;
        for code in requested {
            let code = code.as_ref();
            if let Some(code) = self.published(code) {
                return code;
            }
            family = family.or_else(|| self.published(code.split('.').next()?));
        }
        family.unwrap_or("InvalidParameterValue")
    }

    /// An instance in a message: as a list if the request has a list of instances.
    pub(crate) fn instance(self, id: &str) -> String {
        match self.0.request.field("InstanceIds") {
            Some(_) => id_list([id]),
            None => id.to_owned(),
        }
    }

    /// An error with the first of these codes that the action can return.
    pub(crate) fn error<S: AsRef<str>>(
        self,
        requested: impl IntoIterator<Item = S>,
        message: impl Into<String>,
    ) -> ApiError {
        ApiError::new(self.first_documented(requested), message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_list_of_ids_ends_with_a_whole_id() {
        let ids =
            |count: usize| (0..count).map(|number| format!("ins-{number:08}")).collect::<Vec<_>>();
        assert_eq!(id_list(ids(2)), "['ins-00000000', 'ins-00000001']");
        assert!(id_list(ids(MAX_IDS)).ends_with("'ins-00000019']"));
        assert!(id_list(ids(100)).ends_with("'ins-00000019'] and 80 more"));
    }

    #[test]
    fn long_names_are_truncated_in_messages() {
        let of = |name: &str| {
            ApiError::new("LimitExceeded", format!("The image `{name}` does not exist.")).message
        };
        assert_eq!(of("img-1"), "The image `img-1` does not exist.");
        let exact = "ü".repeat(MAX_NAME);
        assert_eq!(of(&exact), format!("The image `{exact}` does not exist."));
        assert_eq!(of(&"ü".repeat(1 << 20)), format!("The image `{exact}…` does not exist."));
        assert!(of(&"`a".repeat(1 << 20)).chars().count() <= MAX_MESSAGE + 1);
        let explained = ApiError::explained("AuthFailure", &"x".repeat(5_000));
        assert_eq!(explained.message.len(), 5_000);
    }
}
