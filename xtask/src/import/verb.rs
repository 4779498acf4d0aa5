//! Recognizes read actions by their names. Any other action gets the class `hazard`.

/// The first words of actions that change nothing. `Check` is none: such actions may start a check, count attempts, use up a
/// code, or cost money for each call.
const READS: [&str; 7] = ["Describe", "List", "Query", "Search", "Inquiry", "Inquire", GET];

/// Most actions that begin with it read, but some create what they return.
const GET: &str = "Get";

/// Last words of what a `Get` action creates, uses up or charges for each time.
const CREATED: [&str; 6] = ["Token", "Ticket", "Code", "Num", "Embedding", "Diagnosis"];

/// Whether an action of this name only reads.
pub fn is_read(name: &str) -> bool {
    READS.iter().any(|verb| {
        name.strip_prefix(verb).is_some_and(|rest| {
            !rest.starts_with(|next: char| next.is_ascii_lowercase())
                && (*verb != GET || !CREATED.iter().any(|word| rest.ends_with(word)))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_action_is_recognized_by_its_first_word() {
        for name in [
            "DescribeZones",
            "GetFile",
            "ListX",
            "InquiryPriceRun",
            "InquirePriceRun",
            "Search",
            "QueryMetric",
        ] {
            assert!(is_read(name), "{name}");
        }
        for name in ["Checkout", "Getaway", "RunInstances", "ListenToAll", "Queryable", "CheckCode"]
        {
            assert!(!is_read(name), "{name}");
        }
    }

    #[test]
    fn get_action_that_creates_its_result_is_no_read() {
        for name in ["GetSessionToken", "GetDeviceTicket", "GetLiveCode", "GetVirtualNum"] {
            assert!(!is_read(name), "{name}");
        }
        assert!(is_read("GetTokenCount") && is_read("DescribeToken"));
    }
}
