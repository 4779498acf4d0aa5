//! Moves the clock until nothing happens any more.

use std::time::Duration;

use super::{Response, Simulator};
use crate::timestamp::Timestamp;

impl Simulator {
    /// Jumps from one due event to the next, at most this far in total.
    pub(super) fn run_until_idle(&mut self, within: Duration, elapsed: Duration) -> Response {
        let deadline = self.now(elapsed).after(within);
        loop {
            let now = self.now(elapsed);
            self.apply_due(now);
            let next = self.accounts.values().filter_map(|it| it.state.next_due(now)).min();
            match next {
                // What is due is applied already, so the clock moves.
                Some(next) if now < next && next <= deadline => self.clock.advance(next.since(now)),
                _ => return Response::Idle { now, next },
            }
        }
    }

    /// Applies everything that is due in any account.
    pub(super) fn apply_due(&mut self, now: Timestamp) {
        let ids: Vec<_> = self.accounts.keys().copied().collect();
        for id in ids {
            let Some(account) = self.accounts.get_mut(&id) else { continue };
            let mut state = account.state.clone();
            let regions: Vec<_> = state.resources.keys().copied().collect();
            if let Some(first) = regions.first() {
                state.apply_due_everywhere(first, &self.clock, now);
            }
            for region in regions {
                state.apply_due(region, &self.clock, now);
            }
            account.state = state;
            self.collect_transitions(id);
        }
    }
}
