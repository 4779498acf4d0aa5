//! Decides whether an error says that the requested resources do not exist.

use crate::Error;

impl Error {
    /// Whether the error says that a requested resource does not exist: its code, or the name that the old gateway gives
    /// beside its number, is one of `codes`. Its message contains no id of the same kind other than those in `requested`,
    /// and no other region if `requested` has the region.
    ///
    /// Pass only codes for this kind of id: a region, an instance type or a name that is not found says nothing about
    /// an id. An error beside a result, or with an HTTP status that does not fit, may be the response to another
    /// request and does not count.
    ///
    /// **What next:** nothing, if the resource was to be removed. Check once more before you conclude that it is gone:
    /// one server of the service may have stale data.
    #[must_use]
    pub fn says_absent(&self, codes: &[&str], requested: &[String]) -> bool {
        let Some(service) = self.received_service() else { return false };
        let is_response = self.status().is_some_and(|status| (200..300).contains(&status));
        is_response
            && !self.is_contradictory_response()
            && service.has_code(|code| codes.contains(&code.as_str()))
            && !names_another(&service.message, requested)
    }
}

/// Whether a message contains an id that was not requested: one of the same kind as a requested id, or a number if
/// numbers were requested.
fn names_another(message: &str, requested: &[String]) -> bool {
    let kind = |id: &str| match id.split_once('-') {
        _ if is_number(id) => Some(String::new()),
        Some((kind, rest)) if !rest.is_empty() => Some(kind.to_ascii_lowercase()),
        _ => None,
    };
    let is_requested = |word: &str| requested.iter().any(|id| id == word);
    let is_of_kind = |word: &str| {
        let of_word = kind(word);
        of_word.is_some() && requested.iter().any(|id| kind(id) == of_word)
    };
    // The region, and a zone of it.
    let mut regions = requested.iter().filter(|requested| is_region(requested)).peekable();
    let knows_region = regions.peek().is_some();
    let is_here = |word: &str| {
        regions.clone().any(|region| {
            let rest = word.strip_prefix(region.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    };
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    message.split(|letter| !is_part(letter)).any(|word| {
        if is_region(word) {
            return knows_region && !is_here(word);
        }
        is_of_kind(word) && !is_requested(word)
    })
}

/// Whether a word has the form of a region or a zone: the part of the world, and a place in it.
fn is_region(word: &str) -> bool {
    const AREAS: [&str; 8] = ["af", "ap", "cn", "eu", "me", "na", "sa", "us"];
    let place = word.split_once('-').filter(|(area, _)| AREAS.contains(area));
    place.is_some_and(|(_, place)| place.starts_with(|first: char| first.is_ascii_lowercase()))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_with_another_id_does_not_prove_absence() {
        let instances = ["ins-1", "ins-2"].map(str::to_owned);
        let here = ["ap-guangzhou", "ins-1"].map(str::to_owned);
        let filter = ["host-id", "host-1"].map(str::to_owned);
        let versions = ["lt-1", "2", "3"].map(str::to_owned);
        for (requested, message, expected) in [
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
            (&here, "ins-1 not found in region ap-guangzhou", false),
            (&here, "ins-1 not found in ap-guangzhou-3", false),
            (&here, "ins-1 not found in region ap-beijing", true),
            (&here, "ins-1 not found in region na-ashburn", true),
            (&here, "ins-1 not found in ap-guangzhouwest", true),
            (&here, "ins-2 not found in ap-guangzhou", true),
            (&versions, "version 2 of lt-1 does not exist", false),
            (&versions, "version 4 does not exist", true),
            (&versions, "template lt-2 does not exist", true),
        ] {
            assert_eq!(names_another(message, requested), expected, "{message}");
        }
    }
}
