//! The prepaid term of a host or a pack: its end and its renewal; and lists of such resources.

use std::time::Duration;

use cvm_models::enums::RenewFlag;

use crate::timestamp::Timestamp;
use crate::visits::count_one;

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

/// A resource with a prepaid term.
pub(crate) trait HasTerm {
    /// How long it stays in its list after the end of its term; `None` if it is never removed.
    const RETENTION: Option<Duration>;

    fn term(&mut self) -> &mut Term;
}

/// Resources with a prepaid term. They are visited only when one of them is due.
#[derive(Clone, Debug)]
pub(crate) struct TermList<T> {
    /// In the order of purchase.
    list: Vec<T>,
    /// When the next resource has something due; `None` if unknown.
    next_due_time: Option<Timestamp>,
}

impl<T> Default for TermList<T> {
    fn default() -> Self {
        Self { list: Vec::new(), next_due_time: None }
    }
}

impl<T: HasTerm> TermList<T> {
    /// The resources in the order of purchase, as they were when [`Self::apply_due`] ran last.
    pub(crate) fn list(&self) -> &[T] {
        &self.list
    }

    /// The current resources, to change them.
    pub(crate) fn at(&mut self, now: Timestamp) -> &mut Vec<T> {
        self.apply_due(now);
        self.next_due_time = None;
        &mut self.list
    }

    /// The resources, to change anything but their terms.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.list.iter_mut()
    }

    /// Adds a resource.
    pub(crate) fn push(&mut self, resource: T) {
        self.list.push(resource);
        self.next_due_time = None;
    }

    /// Whether [`Self::apply_due`] has something to do.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.next_due_time.is_none_or(|due| now >= due)
    }

    /// When [`Self::apply_due`] has something to do next. It must have run after the last change.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.next_due_time.filter(|due| *due < Timestamp::LAST)
    }

    /// Renews and removes the resources that are due.
    pub(crate) fn apply_due(&mut self, now: Timestamp) {
        if !self.is_due(now) {
            return;
        }
        let removal = |ends: Timestamp| T::RETENTION.map(|retention| ends.after(retention));
        let mut next = Timestamp::LAST;
        self.list.retain_mut(|resource| {
            count_one();
            let term = resource.term();
            term.apply_due(now);
            // After its term, a resource has another due time: its removal.
            let due = if now < term.ends { Some(term.ends) } else { removal(term.ends) };
            if due.is_some_and(|due| due <= now) {
                return false;
            }
            next = next.min(due.unwrap_or(Timestamp::LAST));
            true
        });
        self.next_due_time = Some(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visits;

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

    const RETENTION: Duration = Duration::from_secs(7 * 86_400);

    struct Removed(Term);

    impl HasTerm for Removed {
        const RETENTION: Option<Duration> = Some(RETENTION);

        fn term(&mut self) -> &mut Term {
            &mut self.0
        }
    }

    struct Kept(Term);

    impl HasTerm for Kept {
        const RETENTION: Option<Duration> = None;

        fn term(&mut self) -> &mut Term {
            &mut self.0
        }
    }

    #[test]
    fn resources_are_visited_only_when_one_is_due() {
        let begins = Timestamp::from_unix(0);
        let term = Term::new(begins, 1, RenewFlag::NotifyAndManualRenew);
        let ends = term.ends;
        let mut list = TermList::default();
        list.at(begins).extend((0..50).map(|_| Removed(term.clone())));
        let mut cost = |now| visits::of(|| list.apply_due(now));
        let day = Duration::from_secs(86_400);
        assert_eq!((cost(begins), cost(begins.after(day))), (50, 0), "after a change, and then");
        assert_eq!((cost(ends), cost(ends.after(day))), (50, 0), "at the end of the term");
        assert_eq!(cost(ends.after(RETENTION)), 50);
        assert!(list.list().is_empty());
    }

    #[test]
    fn resources_without_a_retention_time_are_never_removed() {
        let begins = Timestamp::from_unix(0);
        let term = Term::new(begins, 1, RenewFlag::NotifyAndManualRenew);
        let mut list = TermList::default();
        list.at(begins).push(Kept(term.clone()));
        list.apply_due(term.ends);
        let later = term.ends.after(100 * RETENTION);
        assert_eq!(visits::of(|| list.apply_due(later)), 0, "an ended term stays ended");
        assert_eq!(list.list().len(), 1);
    }
}
