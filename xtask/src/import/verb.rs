//! Recognizes read actions by their names.

/// The first words of read actions.
const READS: [&str; 7] = ["Describe", "Get", "List", "Query", "Inquiry", "Search", "Check"];

/// Whether an action of this name only reads. Any other action gets the class `hazard`.
pub fn is_read(name: &str) -> bool {
    READS.iter().any(|verb| {
        name.strip_prefix(verb)
            .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_lowercase()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_action_is_recognized_by_its_first_word() {
        for name in ["DescribeZones", "GetFile", "ListX", "InquiryPriceRun", "CheckName", "Search"]
        {
            assert!(is_read(name), "{name}");
        }
        for name in ["Checkout", "Getaway", "RunInstances", "ListenToAll", "Queryable"] {
            assert!(!is_read(name), "{name}");
        }
    }
}
