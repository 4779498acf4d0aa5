//! A budget for resends, so that an outage is not answered with a storm.
//!
//! Each endpoint and credential has 500 tokens. A resend takes some; a success gives back what its own
//! resends took, and one token when it needed none. When the budget is dry, calls fail at once with
//! their own error instead of adding to the load.

use std::sync::{Arc, Mutex, PoisonError};

const CAPACITY: u32 = 500;

/// Most budgets that are kept. Temporary credentials come and go, each with a budget of its own.
const MAX_BUDGETS: usize = 64;

/// The budgets of all endpoints and credentials of a client and its clones.
#[derive(Debug, Default)]
pub(crate) struct RetryBudgets(Mutex<Vec<Row>>);

#[derive(Debug)]
struct Row {
    authority: Box<str>,
    credential: u64,
    quota: Arc<RetryBudget>,
}

impl RetryBudgets {
    pub(crate) fn budget(&self, authority: &str, credential: u64) -> Arc<RetryBudget> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |row: &&Row| row.credential == credential && *row.authority == *authority;
        if let Some(index) = rows.iter().position(|row| is_it(&row)) {
            let quota = rows.get(index).map(|row| Arc::clone(&row.quota)).unwrap_or_default();
            // The latest stands last.
            if let Some(after) = rows.get_mut(index..) {
                after.rotate_left(1);
            }
            return quota;
        }
        let is_held = |row: &Row| Arc::strong_count(&row.quota) > 1;
        if rows.len() >= MAX_BUDGETS {
            // A full one that nobody holds is as good as a new one.
            rows.retain(|row| row.quota.left() < CAPACITY || is_held(row));
        }
        // One that a call holds is never forgotten: the next call would have another one beside it.
        while rows.len() >= MAX_BUDGETS
            && let Some(oldest) = rows.iter().position(|row| !is_held(row))
        {
            rows.remove(oldest);
        }
        let quota = Arc::<RetryBudget>::default();
        let row = Row { authority: authority.into(), credential, quota: Arc::clone(&quota) };
        rows.push(row);
        quota
    }
}

/// One budget.
#[derive(Debug)]
pub(crate) struct RetryBudget(Mutex<u32>);

impl Default for RetryBudget {
    fn default() -> Self {
        Self(Mutex::new(CAPACITY))
    }
}

impl RetryBudget {
    pub(crate) fn left(&self) -> u32 {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put_back(&self, tokens: u32) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_add(tokens).min(CAPACITY);
    }

    /// Takes so many tokens, or none when there are fewer: looking and taking are one step, so that
    /// calls that run at the same time never take more than there is.
    fn take(&self, tokens: u32) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = left.checked_sub(tokens);
        *left = rest.unwrap_or(*left);
        rest.is_some()
    }
}

/// What one call has taken. A call that is dropped halfway gives everything back: it proved nothing
/// about the endpoint.
#[derive(Debug)]
pub(crate) struct RetryToken {
    quota: Arc<RetryBudget>,
    taken: u32,
}

impl RetryToken {
    pub(crate) const fn new(quota: Arc<RetryBudget>) -> Self {
        Self { quota, taken: 0 }
    }

    /// Takes so many tokens for a retry; returns whether there were enough.
    pub(crate) fn take(&mut self, tokens: u32) -> bool {
        let is_taken = self.quota.take(tokens);
        if is_taken {
            self.taken += tokens;
        }
        is_taken
    }

    /// The call succeeded.
    pub(crate) fn succeed(mut self) {
        if self.taken == 0 {
            self.taken = 1;
        }
    }

    /// The call failed: what it took is spent.
    pub(crate) fn fail(mut self) {
        self.taken = 0;
    }
}

impl Drop for RetryToken {
    fn drop(&mut self) {
        self.quota.put_back(self.taken);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cvm_protocol::RetryClass;

    use super::*;
    use crate::Outcome;
    use crate::retry::policy::{
        AttemptInfo, Decision, Retry, THROTTLE_COST, TRANSIENT_COST, Verdict,
    };

    #[test]
    fn success_gives_back_failure_does_not_and_a_drop_does() {
        let quotas = RetryBudgets::default();
        let quota = quotas.budget("host", 1);
        let taken = |tokens| {
            let mut withdrawal = RetryToken::new(quotas.budget("host", 1));
            assert!(withdrawal.take(tokens));
            withdrawal
        };
        taken(14).succeed();
        assert_eq!(quota.left(), 500);
        taken(14).fail();
        assert_eq!(quota.left(), 486);
        drop(taken(14));
        assert_eq!(quota.left(), 486);
        RetryToken::new(Arc::clone(&quota)).succeed();
        assert_eq!(quota.left(), 487);
        assert_eq!(quotas.budget("host", 2).left(), 500, "another credential has its own");
        assert_eq!(quotas.budget("other", 1).left(), 500, "another endpoint too");
    }

    #[test]
    fn credentials_that_come_and_go_leave_nothing_behind() {
        let quotas = RetryBudgets::default();
        let poor = quotas.budget("host", 0);
        assert!(poor.take(100));
        for credential in 1..10_000 {
            quotas.budget("host", credential);
            assert!(quotas.0.lock().unwrap().len() <= MAX_BUDGETS);
        }
        assert_eq!(quotas.budget("host", 0).left(), 400, "what is not full is kept");
        for credential in 10_000..10_100 {
            assert!(quotas.budget("host", credential).take(1));
            assert!(quotas.0.lock().unwrap().len() <= MAX_BUDGETS);
        }
    }

    #[test]
    fn budget_in_use_is_kept_however_many_there_are() {
        let quotas = RetryBudgets::default();
        let held: Vec<_> = (0..2 * MAX_BUDGETS as u64)
            .map(|credential| {
                let quota = quotas.budget("host", credential);
                assert!(quota.take(100));
                quota
            })
            .collect();
        for (credential, quota) in held.iter().enumerate() {
            assert!(Arc::ptr_eq(quota, &quotas.budget("host", credential as u64)), "{credential}");
        }
        drop(held);
        for credential in 10_000..10_100 {
            assert!(quotas.budget("host", credential).take(1));
        }
        assert!(quotas.0.lock().unwrap().len() <= MAX_BUDGETS, "the peak is over");
    }

    #[test]
    fn budget_that_was_not_used_for_longest_is_forgotten_first() {
        let quotas = RetryBudgets::default();
        assert!(quotas.budget("host", 0).take(100));
        for credential in 1..1_000 {
            assert!(quotas.budget("host", credential).take(1));
            assert_eq!(quotas.budget("host", 0).left(), 400, "{credential}: used all the time");
        }
        assert_eq!(quotas.budget("host", 1).left(), 500, "not used for long");
    }

    /// One call after the other through the retry machine, as the pipeline makes them; returns how many
    /// requests that is.
    fn requests(quota: &Arc<RetryBudget>, class: RetryClass, outcome: Outcome) -> u32 {
        let mut retry = Retry::new(class, None);
        let mut withdrawal = RetryToken::new(Arc::clone(quota));
        for sent in 1.. {
            let seen = AttemptInfo {
                outcome,
                retry_after: None,
                left: Duration::from_secs(90),
                random: 0,
                recoverable: false,
                is_final: false,
                forbids_retry: false,
            };
            match retry.next(&seen, |cost| withdrawal.take(cost)) {
                Decision::Retry { .. } => {}
                Decision::Stop(Verdict::Success, _) => {
                    withdrawal.succeed();
                    return sent;
                }
                Decision::Stop(..) => {
                    withdrawal.fail();
                    return sent;
                }
            }
        }
        0
    }

    #[test]
    fn a_hundred_thousand_calls_into_an_outage_are_hardly_more_requests() {
        for class in [RetryClass::Read, RetryClass::Token, RetryClass::Convergent] {
            let quota = Arc::new(RetryBudget::default());
            let outage = |calls: u32| -> u32 {
                (0..calls).map(|_| requests(&quota, class, Outcome::Ambiguous)).sum()
            };
            assert!(outage(1_000) <= 1_000 + CAPACITY / 14);
            let sent = outage(100_000);
            assert!((100_000..=103_000).contains(&sent), "{class}: {sent}");
            // Successes bring the reserve back, one by one and no further.
            for _ in 0..2 * CAPACITY {
                assert_eq!(requests(&quota, class, Outcome::Success), 1);
            }
            assert_eq!(quota.left(), CAPACITY);
        }
    }

    #[test]
    fn a_budget_that_has_too_little_gives_nothing() {
        let quota = Arc::new(RetryBudget::default());
        let mut withdrawal = RetryToken::new(Arc::clone(&quota));
        assert!(withdrawal.take(490));
        assert!(!withdrawal.take(14));
        assert_eq!(quota.left(), 10);
        assert!(withdrawal.take(5), "a cheaper retry still finds enough");
        withdrawal.fail();
        assert_eq!(quota.left(), 5);
        // What was refused is not given back either.
        let mut withdrawal = RetryToken::new(Arc::clone(&quota));
        assert!(!withdrawal.take(14));
        drop(withdrawal);
        assert_eq!(quota.left(), 5);
    }

    #[test]
    fn threads_together_never_take_more_than_the_budget() {
        for cost in [TRANSIENT_COST, THROTTLE_COST, 1] {
            let quota = Arc::new(RetryBudget::default());
            let taken: u32 = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..16)
                    .map(|_| {
                        scope.spawn(|| {
                            let mut withdrawal = RetryToken::new(Arc::clone(&quota));
                            let taken = (0..200).filter(|_| withdrawal.take(cost)).count() as u32;
                            withdrawal.fail();
                            taken
                        })
                    })
                    .collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).sum()
            });
            assert_eq!(taken, CAPACITY / cost, "retries at a cost of {cost}");
            assert_eq!(quota.left(), CAPACITY % cost);
        }
    }
}
