//! What the name of an action tells of it: whether it only reads.

/// First words of the names of actions that change nothing.
const READS: [&str; 7] = ["Describe", "Get", "List", "Query", "Inquiry", "Search", "Check"];

/// Whether an action of this name only reads. Everything else counts as a hazard: see `RetryClass`.
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
    fn a_read_is_known_by_its_first_word() {
        for name in ["DescribeZones", "GetFile", "ListX", "InquiryPriceRun", "CheckName", "Search"]
        {
            assert!(is_read(name), "{name}");
        }
        for name in ["Checkout", "Getaway", "RunInstances", "ListenToAll", "Queryable"] {
            assert!(!is_read(name), "{name}");
        }
    }
}
