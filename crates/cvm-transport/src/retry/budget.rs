//! A retry budget that prevents retry storms.
//!
//! Each combination of endpoint and credential has 500 tokens. A retry takes some of them. A success returns what its
//! own retries took, or one token if it needed none. If the budget is empty, calls fail at once with their own error
//! instead of adding load.
//!
//! The scheme and its numbers (500 tokens, 14 for a retry, 5 after a throttle, 1 returned by a success without
//! retries) are those of the retry budget in the AWS SDKs' standard retry mode of 2026
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>). gRPC's retry throttling works the
//! same way (proposal A6, <https://github.com/grpc/proposal/blob/master/A6-client-retries.md>).

use std::sync::{Arc, Mutex, PoisonError};

/// The tokens of a full budget: the capacity of the AWS SDKs' retry budget.
const CAPACITY: u32 = 500;

/// The maximum number of budgets. Each temporary credential has one, and they come and go.
const MAX_BUDGETS: usize = 64;

/// The budgets of all endpoints and credentials of a client and its clones.
#[derive(Debug, Default)]
pub(crate) struct RetryBudgets(Mutex<Vec<Row>>);

#[derive(Debug)]
struct Row {
    authority: Box<str>,
    credential: u64,
    budget: Arc<RetryBudget>,
}

impl RetryBudgets {
    pub(crate) fn budget(&self, authority: &str, credential: u64) -> Arc<RetryBudget> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let matches = |row: &&Row| row.credential == credential && *row.authority == *authority;
        if let Some(index) = rows.iter().position(|row| matches(&row)) {
            // The latest one is last.
            let row = rows.remove(index);
            let budget = Arc::clone(&row.budget);
            rows.push(row);
            return budget;
        }
        let is_held = |row: &Row| Arc::strong_count(&row.budget) > 1;
        if rows.len() >= MAX_BUDGETS {
            // A full budget that no call holds is as good as a new one.
            rows.retain(|row| row.budget.left() < CAPACITY || is_held(row));
        }
        // A budget that a call holds is never dropped: the next call would get a second one.
        while rows.len() >= MAX_BUDGETS
            && let Some(oldest) = rows.iter().position(|row| !is_held(row))
        {
            rows.remove(oldest);
        }
        let budget = Arc::<RetryBudget>::default();
        let row = Row { authority: authority.into(), credential, budget: Arc::clone(&budget) };
        rows.push(row);
        budget
    }
}

/// The budget of one endpoint and credential.
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

    /// Takes this many tokens, or none if there are fewer. The check and the change are one step, so that concurrent
    /// calls never take more than there is.
    fn take(&self, tokens: u32) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = left.checked_sub(tokens);
        *left = rest.unwrap_or(*left);
        rest.is_some()
    }
}

/// The tokens that one call has taken. A call that is dropped returns all of them: it proved nothing about the
/// endpoint.
#[derive(Debug)]
pub(crate) struct RetryToken {
    budget: Arc<RetryBudget>,
    taken: u32,
}

impl RetryToken {
    pub(crate) const fn new(budget: Arc<RetryBudget>) -> Self {
        Self { budget, taken: 0 }
    }

    /// Takes this many tokens for a retry. Returns whether there were enough.
    pub(crate) fn take(&mut self, tokens: u32) -> bool {
        let is_taken = self.budget.take(tokens);
        if is_taken {
            self.taken += tokens;
        }
        is_taken
    }

    /// Ends the call. A success returns the tokens; a failure spends them.
    pub(crate) fn settle(mut self, succeeded: bool) {
        self.taken = match (succeeded, self.taken) {
            (true, 0) => 1,
            (true, taken) => taken,
            (false, _) => 0,
        };
    }
}

impl Drop for RetryToken {
    fn drop(&mut self) {
        self.budget.put_back(self.taken);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cvm_protocol::RetryClass;

    use super::*;
    use crate::retry::Outcome;
    use crate::retry::policy::{
        AttemptInfo, Decision, Retry, THROTTLE_COST, TRANSIENT_COST, Verdict,
    };

    #[test]
    fn success_and_drop_return_tokens_but_failure_does_not() {
        let budgets = RetryBudgets::default();
        let budget = budgets.budget("host", 1);
        let taken = |tokens| {
            let mut token = RetryToken::new(budgets.budget("host", 1));
            assert!(token.take(tokens));
            token
        };
        taken(14).settle(true);
        assert_eq!(budget.left(), 500);
        taken(14).settle(false);
        assert_eq!(budget.left(), 486);
        drop(taken(14));
        assert_eq!(budget.left(), 486);
        RetryToken::new(Arc::clone(&budget)).settle(true);
        assert_eq!(budget.left(), 487);
        assert_eq!(budgets.budget("host", 2).left(), 500, "another credential has its own budget");
        assert_eq!(budgets.budget("other", 1).left(), 500, "another endpoint has its own budget");
    }

    #[test]
    fn unused_budgets_are_dropped() {
        let budgets = RetryBudgets::default();
        let poor = budgets.budget("host", 0);
        assert!(poor.take(100));
        for credential in 1..10_000 {
            budgets.budget("host", credential);
            assert!(budgets.0.lock().unwrap().len() <= MAX_BUDGETS);
        }
        assert_eq!(budgets.budget("host", 0).left(), 400, "a budget that is not full is kept");
        for credential in 10_000..10_100 {
            assert!(budgets.budget("host", credential).take(1));
            assert!(budgets.0.lock().unwrap().len() <= MAX_BUDGETS);
        }
    }

    #[test]
    fn budgets_in_use_are_kept() {
        let budgets = RetryBudgets::default();
        let held: Vec<_> = (0..2 * MAX_BUDGETS as u64)
            .map(|credential| {
                let budget = budgets.budget("host", credential);
                assert!(budget.take(100));
                budget
            })
            .collect();
        for (credential, budget) in held.iter().enumerate() {
            assert!(
                Arc::ptr_eq(budget, &budgets.budget("host", credential as u64)),
                "{credential}"
            );
        }
        drop(held);
        for credential in 10_000..10_100 {
            assert!(budgets.budget("host", credential).take(1));
        }
        assert!(budgets.0.lock().unwrap().len() <= MAX_BUDGETS, "the peak is over");
    }

    #[test]
    fn least_recently_used_budget_is_dropped_first() {
        let budgets = RetryBudgets::default();
        assert!(budgets.budget("host", 0).take(100));
        for credential in 1..1_000 {
            assert!(budgets.budget("host", credential).take(1));
            assert_eq!(budgets.budget("host", 0).left(), 400, "{credential}: in use all the time");
        }
        assert_eq!(budgets.budget("host", 1).left(), 500, "not used for long");
    }

    /// Runs one call through the retry policy, as the pipeline does. Returns the number of requests.
    fn requests(budget: &Arc<RetryBudget>, class: RetryClass, outcome: Outcome) -> u32 {
        let mut retry = Retry::new(class, None);
        let mut token = RetryToken::new(Arc::clone(budget));
        for sent in 1.. {
            let seen = AttemptInfo {
                outcome,
                retry_after: None,
                left: Duration::from_secs(90),
                random: 0,
                recoverable: false,
                is_final: false,
                forbids_retry: false,
                token_left: None,
                breaker_open: false,
            };
            match retry.next(&seen, |cost| token.take(cost)) {
                Decision::Retry { .. } => {}
                Decision::Stop(Verdict::Success, _) => {
                    token.settle(true);
                    return sent;
                }
                Decision::Stop(..) => {
                    token.settle(false);
                    return sent;
                }
            }
        }
        0
    }

    #[test]
    fn outage_causes_few_retries() {
        for class in [RetryClass::Read, RetryClass::Token, RetryClass::Convergent] {
            let budget = Arc::new(RetryBudget::default());
            let outage = |calls: u32| -> u32 {
                (0..calls).map(|_| requests(&budget, class, Outcome::Ambiguous)).sum()
            };
            assert!(outage(1_000) <= 1_000 + CAPACITY / 14);
            let sent = outage(100_000);
            assert!((100_000..=103_000).contains(&sent), "{class}: {sent}");
            // Successes refill the budget, one by one and up to its capacity.
            for _ in 0..2 * CAPACITY {
                assert_eq!(requests(&budget, class, Outcome::Success), 1);
            }
            assert_eq!(budget.left(), CAPACITY);
        }
    }

    #[test]
    fn insufficient_budget_grants_no_tokens() {
        let budget = Arc::new(RetryBudget::default());
        let mut token = RetryToken::new(Arc::clone(&budget));
        assert!(token.take(490));
        assert!(!token.take(14));
        assert_eq!(budget.left(), 10);
        assert!(token.take(5), "a cheaper retry still finds enough tokens");
        token.settle(false);
        assert_eq!(budget.left(), 5);
        // Tokens that were not granted are not returned either.
        let mut token = RetryToken::new(Arc::clone(&budget));
        assert!(!token.take(14));
        drop(token);
        assert_eq!(budget.left(), 5);
    }

    #[test]
    fn concurrent_calls_never_overdraw_the_budget() {
        for cost in [TRANSIENT_COST, THROTTLE_COST, 1] {
            let budget = Arc::new(RetryBudget::default());
            let taken: u32 = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..16)
                    .map(|_| {
                        scope.spawn(|| {
                            let mut token = RetryToken::new(Arc::clone(&budget));
                            let taken = (0..200).filter(|_| token.take(cost)).count() as u32;
                            token.settle(false);
                            taken
                        })
                    })
                    .collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).sum()
            });
            assert_eq!(taken, CAPACITY / cost, "retries at a cost of {cost}");
            assert_eq!(budget.left(), CAPACITY % cost);
        }
    }
}
