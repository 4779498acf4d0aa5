//! The prepaid term of a host or a pack: its end and its renewal.

use cvm_models::enums::RenewFlag;

use crate::timestamp::Timestamp;

/// A prepaid term.
#[derive(Clone, Debug)]
pub(crate) struct Term {
    pub(crate) ends: Timestamp,
    pub(crate) renewal: RenewFlag,
}

impl Term {
    /// A term with this start and this number of months.
    pub(crate) fn new(begins: Timestamp, months: u64, renewal: RenewFlag) -> Self {
        let mut term = Self { ends: begins, renewal };
        term.extend(months);
        term
    }

    /// Extends the term by months.
    pub(crate) fn extend(&mut self, months: u64) {
        self.ends = self.ends.months_later(u32::try_from(months).unwrap_or(u32::MAX));
    }

    /// Applies all due renewals, a month each.
    pub(crate) fn apply_due(&mut self, now: Timestamp) {
        while self.renewal == RenewFlag::NotifyAndAutoRenew && self.is_over(now) {
            let Some(next) = self.ends.next_month() else { break };
            self.ends = next;
        }
    }

    /// Whether it has ended.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.ends <= now
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn term(renewal: RenewFlag) -> Term {
        Term::new(Timestamp::parse("2023-11-14T22:13:20Z").unwrap(), 2, renewal)
    }

    #[test]
    fn term_ends_or_is_renewed_monthly() {
        let late = Timestamp::parse("2024-03-20T00:00:00Z").unwrap();
        let mut ending = term(RenewFlag::NotifyAndManualRenew);
        assert!(!ending.is_over(Timestamp::parse("2024-01-14T22:13:19Z").unwrap()));
        ending.apply_due(late);
        assert_eq!(ending.ends.to_string(), "2024-01-14T22:13:20Z");
        assert!(ending.is_over(late));
        let mut going_on = term(RenewFlag::NotifyAndAutoRenew);
        going_on.apply_due(late);
        assert_eq!(going_on.ends.to_string(), "2024-04-14T22:13:20Z");
    }

    #[test]
    fn every_term_ends_with_the_calendar() {
        let mut going_on = term(RenewFlag::NotifyAndAutoRenew);
        going_on.apply_due(Timestamp::default().after(Duration::MAX));
        assert_eq!(going_on.ends.to_string().get(..4), Some("9999"));
    }
}
