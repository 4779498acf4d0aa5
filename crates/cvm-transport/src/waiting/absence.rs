//! Decides whether an error says that the resources asked for do not exist.

use crate::Error;

impl Error {
    /// Whether the error says that a resource with this id does not exist: the service's code is one of `codes`, and
    /// its message names no id of the same kind but those that were `asked` for.
    ///
    /// Only a code that speaks of this very kind of id counts: a region, a model or a name that is not found says
    /// nothing of an id. An error beside a result, or under a status that does not fit, may be the response to another
    /// request.
    ///
    /// **What next:** nothing if the resource was to be removed. Ask once more before you conclude it: one server of
    /// the service may lag behind.
    #[must_use]
    pub fn says_absent(&self, codes: &[&str], asked: &[String]) -> bool {
        let Some(service) = self.service() else { return false };
        let is_response = self.status().is_some_and(|status| (200..300).contains(&status));
        is_response
            && !self.is_contradictory_response()
            && codes.contains(&service.code.as_str())
            && !names_another(&service.message, asked)
    }
}

/// Whether a message names an id that was not asked for: one of the same kind as an id in the request, or a number
/// where the request asks by numbers.
fn names_another(message: &str, asked: &[String]) -> bool {
    let kind = |id: &str| match id.split_once('-') {
        _ if is_number(id) => Some(String::new()),
        Some((kind, rest)) if !rest.is_empty() => Some(kind.to_ascii_lowercase()),
        _ => None,
    };
    let is_asked = |word: &str| asked.iter().any(|id| id == word);
    let is_of_kind = |word: &str| {
        let of_word = kind(word);
        of_word.is_some() && asked.iter().any(|id| kind(id) == of_word)
    };
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    message.split(|letter| !is_part(letter)).any(|word| is_of_kind(word) && !is_asked(word))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_that_names_another_id_proves_no_absence() {
        let instances = ["ins-1", "ins-2"].map(str::to_owned);
        let filter = ["host-id", "host-1"].map(str::to_owned);
        let versions = ["lt-1", "2", "3"].map(str::to_owned);
        for (asked, message, expected) in [
            (&instances[..], "", false),
            (&instances, "The instance `ins-1` does not exist.", false),
            (&instances, "['ins-1', 'ins-2'] not found in ap-guangzhou", false),
            (&instances, "instance ins-77 not found", true),
            (&instances, "[ins-1,ins-77] not found", true),
            (&instances, "INS-1 not found", true),
            (&instances, "ins-11 not found", true),
            (&instances, "ins- not found, see 404", false),
            (&filter, "host-1 not found", false),
            (&filter, "host-2 not found", true),
            (&versions, "version 2 of lt-1 does not exist", false),
            (&versions, "version 4 does not exist", true),
            (&versions, "template lt-2 does not exist", true),
        ] {
            assert_eq!(names_another(message, asked), expected, "{message}");
        }
    }
}
